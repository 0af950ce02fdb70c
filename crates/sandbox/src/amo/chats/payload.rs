//! What a request to `/v2/origin/custom/{scope_id}` may say, read strictly.
//!
//! Source: "Отправка, редактирование или импорт сообщения" of the chats reference. Fields that are
//! not named there are let through.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::{Host, Url};

use super::{Delivery, Refusal};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Text,
    Contact,
    File,
    Video,
    Picture,
    Voice,
    Audio,
    Sticker,
    Location,
}

pub(super) enum Event {
    New(Box<NewMessage>),
    Edit(Box<EditMessage>),
}

#[derive(Debug, Deserialize)]
pub(super) struct NewMessage {
    pub timestamp: i64,
    pub msec_timestamp: i64,
    pub msgid: String,
    pub conversation_id: String,
    pub conversation_ref_id: Option<String>,
    #[serde(default)]
    pub silent: bool,
    pub source: Option<Source>,
    pub sender: Party,
    pub receiver: Option<Party>,
    pub message: Content,
    pub reply_to: Option<Value>,
    pub forwards: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct EditMessage {
    pub msgid: Option<String>,
    pub id: Option<String>,
    pub conversation_id: Option<String>,
    pub conversation_ref_id: Option<String>,
    pub message: Content,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Source {
    pub external_id: Option<String>,
}

/// A person as the integration names them: the client, an employee, or the channel's bot.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Party {
    pub id: String,
    pub ref_id: Option<String>,
    pub name: Option<String>,
    pub avatar: Option<String>,
    pub profile: Option<Profile>,
    pub profile_link: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Profile {
    pub phone: Option<String>,
    pub email: Option<String>,
}

/// `message` of a payload; what a kind does not need is left out of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Content {
    #[serde(rename = "type")]
    pub kind: Kind,
    #[serde(default)]
    pub text: String,
    pub media: Option<String>,
    pub file_name: Option<String>,
    pub file_size: Option<u64>,
    pub media_duration: Option<u64>,
    pub sticker_id: Option<String>,
    pub location: Option<Location>,
    pub contact: Option<Card>,
    /// Of an outgoing message that comes with its fate.
    pub delivery_status: Option<Status>,
}

/// The body of `delivery_status`, too.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Status {
    pub msgid: Option<String>,
    /// The table of the documentation has this name, its samples the next.
    pub status_code: Option<i64>,
    pub delivery_status: Option<i64>,
    pub error_code: Option<i64>,
    pub error: Option<String>,
}

impl Status {
    pub(super) fn read(&self) -> Result<(i64, Delivery), Refusal> {
        let code = match (self.status_code, self.delivery_status) {
            (Some(a), Some(b)) if a != b => {
                return Err(Refusal::wrong("status_code and delivery_status differ"));
            }
            (a, b) => a.or(b).ok_or_else(|| Refusal::wrong("delivery_status is required"))?,
        };
        let delivery = match (code, self.error_code) {
            (0, _) => Delivery::Sent,
            (1, _) => Delivery::Delivered,
            (2, _) => Delivery::Read,
            (-1, Some(error_code @ 901..=905)) => {
                Delivery::Failed { error_code, error: self.error.clone() }
            }
            (-1, _) => return Err(Refusal::wrong("error_code of a failure is 901 to 905")),
            _ => return Err(Refusal::wrong(format!("delivery_status {code} is not known"))),
        };
        Ok((code, delivery))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Location {
    pub lon: f64,
    pub lat: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub name: String,
    pub phone: String,
}

#[derive(Deserialize)]
struct Envelope {
    event_type: String,
    payload: Value,
}

pub(super) fn read(body: &[u8]) -> Result<Event, Refusal> {
    let Envelope { event_type, payload } = parse(body)?;
    match event_type.as_str() {
        "new_message" => {
            let message: NewMessage = typed(payload)?;
            check_new(&message)?;
            Ok(Event::New(Box::new(message)))
        }
        "edit_message" => {
            let edit: EditMessage = typed(payload)?;
            if edit.msgid.is_none() && edit.id.is_none() {
                return Err(Refusal::wrong("payload.msgid or payload.id is required"));
            }
            if edit.conversation_id.is_none() && edit.conversation_ref_id.is_none() {
                return Err(Refusal::wrong("payload.conversation_id is required"));
            }
            check_content(&edit.message)?;
            Ok(Event::Edit(Box::new(edit)))
        }
        other => Err(Refusal::wrong(format!("event_type {other:?} is not known"))),
    }
}

/// Any body of the chats API: JSON, and of the right types.
pub(super) fn parse<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::wrong(format!("bad body: {error}")))
}

fn typed<T: for<'de> Deserialize<'de>>(payload: Value) -> Result<T, Refusal> {
    serde_json::from_value(payload).map_err(|error| Refusal::wrong(format!("payload: {error}")))
}

fn check_new(message: &NewMessage) -> Result<(), Refusal> {
    filled("payload.msgid", &message.msgid)?;
    filled("payload.conversation_id", &message.conversation_id)?;
    // Seconds and milliseconds that changed places are a moment of the year 54000, or of 1970.
    const YEAR_5138: i64 = 100_000_000_000;
    if message.timestamp > YEAR_5138 || message.msec_timestamp < YEAR_5138 {
        return Err(Refusal::wrong(
            "payload.timestamp is in seconds, msec_timestamp in thousandths",
        ));
    }
    check_source(message.source.as_ref())?;
    check_party("payload.sender", &message.sender)?;
    if let Some(receiver) = &message.receiver {
        check_party("payload.receiver", receiver)?;
    }
    check_content(&message.message)
}

