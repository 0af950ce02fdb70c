//! The shape of an operator's message, held to the document field by field.

use serde_json::{Map, Value};

/// A request that the document allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub sender: String,
    pub recipient: String,
    pub message_id: String,
    pub said: Said,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Text(String),
    /// The picture's address, which Auto.ru fetches itself.
    Photo(String),
    Seen,
}

/// What was left of a request for the record, whether it is allowed or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Sketch {
    pub kind: String,
    pub recipient: String,
    pub message_id: String,
    pub text: Option<String>,
    pub file: Option<String>,
}

pub(super) fn sketch(body: &Value) -> Sketch {
    let text = |pointer| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Sketch {
        kind: text("/message/type").unwrap_or_default(),
        recipient: text("/recipient/id").unwrap_or_default(),
        message_id: text("/message/id").unwrap_or_default(),
        text: text("/message/text"),
        file: text("/message/file"),
    }
}

/// The request, or the first thing that the document does not allow.
pub(super) fn read(body: &Value) -> Result<Asked, String> {
    let body = object(body, "body", &["sender", "recipient", "message"])?;
    let sender = object(part(body, "sender")?, "sender", &["name", "photo", "email"])?;
    let recipient = object(part(body, "recipient")?, "recipient", &["id"])?;
    let message = object(part(body, "message")?, "message", &["type", "id", "text", "file"])?;
    for (of, key) in [(sender, "photo"), (sender, "email"), (message, "text"), (message, "file")] {
        if of.get(key).is_some_and(|value| !value.is_string()) {
            return Err(format!("{key} is no string"));
        }
    }
    let said = match text(message, "type")?.as_str() {
        "text" => Said::Text(text(message, "text")?),
        "photo" => {
            let file = text(message, "file")?;
            let url = url::Url::parse(&file).map_err(|_| "file is no address".to_owned())?;
            if !matches!(url.scheme(), "http" | "https") {
                return Err("file is no web address".to_owned());
            }
            Said::Photo(file)
        }
        "seen" => Said::Seen,
        other => return Err(format!("message.type {other:?} is not documented")),
    };
    Ok(Asked {
        sender: text(sender, "name")?,
        recipient: text(recipient, "id")?,
        message_id: text(message, "id")?,
        said,
    })
}

fn part<'a>(of: &'a Map<String, Value>, key: &str) -> Result<&'a Value, String> {
    of.get(key).ok_or_else(|| format!("{key} is missing"))
}

fn object<'a>(
    value: &'a Value,
    name: &str,
    known: &[&str],
) -> Result<&'a Map<String, Value>, String> {
    let object = value.as_object().ok_or_else(|| format!("{name} is no object"))?;
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("{name}.{key} is not documented")),
        None => Ok(object),
    }
}

fn text(of: &Map<String, Value>, key: &str) -> Result<String, String> {
    match part(of, key)? {
        Value::String(text) if !text.is_empty() => Ok(text.clone()),
        _ => Err(format!("{key} is empty or no string")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_documented_requests_pass() {
        let with = |message: Value| {
            read(&json!({"sender": {"name": "a"}, "recipient": {"id": "b"}, "message": message}))
        };
        assert!(with(json!({"type": "text", "id": "1", "text": "x"})).is_ok());
        assert!(with(json!({"type": "photo", "id": "1", "file": "https://a.test/x.jpg"})).is_ok());
        assert!(with(json!({"type": "seen", "id": "1"})).is_ok());
        for wrong in [
            json!({"type": "text", "id": "1"}),
            json!({"type": "text", "id": "1", "text": ""}),
            json!({"type": "text", "id": 1, "text": "x"}),
            json!({"type": "text", "text": "x"}),
            json!({"type": "photo", "id": "1", "file": "data:image/png;base64,"}),
            json!({"type": "photo", "id": "1", "text": "x"}),
            json!({"type": "typein", "id": "1"}),
            json!({"type": "seen", "id": "1", "when": 5}),
        ] {
            assert!(with(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
