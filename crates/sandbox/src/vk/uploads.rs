//! Files: what people send, what the community puts up, and what the phone shows.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use serde_json::{Value, json};

use super::letters;

#[derive(Clone, Debug)]
pub(super) struct StoredFile {
    pub id: i64,
    pub name: String,
    pub mime: String,
    /// Nothing once the bound made it go.
    pub bytes: Option<Bytes>,
    /// Signs the address, as VK does.
    pub sign: String,
}

impl StoredFile {
    pub(super) fn path(&self) -> String {
        format!("/files/{}/{}", self.id, self.sign)
    }

    fn extension(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

/// What was put up and not made into an attachment yet.
#[derive(Clone, Debug)]
pub(super) enum Uploaded {
    Photo(i64),
    Doc { file: i64, voice: bool },
}

#[derive(Default)]
pub(super) struct Files {
    by_id: HashMap<i64, StoredFile>,
    oldest_first: VecDeque<i64>,
    stored: usize,
    made: i64,
    /// Upload addresses given out, with the kind that they take.
    pub places: HashMap<String, Place>,
    pub uploaded: HashMap<String, Uploaded>,
    /// Attachments that may be sent, by their name, as the API tells them.
    pub attachments: HashMap<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Photo,
    Doc,
    Voice,
}

impl Files {
    pub(super) fn add(&mut self, name: &str, mime: &str, bytes: Bytes, bound: usize) -> StoredFile {
        self.made += 1;
        let id = 456_000_000 + self.made;
        self.stored += bytes.len();
        let file = StoredFile {
            id,
            name: name.to_owned(),
            mime: mime.to_owned(),
            bytes: Some(bytes),
            sign: letters(16),
        };
        self.oldest_first.push_back(id);
        self.by_id.insert(id, file.clone());
        while self.stored > bound
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            if let Some(bytes) = self.by_id.get_mut(&oldest).and_then(|file| file.bytes.take()) {
                self.stored -= bytes.len();
            }
        }
        file
    }

    pub(super) fn get(&self, id: i64) -> Option<&StoredFile> {
        self.by_id.get(&id)
    }

    pub(super) fn place(&mut self, place: Place) -> String {
        let token = letters(24);
        self.places.insert(token.clone(), place);
        token
    }

    pub(super) fn put_up(&mut self, uploaded: Uploaded) -> String {
        let token = letters(32);
        self.uploaded.insert(token.clone(), uploaded);
        token
    }
}

/// What the first bytes say.
pub(super) fn is_photo(bytes: &[u8]) -> bool {
    let starts: [&[u8]; 3] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8"];
    starts.iter().any(|start| bytes.starts_with(start))
}

/// Programs and songs are not taken as documents.
pub(super) fn is_refused_doc(name: &str) -> bool {
    let name = name.to_lowercase();
    [".exe", ".apk", ".mp3", ".bat"].iter().any(|end| name.ends_with(end))
}

pub(super) fn photo_json(url: &str, owner: i64, file: &StoredFile) -> Value {
    let address = format!("{url}{}", file.path());
    json!({
        "id": file.id, "owner_id": owner, "album_id": -3, "date": super::world::unix_now(),
        "text": "", "has_tags": false, "access_key": "a1b2c3",
        "sizes": [
            { "type": "s", "width": 75, "height": 50, "url": format!("{url}/files/0/small") },
            { "type": "x", "width": 604, "height": 400, "url": address },
        ],
    })
}

pub(super) fn doc_json(url: &str, owner: i64, file: &StoredFile) -> Value {
    let size = file.bytes.as_ref().map_or(0, Bytes::len);
    let kind = match file.extension().to_lowercase().as_str() {
        "gif" => 3,
        "jpg" | "jpeg" | "png" | "webp" => 4,
        "ogg" | "wav" => 5,
        "mp4" | "webm" => 6,
        _ => 8,
    };
    // A document's address leads to the one of its bytes.
    json!({
        "id": file.id, "owner_id": owner, "title": file.name, "size": size,
        "ext": file.extension(), "date": super::world::unix_now(), "type": kind,
        "url": format!("{url}/doc/{}/{}", file.id, file.sign),
    })
}

pub(super) fn voice_json(url: &str, owner: i64, file: &StoredFile, seconds: u32) -> Value {
    json!({
        "id": file.id, "owner_id": owner, "duration": seconds, "waveform": [3, 7, 1],
        "link_ogg": format!("{url}{}", file.path()), "link_mp3": format!("{url}{}", file.path()),
        "access_key": "d4e5f6",
    })
}
