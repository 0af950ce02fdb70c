//! Fault switches, and the record a ledger reads.

use std::time::{Duration, Instant};

use sandbox::telegram::{Faults, Outcome, Scope};
use serde_json::json;

use super::{Api, SOON, receiver::Receiver, said};

#[tokio::test]
async fn cv7_answer_dropped_after_accept_is_on_the_phone_and_in_the_record() {
    let api = Api::opened().await;
    api.bot.set_faults(Faults { drop_answer: 1, ..Faults::default() });
    let args = json!({"chat_id": 501, "text": "дошло?"});
    let sent = api.client.post(api.url("sendMessage")).json(&args).send().await;
    let error = sent.expect_err("the connection closes without an answer");
    assert!(!error.is_timeout() && !error.is_connect(), "{error:?}");
    let shown = api.anna.wait_for_text(&api.bot, SOON, "дошло?").await.unwrap();
    let calls = api.bot.calls();
    let message_ids = vec![shown.message_id];
    assert_eq!(calls.last().unwrap().outcome, Outcome::AnswerDropped { message_ids });
    assert!(api.bot.repeats().is_empty());
    // A sender that repeats blindly is found out.
    api.says("дошло?").await;
    let repeats = api.bot.repeats();
    assert_eq!(repeats.len(), 1);
    assert_eq!((repeats[0].chat_id, repeats[0].times), (501, 2));
    assert_eq!(repeats[0].text.as_deref(), Some("дошло?"));
}

#[tokio::test]
async fn cv7_request_dropped_before_accept_leaves_nothing() {
    let api = Api::opened().await;
    api.bot.set_faults(Faults { drop_request: 1, ..Faults::default() });
    let args = json!({"chat_id": 501, "text": "не дошло"});
    assert!(api.client.post(api.url("sendMessage")).json(&args).send().await.is_err());
    assert_eq!(api.anna.transcript(&api.bot).len(), 1);
    assert_eq!(api.bot.calls().last().unwrap().outcome, Outcome::RequestDropped);
}

#[tokio::test]
async fn cv7_counted_refusals_come_before_anything_is_sent() {
    let api = Api::opened().await;
    api.bot.set_faults(Faults {
        server_error: 1,
        server_error_status: 502,
        too_many: 1,
        retry_after: 17,
        ..Faults::default()
    });
    let args = json!({"chat_id": 501, "text": "раз"});
    // A poller in the background does not use the faults up.
    api.result("getUpdates", json!({})).await;
    assert_eq!(api.refused("sendMessage", args.clone()).await, said(502, "Bad Gateway"));
    let (status, body) = api.call("sendMessage", args.clone()).await;
    assert_eq!((status, &body["parameters"]["retry_after"]), (429, &json!(17)));
    assert_eq!(api.anna.transcript(&api.bot).len(), 1);
    api.result("sendMessage", args).await;
    assert_eq!(api.bot.count("SendMessage"), 3);
    api.bot.set_faults(Faults { server_error: 1, scope: Scope::Everything, ..Faults::default() });
    assert_eq!(api.refused("getMe", json!({})).await, said(500, "Internal Server Error"));
}

#[tokio::test]
async fn cv7_slow_answer_comes_after_the_effect() {
    let api = Api::opened().await;
    api.bot.set_faults(Faults { slow_ms: 150, ..Faults::default() });
    let started = Instant::now();
    let seen = async {
        api.anna.wait_for_text(&api.bot, SOON, "медленно").await.unwrap();
        started.elapsed()
    };
    let (_, seen) = tokio::join!(api.says("медленно"), seen);
    assert!(started.elapsed() >= Duration::from_millis(150));
    assert!(seen < started.elapsed());
}

#[tokio::test]
async fn ch5_duplicate_delivery_repeats_each_update_beside_and_after() {
    let api = Api::start().await;
    let receiver = Receiver::accepting().await;
    api.bot.set_faults(Faults { copies_parallel: 2, copies_later: 1, ..Faults::default() });
    api.result("setWebhook", json!({"url": receiver.url})).await;
    let sent = [api.anna.sends_text(&api.bot, "раз"), api.anna.sends_text(&api.bot, "два")];
    let got = receiver.wait_for(8).await;
    let ids: Vec<_> = got.iter().map(super::receiver::Got::update_id).collect();
    let (first, second) = (sent[0].update_id, sent[1].update_id);
    assert_eq!(ids, [first, first, first, first, second, second, second, second]);
}

#[tokio::test]
async fn cv7_echo_comes_before_the_answer() {
    let api = Api::start().await;
    let receiver = Receiver::accepting().await;
    api.anna.starts(&api.bot, None);
    api.result("setWebhook", json!({"url": receiver.url})).await;
    receiver.wait_for(1).await;
    api.bot.set_faults(Faults { echo_first: true, ..Faults::default() });
    let sent = api.says("это я").await;
    let got = receiver.got();
    let echo = got.last().unwrap();
    assert_eq!(echo.update["message"]["message_id"], sent["message_id"]);
    assert_eq!(echo.update["message"]["from"]["is_bot"], json!(true));
}

#[tokio::test]
async fn digest_is_the_same_however_a_call_is_encoded() {
    let api = Api::opened().await;
    api.says("одно").await;
    let form = [("chat_id", "501"), ("text", "одно")];
    api.client.post(api.url("sendMessage")).form(&form).send().await.unwrap();
    assert_eq!(api.bot.repeats()[0].times, 2);
}
