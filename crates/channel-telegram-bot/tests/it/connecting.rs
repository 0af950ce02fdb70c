//! Connecting, looking after and disconnecting (CH-5, CH-13).

use channel::{ConnectError, Driver, Receive};
use domain::channel::{ChannelState, StateReport};
use serde_json::{Value, json};

use crate::world::{
    HOOK_SECRET, NOW, answers, asked, bot_api, channel, channel_at, driver, hook, me, no_hook, ok,
    refusal,
};

const HOOK: &str = "https://beseda.test/hooks/telegram_bot/key1";

#[tokio::test]
async fn ch_5_with_a_public_address_the_webhook_is_set() {
    let api = bot_api().await;
    answers(&api, "getMe", 200, me()).await;
    answers(&api, "setWebhook", 200, ok(json!(true))).await;
    let connected =
        driver().connect(&channel_at(&api.uri()), &hook(HOOK)).await.expect("it connects");
    assert_eq!(connected.external_id, "7000001");
    assert_eq!(connected.title, "@lavka_test_bot");
    assert_eq!(connected.receive, Receive::Webhook);
    let calls = asked(&api, "setWebhook").await;
    let body: Value = serde_json::from_slice(&calls[0].body).expect("JSON");
    assert_eq!(
        body,
        json!({
            "url": HOOK,
            "secret_token": HOOK_SECRET,
            "max_connections": 40,
            "allowed_updates": [
                "message", "edited_message", "message_reaction", "callback_query",
                "my_chat_member", "business_connection", "business_message",
                "edited_business_message", "deleted_business_messages",
            ],
        })
    );
}

#[tokio::test]
async fn ch_5_without_a_public_address_it_polls() {
    for (receive, connecting) in [
        ("auto", no_hook()),
        ("auto", hook("http://127.0.0.1:8080/hooks/telegram_bot/key1")),
        ("polling", hook(HOOK)),
    ] {
        let api = bot_api().await;
        answers(&api, "getMe", 200, me()).await;
        answers(&api, "deleteWebhook", 200, ok(json!(true))).await;
        let mut channel = channel_at(&api.uri());
        channel.settings.insert("receive".to_owned(), receive.into());
        let connected = driver().connect(&channel, &connecting).await.expect("it connects");
        assert_eq!(connected.receive, Receive::Listener, "{receive}");
        assert_eq!(asked(&api, "deleteWebhook").await.len(), 1);
    }
}

#[tokio::test]
async fn ch_5_a_webhook_without_a_public_address_names_the_field() {
    let mut channel = channel();
    channel.settings.insert("receive".to_owned(), "webhook".into());
    let error = driver().connect(&channel, &no_hook()).await.expect_err("no address");
    let ConnectError::Field(field) = error else { panic!("{error}") };
    assert_eq!((field.field.as_str(), field.code), ("receive", "no_public_url"));
}

#[tokio::test]
async fn ch_5_a_token_that_telegram_does_not_know_names_the_field() {
    for code in [401, 404] {
        let api = bot_api().await;
        answers(&api, "getMe", code, refusal(code, "Unauthorized")).await;
        let error = driver().connect(&channel_at(&api.uri()), &hook(HOOK)).await;
        let Err(ConnectError::Field(field)) = error else { panic!("{error:?}") };
        assert_eq!((field.field.as_str(), field.code), ("token", "bad_token"));
        assert!(field.message.ru.contains("@BotFather"));
    }
}

#[tokio::test]
async fn ch_5_other_failures_of_connecting() {
    for (name, status, body, expected) in [
        (
            "setWebhook",
            400,
            refusal(400, "Bad Request: bad webhook: IP address is reserved"),
            "refused",
        ),
        ("setWebhook", 429, refusal(429, "Too Many Requests: retry after 1"), "unreachable"),
        ("getMe", 502, refusal(502, "Bad Gateway"), "unreachable"),
        ("getMe", 200, json!("a site"), "unreachable"),
        ("getMe", 403, json!("a site"), "base_url"),
    ] {
        let api = bot_api().await;
        answers(&api, name, status, body).await;
        answers(&api, "getMe", 200, me()).await;
        let error = driver().connect(&channel_at(&api.uri()), &hook(HOOK)).await;
        let seen = match error.expect_err("it fails") {
            ConnectError::Field(field) => field.field,
            ConnectError::Refused(report) => {
                assert_eq!(report.state, ChannelState::Failed);
                assert!(report.reason.expect("a reason").ru.contains("IP address is reserved"));
                "refused".to_owned()
            }
            ConnectError::ConsentNeeded => "consent".to_owned(),
            ConnectError::Unreachable(_) => "unreachable".to_owned(),
        };
        assert_eq!(seen, expected, "{name} {status}");
    }
}

