//! The behaviours that every driver must show.

use channel::{
    Driver,
    testkit::{WebhookCases, check_form, check_webhook},
};

use crate::world::{HOOK_SECRET, channel, driver, webhook};

#[test]
fn ch_5_the_contract_of_webhooks_holds() {
    let text = include_str!("../fixtures/text.json");
    check_webhook(
        &driver(),
        &WebhookCases {
            channel: channel(),
            good: webhook(Some(HOOK_SECRET), text),
            forged: vec![
                webhook(None, text),
                webhook(Some(""), text),
                webhook(Some("kq0cYk2oVJm1kqX0cYk2oVJm1kqX0cYk2oVJm1kqX0d"), text),
                webhook(Some(&HOOK_SECRET.to_lowercase()), text),
            ],
            unknown: webhook(Some(HOOK_SECRET), include_str!("../fixtures/new_update.json")),
            nonsense: webhook(Some(HOOK_SECRET), r#"{"event":"message","text":"hello"}"#),
        },
    );
}

#[test]
fn nonsense_of_every_sort_is_a_parse_error() {
    let driver = driver();
    let role = driver.webhook().expect("the driver has webhooks");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in ["", "null", "[]", "{}", "\u{1}", "<xml/>", r#"{"update_id":"1"}"#, deep.as_str()] {
        let request = webhook(Some(HOOK_SECRET), body);
        assert!(role.parse(&channel(), &request).is_err(), "{}", body.len());
    }
    let mut request = webhook(Some(HOOK_SECRET), "");
    request.body = vec![b'{', 0xff, b'}'].into();
    assert!(role.parse(&channel(), &request).is_err());
}

#[test]
fn a_deep_part_of_an_update_is_quarantined_not_fatal() {
    let driver = driver();
    let role = driver.webhook().expect("the driver has webhooks");
    let body = format!(r#"{{"update_id":1,"message":{}{}}}"#, "[".repeat(9_000), "]".repeat(9_000));
    let received = role.parse(&channel(), &webhook(Some(HOOK_SECRET), &body)).expect("an update");
    assert_eq!((received.events.len(), received.quarantined.len()), (0, 1));
    assert_eq!(received.quarantined[0].external_id, "update:1");
}

#[test]
fn ad_forms_are_complete_and_an_empty_channel_is_refused() {
    let mut empty = channel();
    empty.secrets.clear();
    check_form(&driver(), &empty);
}

#[test]
fn ch_5_wrong_settings_are_named_each() {
    let mut channel = channel();
    channel.secrets.insert("token".to_owned(), "@lavka_bot".into());
    channel.secrets.insert("proxy".to_owned(), "socks".into());
    channel.settings.insert("base_url".to_owned(), "ftp://x".into());
    channel.settings.insert("receive".to_owned(), "pigeon".into());
    let wrong = driver().check(&channel).expect_err("four fields are wrong");
    let fields: Vec<&str> = wrong.iter().map(|e| e.field.as_str()).collect();
    assert_eq!(fields, ["token", "base_url", "proxy", "receive"]);
}
