//! The behaviours that every driver must show.

use channel::{
    Driver,
    testkit::{WebhookCases, check_form, check_webhook},
};
use channel_avito::{AppKeys, Options};
use proptest::prelude::*;

use crate::world::{HOOK_SECRET, channel, driver, webhook};

const TEXT: &str = include_str!("../fixtures/text.json");

#[test]
fn ch_8_the_contract_of_webhooks_holds() {
    check_webhook(
        &driver(Options::default()),
        &WebhookCases {
            channel: channel(),
            good: webhook(Some(HOOK_SECRET), TEXT),
            forged: vec![
                webhook(None, TEXT),
                webhook(Some(""), TEXT),
                webhook(Some("kq0cYk2oVJm1kqX0cYk2oVJm1kqX0cYk2oVJm1kqX0d"), TEXT),
                webhook(Some(&HOOK_SECRET.to_lowercase()), TEXT),
            ],
            unknown: webhook(Some(HOOK_SECRET), include_str!("../fixtures/hologram.json")),
            nonsense: webhook(Some(HOOK_SECRET), r#"{"event":"message","text":"hello"}"#),
        },
    );
}

#[test]
fn nonsense_of_every_sort_is_a_parse_error_and_a_probe_is_nothing() {
    let driver = driver(Options::default());
    let role = driver.webhook().expect("the driver has webhooks");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nameless = r#"{"payload":{"type":"message","value":{"text":"x"}}}"#;
    for body in ["", "null", "[]", "\u{1}", "<xml/>", r#"{"payload":7}"#, nameless, deep.as_str()] {
        let request = webhook(Some(HOOK_SECRET), body);
        assert!(role.parse(&channel(), &request).is_err(), "{}", body.len());
    }
    for body in ["{}", " {\n} "] {
        let received = role.parse(&channel(), &webhook(Some(HOOK_SECRET), body)).expect("a probe");
        assert!(received.events.is_empty() && received.quarantined.is_empty());
    }
}

#[test]
fn ch_8_forms_are_complete_and_an_empty_channel_is_refused() {
    let mut empty = channel();
    empty.secrets.clear();
    empty.settings.clear();
    let keys = AppKeys { client_id: "app".to_owned(), client_secret: "hush".into() };
    let partner = driver(Options { app: Some(keys), ..Options::default() });
    check_form(&partner, &empty);
    assert!(partner.check(&empty).is_ok(), "consent needs no field");
    let lone = driver(Options::default());
    check_form(&lone, &empty);
    let wrong = lone.check(&empty).expect_err("keys are needed");
    let fields: Vec<&str> = wrong.iter().map(|e| e.field.as_str()).collect();
    assert_eq!(fields, ["client_id", "client_secret"]);
    empty.settings.insert("mode".to_owned(), "consent".into());
    assert_eq!(lone.check(&empty).expect_err("no app")[0].code, "no_app");
}

proptest! {
    /// Whatever comes with a right secret, reading it ends, and twice alike.
    #[test]
    fn ch_8_no_body_breaks_reading(body in "\\PC{0,300}") {
        let driver = driver(Options::default());
        let role = driver.webhook().expect("the driver has webhooks");
        let request = webhook(Some(HOOK_SECRET), &body);
        let (one, two) = (role.parse(&channel(), &request), role.parse(&channel(), &request));
        prop_assert_eq!(one.is_ok(), two.is_ok());
    }

    /// A message with any one field spoilt is read, or put aside; never lost and never fatal.
    #[test]
    fn cv_6_no_spoilt_field_loses_a_message(
        field in prop::sample::select(vec!["id", "chat_id", "author_id", "created", "published_at",
            "type", "content", "item_id", "read", "quote", "chat_type", "user_id"]),
        value in prop::sample::select(vec!["null", "-1", "1e300", "\"\"", "[]", "{}", "true", "\"\\u0000\""]),
    ) {
        let mut event: serde_json::Value = serde_json::from_str(TEXT).expect("a fixture");
        event["payload"]["value"][field] = serde_json::from_str(value).expect("json");
        let driver = driver(Options::default());
        let role = driver.webhook().expect("the driver has webhooks");
        let received = role.parse(&channel(), &webhook(Some(HOOK_SECRET), &event.to_string()));
        let received = received.expect("the event is Avito's");
        prop_assert_eq!(received.events.len() + received.quarantined.len(), 1);
    }
}
