//! The site widget from outside: its files, and a visitor's talk with operators.

use serde_json::{Value, json};
use tests::{Session, TestServer, Visitor, until, widget};

async fn stage(settings: Value) -> (TestServer, Session, Value) {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let channel = widget(&owner, settings).await;
    (server, owner, channel)
}

fn shop() -> Value {
    json!({ "origins": ["https://shop.test"], "language": "en" })
}

async fn conversations(owner: &Session) -> Vec<Value> {
    let page = owner.get("/api/v1/conversations", 200).await.json();
    page["items"].as_array().expect("items").clone()
}

async fn the_conversation(owner: &Session) -> Value {
    until("a conversation is there", async || conversations(owner).await.into_iter().next()).await
}

async fn write(owner: &Session, conversation: &Value, body: Value) -> Value {
    let id = conversation["conversation_id"].as_str().expect("an id");
    owner.post(&format!("/api/v1/conversations/{id}/messages"), &body, 201).await.json()
}

async fn act(owner: &Session, conversation: &Value, action: &str) {
    let id = conversation["conversation_id"].as_str().expect("an id");
    owner.post(&format!("/api/v1/conversations/{id}/{action}"), &json!({}), 200).await;
}

async fn status_reaches(owner: &Session, conversation: &Value, message: &Value, wanted: &str) {
    let id = conversation["conversation_id"].as_str().expect("an id");
    let path = format!("/api/v1/conversations/{id}/messages?limit=100");
    until(wanted, async || {
        let page = owner.get(&path, 200).await.json();
        page["items"]
            .as_array()?
            .iter()
            .find(|m| m["message_id"] == message["message_id"])
            .filter(|m| m["status"] == wanted)
            .cloned()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wg_1_the_widgets_files_are_framed_by_its_sites_alone() {
    let (server, _owner, channel) = stage(shop()).await;
    let client = server.client();
    let key = channel["hook_key"].as_str().expect("a key");
    let loader = client.get(&format!("/widget/{key}.js"), 200).await;
    assert_eq!(loader.header("cross-origin-resource-policy"), Some("cross-origin"));
    assert!(loader.header("content-type").is_some_and(|t| t.starts_with("text/javascript")));
    let frame = client.get(&format!("/widget/{key}/frame.html"), 200).await;
    let policy = frame.header("content-security-policy").expect("a policy").to_owned();
    assert!(policy.ends_with("frame-ancestors 'self' https://shop.test"), "{policy}");
    let tag = frame.header("etag").expect("a tag").to_owned();
    let again = client
        .request(reqwest::Method::GET, &format!("/widget/{key}/frame.html"))
        .header("if-none-match", tag);
    client.send(again, 304).await;
    let config = client.get(&format!("/widget/{key}/config"), 200).await.json();
    assert_eq!(config["language"], "en");
    for path in ["/widget/nothing.js", "/widget/nothing/config"] {
        client.get(path, 404).await;
    }
    client.get(&format!("/widget/{key}"), 404).await;
    client.get(&format!("/widget/{key}/secrets.txt"), 404).await;
}

/// CV-1, CV-5, CV-7, CV-8: from the page to the operator and back; notes stay among employees.
#[tokio::test(flavor = "multi_thread")]
async fn wg_1_a_visitor_talks_with_an_operator() {
    let (server, owner, channel) = stage(shop()).await;
    let mut socket = owner.socket(None).await;
    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    assert_eq!(visitor.welcome["messages"], json!([]));
    let said = visitor.says("client-id-1", "Is it in stock?").await;
    assert_eq!((&said["from"], &said["text"]), (&json!("visitor"), &json!("Is it in stock?")));

    let created = socket.next_event("conversation.created", tests::PATIENCE).await;
    let conversation = created["data"]["conversation"].clone();
    assert_eq!(conversation["attribution"]["site"], "shop.test");
    assert_eq!(conversation["attribution"]["page"], "https://shop.test/boots");
    let came = socket.next_event("message.created", tests::PATIENCE).await;
    assert_eq!(came["data"]["message"]["body"]["text"], "Is it in stock?");

    act(&owner, &conversation, "take").await;
    write(&owner, &conversation, json!({ "client_id": "n", "text": "VIP", "kind": "note" })).await;
    let answer = write(&owner, &conversation, json!({ "client_id": "a", "text": "Yes" })).await;
    let shown = visitor.until("message").await;
    assert!(!shown.iter().any(|f| f["message"]["text"] == "VIP"), "{shown:?}");
    let got = shown.last().expect("a frame")["message"].clone();
    assert_eq!((&got["from"], &got["text"]), (&json!("operator"), &json!("Yes")));
    assert_eq!(got["author"], "Анна");
    assert!(got["position"].as_i64() > said["position"].as_i64());
    status_reaches(&owner, &conversation, &answer, "delivered").await;
    visitor.send(&json!({ "type": "seen", "message": got["id"] })).await;
    status_reaches(&owner, &conversation, &answer, "read").await;

    // After a reload the talk is there, and only what is missing after a short break.
    let token = visitor.token();
    drop(visitor);
    let back = Visitor::open(&server.url(), &channel, json!({ "token": token })).await;
    let texts: Vec<_> =
        back.welcome["messages"].as_array().expect("a list").iter().map(|m| &m["text"]).collect();
    assert_eq!(texts, ["Is it in stock?", "Yes"]);
    assert!(back.welcome.get("token").is_none(), "the token is told once");
    let hello = json!({ "token": token, "after": said["position"] });
    let mut back = Visitor::open(&server.url(), &channel, hello).await;
    assert_eq!(back.welcome["messages"].as_array().map(Vec::len), Some(1));

    act(&owner, &conversation, "close").await;
    back.next("closed").await;
    let next = back.says("client-id-2", "One more thing").await;
    assert!(next["position"].as_i64() > got["position"].as_i64(), "places grow");
    assert_eq!(conversations(&owner).await.len(), 2, "CV-2: a closed one is not opened again");
}

#[tokio::test(flavor = "multi_thread")]
async fn ch_5_a_repeated_message_is_stored_once_and_answered_again() {
    let (server, owner, channel) = stage(shop()).await;
    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    let first = visitor.says("client-id-1", "Hello").await;
    let again = visitor.says("client-id-1", "Hello").await;
    assert_eq!(first["id"], again["id"]);
    let conversation = the_conversation(&owner).await;
    assert_eq!(conversation["last_position"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rt_3_the_contact_form_makes_the_visitor_known() {
    let settings = json!({ "ask_name": "optional", "ask_phone": "required", "language": "en" });
    let (server, owner, channel) = stage(settings).await;
    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    let asked = visitor.welcome["form"]["fields"].clone();
    assert_eq!(asked[0], json!({ "key": "name", "label": "", "required": false }));
    assert_eq!(asked[1], json!({ "key": "phone", "label": "", "required": true }));
    let values = json!({ "name": "Ольга", "phone": "+7 912 345-67-89" });
    let form = json!({ "type": "form", "client_id": "client-id-1", "values": values });
    visitor.send(&form).await;
    visitor.next("accepted").await;
    let conversation = the_conversation(&owner).await;
    let contact = conversation["contact_id"].as_str().expect("an id");
    let contact = owner.get(&format!("/api/v1/contacts/{contact}"), 200).await.json();
    assert_eq!(contact["name"], "Ольга");
    assert_eq!(contact["phones"], json!(["+79123456789"]));
    let back = json!({ "token": visitor.token() });
    let back = Visitor::open(&server.url(), &channel, back).await;
    assert_eq!(back.welcome["form"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn wg_2_an_offline_request_is_a_conversation_of_its_kind() {
    let (server, owner, channel) = stage(shop()).await;
    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    let request =
        |values: Value| json!({ "type": "request", "client_id": "client-id-1", "values": values });
    visitor.send(&request(json!({ "name": "Ольга", "text": "Call me" }))).await;
    let refused = visitor.next("refused").await;
    assert_eq!(refused["client_id"], "client-id-1");
    assert!(refused["text"].as_str().is_some_and(|t| t.contains("Leave a phone")), "{refused}");
    let values = json!({ "name": "Ольга", "phone": "+79123456789", "text": "Call me" });
    visitor.send(&request(values)).await;
    visitor.next("accepted").await;
    assert_eq!(the_conversation(&owner).await["kind"], "request");
}

/// OW-6: each side sees that the other is writing.
#[tokio::test(flavor = "multi_thread")]
async fn ow_6_typing_is_shown_to_both_sides() {
    let (server, owner, channel) = stage(shop()).await;
    let mut socket = owner.socket(None).await;
    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    visitor.says("client-id-1", "Hello").await;
    visitor.send(&json!({ "type": "typing" })).await;
    let seen = socket.next_event("visitor_typing", tests::PATIENCE).await;
    let conversation_id = seen["conversation_id"].clone();
    socket.send(&json!({ "type": "typing", "conversation_id": conversation_id })).await;
    visitor.next("typing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_tokens_sites_and_frames_are_refused() {
    let (server, owner, channel) = stage(shop()).await;
    let other = widget(&owner, shop()).await;
    let url = server.url();
    let refused = Visitor::connect(&url, &channel, "https://evil.test").await.err();
    assert!(refused.is_some_and(|e| e.to_string().contains("403")));
    Visitor::connect(&url, &channel, "https://shop.test").await.expect("the company's own site");

    let mut visitor = Visitor::open(&url, &channel, json!({})).await;
    visitor.says("client-id-1", "Hello").await;
    // A token is good for its own widget alone.
    let hello = json!({ "token": visitor.token() });
    let stranger = Visitor::open(&url, &other, hello).await;
    assert_ne!(stranger.token(), visitor.token());
    assert_eq!(stranger.welcome["messages"], json!([]));
    let forged = Visitor::open(&url, &channel, json!({ "token": "bsv_forged" })).await;
    assert!(!forged.token().is_empty());

    visitor.send(&json!({ "type": "message", "client_id": "client-id-2", "text": " " })).await;
    assert_eq!(visitor.next("refused").await["client_id"], "client-id-2");
    visitor.send(&json!({ "type": "dance" })).await;
    visitor.next("error").await;
    visitor.send(&json!({ "type": "ping" })).await;
    visitor.next("pong").await;
    for n in 2..=20 {
        visitor.says(&format!("client-id-1{n}"), "more").await;
    }
    visitor.send(&json!({ "type": "message", "client_id": "client-id-99", "text": "x" })).await;
    assert_eq!(visitor.next("refused").await["code"], "too_many_requests");
}

/// RT-3: the scenario asks in the middle of the talk, and goes on once the form is filled.
#[tokio::test(flavor = "multi_thread")]
async fn rt_3_a_scenario_asks_for_the_form() {
    let (server, owner, channel) = stage(shop()).await;
    let tree = json!({ "steps": [
        { "do": "contact_form", "text": "How do we reach you?", "fields": [{ "ask": "phone" }, { "ask": "name", "need": "optional" }] },
        { "do": "auto_reply", "text": "Thank you" },
    ] });
    let scenario = json!({ "name": "Ask", "tree": tree });
    let scenario = owner.post("/api/v1/scenarios", &scenario, 201).await.json();
    let path = format!("/api/v1/channels/{}", channel["channel_id"].as_str().unwrap());
    owner.patch(&path, &json!({ "scenario_id": scenario["scenario_id"] }), 200).await;

    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    visitor.says("client-id-1", "Hello").await;
    let asked = visitor.next("form").await["form"].clone();
    assert_eq!(
        (&asked["title"], &asked["fields"][0]["key"]),
        (&json!("How do we reach you?"), &json!("phone"))
    );
    let needs: Vec<_> =
        asked["fields"].as_array().unwrap().iter().map(|f| &f["required"]).collect();
    assert_eq!(needs, [true, false]);
    // It is asked still after a reload.
    let hello = json!({ "token": visitor.token() });
    let mut visitor = Visitor::open(&server.url(), &channel, hello).await;
    assert_eq!(visitor.welcome["form"], asked);
    let values = json!({ "phone": "+79123456789" });
    visitor.send(&json!({ "type": "form", "client_id": "client-id-2", "values": values })).await;
    visitor.next("accepted").await;
    let thanks = visitor.next("message").await["message"].clone();
    assert_eq!((&thanks["from"], &thanks["text"]), (&json!("auto"), &json!("Thank you")));
}

/// RT-3a: the page knows whether anybody is there.
#[tokio::test(flavor = "multi_thread")]
async fn rt_3a_the_page_learns_who_comes_on_line() {
    let (server, owner, channel) = stage(shop()).await;
    owner.put("/api/v1/me/presence", &json!({ "presence": "off" }), 200).await;
    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    assert_eq!(visitor.welcome["online"], false);
    owner.put("/api/v1/me/presence", &json!({ "presence": "online" }), 200).await;
    assert_eq!(visitor.next("online").await["online"], true);
}
