//! An event in our words. Pure: an event and the time in, facts out. Callback and long poll give the
//! same events.

use bytes::Bytes;
use channel::{
    Edited, Inbound, InboundMessage, ParseError, Person, Quarantined, Reach, Reaction, Received,
    Reply, Sender,
};
use chrono::DateTime;
use domain::{
    attribution::Attribution,
    clock::Instant,
    content::Content,
    text::{Words, shortened},
};
use serde_json::Value;

use crate::{
    attachments::{Said, said},
    ids::{self, MessageName, Peer},
    json::Json,
    signs::emoji,
};

/// Where connecting keeps the text that VK wants to read.
pub(crate) const CODE: &str = "confirmation_code";

/// A link's parameter, as long as it is kept.
const REF_CHARS: usize = 200;

/// Families of events that tell of nothing that a customer writes to us in messages. They come when
/// somebody ticked them in the community's settings.
const NOT_OURS: [&str; 14] = [
    "app_",
    "audio_",
    "board_",
    "donut_",
    "group_",
    "lead_forms_",
    "like_",
    "market_",
    "photo_",
    "poll_",
    "user_",
    "video_",
    "vkpay_",
    "wall_",
];

/// A button of a message that waits until the press is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Press {
    pub(crate) peer: i64,
    pub(crate) user: i64,
    pub(crate) event: String,
}

/// Reads one event. `raw` is it as it came.
pub(crate) fn read(raw: &str, now: Instant) -> Result<Received, ParseError> {
    let event: Value =
        serde_json::from_str(raw).map_err(|error| ParseError(format!("no JSON: {error}")))?;
    let kind =
        event.text("type").ok_or_else(|| ParseError("an event without a type".to_owned()))?;
    if kind == "confirmation" {
        return Ok(Received { reply: Reply::Remembered { key: CODE }, ..Received::default() });
    }
    let object = event
        .object("object")
        .ok_or_else(|| ParseError("an event without an object".to_owned()))?;
    Ok(Reading { raw, event: &event, now }.event(kind, object))
}

/// The button that the event is a press of.
pub(crate) fn press(event: &Value) -> Option<Press> {
    if event.text("type") != Some("message_event") {
        return None;
    }
    let object = event.object("object")?;
    Some(Press {
        peer: object.int("peer_id")?,
        user: object.int("user_id")?,
        event: object.text("event_id")?.to_owned(),
    })
}

/// A message of a list (`messages.getHistory`), which has no event around it.
pub(crate) fn listed(message: &Value, now: Instant) -> Vec<Inbound> {
    let raw = message.to_string();
    Reading { raw: &raw, event: message, now }.message(message).unwrap_or_default()
}

/// An event being read.
struct Reading<'a> {
    raw: &'a str,
    event: &'a Value,
    now: Instant,
}

