//! Visitors' files: which are taken, and under what name. Anybody can send anything here, so a file
//! is what its ending and its first bytes agree on, and its name is cleaned of everything that could
//! deceive an employee. How it is served is decided once for all files, in `app`.

use channel::{Channel, InboundMessage, NewFile, NewFileSource, Sender, SiteFile};
use domain::{
    attribution::Attribution,
    clock::Instant,
    content::{Content, FileKind},
    conversation::ConversationKind,
    text::Words,
};
use serde_json::{Value, json};

use crate::{
    frame::{check_client_id, nobody},
    settings,
};

/// The largest file of a visitor.
pub const MAX_FILE: u64 = 20 * 1024 * 1024;
/// Characters of a name, its ending included.
const LONGEST_NAME: usize = 120;

/// What is taken: ending, how it is shown, content type. No page, script or program.
const TYPES: &[(&str, FileKind, &str)] = &[
    ("jpg", FileKind::Image, "image/jpeg"),
    ("jpeg", FileKind::Image, "image/jpeg"),
    ("png", FileKind::Image, "image/png"),
    ("gif", FileKind::Image, "image/gif"),
    ("webp", FileKind::Image, "image/webp"),
    ("heic", FileKind::Image, "image/heic"),
    ("mp4", FileKind::Video, "video/mp4"),
    ("mov", FileKind::Video, "video/quicktime"),
    ("webm", FileKind::Video, "video/webm"),
    ("mp3", FileKind::Audio, "audio/mpeg"),
    ("m4a", FileKind::Audio, "audio/mp4"),
    ("ogg", FileKind::Audio, "audio/ogg"),
    ("wav", FileKind::Audio, "audio/wav"),
    ("pdf", FileKind::File, "application/pdf"),
    ("doc", FileKind::File, "application/msword"),
    (
        "docx",
        FileKind::File,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("xls", FileKind::File, "application/vnd.ms-excel"),
    ("xlsx", FileKind::File, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("odt", FileKind::File, "application/vnd.oasis.opendocument.text"),
    ("ods", FileKind::File, "application/vnd.oasis.opendocument.spreadsheet"),
    ("rtf", FileKind::File, "application/rtf"),
    ("txt", FileKind::File, "text/plain"),
    ("csv", FileKind::File, "text/csv"),
    ("zip", FileKind::File, "application/zip"),
];

/// First bytes of what could run somewhere, whatever the ending says: Windows, Linux, macOS, a shell
/// script, markup.
const RUNS: &[&[u8]] = &[
    b"MZ",
    b"\x7fELF",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"#!",
    b"<!doctype",
    b"<html",
    b"<script",
    b"<svg",
    b"<?xml",
];

/// What the page says before a file is chosen.
pub fn limits() -> Value {
    let endings: Vec<String> = TYPES.iter().map(|(ending, ..)| format!(".{ending}")).collect();
    json!({ "max_bytes": MAX_FILE, "accept": endings.join(",") })
}

/// The file as a message.
pub fn upload(
    channel: &Channel,
    visitor: &str,
    file: SiteFile,
    now: Instant,
) -> Result<InboundMessage, Words> {
    let client_id = check_client_id(&file.client_id)?;
    if !settings::takes_files(channel) {
        return Err(Words::new(
            "Здесь файлы не принимают. Опишите вопрос словами.",
            "Files are not taken here. Describe the question in words.",
        ));
    }
    let name = clean_name(&file.name);
    let ending = name.rsplit_once('.').map(|(_, e)| e.to_lowercase()).unwrap_or_default();
    let known = TYPES.iter().find(|(known, ..)| *known == ending);
    let Some(&(_, kind, mime)) = known.filter(|_| !runs(&file.bytes)) else {
        return Err(Words::new(
            "Такие файлы не принимаем. Пришлите фото, видео, PDF, документ или таблицу.",
            "Such files are not taken. Send a photo, a video, a PDF, a document or a table.",
        ));
    };
    let size = file.bytes.len() as u64;
    if size == 0 {
        return Err(Words::new(
            "Файл пуст. Выберите другой.",
            "The file is empty. Choose another.",
        ));
    }
    if size > MAX_FILE {
        let most = MAX_FILE >> 20;
        return Err(Words::new(
            format!("Файл больше {most} МБ. Пришлите меньше или ссылку на него."),
            format!("The file is over {most} MB. Send a smaller one, or a link to it."),
        ));
    }
    let new = NewFile {
        kind,
        name: Some(name),
        mime: Some(mime.to_owned()),
        size: Some(size),
        duration: None,
        width: None,
        height: None,
        content_id: None,
        source: NewFileSource::Bytes(file.bytes),
    };
    Ok(InboundMessage {
        external_id: format!("{visitor}:{client_id}"),
        aliases: Vec::new(),
        occurred_at: now,
        person: nobody(channel, visitor, None),
        sender: Sender::Customer,
        content: Content::Files { files: vec![new], caption: String::new() },
        reply_to: None,
        album: None,
        thread: Vec::new(),
        attribution: Attribution::default(),
        kind: ConversationKind::Chat,
        automatic: false,
        cropped: false,
        raw: None,
    })
}

fn runs(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let starts =
        |mark: &[u8]| bytes.get(..mark.len()).is_some_and(|head| head.eq_ignore_ascii_case(mark));
    RUNS.iter().any(|mark| starts(mark))
}

/// The last part of a path, without what cannot be seen: controls, and marks that turn the direction
/// of writing, which make `gpj.exe` of `exe.jpg`.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let seen: String = last.chars().filter(|c| !is_unseen(*c)).collect();
    let seen = seen.trim();
    let (stem, ending) = seen.rsplit_once('.').unwrap_or((seen, ""));
    let room = LONGEST_NAME.saturating_sub(ending.chars().count() + 1);
    let stem: String = stem.trim_matches(['.', ' ']).chars().take(room).collect();
    let stem = if stem.is_empty() { "file".to_owned() } else { stem };
    format!("{stem}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_deceives() {
        for (given, kept) in [
            ("photo.JPG", "photo.JPG"),
            ("C:\\fakepath\\чек 1.pdf", "чек 1.pdf"),
            ("../../etc/passwd.txt", "passwd.txt"),
            ("invoice\u{202e}gpj.exe", "invoicegpj.exe"),
            ("a\r\nb\u{0}.png", "ab.png"),
            (".png", "file.png"),
        ] {
            assert_eq!(clean_name(given), kept, "{given:?}");
        }
        let long = clean_name(&format!("{}.pdf", "я".repeat(500)));
        assert_eq!(long.chars().count(), LONGEST_NAME);
        assert!(long.ends_with(".pdf"));
    }

    #[test]
    fn what_runs_is_known_by_its_first_bytes() {
        for bytes in
            [&b"MZ\x90"[..], b"  <HTML>", b"\xef\xbb\xbf<!DOCTYPE html>", b"#!/bin/sh", b"\n<svg "]
        {
            assert!(runs(bytes), "{bytes:?}");
        }
        assert!(!runs(b"\x89PNG\r\n"));
        assert!(!runs(b"a,b\n1,2"));
    }
}
