//! The person with the phone. Each act happens at once and is told to the dealer's system.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    Dealer, deliver,
    world::{Line, World, body, push},
};
use crate::Error;

/// A buyer in the chat with one dealer.
#[derive(Clone)]
pub struct Buyer {
    pub id: String,
    pub(super) dealer: Dealer,
}

/// A message on the buyer's phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub id: String,
    /// Written by the buyer.
    pub mine: bool,
    pub kind: String,
    pub text: Option<String>,
    /// Whom the dealer's message is from.
    pub sender: Option<String>,
    /// The dealer has read it.
    pub seen: bool,
    /// The picture's bytes, once fetched.
    pub picture: Option<Bytes>,
}

impl Buyer {
    /// Writes about the dealer's car of this number. The answer is the message's id.
    pub fn writes(&self, car: usize, text: &str) -> String {
        self.says(Some(car), json!({"type": "text", "text": text}), None)
    }

    /// Sends a picture.
    pub fn sends_photo(&self, car: usize, mime: &str, bytes: impl Into<Bytes>) -> String {
        let shared = &self.dealer.shared;
        let (bytes, limit) = (bytes.into(), shared.options.stored_bytes);
        let name = shared.change(|world| {
            let name = world.new_id();
            world.pictures.keep(&name, mime, bytes, limit);
            name
        });
        let file = format!("{}/sandbox/pictures/{name}", shared.url);
        self.says(Some(car), json!({"type": "photo", "file": file, "thumb": file}), Some(name))
    }

    /// Sends something that the document does not know (yet).
    pub fn sends_other(&self, message: Value) -> String {
        self.says(None, message, None)
    }

    fn says(&self, car: Option<usize>, mut message: Value, picture: Option<String>) -> String {
        let shared = &self.dealer.shared;
        let (id, request) = shared.change(|world| {
            let id = world.new_id();
            message["id"] = json!(id);
            let dealer = world.dealers.get(&self.dealer.id);
            let car = car.and_then(|n| dealer?.cars.get(n).cloned());
            let name = world.buyers.get(&self.id).cloned().unwrap_or_default();
            let request = body(&self.id, &name, car.as_ref(), &message);
            let text = |key: &str| message.get(key).and_then(Value::as_str).map(str::to_owned);
            let line = Line {
                id: id.clone(),
                mine: true,
                kind: text("type").unwrap_or_default(),
                text: text("text"),
                picture,
                car: car.map(|car| car.title),
                sender: None,
                seen: false,
                at: SystemTime::now(),
            };
            self.chat(world, |chat| push(chat, line, shared.options.kept));
            if let Some(dealer) = world.dealers.get_mut(&self.dealer.id) {
                dealer.last = Some(request.clone());
            }
            (id, request)
        });
        deliver::start(shared, self.dealer.id, request);
        id
    }

    fn chat(&self, world: &mut World, change: impl FnOnce(&mut std::collections::VecDeque<Line>)) {
        change(world.chats.entry((self.dealer.id, self.id.clone())).or_default());
    }

    /// What the phone shows, oldest first.
    #[must_use]
    pub fn transcript(&self) -> Vec<Shown> {
        let world = self.dealer.shared.world();
        let Some(chat) = world.chats.get(&(self.dealer.id, self.id.clone())) else {
            return Vec::new();
        };
        let shown = |line: &Line| Shown {
            id: line.id.clone(),
            mine: line.mine,
            kind: line.kind.clone(),
            text: line.text.clone(),
            sender: line.sender.clone(),
            seen: line.seen,
            picture: line.picture.as_ref().and_then(|n| world.pictures.get(n)).map(|(_, b)| b),
        };
        chat.iter().map(shown).collect()
    }

    /// Waits for a message of the dealer with this text.
    pub async fn wait_for_text(&self, timeout: Duration, text: &str) -> Result<Shown, Error> {
        self.wait_for(timeout, |shown| !shown.mine && shown.text.as_deref() == Some(text)).await
    }

    /// Waits for any line of the chat.
    pub async fn wait_for(
        &self,
        timeout: Duration,
        wanted: impl Fn(&Shown) -> bool,
    ) -> Result<Shown, Error> {
        let look = || self.transcript().into_iter().find(&wanted);
        self.dealer.shared.until(timeout, look, || format!("{:?}", self.transcript())).await
    }
}