impl Reading<'_> {
    fn event(&self, kind: &str, object: &Value) -> Received {
        // Before version 5.103 the message itself stood there.
        let message = object.object("message").unwrap_or(object);
        let read = match kind {
            "message_new" | "message_reply" => self.message(message),
            "message_edit" => self.edited(message),
            "message_allow" => self.reach(object, Reach::Reachable),
            "message_deny" => self.reach(object, Reach::Blocked),
            "message_read" => self.seen(object),
            "message_typing_state" => typing(object),
            "message_event" => self.pressed(object),
            "message_reaction_event" => self.reacted(object),
            other if NOT_OURS.iter().any(|family| other.starts_with(family)) => Some(Vec::new()),
            _ => None,
        };
        match read {
            Some(events) => Received { events, ..Received::default() },
            None => self.quarantine(kind),
        }
    }

    /// `None` where it cannot be read; nothing where it is of a chat of many people.
    fn message(&self, message: &Value) -> Option<Vec<Inbound>> {
        let Some(peer) = peer_of(message)? else { return Some(Vec::new()) };
        let name = peer.message(message.int("conversation_message_id")?);
        let sender = sender(message, peer);
        let Said { content, place, listing } = said(message);
        let attribution = Attribution {
            start_payload: message.text("ref").map(|text| shortened(text, REF_CHARS)),
            source: message.text("ref_source").map(|text| shortened(text, REF_CHARS)),
            listing: listing.filter(|_| sender == Sender::Customer),
            ..Attribution::default()
        };
        let at = self.at(message, "date");
        let whole = InboundMessage {
            sender,
            aliases: echo_of(message, peer, sender),
            reply_to: reply_to(message, peer),
            attribution,
            cropped: message.flag("is_cropped"),
            raw: Some(self.raw.to_owned()),
            ..InboundMessage::new(name.to_string(), at, person(peer), content)
        };
        let place = place.map(|place| InboundMessage {
            sender,
            ..InboundMessage::new(ids::place(name), at, person(peer), place)
        });
        let messages = [Some(whole), place].into_iter().flatten();
        Some(messages.map(|message| Inbound::Message(Box::new(message))).collect())
    }

    /// Only what the customer changed: a change by our side in VK itself is not followed.
    fn edited(&self, message: &Value) -> Option<Vec<Inbound>> {
        let Some(peer) = peer_of(message)? else { return Some(Vec::new()) };
        let name = peer.message(message.int("conversation_message_id")?);
        if sender(message, peer) == Sender::OurSide {
            return Some(Vec::new());
        }
        Some(vec![Inbound::Edited(Edited {
            external_id: name.to_string(),
            at: self.at(message, "update_time"),
            content: said(message).content,
            raw: Some(self.raw.to_owned()),
        })])
    }

    fn reach(&self, object: &Value, reach: Reach) -> Option<Vec<Inbound>> {
        let peer = Peer::of(object.int("user_id")?)?;
        // The key that the page with the widget «allow messages» gave.
        let start_payload = object.text("key").map(|text| shortened(text, REF_CHARS));
        Some(vec![Inbound::Person {
            person: person(peer),
            reach: Some(reach),
            attribution: Attribution { start_payload, ..Attribution::default() },
            at: self.now,
        }])
    }

    fn seen(&self, object: &Value) -> Option<Vec<Inbound>> {
        let Some(peer) = peer_of(object)? else { return Some(Vec::new()) };
        // The other half of these events: an administrator read what the person wrote.
        if object.int("from_id") != Some(peer.0) {
            return Some(Vec::new());
        }
        let number = object.int("conversation_message_id");
        Some(vec![Inbound::Seen {
            person: peer.to_string(),
            up_to: number.map(|number| peer.message(number).to_string()),
            at: self.now,
        }])
    }

    /// The caption of the button is not told, only what its maker hid behind it.
    fn pressed(&self, object: &Value) -> Option<Vec<Inbound>> {
        let Some(peer) = peer_of(object)? else { return Some(Vec::new()) };
        let payload = match object.get("payload") {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let id = self.event.text("event_id").or_else(|| object.text("event_id"))?;
        let content = Content::Unsupported { label: "button".to_owned(), text: payload };
        let number = object.int("conversation_message_id");
        Some(vec![Inbound::Message(Box::new(InboundMessage {
            reply_to: number.map(|number| peer.message(number).to_string()),
            raw: Some(self.raw.to_owned()),
            ..InboundMessage::new(ids::press(id), self.now, person(peer), content)
        }))])
    }

    fn reacted(&self, object: &Value) -> Option<Vec<Inbound>> {
        let Some(peer) = peer_of(object)? else { return Some(Vec::new()) };
        let by = match object.int("reacted_id") == Some(peer.0) {
            true => Sender::Customer,
            false => Sender::OurSide,
        };
        Some(vec![Inbound::Reaction(Reaction {
            external_id: peer.message(object.int("cmid")?).to_string(),
            by,
            emoji: object.int("reaction_id").map(|id| emoji(id).to_owned()),
            at: self.now,
        })])
    }

    fn quarantine(&self, kind: &str) -> Received {
        // A resent event has the same id.
        let id = self.event.text("event_id").unwrap_or(self.raw);
        let kind = shortened(kind, 60);
        let quarantined = Quarantined {
            external_id: format!("event:{}", shortened(id, 100)),
            reason: Words::new(
                format!("ВКонтакте прислал событие «{kind}», которое не удалось прочитать."),
                format!("VK sent an event «{kind}» that cannot be read."),
            ),
            body: Bytes::copy_from_slice(self.raw.as_bytes()),
        };
        Received { quarantined: vec![quarantined], ..Received::default() }
    }

    fn at(&self, object: &Value, key: &str) -> Instant {
        object.int(key).and_then(|s| DateTime::from_timestamp(s, 0)).unwrap_or(self.now)
    }
}

/// `Some(None)` is a chat of many people.
fn peer_of(object: &Value) -> Option<Option<Peer>> {
    object.int("peer_id").map(Peer::of)
}

/// In a dialogue everybody who is not the other one is our side: the community, by whoever wrote for
/// it.
fn sender(message: &Value, peer: Peer) -> Sender {
    match message.int("from_id") {
        Some(from) if from == peer.0 => Sender::Customer,
        None if !message.flag("out") => Sender::Customer,
        Some(_) | None => Sender::OurSide,
    }
}

/// Our own message comes back as an event, perhaps before VK has answered the call that sent it. What
/// an administrator wrote in VK has their id on it, and a number that is none of ours.
fn echo_of(message: &Value, peer: Peer, sender: Sender) -> Vec<String> {
    let ours = sender == Sender::OurSide && message.int("admin_author_id").is_none_or(|id| id == 0);
    let number = message.int("random_id").filter(|id| ours && *id != 0);
    number.map(|number| ids::echo(peer, number)).into_iter().collect()
}

/// Only messages of the same dialogue can be quoted.
fn reply_to(message: &Value, peer: Peer) -> Option<String> {
    let quoted = message.object("reply_message")?;
    let same = quoted.int("peer_id").is_none_or(|id| id == peer.0);
    let number = quoted.int("conversation_message_id").filter(|_| same)?;
    Some(MessageName { peer, number }.to_string())
}

/// Events hold no names: those are looked up.
pub(crate) fn person(peer: Peer) -> Person {
    Person { external_id: peer.to_string(), ..Person::default() }
}

fn typing(object: &Value) -> Option<Vec<Inbound>> {
    let from = object.int("from_id")?;
    let person = Peer::of(from).filter(|peer| peer.0 > 0);
    Some(person.map(|peer| Inbound::Typing { person: peer.to_string() }).into_iter().collect())
}
