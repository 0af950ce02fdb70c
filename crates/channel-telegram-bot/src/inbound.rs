//! An update in our words. Pure: an update and the time in, facts out.
//!
//! Only private chats are conversations with customers. What happens in groups and channels that
//! somebody put the bot into gives no event, on purpose; so does `business_connection`, which
//! tells of the owner and not of a customer.

use bytes::Bytes;
use channel::{
    Edited, Inbound, InboundMessage, NewFile, ParseError, Person, Quarantined, Reach, Reaction,
    Received, Removed, Sender,
};
use chrono::DateTime;
use domain::{
    attribution::Attribution,
    clock::Instant,
    content::{Content, Span, Style},
    conversation::ConversationKind,
    text::Words,
};
use serde_json::Value;
use teloxide::types::{MessageEntity, MessageEntityKind};

use crate::{
    files, ids,
    ids::Chat,
    wire::{Human, Parts},
};

/// Parts of a message that say nothing of its kind.
const ENVELOPE: &[&str] = &[
    "author_signature",
    "business_connection_id",
    "caption",
    "caption_entities",
    "chat",
    "date",
    "direct_messages_topic",
    "edit_date",
    "effect_id",
    "entities",
    "external_reply",
    "forward_date",
    "forward_from",
    "forward_from_chat",
    "forward_from_message_id",
    "forward_origin",
    "forward_sender_name",
    "forward_signature",
    "from",
    "guest_query_id",
    "has_media_spoiler",
    "has_protected_content",
    "is_automatic_forward",
    "is_from_offline",
    "is_paid_post",
    "is_topic_message",
    "link_preview_options",
    "media_group_id",
    "message_id",
    "message_thread_id",
    "paid_star_count",
    "quote",
    "reply_markup",
    "reply_to_checklist_task_id",
    "reply_to_message",
    "reply_to_poll_option_id",
    "reply_to_story",
    "sender_boost_count",
    "sender_business_bot",
    "sender_chat",
    "sender_tag",
    "show_caption_above_media",
    "suggested_post_info",
    "text",
    "via_bot",
];

/// Reads one update. `Err` when it is none at all.
pub(crate) fn read(raw: &str, now: Instant) -> Result<Received, ParseError> {
    let Some(update) = Parts::read(raw) else {
        return Err(ParseError("no JSON object".to_owned()));
    };
    let Some(update_id) = update.get::<i64>("update_id") else {
        return Err(ParseError("no update_id".to_owned()));
    };
    let reading = Reading { raw, update_id, now };
    let Some(kind) = update.keys().find(|key| *key != "update_id") else {
        return Ok(reading.quarantine());
    };
    let Some(part) = update.object(kind) else { return Ok(reading.quarantine()) };
    Ok(match kind {
        "message" | "business_message" => reading.message(&part),
        "edited_message" | "edited_business_message" => reading.edited(&part),
        "deleted_business_messages" => reading.removed(&part),
        "my_chat_member" => reading.reach(&part),
        "callback_query" => reading.button(&part),
        "message_reaction" => reading.reaction(&part),
        "business_connection" => Received::default(),
        unknown => reading.unknown(unknown, &part),
    })
}

/// An update being read.
struct Reading<'a> {
    raw: &'a str,
    update_id: i64,
    now: Instant,
}

/// Whose chat it is.
enum Origin {
    Customer(Box<Customer>),
    /// A group or a channel.
    Elsewhere,
    /// Nobody can be read out of it.
    Nobody,
}

struct Customer {
    chat: Chat,
    person: Person,
    sender: Sender,
}

