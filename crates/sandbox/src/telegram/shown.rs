//! What the customer's phone shows.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::{MediaKind, files::Files, world::StoredMessage};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    FromCustomer,
    FromBot,
}

/// One message on the phone; deleted ones are not shown.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    pub direction: Direction,
    pub message_id: i64,
    /// Unix seconds.
    pub date: u64,
    /// Text, or the caption of a file.
    pub text: Option<String>,
    pub entities: Vec<Value>,
    pub media: Option<ShownMedia>,
    pub reply_to: Option<i64>,
    /// Messages of one album share it.
    pub album: Option<String>,
    pub edited: bool,
    /// The bot's emoji on it, and the customer's.
    pub bot_reaction: Option<String>,
    pub own_reaction: Option<String>,
    /// The message as the Bot API writes it; location, contact and the like are here.
    pub raw: Value,
}

#[derive(Clone, Debug, Serialize)]
pub struct ShownMedia {
    pub kind: MediaKind,
    pub file_id: String,
    pub file_name: Option<String>,
    pub mime: String,
    pub size: u64,
    /// Empty once the bound on stored bytes made them go.
    #[serde(skip)]
    pub bytes: Bytes,
}

pub(super) fn show(message: &StoredMessage, files: &Files) -> Shown {
    let raw = &message.json;
    let text = |name: &str| raw[name].as_str().map(str::to_owned);
    let entities = raw["entities"].as_array().or_else(|| raw["caption_entities"].as_array());
    Shown {
        direction: message.direction,
        message_id: message.message_id,
        date: raw["date"].as_u64().unwrap_or_default(),
        text: text("text").or_else(|| text("caption")),
        entities: entities.cloned().unwrap_or_default(),
        media: MediaKind::ALL.into_iter().find_map(|kind| media(kind, raw, files)),
        reply_to: raw["reply_to_message"]["message_id"].as_i64(),
        album: text("media_group_id"),
        edited: message.edited,
        bot_reaction: message.bot_reaction.clone(),
        own_reaction: message.own_reaction.clone(),
        raw: raw.clone(),
    }
}

fn media(kind: MediaKind, raw: &Value, files: &Files) -> Option<ShownMedia> {
    let field = match kind {
        MediaKind::Photo => raw["photo"].as_array()?.last()?,
        _ => &raw[kind.field()],
    };
    let file = files.get(field["file_id"].as_str()?)?;
    Some(ShownMedia {
        kind,
        file_id: file.file_id.clone(),
        file_name: file.file_name.clone(),
        mime: file.mime.clone(),
        size: file.size,
        bytes: file.bytes.clone().unwrap_or_default(),
    })
}
