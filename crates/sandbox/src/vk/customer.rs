//! The person at the phone. Each act happens at once and is told to the community as an event.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    Community, Shown, deliver,
    dialogue::{self, New},
    letters,
    uploads::{doc_json, photo_json, voice_json},
    world::{CommunityState, Shared},
};
use crate::Error;

#[derive(Clone)]
pub struct Customer {
    pub id: i64,
    pub(super) shared: Arc<Shared>,
}

/// What a person attaches.
#[derive(Clone, Debug)]
pub enum Attachment {
    Photo(Bytes),
    Doc {
        name: String,
        mime: String,
        bytes: Bytes,
    },
    Voice {
        bytes: Bytes,
        seconds: u32,
    },
    Sticker(Bytes),
    /// VK tells of videos without a file.
    Video {
        title: String,
    },
    /// Goods of the community's shop.
    Goods {
        title: String,
        price: String,
    },
    Link {
        url: String,
        title: String,
    },
    /// A post of the community.
    Post {
        text: String,
    },
    /// As the API would tell it, known or not.
    Raw(Value),
}

impl Attachment {
    pub fn photo(bytes: impl Into<Bytes>) -> Self {
        Self::Photo(bytes.into())
    }

    pub fn doc(name: &str, mime: &str, bytes: impl Into<Bytes>) -> Self {
        Self::Doc { name: name.to_owned(), mime: mime.to_owned(), bytes: bytes.into() }
    }

    pub fn voice(bytes: impl Into<Bytes>, seconds: u32) -> Self {
        Self::Voice { bytes: bytes.into(), seconds }
    }

    fn json(self, shared: &Shared, owner: i64, community: i64) -> Value {
        let (url, bound) = (&shared.url, shared.options.stored_bytes);
        let add = |name: &str, mime: &str, bytes: Bytes| {
            shared.world().files.add(name, mime, bytes, bound)
        };
        let with = |kind: &str, object: Value| json!({ "type": kind, kind: object });
        match self {
            Self::Photo(bytes) => {
                with("photo", photo_json(url, owner, &add("photo.jpg", "image/jpeg", bytes)))
            }
            Self::Doc { name, mime, bytes } => {
                with("doc", doc_json(url, owner, &add(&name, &mime, bytes)))
            }
            Self::Voice { bytes, seconds } => {
                let file = add("voice.ogg", "audio/ogg", bytes);
                with("audio_message", voice_json(url, owner, &file, seconds))
            }
            Self::Sticker(bytes) => {
                let address = format!("{url}{}", add("sticker.png", "image/png", bytes).path());
                let image = json!({ "url": address, "width": 512, "height": 512 });
                let sticker = json!({ "inner_type": "base_sticker_new", "sticker_id": 9046,
                    "product_id": 279, "images": [image], "is_allowed": true });
                with("sticker", sticker)
            }
            Self::Video { title } => with(
                "video",
                json!({ "id": 456_239_017, "owner_id": owner, "title": title, "duration": 12,
                    "width": 640, "height": 360, "access_key": "e7" }),
            ),
            Self::Goods { title, price } => with(
                "market",
                json!({ "id": 77, "owner_id": -community, "title": title, "availability": 0,
                    "price": { "amount": "90000", "currency": { "id": 643, "name": "RUB" },
                        "text": price },
                    "thumb_photo": "https://sun9-1.userapi.test/thumb.jpg" }),
            ),
            Self::Link { url, title } => with(
                "link",
                json!({ "url": url, "title": title, "caption": "", "description": "" }),
            ),
            Self::Post { text } => with(
                "wall",
                json!({ "id": 15, "owner_id": -community, "from_id": -community,
                    "to_id": -community, "text": text, "date": 1_790_000_000 }),
            ),
            Self::Raw(value) => value,
        }
    }
}

impl Customer {
    /// Writes. The number of the message in the dialogue.
    pub fn sends_text(&self, to: &Community, text: &str) -> i64 {
        self.writes(to.id, New::of(self.id, text))
    }

    pub fn sends(&self, to: &Community, text: &str, attachments: Vec<Attachment>) -> i64 {
        let json = attachments.into_iter().map(|a| a.json(&self.shared, self.id, to.id));
        let json: Vec<Value> = json.collect();
        self.writes(to.id, New::of(self.id, text).with("attachments", json!(json)))
    }

