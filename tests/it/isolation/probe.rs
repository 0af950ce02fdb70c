//! S8 and S11: the probes are made from the API's own description, so that a new operation is probed
//! from its first day.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Client, PATIENCE, Session, TestServer};
use uuid::Uuid;

use super::company::Company;

/// Where an operation takes an id.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Path(String),
    Query(String),
    /// A JSON pointer into the body.
    Body(String),
}

#[derive(Debug, Clone)]
struct Position {
    place: Place,
    /// The name of the id's schema.
    kind: String,
}

#[derive(Debug)]
struct Operation {
    id: String,
    method: Method,
    path: String,
    positions: Vec<Position>,
    takes_json: bool,
}

fn document() -> Value {
    serde_json::to_value(api::openapi()).unwrap()
}

fn operations() -> Vec<Operation> {
    let document = document();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            let mut positions = Vec::new();
            let mut path = path.clone();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap().to_owned();
                // One of a few words names no object.
                if let Some(word) = first_word(&document, &parameter["schema"])
                    && parameter["in"] == "path"
                {
                    path = path.replace(&format!("{{{name}}}"), word);
                    continue;
                }
                if name == "kind" && parameter["in"] == "path" {
                    path = path.replace("{kind}", "widget");
                    continue;
                }
                let kind = id_schema(&document, &parameter["schema"]);
                let in_path = parameter["in"] == "path";
                match (in_path, kind) {
                    // A text in a path names an object as well.
                    (true, kind) => positions.push(Position {
                        kind: kind.unwrap_or_else(|| name.clone()),
                        place: Place::Path(name),
                    }),
                    (false, Some(kind)) => {
                        positions.push(Position { place: Place::Query(name), kind });
                    }
                    (false, None) if name == "tag" => {
                        let kind = "TagId".to_owned();
                        positions.push(Position { place: Place::Query(name), kind });
                    }
                    (false, None) => {}
                }
            }
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            ids_in_body(&document, body, "", &mut positions, 0);
            all.push(Operation {
                id: id.to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path,
                positions,
                takes_json: !body.is_null(),
            });
        }
    }
    all
}

fn target<'a>(document: &'a Value, schema: &'a Value) -> Option<(&'a str, &'a Value)> {
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    Some((name, &document["components"]["schemas"][name]))
}

/// The first of the words that this schema allows.
fn first_word<'a>(document: &'a Value, schema: &'a Value) -> Option<&'a str> {
    let schema = target(document, schema).map_or(schema, |(_, schema)| schema);
    schema["enum"][0].as_str()
}

/// The name of the id's schema behind this one.
fn id_schema(document: &Value, schema: &Value) -> Option<String> {
    let (name, schema) = target(document, schema)?;
    let is_id = schema["pattern"].as_str().is_some_and(|p| p.ends_with("_[0-9a-f]{32}$"));
    is_id.then(|| name.to_owned())
}

fn ids_in_body(
    document: &Value,
    schema: &Value,
    pointer: &str,
    found: &mut Vec<Position>,
    depth: usize,
) {
    if depth > 12 {
        return;
    }
    if let Some(kind) = id_schema(document, schema) {
        found.push(Position { place: Place::Body(pointer.to_owned()), kind });
        return;
    }
    if let Some((_, schema)) = target(document, schema) {
        return ids_in_body(document, schema, pointer, found, depth + 1);
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            ids_in_body(document, part, pointer, found, depth + 1);
        }
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        ids_in_body(document, property, &format!("{pointer}/{name}"), found, depth + 1);
    }
    if !schema["items"].is_null() {
        ids_in_body(document, &schema["items"], &format!("{pointer}/0"), found, depth + 1);
    }
}

