//! Frames of the visitor's socket, read. Anybody can write anything here, so every value is capped
//! and a wrong frame is answered with the field and the remedy.
//!
//! The limits are constants, the same for every company: a visitor's page and the server must agree on
//! them, and nobody has asked for others. How often a visitor may write is the web layer's.
//!
//! Unknown fields are let through, so that an older server serves a newer page.

use channel::{Channel, InboundMessage, NewFile, Person, Sender, SiteFrame};
use domain::{
    attribution::Attribution,
    clock::Instant,
    content::{Content, FormField},
    conversation::ConversationKind,
    ids::{ConversationId, MessageId},
    text::{Words, without_nul},
};
use serde_json::{Map, Value};

use crate::{page::label, settings};

/// Longest text of one message, in characters.
pub const MAX_TEXT: usize = 4000;
/// 4000 characters take 48,000 bytes when each is written as two `\uXXXX`; the rest is for names.
const MAX_FRAME: usize = 64 * 1024;
const MAX_NAME: usize = 200;
const MAX_PHONE: usize = 40;
/// RFC 5321, section 4.5.3.1.3.
const MAX_EMAIL: usize = 254;
const MAX_OTHER: usize = 1000;
const MAX_FIELDS: usize = 12;
/// Words beside the stars of a rating, in characters.
const MAX_RATING: usize = 1000;

/// Reads one frame of the visitor.
pub fn parse(
    channel: &Channel,
    visitor: &str,
    frame: &str,
    now: Instant,
) -> Result<SiteFrame, Words> {
    if frame.len() > MAX_FRAME {
        return Err(Words::new(
            "Кадр слишком велик: не больше 64 КБ.",
            "The frame is too large: at most 64 kB.",
        ));
    }
    let frame: Map<String, Value> = serde_json::from_str(frame).map_err(|_| {
        Words::new(
            "Кадр не читается: нужен объект JSON с полем `type`.",
            "The frame cannot be read: send a JSON object with a field `type`.",
        )
    })?;
    let message = |content, person, kind, client_id: &str| {
        SiteFrame::Message(Box::new(InboundMessage {
            external_id: format!("{visitor}:{client_id}"),
            aliases: Vec::new(),
            occurred_at: now,
            person,
            sender: Sender::Customer,
            content,
            reply_to: None,
            album: None,
            thread: Vec::new(),
            attribution: Attribution::default(),
            kind,
            automatic: false,
            cropped: false,
            raw: None,
        }))
    };
    match frame.get("type").and_then(Value::as_str) {
        Some("message") => {
            let client_id = client_id(&frame)?;
            let text = text(&frame)?;
            // What the site itself told of its visitor, by `Beseda.identify`.
            let person = match frame.get("person") {
                Some(Value::Object(told)) => person(channel, visitor, told, spoken(&frame))?,
                _ => nobody(channel, visitor, spoken(&frame)),
            };
            Ok(message(Content::text(text), person, ConversationKind::Chat, client_id))
        }
        Some("form") => {
            let client_id = client_id(&frame)?;
            let values = values(&frame)?;
            let person = person(channel, visitor, values, spoken(&frame))?;
            let content = form(channel, ConversationKind::Chat, values)?;
            Ok(message(content, person, ConversationKind::Chat, client_id))
        }
        Some("request") => {
            let client_id = client_id(&frame)?;
            let values = values(&frame)?;
            let person = person(channel, visitor, values, spoken(&frame))?;
            if person.phones.is_empty() && person.emails.is_empty() {
                return Err(Words::new(
                    "Оставьте телефон или e-mail (поля `phone`, `email`): иначе вам не ответить.",
                    "Leave a phone or an e-mail (fields `phone`, `email`), or nobody can answer you.",
                ));
            }
            let content = form(channel, ConversationKind::Request, values)?;
            Ok(message(content, person, ConversationKind::Request, client_id))
        }
        Some("typing") => Ok(SiteFrame::Typing),
        Some("seen") => {
            let message = frame.get("message").and_then(Value::as_str).unwrap_or_default();
            if message.parse::<MessageId>().is_err() {
                return Err(Words::new(
                    "Поле `message`: нужен номер сообщения вида msg_….",
                    "Field `message`: give the id of a message, msg_….",
                ));
            }
            Ok(SiteFrame::Seen { message: message.to_owned() })
        }
        Some("rate") => rating(&frame),
        Some("ping") => Ok(SiteFrame::Ping),
        _ => Err(Words::new(
            "Поле `type`: одно из message, form, request, typing, seen, rate, ping.",
            "Field `type`: one of message, form, request, typing, seen, rate, ping.",
        )),
    }
}

