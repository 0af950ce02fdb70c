//! The main story through Auto.ru (CH-9): a dealer connects a channel, copies two values into the
//! cabinet, a buyer writes about a car, operators answer. The counterpart is the sandbox.

use std::time::Duration;

use futures::future::join_all;
use sandbox::autoru::{Autoru, Buyer, Dealer, Entered, Faults, Options, Outcome};
use serde_json::{Value, json};
use tests::{PIXEL, Session, TestServer, at_channel, at_conversation, texts, until};

const PATIENCE: Duration = Duration::from_secs(20);
const CHAT_ID: &str = "Zq4vXr81mNbYtKcW";

struct Stage {
    server: TestServer,
    autoru: Autoru,
    dealer: Dealer,
    buyer: Buyer,
    owner: Session,
    channel: Value,
}

impl Stage {
    /// A channel that a person connected and then carried over into the dealer's cabinet.
    async fn start() -> Self {
        let server = TestServer::reachable().await;
        let autoru = Autoru::start(Options::quick()).await.expect("the sandbox starts");
        let dealer = autoru.add_dealer("Автосалон «Клён»");
        let buyer = dealer.buyer("b7f10c", "Екатерина");
        let owner = server.sign_up().await;
        let made = connect(&owner, &autoru, CHAT_ID).await;
        let channel = owner.until_channel(&made, "connected").await;
        let values: Vec<&str> = channel["hand_over"]
            .as_array()
            .expect("values to copy")
            .iter()
            .filter_map(|one| one["value"].as_str())
            .collect();
        let [chat_id, hook] = values.as_slice() else { panic!("two values: {channel}") };
        assert_eq!(dealer.enter(chat_id, hook), Entered::Saved);
        Self { server, autoru, dealer, buyer, owner, channel }
    }

    async fn conversation(&self) -> Value {
        self.owner.conversation_with("Екатерина").await
    }

    /// Nothing that was sent is outside the document.
    fn is_clean(&self) {
        assert_eq!(self.autoru.violations(), Vec::<String>::new());
    }
}

async fn connect(owner: &Session, autoru: &Autoru, chat_id: &str) -> Value {
    let form = json!({ "kind": "autoru", "name": "Авто.ру", "settings": {
        "chat_id": chat_id, "sender": "Автосалон «Клён»", "base_url": autoru.base() } });
    owner.post("/api/v1/channels", &form, 201).await.json()
}

/// CH-9, CV-5, CV-7: from the buyer's phone to the operator and back, with the car.
#[tokio::test(flavor = "multi_thread")]
async fn ch_9_cv_7_a_message_all_the_way_and_back() {
    let stage = Stage::start().await;
    let mut socket = stage.owner.socket(None).await;
    stage.buyer.writes(0, "Добрый день! Торг возможен?");
    let came = socket.next_event("message.created", PATIENCE).await;
    assert_eq!(came["data"]["message"]["body"]["text"], "Добрый день! Торг возможен?");

    let conversation = stage.conversation().await;
    let car = &conversation["attribution"]["listing"];
    assert_eq!(car["title"], "Lada (ВАЗ) Vesta I Рестайлинг", "{conversation}");
    assert_eq!(car["price"], "1\u{a0}250\u{a0}000 ₽");
    assert!(car["url"].as_str().is_some_and(|url| url.starts_with("https://auto.ru/")));

    stage.owner.post(&at_conversation(&conversation, "/take"), &json!({}), 200).await;
    stage.owner.answer(&conversation, "a-1", "Да, приезжайте").await;
    let shown = stage.buyer.wait_for_text(PATIENCE, "Да, приезжайте").await.expect("shown");
    assert_eq!(shown.sender.as_deref(), Some("Автосалон «Клён»"));
    stage.owner.until_status(&conversation, "a-1", "sent").await;
    // OW-6: the operator has read it, and the buyer's phone says so.
    let read = json!({ "position": 1 });
    stage.owner.post(&at_conversation(&conversation, "/read"), &read, 204).await;
    stage.buyer.wait_for(PATIENCE, |line| line.mine && line.seen).await.expect("read");

    // CV-5: the same buyer asks about another car.
    stage.buyer.writes(1, "А Kia ещё продаётся?");
    stage
        .owner
        .until_conversation(&conversation, "it is about the Kia", |c| {
            c["attribution"]["listing"]["title"] == "Kia Rio IV"
        })
        .await;
    assert_eq!(stage.owner.conversations("").await.len(), 1, "one conversation of one buyer");
    stage.is_clean();
}

