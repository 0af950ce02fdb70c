//! What to call for a message: a pure function of it. `upload.rs` carries it out.

use channel::{OutFile, Outbound, SendError};
use domain::content::{Content, FileKind, Span, Style};
use serde::Serialize;
use serde_json::{Value, json};
use teloxide::{
    payloads::{SendContact, SendLocation, SendMessage, SendVenue},
    types::{
        BusinessConnectionId, ChatId, MessageEntity, MessageEntityKind, MessageId, ReplyParameters,
    },
};
use url::Url;

use crate::ids::Chat;

/// The limits of uploads (<https://core.telegram.org/bots/api#sending-files>).
const MAX_PHOTO: u64 = 10 << 20;
pub(crate) const MAX_UPLOAD: u64 = 50 << 20;
/// An album has 2-10 items (<https://core.telegram.org/bots/api#sendmediagroup>).
pub(crate) const MAX_ALBUM: usize = 10;

/// One call that sends the message.
#[derive(Debug)]
pub(crate) enum Plan {
    Json {
        method: &'static str,
        body: Value,
    },
    Upload {
        method: &'static str,
        fields: Vec<(&'static str, String)>,
        files: Vec<(String, OutFile)>,
    },
}

/// How Telegram shows a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Photo,
    Animation,
    Video,
    VideoNote,
    Audio,
    Voice,
    Sticker,
    Document,
}

/// How pictures go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pictures {
    AsPhotos,
    /// Telegram could not make a photo of one.
    AsDocuments,
}

/// Decides what to call.
pub(crate) fn plan(message: &Outbound, pictures: Pictures) -> Result<Plan, SendError> {
    let Ok(chat) = message.recipient.parse::<Chat>() else {
        return Err(rejected("not_found", "the chat id cannot be read"));
    };
    let to = To { reply: reply(message, &chat), chat };
    match &message.content {
        Content::Text { text, spans } => to.text(text, spans),
        Content::Letter { subject, text, files, .. } => {
            let text = [subject.as_str(), text.as_str()]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("\n\n");
            if files.is_empty() { to.text(&text, &[]) } else { to.files(files, &text, pictures) }
        }
        Content::Files { files, caption } => to.files(files, caption, pictures),
        Content::Location { latitude, longitude, title } => {
            to.location(*latitude, *longitude, title.as_deref())
        }
        Content::Contact { name, phone } => to.contact(name, phone.as_deref()),
        Content::Form { .. } => Err(rejected("unsupported", "a form cannot be sent to Telegram")),
        Content::Unsupported { .. } => {
            Err(rejected("unsupported", "this content cannot be sent to Telegram"))
        }
    }
}

fn rejected(code: &'static str, text: &str) -> SendError {
    SendError::Rejected { code, text: text.to_owned() }
}

/// A message that was deleted meanwhile, or is of another chat, does not stop the answer.
fn reply(message: &Outbound, chat: &Chat) -> Option<ReplyParameters> {
    let id = chat.message_id(message.reply_to.as_deref()?)?;
    Some(ReplyParameters::new(MessageId(i32::try_from(id).ok()?)).allow_sending_without_reply())
}

/// Where a message goes.
struct To {
    chat: Chat,
    reply: Option<ReplyParameters>,
}

impl To {
    fn text(&self, text: &str, spans: &[Span]) -> Result<Plan, SendError> {
        let mut payload = SendMessage::new(ChatId(self.chat.id), text);
        let entities: Vec<MessageEntity> = spans.iter().filter_map(entity).collect();
        payload.entities = (!entities.is_empty()).then_some(entities);
        payload.business_connection_id = self.business();
        payload.reply_parameters.clone_from(&self.reply);
        json_plan("sendMessage", &payload)
    }

    fn location(&self, lat: f64, lon: f64, title: Option<&str>) -> Result<Plan, SendError> {
        let Some(title) = title else {
            let mut payload = SendLocation::new(ChatId(self.chat.id), lat, lon);
            payload.business_connection_id = self.business();
            payload.reply_parameters.clone_from(&self.reply);
            return json_plan("sendLocation", &payload);
        };
        let address = format!("{lat:.5}, {lon:.5}");
        let mut payload = SendVenue::new(ChatId(self.chat.id), lat, lon, title, address);
        payload.business_connection_id = self.business();
        payload.reply_parameters.clone_from(&self.reply);
        json_plan("sendVenue", &payload)
    }

    /// Telegram has no contact without a phone: such a one goes as a text.
    fn contact(&self, name: &str, phone: Option<&str>) -> Result<Plan, SendError> {
        let Some(phone) = phone else { return self.text(name, &[]) };
        let mut payload = SendContact::new(ChatId(self.chat.id), phone, name);
        payload.business_connection_id = self.business();
        payload.reply_parameters.clone_from(&self.reply);
        json_plan("sendContact", &payload)
    }

