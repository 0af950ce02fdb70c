//! JSON whose exact form no document tells: webhooks of SMS Aero and MTS Exolve, their lists.
//!
//! Fields are found under any of the names that the providers use elsewhere, values in any of the
//! forms. What stays unclear is [`Event::Unknown`], which people see in quarantine, so that a form
//! we did not foresee loses nothing and shows itself; a status that we do not know changes nothing.
//! This file is the one place to mend then.

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeZone};
use domain::{clock::Instant, delivery::DeliveryStatus};
use serde_json::{Map, Value};

use super::events::{Came, Event};

const ID: [&str; 5] = ["message_id", "messageId", "sms_id", "smsId", "id"];
const FROM: [&str; 5] = ["sender", "from", "source", "phone", "number"];
const TO: [&str; 5] = ["receiver", "to", "destination", "to_phone", "recipient"];
const TEXT: [&str; 4] = ["text", "message", "mes", "body"];
const AT: [&str; 9] = [
    "date",
    "dateAnswer",
    "dateSend",
    "dateCreate",
    "received",
    "created_at",
    "timestamp",
    "time",
    "ts",
];
const STATUS: [&str; 5] = ["delivery_status", "extendStatus", "dlr_status", "state", "status"];
const REASON: [&str; 3] = ["reason", "error", "error_text"];
/// Where the message itself may be wrapped.
const WRAPS: [&str; 5] = ["data", "message", "sms", "event", "payload"];

/// Seconds after 2001; more than this are milliseconds.
const MOST_SECONDS: i64 = 100_000_000_000;

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

/// Every message of a body, which may be one, a list, or wrapped.
pub(super) fn events(body: &Value, now: Instant) -> Vec<Event> {
    match body {
        Value::Array(items) => items.iter().flat_map(|item| events(item, now)).collect(),
        Value::Object(fields) => {
            let wrapped = WRAPS.iter().find_map(|name| match fields.get(*name) {
                Some(inner @ (Value::Object(_) | Value::Array(_))) => Some(inner),
                _ => None,
            });
            match (text(fields, &ID), wrapped) {
                (None, Some(inner)) => events(inner, now),
                _ => event(fields, now).into_iter().collect(),
            }
        }
        _ => vec![Event::Unknown],
    }
}

/// `None`: of ours, and nothing new.
fn event(fields: &Map<String, Value>, now: Instant) -> Option<Event> {
    let Some(id) = text(fields, &ID) else { return Some(Event::Unknown) };
    let at = at(fields).unwrap_or(now);
    let status = STATUS.iter().filter_map(|name| fields.get(*name)).find_map(status);
    let words = text(fields, &TEXT);
    let from = text(fields, &FROM);
    let direction = direction(fields);
    if direction != Some(Direction::In)
        && let Some(status) = status
    {
        let reason = match status {
            DeliveryStatus::Failed => text(fields, &REASON).or_else(|| words_of_status(fields)),
            _ => None,
        };
        return Some(Event::Report { id, status, reason, at });
    }
    // Something that was sent without a status that we know tells nothing new.
    let of_ours = direction == Some(Direction::Out)
        || (direction.is_none() && STATUS.iter().any(|name| fields.contains_key(*name)));
    if of_ours {
        return None;
    }
    Some(match (from, words) {
        (Some(from), words) => {
            let raw = Value::Object(fields.clone()).to_string();
            let strange = words.is_none();
            let came =
                Came { id, from, to: text(fields, &TO), text: words.unwrap_or_default(), at, raw };
            if strange { Event::Strange(came) } else { Event::Came(came) }
        }
        (None, _) => Event::Unknown,
    })
}

fn direction(fields: &Map<String, Value>) -> Option<Direction> {
    let told = ["direction", "type", "event", "event_type"];
    told.iter().filter_map(|name| fields.get(*name)).find_map(|value| match value {
        // MTS Exolve's `GetList`: 1 came in, 2 went out.
        Value::Number(n) if n.as_i64() == Some(1) => Some(Direction::In),
        Value::Number(n) if n.as_i64() == Some(2) => Some(Direction::Out),
        Value::String(text) => {
            let text = text.to_lowercase();
            let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
            match () {
                () if has(&["incoming", "inbound", "received"]) || text == "in" => {
                    Some(Direction::In)
                }
                () if has(&["outgoing", "outbound", "sent", "status", "delivery"])
                    || text == "out" =>
                {
                    Some(Direction::Out)
                }
                () => None,
            }
        }
        _ => None,
    })
}

/// A status by its name. Bare numbers mean something else with each provider, and are read only by
/// who knows them.
fn status(value: &Value) -> Option<DeliveryStatus> {
    let name = value.as_str()?.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    match () {
        () if has(&[
            "undeliv",
            "not_deliv",
            "not deliv",
            "non_deliv",
            "fail",
            "reject",
            "expire",
        ]) || has(&["error", "blocked", "недостав", "не достав"]) =>
        {
            Some(DeliveryStatus::Failed)
        }
        () if has(&["read", "seen", "прочит"]) => Some(DeliveryStatus::Read),
        () if has(&["deliver", "достав"]) => Some(DeliveryStatus::Delivered),
        () => None,
    }
}

fn words_of_status(fields: &Map<String, Value>) -> Option<String> {
    STATUS.iter().filter_map(|name| fields.get(*name)?.as_str()).next().map(str::to_owned)
}

