//! Avito's words into ours. Pure.

use channel::{Inbound, InboundMessage, NewFile, NewFileSource, Person, Profile, Removed, Sender};
use chrono::DateTime;
use domain::{
    attribution::Attribution,
    clock::Instant,
    content::{Content, FileKind},
    listing::Listing,
};
use serde_json::{Value, json};

use crate::wire::{Chat, Message};

/// Keys of a file's handle.
pub(crate) const IMAGE: &str = "image";
pub(crate) const VOICE: &str = "voice";

/// What is known of a chat beside its message.
#[derive(Default)]
pub(crate) struct About {
    /// The account whose chat it is.
    pub(crate) us: i64,
    pub(crate) profile: Profile,
}

impl About {
    /// Of a chat's own data.
    pub(crate) fn of(us: i64, chat: &Chat) -> Self {
        let other = chat.users.iter().find(|user| user.id.is_some_and(|id| id != us));
        let person = Person {
            external_id: chat.id.clone().unwrap_or_default(),
            key: other.and_then(|user| user.id).map(|id| id.to_string()),
            name: other.and_then(|user| user.name.clone()),
            ..Person::default()
        };
        Self { us, profile: Profile { person, listing: listing(&chat.context) } }
    }
}

/// The advertisement of a chat's context.
fn listing(context: &Value) -> Option<Listing> {
    if context.get("type").and_then(Value::as_str) != Some("item") {
        return None;
    }
    let item = context.get("value")?;
    let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = item.get("id").and_then(Value::as_i64).map(|id| id.to_string());
    let image = item.pointer("/images/main").and_then(Value::as_object);
    let listing = Listing {
        external_id: id.or_else(|| text("url"))?,
        title: text("title").unwrap_or_default(),
        price: text("price_string"),
        url: text("url"),
        image: image.and_then(largest).map(|(url, _)| url),
    };
    Some(listing.clean())
}

/// A message of a chat; `None` where it has no id or its chat is not told.
pub(crate) fn event(message: &Message, about: &About, raw: &str, now: Instant) -> Option<Inbound> {
    let external_id = message.id.clone()?;
    let kind = message.kind.as_deref().unwrap_or_default();
    if kind == "deleted" {
        // Avito tells when it was written, not when it was taken back.
        return Some(Inbound::Removed(Removed { external_id, at: now }));
    }
    let chat = message.chat_id.clone().filter(|id| !id.is_empty());
    let chat = chat.or_else(|| Some(about.profile.person.external_id.clone()))?;
    if chat.is_empty() {
        return None;
    }
    let us = message.user_id.unwrap_or(about.us);
    let ours = message.author_id == Some(us);
    // Avito itself writes as some user too; it is nobody's key.
    let of_avito = kind == "system" || message.chat_type.as_deref() == Some("a2u");
    let author = message.author_id.filter(|_| !ours && !of_avito).map(|id| id.to_string());
    let known = &about.profile.person;
    let person = Person {
        external_id: chat.clone(),
        key: author.or_else(|| known.key.clone()),
        name: known.name.clone(),
        ..Person::default()
    };
    let content = content(kind, &message.content, &chat);
    let mut read = InboundMessage::new(external_id, time(message, now), person, content);
    read.sender = if ours { Sender::OurSide } else { Sender::Customer };
    read.reply_to = message.quote.as_ref().and_then(|quote| quote.id.clone());
    let by_id =
        message.item_id.map(|id| Listing { external_id: id.to_string(), ..Listing::default() });
    let listing = match (by_id, about.profile.listing.clone()) {
        (Some(id), Some(full)) => Some(id.told(full)),
        (one, other) => other.or(one),
    };
    read.attribution = Attribution { listing, ..Attribution::default() };
    read.automatic = of_avito;
    read.raw = Some(raw.to_owned());
    Some(Inbound::Message(Box::new(read)))
}

fn time(message: &Message, now: Instant) -> Instant {
    let published = message.published_at.as_deref();
    let published = published.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    published
        .map(|at| at.to_utc())
        .or_else(|| DateTime::from_timestamp(message.created?, 0))
        .unwrap_or(now)
}

