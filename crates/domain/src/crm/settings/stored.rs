//! Documents that companies have stored (AMO-1, B24-1). The samples are version 1 with every field set:
//! they are never edited. A field that comes later needs a default; one that goes or changes its meaning
//! needs a new version and a step that turns the older document into it.

use serde_json::{Value, json};

use super::*;

const AMO_1: &str = include_str!("amo-v1.json");
const BITRIX_1: &str = include_str!("bitrix-v1.json");

/// Whether everything of `old` stands in `now` unchanged.
fn keeps(old: &Value, now: &Value) -> bool {
    match (old, now) {
        (Value::Object(old), Value::Object(now)) => {
            old.iter().all(|(key, old)| now.get(key).is_some_and(|now| keeps(old, now)))
        }
        (Value::Array(old), Value::Array(now)) => {
            old.len() == now.len() && old.iter().zip(now).all(|(old, now)| keeps(old, now))
        }
        (old, now) => old == now,
    }
}

#[test]
fn amo_1_b24_1_a_document_of_version_1_is_read_and_nothing_of_it_is_lost() {
    for sample in [AMO_1, BITRIX_1] {
        let stored: Value = serde_json::from_str(sample).unwrap();
        let read: Settings = serde_json::from_str(sample).unwrap();
        let now = serde_json::to_value(&read).unwrap();
        assert!(keeps(&stored, &now), "{stored:#} is now {now:#}");
        let again: Settings = serde_json::from_value(now).unwrap();
        assert_eq!(again, read);
    }
}

/// What stands in no stored document has the default of its rule.
#[test]
fn amo_1_b24_1_a_document_with_little_in_it_has_the_defaults() {
    let read = |document: Value| serde_json::from_value::<Settings>(document).unwrap();
    assert_eq!(read(json!({ "crm": "amo" })), Settings::Amo(AmoSettings::default()));
    assert_eq!(
        read(json!({ "crm": "bitrix", "version": 1 })),
        Settings::Bitrix(BitrixSettings::default())
    );
    let channel = "chn_00000000000000000000000000000001";
    let Settings::Amo(amo) = read(json!({ "crm": "amo", "channels": [{ "channel": channel }],
        "tags": { "own": ["a"] }, "chats": { "users": [{ "user": "12" }] } }))
    else {
        panic!()
    };
    assert_eq!(amo.channels[0], ChannelRule::recommended(amo.channels[0].channel));
    assert!(!amo.tags.fixed && amo.chats.is_some_and(|chats| chats.users[0].channels.is_empty()));
    let Settings::Bitrix(bitrix) =
        read(json!({ "crm": "bitrix", "chats": { "first_lead": true } }))
    else {
        panic!()
    };
    assert!(bitrix.chats.first_lead && bitrix.chats.first_deal);
}

#[test]
fn amo_1_an_unknown_field_is_refused_by_its_name() {
    for (document, name) in [
        (json!({ "crm": "amo", "colour": 1 }), "colour"),
        (json!({ "crm": "amo", "tags": { "fixd": true } }), "fixd"),
        (json!({ "crm": "amo", "method": { "method": "unsorted", "pipline": "1" } }), "pipline"),
        (json!({ "crm": "amo", "funnel": { "rules": [{ "gat": 1 }] } }), "gat"),
        (json!({ "crm": "bitrix", "chats": { "repeat": "deal", "closed": true } }), "closed"),
        (
            json!({ "crm": "amo", "fields": { "deal": [{ "field": "1", "from": "no.such" }] } }),
            "no.such",
        ),
    ] {
        let error = serde_json::from_value::<Settings>(document.clone()).unwrap_err().to_string();
        assert!(error.contains(&format!("`{name}`")), "{document}: {error}");
    }
}
