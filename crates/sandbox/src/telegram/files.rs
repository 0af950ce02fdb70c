//! Files of one sandbox, with a bound on the bytes kept.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a file is to a messenger; decides its place in a message and its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Photo,
    Document,
    Voice,
    Audio,
    Video,
    VideoNote,
    Sticker,
    Animation,
}

impl MediaKind {
    pub(super) const ALL: [Self; 8] = [
        Self::Photo,
        Self::Animation,
        Self::Document,
        Self::Voice,
        Self::Audio,
        Self::VideoNote,
        Self::Video,
        Self::Sticker,
    ];

    /// The field of the message, and the argument of the method that sends it.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Document => "document",
            Self::Voice => "voice",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::VideoNote => "video_note",
            Self::Sticker => "sticker",
            Self::Animation => "animation",
        }
    }

    /// As error texts of the official server name it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Photo => "Photo",
            Self::Document => "Document",
            Self::Voice => "VoiceNote",
            Self::Audio => "Audio",
            Self::Video => "Video",
            Self::VideoNote => "VideoNote",
            Self::Sticker => "Sticker",
            Self::Animation => "Animation",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Photo => "photos",
            Self::Document => "documents",
            Self::Voice => "voice",
            Self::Audio => "music",
            Self::Video => "videos",
            Self::VideoNote => "video_notes",
            Self::Sticker => "stickers",
            Self::Animation => "animations",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Photo => "jpg",
            Self::Document => "bin",
            Self::Voice => "oga",
            Self::Audio => "mp3",
            Self::Video | Self::VideoNote | Self::Animation => "mp4",
            Self::Sticker => "webp",
        }
    }

    fn mime(self) -> &'static str {
        match self {
            Self::Photo => "image/jpeg",
            Self::Document => "application/octet-stream",
            Self::Voice => "audio/ogg",
            Self::Audio => "audio/mpeg",
            Self::Video | Self::VideoNote | Self::Animation => "video/mp4",
            Self::Sticker => "image/webp",
        }
    }
}

/// A file before it has an id.
#[derive(Clone, Debug)]
pub(super) struct NewFile {
    pub kind: MediaKind,
    pub bytes: Bytes,
    /// May be larger than the bytes there are: a file too big to download needs none.
    pub size: u64,
    pub file_name: Option<String>,
    pub mime: Option<String>,
    pub seconds: u32,
}

#[derive(Clone, Debug)]
pub(super) struct StoredFile {
    pub bot_id: i64,
    pub file_id: String,
    pub unique_id: String,
    pub path: String,
    pub kind: MediaKind,
    pub size: u64,
    pub file_name: Option<String>,
    pub mime: String,
    pub seconds: u32,
    pub width: u32,
    pub height: u32,
    /// Nothing once the bound made it go.
    pub bytes: Option<Bytes>,
}

#[derive(Default)]
pub(super) struct Files {
    by_id: HashMap<String, StoredFile>,
    by_path: HashMap<(i64, String), String>,
    oldest_first: VecDeque<String>,
    stored: usize,
    made: u64,
}

impl Files {
    pub(super) fn add(&mut self, bot_id: i64, new: NewFile, bound: usize) -> StoredFile {
        self.made += 1;
        let number = self.made;
        let extension = new
            .file_name
            .as_deref()
            .and_then(|name| name.rsplit_once('.'))
            .map(|(_, extension)| extension)
            .filter(|extension| extension.chars().all(|c| c.is_ascii_alphanumeric()))
            .unwrap_or(new.kind.extension());
        let (width, height) = dimensions(&new.bytes).unwrap_or(match new.kind {
            MediaKind::Sticker => (512, 512),
            MediaKind::VideoNote => (384, 384),
            _ => (800, 600),
        });
        let file = StoredFile {
            bot_id,
            file_id: format!("BQACAgIAAxkBAAI{bot_id}-{}-{number}", new.kind.field()),
            unique_id: format!("AgAD{number}"),
            path: format!("{}/file_{number}.{extension}", new.kind.folder()),
            kind: new.kind,
            size: new.size,
            mime: new.mime.unwrap_or_else(|| new.kind.mime().to_owned()),
            file_name: new.file_name,
            seconds: new.seconds,
            width,
            height,
            bytes: Some(new.bytes.clone()),
        };
        self.stored += new.bytes.len();
        self.oldest_first.push_back(file.file_id.clone());
        self.by_path.insert((bot_id, file.path.clone()), file.file_id.clone());
        self.by_id.insert(file.file_id.clone(), file.clone());
        self.keep_within(bound);
        file
    }

