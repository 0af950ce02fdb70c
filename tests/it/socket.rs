//! The employees' socket from outside.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{PATIENCE, Session, Socket, TestServer, Visitor, until, widget};

/// Events are cheap to make: every new contact is one.
async fn contacts(owner: &Session, names: impl IntoIterator<Item = usize>) {
    for n in names {
        let form = json!({ "name": format!("Contact {n}") });
        owner.post("/api/v1/contacts", &form, 201).await;
    }
}

async fn events(socket: &mut Socket, count: usize) -> Vec<Value> {
    let mut found = Vec::new();
    while found.len() < count {
        found.push(socket.next_event("event", PATIENCE).await);
    }
    found
}

fn seqs(events: &[Value]) -> Vec<i64> {
    events.iter().filter_map(|e| e["seq"].as_i64()).collect()
}

/// S21: what happened while the client was away comes after its cursor, once and in order.
#[tokio::test(flavor = "multi_thread")]
async fn s21_a_cut_socket_goes_on_where_it_was() {
    let mut server = TestServer::start().await;
    let owner = server.sign_up().await;
    let mut socket = owner.socket(None).await;
    contacts(&owner, 0..3).await;
    let first = seqs(&events(&mut socket, 3).await);
    let last = *first.last().expect("three");
    drop(socket);
    contacts(&owner, 3..10).await;
    let mut socket = owner.socket(Some(last)).await;
    contacts(&owner, 10..12).await;
    let rest = seqs(&events(&mut socket, 9).await);
    let expected: Vec<i64> = (last + 1..=last + 9).collect();
    assert_eq!(rest, expected);
    // A kill of the server is one more cut.
    server.restart().await;
    contacts(&owner, 12..13).await;
    let mut socket = owner.socket(Some(last + 9)).await;
    assert_eq!(seqs(&events(&mut socket, 1).await), [last + 10]);
}

/// S21: a cursor whose events are gone, or that never was, is told so.
#[tokio::test(flavor = "multi_thread")]
async fn s21_a_cursor_that_is_too_old_is_told_to_resync() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    contacts(&owner, 0..3).await;
    let mut conn = server.database().connect().await;
    sqlx::query("delete from events where seq < 3").execute(&mut conn).await.expect("deletes");
    for after in [0, 1_000_000] {
        let mut socket = owner.socket(Some(after)).await;
        let resync = socket.next_event("resync", PATIENCE).await;
        let seq = resync["seq"].as_i64().expect("a number");
        contacts(&owner, 3..4).await;
        assert_eq!(seqs(&events(&mut socket, 1).await), [seq + 1]);
    }
}

/// A fact committed on one node reaches the sockets of another.
#[tokio::test(flavor = "multi_thread")]
async fn events_reach_the_sockets_of_every_node() {
    let server = TestServer::start().await;
    let other = server.another().await;
    let owner = server.sign_up().await;
    let mut socket = owner.at(other.url()).socket(None).await;
    contacts(&owner, 0..1).await;
    events(&mut socket, 1).await;
}

/// S8: no company hears of another.
#[tokio::test(flavor = "multi_thread")]
async fn s8_a_company_hears_nothing_of_another() {
    let server = TestServer::start().await;
    let (one, other) = (server.sign_up().await, server.sign_up().await);
    let mut socket = other.socket(None).await;
    contacts(&one, 0..2).await;
    contacts(&other, 7..8).await;
    let event = events(&mut socket, 1).await.remove(0);
    assert_eq!(event["data"]["contact"]["name"], "Contact 7");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_shown_the_door() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let nobody = owner.nobody();
    let closed = async |hello: Value| {
        let mut socket = Socket::connect(&nobody).await.expect("opens");
        socket.send(&hello).await;
        socket.closed(PATIENCE).await.map(|(code, _)| code)
    };
    assert_eq!(closed(json!({ "type": "hello" })).await, Some(4001));
    assert_eq!(closed(json!({ "type": "hello", "token": "bsd_forged" })).await, Some(4001));
    // A session's token has no business in a frame.
    let cookie = owner.cookie().and_then(|c| c.split_once('=')).expect("a cookie").1.to_owned();
    assert_eq!(closed(json!({ "type": "hello", "token": cookie })).await, Some(4001));
    assert_eq!(closed(json!({ "type": "subscribe" })).await, Some(1002));

    let scopes = json!({ "name": "bot", "scopes": ["read_conversations"] });
    let token = owner.post("/api/v1/tokens", &scopes, 201).await.json();
    let mut socket = Socket::connect(&nobody).await.expect("opens");
    socket.send(&json!({ "type": "hello", "token": token["token"] })).await;
    let welcome = socket.next_event("welcome", PATIENCE).await;
    assert_eq!(welcome["employee_id"], json!(owner.employee));
}