    /// Follows a link `https://vk.me/…?ref=…&ref_source=…` and writes.
    pub fn comes_by_link(&self, to: &Community, reference: &str, source: &str, text: &str) -> i64 {
        let new = New::of(self.id, text);
        let new = new.with("ref", json!(reference)).with("ref_source", json!(source));
        self.writes(to.id, new)
    }

    pub fn sends_place(&self, to: &Community, text: &str, latitude: f64, longitude: f64) -> i64 {
        let geo = json!({ "type": "point",
            "coordinates": { "latitude": latitude, "longitude": longitude },
            "place": { "title": "Красная площадь", "city": "Москва", "country": "Россия" } });
        self.writes(to.id, New::of(self.id, text).with("geo", geo))
    }

    pub fn replies(&self, to: &Community, cmid: i64, text: &str) -> Result<i64, Error> {
        let quoted = self.with(to, |c| dialogue::quoted(c, self.id, cmid));
        let quoted = quoted.ok_or(Error::NoSuchMessage { message_id: cmid })?;
        Ok(self.writes(to.id, New::of(self.id, text).with("reply_message", quoted)))
    }

    /// Forwards somebody's words from elsewhere.
    pub fn forwards(&self, to: &Community, text: &str, words: &str) -> i64 {
        let inner = json!({ "id": 0, "conversation_message_id": 3, "date": 1_790_000_000,
            "from_id": 5, "peer_id": 5, "text": words, "attachments": [] });
        self.writes(to.id, New::of(self.id, text).with("fwd_messages", json!([inner])))
    }

    /// A message so large that the event holds its beginning alone.
    pub fn sends_long(&self, to: &Community, text: &str) -> i64 {
        let kept = self.shared.options.kept;
        let whole = self.with(to, |community| {
            community.dialogue(self.id).allowed = true;
            Some(dialogue::keep(community, New::of(self.id, text), kept))
        });
        let Some(mut event) = whole else { return 0 };
        let cmid = event["conversation_message_id"].as_i64().unwrap_or_default();
        event["text"] = json!(text.chars().take(20).collect::<String>());
        event["is_cropped"] = json!(true);
        self.tell_new(to.id, event);
        cmid
    }

    /// Writes while the community hears nothing of it, as when a callback was lost for good.
    pub fn sends_unheard(&self, to: &Community, text: &str) -> i64 {
        let kept = self.shared.options.kept;
        let message = self.with(to, |community| {
            community.dialogue(self.id).allowed = true;
            Some(dialogue::keep(community, New::of(self.id, text), kept))
        });
        message.and_then(|m| m["conversation_message_id"].as_i64()).unwrap_or_default()
    }

    pub fn edits(&self, to: &Community, cmid: i64, text: &str) -> Result<(), Error> {
        let message = self.with(to, |community| {
            let message = community.dialogue(self.id).message_mut(cmid).filter(|m| !m.out)?;
            Some(dialogue::rewrite(message, text, None))
        });
        let message = message.ok_or(Error::NoSuchMessage { message_id: cmid })?;
        dialogue::tell_edited(&self.shared, to.id, message);
        Ok(())
    }

    /// Reads everything that the community wrote.
    pub fn reads(&self, to: &Community) {
        let last = self.with(to, |community| {
            let dialogue = community.dialogue(self.id);
            let last = dialogue.messages.iter().rev().find(|m| m.out && !m.deleted)?;
            let (cmid, id) = (last.cmid, last.json["id"].as_i64().unwrap_or_default());
            dialogue.out_read = cmid;
            Some((cmid, id))
        });
        if let Some((cmid, id)) = last {
            let object = json!({ "from_id": self.id, "peer_id": self.id, "read_message_id": id,
                "conversation_message_id": cmid });
            deliver::tell(&self.shared, to.id, "message_read", object);
        }
    }

    pub fn types(&self, to: &Community) {
        let object = json!({ "state": "typing", "from_id": self.id, "to_id": -to.id });
        deliver::tell(&self.shared, to.id, "message_typing_state", object);
    }

    /// Allows messages by a page's button; `key` is what the page gave it.
    pub fn allows(&self, to: &Community, key: &str) {
        self.with(to, |community| {
            community.dialogue(self.id).allowed = true;
            Some(())
        });
        let object = json!({ "user_id": self.id, "key": key });
        deliver::tell(&self.shared, to.id, "message_allow", object);
    }