fn client_id(frame: &Map<String, Value>) -> Result<&str, Words> {
    check_client_id(frame.get("client_id").and_then(Value::as_str).unwrap_or_default())
}

pub fn check_client_id(id: &str) -> Result<&str, Words> {
    let fits =
        (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    fits.then_some(id).ok_or_else(|| {
        Words::new(
            "Поле `client_id`: от 8 до 64 знаков A–Z, a–z, 0–9 и дефис.",
            "Field `client_id`: 8 to 64 of A–Z, a–z, 0–9 and the hyphen.",
        )
    })
}

fn rating(frame: &Map<String, Value>) -> Result<SiteFrame, Words> {
    let conversation = frame.get("conversation").and_then(Value::as_str).unwrap_or_default();
    let Ok(conversation) = conversation.parse::<ConversationId>() else {
        return Err(Words::new(
            "Поле `conversation`: нужен номер разговора вида cnv_….",
            "Field `conversation`: give the id of a conversation, cnv_….",
        ));
    };
    let stars = frame.get("stars").and_then(Value::as_u64).and_then(|n| u8::try_from(n).ok());
    let Some(stars) = stars.filter(|n| (1..=5).contains(n)) else {
        return Err(Words::new(
            "Поле `stars`: целое число от 1 до 5.",
            "Field `stars`: a whole number, 1 to 5.",
        ));
    };
    let text = value(frame, "text", MAX_RATING)?.unwrap_or_default();
    Ok(SiteFrame::Rate { conversation, stars, text })
}

fn text(frame: &Map<String, Value>) -> Result<String, Words> {
    let text = without_nul(frame.get("text").and_then(Value::as_str).unwrap_or_default());
    if text.trim().is_empty() {
        return Err(Words::new(
            "Поле `text`: напишите хотя бы один знак.",
            "Field `text`: write at least one character.",
        ));
    }
    let length = text.chars().count();
    if length > MAX_TEXT {
        return Err(Words::new(
            format!(
                "Поле `text`: не больше {MAX_TEXT} знаков, сейчас {length}. Разделите сообщение."
            ),
            format!(
                "Field `text`: at most {MAX_TEXT} characters, now {length}. Split the message."
            ),
        ));
    }
    Ok(text.into_owned())
}

fn values(frame: &Map<String, Value>) -> Result<&Map<String, Value>, Words> {
    frame.get("values").and_then(Value::as_object).ok_or_else(|| {
        Words::new(
            "Поле `values`: нужен объект с полями формы, например name, phone, email.",
            "Field `values`: give an object of the form's fields, such as name, phone, email.",
        )
    })
}

/// A form's value: trimmed, without NUL; `None` when empty.
fn value(values: &Map<String, Value>, key: &str, max: usize) -> Result<Option<String>, Words> {
    let value = match values.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => without_nul(text).trim().to_owned(),
        Some(_) => {
            return Err(Words::new(
                format!("Поле `{key}`: нужен текст."),
                format!("Field `{key}`: give a text."),
            ));
        }
    };
    let length = value.chars().count();
    if length > max {
        return Err(Words::new(
            format!("Поле `{key}`: не больше {max} знаков, сейчас {length}."),
            format!("Field `{key}`: at most {max} characters, now {length}."),
        ));
    }
    Ok((!value.is_empty()).then_some(value))
}