/// 4.4.2 of ASVS: a page of another site has no use of the visitor's cookie.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_cannot_use_the_cookie() {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let url = format!("{}/api/v1/socket", server.url().replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("a request");
    request.headers_mut().insert("cookie", owner.cookie().expect("one").parse().expect("text"));
    request.headers_mut().insert("origin", "https://evil.test".parse().expect("text"));
    let refused = tokio_tungstenite::connect_async(request).await.err();
    assert!(refused.is_some_and(|e| e.to_string().contains("403")));
}

/// 8.3.2 of ASVS: a right that is withdrawn has its effect at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_employee_is_cut_off_at_once() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let operator = owner.hire("Борис", "operator").await;
    let mut socket = operator.socket(None).await;
    owner.poke(&format!("/api/v1/employees/{}/disable", operator.employee), 200).await;
    let closed = socket.closed(Duration::from_secs(10)).await;
    assert_eq!(closed.map(|(code, _)| code), Some(4001));
}

/// OW-4: what a colleague took goes out of sight of those who see only their own.
#[tokio::test(flavor = "multi_thread")]
async fn ow_4_a_conversation_goes_out_of_sight_when_another_takes_it() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let operator = owner.hire("Борис", "operator").await;
    let path = format!("/api/v1/employees/{}", operator.employee);
    owner.patch(&path, &json!({ "visibility": "own" }), 200).await;
    let channel = widget(&owner, json!({})).await;
    let mut socket = operator.socket(None).await;
    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    visitor.says("client-id-1", "Hello").await;
    let created = socket.next_event("conversation.created", PATIENCE).await;
    let id = created["data"]["conversation"]["conversation_id"].as_str().expect("an id").to_owned();
    owner.post(&format!("/api/v1/conversations/{id}/take"), &json!({}), 200).await;
    let hidden = socket.next_event("conversation.hidden", PATIENCE).await;
    assert_eq!(hidden["data"]["conversation_id"], json!(id));
    visitor.says("client-id-2", "Are you there?").await;
    // Given to the operator, it comes back whole, and nothing came between.
    let to = json!({ "employee_id": operator.employee });
    owner.post(&format!("/api/v1/conversations/{id}/assign"), &to, 200).await;
    let next = socket.next_event("event", PATIENCE).await;
    assert_ne!(next["data"]["message"]["body"]["text"], "Are you there?");
    socket.next_event("conversation.changed", PATIENCE).await;
}

