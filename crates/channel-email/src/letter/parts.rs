//! The parts of a letter: which are its words, which are its files.

use bytes::Bytes;
use channel::{NewFile, NewFileSource};
use domain::{
    content::FileKind,
    text::{shortened, without_nul},
};
use mail_parser::{Encoding, Message, MessagePart, MimeHeaders, PartType};

use super::charset;

/// The plain text parts that are shown, one after the other.
pub fn plain(message: &Message<'_>) -> String {
    let texts = message.text_body.iter().filter_map(|id| match &message.part(*id)?.body {
        PartType::Text(text) => Some(rescued(message, message.part(*id)?, text)),
        PartType::Html(_)
        | PartType::Binary(_)
        | PartType::InlineBinary(_)
        | PartType::Message(_)
        | PartType::Multipart(_) => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// The HTML parts that are shown, one after the other.
pub fn html(message: &Message<'_>) -> String {
    let texts = message.html_body.iter().filter_map(|id| match &message.part(*id)?.body {
        PartType::Html(text) => Some(rescued(message, message.part(*id)?, text)),
        PartType::Text(_)
        | PartType::Binary(_)
        | PartType::InlineBinary(_)
        | PartType::Message(_)
        | PartType::Multipart(_) => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// Text that the parser could not decode is decoded again with a guessed charset, where its bytes
/// stand in the letter as they are.
fn rescued(message: &Message<'_>, part: &MessagePart<'_>, text: &str) -> String {
    if part.encoding == Encoding::None
        && text.contains('\u{fffd}')
        && let Some(bytes) = raw_body(message, part)
    {
        return charset::guessed(bytes);
    }
    text.to_owned()
}

fn raw_body<'m>(message: &'m Message<'_>, part: &MessagePart<'_>) -> Option<&'m [u8]> {
    let start = usize::try_from(part.raw_body_offset()).ok()?;
    let end = usize::try_from(part.raw_end_offset()).ok()?;
    message.raw_message.get(start..end)
}

/// Attachments and images within the text.
pub fn files(message: &Message<'_>) -> Vec<NewFile> {
    message.attachments.iter().filter_map(|id| file(message, message.part(*id)?)).collect()
}

fn file(message: &Message<'_>, part: &MessagePart<'_>) -> Option<NewFile> {
    let mime = part.content_type().map(|ct| {
        let subtype = ct.subtype().unwrap_or("octet-stream");
        format!("{}/{subtype}", ct.ctype()).to_ascii_lowercase()
    });
    let (bytes, mime, name) = match &part.body {
        PartType::Message(inner) => {
            let bytes = match part.encoding {
                Encoding::None => raw_body(message, part).unwrap_or_default(),
                Encoding::QuotedPrintable | Encoding::Base64 => inner.raw_message(),
            };
            let subject = inner.subject().unwrap_or("letter");
            (bytes, Some("message/rfc822".to_owned()), Some(format!("{subject}.eml")))
        }
        PartType::Text(text) | PartType::Html(text) => (text.as_bytes(), mime, None),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => (bytes.as_ref(), mime, None),
        PartType::Multipart(_) => return None,
    };
    let name = part.attachment_name().map(str::to_owned).or(name);
    let content_id = part
        .content_id()
        .map(|id| shortened(without_nul(id.trim_matches(['<', '>', ' '])).as_ref(), 200));
    if bytes.is_empty() && name.is_none() {
        return None;
    }
    Some(new_file(bytes, mime, name, content_id))
}

fn new_file(
    bytes: &[u8],
    mime: Option<String>,
    name: Option<String>,
    content_id: Option<String>,
) -> NewFile {
    NewFile {
        kind: kind(mime.as_deref().unwrap_or_default()),
        name: name.map(|n| safe_name(&n)).filter(|n| !n.is_empty()),
        mime: mime.filter(|m| m.len() < 120 && m.is_ascii()),
        size: u64::try_from(bytes.len()).ok(),
        duration: None,
        width: None,
        height: None,
        content_id,
        source: NewFileSource::Bytes(Bytes::copy_from_slice(bytes)),
    }
}

/// How it is shown. Only images that every browser draws count as images.
fn kind(mime: &str) -> FileKind {
    match mime {
        "image/png" | "image/jpeg" | "image/jpg" | "image/gif" | "image/webp" => FileKind::Image,
        _ if mime.starts_with("video/") => FileKind::Video,
        _ if mime.starts_with("audio/") => FileKind::Audio,
        _ => FileKind::File,
    }
}

/// A name without folders and control characters.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).collect();
    shortened(clean.trim().trim_start_matches('.'), 200)
}

/// The text if it is short enough; else its beginning, and the whole of it as a file.
pub fn within(text: String, max: usize, name: &str, files: &mut Vec<NewFile>) -> String {
    if text.chars().nth(max).is_none() {
        return text;
    }
    let mime = Some("text/plain".to_owned());
    files.push(new_file(text.as_bytes(), mime, Some(name.to_owned()), None));
    shortened(&text, max)
}