/// The first of the fields that has a text or a number.
pub(super) fn text(fields: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match fields.get(*name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

pub(super) fn at(fields: &Map<String, Value>) -> Option<Instant> {
    AT.iter().filter_map(|name| fields.get(*name)).find_map(time)
}

/// Unix seconds or milliseconds, RFC 3339, or `dd.mm.yyyy hh:mm:ss` in Moscow.
pub(super) fn time(value: &Value) -> Option<Instant> {
    let unix = |n: i64| match n {
        n if n <= 0 => None,
        n if n > MOST_SECONDS => DateTime::from_timestamp_millis(n),
        n => DateTime::from_timestamp(n, 0),
    };
    match value {
        Value::Number(n) => unix(n.as_i64()?),
        Value::String(text) => {
            let text = text.trim();
            let rfc = || DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
            text.parse().ok().and_then(unix).or_else(rfc).or_else(|| moscow(text))
        }
        _ => None,
    }
}

/// The zone of a new account at SMSC.ru, which tells times without one.
const MOSCOW: i32 = 3 * 3600;

pub(super) fn moscow(text: &str) -> Option<Instant> {
    let naive = NaiveDateTime::parse_from_str(text, "%d.%m.%Y %H:%M:%S").ok()?;
    FixedOffset::east_opt(MOSCOW)?.from_local_datetime(&naive).single().map(|at| at.to_utc())
}

/// The objects of a list that may be an array, or an object keyed by numbers among other things, at
/// any depth of wrapping.
pub(super) fn objects(value: &Value) -> Vec<&Map<String, Value>> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_object).collect(),
        Value::Object(fields) => {
            let numbered: Vec<_> = fields
                .iter()
                .filter(|(key, _)| key.chars().all(|c| c.is_ascii_digit()))
                .filter_map(|(_, item)| item.as_object())
                .collect();
            if !numbered.is_empty() {
                return numbered;
            }
            let inside = fields.values().filter(|v| v.is_array() || v.is_object());
            inside.map(objects).find(|found| !found.is_empty()).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn now() -> Instant {
        DateTime::from_timestamp(1_790_000_000, 0).expect("a time of this century")
    }

    #[test]
    fn ch_11_a_message_is_known_by_whatever_names_its_fields_have() {
        for body in [
            json!({"message_id": "7", "sender": "79160000009", "receiver": "79160000001",
                   "text": "привет", "direction": 1, "date": "2026-09-21T14:13:20.000Z"}),
            json!({"id": 7, "from": "79160000009", "to": "79160000001", "text": "привет",
                   "dateCreate": 1_790_000_000}),
            json!({"event": "sms.received", "data": {"messageId": 7, "phone": "79160000009",
                   "to_phone": "79160000001", "message": "привет", "ts": "1790000000"}}),
            json!([{"sms_id": "7", "number": "79160000009", "to": "79160000001", "mes": "привет",
                    "time": "21.09.2026 17:13:20"}]),
        ] {
            let found = events(&body, now());
            let [Event::Came(came)] = found.as_slice() else { panic!("{body}: {found:?}") };
            assert_eq!(came.id, "7", "{body}");
            assert_eq!(came.from, "79160000009", "{body}");
            assert_eq!(came.to.as_deref(), Some("79160000001"), "{body}");
            assert_eq!(came.text, "привет", "{body}");
            assert_eq!(came.at, now(), "{body}");
            assert!(came.raw.contains("привет"), "{body}");
        }
    }

    #[test]
    fn cv_7_a_report_is_known_by_the_name_of_its_status() {
        let report = |body: Value| match events(&body, now()).as_slice() {
            [Event::Report { id, status, .. }] => Some((id.clone(), *status)),
            _ => None,
        };
        for (status, expected) in [
            ("DELIVERED", Some(DeliveryStatus::Delivered)),
            ("delivery", Some(DeliveryStatus::Delivered)),
            ("UNDELIVERED", Some(DeliveryStatus::Failed)),
            ("not_delivered", Some(DeliveryStatus::Failed)),
            ("failed", Some(DeliveryStatus::Failed)),
            ("expired", Some(DeliveryStatus::Failed)),
            ("read", Some(DeliveryStatus::Read)),
            ("queue", None),
            ("sent", None),
        ] {
            let body = json!({"message_id": "9", "sender": "SHOP", "receiver": "79160000009",
                              "text": "ответ", "direction": "outgoing", "delivery_status": status});
            assert_eq!(report(body), expected.map(|s| ("9".to_owned(), s)), "{status}");
        }
    }

    #[test]
    fn ch_11_what_is_unclear_is_kept_for_people_and_never_taken_for_a_message() {
        for body in [json!({}), json!("hello"), json!({"id": 1}), json!({"text": "x", "from": "7"})]
        {
            assert_eq!(events(&body, now()), [Event::Unknown], "{body}");
        }
        // Ours, with a status whose meaning we do not know: no change, never success.
        for body in [
            json!({"id": 1, "number": "79160000009", "text": "ответ", "status": 8}),
            json!({"message_id": "1", "sender": "SHOP", "text": "x", "direction": 2}),
        ] {
            assert_eq!(events(&body, now()), [], "{body}");
        }
        let without_text = json!({"id": 5, "from": "79160000009", "direction": "in"});
        assert!(matches!(events(&without_text, now()).as_slice(), [Event::Strange(_)]));
    }

    #[test]
    fn lists_are_found_in_every_wrapping() {
        for list in [
            json!([{"a": 1}]),
            json!({"0": {"a": 1}, "links": {"self": "/"}, "totalCount": "1"}),
            json!({"data": {"0": {"a": 1}}}),
            json!({"messages": [{"a": 1}]}),
        ] {
            assert_eq!(objects(&list).len(), 1, "{list}");
        }
        assert!(objects(&json!({"messages": []})).is_empty());
    }

    proptest! {
        #[test]
        fn by_5_any_json_is_survived(text in "\\PC{0,80}") {
            let _ = events(&json!({"id": text.clone(), "text": text.clone(), "from": text.clone(),
                                   "date": text.clone(), "status": text.clone()}), now());
            let _ = moscow(&text);
        }
    }
}
