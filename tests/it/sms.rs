//! SMS over SMPP the whole way (CH-11): the SMSC is not ours but the npm package `smpp`. Where there
//! is no Node, the tests say so and pass.

use std::collections::BTreeMap;

use channel_sms::testserver::Smsc;
use serde_json::{Value, json};
use tests::{Session, TestServer, at_conversation, texts, until};

const OLGA: &str = "+79161234567";
const NAME: &str = "SMS";

struct Stage {
    smsc: Smsc,
    server: TestServer,
    owner: Session,
    channel: Value,
}

impl Stage {
    /// A company whose number is connected. `None` where there is no SMSC.
    async fn start() -> Option<Self> {
        let smsc = smsc()?;
        let server = TestServer::start().await;
        let owner = server.sign_up().await;
        let form = json!({ "kind": "sms", "name": NAME, "settings": smsc.settings() });
        let channel = owner.connects(&form).await;
        let stage = Self { smsc, server, owner, channel };
        stage.listens(1).await;
        Some(stage)
    }

    /// Waits until the listener's session is bound, which is one more than connecting needed.
    async fn listens(&self, times: usize) {
        until("the listener is bound", async || {
            (self.smsc.events("bind").len() > times).then_some(())
        })
        .await;
    }

    fn writes(&self, tag: &str, text: &str) {
        let pdu = json!({ "tag": tag, "short_message": text, "data_coding": 8 });
        self.smsc.deliver(pdu).unwrap();
    }

    async fn inbound(&self, conversation: &Value, count: usize) -> Vec<String> {
        until("the customer's messages are there", async || {
            let texts = texts(&self.owner.messages(conversation).await, "inbound");
            (texts.len() >= count).then_some(texts)
        })
        .await
    }

    fn submitted(&self) -> Vec<Value> {
        self.smsc.events("submit")
    }
}

fn smsc() -> Option<Smsc> {
    if let Some(why) = Smsc::missing() {
        eprintln!("SKIPPED: {why}");
        return None;
    }
    Some(Smsc::start().unwrap())
}

/// CH-11, CV-1, CV-7: Cyrillic in three parts each way; delivered when every part is.
#[tokio::test(flavor = "multi_thread")]
async fn ch_11_cv_7_three_parts_each_way_with_receipts() {
    let Some(stage) = Stage::start().await else { return };
    assert_eq!(stage.channel["title"], "+79990001122");
    for (number, octets) in
        [(2, "0432043004360435043d"), (3, "002e"), (1, "0417043004320442044004300020")]
    {
        let octets = format!("0500032a030{number}{octets}");
        let pdu = json!({ "tag": "in", "octets": octets, "data_coding": 8, "esm_class": 64 });
        stage.smsc.deliver(pdu).unwrap();
    }
    let conversation = stage.owner.first_conversation().await;
    assert_eq!(stage.inbound(&conversation, 1).await, ["Завтра важен."]);
    let contact = conversation["contact_id"].as_str().unwrap();
    let contact = stage.owner.get(&format!("/api/v1/contacts/{contact}"), 200).await.json();
    assert_eq!(contact["phones"], json!([OLGA]), "{contact}");

    // Its third part stays under way at first.
    stage.smsc.rules(json!({ "receipts": "none" })).unwrap();
    let text = "Здравствуйте! Ваш заказ собран и ждёт на Тверской, дом 7. ".repeat(3);
    let text = text.trim();
    assert_eq!(domain::sms::parts(text), 3);
    stage.owner.answer(&conversation, "a-1", text).await;
    stage.owner.until_status(&conversation, "a-1", "sent").await;
    let parts = stage.submitted();
    assert_eq!(parts.iter().filter_map(|p| p["text"].as_str()).collect::<String>(), text);
    let receipt = |part: &Value, stat: &str| {
        let id = part["id"].as_str().unwrap();
        let text = format!("id:{id} sub:001 dlvrd:001 stat:{stat} err:000 text:");
        stage.smsc.deliver(json!({ "tag": id, "short_message": text, "esm_class": 4 })).unwrap();
    };
    receipt(&parts[2], "DELIVRD");
    receipt(&parts[0], "DELIVRD");
    receipt(&parts[1], "ENROUTE");
    until("the receipts are answered", async || {
        (stage.smsc.events("deliver_resp").len() >= 6).then_some(())
    })
    .await;
    stage.owner.until_status(&conversation, "a-1", "sent").await;
    receipt(&parts[1], "DELIVRD");
    stage.owner.until_status(&conversation, "a-1", "delivered").await;
}

/// CV-7: a receipt that overtakes the answer is not lost; a failure tells why.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_early_receipts_and_failures() {
    let Some(stage) = Stage::start().await else { return };
    stage.writes("in", "Где заказ?");
    let conversation = stage.owner.first_conversation().await;
    stage.smsc.rules(json!({ "early": true })).unwrap();
    stage.owner.answer(&conversation, "a-1", "Едет").await;
    stage.owner.until_status(&conversation, "a-1", "delivered").await;
    stage.smsc.rules(json!({ "early": false, "state": "EXPIRED" })).unwrap();
    stage.owner.answer(&conversation, "a-2", "Приехал").await;
    let failed = stage.owner.until_status(&conversation, "a-2", "failed").await;
    assert!(failed["failure"].as_str().unwrap().contains("срок доставки истёк"), "{failed}");

    stage.smsc.rules(json!({ "statuses": [0x58, 0x0B] })).unwrap();
    stage.owner.answer(&conversation, "a-3", "Ждём вас").await;
    let refused = stage.owner.until_status(&conversation, "a-3", "failed").await;
    assert!(refused["failure"].as_str().unwrap().contains("не доставляет на этот номер"));
    assert_eq!(stage.submitted().len(), 4, "throttled once, then refused for good");
}