    fn files(&self, files: &[OutFile], caption: &str, as_: Pictures) -> Result<Plan, SendError> {
        if let Some(file) = files.iter().find(|file| file.size > MAX_UPLOAD) {
            return Err(rejected("file_too_large", &format!("{} is larger than 50 MB", file.name)));
        }
        match files {
            [] => Err(rejected("empty", "no file")),
            [file] => self.one_file(file, caption, as_),
            _ if files.len() > MAX_ALBUM => Err(rejected("too_many_files", "more than 10 files")),
            _ => self.album(files, caption, as_),
        }
    }

    fn one_file(&self, file: &OutFile, caption: &str, as_: Pictures) -> Result<Plan, SendError> {
        let shape = match shape(file, as_) {
            // These two cannot carry words.
            Shape::VideoNote if !caption.is_empty() => Shape::Video,
            Shape::Sticker if !caption.is_empty() => Shape::Document,
            shape => shape,
        };
        let (method, field) = shape.method();
        let mut fields = self.fields()?;
        if !caption.is_empty() {
            fields.push(("caption", caption.to_owned()));
        }
        Ok(Plan::Upload { method, fields, files: vec![(field.to_owned(), file.clone())] })
    }

    /// Photos and videos mix in an album, audio stands alone, and everything else goes as
    /// documents (<https://core.telegram.org/bots/api#sendmediagroup>).
    fn album(&self, files: &[OutFile], caption: &str, as_: Pictures) -> Result<Plan, SendError> {
        let shapes: Vec<Shape> = files.iter().map(|file| shape(file, as_)).collect();
        let visual = shapes.iter().all(|s| matches!(s, Shape::Photo | Shape::Video));
        let audio = shapes.iter().all(|s| *s == Shape::Audio);
        let media: Vec<Value> = shapes
            .iter()
            .enumerate()
            .map(|(n, shape)| {
                let kind = match shape {
                    Shape::Photo if visual => "photo",
                    Shape::Video if visual => "video",
                    _ if audio => "audio",
                    _ => "document",
                };
                let mut item = json!({ "type": kind, "media": format!("attach://file{n}") });
                // Telegram shows the only caption of an album under the whole of it.
                if n == 0 && !caption.is_empty() {
                    item["caption"] = caption.into();
                }
                item
            })
            .collect();
        let mut fields = self.fields()?;
        fields.push(("media", Value::from(media).to_string()));
        let files =
            files.iter().enumerate().map(|(n, file)| (format!("file{n}"), file.clone())).collect();
        Ok(Plan::Upload { method: "sendMediaGroup", fields, files })
    }

    fn fields(&self) -> Result<Vec<(&'static str, String)>, SendError> {
        let mut fields = vec![("chat_id", self.chat.id.to_string())];
        if let Some(connection) = &self.chat.business {
            fields.push(("business_connection_id", connection.clone()));
        }
        if let Some(reply) = &self.reply {
            fields.push(("reply_parameters", to_value(reply)?.to_string()));
        }
        Ok(fields)
    }

    fn business(&self) -> Option<BusinessConnectionId> {
        self.chat.business.clone().map(BusinessConnectionId)
    }
}

fn json_plan(method: &'static str, payload: &impl Serialize) -> Result<Plan, SendError> {
    Ok(Plan::Json { method, body: to_value(payload)? })
}

fn to_value(payload: &impl Serialize) -> Result<Value, SendError> {
    serde_json::to_value(payload).map_err(|e| rejected("unsupported", &e.to_string()))
}

impl Shape {
    /// The method and the name of its file field.
    fn method(self) -> (&'static str, &'static str) {
        match self {
            Self::Photo => ("sendPhoto", "photo"),
            Self::Animation => ("sendAnimation", "animation"),
            Self::Video => ("sendVideo", "video"),
            Self::VideoNote => ("sendVideoNote", "video_note"),
            Self::Audio => ("sendAudio", "audio"),
            Self::Voice => ("sendVoice", "voice"),
            Self::Sticker => ("sendSticker", "sticker"),
            Self::Document => ("sendDocument", "document"),
        }
    }
}

