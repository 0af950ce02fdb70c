//! The service's JSON. What is read is tolerant: unknown fields, kinds and types of what we can do
//! without must not break anything.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A buyer's message.
#[derive(Debug, Deserialize)]
pub(crate) struct BuyerMessage {
    pub(crate) sender: Sender,
    pub(crate) message: Message,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Sender {
    #[serde(deserialize_with = "id")]
    pub(crate) id: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) name: Option<String>,
    /// Of the car.
    #[serde(default, deserialize_with = "text")]
    pub(crate) photo: Option<String>,
    /// Of the car's page.
    #[serde(default, deserialize_with = "text")]
    pub(crate) url: Option<String>,
    /// Model and price of the car.
    #[serde(default, deserialize_with = "text")]
    pub(crate) title: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    #[serde(deserialize_with = "id")]
    pub(crate) id: String,
    #[serde(default, rename = "type", deserialize_with = "text")]
    pub(crate) kind: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) text: Option<String>,
    /// The picture as it was sent.
    #[serde(default, deserialize_with = "text")]
    pub(crate) file: Option<String>,
    /// A small one.
    #[serde(default, deserialize_with = "text")]
    pub(crate) thumb: Option<String>,
}

/// An operator's message.
#[derive(Debug, Serialize)]
pub(crate) struct OperatorMessage<'a> {
    pub(crate) sender: Named<'a>,
    pub(crate) recipient: Recipient<'a>,
    pub(crate) message: NewMessage<'a>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Named<'a> {
    pub(crate) name: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct Recipient<'a> {
    pub(crate) id: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct NewMessage<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<&'a str>,
}

/// Documented as a string; a number is taken too.
fn id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match Value::deserialize(from)? {
        Value::String(id) if !id.is_empty() => Ok(id),
        Value::Number(id) => Ok(id.to_string()),
        _ => Err(serde::de::Error::custom("an id is empty or no text")),
    }
}

/// Anything but a text that says something is as good as nothing.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        _ => None,
    })
}
