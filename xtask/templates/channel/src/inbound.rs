//! Their JSON into our words. Pure.

use channel::{Inbound, InboundMessage, ParseError, Person, Received, Sender};
use chrono::DateTime;
use domain::{attribution::Attribution, content::Content, conversation::ConversationKind};

use crate::wire::Update;

pub(crate) fn read(body: &[u8]) -> Result<Received, ParseError> {
    let wrong = |what: &dyn std::fmt::Display| ParseError(what.to_string());
    let raw = std::str::from_utf8(body).map_err(|error| wrong(&error))?;
    let update: Update = serde_json::from_str(raw).map_err(|error| wrong(&error))?;
    let occurred_at = DateTime::from_timestamp(update.sent_at, 0)
        .ok_or_else(|| wrong(&"`sent_at` is outside of the calendar"))?;
    let message = InboundMessage {
        external_id: update.message_id,
        aliases: Vec::new(),
        occurred_at,
        person: Person { external_id: update.from.id, name: update.from.name, ..Person::default() },
        sender: Sender::Customer,
        content: content(update.kind, update.text),
        reply_to: None,
        album: None,
        thread: Vec::new(),
        attribution: Attribution::default(),
        kind: ConversationKind::Chat,
        automatic: false,
        raw: Some(raw.to_owned()),
    };
    let events = vec![Inbound::Message(Box::new(message))];
    Ok(Received { events, ..Received::default() })
}

fn content<F>(kind: String, text: Option<String>) -> Content<F> {
    match (kind.as_str(), text) {
        ("text", Some(text)) => Content::Text { text, spans: Vec::new() },
        (_, text) => Content::Unsupported { label: kind, text: text.unwrap_or_default() },
    }
}
