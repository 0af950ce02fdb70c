//! The main story through a Telegram bot: a customer writes, operators see it live, one takes it,
//! answers, the answer arrives, its status comes back. The counterpart is the sandbox.

use std::time::Duration;

use futures::future::join_all;
use sandbox::telegram::{Faults, Media};
use serde_json::{Value, json};
use tests::{PIXEL, TelegramStage, Way, at_channel, at_conversation, until};

const PATIENCE: Duration = Duration::from_secs(20);

/// CH-5, CV-1, CV-7, OW-2: from the customer's phone to the operator and back.
#[tokio::test(flavor = "multi_thread")]
async fn cv_1_cv_7_a_message_all_the_way_and_back() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let customer = stage.telegram.customer(501, "Ольга", Some("olga"));
    let mut socket = stage.owner.socket(None).await;

    customer.sends_text(&stage.bot, "Здравствуйте! Есть ли доставка?");
    let created = socket.next_event("conversation.created", PATIENCE).await;
    assert_eq!(created["data"]["conversation"]["contact_name"], "Ольга");
    assert_eq!(created["data"]["conversation"]["is_first"], true);
    let came = socket.next_event("message.created", PATIENCE).await;
    assert_eq!(came["data"]["message"]["body"]["text"], "Здравствуйте! Есть ли доставка?");

    let conversation = stage.owner.first_conversation().await;
    assert_eq!(conversation["state"], "new");
    let taken =
        stage.owner.post(&at_conversation(&conversation, "/take"), &json!({}), 200).await.json();
    assert_eq!(taken["state"], "in_work");
    let changed = socket.next_event("conversation.changed", PATIENCE).await;
    assert_eq!(changed["data"]["conversation"]["assignee_id"], stage.owner.employee.as_str());

    stage.owner.answer(&conversation, "a-1", "Да, по всей России.").await;
    let shown = customer.wait_for_text(&stage.bot, PATIENCE, "Да, по всей России.").await;
    assert!(shown.is_ok(), "the customer's phone shows the answer: {shown:?}");
    stage.owner.until_status(&conversation, "a-1", "sent").await;
}

/// CV-7: a repeated request with the same client id is stored and sent once.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_a_repeated_answer_is_sent_once() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let customer = stage.telegram.customer(502, "Пётр", None);
    customer.sends_text(&stage.bot, "Вопрос");
    let conversation = stage.owner.first_conversation().await;
    let body = json!({ "client_id": "same", "text": "Ответ" });
    let all = join_all((0..8).map(|_| async {
        let request = stage
            .owner
            .request(reqwest::Method::POST, &at_conversation(&conversation, "/messages"));
        request.json(&body).send().await.expect("an answer").status().as_u16()
    }))
    .await;
    assert_eq!(all, [201; 8], "each of them gets the one stored message");
    stage.owner.post(&at_conversation(&conversation, "/messages"), &body, 201).await;
    customer.wait_for_text(&stage.bot, PATIENCE, "Ответ").await.expect("shown");
    stage.owner.until_status(&conversation, "same", "sent").await;
    assert_eq!(stage.bot.count("sendMessage"), 1);
}

/// CV-2: 40 first messages at once make one contact, one conversation, 40 messages.
#[tokio::test(flavor = "multi_thread")]
async fn cv_2_forty_first_messages_at_once_open_one_conversation() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let url = stage.bot.webhook_url().expect("a webhook");
    let secret = stage.bot.webhook_secret().expect("a secret");
    let client = stage.owner.nobody();
    let update = |n: u32| {
        json!({ "update_id": 9000 + n, "message": {
            "message_id": 100 + n, "date": 1_790_000_000, "text": format!("сообщение {n}"),
            "chat": { "id": 503, "type": "private", "first_name": "Ирина" },
            "from": { "id": 503, "is_bot": false, "first_name": "Ирина" } } })
    };
    let path = url.strip_prefix(client.url()).expect("our own address");
    // Each delivery twice, as a messenger that lost our answer would.
    let all = join_all((0..80).map(|n| {
        let request = client.request(reqwest::Method::POST, path);
        let request = request.header("X-Telegram-Bot-Api-Secret-Token", &secret);
        request.json(&update(n % 40)).send()
    }))
    .await;
    for response in all {
        assert_eq!(response.expect("an answer").status(), 200);
    }
    let open = stage.owner.conversations("").await;
    assert_eq!(open.len(), 1, "one conversation");
    let stored = stage.owner.messages(&open[0]).await;
    assert_eq!(stored.len(), 40, "each message once");
    let positions: Vec<i64> = stored.iter().map(|m| m["position"].as_i64().expect("n")).collect();
    assert_eq!(positions, (1..=40).collect::<Vec<i64>>(), "in one order without holes");
    let contacts = stage.owner.get("/api/v1/contacts", 200).await.json();
    assert_eq!(contacts["items"].as_array().expect("items").len(), 1, "one contact");
}

