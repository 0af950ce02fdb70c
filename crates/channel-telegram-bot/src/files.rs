//! Files of incoming messages: which part of a message holds them and what they are.

use channel::{NewFile, NewFileSource};
use domain::{content::FileKind, text::Words};
use serde_json::{Value, json};

use crate::wire::{FileWire, Parts};

/// A bot can download files of up to 20 MB (<https://core.telegram.org/bots/api#getfile>).
pub(crate) const MAX_DOWNLOAD: u64 = 20 << 20;

/// The handle that comes back to `Media::fetch`.
pub(crate) const FILE_ID: &str = "file_id";

/// Parts that hold a file. `animation` stands before `document`, because for old bots Telegram
/// repeats an animation as a document.
const KINDS: &[(&str, FileKind)] = &[
    ("animation", FileKind::Video),
    ("photo", FileKind::Image),
    ("video", FileKind::Video),
    ("video_note", FileKind::VideoNote),
    ("voice", FileKind::Voice),
    ("audio", FileKind::Audio),
    ("document", FileKind::File),
    ("sticker", FileKind::Sticker),
];

/// The file of a message, with the words that go under it.
pub(crate) fn file(message: &Parts<'_>) -> Option<(NewFile, Option<String>)> {
    KINDS.iter().find_map(|&(key, kind)| {
        let wire = match key {
            // A photo comes in several sizes; the largest is the picture itself.
            "photo" => message.get::<Vec<FileWire>>(key)?.into_iter().max_by_key(|s| {
                u64::from(s.width.unwrap_or(0)) * u64::from(s.height.unwrap_or(0))
            })?,
            _ => message.get::<FileWire>(key)?,
        };
        let words = message.get::<String>("caption").or_else(|| wire.emoji.clone());
        Some((new_file(kind, wire), words))
    })
}

fn new_file(kind: FileKind, wire: FileWire) -> NewFile {
    let mime = wire.mime_type.or_else(|| {
        let mime = match kind {
            FileKind::Image => "image/jpeg",
            FileKind::Voice => "audio/ogg",
            FileKind::VideoNote => "video/mp4",
            FileKind::Sticker if wire.is_video => "video/webm",
            FileKind::Sticker if wire.is_animated => "application/x-tgsticker",
            FileKind::Sticker => "image/webp",
            FileKind::Video | FileKind::Audio | FileKind::File => return None,
        };
        Some(mime.to_owned())
    });
    // Old clients send a real GIF as an animation.
    let kind = match mime.as_deref() {
        Some("image/gif") if kind == FileKind::Video => FileKind::Image,
        _ => kind,
    };
    NewFile {
        kind,
        name: wire.file_name,
        mime,
        size: wire.file_size,
        duration: wire.duration,
        width: wire.width.or(wire.length),
        height: wire.height.or(wire.length),
        content_id: None,
        source: match wire.file_size {
            Some(size) if size > MAX_DOWNLOAD => NewFileSource::Unavailable(too_large()),
            _ => NewFileSource::Handle(handle(&wire.file_id)),
        },
    }
}

fn handle(file_id: &str) -> Value {
    json!({ FILE_ID: file_id })
}

fn too_large() -> Words {
    Words::new(
        "Файл больше 20 МБ: Telegram не отдаёт такие файлы ботам. Попросите прислать ссылку.",
        "The file is larger than 20 MB: Telegram does not give such files to bots. Ask for a link.",
    )
}