impl Reading<'_> {
    fn message(&self, part: &Parts<'_>) -> Received {
        let customer = match origin(part) {
            Origin::Customer(customer) => customer,
            Origin::Elsewhere => return Received::default(),
            Origin::Nobody => return self.quarantine(),
        };
        let Customer { chat, mut person, sender } = *customer;
        let external_id = match part.get::<i64>("message_id") {
            Some(id) => chat.message(id),
            None => ids::update(self.update_id),
        };
        person.phones = own_phone(part, &chat).into_iter().collect();
        let attribution = match (sender, part.get::<String>("text")) {
            (Sender::Customer, Some(text)) => {
                Attribution { start_payload: start_payload(&text), ..Attribution::default() }
            }
            _ => Attribution::default(),
        };
        event(Inbound::Message(Box::new(InboundMessage {
            external_id,
            aliases: Vec::new(),
            occurred_at: self.at(part, "date"),
            person,
            sender,
            content: content(part),
            reply_to: part
                .object("reply_to_message")
                .and_then(|to| to.get("message_id"))
                .map(|id| chat.message(id)),
            album: part.get("media_group_id"),
            thread: Vec::new(),
            attribution,
            kind: ConversationKind::Chat,
            automatic: false,
            cropped: false,
            raw: Some(self.raw.to_owned()),
        })))
    }

    fn edited(&self, part: &Parts<'_>) -> Received {
        match (origin(part), part.get::<i64>("message_id")) {
            (Origin::Elsewhere, _) => Received::default(),
            (Origin::Customer(customer), Some(id)) => event(Inbound::Edited(Edited {
                external_id: customer.chat.message(id),
                at: self.at(part, "edit_date"),
                content: content(part),
                raw: Some(self.raw.to_owned()),
            })),
            (Origin::Customer(_) | Origin::Nobody, _) => self.quarantine(),
        }
    }

    /// The update tells no time, so it is the time at which we heard of it.
    fn removed(&self, part: &Parts<'_>) -> Received {
        match (origin(part), part.get::<Vec<i64>>("message_ids")) {
            (Origin::Elsewhere, _) => Received::default(),
            (Origin::Customer(customer), Some(ids)) => Received {
                events: ids
                    .into_iter()
                    .map(|id| {
                        let external_id = customer.chat.message(id);
                        Inbound::Removed(Removed { external_id, at: self.now })
                    })
                    .collect(),
                ..Received::default()
            },
            (Origin::Customer(_) | Origin::Nobody, _) => self.quarantine(),
        }
    }

    /// In a private chat `my_chat_member` tells that the person blocked or unblocked the bot.
    fn reach(&self, part: &Parts<'_>) -> Received {
        let customer = match origin(part) {
            Origin::Customer(customer) => customer,
            Origin::Elsewhere => return Received::default(),
            Origin::Nobody => return self.quarantine(),
        };
        let status = part.object("new_chat_member").and_then(|m| m.get::<String>("status"));
        let reach = match status.as_deref() {
            Some("kicked") => Some(Reach::Blocked),
            Some("member") => Some(Reach::Reachable),
            _ => None,
        };
        event(Inbound::Person {
            person: customer.person,
            reach,
            attribution: Attribution::default(),
            at: self.at(part, "date"),
        })
    }

    /// The press of a button under a message counts as the words on the button.
    fn button(&self, part: &Parts<'_>) -> Received {
        let message = part.object("message");
        let pressed_by = part.get::<Human>("from");
        let customer = match message.as_ref().map(origin) {
            Some(Origin::Elsewhere) => return Received::default(),
            Some(Origin::Customer(customer)) => Some(customer),
            Some(Origin::Nobody) | None => None,
        };
        let (Some(from), Some(id)) = (pressed_by, part.get::<String>("id")) else {
            return self.quarantine();
        };
        let chat = customer.map_or(Chat { id: from.id, business: None }, |c| c.chat);
        let data = part.get::<String>("data").unwrap_or_default();
        let caption = message.as_ref().and_then(|m| button_caption(m, &data));
        event(Inbound::Message(Box::new(InboundMessage {
            external_id: ids::callback(&id),
            aliases: Vec::new(),
            occurred_at: self.now,
            person: person(&from, &chat),
            sender: Sender::Customer,
            content: match caption {
                Some(caption) => Content::text(caption),
                None => Content::Unsupported { label: "button".to_owned(), text: data },
            },
            reply_to: message.and_then(|m| m.get::<i64>("message_id")).map(|id| chat.message(id)),
            album: None,
            thread: Vec::new(),
            attribution: Attribution::default(),
            kind: ConversationKind::Chat,
            automatic: false,
            cropped: false,
            raw: Some(self.raw.to_owned()),
        })))
    }

    /// The person changed their reaction; all of them are told, and the first plain emoji is shown.
    fn reaction(&self, part: &Parts<'_>) -> Received {
        let customer = match origin(part) {
            Origin::Customer(customer) => customer,
            Origin::Elsewhere => return Received::default(),
            Origin::Nobody => return self.quarantine(),
        };
        let now = part.get::<Vec<Value>>("new_reaction");
        let (Some(id), Some(now)) = (part.get::<i64>("message_id"), now) else {
            return self.quarantine();
        };
        event(Inbound::Reaction(Reaction {
            external_id: customer.chat.message(id),
            by: customer.sender,
            emoji: shown_reaction(&now),
            at: self.at(part, "date"),
        }))
    }

    /// A kind of update that this driver does not know.
    fn unknown(&self, kind: &str, part: &Parts<'_>) -> Received {
        let customer = match origin(part) {
            Origin::Customer(customer) => customer,
            Origin::Elsewhere => return Received::default(),
            Origin::Nobody => return self.quarantine(),
        };
        event(Inbound::Message(Box::new(InboundMessage {
            external_id: ids::update(self.update_id),
            aliases: Vec::new(),
            occurred_at: self.at(part, "date"),
            person: customer.person,
            sender: customer.sender,
            content: Content::Unsupported {
                label: kind.to_owned(),
                text: words(part).unwrap_or_default(),
            },
            reply_to: None,
            album: None,
            thread: Vec::new(),
            attribution: Attribution::default(),
            kind: ConversationKind::Chat,
            automatic: false,
            cropped: false,
            raw: Some(self.raw.to_owned()),
        })))
    }

    fn quarantine(&self) -> Received {
        let quarantined = Quarantined {
            external_id: ids::update(self.update_id),
            reason: Words::new(
                "Telegram прислал событие, в котором не удалось прочитать отправителя.",
                "Telegram sent an update whose sender cannot be read.",
            ),
            body: Bytes::copy_from_slice(self.raw.as_bytes()),
        };
        Received { quarantined: vec![quarantined], ..Received::default() }
    }

    fn at(&self, part: &Parts<'_>, key: &str) -> Instant {
        part.get::<i64>(key).and_then(|s| DateTime::from_timestamp(s, 0)).unwrap_or(self.now)
    }
}

