//! Behaviours that every driver must show.

use channel::{
    Channel, Driver, Inbound, Reply,
    testkit::{WebhookCases, check_form, check_webhook},
};

use crate::world::{HOOK_SECRET, callback, channel, driver};

const GOOD: &str = include_str!("../../fixtures/message_new.json");

#[test]
fn ch_7_events_are_proved_by_their_secret() {
    let with = |secret: &str| callback(&GOOD.replace(HOOK_SECRET, secret));
    let without = GOOD.replace(r#""secret""#, r#""no_secret""#);
    check_webhook(
        &driver(),
        &WebhookCases {
            channel: channel(),
            good: callback(GOOD),
            forged: vec![
                with(""),
                with("kq0cYk2oVJm1kqX0cYk2oVJm1kqX0cYk2oVJm1kqX0d"),
                with(&HOOK_SECRET.to_lowercase()),
                callback(&without),
                callback(""),
            ],
            unknown: callback(include_str!("../../fixtures/unknown.json")),
            nonsense: callback(&format!(r#"{{"secret":"{HOOK_SECRET}","text":"hello"}}"#)),
        },
    );
}

#[test]
fn ch_7_a_secret_with_other_characters_is_told_and_checked_without_them() {
    let secret = "kq0-Yk2_VJm1kqX0cYk2oVJm1kqX0cYk2oVJm1kqX0c";
    let channel = Channel { hook_secret: secret.into(), ..channel() };
    let body = GOOD.replace(HOOK_SECRET, "kq0Yk2VJm1kqX0cYk2oVJm1kqX0cYk2oVJm1kqX0c");
    let driver = driver();
    let webhook = driver.webhook().expect("the driver has webhooks");
    assert_eq!(webhook.verify(&channel, &callback(&body)), Ok(()));
    let only = Channel { hook_secret: "--__".into(), ..channel };
    assert!(webhook.verify(&only, &callback(&body)).is_err());
}

#[test]
fn ad_forms_are_complete_and_an_empty_channel_is_refused() {
    let mut empty = channel();
    empty.secrets.clear();
    check_form(&driver(), &empty);
}

#[test]
fn ch_7_wrong_settings_are_named_each() {
    let mut channel = channel();
    channel.secrets.insert("token".to_owned(), "ключ".into());
    channel.settings.insert("base_url".to_owned(), "ftp://x".into());
    channel.settings.insert("receive".to_owned(), "pigeon".into());
    let wrong = driver().check(&channel).expect_err("three fields are wrong");
    let fields: Vec<&str> = wrong.iter().map(|e| e.field.as_str()).collect();
    assert_eq!(fields, ["token", "base_url", "receive"]);
}

#[test]
fn ch_7_every_event_is_answered_with_exactly_ok_and_confirmation_with_the_code() {
    let driver = driver();
    let webhook = driver.webhook().expect("the driver has webhooks");
    let reply = |kind: &str, object: &str| {
        let body = format!(r#"{{"type":"{kind}","group_id":1,"event_id":"e"{object}}}"#);
        webhook.parse(&channel(), &callback(&body)).expect("an event").reply
    };
    let ok = Reply::Body { body: "ok".into(), content_type: "text/plain" };
    for kind in ["message_new", "message_read", "wall_post_new", "of_tomorrow"] {
        assert_eq!(reply(kind, r#","object":{}"#), ok, "{kind}");
    }
    assert_eq!(reply("confirmation", ""), Reply::Remembered { key: "confirmation_code" });
}

#[test]
fn nonsense_of_every_sort_is_refused_or_kept() {
    let driver = driver();
    let webhook = driver.webhook().expect("the driver has webhooks");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in ["", "null", "[]", "{}", "\u{1}", r#"{"type":5}"#, deep.as_str()] {
        assert!(webhook.parse(&channel(), &callback(body)).is_err(), "{}", body.len());
        assert!(webhook.verify(&channel(), &callback(body)).is_err(), "{}", body.len());
    }
    for object in ["{}", r#"{"message":{}}"#, r#"{"message":{"peer_id":"x"}}"#] {
        let body = format!(r#"{{"type":"message_new","event_id":"e7","object":{object}}}"#);
        let received = webhook.parse(&channel(), &callback(&body)).expect("an event");
        assert_eq!((received.events.len(), received.quarantined.len()), (0, 1), "{object}");
        assert_eq!(received.quarantined[0].external_id, "event:e7");
    }
}

#[test]
fn ch_7_chats_of_many_people_and_events_of_the_wall_are_no_conversations() {
    let driver = driver();
    let webhook = driver.webhook().expect("the driver has webhooks");
    let chat = GOOD.replace(r#""peer_id": 1001"#, r#""peer_id": 2000000001"#);
    let wall = r#"{"type":"wall_post_new","event_id":"e","object":{"id":1,"owner_id":-1}}"#;
    for body in [chat.as_str(), wall] {
        let received = webhook.parse(&channel(), &callback(body)).expect("an event");
        assert_eq!((received.events.len(), received.quarantined.len()), (0, 0));
    }
    let Inbound::Message(message) =
        webhook.parse(&channel(), &callback(GOOD)).expect("an event").events.remove(0)
    else {
        panic!("a message")
    };
    assert_eq!(message.external_id, "1001:5");
    assert_eq!(message.attribution.start_payload.as_deref(), Some("spring-sale"));
    assert_eq!(message.attribution.source.as_deref(), Some("ads_77"));
}
