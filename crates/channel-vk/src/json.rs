//! Tolerant reading of VK's JSON: each value is looked for by itself, so that a part of an unknown
//! shape spoils nothing else.

use serde_json::Value;

/// What a value holds under a key, in the shape that is wanted.
pub(crate) trait Json {
    /// A whole number; VK writes some as text.
    fn int(&self, key: &str) -> Option<i64>;
    /// A text that is not empty.
    fn text(&self, key: &str) -> Option<&str>;
    /// `true` or 1.
    fn flag(&self, key: &str) -> bool;
    /// The items of a list; none where it is no list.
    fn list(&self, key: &str) -> &[Value];
    /// An object.
    fn object(&self, key: &str) -> Option<&Value>;
}

impl Json for Value {
    fn int(&self, key: &str) -> Option<i64> {
        match self.get(key)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
    }

    fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or_else(|| self.int(key) == Some(1))
    }

    fn list(&self, key: &str) -> &[Value] {
        self.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn object(&self, key: &str) -> Option<&Value> {
        self.get(key).filter(|value| value.is_object())
    }
}