/// RT-4: exactly one operator wins; the loser sees who did.
#[tokio::test(flavor = "multi_thread")]
async fn rt_4_one_of_two_operators_takes_it() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let boris = stage.owner.hire("Борис", "operator").await;
    let vera = stage.owner.hire("Вера", "operator").await;
    let customer = stage.telegram.customer(504, "Глеб", None);
    for round in 0..5 {
        customer.sends_text(&stage.bot, &format!("вопрос {round}"));
        let conversation = until("a new conversation", async || {
            stage.owner.conversations("state=new").await.into_iter().next()
        })
        .await;
        let take = at_conversation(&conversation, "/take");
        let (a, b) = tokio::join!(
            boris.request(reqwest::Method::POST, &take).send(),
            vera.request(reqwest::Method::POST, &take).send(),
        );
        let (a, b) = (a.expect("an answer"), b.expect("an answer"));
        let (winner, loser) = match (a.status().as_u16(), b.status().as_u16()) {
            (200, 409) => ("Борис", b),
            (409, 200) => ("Вера", a),
            other => panic!("one wins and one loses: {other:?}"),
        };
        let told: Value = loser.json().await.expect("a problem");
        assert_eq!(told["code"], "taken");
        assert_eq!(told["details"]["assignee_name"], winner);
        stage.owner.post(&at_conversation(&conversation, "/close"), &json!({}), 200).await;
    }
}

/// CV-2: a message after closing opens a new conversation of the same contact, a repeat enquiry.
#[tokio::test(flavor = "multi_thread")]
async fn cv_2_a_message_after_closing_is_a_repeat_enquiry() {
    let stage = TelegramStage::start(Way::Polling).await;
    let customer = stage.telegram.customer(505, "Жанна", None);
    customer.sends_text(&stage.bot, "раз");
    let first = stage.owner.first_conversation().await;
    stage.owner.post(&at_conversation(&first, "/close"), &json!({}), 200).await;
    customer.sends_text(&stage.bot, "два");
    let second = until("the second conversation", async || {
        stage.owner.conversations("state=new").await.into_iter().next()
    })
    .await;
    assert_eq!(first["is_first"], true);
    assert_eq!(second["is_first"], false);
    assert_eq!(first["contact_id"], second["contact_id"]);
    assert_ne!(first["conversation_id"], second["conversation_id"]);
}

/// CV-6: a photo is fetched and served under a signed address that needs no log-in and no more.
#[tokio::test(flavor = "multi_thread")]
async fn cv_6_a_photo_comes_over() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let customer = stage.telegram.customer(506, "Зоя", None);
    customer.sends(&stage.bot, Media::photo(PIXEL.to_vec()).caption("вот фото"));
    let conversation = stage.owner.first_conversation().await;
    let file = until("the photo is fetched", async || {
        let message = stage.owner.messages(&conversation).await.into_iter().next()?;
        let file = message["body"]["files"][0].clone();
        (file["state"] == "stored").then_some(file)
    })
    .await;
    assert_eq!(file["mime"], "image/png");
    let id = file["attachment_id"].as_str().expect("an id");
    let view = stage.owner.get(&format!("/api/v1/attachments/{id}"), 200).await.json();
    let url = view["url"].as_str().expect("a signed address");
    let path = url.strip_prefix(stage.owner.url()).unwrap_or(url);
    let answer = stage.owner.nobody().get(path, 200).await;
    assert_eq!(answer.header("content-type"), Some("image/png"));
    let broken = format!("{}x", path);
    stage.owner.nobody().get(&broken, 404).await;
}