pub(super) fn check_source(source: Option<&Source>) -> Result<(), Refusal> {
    let Some(id) = source.and_then(|source| source.external_id.as_deref()) else { return Ok(()) };
    if id.is_empty() || id.len() > 40 || !id.is_ascii() {
        return Err(Refusal::wrong("source.external_id is 1 to 40 characters of ASCII"));
    }
    Ok(())
}

pub(super) fn check_party(path: &str, party: &Party) -> Result<(), Refusal> {
    filled(&format!("{path}.id"), &party.id)?;
    filled(&format!("{path}.name"), party.name.as_deref().unwrap_or_default())?;
    match &party.avatar {
        Some(avatar) if !avatar.is_empty() => public_url(&format!("{path}.avatar"), avatar),
        _ => Ok(()),
    }
}

fn check_content(content: &Content) -> Result<(), Refusal> {
    let required = |what: &str, there: bool| match there {
        true => Ok(()),
        false => Err(Refusal::wrong(format!(
            "payload.message.{what} is required for the type {}",
            serde_json::to_string(&content.kind).unwrap_or_default(),
        ))),
    };
    let media = content.media.as_deref().filter(|media| !media.is_empty());
    if let Some(media) = media {
        public_url("payload.message.media", media)?;
    }
    match content.kind {
        Kind::Text => required("text", !content.text.trim().is_empty()),
        Kind::File | Kind::Video | Kind::Picture => {
            required("media", media.is_some())?;
            required("file_name", content.file_name.as_ref().is_some_and(|name| !name.is_empty()))?;
            required("file_size", content.file_size.is_some_and(|size| size > 0))
        }
        Kind::Voice | Kind::Audio => required("media", media.is_some()),
        Kind::Sticker => required("media", media.is_some() || content.sticker_id.is_some()),
        Kind::Contact => required("contact", content.contact.is_some()),
        Kind::Location => required("location", content.location.is_some()),
    }
}

fn filled(path: &str, value: &str) -> Result<(), Refusal> {
    match value.is_empty() {
        true => Err(Refusal::wrong(format!("{path} is required"))),
        false => Ok(()),
    }
}

/// amoCRM fetches the media itself. Loopback stands for the open internet in a sandbox; the other
/// addresses that only an inner network knows stay refused.
fn public_url(path: &str, url: &str) -> Result<(), Refusal> {
    let wrong = || Refusal::wrong(format!("{path} is not a public link: {url}"));
    let url = Url::parse(url).map_err(|_| wrong())?;
    let open = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.contains('.'),
        Some(Host::Ipv4(ip)) => {
            !ip.is_private() && !ip.is_link_local() && !ip.is_unspecified() && !ip.is_broadcast()
        }
        Some(Host::Ipv6(ip)) => !ip.is_unspecified() && !ip.is_unique_local(),
        None => false,
    };
    let plain = url.username().is_empty() && url.password().is_none();
    match open && plain && matches!(url.scheme(), "http" | "https") {
        true => Ok(()),
        false => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(message: Value) -> Result<Event, Refusal> {
        let body = json!({"event_type": "new_message", "payload": {
            "timestamp": 1639604761, "msec_timestamp": 1639604761694_i64, "msgid": "m1",
            "conversation_id": "c1", "silent": false,
            "sender": {"id": "u1", "name": "Вася"}, "message": message,
        }});
        read(body.to_string().as_bytes())
    }

    #[test]
    fn amo_13_every_kind_wants_its_own_fields() {
        let url = "https://files.example/1.png";
        for good in [
            json!({"type": "text", "text": "да"}),
            json!({"type": "picture", "media": url, "file_name": "1.png", "file_size": 7}),
            json!({"type": "file", "media": url, "file_name": "1.png", "file_size": 7, "text": "x"}),
            json!({"type": "voice", "media": url}),
            json!({"type": "location", "location": {"lon": 37.6, "lat": 55.7}}),
            json!({"type": "contact", "contact": {"name": "Я", "phone": "+7900"}}),
            json!({"type": "voice", "media": "http://127.0.0.1:1/a.ogg"}),
        ] {
            assert!(with(good.clone()).is_ok(), "{good}");
        }
        for bad in [
            json!({"type": "text", "text": ""}),
            json!({"type": "hologram", "text": "x"}),
            json!({"type": "picture", "media": url, "file_size": 7}),
            json!({"type": "picture", "media": url, "file_name": "1.png"}),
            json!({"type": "picture", "media": url, "file_name": "1.png", "file_size": "7"}),
            json!({"type": "video", "file_name": "1.png", "file_size": 7}),
            json!({"type": "voice", "media": "/files/1"}),
            json!({"type": "voice", "media": "http://10.0.0.7/a.ogg"}),
            json!({"type": "voice", "media": "http://storage:9000/a.ogg"}),
            json!({"type": "location"}),
            json!({"type": "contact", "contact": {"name": "Я"}}),
        ] {
            assert!(with(bad.clone()).is_err(), "{bad}");
        }
    }
}
