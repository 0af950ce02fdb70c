//! Bodies that no service sends: none of them may break anything (CH-13).

use channel::{Driver, Inbound};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{NOW, at, callback, channel, driver, signed};

#[test]
fn nonsense_of_every_sort_is_a_parse_error() {
    let driver = driver();
    let role = driver.webhook().unwrap();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in
        ["", "null", "[]", "{}", "\u{1}", "<xml/>", r#"{"event":""}"#, r#"{"event":1}"#, &deep]
    {
        assert!(role.parse(&channel(), &signed(body)).is_err(), "{}", body.len());
    }
    assert!(role.parse(&channel(), &callback(None, &[b'{', 0xff, b'}'])).is_err());
}

#[test]
fn ch_13_a_callback_whose_person_or_token_cannot_be_read_is_kept() {
    let driver = driver();
    let role = driver.webhook().unwrap();
    let text = include_str!("../fixtures/text.json");
    let without = |key: &str| {
        let mut body: Value = serde_json::from_str(text).unwrap();
        body.as_object_mut().unwrap().remove(key);
        body.to_string()
    };
    let deep = format!("{}{}", "[".repeat(9_000), "]".repeat(9_000));
    for (body, id) in [
        (without("sender"), Some("5741311803571721087")),
        (without("message"), Some("5741311803571721087")),
        (without("message_token"), None),
        (format!(r#"{{"event":"message","message_token":1,"message":{deep}}}"#), Some("1")),
        (json!({"event": "delivered", "message_token": 1.5}).to_string(), None),
        (json!({"event": "unsubscribed", "message_token": 7}).to_string(), Some("7")),
        (json!({"event": "hologram"}).to_string(), None),
    ] {
        let received = role.parse(&channel(), &signed(&body)).unwrap();
        assert!(received.events.is_empty(), "{body}");
        let [kept] = received.quarantined.as_slice() else { panic!("{body}") };
        assert_eq!(kept.body, body.as_bytes());
        match id {
            Some(id) => assert_eq!(kept.external_id, id),
            None => assert!(kept.external_id.starts_with("body:"), "{}", kept.external_id),
        }
    }
}

/// A time outside of the calendar, as in the service's own examples, is replaced by ours.
#[test]
fn a_wrong_time_costs_no_message() {
    let driver = driver();
    let role = driver.webhook().unwrap();
    let body =
        include_str!("../fixtures/text.json").replace("1790000011000", "4977069964384421269");
    let received = role.parse(&channel(), &signed(&body)).unwrap();
    let times: Vec<_> = received
        .events
        .iter()
        .filter_map(|e| match e {
            Inbound::Message(m) => Some(m.occurred_at),
            _ => None,
        })
        .collect();
    assert_eq!(times, [at(NOW)]);
}

/// Anybody may write a link to the bot with any context in it.
#[test]
fn cv_5_a_context_is_one_line_of_bounded_length() {
    let driver = driver();
    let role = driver.webhook().unwrap();
    let long = "я".repeat(1_000);
    for (context, expected) in [
        ("spring", Some("spring".to_owned())),
        ("a\0b\r\nc", Some("abc".to_owned())),
        (" \0 ", None),
        ("", None),
        (long.as_str(), Some(format!("{}…", "я".repeat(200)))),
    ] {
        let body = json!({
            "event": "conversation_started", "message_token": 1, "context": context,
            "user": { "id": "a=" },
        });
        let received = role.parse(&channel(), &signed(&body.to_string())).unwrap();
        let [Inbound::Person { attribution, .. }] = received.events.as_slice() else {
            panic!("{:?}", received.events)
        };
        assert_eq!(attribution.start_payload, expected);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("text")),
        Just(json!("picture")),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(
                prop_oneof![
                    Just("id".to_owned()),
                    Just("type".to_owned()),
                    Just("text".to_owned()),
                    Just("media".to_owned()),
                    Just("contact".to_owned()),
                    Just("location".to_owned()),
                    "[a-z]{1,4}"
                ],
                inner,
                0..6
            )
            .prop_map(|parts| Value::Object(parts.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever stands in the parts: no panic, the same ids each time, and nothing is dropped
    /// silently.
    #[test]
    fn any_part_of_any_shape_is_read_or_kept(
        event in prop_oneof![
            Just("message"), Just("subscribed"), Just("unsubscribed"), Just("seen"),
            Just("conversation_started"), Just("failed"), Just("hologram"),
        ],
        token in any::<u64>(),
        sender in any_json(),
        message in any_json(),
    ) {
        let body = json!({
            "event": event, "message_token": token, "timestamp": 1_790_000_000_000_i64,
            "sender": sender, "user": sender, "user_id": sender, "message": message,
        });
        let driver = driver();
        let role = driver.webhook().unwrap();
        let request = signed(&body.to_string());
        let received = role.parse(&channel(), &request).unwrap();
        prop_assert!(!received.events.is_empty() || !received.quarantined.is_empty());
        for event in &received.events {
            if let Inbound::Message(message) = event {
                prop_assert_eq!(&message.external_id, &token.to_string());
            }
        }
        let again = role.parse(&channel(), &request).unwrap();
        prop_assert_eq!(received.events, again.events);
    }

    /// Bytes of any kind with any signature are refused without a panic.
    #[test]
    fn any_bytes_with_any_signature_are_refused(
        body in prop::collection::vec(any::<u8>(), 0..200),
        signature in ".{0,80}",
    ) {
        let driver = driver();
        let role = driver.webhook().unwrap();
        let request = callback(Some(&signature), &body);
        prop_assert!(role.verify(&channel(), &request).is_err());
        let _ = role.parse(&channel(), &request);
    }
}
