//! What a call of the chats service may say, field by field: the tables of its reference in our own
//! form. A field that is not here, or has another type, fails the test.

use std::collections::BTreeMap;

use serde_json::Value;

/// `!` after the type: must be there.
const CONNECT: &[(&str, &str)] = &[
    ("account_id", "string!"),
    ("title", "string"),
    ("hook_api_version", "v2!"),
    ("is_time_window_disabled", "bool"),
];
const DISCONNECT: &[(&str, &str)] = &[("account_id", "string!")];
const CHATS: &[(&str, &str)] = &[
    ("conversation_id", "string!"),
    ("source.external_id", "source"),
    ("user.id", "string!"),
    ("user.ref_id", "string"),
    ("user.name", "string!"),
    ("user.avatar", "string"),
    ("user.profile.phone", "string"),
    ("user.profile.email", "string"),
    ("user.profile_link", "string"),
];
const NEW_MESSAGE: &[(&str, &str)] = &[
    ("event_type", "string!"),
    ("payload.timestamp", "int!"),
    ("payload.msec_timestamp", "int!"),
    ("payload.msgid", "string!"),
    ("payload.conversation_id", "string!"),
    ("payload.conversation_ref_id", "string"),
    ("payload.silent", "bool!"),
    ("payload.source.external_id", "source"),
    ("payload.sender.id", "string!"),
    ("payload.sender.ref_id", "string"),
    ("payload.sender.name", "string!"),
    ("payload.sender.profile.phone", "string"),
    ("payload.sender.profile.email", "string"),
    ("payload.receiver.id", "string"),
    ("payload.receiver.ref_id", "string"),
    ("payload.receiver.name", "string"),
    ("payload.receiver.profile.phone", "string"),
    ("payload.receiver.profile.email", "string"),
    ("payload.message.type", "type!"),
    ("payload.message.text", "text!"),
    ("payload.message.media", "string"),
    ("payload.message.media_duration", "int"),
    ("payload.message.file_name", "string"),
    ("payload.message.file_size", "int"),
    ("payload.message.sticker_id", "string"),
    ("payload.message.location.lon", "float"),
    ("payload.message.location.lat", "float"),
    ("payload.message.contact.name", "string"),
    ("payload.message.contact.phone", "string"),
    ("payload.reply_to.message.id", "string"),
    ("payload.reply_to.message.msgid", "string"),
];
const EDIT_MESSAGE: &[(&str, &str)] = &[
    ("event_type", "string!"),
    ("payload.timestamp", "int!"),
    ("payload.msec_timestamp", "int!"),
    ("payload.msgid", "string!"),
    ("payload.conversation_id", "string!"),
    ("payload.message.type", "type!"),
    ("payload.message.text", "string!"),
];
const STATUS: &[(&str, &str)] = &[
    ("msgid", "string!"),
    ("delivery_status", "int!"),
    ("status_code", "int!"),
    ("error_code", "int"),
    ("error", "string"),
];
const REACT: &[(&str, &str)] = &[
    ("conversation_id", "string!"),
    ("conversation_ref_id", "string"),
    ("id", "string"),
    ("msgid", "string"),
    ("user.id", "string!"),
    ("user.ref_id", "string"),
    ("user.name", "string"),
    ("user.profile.phone", "string"),
    ("user.profile.email", "string"),
    ("type", "string!"),
    ("emoji", "string"),
];
const TYPING: &[(&str, &str)] =
    &[("conversation_id", "string!"), ("sender.id", "string!"), ("duration_ms", "int")];
const BIND: &[(&str, &str)] = &[("0.contact_id", "int!"), ("0.chat_id", "string!")];

const TYPES: &[&str] =
    &["text", "contact", "file", "video", "picture", "voice", "audio", "sticker", "location"];

pub fn check(method: &str, path: &str, body: &Value) {
    let last = path.rsplit('/').next().unwrap_or_default();
    let table = match (method, last) {
        ("POST", "connect") => CONNECT,
        ("DELETE", "disconnect") => DISCONNECT,
        ("POST", "chats") if path.ends_with("/contacts/chats") => BIND,
        ("POST", "chats") => CHATS,
        ("POST", "delivery_status") => STATUS,
        ("POST", "react") => REACT,
        ("POST", "typing") => TYPING,
        ("GET", "history") => &[],
        ("GET", "unsorted") if path.ends_with("/leads/unsorted") => &[],
        ("POST", _) if body["event_type"] == "new_message" => NEW_MESSAGE,
        ("POST", _) if body["event_type"] == "edit_message" => EDIT_MESSAGE,
        _ => panic!("{method} {path} is no call of the chats service"),
    };
    let mut told = BTreeMap::new();
    flatten("", body, &mut told);
    for (field, value) in &told {
        let of = table.iter().find(|(name, _)| name == field);
        let Some((_, kind)) = of else { panic!("{path}: {field} is not documented") };
        assert!(is(kind.trim_end_matches('!'), value), "{path}: {field} is {value}, not {kind}");
    }
    for (field, _) in table.iter().filter(|(_, kind)| kind.ends_with('!')) {
        assert!(told.contains_key(*field), "{path}: {field} is missing in {body}");
    }
}

fn flatten<'v>(prefix: &str, value: &'v Value, into: &mut BTreeMap<String, &'v Value>) {
    let below =
        |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(&below(name), value, into);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                flatten(&below(&at.to_string()), value, into);
            }
        }
        Value::Null if prefix.is_empty() => {}
        other => {
            into.insert(prefix.to_owned(), other);
        }
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.as_str().is_some_and(|text| !text.is_empty()),
        "text" => value.is_string(),
        "v2" => value == "v2",
        "int" => value.is_i64() || value.is_u64(),
        "float" => value.is_number(),
        "bool" => value.is_boolean(),
        "type" => value.as_str().is_some_and(|kind| TYPES.contains(&kind)),
        "source" => value.as_str().is_some_and(|id| id.is_ascii() && (1..=40).contains(&id.len())),
        _ => false,
    }
}
