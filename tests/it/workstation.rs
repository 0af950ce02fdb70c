//! What the workstation keeps on every device: drafts, settings, how far one has read, and the counts
//! of its lists (OW-2, OW-4, OW-6).

use serde_json::{Value, json};
use tests::{PATIENCE, Session, Socket, TestServer, comes_in, incoming, somebody, until};
use uuid::Uuid;

/// A company with a site's channel into which messages can be put.
struct Desk {
    server: TestServer,
    owner: Session,
    channel: String,
}

impl Desk {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let owner = server.sign_up().await;
        let form = json!({ "kind": "widget", "name": "Сайт", "settings": {} });
        let channel = owner.post("/api/v1/channels", &form, 201).await.json();
        let channel = channel["channel_id"].as_str().unwrap().to_owned();
        Self { server, owner, channel }
    }

    /// A message of this person; the path of their conversation.
    async fn says(&self, who: &str, text: &str) -> String {
        let account = self.owner.account.parse().unwrap();
        let channel = self.channel.parse().unwrap();
        let item = incoming(account, channel, somebody(who, who), text);
        let (_, conversation) = comes_in(&self.server.database().store(), item).await;
        format!("/api/v1/conversations/{conversation}")
    }
}

async fn drafts(of: &Session) -> Vec<Value> {
    of.get("/api/v1/drafts", 200).await.json()["items"].as_array().unwrap().clone()
}