/// CV-7: the service took the message and its answer was lost: shown as uncertain, never sent twice
/// by itself; a person decides.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_a_lost_answer_is_shown_as_uncertain() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let customer = stage.telegram.customer(507, "Инна", None);
    customer.sends_text(&stage.bot, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    stage.bot.set_faults(Faults { drop_answer: 1, ..Faults::default() });
    let sent = stage.owner.answer(&conversation, "u-1", "ответ").await;
    stage.owner.until_status(&conversation, "u-1", "uncertain").await;
    stage.owner.answer(&conversation, "u-2", "следующий").await;
    customer.wait_for_text(&stage.bot, PATIENCE, "следующий").await.expect("what follows goes on");
    stage.owner.until_status(&conversation, "u-2", "sent").await;
    assert_eq!(stage.bot.count("sendMessage"), 2, "the first was not repeated");
    let id = sent["message_id"].as_str().expect("an id");
    stage.owner.post(&format!("/api/v1/messages/{id}/send-again"), &json!({}), 200).await;
    stage.owner.until_status(&conversation, "u-1", "sent").await;
}

/// CV-7 and the order within a conversation: 429 holds the lane back, and what follows waits.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_a_429_is_honoured_and_order_holds() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let customer = stage.telegram.customer(508, "Клара", None);
    customer.sends_text(&stage.bot, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    stage.bot.set_faults(Faults { too_many: 1, retry_after: 1, ..Faults::default() });
    for n in 0..5 {
        stage.owner.answer(&conversation, &format!("o-{n}"), &format!("ответ {n}")).await;
    }
    customer.wait_for_text(&stage.bot, PATIENCE, "ответ 4").await.expect("all arrive");
    let shown: Vec<String> = customer
        .transcript(&stage.bot)
        .into_iter()
        .filter_map(|s| s.text)
        .filter(|t| t.starts_with("ответ"))
        .collect();
    assert_eq!(shown, (0..5).map(|n| format!("ответ {n}")).collect::<Vec<_>>());
}

/// CH-13: a dead token shows as such with a remedy; messages wait and go when it is mended.
#[tokio::test(flavor = "multi_thread")]
async fn ch_13_a_dead_token_loses_nothing() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let customer = stage.telegram.customer(509, "Лев", None);
    customer.sends_text(&stage.bot, "вопрос");
    let conversation = stage.owner.first_conversation().await;
    let new_token = stage.bot.renew_token();
    stage.owner.answer(&conversation, "d-1", "ответ позже").await;
    let broken = stage.owner.until_channel(&stage.channel, "bad_credentials").await;
    assert!(broken["remedy"]["ru"].as_str().is_some_and(|r| !r.is_empty()), "{broken}");
    let messages = stage.owner.messages(&conversation).await;
    let waiting = messages.iter().find(|m| m["client_id"] == "d-1").expect("our answer");
    assert_eq!(waiting["status"], "queued");
    let settings = json!({ "settings": {
        "token": new_token, "base_url": stage.telegram.url(), "receive": "webhook" } });
    stage.owner.patch(&at_channel(&stage.channel), &settings, 200).await;
    customer.wait_for_text(&stage.bot, PATIENCE, "ответ позже").await.expect("it goes at last");
}

/// The hook: no, empty, wrong and another channel's secret are refused; strange bodies are kept.
#[tokio::test(flavor = "multi_thread")]
async fn s12_forged_and_strange_webhooks() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let url = stage.bot.webhook_url().expect("a webhook");
    let secret = stage.bot.webhook_secret().expect("a secret");
    let client = stage.owner.nobody();
    let path = url.strip_prefix(client.url()).expect("our own address").to_owned();
    let post = |secret: Option<&str>, body: &'static str| {
        let request = client.request(reqwest::Method::POST, &path).body(body);
        let request = request.header("content-type", "application/json");
        match secret {
            Some(secret) => request.header("X-Telegram-Bot-Api-Secret-Token", secret),
            None => request,
        }
    };
    let good = r#"{"update_id":1,"message":{"message_id":1,"date":1790000000,"text":"х","chat":{"id":1,"type":"private"},"from":{"id":1,"is_bot":false,"first_name":"Х"}}}"#;
    for forged in [None, Some(""), Some("wrong"), secret.get(1..)] {
        client.send(post(forged, good), 401).await;
    }
    assert!(stage.owner.conversations("").await.is_empty());
    client.send(post(Some(&secret), "{ this is not json"), 200).await;
    client.send(post(Some(&secret), "{ this is not json"), 200).await;
    let kept = stage.owner.get("/api/v1/quarantine", 200).await.json();
    assert_eq!(kept["items"].as_array().expect("items").len(), 1, "kept once and shown: {kept}");
    client.send(post(Some(&secret), good), 200).await;
    assert_eq!(stage.owner.conversations("").await.len(), 1, "the next one goes on");
}