    fn keep_within(&mut self, bound: usize) {
        while self.stored > bound
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            if let Some(bytes) = self.by_id.get_mut(&oldest).and_then(|file| file.bytes.take()) {
                self.stored -= bytes.len();
            }
        }
    }

    pub(super) fn get(&self, file_id: &str) -> Option<&StoredFile> {
        // The small size of a photo has an id of its own and the same bytes.
        self.by_id.get(file_id.strip_suffix("-s").unwrap_or(file_id))
    }

    pub(super) fn at_path(&self, bot_id: i64, path: &str) -> Option<&StoredFile> {
        self.by_path.get(&(bot_id, path.to_owned())).and_then(|id| self.by_id.get(id))
    }

    #[cfg(test)]
    fn stored(&self) -> usize {
        self.stored
    }
}

impl StoredFile {
    /// The value of the message's field, after <https://core.telegram.org/bots/api#available-types>.
    pub(super) fn json(&self) -> Value {
        let mut json = json!({
            "file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": self.size,
        });
        let square = self.width.min(self.height);
        let more = match self.kind {
            MediaKind::Photo => {
                let small = json!({
                    "file_id": format!("{}-s", self.file_id),
                    "file_unique_id": format!("{}s", self.unique_id),
                    "file_size": self.size,
                    "width": (self.width / 4).max(1), "height": (self.height / 4).max(1),
                });
                json["width"] = json!(self.width);
                json["height"] = json!(self.height);
                return json!([small, json]);
            }
            MediaKind::Document => json!({"file_name": self.file_name, "mime_type": self.mime}),
            MediaKind::Voice => json!({"duration": self.seconds, "mime_type": self.mime}),
            MediaKind::Audio => json!({
                "duration": self.seconds, "file_name": self.file_name, "mime_type": self.mime,
            }),
            MediaKind::Video | MediaKind::Animation => json!({
                "duration": self.seconds, "width": self.width, "height": self.height,
                "file_name": self.file_name, "mime_type": self.mime,
            }),
            MediaKind::VideoNote => json!({"duration": self.seconds, "length": square}),
            MediaKind::Sticker => json!({
                "type": "regular", "width": self.width, "height": self.height,
                "is_animated": self.mime == "application/x-tgsticker",
                "is_video": self.mime == "video/webm", "emoji": "🙂",
            }),
        };
        for (name, value) in more.as_object().into_iter().flatten() {
            if !value.is_null() {
                json[name] = value.clone();
            }
        }
        json
    }
}

/// What the first bytes say, for a photo.
pub(super) fn is_image(bytes: &[u8]) -> bool {
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let starts: [&[u8]; 4] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM"];
    webp || starts.iter().any(|start| bytes.starts_with(start))
}

/// Of a PNG only; other formats get a usual size.
fn dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return None;
    }
    let number = |at: usize| -> Option<u32> {
        let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(four)).filter(|n| (1..=10_000).contains(n))
    };
    Some((number(16)?, number(20)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_bytes_go_when_the_bound_is_met() {
        let mut files = Files::default();
        let new = || NewFile {
            kind: MediaKind::Document,
            bytes: Bytes::from(vec![1; 60]),
            size: 60,
            file_name: Some("a.pdf".to_owned()),
            mime: None,
            seconds: 0,
        };
        let first = files.add(1, new(), 100);
        let second = files.add(1, new(), 100);
        assert_eq!(files.stored(), 60);
        assert!(files.get(&first.file_id).is_some_and(|file| file.bytes.is_none()));
        assert!(files.get(&second.file_id).is_some_and(|file| file.bytes.is_some()));
        assert!(second.path.ends_with(".pdf"));
    }
}
