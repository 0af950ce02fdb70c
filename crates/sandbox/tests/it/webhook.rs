//! Setting a webhook, and how updates come to it.

use std::{collections::HashMap, time::Duration};

use sandbox::telegram::Options;
use serde_json::json;

use super::{
    Api, SOON,
    receiver::{Receiver, Reply},
    said,
};

async fn hook(api: &Api, receiver: &Receiver) {
    api.result("setWebhook", json!({"url": receiver.url, "secret_token": "s-1_Z"})).await;
}

#[tokio::test]
async fn ch5_webhook_rules_of_url_and_secret() {
    let strict = Options {
        allow_http_loopback: false,
        retry_base: Duration::from_nanos(1),
        ..Options::default()
    };
    let api = Api::with(strict).await;
    for (url, why) in [
        ("http://example.com/h", "bad webhook: An HTTPS URL must be provided for webhook"),
        ("http://127.0.0.1:8080/h", "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            "https://example.com:9000/h",
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        ("https://10.1.2.3/h", "bad webhook: IP address 10.1.2.3 is reserved"),
        ("https://[2001:db8::1]/h", "bad webhook: IP address [2001:db8::1] is reserved"),
        ("nonsense", "invalid webhook URL specified"),
    ] {
        assert_eq!(
            api.refused("setWebhook", json!({"url": url})).await,
            said(400, &format!("Bad Request: {why}")),
            "{url}"
        );
    }
    let with = |secret: &str| json!({"url": "https://example.com/h", "secret_token": secret});
    assert_eq!(
        api.refused("setWebhook", with("пароль")).await,
        said(400, "Bad Request: secret token contains unallowed characters")
    );
    assert_eq!(
        api.refused("setWebhook", with(&"x".repeat(257))).await,
        said(400, "Bad Request: secret token is too long")
    );
    for (arguments, description) in [
        (with(&"x".repeat(256)), "Webhook was set"),
        (with(&"x".repeat(256)), "Webhook is already set"),
    ] {
        let (_, body) = api.call("setWebhook", arguments).await;
        assert_eq!(body, json!({"ok": true, "result": true, "description": description}));
    }
    for description in ["Webhook was deleted", "Webhook is already deleted"] {
        let (_, body) = api.call("deleteWebhook", json!({})).await;
        assert_eq!(body["description"], json!(description));
    }
}

#[tokio::test]
async fn ch5_set_webhook_by_multipart_and_not_twice_a_second() {
    let api = Api::with(Options::default()).await;
    let form = reqwest::multipart::Form::new()
        .text("url", "http://127.0.0.1:9/h")
        .text("max_connections", "7")
        .text("allowed_updates", r#"["message","edited_message"]"#);
    Api::ok(api.form("SetWebhook", form).await);
    let info = api.result("getWebhookInfo", json!({})).await;
    assert_eq!(info["url"], json!("http://127.0.0.1:9/h"));
    assert_eq!(info["max_connections"], json!(7));
    assert_eq!(info["allowed_updates"], json!(["message", "edited_message"]));
    let (status, body) = api.call("setWebhook", json!({"url": "http://127.0.0.1:9/other"})).await;
    assert_eq!(status, 429);
    assert_eq!(body["parameters"]["retry_after"], json!(1));
}

#[tokio::test]
async fn ch5_updates_carry_the_secret_and_are_gone_when_taken() {
    let api = Api::start().await;
    let receiver = Receiver::accepting().await;
    // Kept while nobody listened.
    let early = api.anna.starts(&api.bot, None);
    hook(&api, &receiver).await;
    let late = api.anna.sends_text(&api.bot, "привет");
    let got = receiver.wait_for(2).await;
    assert_eq!([got[0].update_id(), got[1].update_id()], [early.update_id, late.update_id]);
    assert!(got.iter().all(|got| got.secret.as_deref() == Some("s-1_Z")));
    api.telegram.until(SOON, || (api.bot.pending() == 0).then_some(())).await.unwrap();
    assert_eq!(api.bot.deliveries().len(), 2);
}

#[tokio::test]
async fn ch5_drop_pending_updates_forgets_what_waited() {
    let api = Api::start().await;
    let receiver = Receiver::accepting().await;
    api.anna.sends_text(&api.bot, "забыть");
    let set = json!({"url": receiver.url, "drop_pending_updates": true});
    api.result("setWebhook", set).await;
    let kept = api.anna.sends_text(&api.bot, "помнить");
    assert_eq!(receiver.wait_for(1).await[0].update_id(), kept.update_id);
}

#[tokio::test]
async fn ch5_one_chat_keeps_its_order_under_failures_while_others_go_on() {
    let api = Api::start().await;
    // Every update of chat 501 fails twice; chat 502 never does.
    let receiver = Receiver::start(|update, _| {
        use std::sync::Mutex;
        static SEEN: Mutex<Option<HashMap<i64, u32>>> = Mutex::new(None);
        if update["message"]["chat"]["id"] == json!(502) {
            return Reply::status(200);
        }
        let mut seen = SEEN.lock().unwrap();
        let tries =
            seen.get_or_insert_default().entry(update["update_id"].as_i64().unwrap()).or_insert(0);
        *tries += 1;
        Reply {
            hold: Duration::from_millis(2),
            ..Reply::status(if *tries < 3 { 500 } else { 200 })
        }
    })
    .await;
    let oleg = api.telegram.customer(502, "Олег", None);
    let mut sent = Vec::new();
    for n in 0..8 {
        sent.push(api.anna.sends_text(&api.bot, &format!("{n}")).update_id);
        oleg.sends_text(&api.bot, &format!("{n}"));
    }
    hook(&api, &receiver).await;
    let got = receiver.wait_for(8 * 3 + 8).await;
    let mut order: Vec<i64> =
        got.iter().filter(|got| got.chat() == 501).map(super::receiver::Got::update_id).collect();
    assert_eq!(order.len(), 24);
    assert!(order.is_sorted(), "no update overtook one before it: {order:?}");
    order.dedup();
    assert_eq!(order, sent);
    let last_of_oleg = got.iter().rposition(|got| got.chat() == 502).unwrap();
    let last_of_anna = got.iter().rposition(|got| got.chat() == 501).unwrap();
    assert!(last_of_oleg < last_of_anna, "the healthy chat did not wait for the ailing one");
}

#[tokio::test]
async fn ch5_chats_go_in_parallel_up_to_max_connections() {
    let api = Api::start().await;
    let held = Duration::from_millis(30);
    let receiver = Receiver::start(move |_, _| Reply { hold: held, ..Reply::status(200) }).await;
    for id in 0..9 {
        let customer = api.telegram.customer(600 + id, "К", None);
        customer.sends_text(&api.bot, "1");
        customer.sends_text(&api.bot, "2");
    }
    api.result("setWebhook", json!({"url": receiver.url, "max_connections": 3})).await;
    let got = receiver.wait_for(18).await;
    assert_eq!(got.iter().map(|got| got.at_once).max(), Some(3));
}

#[tokio::test]
async fn ch5_failed_update_is_tried_at_once_then_after_doubling_delays() {
    let second = Duration::from_millis(40);
    let api = Api::with(Options { retry_base: second, ..Options::default() }).await;
    let receiver =
        Receiver::start(|_, before| Reply::status(if before < 4 { 503 } else { 204 })).await;
    hook(&api, &receiver).await;
    api.anna.sends_text(&api.bot, "ау");
    let got = receiver.wait_for(5).await;
    let gaps: Vec<f64> = got
        .windows(2)
        .map(|pair| (pair[1].at - pair[0].at).as_secs_f64() / second.as_secs_f64())
        .collect();
    // Lower bounds only: a busy machine may be late, never early.
    assert!(gaps[0] < gaps[3] && gaps[1] >= 1.9 && gaps[2] >= 3.9 && gaps[3] >= 7.9, "{gaps:?}");
    api.telegram.until(SOON, || (api.bot.pending() == 0).then_some(())).await.unwrap();
    let info = api.result("getWebhookInfo", json!({})).await;
    assert_eq!(
        info["last_error_message"],
        json!("Wrong response from the webhook: 503 Service Unavailable")
    );
    assert!(info["last_error_date"].is_u64());
    let attempts: Vec<_> = api.bot.deliveries().iter().map(|d| d.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn ch5_retry_after_is_honoured() {
    let second = Duration::from_millis(20);
    let api = Api::with(Options { retry_base: second, ..Options::default() }).await;
    let receiver = Receiver::start(|_, before| match before {
        0 => Reply { retry_after: Some(12), ..Reply::status(503) },
        _ => Reply::status(200),
    })
    .await;
    hook(&api, &receiver).await;
    api.anna.sends_text(&api.bot, "ау");
    let got = receiver.wait_for(2).await;
    assert!(got[1].at - got[0].at >= second * 12);
}

#[tokio::test]
async fn ch5_redirect_is_a_failure() {
    let api = Api::start().await;
    let receiver =
        Receiver::start(|_, before| Reply::status(if before == 0 { 302 } else { 200 })).await;
    hook(&api, &receiver).await;
    api.anna.sends_text(&api.bot, "ау");
    receiver.wait_for(2).await;
    let failed = api.bot.last_error().unwrap();
    assert_eq!(failed, "Wrong response from the webhook: 302 Found");
}

#[tokio::test]
async fn ch5_update_is_dropped_after_its_day_and_the_chat_goes_on() {
    let options = Options { retry_base: Duration::from_nanos(500), ..Options::default() };
    let api = Api::with(options).await;
    let receiver = Receiver::start(|update, _| {
        Reply::status(if update["message"]["text"] == json!("яд") { 500 } else { 200 })
    })
    .await;
    let poison = api.anna.sends_text(&api.bot, "яд").update_id;
    hook(&api, &receiver).await;
    api.telegram.until(SOON, || (api.bot.pending() == 0).then_some(())).await.unwrap();
    assert!(receiver.got().iter().all(|got| got.update_id() == poison));
    let good = api.anna.sends_text(&api.bot, "хлеб").update_id;
    let taken = api.telegram.until(SOON, || {
        let deliveries = api.bot.deliveries();
        deliveries.into_iter().find(|delivery| delivery.update_id == good)
    });
    assert_eq!(taken.await.unwrap().answer, Ok(200));
}

#[tokio::test]
async fn ch13_unreachable_webhook_shows_in_the_info() {
    let api = Api::start().await;
    // Nobody listens on the port of tcpmux.
    api.result("setWebhook", json!({"url": "http://127.0.0.1:1/h"})).await;
    api.anna.sends_text(&api.bot, "ау");
    api.telegram.until(SOON, || api.bot.last_error()).await.unwrap();
    let info = api.result("getWebhookInfo", json!({})).await;
    assert_eq!(info["last_error_message"], json!("Connection refused"));
    assert_eq!(info["pending_update_count"], json!(1));
}

#[tokio::test]
async fn ch13_stolen_webhook_shows_another_url_and_swallows_updates() {
    let api = Api::start().await;
    let receiver = Receiver::accepting().await;
    hook(&api, &receiver).await;
    api.bot.steal_webhook("https://other-service.example/hook");
    api.anna.sends_text(&api.bot, "уйдёт к другим");
    api.telegram.until(SOON, || (api.bot.pending() == 0).then_some(())).await.unwrap();
    let info = api.result("getWebhookInfo", json!({})).await;
    assert_eq!(info["url"], json!("https://other-service.example/hook"));
    assert_eq!(receiver.got().len(), 0);
    // Taking it back may need a second try: it is within the second of the first.
    loop {
        let set = json!({"url": receiver.url});
        if api.call("setWebhook", set).await.0 == 200 {
            break;
        }
    }
    let back = api.anna.sends_text(&api.bot, "снова наш").update_id;
    assert_eq!(receiver.wait_for(1).await[0].update_id(), back);
}

#[tokio::test]
async fn ch5_call_in_the_body_of_an_answer_is_carried_out() {
    let api = Api::start().await;
    let receiver = Receiver::start(|_, _| Reply {
        body: json!({"method": "sendMessage", "chat_id": 501, "text": "эхо"}).to_string(),
        ..Reply::status(200)
    })
    .await;
    hook(&api, &receiver).await;
    api.anna.sends_text(&api.bot, "ау");
    api.anna.wait_for_text(&api.bot, SOON, "эхо").await.unwrap();
}