/// A body that is right but for what the probe puts into it.
fn body(operation: &str, place: &Place, own: &Company) -> Value {
    let some = Uuid::now_v7().simple().to_string();
    let mention = *place == Place::Body("/mentions/0".to_owned());
    match operation {
        "create_channel" => json!({ "kind": "widget", "name": some, "settings": {} }),
        "change_contact" | "change_tag" => json!({ "name": some }),
        "add_contact_email" => json!({ "email": format!("{some}@client.test") }),
        "add_contact_phone" => json!({ "phone": "+79990001122" }),
        "merge_contacts" => json!({ "contact_id": own.id("OtherContact") }),
        "check_number" => json!({ "channel_id": own.id("ChannelId"), "phone": own.id("phone") }),
        "write_first" => json!({ "channel_id": own.id("ChannelId"), "to": "a@client.test",
            "text": "т", "client_id": some }),
        "send_message" => json!({ "client_id": some, "text": "т",
            "kind": if mention { "note" } else { "answer" } }),
        "read_conversation" => json!({ "position": 1 }),
        "create_group" => json!({ "name": some }),
        "create_canned_reply" | "change_canned_reply" => json!({ "title": some, "text": "т" }),
        "change_contact_field" => json!({ "name": some, "kind": "text" }),
        "save_draft" | "edit_message" => json!({ "text": some }),
        "put_reaction" => json!({ "emoji": "👍" }),
        "list_channel_choices" => json!({ "kind": "widget", "settings": {}, "field": "number" }),
        "try_scenario" => json!({ "tree": { "steps": [] }, "example": {} }),
        "create_invite" => {
            json!({ "email": format!("{some}@example.test"), "role": "operator" })
        }
        "change_endpoint" => json!({ "enabled": true }),
        "change_scenario" | "create_scenario" => json!({ "name": some, "tree": { "steps": [
            { "do": "distribute", "to": "everybody", "by": { "strategy": "everyone" } } ] } }),
        "change_schedule" => json!({ "name": some, "schedule": {
            "time_zone": "Europe/Moscow", "week": { "tue": ["09:00-18:00"] } } }),
        // What has no form of its own in the description is read by the kind of the CRM.
        "create_integration" => json!({ "portal_id": own.id("PortalId"), "name": some }),
        "save_integration" => json!({ "revision": 1, "name": some, "enabled": false,
            "settings": {} }),
        "move_integration" => json!({ "revision": 1, "portal_id": own.id("PortalId") }),
        "preview_crm_names" => json!({ "names": {} }),
        "connect_portal_chats" => json!({ "channel_id": some, "secret": some, "bot_id": some }),
        "ask_crm_consent" => json!({ "kind": "amo" }),
        "choose_crm_deal" => json!({ "portal_id": own.id("PortalId"), "deal": "31" }),
        "move_crm_deal" => json!({ "portal_id": own.id("PortalId"), "deal": "31",
            "pipeline": "1", "stage": "2" }),
        "replay_failed_crm_runs" | "try_integration" => json!({}),
        "log_in" => json!({ "email": own.owner.email, "password": own.owner.password }),
        "assign_conversation" | "change_channel" | "change_employee" | "change_group" => json!({}),
        other => panic!("a new operation {other}: say here what a right body of it is"),
    }
}

fn put_into(body: &mut Value, pointer: &str, id: &str) {
    let (field, rest) = match pointer.trim_start_matches('/').split_once('/') {
        Some((field, rest)) => (field, Some(rest)),
        None => (pointer.trim_start_matches('/'), None),
    };
    match rest {
        None => body[field] = json!(id),
        Some("0") => body[field] = json!([id]),
        Some(rest) => put_into(&mut body[field], rest, id),
    }
}

/// The request of an operation with this id at this position and one's own everywhere else.
fn request(
    who: &Client,
    own: &Company,
    operation: &Operation,
    position: &Position,
    id: &str,
) -> reqwest::RequestBuilder {
    let mut path = operation.path.clone();
    for other in &operation.positions {
        if let Place::Path(name) = &other.place {
            let value = if other.place == position.place { id } else { own.id(&other.kind) };
            let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
            path = path.replace(&format!("{{{name}}}"), &value);
        }
    }
    if let Place::Query(name) = &position.place {
        path = format!("{path}?{name}={id}");
    }
    let request = who.request(operation.method.clone(), &path);
    if !operation.takes_json {
        return request;
    }
    let mut body = body(&operation.id, &position.place, own);
    if let Place::Body(pointer) = &position.place {
        put_into(&mut body, pointer, id);
    }
    request.json(&body)
}

async fn ask(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap_or_default())
}

/// What is wrong with an answer to somebody who put a foreign id there.
fn verdict(place: &Place, operation: &str, status: u16, text: &str) -> Option<String> {
    let is_right = match place {
        // Taking off a tag that is not on is no fault, whatever the tag.
        Place::Path(name) if name == "tag_id" && operation.starts_with("untag_") => {
            matches!(status, 200 | 404)
        }
        Place::Path(_) => status == 404,
        Place::Body(_) if operation == "log_in" => status == 401,
        Place::Body(_) => matches!(status, 403 | 404 | 422),
        // A filter by what is not there finds nothing.
        Place::Query(_) => {
            let empty = serde_json::from_str::<Value>(text)
                .is_ok_and(|v| v["items"].as_array().is_some_and(Vec::is_empty));
            matches!(status, 404 | 422) || status == 200 && empty
        }
    };
    (!is_right).then(|| format!("{operation} {place:?}: {status} {text:.300}"))
}