/// CH-9: the ChatId is sealed: it is told to whoever copies it, and nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn ch_9_the_chat_id_is_shown_only_where_it_is_copied() {
    let stage = Stage::start().await;
    let mut channel = stage.owner.get(&at_channel(&stage.channel), 200).await.json();
    channel["hand_over"].take();
    assert!(!channel.to_string().contains(CHAT_ID), "{channel}");
    assert_eq!(channel["secrets"], json!(["chat_id"]));
    let operator = stage.owner.hire("Борис", "operator").await;
    operator.get(&at_channel(&stage.channel), 403).await;
    let log = stage.owner.get(&format!("{}/log", at_channel(&stage.channel)), 200).await;
    assert!(!log.text().contains(CHAT_ID));
}

/// CH-9: unique within the account, more than three characters.
#[tokio::test(flavor = "multi_thread")]
async fn ch_9_a_chat_id_is_not_used_twice() {
    let stage = Stage::start().await;
    let second = connect(&stage.owner, &stage.autoru, CHAT_ID).await;
    let told = stage.owner.until_channel(&second, "failed").await;
    assert!(told["reason"]["ru"].as_str().is_some_and(|r| r.contains("уже подключён")), "{told}");
    let other = connect(&stage.owner, &stage.autoru, "another-chat-id").await;
    stage.owner.until_channel(&other, "connected").await;
    let short = json!({ "kind": "autoru", "name": "x", "settings": { "chat_id": "abc" } });
    let refused = stage.owner.post("/api/v1/channels", &short, 422).await.json();
    assert_eq!(refused["errors"][0]["field"], "settings.chat_id");
    // Another company may have chosen the same one; that is between them and Auto.ru.
    let neighbour = stage.server.sign_up().await;
    let theirs = connect(&neighbour, &stage.autoru, CHAT_ID).await;
    neighbour.until_channel(&theirs, "connected").await;
}

/// The document: a repeat with the same `message.id` is ignored. Both ways.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_repeats_of_both_sides_are_ignored() {
    let stage = Stage::start().await;
    stage.dealer.set_faults(Faults { copies_parallel: 3, copies_later: 2, ..Faults::default() });
    let ids: Vec<String> = (0..5).map(|n| stage.buyer.writes(0, &format!("вопрос {n}"))).collect();
    for delivered in join_all(ids.iter().map(|id| stage.dealer.delivered(id, PATIENCE))).await {
        delivered.expect("delivered");
    }
    stage.dealer.set_faults(Faults::default());
    assert!(stage.dealer.repeat_last());
    stage
        .autoru
        .until(PATIENCE, || {
            let last = stage.dealer.deliveries().into_iter().filter(|d| d.message_id == ids[4]);
            (last.count() > 6).then_some(())
        })
        .await
        .expect("repeated");
    let conversation = stage.conversation().await;
    let mut read = texts(&stage.owner.messages(&conversation).await, "inbound");
    read.sort();
    assert_eq!(read, (0..5).map(|n| format!("вопрос {n}")).collect::<Vec<_>>(), "each once");

    // It took our message, and we were not told: the repeat carries the same id.
    for (n, faults) in [
        Faults { drop_answer: 1, ..Faults::default() },
        Faults { server_error_after: 1, ..Faults::default() },
        Faults { server_error: 2, ..Faults::default() },
    ]
    .into_iter()
    .enumerate()
    {
        stage.dealer.set_faults(faults);
        stage.owner.answer(&conversation, &format!("a-{n}"), &format!("ответ {n}")).await;
        stage.owner.until_status(&conversation, &format!("a-{n}"), "sent").await;
    }
    let shown = stage.buyer.transcript().into_iter().filter(|line| !line.mine);
    let shown: Vec<String> = shown.filter_map(|line| line.text).collect();
    assert_eq!(shown, ["ответ 0", "ответ 1", "ответ 2"], "each once and in order");
    assert!(stage.dealer.calls().iter().any(|call| call.outcome == Outcome::Repeated));
    stage.is_clean();
}

/// S12: no, empty and wrong `chat_id` are refused; strange bodies are kept.
#[tokio::test(flavor = "multi_thread")]
async fn s12_forged_and_strange_webhooks() {
    let stage = Stage::start().await;
    let good = json!({ "sender": { "id": "x", "name": "Самозванец" },
        "message": { "type": "text", "id": "1", "text": "х" } });
    let lower = CHAT_ID.to_lowercase();
    for forged in [None, Some(""), Some("wrong"), Some(lower.as_str())] {
        assert_eq!(stage.dealer.forge(forged, &good).await, Ok(401), "{forged:?}");
    }
    assert!(stage.owner.conversations("").await.is_empty());
    let strange = json!({ "update_id": 5 });
    for _ in 0..2 {
        assert_eq!(stage.dealer.forge(Some(CHAT_ID), &strange).await, Ok(200));
    }
    let kept = stage.owner.get("/api/v1/quarantine", 200).await.json();
    assert_eq!(kept["items"].as_array().expect("items").len(), 1, "kept once and shown: {kept}");
    stage.buyer.sends_other(json!({ "type": "hologram", "depth": 3 }));
    let conversation = stage.conversation().await;
    let shown = stage.owner.messages(&conversation).await;
    assert_eq!(shown[0]["body"]["label"], "hologram", "what is not known is shown as such");
}

