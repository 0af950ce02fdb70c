//! What else a visitor of a site can do: send a file, go on in another channel, rate, and find the
//! company closed; and the cabinet's preview.

use reqwest::Method;
use sandbox::telegram::{Options, Telegram};
use serde_json::{Value, json};
use tests::{PIXEL, Session, TelegramStage, TestServer, Visitor, Way, until, widget};

fn shop() -> Value {
    json!({ "origins": ["https://shop.test"], "language": "en" })
}

async fn stage(settings: Value) -> (TestServer, Session, Value) {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let channel = widget(&owner, settings).await;
    (server, owner, channel)
}

async fn conversations(owner: &Session) -> Vec<Value> {
    let page = owner.get("/api/v1/conversations", 200).await.json();
    page["items"].as_array().expect("items").clone()
}

async fn the_conversation(owner: &Session) -> Value {
    until("a conversation is there", async || conversations(owner).await.into_iter().next()).await
}

fn id(conversation: &Value) -> &str {
    conversation["conversation_id"].as_str().expect("an id")
}

async fn messages(owner: &Session, conversation: &Value) -> Vec<Value> {
    let path = format!("/api/v1/conversations/{}/messages?limit=100", id(conversation));
    owner.get(&path, 200).await.json()["items"].as_array().expect("items").clone()
}

async fn act(owner: &Session, conversation: &Value, action: &str) {
    let path = format!("/api/v1/conversations/{}/{action}", id(conversation));
    owner.post(&path, &json!({}), 200).await;
}

async fn upload(
    server: &TestServer,
    channel: &Value,
    token: &str,
    (client_id, name, bytes): (&str, &str, &[u8]),
    expect: u16,
) -> Value {
    let key = channel["hook_key"].as_str().expect("a key");
    let client = server.client();
    let request = client
        .request(Method::POST, &format!("/widget/{key}/files"))
        .query(&[("client_id", client_id), ("name", name)])
        .bearer_auth(token)
        .body(bytes.to_vec());
    client.send(request, expect).await.json()
}

/// CV-6, CH-5: the file is a message of the visitor's, stored once, and a picture for the operator.
#[tokio::test(flavor = "multi_thread")]
async fn cv_6_a_visitors_file_comes_to_the_operator() {
    let (server, owner, channel) = stage(shop()).await;
    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    let token = visitor.token();
    let photo = ("client-id-1", "C:\\fakepath\\box\u{202e}.png", PIXEL);
    let first = upload(&server, &channel, &token, photo, 201).await;
    assert_eq!(first["message"]["files"][0]["kind"], "image");
    assert_eq!(first["message"]["files"][0]["name"], "box.png");
    // It made the visitor known: the socket finds that out when it hears from the page.
    visitor.send(&json!({ "type": "ping" })).await;
    assert_eq!(visitor.next("message").await["message"]["id"], first["message"]["id"]);
    let again = upload(&server, &channel, &token, photo, 201).await;
    assert_eq!(again["message"]["id"], first["message"]["id"]);

    let conversation = the_conversation(&owner).await;
    assert_eq!(conversation["attribution"]["site"], "shop.test");
    let stored = messages(&owner, &conversation).await;
    assert_eq!(stored.len(), 1, "a repeat is stored once: {stored:?}");
    let file = stored[0]["body"]["files"][0].clone();
    assert_eq!((&file["state"], &file["mime"]), (&json!("stored"), &json!("image/png")));

    // What its bytes say it is not is never shown in place.
    let text = ("client-id-2", "notes.txt", &b"just words"[..]);
    let sent = upload(&server, &channel, &token, text, 201).await;
    let link = sent["message"]["files"][0]["url"].as_str().expect("a link").to_owned();
    let answer = server.client().get(&link, 200).await;
    assert!(answer.header("content-disposition").is_some_and(|d| d.starts_with("attachment")));
    assert!(answer.header("content-security-policy").is_some_and(|p| p.starts_with("sandbox")));
}

