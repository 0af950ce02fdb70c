//! A chat between a buyer and a seller: what both do in it with Avito's own apps.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    deliver,
    world::{Shared, sizes},
};
use crate::Error;

#[derive(Clone)]
pub struct Chat {
    pub id: String,
    pub seller: i64,
    pub buyer: i64,
    pub(super) shared: Arc<Shared>,
}

/// A message as the phone shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    pub id: String,
    pub from_buyer: bool,
    /// `text`, `image` … as Avito calls it.
    pub kind: String,
    pub text: String,
    pub content: Value,
    pub created: i64,
    pub read: bool,
    pub quote: Option<String>,
}

impl Chat {
    /// The buyer writes. Returns the message's id, as all of these do.
    pub fn says(&self, text: &str) -> String {
        self.sends("text", json!({"text": text}))
    }

    pub fn quotes(&self, quoted: &str, text: &str) -> String {
        self.put(self.buyer, "text", json!({"text": text}), Some(quoted.to_owned()))
    }

    /// The seller writes in Avito's own app.
    pub fn seller_says(&self, text: &str) -> String {
        self.put(self.seller, "text", json!({"text": text}), None)
    }

    pub fn sends_image(&self, mime: &str, bytes: impl Into<Bytes>) -> String {
        let file = self.shared.change(|world| world.keep_file(mime, bytes.into(), None));
        self.sends("image", json!({"image": {"sizes": sizes(&self.shared.url, &file)}}))
    }

    /// Opus in an mp4.
    pub fn sends_voice(&self, bytes: impl Into<Bytes>) -> String {
        let id = self.shared.change(|world| {
            let until = Some(world.now());
            world.keep_file("audio/mp4", bytes.into(), until)
        });
        self.sends("voice", json!({"voice": {"voice_id": id}}))
    }

    pub fn sends_location(&self, lat: f64, lon: f64, title: &str) -> String {
        let place =
            json!({"lat": lat, "lon": lon, "kind": "street", "text": title, "title": title});
        self.sends("location", json!({"location": place}))
    }

    pub fn sends_link(&self, text: &str, url: &str) -> String {
        self.sends("link", json!({"link": {"text": text, "url": url, "preview": null}}))
    }

    pub fn sends_item(&self, title: &str, price: &str, url: &str) -> String {
        let item =
            json!({"title": title, "price_string": price, "item_url": url, "image_url": url});
        self.sends("item", json!({"item": item}))
    }

    /// `call`, `appCall`, `file`, `video` and whatever Avito invents next.
    pub fn sends(&self, kind: &str, content: Value) -> String {
        self.put(self.buyer, kind, content, None)
    }

    /// Avito's own bot writes into the chat.
    pub fn system_says(&self, text: &str) -> String {
        self.put(1, "system", json!({"flow_id": "seller_audience_discount", "text": text}), None)
    }

    fn put(&self, author: i64, kind: &str, content: Value, quote: Option<String>) -> String {
        let message = self.shared.change(|world| world.put(&self.id, author, kind, content, quote));
        let Some(message) = message else { return String::new() };
        deliver::message(&self.shared, &self.id, &message);
        message.id
    }

    /// Whoever wrote it takes it back.
    pub fn deletes(&self, id: &str) {
        let deleted = self.shared.change(|world| {
            let message = world.chats.get_mut(&self.id)?.message_mut(id)?;
            "deleted".clone_into(&mut message.kind);
            message.content = json!({});
            Some(message.clone())
        });
        if let Some(message) = deleted {
            deliver::message(&self.shared, &self.id, &message);
        }
    }

    /// Avito can no longer give out this chat's messages (a status), or can again.
    pub fn breaks(&self, status: Option<u16>) {
        self.shared.change(|world| {
            if let Some(chat) = world.chats.get_mut(&self.id) {
                chat.broken = status;
            }
        });
    }

    /// The buyer opens the chat: everything of the seller is read.
    pub fn reads(&self) {
        self.shared.change(|world| {
            let now = world.now();
            let chat = world.chats.get_mut(&self.id);
            let theirs = chat.into_iter().flat_map(|chat| chat.messages.iter_mut());
            for message in theirs.filter(|message| message.author == self.seller) {
                message.read.get_or_insert(now);
            }
        });
    }

    /// What the phone shows, oldest first.
    #[must_use]
    pub fn transcript(&self) -> Vec<Shown> {
        let world = self.shared.world();
        let Some(chat) = world.chats.get(&self.id) else { return Vec::new() };
        let shown = |m: &super::world::Message| Shown {
            id: m.id.clone(),
            from_buyer: m.author == self.buyer,
            kind: m.kind.clone(),
            text: m.content["text"].as_str().unwrap_or_default().to_owned(),
            content: m.content.clone(),
            created: m.created,
            read: m.read.is_some(),
            quote: m.quote.clone(),
        };
        chat.messages.iter().map(shown).collect()
    }

    /// The seller has read everything that the buyer wrote.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.shared.world().chats.get(&self.id).is_some_and(|chat| !chat.is_unread())
    }

    /// Waits for a message of the seller.
    pub async fn wait_for(
        &self,
        timeout: Duration,
        mut wanted: impl FnMut(&Shown) -> bool,
    ) -> Result<Shown, Error> {
        let look =
            || self.transcript().into_iter().find(|shown| !shown.from_buyer && wanted(shown));
        self.shared.until(timeout, look, || format!("{:?}", self.transcript())).await
    }

    pub async fn wait_for_text(&self, timeout: Duration, text: &str) -> Result<Shown, Error> {
        self.wait_for(timeout, |shown| shown.text == text).await
    }
}