/// Clients are generated from the schema of frames, so every frame must be what it says.
#[tokio::test(flavor = "multi_thread")]
async fn frames_are_what_the_schema_says() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let mut socket = owner.socket(None).await;
    let channel = widget(&owner, json!({})).await;
    let operator = owner.hire("Борис", "operator").await;
    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    visitor.says("client-id-1", "Hello").await;
    visitor.send(&json!({ "type": "typing" })).await;
    let page = owner.get("/api/v1/conversations", 200).await.json();
    let id = page["items"][0]["conversation_id"].as_str().expect("an id");
    let path = format!("/api/v1/conversations/{id}");
    let to = json!({ "employee_id": operator.employee });
    owner.post(&format!("{path}/assign"), &to, 200).await;
    let answer = json!({ "client_id": "a", "text": "Hi" });
    operator.post(&format!("{path}/messages"), &answer, 201).await;
    visitor.next("message").await;
    owner.post(&format!("{path}/read"), &json!({ "position": 2 }), 204).await;
    owner.post(&format!("{path}/close"), &json!({}), 200).await;
    contacts(&owner, 0..1).await;

    let mut kinds = std::collections::BTreeSet::new();
    // The answer is sent meanwhile: what becomes of it comes in its own time.
    while !["contact.changed", "message.changed"].iter().all(|kind| kinds.contains(*kind)) {
        let frame = socket.next(PATIENCE).await.expect("a frame");
        let read: Result<api::ServerFrame, _> = serde_json::from_value(frame.clone());
        assert!(read.is_ok(), "{read:?}: {frame}");
        kinds.extend(frame["kind"].as_str().map(str::to_owned));
    }
    for kind in [
        "channel.changed",
        "employee.changed",
        "conversation.created",
        "conversation.changed",
        "conversation.read",
        "message.created",
        "message.changed",
    ] {
        assert!(kinds.contains(kind), "{kind} is not among {kinds:?}");
    }
}

/// OW-6: a colleague is writing, a colleague looks at it.
#[tokio::test(flavor = "multi_thread")]
async fn ow_6_colleagues_see_who_looks_and_writes() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let operator = owner.hire("Борис", "operator").await;
    let channel = widget(&owner, json!({})).await;
    let (mut one, mut other) = (owner.socket(None).await, operator.socket(None).await);
    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    visitor.says("client-id-1", "Hello").await;
    let created = one.next_event("conversation.created", PATIENCE).await;
    let id = created["data"]["conversation"]["conversation_id"].clone();
    one.send(&json!({ "type": "viewing", "conversation_id": id })).await;
    let seen = other.next_event("viewing", PATIENCE).await;
    assert_eq!((&seen["employee_id"], &seen["on"]), (&json!(owner.employee), &json!(true)));
    // Who comes later learns who is there already.
    other.send(&json!({ "type": "viewing", "conversation_id": id })).await;
    let seen = one.next_event("viewing", PATIENCE).await;
    assert_eq!(seen["employee_id"], json!(operator.employee));
    let seen = other.next_event("viewing", PATIENCE).await;
    assert_eq!(seen["employee_id"], json!(owner.employee));
    one.send(&json!({ "type": "typing", "conversation_id": id })).await;
    assert_eq!(other.next_event("typing", PATIENCE).await["employee_id"], json!(owner.employee));
    drop(one);
    assert_eq!(other.next_event("viewing", PATIENCE).await["on"], json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_narrow_and_strange_frames_are_answered() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let mut socket = Socket::connect(&owner).await.expect("opens");
    let hello = json!({ "type": "hello", "kinds": ["conversation.created"] });
    socket.send(&hello).await;
    socket.next_event("welcome", PATIENCE).await;
    socket.send(&json!({ "type": "dance" })).await;
    assert_eq!(socket.next_event("error", PATIENCE).await["code"], "unknown_frame");
    contacts(&owner, 0..2).await;
    socket.send(&json!({ "type": "subscribe", "kinds": null })).await;
    // An answer to a frame after it proves that the subscription is in force.
    socket.send(&json!({ "type": "dance" })).await;
    socket.next_event("error", PATIENCE).await;
    contacts(&owner, 2..3).await;
    let event = socket.next_event("event", PATIENCE).await;
    assert_eq!(event["data"]["contact"]["name"], "Contact 2");
    socket.send(&json!({ "type": "x".repeat(70_000) })).await;
    assert_eq!(socket.closed(PATIENCE).await.map(|(code, _)| code), Some(1009));
}

/// A socket is told to connect elsewhere when its process goes.
#[tokio::test(flavor = "multi_thread")]
async fn s22_a_stopping_server_says_so() {
    let mut server = TestServer::start().await;
    let owner = server.sign_up().await;
    let mut socket = owner.socket(None).await;
    let (closed, ()) = tokio::join!(socket.closed(PATIENCE), server.stop());
    assert_eq!(closed.map(|(code, _)| code), Some(1012));
    until("the server is gone", async || Socket::connect(&owner).await.err()).await;
}