#[tokio::test(flavor = "multi_thread")]
async fn cv_6_strangers_and_harmful_files_are_refused() {
    let (server, owner, channel) = stage(shop()).await;
    let visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    let token = visitor.token();
    let good = ("client-id-1", "a.pdf", &b"%PDF-1.7"[..]);
    upload(&server, &channel, "bsv_forged", good, 401).await;
    let other = widget(&owner, shop()).await;
    upload(&server, &other, &token, good, 401).await;
    for (name, bytes) in [
        ("page.html", &b"<b>hi</b>"[..]),
        ("photo.png", b"<!DOCTYPE html><script>alert(1)</script>"),
        ("invoice.pdf.exe", b"MZ"),
        ("empty.pdf", b""),
    ] {
        let refused = upload(&server, &channel, &token, ("client-id-2", name, bytes), 422).await;
        assert_eq!(refused["code"], "file_refused", "{name}");
        assert!(refused["detail"]["ru"].as_str().is_some_and(|t| !t.is_empty()));
    }
    let large = vec![0; 20 * 1024 * 1024 + 1];
    let refused = upload(&server, &channel, &token, ("client-id-3", "a.pdf", &large), 422).await;
    assert!(refused["detail"]["en"].as_str().is_some_and(|t| t.contains("20 MB")), "{refused}");
    assert!(conversations(&owner).await.is_empty());
    // Ten a minute; one comes back each six seconds.
    let key = channel["hook_key"].as_str().expect("a key");
    let client = server.client();
    let mut refused = None;
    for n in 0..20 {
        let request = client
            .request(Method::POST, &format!("/widget/{key}/files"))
            .query(&[("client_id", format!("client-id-4{n}").as_str()), ("name", "a.pdf")])
            .bearer_auth(&token)
            .body("%PDF");
        let answer = request.send().await.expect("an answer");
        if answer.status() == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.status(), 201);
    }
    let refused = refused.expect("files are limited");
    assert!(refused.headers().contains_key("retry-after"));
}

/// WG-1: asked once the conversation is closed, stored once, and of one's own alone.
#[tokio::test(flavor = "multi_thread")]
async fn wg_1_a_closed_conversation_is_rated_once_by_its_visitor() {
    let (server, owner, channel) = stage(shop()).await;
    let mut visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    visitor.says("client-id-1", "Hello").await;
    let conversation = the_conversation(&owner).await;
    act(&owner, &conversation, "take").await;
    let rate = |stars: u8| {
        json!({ "type": "rate", "conversation": conversation["conversation_id"], "stars": stars,
                "text": "Quick\u{0} and kind" })
    };
    visitor.send(&rate(5)).await;
    assert_eq!(visitor.next("error").await["code"], "not_rated", "it is open still");
    let path = format!("/api/v1/conversations/{}/messages", id(&conversation));
    owner.post(&path, &json!({ "client_id": "a", "text": "Hi" }), 201).await;
    act(&owner, &conversation, "close").await;
    assert_eq!(visitor.next("closed").await["rate"], conversation["conversation_id"]);

    // Another visitor cannot rate it, whether they have talked or not.
    let mut stranger = Visitor::open(&server.url(), &channel, json!({})).await;
    stranger.send(&rate(1)).await;
    assert_eq!(stranger.next("error").await["code"], "not_rated");
    stranger.says("client-id-2", "Hello").await;
    stranger.send(&rate(1)).await;
    assert_eq!(stranger.next("error").await["code"], "not_rated");

    // It is asked still after a reload.
    let hello = json!({ "token": visitor.token() });
    let mut visitor = Visitor::open(&server.url(), &channel, hello.clone()).await;
    assert_eq!(visitor.welcome["rate"], conversation["conversation_id"]);
    let mut socket = owner.socket(None).await;
    visitor.send(&rate(4)).await;
    visitor.next("rated").await;
    visitor.send(&rate(1)).await;
    visitor.next("rated").await;
    let said = socket.next_event("message.created", tests::PATIENCE).await;
    let line = &said["data"]["message"]["body"];
    assert_eq!(line, &json!({ "happened": "rated", "stars": 4, "text": "Quick and kind" }));
    let stored = messages(&owner, &conversation).await;
    let rated: Vec<_> = stored.iter().filter(|m| m["body"]["happened"] == "rated").collect();
    assert_eq!(rated.len(), 1, "{rated:?}");
    let visitor = Visitor::open(&server.url(), &channel, hello).await;
    assert_eq!(visitor.welcome["rate"], Value::Null);
}

