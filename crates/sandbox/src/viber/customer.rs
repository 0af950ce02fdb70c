//! The person at the phone. Each act happens at once and is told to the bot as a callback.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    Bot, Shown, State,
    deliver::tell,
    phone,
    world::{Shared, ShownFile, StoredFile, unix_millis, user_id_of},
};
use crate::Error;

#[derive(Clone)]
pub struct Customer {
    pub number: u64,
    pub(super) shared: Arc<Shared>,
}

/// A file to send.
#[derive(Clone, Debug)]
pub struct Media {
    kind: &'static str,
    name: String,
    mime: String,
    bytes: Bytes,
    caption: Option<String>,
}

impl Media {
    fn new(kind: &'static str, name: &str, mime: &str, bytes: impl Into<Bytes>) -> Self {
        let (name, mime) = (name.to_owned(), mime.to_owned());
        Self { kind, name, mime, bytes: bytes.into(), caption: None }
    }

    #[must_use]
    pub fn picture(mime: &str, bytes: impl Into<Bytes>) -> Self {
        Self::new(
            "picture",
            if mime == "image/png" { "photo.png" } else { "photo.jpg" },
            mime,
            bytes,
        )
    }

    #[must_use]
    pub fn video(bytes: impl Into<Bytes>) -> Self {
        Self::new("video", "video.mp4", "video/mp4", bytes)
    }

    #[must_use]
    pub fn file(name: &str, mime: &str, bytes: impl Into<Bytes>) -> Self {
        Self::new("file", name, mime, bytes)
    }

    #[must_use]
    pub fn sticker(bytes: impl Into<Bytes>) -> Self {
        Self::new("sticker", "sticker.png", "image/png", bytes)
    }

    #[must_use]
    pub fn caption(self, caption: &str) -> Self {
        Self { caption: Some(caption.to_owned()), ..self }
    }
}

impl Customer {
    /// The person's id at this bot; another bot knows another one.
    #[must_use]
    pub fn id_at(&self, bot: &Bot) -> String {
        user_id_of(bot.number, self.number)
    }

    /// Opens the chat, perhaps by a link with a context. That is no subscription.
    pub fn opens(&self, bot: &Bot, context: Option<&str>) {
        let mut fields = self.user(bot);
        fields["type"] = json!("open");
        fields["subscribed"] = json!(self.is_subscribed(bot));
        if let Some(context) = context {
            fields["context"] = json!(context);
        }
        self.tell(bot, "conversation_started", fields);
    }

    pub fn subscribes(&self, bot: &Bot) {
        self.set_subscribed(bot, true);
        self.tell(bot, "subscribed", self.user(bot));
    }

    /// The bot may no longer write.
    pub fn unsubscribes(&self, bot: &Bot) {
        self.set_subscribed(bot, false);
        self.tell(bot, "unsubscribed", json!({ "user_id": self.id_at(bot) }));
    }

    #[must_use]
    pub fn is_subscribed(&self, bot: &Bot) -> bool {
        let world = self.shared.world();
        world.chats.get(&(bot.number, self.number)).is_some_and(|chat| chat.subscribed)
    }

    pub fn sends_text(&self, bot: &Bot, text: &str) -> u64 {
        self.sends_raw(bot, json!({ "type": "text", "text": text }))
    }

    pub fn sends_location(&self, bot: &Bot, lat: f64, lon: f64) -> u64 {
        let place = json!({ "lat": lat, "lon": lon });
        self.sends_raw(bot, json!({ "type": "location", "location": place }))
    }

    pub fn sends_contact(&self, bot: &Bot, name: &str, phone: &str) -> u64 {
        let card = json!({ "name": name, "phone_number": phone });
        self.sends_raw(bot, json!({ "type": "contact", "contact": card }))
    }

    pub fn sends_link(&self, bot: &Bot, address: &str) -> u64 {
        self.sends_raw(bot, json!({ "type": "url", "media": address }))
    }

