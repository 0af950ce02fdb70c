//! A callback in our words. Pure: the body and the time in, facts out.
//!
//! Callbacks: <https://developers.viber.com/docs/api/rest-bot-api/#callbacks>.

use bytes::Bytes;
use channel::{
    DeliveryReport, Inbound, InboundMessage, NewFile, NewFileSource, ParseError, Person,
    Quarantined, Reach,
};
use chrono::DateTime;
use domain::{
    attribution::Attribution,
    clock::Instant,
    content::{Content, FileKind},
    delivery::DeliveryStatus,
    text::{Words, shortened},
};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    media::ADDRESS,
    wire::{Parts, Token},
};

/// Anybody may write any context into a link to the bot.
const LONGEST_CONTEXT: usize = 200;

/// What a callback said.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) events: Vec<Inbound>,
    pub(crate) quarantined: Vec<Quarantined>,
    /// A person who is not subscribed opened the chat: the answer may hold one message to them.
    pub(crate) may_welcome: bool,
}

/// Reads one callback. `Err` when it is none at all.
pub(crate) fn read(raw: &str, now: Instant) -> Result<Heard, ParseError> {
    let body = Parts::read(raw).ok_or_else(|| ParseError("no JSON object".to_owned()))?;
    let event = body.text("event").ok_or_else(|| ParseError("no event".to_owned()))?;
    let token = body.get::<Token>("message_token").map(|token| token.0);
    let at = body.get::<i64>("timestamp").and_then(DateTime::from_timestamp_millis);
    let callback = Callback { raw, body, token, at: at.unwrap_or(now) };
    let heard = match event.as_str() {
        // Only asks whether we are here.
        "webhook" => Some(Heard::default()),
        "message" => callback.message(),
        "subscribed" => callback.profile("user").map(|p| callback.reach(p, Reach::Reachable)),
        "unsubscribed" => callback.user().map(|p| callback.reach(p, Reach::Blocked)),
        "conversation_started" => callback.started(),
        "delivered" => callback.report(DeliveryStatus::Delivered),
        "seen" => callback.report(DeliveryStatus::Read),
        "failed" => callback.report(DeliveryStatus::Failed),
        unknown => callback.unknown(unknown),
    };
    Ok(heard.unwrap_or_else(|| callback.quarantine()))
}

/// A callback being read.
struct Callback<'a> {
    raw: &'a str,
    body: Parts<'a>,
    token: Option<String>,
    at: Instant,
}

impl Callback<'_> {
    /// Who writes to a bot is subscribed to it from then on, and no callback of its own tells that
    /// (<https://developers.viber.com/docs/api/rest-bot-api/#subscribed>): whoever writes can be
    /// reached, which is the house's own rule too.
    fn message(&self) -> Option<Heard> {
        let message = self.said(self.profile("sender")?, content(&self.body.object("message")?))?;
        let events = vec![Inbound::Message(Box::new(message))];
        Some(Heard { events, ..Heard::default() })
    }

    fn said(&self, person: Person, content: Content<NewFile>) -> Option<InboundMessage> {
        let id = self.token.clone()?;
        let mut message = InboundMessage::new(id, self.at, person, content);
        message.raw = Some(self.raw.to_owned());
        Some(message)
    }

    fn reach(&self, person: Person, reach: Reach) -> Heard {
        self.person(person, Some(reach), Attribution::default())
    }

    fn person(&self, person: Person, reach: Option<Reach>, attribution: Attribution) -> Heard {
        let news = Inbound::Person { person, reach, attribution, at: self.at };
        Heard { events: vec![news], ..Heard::default() }
    }

    /// The chat was opened, perhaps by a link with a context. It is not a subscription
    /// (<https://developers.viber.com/docs/api/rest-bot-api/#conversation-started>).
    fn started(&self) -> Option<Heard> {
        let context: Option<String> = self.body.text("context").map(|context| {
            let line = context.chars().filter(|c| !c.is_control()).collect::<String>();
            shortened(line.trim(), LONGEST_CONTEXT)
        });
        let context = context.filter(|context| !context.is_empty());
        let attribution = Attribution { start_payload: context, ..Attribution::default() };
        let heard = self.person(self.profile("user")?, None, attribution);
        let subscribed = self.body.get::<bool>("subscribed").unwrap_or(false);
        Some(Heard { may_welcome: !subscribed, ..heard })
    }

    /// Reports come once per device and in any order; the house lets a status move forward only.
    fn report(&self, status: DeliveryStatus) -> Option<Heard> {
        let report = DeliveryReport {
            external_id: self.token.clone()?,
            status,
            at: self.at,
            reason: self.body.text("desc"),
        };
        Some(Heard { events: vec![Inbound::Delivery(report)], ..Heard::default() })
    }

    /// An event that this driver does not know is shown if a person can be read out of it.
    fn unknown(&self, event: &str) -> Option<Heard> {
        let person = self.profile("sender").or_else(|| self.profile("user"))?;
        let content = Content::Unsupported { label: event.to_owned(), text: String::new() };
        let message = self.said(person, content)?;
        Some(Heard { events: vec![Inbound::Message(Box::new(message))], ..Heard::default() })
    }

    /// A person with their profile.
    fn profile(&self, key: &str) -> Option<Person> {
        let profile = self.body.object(key)?;
        Some(Person {
            external_id: profile.text("id")?,
            name: profile.text("name"),
            language: profile.text("language").map(language),
            ..Person::default()
        })
    }

    /// A person of whom nothing but the id is told.
    fn user(&self) -> Option<Person> {
        Some(Person { external_id: self.body.text("user_id")?, ..Person::default() })
    }

    fn quarantine(&self) -> Heard {
        let digest = || format!("body:{}", hex::encode(Sha256::digest(self.raw.as_bytes())));
        let quarantined = Quarantined {
            external_id: self.token.clone().unwrap_or_else(digest),
            reason: Words::new(
                "Viber прислал событие, которое не удалось прочитать.",
                "Viber sent an event that cannot be read.",
            ),
            body: Bytes::copy_from_slice(self.raw.as_bytes()),
        };
        Heard { quarantined: vec![quarantined], ..Heard::default() }
    }
}