/// WG-1, CH-2, CV-5: the visitor goes on in Telegram, and the source comes along.
#[tokio::test(flavor = "multi_thread")]
async fn wg_1_a_visitor_goes_on_in_telegram_and_keeps_the_source() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let channel = widget(&stage.owner, shop()).await;
    let url = stage.server.url();
    let plain = Visitor::open(&url, &channel, json!({})).await;
    assert_eq!(plain.welcome["ways"], json!([]), "not marked for use in the widget");
    let path = format!("/api/v1/channels/{}", stage.channel_id());
    stage.owner.patch(&path, &json!({ "use_in_widget": true }), 200).await;
    let visit = json!({ "site": "https://shop.test", "page": "https://shop.test/boots",
                        "utm": { "utm_source": "yandex", "utm_campaign": "autumn" } });
    let visitor = Visitor::open(&url, &channel, json!({ "visit": visit })).await;
    let way = visitor.welcome["ways"][0].clone();
    assert_eq!((&way["kind"], &way["title"]), (&json!("telegram_bot"), &json!("@shop_bot")));
    assert!(!visitor.welcome.to_string().contains("Бот магазина"), "the inner name stays inside");
    let link = way["url"].as_str().expect("a link");
    let mark = link.strip_prefix("https://t.me/shop_bot?start=").expect("a deep link");
    assert!(mark.len() <= 64, "{mark}");

    let customer = stage.telegram.customer(501, "Ольга", None);
    customer.sends_text(&stage.bot, &format!("/start {mark}"));
    let conversation = the_conversation(&stage.owner).await;
    let source = &conversation["attribution"];
    assert_eq!(source["page"], "https://shop.test/boots");
    assert_eq!((&source["source"], &source["campaign"]), (&json!("yandex"), &json!("autumn")));
    assert_eq!(source["start_payload"], mark);

    // The mark of another company's visitor says nothing here.
    let other = stage.server.sign_up().await;
    let telegram = Telegram::start(Options::quick()).await.expect("the sandbox starts");
    let bot = telegram.add_bot("other_bot");
    tests::connect(&other, &telegram, &bot, Way::Polling).await;
    telegram.customer(502, "Иван", None).sends_text(&bot, &format!("/start {mark}"));
    let foreign = the_conversation(&other).await["attribution"].clone();
    assert_eq!(foreign["start_payload"], mark);
    assert_eq!(foreign.get("page"), None, "{foreign}");
}

/// RT-3a, WG-2: outside the hours that the channel's scenario names nobody is there.
#[tokio::test(flavor = "multi_thread")]
async fn rt_3a_outside_working_hours_the_widget_takes_requests() {
    let (server, owner, channel) = stage(shop()).await;
    owner.put("/api/v1/me/presence", &json!({ "presence": "online" }), 200).await;
    let another_day = chrono::Utc::now() + chrono::Duration::days(3);
    let day = another_day.format("%a").to_string().to_lowercase();
    let never = json!({ "name": "Another day", "schedule": {
        "time_zone": "Europe/Moscow", "week": { day: ["09:00-18:00"] } } });
    let schedule = owner.post("/api/v1/schedules", &never, 201).await.json();
    let tree = json!({ "steps": [{
        "do": "if",
        "when": { "is": "working_hours", "schedule": schedule["schedule_id"], "state": "closed" },
        "then": [{ "do": "auto_reply", "text": "We are closed" }],
    }] });
    let scenario = json!({ "name": "Hours", "tree": tree });
    let scenario = owner.post("/api/v1/scenarios", &scenario, 201).await.json();
    let path = format!("/api/v1/channels/{}", channel["channel_id"].as_str().unwrap());
    owner.patch(&path, &json!({ "scenario_id": scenario["scenario_id"] }), 200).await;
    let visitor = Visitor::open(&server.url(), &channel, json!({})).await;
    assert_eq!(visitor.welcome["online"], false);
    // A channel whose scenario asks for no hours is there whenever somebody is on line.
    let other = widget(&owner, shop()).await;
    let visitor = Visitor::open(&server.url(), &other, json!({})).await;
    assert_eq!(visitor.welcome["online"], true);
}

/// The cabinet shows settings before they are saved; only our own pages may frame it.
#[tokio::test(flavor = "multi_thread")]
async fn wg_1_the_preview_needs_no_channel_and_stores_nothing() {
    let server = TestServer::start().await;
    let client = server.client();
    for page in ["preview.html", "frame.html"] {
        let answer = client.get(&format!("/widget/preview/{page}"), 200).await;
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.ends_with("frame-ancestors 'self'"), "{policy}");
        assert!(policy.contains("script-src 'self';"), "{policy}");
    }
    client.get("/widget/preview.js", 200).await;
    client.get("/widget/preview/config", 200).await;
    let settings = json!({ "color": "#102030", "title": "Shop", "ask_phone": "required" });
    let config = client.post("/widget/preview/config", &settings, 200).await.json();
    assert_eq!((&config["color"], &config["preview"]), (&json!("#102030"), &json!(true)));
    assert_eq!(config["contact_form"]["fields"][0]["key"], "phone");
    let wrong = json!({ "color": "red", "position": 7 });
    let config = client.post("/widget/preview/config", &wrong, 200).await.json();
    assert_eq!((&config["color"], &config["position"]), (&json!("#0b6e5f"), &json!("right")));
    client.get("/widget/preview/socket", 404).await;
}
