//! What is said to the chats service: pure, so that each body can be held against its schema.

use crm::{ChatBody, ChatFile, ChatMessage, ChatMessageRef, ChatPerson, ChatStatus, ChatWriter};
use domain::content::FileKind;
use serde_json::{Map, Value, json};

/// `source.external_id` is ASCII, and no longer.
const LONGEST_SOURCE: usize = 40;
/// A stable name of ours for whoever the CRM does not know.
const BOT: &str = "beseda-bot";

/// `event_type: new_message`.
pub(super) fn new_message(message: &ChatMessage, bot_id: &str) -> Value {
    let mut payload = times(message);
    payload.insert("msgid".to_owned(), json!(message.id));
    payload.insert("conversation_id".to_owned(), json!(message.conversation_id));
    if let Some(chat) = &message.conversation_ref {
        payload.insert("conversation_ref_id".to_owned(), json!(chat));
    }
    payload.insert("silent".to_owned(), json!(message.silent));
    if let Some(source) = source(message.source.as_deref()) {
        payload.insert("source".to_owned(), source);
    }
    let client = person(&message.client);
    match &message.writer {
        ChatWriter::Client => {
            payload.insert("sender".to_owned(), client);
        }
        ChatWriter::User { id, name, ref_id } => {
            payload.insert("sender".to_owned(), named(id, name, ref_id));
            payload.insert("receiver".to_owned(), client);
        }
        ChatWriter::Bot { name } => {
            payload.insert("sender".to_owned(), named(BOT, name, bot_id));
            payload.insert("receiver".to_owned(), client);
        }
    }
    payload.insert("message".to_owned(), content(&message.body));
    if let Some(quoted) = &message.reply_to {
        payload.insert("reply_to".to_owned(), json!({ "message": reference(quoted) }));
    }
    json!({ "event_type": "new_message", "payload": payload })
}

/// `event_type: edit_message`: only texts can be changed.
pub(super) fn edit_message(message: &ChatMessage) -> Value {
    let mut payload = times(message);
    payload.insert("msgid".to_owned(), json!(message.id));
    payload.insert("conversation_id".to_owned(), json!(message.conversation_id));
    payload.insert("message".to_owned(), content(&ChatBody::Text(message.body.words())));
    json!({ "event_type": "edit_message", "payload": payload })
}

/// A chat before its first message.
pub(super) fn chat(conversation_id: &str, from: Option<&str>, client: &ChatPerson) -> Value {
    let mut body = json!({ "conversation_id": conversation_id, "user": person(client) });
    if let (Some(source), Some(body)) = (source(from), body.as_object_mut()) {
        body.insert("source".to_owned(), source);
    }
    body
}

/// The documentation's table says `status_code`, its samples and both public client libraries say
/// `delivery_status`: both are said.
pub(super) fn status(message_id: &str, status: &ChatStatus) -> Value {
    match status {
        ChatStatus::Delivered => {
            json!({ "msgid": message_id, "delivery_status": 1, "status_code": 1 })
        }
        ChatStatus::Read => json!({ "msgid": message_id, "delivery_status": 2, "status_code": 2 }),
        ChatStatus::Failed { code, why } => json!({
            "msgid": message_id, "delivery_status": -1, "status_code": -1,
            "error_code": code, "error": why,
        }),
    }
}

pub(super) fn reaction(
    conversation_id: &str,
    message: &ChatMessageRef,
    emoji: Option<&str>,
    client: &ChatPerson,
) -> Value {
    let mut body = Map::new();
    body.insert("conversation_id".to_owned(), json!(conversation_id));
    let (name, id) = match message {
        ChatMessageRef::Ours(id) => ("msgid", id),
        ChatMessageRef::Theirs(id) => ("id", id),
    };
    body.insert(name.to_owned(), json!(id));
    body.insert("user".to_owned(), person(client));
    body.insert("type".to_owned(), json!(if emoji.is_some() { "react" } else { "unreact" }));
    if let Some(emoji) = emoji {
        body.insert("emoji".to_owned(), json!(emoji));
    }
    Value::Object(body)
}

pub(super) fn typing(conversation_id: &str, person_id: &str) -> Value {
    json!({ "conversation_id": conversation_id, "sender": { "id": person_id } })
}

fn times(message: &ChatMessage) -> Map<String, Value> {
    let mut payload = Map::new();
    payload.insert("timestamp".to_owned(), json!(message.at.timestamp()));
    payload.insert("msec_timestamp".to_owned(), json!(message.at.timestamp_millis()));
    payload
}

fn source(id: Option<&str>) -> Option<Value> {
    let id = id.filter(|id| !id.is_empty() && id.is_ascii() && id.len() <= LONGEST_SOURCE)?;
    Some(json!({ "external_id": id }))
}

/// The service wants a name of everybody.
fn person(person: &ChatPerson) -> Value {
    let names = [Some(&person.name), person.phone.as_ref(), person.email.as_ref()];
    let name = names.into_iter().flatten().find(|name| !name.trim().is_empty());
    let mut told = json!({ "id": person.id, "name": name.unwrap_or(&person.id) });
    let profile: Map<String, Value> = [("phone", &person.phone), ("email", &person.email)]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))))
        .collect();
    if let Some(told) = told.as_object_mut() {
        if let Some(ref_id) = &person.ref_id {
            told.insert("ref_id".to_owned(), json!(ref_id));
        }
        if !profile.is_empty() {
            told.insert("profile".to_owned(), Value::Object(profile));
        }
    }
    told
}

fn named(id: &str, name: &str, ref_id: &str) -> Value {
    let name = if name.trim().is_empty() { id } else { name };
    json!({ "id": id, "name": name, "ref_id": ref_id })
}

fn reference(message: &ChatMessageRef) -> Value {
    match message {
        ChatMessageRef::Ours(id) => json!({ "msgid": id }),
        ChatMessageRef::Theirs(id) => json!({ "id": id }),
    }
}

fn content(body: &ChatBody) -> Value {
    match body {
        ChatBody::Text(text) => json!({ "type": "text", "text": text }),
        ChatBody::File { file, caption } => media(file, caption),
        ChatBody::Location { latitude, longitude } => {
            json!({ "type": "location", "text": "",
                    "location": { "lon": longitude, "lat": latitude } })
        }
        ChatBody::Contact { name, phone } => {
            json!({ "type": "contact", "text": "", "contact": { "name": name, "phone": phone } })
        }
    }
}

fn media(file: &ChatFile, caption: &str) -> Value {
    let mut told = json!({
        "type": kind(file), "text": caption, "media": file.url.as_str(), "file_name": file.name,
        // Nought is taken for a missing size.
        "file_size": file.size.max(1),
    });
    if let (Some(duration), Some(told)) = (file.duration, told.as_object_mut()) {
        told.insert("media_duration".to_owned(), json!(duration));
    }
    told
}

/// A picture that browsers do not show goes as a file.
fn kind(file: &ChatFile) -> &'static str {
    let shown = ["image/jpeg", "image/png", "image/gif", "image/webp"];
    match file.kind {
        FileKind::Image if shown.contains(&file.mime.as_str()) => "picture",
        FileKind::Sticker if shown.contains(&file.mime.as_str()) => "sticker",
        FileKind::Sticker if file.mime.starts_with("video/") => "video",
        FileKind::Image | FileKind::Sticker | FileKind::File => "file",
        FileKind::Video | FileKind::VideoNote => "video",
        FileKind::Audio => "audio",
        FileKind::Voice => "voice",
    }
}