async fn inspected(info: Value, connecting: &channel::Connecting) -> Option<StateReport> {
    let api = bot_api().await;
    answers(&api, "getWebhookInfo", 200, ok(info)).await;
    driver().inspect(&channel_at(&api.uri()), connecting).await
}

#[tokio::test]
async fn ch_13_a_webhook_taken_by_somebody_else_is_noticed_and_said() {
    let theirs = json!({ "url": "https://other.test/secret-path", "pending_update_count": 0 });
    let report = inspected(theirs.clone(), &hook(HOOK)).await.expect("news");
    assert_eq!(report.state, ChannelState::Failed);
    let reason = report.reason.expect("a reason").ru;
    assert!(reason.contains("other.test") && !reason.contains("secret-path"), "{reason}");
    assert!(report.remedy.is_some());

    let gone = inspected(json!({ "url": "" }), &hook(HOOK)).await.expect("news");
    assert_eq!(gone.state, ChannelState::Failed);
    let polling = inspected(theirs, &no_hook()).await.expect("news");
    assert_eq!(polling.state, ChannelState::Failed);
}

#[tokio::test]
async fn ch_13_what_inspection_says_of_our_own_webhook() {
    let info = |pending: u64, error_at: i64| {
        json!({
            "url": HOOK,
            "has_custom_certificate": false,
            "pending_update_count": pending,
            "last_error_date": error_at,
            "last_error_message": "Connection timed out",
        })
    };
    for (info, expected) in [
        (json!({ "url": HOOK, "pending_update_count": 3 }), ChannelState::Connected),
        (info(3, NOW - 30), ChannelState::Interrupted),
        (info(0, NOW - 30), ChannelState::Connected),
        (info(3, NOW - 86_400), ChannelState::Connected),
    ] {
        let report = inspected(info.clone(), &hook(HOOK)).await.expect("news");
        assert_eq!(report.state, expected, "{info}");
    }
    assert_eq!(inspected(json!({ "url": "" }), &no_hook()).await, None, "the listener reports");
}

/// CV-6: a webhook that an older program set is set again, so that emoji come as well.
#[tokio::test]
async fn cv_6_a_webhook_that_brings_too_little_is_set_again() {
    let all = [
        "message",
        "edited_message",
        "message_reaction",
        "callback_query",
        "my_chat_member",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "poll",
    ];
    for (allowed, url, calls) in [
        (json!(["message", "edited_message"]), HOOK, 1),
        (json!(all), HOOK, 0),
        (json!(["message"]), "https://other.test/", 0),
    ] {
        let api = bot_api().await;
        let info = json!({ "url": url, "allowed_updates": allowed });
        answers(&api, "getWebhookInfo", 200, ok(info)).await;
        answers(&api, "setWebhook", 200, ok(json!(true))).await;
        driver().inspect(&channel_at(&api.uri()), &hook(HOOK)).await.expect("news");
        assert_eq!(asked(&api, "setWebhook").await.len(), calls, "{allowed}");
    }
}

#[tokio::test]
async fn ch_13_a_dead_token_and_a_silent_server_are_told_apart() {
    let api = bot_api().await;
    answers(&api, "getWebhookInfo", 401, refusal(401, "Unauthorized")).await;
    let report = driver().inspect(&channel_at(&api.uri()), &hook(HOOK)).await.expect("news");
    assert_eq!(report.state, ChannelState::BadCredentials);

    let away = channel_at("http://127.0.0.1:1");
    let report = driver().inspect(&away, &hook(HOOK)).await.expect("news");
    assert_eq!(report.state, ChannelState::Interrupted);
}

#[tokio::test]
async fn ch_13_disconnecting_takes_the_webhook_away_and_forgives_a_dead_token() {
    for (status, body) in [(200, ok(json!(true))), (401, refusal(401, "Unauthorized"))] {
        let api = bot_api().await;
        answers(&api, "deleteWebhook", status, body).await;
        driver().disconnect(&channel_at(&api.uri())).await.expect("done");
        assert_eq!(asked(&api, "deleteWebhook").await.len(), 1);
    }
}
