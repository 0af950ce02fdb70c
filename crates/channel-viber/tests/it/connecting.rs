//! Connecting, looking after and disconnecting (CH-7, CH-13).

use channel::{ConnectError, Connecting, Driver, Receive};
use domain::channel::ChannelState;
use serde_json::{Value, json};

use crate::world::{
    HOOK, account, answers, asked, bodies, bot_api, channel, channel_at, driver, hook, status,
};

#[tokio::test]
async fn ch_7_the_token_is_checked_and_the_webhook_set() {
    let api = bot_api().await;
    answers(&api, "get_account_info", 200, account("")).await;
    answers(&api, "set_webhook", 200, status(0, "ok")).await;
    let channel = channel_at(&api.uri());
    let connected = driver().connect(&channel, &hook()).await.unwrap();
    assert_eq!(connected.external_id, "pa:75346594275468546724");
    assert_eq!(connected.title, "Лавка (lavka_test)");
    assert_eq!(connected.receive, Receive::Webhook);
    let wanted = json!({
        "url": HOOK,
        "event_types": [
            "delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started",
        ],
        "send_name": true,
        "send_photo": true,
    });
    assert_eq!(bodies(&api, "set_webhook").await, [wanted]);
    let kept = channel.memory.recall("hook").await.unwrap();
    assert_eq!(kept, Some(Value::from(HOOK)), "so that it is known again");
    let name = channel.memory.recall("name").await.unwrap();
    assert_eq!(name, Some(Value::from("Лавка")), "to stand above messages");
}

#[tokio::test]
async fn ch_7_a_token_that_viber_does_not_know_names_the_field() {
    let api = bot_api().await;
    answers(&api, "get_account_info", 200, status(2, "invalidAuthToken")).await;
    let error = driver().connect(&channel_at(&api.uri()), &hook()).await;
    let Err(ConnectError::Field(field)) = error else { panic!("{error:?}") };
    assert_eq!((field.field.as_str(), field.code), ("token", "bad_token"));
    assert!(field.message.ru.contains("partners.viber.com"));
    assert!(asked(&api, "set_webhook").await.is_empty());
}

#[tokio::test]
async fn ch_7_without_a_public_address_it_says_so() {
    let api = bot_api().await;
    answers(&api, "get_account_info", 200, account("")).await;
    let nowhere = Connecting { hook_url: None };
    let error = driver().connect(&channel_at(&api.uri()), &nowhere).await;
    let Err(ConnectError::Refused(report)) = error else { panic!("{error:?}") };
    assert_eq!(report.state, ChannelState::Failed);
    assert!(report.remedy.unwrap().ru.contains("public_url"));
}

/// The probe is signed with a token that one of our processes may not know yet for two seconds.
#[tokio::test]
async fn ch_7_a_webhook_that_failed_its_probe_is_offered_once_more() {
    let api = bot_api().await;
    answers(&api, "get_account_info", 200, account("")).await;
    answers(&api, "set_webhook", 200, status(1, "invalidUrl: Result: HTTP 401")).await;
    let error = driver().connect(&channel_at(&api.uri()), &hook()).await;
    let Err(ConnectError::Refused(report)) = error else { panic!("{error:?}") };
    assert!(report.reason.unwrap().ru.contains("HTTP 401"));
    assert!(report.remedy.unwrap().ru.contains("https"));
    assert_eq!(asked(&api, "set_webhook").await.len(), 2);
}

#[tokio::test]
async fn ch_7_other_failures_of_connecting() {
    for (http, body, expected) in [
        (200, status(7, "publicAccountBlocked"), "refused"),
        (200, status(8, "publicAccountNotFound"), "refused"),
        (200, status(9, "publicAccountSuspended"), "refused"),
        (200, status(18, "noPublicChat"), "refused"),
        (200, status(12, "tooManyRequests"), "unreachable"),
        (502, json!("a gateway"), "unreachable"),
        (200, json!("a site"), "unreachable"),
        (404, json!("a site"), "base_url"),
    ] {
        let api = bot_api().await;
        answers(&api, "get_account_info", http, body.clone()).await;
        let error = driver().connect(&channel_at(&api.uri()), &hook()).await;
        let seen = match error.unwrap_err() {
            ConnectError::Field(field) => field.field,
            ConnectError::Refused(report) => {
                assert!(report.reason.is_some() && report.remedy.is_some());
                "refused".to_owned()
            }
            ConnectError::Unreachable(_) => "unreachable".to_owned(),
            ConnectError::ConsentNeeded => "consent".to_owned(),
        };
        assert_eq!(seen, expected, "{body}");
    }
    let nobody = channel_at("http://127.0.0.1:1");
    let error = driver().connect(&nobody, &hook()).await;
    assert!(matches!(error, Err(ConnectError::Unreachable(_))), "{error:?}");
}

#[tokio::test]
async fn ch_13_inspection_tells_a_taken_webhook_and_a_dead_token() {
    let taken = account("https://other.test/secret-path");
    for (http, body, expected) in [
        (200, account(HOOK), Some(ChannelState::Connected)),
        (200, taken, Some(ChannelState::Failed)),
        (200, account(""), Some(ChannelState::Failed)),
        (200, status(2, "invalidAuthToken"), Some(ChannelState::BadCredentials)),
        (200, status(9, "publicAccountSuspended"), Some(ChannelState::Failed)),
        (200, status(12, "tooManyRequests"), None),
        (502, json!("a gateway"), Some(ChannelState::Interrupted)),
    ] {
        let api = bot_api().await;
        answers(&api, "get_account_info", http, body.clone()).await;
        let report = driver().inspect(&channel_at(&api.uri()), &hook()).await;
        assert_eq!(report.map(|report| report.state), expected, "{body}");
    }
}

#[tokio::test]
async fn ch_13_disconnecting_takes_our_webhook_away_and_leaves_anothers() {
    for (webhook, calls) in [(HOOK, 1), ("https://other.test/hook", 0)] {
        let api = bot_api().await;
        answers(&api, "get_account_info", 200, account(webhook)).await;
        answers(&api, "set_webhook", 200, status(0, "ok")).await;
        let channel = channel_at(&api.uri());
        channel.memory.remember("hook", HOOK.into()).await.unwrap();
        driver().disconnect(&channel).await.unwrap();
        let bodies = bodies(&api, "set_webhook").await;
        assert_eq!(bodies, vec![json!({ "url": "" }); calls], "{webhook}");
    }
    let api = bot_api().await;
    answers(&api, "set_webhook", 200, status(2, "invalidAuthToken")).await;
    driver().disconnect(&channel_at(&api.uri())).await.unwrap();
    assert_eq!(asked(&api, "set_webhook").await.len(), 1);
}

#[tokio::test]
async fn ch_13_wrong_settings_are_a_state_with_a_remedy() {
    let mut channel = channel();
    channel.secrets.clear();
    let report = driver().inspect(&channel, &hook()).await.unwrap();
    assert_eq!(report.state, ChannelState::BadCredentials);
    assert!(report.remedy.is_some());
}