/// CV-4: we write to a phone that never wrote; its answer comes into the same conversation.
#[tokio::test(flavor = "multi_thread")]
async fn cv_4_write_first_to_a_phone() {
    let Some(stage) = Stage::start().await else { return };
    let first = json!({
        "channel_id": stage.channel["channel_id"], "to": "8 (916) 123-45-67", "name": "Ольга",
        "text": "Ваш заказ готов", "client_id": "w-1",
    });
    let written = stage.owner.post("/api/v1/conversations", &first, 201).await.json();
    let conversation = written["conversation"].clone();
    stage.owner.until_status(&conversation, "w-1", "delivered").await;
    assert_eq!(stage.submitted()[0]["destination"], "79161234567");
    stage.writes("in", "Спасибо, еду");
    assert_eq!(stage.inbound(&conversation, 1).await, ["Спасибо, еду"]);
    assert_eq!(stage.owner.conversations("limit=100").await.len(), 1);
}

/// CH-13: a wrong password is a state with its remedy, and a right one mends it.
#[tokio::test(flavor = "multi_thread")]
async fn ch_13_a_wrong_password_is_told_and_mended() {
    let Some(smsc) = smsc() else { return };
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let mut settings = smsc.settings();
    settings["smpp_password"] = json!("wrong");
    let form = json!({ "kind": "sms", "name": NAME, "settings": settings });
    let made = owner.post("/api/v1/channels", &form, 201).await.json();
    let channel = owner.until_channel(&made, "bad_credentials").await;
    assert!(channel["reason"]["ru"].as_str().unwrap().contains("0x0E"), "{channel}");
    assert!(channel["remedy"]["ru"].as_str().is_some_and(|r| r.contains("пароль")), "{channel}");

    let path = format!("/api/v1/channels/{}", channel["channel_id"].as_str().unwrap());
    owner.patch(&path, &json!({ "settings": smsc.settings() }), 200).await;
    owner.until_channel(&channel, "connected").await;
}

/// CV-6: files do not go by SMS, and a text of too many parts is refused before it is sent.
#[tokio::test(flavor = "multi_thread")]
async fn ch_11_a_text_over_the_limit_is_refused_at_once() {
    let Some(stage) = Stage::start().await else { return };
    stage.writes("in", "Да");
    let conversation = stage.owner.first_conversation().await;
    let body = json!({ "client_id": "a-1", "text": "ж".repeat(67 * 12 + 1) });
    let path = at_conversation(&conversation, "/messages");
    stage.owner.post(&path, &body, 422).await;
    assert_eq!(stage.submitted().len(), 0);
}

/// S21: the server is killed while customers write and operators answer: nothing lost, nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn s21_a_kill_in_the_middle_loses_and_doubles_nothing() {
    let Some(mut stage) = Stage::start().await else { return };
    stage.smsc.rules(json!({ "keep": true })).unwrap();
    stage.writes("q-0", "вопрос 0");
    let conversation = stage.owner.first_conversation().await;
    for n in 0..12 {
        stage.owner.answer(&conversation, &format!("k-{n}"), &format!("ответ {n}")).await;
        stage.writes(&format!("q-{}", n + 1), &format!("вопрос {}", n + 1));
    }
    until("it is in the middle", async || (stage.submitted().len() >= 2).then_some(())).await;
    stage.server.kill();
    for n in 13..16 {
        stage.writes(&format!("q-{n}"), &format!("вопрос {n}"));
    }
    stage.server.restart().await;

    let mut questions = stage.inbound(&conversation, 16).await;
    questions.sort();
    let mut expected: Vec<String> = (0..16).map(|n| format!("вопрос {n}")).collect();
    expected.sort();
    assert_eq!(questions, expected);
    let settled = until("every answer is settled", async || {
        let all = stage.owner.messages(&conversation).await;
        let ours: BTreeMap<String, String> = all
            .iter()
            .filter(|m| m["direction"] == "outbound")
            .filter_map(|m| {
                Some((m["body"]["text"].as_str()?.into(), m["status"].as_str()?.into()))
            })
            .collect();
        let settled = |s: &String| s == "delivered" || s == "uncertain";
        (ours.len() == 12 && ours.values().all(settled)).then_some(ours)
    })
    .await;
    let mut sent: Vec<String> =
        stage.submitted().iter().filter_map(|s| s["text"].as_str()).map(str::to_owned).collect();
    let count = sent.len();
    sent.sort();
    sent.dedup();
    assert_eq!(sent.len(), count, "nothing went twice: {sent:?}");
    for (text, status) in settled {
        assert!(status == "uncertain" || sent.contains(&text), "{text}: {status}");
    }
}

/// BY-1: the node that holds the session goes, and the other takes the number over; either may send.
#[tokio::test(flavor = "multi_thread")]
async fn by_1_another_node_takes_the_number_over() {
    let Some(mut stage) = Stage::start().await else { return };
    stage.smsc.rules(json!({ "keep": true })).unwrap();
    stage.writes("q-0", "вопрос");
    let conversation = stage.owner.first_conversation().await;
    let other = stage.server.another().await;
    for n in 0..6 {
        stage.owner.answer(&conversation, &format!("n-{n}"), &format!("ответ {n}")).await;
    }
    for n in 0..6 {
        stage.owner.until_status(&conversation, &format!("n-{n}"), "delivered").await;
    }
    stage.server.stop().await;
    stage.writes("q-1", "ещё вопрос");
    let owner = stage.owner.at(other.url());
    until("the other node receives", async || {
        let texts = texts(&owner.messages(&conversation).await, "inbound");
        (texts == ["вопрос", "ещё вопрос"]).then_some(())
    })
    .await;
}