    /// A file: the bot is told an address that works for a while.
    pub fn sends(&self, bot: &Bot, media: Media) -> u64 {
        let file = StoredFile {
            key: String::new(),
            name: media.name.clone(),
            mime: media.mime.clone(),
            bytes: media.bytes.clone(),
            until: Instant::now() + self.shared.options.media_life,
        };
        let bound = self.shared.options.stored_bytes;
        let path = self.shared.change(|world| world.keep_file(file, bound));
        let address = format!("{}/media/{path}", self.shared.url);
        let mut message = json!({ "type": media.kind, "media": address });
        let size = media.bytes.len();
        match media.kind {
            "picture" => {
                message["thumbnail"] = message["media"].clone();
                message["file_name"] = json!(media.name);
            }
            "video" => {
                message["size"] = json!(size);
                message["duration"] = json!(3);
            }
            "file" => {
                message["size"] = json!(size);
                message["file_name"] = json!(media.name);
            }
            _ => message["sticker_id"] = json!(46105),
        }
        if let Some(caption) = &media.caption {
            message["text"] = json!(caption);
        }
        let file = ShownFile { name: media.name, mime: media.mime, size, bytes: media.bytes };
        self.says(bot, message, Some(file))
    }

    /// A message with any content, known to the API or not.
    pub fn sends_raw(&self, bot: &Bot, message: Value) -> u64 {
        self.says(bot, message, None)
    }

    /// Looks at the chat: everything the bot wrote is seen.
    pub fn reads(&self, bot: &Bot) {
        phone::look(&self.shared, bot.number, self.number);
    }

    /// Switches the phone off: the bot's messages wait at Viber.
    pub fn goes_offline(&self) {
        self.change(|person| person.offline = true);
    }

    /// Switches it on: what waited arrives.
    pub fn comes_back(&self, bot: &Bot) {
        self.change(|person| person.offline = false);
        phone::deliver(&self.shared, bot.number, self.number);
    }

    /// Deletes the account: nobody tells the bot.
    pub fn deletes_account(&self) {
        self.change(|person| person.gone = true);
    }

    /// What the phone shows, oldest first.
    #[must_use]
    pub fn transcript(&self, bot: &Bot) -> Vec<Shown> {
        let world = self.shared.world();
        let chat = world.chats.get(&(bot.number, self.number));
        chat.map_or_else(Vec::new, |chat| chat.messages.iter().cloned().collect())
    }

    /// Waits for a message of the bot that is as wanted.
    pub async fn wait_for(
        &self,
        bot: &Bot,
        timeout: Duration,
        wanted: impl Fn(&Shown) -> bool,
    ) -> Result<Shown, Error> {
        let look = || self.transcript(bot).into_iter().find(|m| !m.from_customer && wanted(m));
        let seen = || {
            let all = self.transcript(bot);
            let texts = all.iter().map(|m| (m.text.as_deref().unwrap_or_default(), m.state));
            format!("{:?}", texts.collect::<Vec<_>>())
        };
        self.shared.until(timeout, look, seen).await
    }

    /// Waits for a message of the bot with this very text.
    pub async fn wait_for_text(
        &self,
        bot: &Bot,
        timeout: Duration,
        text: &str,
    ) -> Result<Shown, Error> {
        self.wait_for(bot, timeout, |shown| shown.text.as_deref() == Some(text)).await
    }

    /// Who writes is subscribed from then on, without a callback of its own, and has answered.
    fn says(&self, bot: &Bot, message: Value, file: Option<ShownFile>) -> u64 {
        let kept = self.shared.options.kept;
        let text = |key: &str| message[key].as_str().map(str::to_owned);
        let token = self.shared.change(|world| {
            let token = world.next_token();
            let shown = Shown {
                token: token.to_string(),
                from_customer: true,
                sender: String::new(),
                kind: text("type").unwrap_or_default(),
                text: text("text"),
                file,
                state: State::Sent,
                at: unix_millis(),
                raw: message.clone(),
            };
            world.show(bot.number, self.number, shown, kept);
            let chat = world.chat(bot.number, self.number);
            chat.subscribed = true;
            chat.unanswered.clear();
            token
        });
        let sender = self.shared.world().user_json(bot.number, self.number);
        let fields = json!({ "sender": sender, "message": message, "silent": false });
        tell(&self.shared, bot.number, self.number, "message", token, fields);
        token
    }

    fn user(&self, bot: &Bot) -> Value {
        json!({ "user": self.shared.world().user_json(bot.number, self.number) })
    }

    fn tell(&self, bot: &Bot, event: &str, fields: Value) {
        let token = self.shared.change(super::world::World::next_token);
        tell(&self.shared, bot.number, self.number, event, token, fields);
    }

    fn set_subscribed(&self, bot: &Bot, subscribed: bool) {
        self.shared.change(|world| world.chat(bot.number, self.number).subscribed = subscribed);
    }

    fn change(&self, change: impl FnOnce(&mut super::world::Person)) {
        self.shared.change(|world| {
            if let Some(person) = world.people.get_mut(&self.number) {
                change(person);
            }
        });
    }
}