/// `ru-RU` is `ru`: the country says nothing of the words.
fn language(tag: String) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_lowercase()
}

/// What a message says, by its type
/// (<https://developers.viber.com/docs/api/rest-bot-api/#receive-message-from-user>).
fn content(message: &Parts<'_>) -> Content<NewFile> {
    let kind = message.text("type").unwrap_or_default();
    let known = match kind.as_str() {
        "text" => message.text("text").map(Content::text),
        "picture" => file(message, FileKind::Image),
        "video" => file(message, FileKind::Video),
        "file" => file(message, FileKind::File),
        "sticker" => file(message, FileKind::Sticker),
        "contact" => contact(message),
        "location" => location(message),
        "url" => link(message),
        _ => None,
    };
    known.unwrap_or_else(|| unsupported(kind, message))
}

fn file(message: &Parts<'_>, kind: FileKind) -> Option<Content<NewFile>> {
    let address = message.text("media")?;
    let file = NewFile {
        kind,
        name: message.text("file_name"),
        mime: None,
        size: message.get("size").filter(|size| *size > 0),
        duration: message.get("duration"),
        width: None,
        height: None,
        content_id: None,
        source: NewFileSource::Handle(json!({ ADDRESS: address })),
    };
    Some(Content::Files { files: vec![file], caption: message.text("text").unwrap_or_default() })
}

fn contact(message: &Parts<'_>) -> Option<Content<NewFile>> {
    let contact = message.object("contact")?;
    let (name, phone) = (contact.text("name"), contact.text("phone_number"));
    if name.is_none() && phone.is_none() {
        return None;
    }
    // Anybody may send the card of another, and Viber does not say whose it is.
    Some(Content::Contact { name: name.unwrap_or_default(), phone })
}

fn location(message: &Parts<'_>) -> Option<Content<NewFile>> {
    let place = message.object("location")?;
    Some(Content::Location {
        latitude: place.get("lat")?,
        longitude: place.get("lon")?,
        title: place.text("address"),
    })
}

fn link(message: &Parts<'_>) -> Option<Content<NewFile>> {
    let address = message.text("media")?;
    Some(match message.text("text") {
        Some(text) if text.contains(&address) => Content::text(text),
        Some(text) => Content::text(format!("{text}\n{address}")),
        None => Content::text(address),
    })
}

/// What can be told of a message that is not understood: its words, or where its media lies.
fn unsupported(kind: String, message: &Parts<'_>) -> Content<NewFile> {
    let sticker = message.get::<u64>("sticker_id").map(|id| format!("№ {id}"));
    let text = message.text("text").or_else(|| message.text("media")).or(sticker);
    let label = if kind.is_empty() { "message".to_owned() } else { kind };
    Content::Unsupported { label, text: text.unwrap_or_default() }
}
