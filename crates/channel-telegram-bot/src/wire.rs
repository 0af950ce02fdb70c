//! What the Bot API writes, read tolerantly: an object is a map of raw parts, and each part is read
//! by itself when it is wanted.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
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

    /// A part that is an object itself.
    pub(crate) fn object(&self, key: &str) -> Option<Parts<'a>> {
        Parts::read(self.raw(key)?)
    }

    /// A part as it came.
    pub(crate) fn raw(&self, key: &str) -> Option<&'a str> {
        self.0.get(key).map(|raw| raw.get())
    }

    /// Names of the parts, in alphabetical order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// `User` and the private form of `Chat` share these names.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Human {
    pub(crate) id: i64,
    #[serde(default)]
    pub(crate) first_name: Option<String>,
    #[serde(default)]
    pub(crate) last_name: Option<String>,
    #[serde(default)]
    pub(crate) username: Option<String>,
    #[serde(default)]
    pub(crate) language_code: Option<String>,
    /// Of a chat: `private`, `group` …
    #[serde(default, rename = "type")]
    pub(crate) chat_type: Option<String>,
}

impl Human {
    pub(crate) fn full_name(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.first_name, &self.last_name]
            .into_iter()
            .filter_map(|part| part.as_deref().map(str::trim))
            .filter(|part| !part.is_empty())
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// Every kind of file: the fields that it lacks are empty. teloxide's own types demand fields that
/// the Bot API documents as optional (`mime_type` of a voice), so they are not used here.
#[derive(Debug, Deserialize)]
pub(crate) struct FileWire {
    pub(crate) file_id: String,
    #[serde(default)]
    pub(crate) file_size: Option<u64>,
    #[serde(default)]
    pub(crate) file_name: Option<String>,
    #[serde(default)]
    pub(crate) mime_type: Option<String>,
    #[serde(default)]
    pub(crate) duration: Option<u32>,
    #[serde(default)]
    pub(crate) width: Option<u32>,
    #[serde(default)]
    pub(crate) height: Option<u32>,
    /// Width and height of a video note.
    #[serde(default)]
    pub(crate) length: Option<u32>,
    #[serde(default)]
    pub(crate) emoji: Option<String>,
    #[serde(default)]
    pub(crate) is_animated: bool,
    #[serde(default)]
    pub(crate) is_video: bool,
}

/// `getMe`.
#[derive(Debug, Deserialize)]
pub(crate) struct Me {
    pub(crate) id: i64,
    #[serde(default)]
    pub(crate) first_name: String,
    #[serde(default)]
    pub(crate) username: Option<String>,
}

/// `getWebhookInfo`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct WebhookInfo {
    #[serde(default)]
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) pending_update_count: u64,
    #[serde(default)]
    pub(crate) last_error_date: Option<i64>,
    #[serde(default)]
    pub(crate) last_error_message: Option<String>,
    /// Absent while it is Telegram's default.
    #[serde(default)]
    pub(crate) allowed_updates: Option<Vec<String>>,
}

/// `getFile`.
#[derive(Debug, Deserialize)]
pub(crate) struct RemoteFile {
    #[serde(default)]
    pub(crate) file_path: Option<String>,
    #[serde(default)]
    pub(crate) file_size: Option<u64>,
}

/// A sent message: only its number is needed, so that a new field of a new version cannot turn a
/// sent message into an uncertain one.
#[derive(Debug, Deserialize)]
pub(crate) struct SentMessage {
    pub(crate) message_id: i64,
}