fn event(event: Inbound) -> Received {
    Received { events: vec![event], ..Received::default() }
}

/// In a private chat the chat's id is the customer's. Another sender there is our side: the owner
/// of a business account who writes from the phone, or our bot in the owner's name.
fn origin(part: &Parts<'_>) -> Origin {
    let from = part.get::<Human>("from").or_else(|| part.get("user"));
    let chat = part.get::<Human>("chat");
    let business = part.get::<String>("business_connection_id");
    let (human, id, sender) = match (chat, from) {
        (Some(chat), _) if !is_private(&chat) => return Origin::Elsewhere,
        (None, None) => return Origin::Nobody,
        (None, Some(from)) => (from.clone(), from.id, Sender::Customer),
        (Some(chat), Some(from)) if from.id == chat.id => (from, chat.id, Sender::Customer),
        (Some(chat), Some(_)) => (chat.clone(), chat.id, Sender::OurSide),
        (Some(chat), None) => (chat.clone(), chat.id, Sender::Customer),
    };
    let chat = Chat { id, business };
    Origin::Customer(Box::new(Customer { person: person(&human, &chat), chat, sender }))
}

/// A type that is not known yet counts as private when the id is a person's: groups and channels
/// have negative ids.
fn is_private(chat: &Human) -> bool {
    match chat.chat_type.as_deref() {
        Some("private") => true,
        Some("group" | "supergroup" | "channel") => false,
        Some(_) | None => chat.id > 0,
    }
}

fn person(human: &Human, chat: &Chat) -> Person {
    Person {
        external_id: chat.to_string(),
        key: None,
        name: human.full_name(),
        username: human.username.clone(),
        phones: Vec::new(),
        emails: Vec::new(),
        language: human.language_code.clone(),
    }
}

fn content(message: &Parts<'_>) -> Content<NewFile> {
    if let Some(text) = message.get::<String>("text") {
        return Content::Text { text, spans: spans(message) };
    }
    if let Some((file, words)) = files::file(message) {
        return Content::Files { files: vec![file], caption: words.unwrap_or_default() };
    }
    // A venue stands before a location: for old bots Telegram repeats its point as a location.
    location(message).or_else(|| contact(message)).unwrap_or_else(|| unsupported(message))
}

fn location(message: &Parts<'_>) -> Option<Content<NewFile>> {
    let venue = message.object("venue");
    let point = venue.as_ref().and_then(|v| v.object("location")).or(message.object("location"))?;
    let title = venue.map(|venue| {
        let lines: Vec<String> =
            ["title", "address"].into_iter().filter_map(|key| venue.get(key)).collect();
        lines.join(", ")
    });
    Some(Content::Location {
        latitude: point.get("latitude")?,
        longitude: point.get("longitude")?,
        title: title.filter(|t| !t.is_empty()),
    })
}

fn contact(message: &Parts<'_>) -> Option<Content<NewFile>> {
    let contact = message.object("contact")?;
    let names: Vec<String> =
        ["first_name", "last_name"].into_iter().filter_map(|key| contact.get(key)).collect();
    Some(Content::Contact { name: names.join(" "), phone: contact.get("phone_number") })
}

