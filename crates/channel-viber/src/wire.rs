//! What Viber writes, read tolerantly: an object is a map of raw parts, and each part is read by
//! itself when it is wanted.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, Visitor},
};
use serde_json::value::RawValue;

/// An object whose parts are read one by one, so that a part of an unknown shape spoils nothing
/// else.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Parts<'a>(#[serde(borrow)] BTreeMap<String, &'a RawValue>);

impl<'a> Parts<'a> {
    /// Reads an object; anything else is `None`.
    pub(crate) fn read(raw: &'a str) -> Option<Self> {
        serde_json::from_str(raw).ok()
    }

    /// A part, if it is there and has the expected shape.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_str(self.0.get(key)?.get()).ok()
    }

    /// A text that says something.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.get::<String>(key).filter(|text| !text.trim().is_empty())
    }

    /// A part that is an object itself.
    pub(crate) fn object(&self, key: &str) -> Option<Parts<'a>> {
        Parts::read(self.0.get(key)?.get())
    }
}

/// The name of a message: a number of up to 64 bits, which is more than a floating-point number
/// holds, so it is read as a whole number and kept as its digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token(pub(crate) String);

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Digits)
    }
}

struct Digits;

impl Visitor<'_> for Digits {
    type Value = Token;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message token")
    }

    fn visit_u64<E: de::Error>(self, token: u64) -> Result<Token, E> {
        Ok(Token(token.to_string()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Token, E> {
        match text.parse::<u64>() {
            Ok(token) => self.visit_u64(token),
            Err(_) => Err(E::custom("a message token is a whole number")),
        }
    }
}

/// `get_account_info`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) uri: String,
    pub(crate) webhook: String,
}

/// `send_message`. The message is accepted also where the token cannot be read.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) token: Option<Token>,
}

impl<'de> Deserialize<'de> for Accepted {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let parts = BTreeMap::<String, Box<RawValue>>::deserialize(from)?;
        let token = parts.get("message_token").and_then(|raw| serde_json::from_str(raw.get()).ok());
        Ok(Self { token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2^53 + 1 is the first whole number that a floating-point number cannot hold.
    #[test]
    fn ch_7_tokens_of_64_bits_keep_every_digit() {
        for (json, digits) in [
            ("9007199254740993", Some("9007199254740993")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("4912661846655238145", Some("4912661846655238145")),
            ("\"5741311803571721087\"", Some("5741311803571721087")),
            ("18446744073709551616", None),
            ("1.5", None),
            ("-1", None),
            ("\"a\"", None),
            ("null", None),
            ("{}", None),
        ] {
            let token = serde_json::from_str::<Token>(json).ok();
            assert_eq!(token.as_ref().map(|t| t.0.as_str()), digits, "{json}");
        }
    }

    #[test]
    fn cv_7_an_accepted_message_needs_no_readable_token() {
        let read = |json: &str| serde_json::from_str::<Accepted>(json).unwrap().token;
        assert_eq!(read(r#"{"status":0,"message_token":7}"#), Some(Token("7".to_owned())));
        assert_eq!(read(r#"{"status":0,"message_token":{"new":1}}"#), None);
        assert_eq!(read(r#"{"status":0}"#), None);
    }
}
