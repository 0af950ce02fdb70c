//! Avito's JSON, read tolerantly: unknown fields and kinds must not break anything.

use serde::{Deserialize, Deserializer};
use serde_json::{Value, value::RawValue};

/// The body of a webhook. Of `{}`, which Avito sends to see whether we answer, nothing is there.
#[derive(Deserialize)]
pub(crate) struct Event<'a> {
    #[serde(default, deserialize_with = "text")]
    pub(crate) id: Option<String>,
    #[serde(borrow, default)]
    pub(crate) payload: Option<Payload<'a>>,
}

#[derive(Deserialize)]
pub(crate) struct Payload<'a> {
    #[serde(default, rename = "type", deserialize_with = "text")]
    pub(crate) kind: Option<String>,
    #[serde(borrow, default)]
    pub(crate) value: Option<&'a RawValue>,
}

/// A message, of a webhook or of a chat's list. A list does not name the chat.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Message {
    #[serde(deserialize_with = "text")]
    pub(crate) id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(crate) chat_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(crate) chat_type: Option<String>,
    #[serde(deserialize_with = "number")]
    pub(crate) user_id: Option<i64>,
    #[serde(deserialize_with = "number")]
    pub(crate) author_id: Option<i64>,
    #[serde(deserialize_with = "number")]
    pub(crate) created: Option<i64>,
    #[serde(deserialize_with = "text")]
    pub(crate) published_at: Option<String>,
    #[serde(rename = "type", deserialize_with = "text")]
    pub(crate) kind: Option<String>,
    pub(crate) content: Value,
    #[serde(deserialize_with = "number")]
    pub(crate) item_id: Option<i64>,
    /// When the other side read it, unix seconds.
    #[serde(deserialize_with = "number")]
    pub(crate) read: Option<i64>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) quote: Option<Quote>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Quote {
    #[serde(deserialize_with = "text")]
    pub(crate) id: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Myself {
    pub(crate) id: i64,
    #[serde(default, deserialize_with = "text")]
    pub(crate) name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Subscriptions {
    #[serde(deserialize_with = "or_default")]
    pub(crate) subscriptions: Vec<Subscription>,
}

#[derive(Deserialize)]
pub(crate) struct Subscription {
    pub(crate) url: String,
}

#[derive(Deserialize)]
pub(crate) struct SentMessage {
    #[serde(deserialize_with = "text")]
    pub(crate) id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Chats {
    #[serde(deserialize_with = "or_default")]
    pub(crate) chats: Vec<Chat>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Chat {
    #[serde(deserialize_with = "text")]
    pub(crate) id: Option<String>,
    #[serde(deserialize_with = "number")]
    pub(crate) updated: Option<i64>,
    pub(crate) context: Value,
    #[serde(deserialize_with = "or_default")]
    pub(crate) last_message: Option<Message>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) users: Vec<User>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct User {
    #[serde(deserialize_with = "number")]
    pub(crate) id: Option<i64>,
    #[serde(deserialize_with = "text")]
    pub(crate) name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct VoiceFiles {
    pub(crate) voices_urls: std::collections::BTreeMap<String, String>,
}

/// A text; ids also come as numbers.
fn text<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(value)? {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A whole number; also as text, as ids are written elsewhere in Avito's API.
fn number<'de, D: Deserializer<'de>>(value: D) -> Result<Option<i64>, D::Error> {
    Ok(match Value::deserialize(value)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}

/// What cannot be read is as if it were not there.
fn or_default<'de, D: Deserializer<'de>, T>(value: D) -> Result<T, D::Error>
where
    T: Default + serde::de::DeserializeOwned,
{
    let value = Value::deserialize(value)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}
