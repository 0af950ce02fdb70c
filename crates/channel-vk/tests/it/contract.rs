//! Behaviours that every driver must show.

use proptest::prelude::*;
use serde_json::{Value, json};

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
fn wa_4_a_mailing_by_another_program_is_a_message_of_each_person() {
    let driver = driver();
    let webhook = driver.webhook().expect("the driver has webhooks");
    // A program that writes to many people at once names one number for all of them.
    let names = [1001, 1002].map(|peer| {
        let body = format!(
            r#"{{"type":"message_reply","event_id":"e{peer}","object":{{"id":1,"date":1790000000,
                "peer_id":{peer},"from_id":-220000001,"conversation_message_id":7,"out":1,
                "text":"Скидки","random_id":5}}}}"#
        );
        let mut events = webhook.parse(&channel(), &callback(&body)).expect("an event").events;
        let Inbound::Message(message) = events.remove(0) else { panic!("a message") };
        [vec![message.external_id], message.aliases].concat()
    });
    assert!(names[0].iter().all(|name| !names[1].contains(name)), "{names:?}");
    assert_eq!(names[0].len(), 2);
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

/// Values under the names that the driver looks for.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(1001)),
        ".{0,8}".prop_map(Value::from),
    ];
    let names = [
        "message",
        "peer_id",
        "from_id",
        "conversation_message_id",
        "date",
        "text",
        "attachments",
        "type",
        "doc",
        "url",
        "geo",
        "reply_message",
        "user_id",
        "payload",
        "event_id",
        "cmid",
        "reaction_id",
        "random_id",
        "ref",
        "admin_author_id",
    ];
    let name = prop::sample::select(names.to_vec()).prop_map(str::to_owned);
    leaf.prop_recursive(4, 48, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_event_is_read_or_kept_and_answered(
        kind in prop::sample::select(vec![
            "message_new", "message_reply", "message_edit", "message_allow", "message_deny",
            "message_read", "message_typing_state", "message_event", "message_reaction_event", "new",
        ]),
        object in anything(),
    ) {
        let driver = driver();
        let webhook = driver.webhook().expect("the driver has webhooks");
        let with_object = object.is_object();
        let body = json!({ "type": kind, "event_id": "e", "object": object }).to_string();
        match webhook.parse(&channel(), &callback(&body)) {
            Ok(received) => {
                prop_assert!(with_object);
                let answered = matches!(received.reply, Reply::Body { .. });
                prop_assert!(answered);
                prop_assert!(received.quarantined.len() <= 1);
                for event in &received.events {
                    if let Inbound::Message(message) = event {
                        prop_assert!(!message.external_id.is_empty());
                        prop_assert!(!message.person.external_id.is_empty());
                    }
                }
            }
            Err(_) => prop_assert!(!with_object),
        }
    }
}