fn content(kind: &str, content: &Value, chat: &str) -> Content<NewFile> {
    let text = |path: &str| {
        let text = content.pointer(path).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let read = match kind {
        "text" | "system" => text("/text").map(Content::text),
        "image" => content.pointer("/image/sizes").and_then(Value::as_object).and_then(image),
        "voice" => text("/voice/voice_id")
            .map(|id| file(FileKind::Voice, Some("audio/mp4"), json!({ VOICE: id }), (None, None))),
        "link" => {
            let (said, url) = (text("/link/text"), text("/link/url"));
            joined([said.clone(), url.filter(|url| said.as_ref() != Some(url))], "\n")
        }
        "item" => {
            let about = joined_text([text("/item/title"), text("/item/price_string")], ", ");
            joined([about, text("/item/item_url")], "\n")
        }
        "location" => location(content),
        _ => None,
    };
    read.unwrap_or_else(|| Content::Unsupported {
        label: if kind.is_empty() { "message".to_owned() } else { kind.to_owned() },
        text: elsewhere(kind, chat),
    })
}

/// Of these Avito tells no more than that they are there.
fn elsewhere(kind: &str, chat: &str) -> String {
    let what = match kind {
        "call" => "Пропущенный звонок.",
        "appCall" => "Звонок через Авито.",
        "video" => "Видео.",
        "file" => "Файл.",
        "image" => "Картинка.",
        "voice" => "Голосовое сообщение.",
        "system" => "Сообщение Авито.",
        _ => "Сообщение, которое Авито не передаёт.",
    };
    format!("{what} Откройте в Авито: {}", address_of(chat))
}

/// Where a seller reads the chat in Avito itself.
pub(crate) fn address_of(chat: &str) -> String {
    let mut url = String::from("https://www.avito.ru/profile/messenger/channel/");
    url.extend(chat.chars().filter(|c| c.is_ascii_alphanumeric() || "-_~.".contains(*c)));
    url
}

fn joined_text<const N: usize>(parts: [Option<String>; N], by: &str) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(by))
}

fn joined<const N: usize>(parts: [Option<String>; N], by: &str) -> Option<Content<NewFile>> {
    joined_text(parts, by).map(Content::text)
}

fn location(content: &Value) -> Option<Content<NewFile>> {
    let place = content.get("location")?;
    let degrees = |name: &str, most: f64| {
        place.get(name).and_then(Value::as_f64).filter(|value| value.abs() <= most)
    };
    let title = ["title", "text"].iter().find_map(|name| place.get(*name)?.as_str());
    Some(Content::Location {
        latitude: degrees("lat", 90.0)?,
        longitude: degrees("lon", 180.0)?,
        title: title.filter(|title| !title.is_empty()).map(str::to_owned),
    })
}

fn image(sizes: &serde_json::Map<String, Value>) -> Option<Content<NewFile>> {
    let (url, pixels) = largest(sizes)?;
    Some(file(FileKind::Image, None, json!({ IMAGE: url }), pixels))
}

type Pixels = (Option<u32>, Option<u32>);

/// Of addresses by `WIDTHxHEIGHT`.
fn largest(sizes: &serde_json::Map<String, Value>) -> Option<(String, Pixels)> {
    let pixels = |size: &str| {
        let (width, height) = size.split_once('x')?;
        Some((width.parse::<u32>().ok()?, height.parse::<u32>().ok()?))
    };
    let given = sizes.iter().filter_map(|(size, url)| Some((pixels(size), url.as_str()?)));
    let (pixels, url) = given.max_by_key(|(pixels, _)| {
        pixels.map_or(0, |(width, height)| u64::from(width) * u64::from(height))
    })?;
    Some((url.to_owned(), (pixels.map(|p| p.0), pixels.map(|p| p.1))))
}

fn file(
    kind: FileKind,
    mime: Option<&str>,
    handle: Value,
    (width, height): Pixels,
) -> Content<NewFile> {
    let file = NewFile {
        kind,
        name: None,
        mime: mime.map(str::to_owned),
        size: None,
        duration: None,
        width,
        height,
        content_id: None,
        source: NewFileSource::Handle(handle),
    };
    Content::Files { files: vec![file], caption: String::new() }
}