/// CH-13: a dead ChatId shows with its remedy; the message waits and goes when it is mended.
#[tokio::test(flavor = "multi_thread")]
async fn ch_13_a_dead_chat_id_loses_nothing() {
    let stage = Stage::start().await;
    stage.buyer.writes(0, "вопрос");
    let conversation = stage.conversation().await;
    stage.dealer.enter("the-dealer-changed-it", &stage.dealer.hook());
    stage.owner.answer(&conversation, "d-1", "ответ позже").await;
    let told = stage.owner.until_channel(&stage.channel, "bad_credentials").await;
    assert!(told["remedy"]["ru"].as_str().is_some_and(|r| !r.is_empty()), "{told}");
    let waits = stage.owner.messages(&conversation).await;
    assert!(waits.iter().any(|m| m["client_id"] == "d-1" && m["status"] == "queued"));
    let settings = json!({ "settings": {
        "chat_id": "the-dealer-changed-it", "base_url": stage.autoru.base() } });
    stage.owner.patch(&at_channel(&stage.channel), &settings, 200).await;
    stage.buyer.wait_for_text(PATIENCE, "ответ позже").await.expect("it goes at last");
    stage.buyer.writes(0, "и снова");
    until("the new ChatId is taken", async || {
        let all = stage.owner.messages(&conversation).await;
        texts(&all, "inbound").contains(&"и снова".to_owned()).then_some(())
    })
    .await;
}

/// CV-6: pictures in both directions.
#[tokio::test(flavor = "multi_thread")]
async fn cv_6_pictures_go_both_ways() {
    let stage = Stage::start().await;
    stage.buyer.sends_photo(0, "image/png", PIXEL);
    let conversation = stage.conversation().await;
    let file = until("the picture is fetched", async || {
        let message = stage.owner.messages(&conversation).await.into_iter().next()?;
        let file = message["body"]["files"][0].clone();
        (file["state"] == "stored").then_some(file)
    })
    .await;
    assert_eq!((file["mime"].as_str(), file["kind"].as_str()), (Some("image/png"), Some("image")));

    let uploaded = stage.owner.uploads("салон.png", "image/png", PIXEL).await;
    let body = json!({ "client_id": "p-1", "text": "", "files": [uploaded["attachment_id"]] });
    stage.owner.post(&at_conversation(&conversation, "/messages"), &body, 201).await;
    let shown = stage.buyer.wait_for(PATIENCE, |line| !line.mine && line.picture.is_some()).await;
    assert_eq!(shown.expect("the buyer sees it").picture.as_deref(), Some(PIXEL));
    stage.owner.until_status(&conversation, "p-1", "sent").await;
    stage.is_clean();
}

/// S21: the server is killed while buyers write and operators answer: nothing lost, nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn s21_a_kill_in_the_middle_loses_and_doubles_nothing() {
    let mut stage = Stage::start().await;
    stage.buyer.writes(0, "вопрос 0");
    let conversation = stage.conversation().await;
    stage.dealer.set_faults(Faults { slow_ms: 30, ..Faults::default() });
    for n in 0..6 {
        stage.owner.answer(&conversation, &format!("k-{n}"), &format!("ответ {n}")).await;
    }
    for n in 1..4 {
        stage.buyer.writes(0, &format!("вопрос {n}"));
    }
    stage.buyer.wait_for_text(PATIENCE, "ответ 1").await.expect("it is in the middle");
    stage.server.kill();
    let last = stage.buyer.writes(0, "вопрос 4");
    stage.server.restart().await;
    stage.dealer.delivered(&last, PATIENCE).await.expect("the repeat finds us again");
    stage.buyer.wait_for_text(PATIENCE, "ответ 5").await.expect("the rest goes out");
    stage.owner.until_status(&conversation, "k-5", "sent").await;
    let shown = stage.buyer.transcript().into_iter().filter(|line| !line.mine);
    let shown: Vec<String> = shown.filter_map(|line| line.text).collect();
    assert_eq!(shown, (0..6).map(|n| format!("ответ {n}")).collect::<Vec<_>>());
    let read = until("all questions are there", async || {
        let read = texts(&stage.owner.messages(&conversation).await, "inbound");
        (read.len() >= 5).then_some(read)
    })
    .await;
    let mut read = read;
    read.sort();
    assert_eq!(read, (0..5).map(|n| format!("вопрос {n}")).collect::<Vec<_>>());
    stage.is_clean();
}