/// S8: every operation, every id position, a foreign id of the right kind; by the owner, who has all
/// rights, and by an operator. Nothing is shown, and not a row of the other company changes.
#[tokio::test(flavor = "multi_thread")]
async fn s8_no_operation_reaches_another_company() {
    let server = TestServer::start().await;
    let (ours, theirs) = (Company::found(&server).await, Company::found(&server).await);
    let mut conn = server.database().connect().await;
    let before = theirs.rows(&mut conn).await;
    let mut probed = 0;
    let mut wrong = Vec::new();
    for operation in operations() {
        for position in &operation.positions {
            probed += 1;
            let id = theirs.id(&position.kind);
            let asked = request(&ours.owner, &ours, &operation, position, id);
            let (status, text) = ask(asked).await;
            wrong.extend(verdict(&position.place, &operation.id, status, &text));
            // What an operator may not do at all is refused as such.
            let asked = request(&ours.operator, &ours, &operation, position, id);
            let (status, text) = ask(asked).await;
            if status != 403 {
                let who = format!("operator: {}", operation.id);
                let place = &position.place;
                let told = verdict(place, &operation.id, status, &text);
                wrong.extend(told.map(|t| format!("{who}: {t}")));
            }
            let now = theirs.rows(&mut conn).await;
            if now != before {
                panic!("{} {:?} changed the other company", operation.id, position.place);
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(probed >= 80, "the description names only {probed} id positions");
}

/// The other half of S8: where the body names an object, one's own is taken. So it is the foreign id
/// that is refused, and not the probe's form.
#[tokio::test(flavor = "multi_thread")]
async fn s8_the_probes_bodies_are_right_but_for_the_foreign_id() {
    /// A widget cannot write first, offers no numbers and knows no phones; log-in with one's own company is other tests'
    /// matter; a CRM that does not answer has no stages, no lists to try settings on, and no consent
    /// page.
    const OTHERWISE: [&str; 7] = [
        "write_first",
        "check_number",
        "list_channel_choices",
        "log_in",
        "ask_crm_consent",
        "move_crm_deal",
        "try_integration",
    ];
    let server = TestServer::start().await;
    let ours = Company::found(&server).await;
    let mut wrong = Vec::new();
    for operation in operations() {
        if OTHERWISE.contains(&operation.id.as_str()) {
            continue;
        }
        for position in operation.positions.iter().filter(|p| matches!(p.place, Place::Body(_))) {
            // Merging takes another contact than the one of the path.
            let kind =
                if operation.id == "merge_contacts" { "OtherContact" } else { &position.kind };
            let asked = request(&ours.owner, &ours, &operation, position, ours.id(kind));
            let (status, text) = ask(asked).await;
            if !(200..300).contains(&status) {
                wrong.push(format!("{} {:?}: {status} {text:.300}", operation.id, position.place));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// S8: ids inside a scenario, which the description calls an object.
#[tokio::test(flavor = "multi_thread")]
async fn s8_a_scenario_names_nothing_of_another_company() {
    let server = TestServer::start().await;
    let (ours, theirs) = (Company::found(&server).await, Company::found(&server).await);
    let distribute =
        |to: Value| json!({ "do": "distribute", "to": to, "by": { "strategy": "round_robin" } });
    let when = |is: Value| {
        json!({ "do": "if", "when": is, "then": [
        { "do": "close" } ], "otherwise": [] })
    };
    let steps = |of: &Company| {
        [
            ("employee", distribute(json!({ "employees": [of.id("EmployeeId")] }))),
            ("group", distribute(json!({ "group": of.id("GroupId") }))),
            ("tag", json!({ "do": "tag", "tags": [of.id("TagId")] })),
            (
                "schedule",
                when(json!({ "is": "working_hours", "schedule": of.id("ScheduleId"),
                    "state": "open" })),
            ),
            ("channel", when(json!({ "is": "channel", "channels": [of.id("ChannelId")] }))),
            ("online", when(json!({ "is": "anyone_online", "group": of.id("GroupId") }))),
        ]
    };
    for (what, step) in steps(&theirs) {
        let form = json!({ "name": "х", "tree": { "steps": [step] } });
        let told = ours.owner.post("/api/v1/scenarios", &form, 422).await.json();
        let field = told["errors"][0]["field"].as_str().unwrap_or_default();
        assert!(field.starts_with("tree"), "{what}: {told}");
    }
    for (what, step) in steps(&ours) {
        let form = json!({ "name": what, "tree": { "steps": [step] } });
        ours.owner.post("/api/v1/scenarios", &form, 201).await;
    }
}

/// S8, the socket: frames that name a foreign conversation do nothing and tell nothing.
#[tokio::test(flavor = "multi_thread")]
async fn s8_frames_of_the_socket_reach_no_other_company() {
    let server = TestServer::start().await;
    let (ours, theirs) = (Company::found(&server).await, Company::found(&server).await);
    let mut theirs_socket = theirs.owner.socket(None).await;
    let mut socket = ours.owner.socket(None).await;
    for kind in ["viewing", "typing"] {
        let frame = json!({ "type": kind, "conversation_id": theirs.id("ConversationId") });
        socket.send(&frame).await;
        let told = socket.next_event("error", PATIENCE).await;
        assert_eq!(told["code"], "not_found", "{kind}");
    }
    theirs.owner.is_now("online").await;
    let next = theirs_socket.next(PATIENCE).await.expect("a frame");
    assert_eq!(next["kind"], "employee.changed", "nothing came before it");
}

/// S8: search and lists show nothing of the other company.
#[tokio::test(flavor = "multi_thread")]
async fn s8_lists_and_search_show_ones_own_alone() {
    let server = TestServer::start().await;
    let (ours, theirs) = (Company::found(&server).await, Company::found(&server).await);
    let foreign: BTreeSet<&String> = theirs.own.values().filter(|v| v.contains('_')).collect();
    let mut lists = 0;
    for operation in operations() {
        let plain = operation.method == Method::GET
            && operation.positions.iter().all(|p| matches!(p.place, Place::Query(_)));
        if !plain
            || ["socket", "return_from_crm", "return_from_channel"].contains(&operation.id.as_str())
        {
            continue;
        }
        let query = match operation.id.as_str() {
            "search" => "?q=секретное",
            // Both companies have asked about this one.
            "list_number_checks" => "?phone=%2B79990001122",
            _ => "",
        };
        let path = format!("{}{query}", operation.path);
        let text = ours.owner.get(&path, 200).await.text();
        for id in &foreign {
            assert!(!text.contains(id.as_str()), "{} shows {id}", operation.id);
        }
        lists += 1;
    }
    assert!(lists >= 15, "{lists} lists");
}

/// Operations that answer somebody who is not logged in.
const PUBLIC: [&str; 6] =
    ["sign_up", "log_in", "open_invite", "accept_invite", "return_from_crm", "return_from_channel"];

/// S11: without proof, with an ended session, with a token of another kind: 401, whatever the
/// operation; only the listed ones may answer otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn s11_nothing_answers_somebody_who_is_not_logged_in() {
    let server = TestServer::start().await;
    let theirs = Company::found(&server).await;
    let nobody = theirs.owner.nobody();
    let dead: Session = {
        let again = theirs.owner.log_in(&theirs.owner.email, &theirs.owner.password).await;
        let mut conn = server.database().connect().await;
        sqlx::query(
            "update sessions set expires_at = now() - interval '1 second'
             where token_hash = (select token_hash from sessions order by created_at desc limit 1)",
        )
        .execute(&mut conn)
        .await
        .unwrap();
        again
    };
    let cookie = theirs.owner.cookie().expect("a cookie").to_owned();
    let value = cookie.split_once('=').map(|(_, v)| v.to_owned()).expect("a value");
    let strangers = [
        ("without proof", nobody.clone()),
        ("with an ended session", (*dead).clone()),
        ("with a session as a token", nobody.bearer(&value)),
        ("with a token that is none", nobody.bearer("bsd_0123456789abcdef0123456789abcdef")),
    ];
    let mut wrong = Vec::new();
    let mut swept = 0;
    for operation in operations() {
        let mut path = operation.path.clone();
        for position in &operation.positions {
            if let Place::Path(name) = &position.place {
                path = path.replace(&format!("{{{name}}}"), theirs.id(&position.kind));
            }
        }
        for (how, who) in &strangers {
            let mut asked = who.request(operation.method.clone(), &path);
            if operation.takes_json {
                asked = asked.json(&json!({}));
            }
            let (status, text) = ask(asked).await;
            let is_right = match operation.id.as_str() {
                id if PUBLIC.contains(&id) => true,
                // Takes its proof after the upgrade; logging out of nothing is done at once.
                "socket" => !(200..300).contains(&status),
                "log_out" => status == 401 || status == 204,
                _ => status == 401,
            };
            if !is_right {
                wrong.push(format!("{} {how}: {status} {text:.200}", operation.id));
            }
            swept += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(swept >= 4 * 80, "{swept} questions");
}