    pub fn denies(&self, to: &Community) {
        self.with(to, |community| {
            community.dialogue(self.id).allowed = false;
            Some(())
        });
        deliver::tell(&self.shared, to.id, "message_deny", json!({ "user_id": self.id }));
    }

    /// Puts a reaction on a message, by VK's number of it.
    pub fn reacts(&self, to: &Community, cmid: i64, reaction: i64) {
        let object = json!({ "reacted_id": self.id, "peer_id": self.id, "cmid": cmid,
            "reaction_id": reaction });
        deliver::tell(&self.shared, to.id, "message_reaction_event", object);
    }

    /// Presses a button under a message of the community. The id by which the press is answered.
    pub fn presses(&self, to: &Community, cmid: i64, payload: Value) -> String {
        let id = letters(12).to_lowercase();
        let object = json!({ "user_id": self.id, "peer_id": self.id, "event_id": id,
            "payload": payload, "conversation_message_id": cmid });
        deliver::tell(&self.shared, to.id, "message_event", object);
        id
    }

    /// Whether the button stopped turning.
    #[must_use]
    pub fn press_was_answered(&self, to: &Community, id: &str) -> bool {
        let world = self.shared.world();
        let community = world.communities.get(&to.id);
        community.is_some_and(|c| c.answered_presses.iter().any(|answered| answered == id))
    }

    /// What the phone shows, oldest first.
    #[must_use]
    pub fn transcript(&self, with: &Community) -> Vec<Shown> {
        transcript(&self.shared, with.id, self.id)
    }

    /// Waits for a message of the community with this very text.
    pub async fn wait_for_text(
        &self,
        from: &Community,
        timeout: Duration,
        text: &str,
    ) -> Result<Shown, Error> {
        let look = || self.transcript(from).into_iter().find(|m| m.out && m.text == text);
        let seen = || {
            let texts = self.transcript(from).into_iter().map(|shown| shown.text);
            format!("{:?}", texts.collect::<Vec<_>>())
        };
        self.shared.until(timeout, look, seen).await
    }

    /// The bytes of a file that the phone shows, by the message and its place in it.
    #[must_use]
    pub fn bytes_of(&self, shown: &Shown, place: usize) -> Option<Bytes> {
        let attachment = shown.raw["attachments"].get(place)?;
        let kind = attachment["type"].as_str()?;
        let id = attachment[kind]["id"].as_i64()?;
        self.shared.world().files.get(id)?.bytes.clone()
    }

    fn writes(&self, community: i64, new: New) -> i64 {
        writes(&self.shared, community, new)
    }

    fn tell_new(&self, community: i64, message: Value) {
        tell_new(&self.shared, community, message);
    }

    fn with<T>(
        &self,
        community: &Community,
        act: impl FnOnce(&mut CommunityState) -> Option<T>,
    ) -> Option<T> {
        self.shared.change(|world| world.communities.get_mut(&community.id).and_then(act))
    }
}

/// Whoever writes allows to be answered.
fn writes(shared: &Arc<Shared>, community: i64, new: New) -> i64 {
    let kept = shared.options.kept;
    let message = shared.change(|world| {
        let community = world.communities.get_mut(&community)?;
        community.dialogue(new.peer).allowed = true;
        Some(dialogue::keep(community, new, kept))
    });
    let Some(message) = message else { return 0 };
    let cmid = message["conversation_message_id"].as_i64().unwrap_or_default();
    tell_new(shared, community, message);
    cmid
}

fn tell_new(shared: &Arc<Shared>, community: i64, message: Value) {
    let client_info = json!({ "button_actions": ["text", "open_link", "callback"],
        "keyboard": true, "inline_keyboard": true, "carousel": true, "lang_id": 0 });
    let object = json!({ "message": message, "client_info": client_info });
    deliver::tell(shared, community, "message_new", object);
}

pub(super) fn transcript(shared: &Shared, community: i64, peer: i64) -> Vec<Shown> {
    let world = shared.world();
    let dialogue = world.communities.get(&community).and_then(|c| c.dialogues.get(&peer));
    let Some(dialogue) = dialogue else { return Vec::new() };
    let messages = dialogue.messages.iter().filter(|message| !message.deleted);
    messages.map(|message| Shown::of(message, dialogue)).collect()
}