/// Kinds of the events up to one of this kind.
async fn kinds_until(socket: &mut Socket, last: &str) -> Vec<String> {
    let mut kinds = Vec::new();
    loop {
        let frame = socket.next(PATIENCE).await.expect("a frame");
        let Some(kind) = frame["kind"].as_str() else { continue };
        kinds.push(kind.to_owned());
        if kind == last {
            return kinds;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ow_6_a_draft_is_on_every_device_of_its_employee_and_nobody_elses() {
    let desk = Desk::new().await;
    let (me, colleague) = (&desk.owner, desk.owner.hire("Борис", "admin").await);
    let c = desk.says("Анна", "здравствуйте").await;
    let phone = me.log_in(&me.email, &me.password).await;
    let (mut mine, mut theirs) = (phone.socket(None).await, colleague.socket(None).await);

    let path = format!("{c}/drafts/answer");
    let kept = me.put(&path, &json!({ "text": "Добрый де" }), 200).await.json();
    assert_eq!((&kept["mode"], &kept["text"]), (&json!("answer"), &json!("Добрый де")));
    let told = mine.next_event("draft.changed", PATIENCE).await;
    let data = json!({ "conversation_id": kept["conversation_id"], "mode": "answer",
        "text": "Добрый де", "employee_id": me.employee });
    assert_eq!(told["data"], data);
    assert_eq!(drafts(&phone).await, std::slice::from_ref(&kept));
    assert!(drafts(&colleague).await.is_empty());

    // A repeat is no change.
    assert_eq!(phone.put(&path, &json!({ "text": "Добрый де" }), 200).await.json(), kept);
    colleague.put(&path, &json!({ "text": "своё" }), 200).await;
    me.put(&format!("{c}/drafts/note"), &json!({ "text": "перезвонить" }), 200).await;
    let latest: Vec<_> = drafts(me).await.iter().map(|d| d["mode"].clone()).collect();
    assert_eq!(latest, ["note", "answer"]);
    me.put(&path, &json!({ "text": " \n" }), 204).await;
    me.put(&path, &json!({ "text": "" }), 204).await;
    assert_eq!(drafts(&phone).await.len(), 1);

    me.post("/api/v1/tags", &json!({ "name": "конец" }), 201).await;
    let kinds = kinds_until(&mut mine, "directory.changed").await;
    assert_eq!(kinds, ["draft.changed", "draft.changed", "directory.changed"]);
    let kinds = kinds_until(&mut theirs, "directory.changed").await;
    assert_eq!(kinds, ["draft.changed", "directory.changed"], "their own alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn ow_6_a_draft_that_cannot_be_kept_is_refused_in_words() {
    let desk = Desk::new().await;
    let c = desk.says("Анна", "здравствуйте").await;
    let me = &desk.owner;
    let path = format!("{c}/drafts/answer");
    me.put(&path, &json!({ "text": "я".repeat(10_000) }), 200).await;
    let long = me.put(&path, &json!({ "text": "я".repeat(10_001) }), 422).await.json();
    assert_eq!(long["errors"][0]["field"], "text");
    let unknown = me.put(&path, &json!({ "text": "a", "mode": "note" }), 422).await.json();
    assert_eq!(unknown["errors"][0]["field"], "mode");
    me.put(&format!("{c}/drafts/letter"), &json!({ "text": "a" }), 404).await;
    let nothing = format!("/api/v1/conversations/cnv_{}/drafts/note", Uuid::now_v7().simple());
    me.put(&nothing, &json!({ "text": "a" }), 404).await;
    let analyst = me.hire("Вера", "analyst").await;
    analyst.put(&path, &json!({ "text": "a" }), 403).await;
    analyst.get("/api/v1/drafts", 403).await;
    desk.server.sign_up().await.put(&path, &json!({ "text": "a" }), 404).await;
}

/// OW-4: what one may not see any more is not listed, and comes back with the conversation.
#[tokio::test(flavor = "multi_thread")]
async fn ow_4_drafts_of_conversations_out_of_sight_are_not_shown() {
    let desk = Desk::new().await;
    let operator = desk.owner.hire("Борис", "operator").await;
    let at = format!("/api/v1/employees/{}", operator.employee);
    desk.owner.patch(&at, &json!({ "visibility": "own" }), 200).await;
    let c = desk.says("Анна", "здравствуйте").await;
    let path = format!("{c}/drafts/answer");
    operator.put(&path, &json!({ "text": "я отвечу" }), 200).await;
    desk.owner.post(&format!("{c}/take"), &json!({}), 200).await;
    assert!(drafts(&operator).await.is_empty());
    operator.put(&path, &json!({ "text": "или нет" }), 404).await;
    desk.owner.post(&format!("{c}/assign"), &json!({}), 200).await;
    assert_eq!(drafts(&operator).await[0]["text"], "я отвечу");
}

#[tokio::test(flavor = "multi_thread")]
async fn ow_6_sending_takes_the_draft_of_its_kind_away() {
    let desk = Desk::new().await;
    let c = desk.says("Анна", "здравствуйте").await;
    let (me, colleague) = (&desk.owner, desk.owner.hire("Борис", "admin").await);
    for (who, mode) in [(me, "answer"), (me, "note"), (&colleague, "note")] {
        who.put(&format!("{c}/drafts/{mode}"), &json!({ "text": mode }), 200).await;
    }
    let mut socket = me.socket(None).await;
    let note = json!({ "client_id": "n1", "text": "перезвонить", "kind": "note" });
    me.post(&format!("{c}/messages"), &note, 201).await;
    let kinds = kinds_until(&mut socket, "draft.changed").await;
    assert_eq!(kinds, ["message.created", "draft.changed"]);
    assert_eq!(drafts(me).await[0]["mode"], "answer");
    assert_eq!(drafts(&colleague).await.len(), 1, "a colleague's own stays");

    let answer = json!({ "client_id": "a1", "text": "Добрый день" });
    me.post(&format!("{c}/messages"), &answer, 201).await;
    let gone = socket.next_event("draft.changed", PATIENCE).await;
    assert_eq!((&gone["data"]["mode"], &gone["data"]["text"]), (&json!("answer"), &json!("")));
    assert!(drafts(me).await.is_empty());
    // A repeat of the answer leaves alone what was begun since.
    me.put(&format!("{c}/drafts/answer"), &json!({ "text": "и ещё" }), 200).await;
    me.post(&format!("{c}/messages"), &answer, 201).await;
    assert_eq!(drafts(me).await[0]["text"], "и ещё");
}

/// What is not sent leaves the company by no way.
#[tokio::test(flavor = "multi_thread")]
async fn ow_6_drafts_go_to_no_outgoing_webhook() {
    let desk = Desk::new().await;
    let me = &desk.owner;
    let form = json!({ "url": "http://127.0.0.1:9/hook", "kinds": ["draft.changed"] });
    let told = me.post("/api/v1/endpoints", &form, 422).await.json();
    assert_eq!(told["errors"][0]["field"], "kinds[0]");
    let form = json!({ "url": "http://127.0.0.1:9/hook", "kinds": [] });
    let made = me.post("/api/v1/endpoints", &form, 201).await.json();
    let endpoint = made["endpoint_id"].as_str().or(made["endpoint"]["endpoint_id"].as_str());
    let endpoint = endpoint.expect("an id");
    let c = desk.says("Анна", "здравствуйте").await;
    me.put(&format!("{c}/drafts/answer"), &json!({ "text": "тайна" }), 200).await;
    me.post("/api/v1/tags", &json!({ "name": "конец" }), 201).await;
    let path = format!("/api/v1/endpoints/{endpoint}/deliveries");
    let kinds = until("the list's change is on its way", async || {
        let log = me.get(&path, 200).await.json();
        let kinds: Vec<String> = log["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| d["kind"].as_str().unwrap().to_owned())
            .collect();
        kinds.contains(&"directory.changed".to_owned()).then_some(kinds)
    })
    .await;
    assert!(kinds.contains(&"message.created".to_owned()), "{kinds:?}");
    assert!(!kinds.contains(&"draft.changed".to_owned()), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ow_6_settings_of_the_workstation_are_ones_own_on_every_device() {
    let server = TestServer::start().await;
    let me = server.sign_up().await;
    let path = "/api/v1/me/preferences";
    let none = json!({ "preferences": {}, "updated_at": null });
    assert_eq!(me.get(path, 200).await.json(), none);
    let views =
        json!({ "density": "compact", "views": [{ "name": "Мои", "q": { "mine": true } }] });
    let set = me.put(path, &json!({ "preferences": views }), 200).await.json();
    assert_eq!(set["preferences"], views);
    assert!(set["updated_at"].is_string());
    let phone = me.log_in(&me.email, &me.password).await;
    assert_eq!(phone.get(path, 200).await.json()["preferences"], views);
    let analyst = me.hire("Вера", "analyst").await;
    assert_eq!(analyst.get(path, 200).await.json(), none);
    phone.put(path, &json!({ "preferences": {} }), 200).await;
    assert_eq!(me.get(path, 200).await.json()["preferences"], json!({}));

    for (bad, field) in [
        (json!({ "preferences": { "a": "x".repeat(65 * 1024) } }), "preferences"),
        (json!({ "preferences": [1] }), "preferences"),
        (json!({ "density": "compact" }), "density"),
        (json!({}), "preferences"),
    ] {
        let told = me.put(path, &bad, 422).await.json();
        assert_eq!(told["errors"][0]["field"], field, "{told}");
    }
    let nul = me
        .request(reqwest::Method::PUT, path)
        .header("content-type", "application/json")
        .body(r#"{"preferences":{"a":"\u0000"}}"#);
    me.send(nul, 422).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ow_2_closed_conversations_are_counted_within_ones_sight() {
    let desk = Desk::new().await;
    let operator = desk.owner.hire("Борис", "operator").await;
    let at = format!("/api/v1/employees/{}", operator.employee);
    desk.owner.patch(&at, &json!({ "visibility": "own" }), 200).await;
    let (first, second) = (desk.says("Анна", "а").await, desk.says("Иван", "и").await);
    desk.says("Ольга", "о").await;
    desk.owner.post(&format!("{first}/take"), &json!({}), 200).await;
    desk.owner.post(&format!("{first}/close"), &json!({}), 200).await;
    operator.post(&format!("{second}/take"), &json!({}), 200).await;
    operator.post(&format!("{second}/close"), &json!({}), 200).await;
    let counts = async |who: &Session| {
        let counts = who.get("/api/v1/conversations/counts", 200).await.json();
        ["new", "in_work", "closed", "bound"].map(|name| counts[name].as_i64().unwrap())
    };
    assert_eq!(counts(&desk.owner).await, [1, 0, 2, 1000]);
    assert_eq!(counts(&operator).await, [1, 0, 1, 1000], "their own alone");
    let listed = operator.conversations("state=closed").await;
    assert_eq!(listed.len(), 1, "as many as the list has");
}

#[tokio::test(flavor = "multi_thread")]
async fn ow_6_a_conversation_says_how_far_one_has_read() {
    let desk = Desk::new().await;
    let c = desk.says("Анна", "раз").await;
    desk.says("Анна", "два").await;
    let colleague = desk.owner.hire("Борис", "operator").await;
    assert_eq!(desk.owner.get(&c, 200).await.json()["read_position"], 0);
    desk.owner.post(&format!("{c}/read"), &json!({ "position": 2 }), 204).await;
    let read = desk.owner.get(&c, 200).await.json();
    assert_eq!((&read["read_position"], &read["last_position"]), (&json!(2), &json!(2)));
    assert_eq!(colleague.get(&c, 200).await.json()["read_position"], 0, "their own");
    desk.server.sign_up().await.get(&c, 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ow_6_unread_are_the_customers_words_alone() {
    let desk = Desk::new().await;
    let c = desk.says("Анна", "раз").await;
    desk.says("Анна", "два").await;
    // A line of the system and a colleague's note stand behind them.
    desk.owner.post(&format!("{c}/take"), &json!({}), 200).await;
    let unread = async |who: &Session| {
        let one = who.get(&c, 200).await.json()["unread"].as_i64();
        let listed = who.conversations("state=in_work").await;
        assert_eq!(listed[0]["unread"].as_i64(), one, "the list says the same");
        one
    };
    let colleague = desk.owner.hire("Вера", "supervisor").await;
    assert_eq!(unread(&colleague).await, Some(2));
    colleague.post(&format!("{c}/read"), &json!({ "position": 1 }), 204).await;
    assert_eq!(unread(&colleague).await, Some(1));
    colleague.post(&format!("{c}/read"), &json!({ "position": 3 }), 204).await;
    assert_eq!(unread(&colleague).await, Some(0));
    desk.says("Анна", "три").await;
    assert_eq!(unread(&colleague).await, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn ow_3_messages_are_read_around_a_found_one() {
    let desk = Desk::new().await;
    let mut c = String::new();
    for n in 1..=11 {
        c = desk.says("Анна", &n.to_string()).await;
    }
    let page = async |query: &str| {
        let page = desk.owner.get(&format!("{c}/messages?{query}"), 200).await.json();
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|m| m["position"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(page("around=6&limit=5").await, [4, 5, 6, 7, 8]);
    assert_eq!(page("around=1&limit=4").await, [1, 2]);
    assert_eq!(page("around=11&limit=4").await, [9, 10, 11]);
    assert_eq!(page("around=6&limit=1").await, [6]);
    assert_eq!(page("around=500&limit=4").await, [10, 11]);
    assert_eq!(page("around=-9223372036854775808&limit=4").await, [1, 2]);
    for both in ["around=1&before=2", "around=1&after=2", "before=1&after=2"] {
        let told = desk.owner.get(&format!("{c}/messages?{both}"), 400).await;
        assert_eq!(told.code(), "before_and_after", "{both}");
    }
}