/// What the page speaks with this visitor, when it says one of the languages that it knows.
fn spoken(frame: &Map<String, Value>) -> Option<&str> {
    frame.get("language").and_then(Value::as_str).filter(|l| matches!(*l, "ru" | "en"))
}

pub fn nobody(channel: &Channel, visitor: &str, spoken: Option<&str>) -> Person {
    let language = match settings::language(channel) {
        "auto" => spoken,
        known => Some(known),
    };
    let language = language.map(str::to_owned);
    Person { external_id: visitor.to_owned(), language, ..Person::default() }
}

fn person(
    channel: &Channel,
    visitor: &str,
    values: &Map<String, Value>,
    spoken: Option<&str>,
) -> Result<Person, Words> {
    let phone = value(values, "phone", MAX_PHONE)?;
    if phone.as_deref().is_some_and(|p| !is_phone(p)) {
        return Err(Words::new(
            "Поле `phone`: напишите номер цифрами, например +7 912 345-67-89.",
            "Field `phone`: write the number in digits, such as +7 912 345-67-89.",
        ));
    }
    let email = value(values, "email", MAX_EMAIL)?;
    if email.as_deref().is_some_and(|e| !is_email(e)) {
        return Err(Words::new(
            "Поле `email`: напишите адрес полностью, например ivan@shop.ru.",
            "Field `email`: write the whole address, such as ivan@shop.test.",
        ));
    }
    Ok(Person {
        name: value(values, "name", MAX_NAME)?,
        phones: phone.into_iter().collect(),
        emails: email.into_iter().collect(),
        ..nobody(channel, visitor, spoken)
    })
}

fn form(
    channel: &Channel,
    kind: ConversationKind,
    values: &Map<String, Value>,
) -> Result<Content<NewFile>, Words> {
    // The inbox is read by the company's people: where the page chooses the language, Russian.
    let language = match settings::language(channel) {
        "en" => "en",
        _ => "ru",
    };
    let mut fields = Vec::new();
    for (key, max) in
        [("name", MAX_NAME), ("phone", MAX_PHONE), ("email", MAX_EMAIL), ("text", MAX_TEXT)]
    {
        if let Some(value) = value(values, key, max)? {
            let label = label(key, language).to_owned();
            fields.push(FormField { key: key.to_owned(), label, value, optional: false });
        }
    }
    for key in values.keys().filter(|k| !matches!(k.as_str(), "name" | "phone" | "email" | "text"))
    {
        let is_key = (1..=40).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if !is_key || fields.len() == MAX_FIELDS {
            return Err(Words::new(
                format!("Поле `values`: до {MAX_FIELDS} полей с именами из A–Z, a–z, 0–9, _ и -."),
                format!(
                    "Field `values`: up to {MAX_FIELDS} fields named by A–Z, a–z, 0–9, _ and -."
                ),
            ));
        }
        if let Some(value) = value(values, key, MAX_OTHER)? {
            fields.push(FormField { key: key.clone(), label: key.clone(), value, optional: false });
        }
    }
    if fields.is_empty() {
        return Err(Words::new(
            "Поле `values`: заполните хотя бы одно поле формы.",
            "Field `values`: fill in at least one field of the form.",
        ));
    }
    let title = match (kind, language) {
        (ConversationKind::Request, "en") => "Request from the site",
        (ConversationKind::Request, _) => "Заявка с сайта",
        (ConversationKind::Chat, "en") => "Contact form",
        (ConversationKind::Chat, _) => "Форма сбора контактов",
    };
    Ok(Content::Form { title: title.to_owned(), fields })
}

/// Five digits at least: short inner numbers are nobody's phone. The one normaliser decides later
/// what number it is.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (5..=15).contains(&digits)
        && text.chars().all(|c| {
            c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | '.' | ' ' | '\u{a0}' | '–')
        })
}

/// Looks like an address; whether it is one shows when a letter is sent.
fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    !name.is_empty()
        && host.split('.').count() >= 2
        && host.split('.').all(|label| !label.is_empty())
        && !text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ','))
}