/// Each method takes few formats; every other file goes as a document, which takes all.
fn shape(file: &OutFile, pictures: Pictures) -> Shape {
    let mime = file.mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match (file.kind, mime.as_str()) {
        (FileKind::Image, "image/gif") => Shape::Animation,
        (FileKind::Image, "image/jpeg" | "image/jpg" | "image/png" | "image/webp")
            if file.size <= MAX_PHOTO && pictures == Pictures::AsPhotos =>
        {
            Shape::Photo
        }
        (FileKind::Video, "video/mp4") => Shape::Video,
        (FileKind::VideoNote, "video/mp4") => Shape::VideoNote,
        (
            FileKind::Audio,
            "audio/mpeg" | "audio/mp3" | "audio/mp4" | "audio/x-m4a" | "audio/m4a",
        ) => Shape::Audio,
        (
            FileKind::Voice,
            "audio/ogg" | "audio/opus" | "audio/mpeg" | "audio/mp3" | "audio/mp4" | "audio/x-m4a"
            | "audio/m4a",
        ) => Shape::Voice,
        (FileKind::Sticker, "image/webp" | "application/x-tgsticker" | "video/webm") => {
            Shape::Sticker
        }
        (
            FileKind::Image
            | FileKind::Video
            | FileKind::VideoNote
            | FileKind::Audio
            | FileKind::Voice
            | FileKind::File
            | FileKind::Sticker,
            _,
        ) => Shape::Document,
    }
}

pub(crate) fn entity(span: &Span) -> Option<MessageEntity> {
    let kind = match span.style {
        Style::Bold => MessageEntityKind::Bold,
        Style::Italic => MessageEntityKind::Italic,
        Style::Underline => MessageEntityKind::Underline,
        Style::Strike => MessageEntityKind::Strikethrough,
        Style::Code => MessageEntityKind::Code,
        Style::Pre => MessageEntityKind::Pre { language: None },
        Style::Spoiler => MessageEntityKind::Spoiler,
        Style::Quote => MessageEntityKind::Blockquote,
        Style::Link => MessageEntityKind::TextLink { url: Url::parse(span.url.as_deref()?).ok()? },
    };
    Some(MessageEntity::new(
        kind,
        usize::try_from(span.offset).ok()?,
        usize::try_from(span.length).ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::{StreamExt, stream};

    use super::*;

    fn file(kind: FileKind, mime: &str, size: u64) -> OutFile {
        let open: Arc<dyn Fn() -> channel::ByteStream + Send + Sync> =
            Arc::new(|| stream::empty().boxed());
        OutFile { kind, name: "f".to_owned(), mime: mime.to_owned(), size, link: None, open }
    }

    #[test]
    fn cv_6_a_file_goes_by_the_method_that_takes_it() {
        for (kind, mime, size, expected) in [
            (FileKind::Image, "image/jpeg", 100, Shape::Photo),
            (FileKind::Image, "image/jpeg", MAX_PHOTO + 1, Shape::Document),
            (FileKind::Image, "image/heic", 100, Shape::Document),
            (FileKind::Image, "image/gif", 100, Shape::Animation),
            (FileKind::Video, "video/mp4", 100, Shape::Video),
            (FileKind::Video, "video/webm", 100, Shape::Document),
            (FileKind::VideoNote, "video/mp4", 100, Shape::VideoNote),
            (FileKind::Audio, "audio/mpeg", 100, Shape::Audio),
            (FileKind::Audio, "audio/flac", 100, Shape::Document),
            (FileKind::Voice, "audio/ogg; codecs=opus", 100, Shape::Voice),
            (FileKind::Voice, "audio/webm", 100, Shape::Document),
            (FileKind::Sticker, "image/webp", 100, Shape::Sticker),
            (FileKind::File, "image/jpeg", 100, Shape::Document),
        ] {
            let seen = shape(&file(kind, mime, size), Pictures::AsPhotos);
            assert_eq!(seen, expected, "{kind:?} {mime} {size}");
        }
    }

    #[test]
    fn cv_6_an_album_is_of_one_family_or_of_documents() {
        let to = To { chat: Chat { id: 1, business: None }, reply: None };
        let photo = || file(FileKind::Image, "image/png", 10);
        let video = || file(FileKind::Video, "video/mp4", 10);
        let audio = || file(FileKind::Audio, "audio/mpeg", 10);
        for (files, expected) in [
            (vec![photo(), video()], ["photo", "video"]),
            (vec![audio(), audio()], ["audio", "audio"]),
            (vec![photo(), audio()], ["document", "document"]),
        ] {
            let plan = to.files(&files, "words", Pictures::AsPhotos);
            let Ok(Plan::Upload { method, fields, .. }) = plan else { panic!("{plan:?}") };
            assert_eq!(method, "sendMediaGroup");
            let media = fields.iter().find(|(name, _)| *name == "media").map(|(_, v)| v.as_str());
            let media: Vec<Value> = serde_json::from_str(media.unwrap_or("[]")).unwrap();
            let kinds: Vec<&str> = media.iter().filter_map(|m| m["type"].as_str()).collect();
            assert_eq!(kinds, expected);
            assert_eq!(
                (media[0]["caption"].as_str(), media[1].get("caption")),
                (Some("words"), None)
            );
        }
        let eleven: Vec<OutFile> = (0..11).map(|_| photo()).collect();
        assert!(to.files(&eleven, "", Pictures::AsPhotos).is_err());
        assert!(to.files(&[], "", Pictures::AsPhotos).is_err());
    }
}