/// A phone is the person's own only when Telegram says that the shared card is theirs; anybody may
/// send the card of another.
fn own_phone(message: &Parts<'_>, chat: &Chat) -> Option<String> {
    let contact = message.object("contact")?;
    let owner = contact.get::<i64>("user_id")?;
    if owner == chat.id { contact.get("phone_number") } else { None }
}

fn unsupported(message: &Parts<'_>) -> Content<NewFile> {
    let label = message.keys().find(|key| !ENVELOPE.contains(key)).unwrap_or("message").to_owned();
    let text = message
        .get::<String>("caption")
        .or_else(|| message.object(&label).as_ref().and_then(words))
        .unwrap_or_default();
    Content::Unsupported { label, text }
}

/// Something readable of an object that is not understood.
fn words(part: &Parts<'_>) -> Option<String> {
    if let (Some(emoji), Some(value)) = (part.get::<String>("emoji"), part.get::<i64>("value")) {
        return Some(format!("{emoji} {value}"));
    }
    ["text", "caption", "question", "title", "data", "emoji"]
        .into_iter()
        .find_map(|key| part.get::<String>(key))
        .filter(|text| !text.is_empty())
}

/// Each entity is read by itself: one of a new kind leaves the others in place.
fn spans(message: &Parts<'_>) -> Vec<Span> {
    let entities = message.get::<Vec<Value>>("entities").unwrap_or_default();
    entities.into_iter().filter_map(|e| span(serde_json::from_value(e).ok()?)).collect()
}

fn span(entity: MessageEntity) -> Option<Span> {
    let (style, url) = match entity.kind {
        MessageEntityKind::Bold => (Style::Bold, None),
        MessageEntityKind::Italic => (Style::Italic, None),
        MessageEntityKind::Underline => (Style::Underline, None),
        MessageEntityKind::Strikethrough => (Style::Strike, None),
        MessageEntityKind::Code => (Style::Code, None),
        MessageEntityKind::Pre { .. } => (Style::Pre, None),
        MessageEntityKind::Spoiler => (Style::Spoiler, None),
        MessageEntityKind::Blockquote | MessageEntityKind::ExpandableBlockquote => {
            (Style::Quote, None)
        }
        MessageEntityKind::TextLink { url } => (Style::Link, Some(url.to_string())),
        // The text says it already.
        MessageEntityKind::Mention
        | MessageEntityKind::Hashtag
        | MessageEntityKind::Cashtag
        | MessageEntityKind::BotCommand
        | MessageEntityKind::Url
        | MessageEntityKind::Email
        | MessageEntityKind::PhoneNumber
        | MessageEntityKind::TextMention { .. }
        | MessageEntityKind::CustomEmoji { .. } => return None,
    };
    Some(Span {
        offset: u32::try_from(entity.offset).ok()?,
        length: u32::try_from(entity.length).ok()?,
        style,
        url,
    })
}

/// The parameter of a deep link, `t.me/shop_bot?start=…`: up to 64 of A-Z a-z 0-9 _ -
/// (<https://core.telegram.org/bots/features#deep-linking>).
fn start_payload(text: &str) -> Option<String> {
    let payload = text.strip_prefix("/start ")?.trim();
    let fits = (1..=64).contains(&payload.len())
        && payload.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    fits.then(|| payload.to_owned())
}

/// Custom emoji are pictures of a set that bots cannot name; a star stands for one.
fn shown_reaction(reactions: &[Value]) -> Option<String> {
    let plain = reactions.iter().find_map(|r| r.get("emoji").and_then(Value::as_str));
    match plain {
        Some(emoji) => Some(emoji.to_owned()),
        None if reactions.is_empty() => None,
        None => Some("⭐".to_owned()),
    }
}

fn button_caption(message: &Parts<'_>, data: &str) -> Option<String> {
    let rows: Vec<Vec<Value>> = message.object("reply_markup")?.get("inline_keyboard")?;
    rows.into_iter()
        .flatten()
        .find(|button| button.get("callback_data").and_then(Value::as_str) == Some(data))
        .and_then(|button| Some(button.get("text")?.as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_deep_links_parameter_is_attribution() {
        for (text, payload) in [
            ("/start spring-sale_7", Some("spring-sale_7")),
            ("/start", None),
            ("/start how much is it?", None),
            ("/started x", None),
            ("start x", None),
        ] {
            assert_eq!(start_payload(text).as_deref(), payload, "{text}");
        }
        assert_eq!(start_payload(&format!("/start {}", "x".repeat(65))), None);
    }
}
