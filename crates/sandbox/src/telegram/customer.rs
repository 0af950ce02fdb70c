//! The person at the phone. Each act happens at once and is told to the bot as an update.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    Bot, Direction, MediaKind, Shown,
    files::NewFile,
    methods::{EMOJI, quoted},
    shown::show,
    world::{Shared, StoredMessage, World, unix_now},
};
use crate::Error;

#[derive(Clone)]
pub struct Customer {
    pub id: i64,
    pub(super) shared: Arc<Shared>,
}

/// What came of an act: the update the bot gets and the message on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    pub update_id: i64,
    pub message_id: i64,
}

/// A file to send.
#[derive(Clone, Debug)]
pub struct Media {
    kind: MediaKind,
    bytes: Bytes,
    size: Option<u64>,
    file_name: Option<String>,
    mime: Option<String>,
    caption: Option<String>,
    seconds: u32,
}

impl Media {
    #[must_use]
    pub fn new(kind: MediaKind, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { kind, bytes, size: None, file_name: None, mime: None, caption: None, seconds: 0 }
    }

    #[must_use]
    pub fn photo(bytes: impl Into<Bytes>) -> Self {
        Self::new(MediaKind::Photo, bytes)
    }

    #[must_use]
    pub fn document(file_name: &str, mime: &str, bytes: impl Into<Bytes>) -> Self {
        Self {
            file_name: Some(file_name.to_owned()),
            mime: Some(mime.to_owned()),
            ..Self::new(MediaKind::Document, bytes)
        }
    }

    #[must_use]
    pub fn voice(bytes: impl Into<Bytes>, seconds: u32) -> Self {
        Self { seconds, ..Self::new(MediaKind::Voice, bytes) }
    }

    #[must_use]
    pub fn audio(file_name: &str, bytes: impl Into<Bytes>, seconds: u32) -> Self {
        let file_name = Some(file_name.to_owned());
        Self { seconds, file_name, ..Self::new(MediaKind::Audio, bytes) }
    }

    #[must_use]
    pub fn video(file_name: &str, bytes: impl Into<Bytes>, seconds: u32) -> Self {
        let file_name = Some(file_name.to_owned());
        Self { seconds, file_name, ..Self::new(MediaKind::Video, bytes) }
    }

    #[must_use]
    pub fn video_note(bytes: impl Into<Bytes>, seconds: u32) -> Self {
        Self { seconds, ..Self::new(MediaKind::VideoNote, bytes) }
    }

    #[must_use]
    pub fn sticker(bytes: impl Into<Bytes>) -> Self {
        Self::new(MediaKind::Sticker, bytes)
    }

    #[must_use]
    pub fn caption(self, caption: &str) -> Self {
        Self { caption: Some(caption.to_owned()), ..self }
    }

    #[must_use]
    pub fn named(self, file_name: &str) -> Self {
        Self { file_name: Some(file_name.to_owned()), ..self }
    }

    #[must_use]
    pub fn mime(self, mime: &str) -> Self {
        Self { mime: Some(mime.to_owned()), ..self }
    }

    /// A size told to the bot whatever the bytes: a file too big to download needs no bytes.
    #[must_use]
    pub fn of_size(self, size: u64) -> Self {
        Self { size: Some(size), ..self }
    }
}

impl Customer {
    pub fn sends_text(&self, bot: &Bot, text: &str) -> Sent {
        self.sends_text_with(bot, text, commands(text))
    }

    /// `entities` as an Array of MessageEntity, offsets in UTF-16 units.
    pub fn sends_text_with(&self, bot: &Bot, text: &str, entities: Value) -> Sent {
        self.sends_fields(bot, text_fields(text, entities))
    }

    /// Presses start, or follows a link with a payload.
    pub fn starts(&self, bot: &Bot, payload: Option<&str>) -> Sent {
        let text = payload.map_or("/start".to_owned(), |payload| format!("/start {payload}"));
        self.sends_text(bot, &text)
    }

    pub fn replies(&self, bot: &Bot, to_message: i64, text: &str) -> Result<Sent, Error> {
        let mut fields = text_fields(text, commands(text));
        let original = self
            .shared
            .world()
            .chats
            .get(&(bot.id, self.id))
            .and_then(|chat| chat.message(to_message).map(|message| quoted(&message.json)))
            .ok_or(Error::NoSuchMessage { message_id: to_message })?;
        fields.insert("reply_to_message".to_owned(), original);
        Ok(self.sends_fields(bot, fields))
    }

    /// Changes the text, or the caption, of a message of one's own.
    pub fn edits(&self, bot: &Bot, message_id: i64, text: &str) -> Result<Sent, Error> {
        let life = self.shared.options.update_life();
        self.shared.change(|world| {
            let message = world
                .chat(bot.id, self.id)
                .message_mut(message_id)
                .filter(|message| message.direction == Direction::FromCustomer)
                .ok_or(Error::NoSuchMessage { message_id })?;
            let field = if message.json.get("text").is_some() { "text" } else { "caption" };
            message.json[field] = json!(text);
            message.json["edit_date"] = json!(unix_now());
            message.edited = true;
            let json = message.json.clone();
            let update_id = push(world, bot.id, self.id, "edited_message", json, life);
            Ok(Sent { update_id, message_id })
        })
    }

    /// Puts an emoji on any message of the chat in the place of the one before, or takes it away. The
    /// bot hears of it if it asked for `message_reaction`. Returns the update's number.
    pub fn reacts(&self, bot: &Bot, message_id: i64, emoji: Option<&str>) -> Result<i64, Error> {
        if emoji.is_some_and(|emoji| !EMOJI.contains(&emoji)) {
            return Err(Error::Cannot("no such reaction".to_owned()));
        }
        let life = self.shared.options.update_life();
        self.shared.change(|world| {
            let message = world
                .chat(bot.id, self.id)
                .message_mut(message_id)
                .ok_or(Error::NoSuchMessage { message_id })?;
            let before = std::mem::replace(&mut message.own_reaction, emoji.map(str::to_owned));
            let list = |emoji: Option<&str>| {
                let all = emoji.map(|emoji| json!({"type": "emoji", "emoji": emoji}));
                Value::Array(all.into_iter().collect())
            };
            let payload = json!({
                "chat": world.chat_json(self.id), "user": world.user_json(self.id),
                "message_id": message_id, "date": unix_now(),
                "old_reaction": list(before.as_deref()), "new_reaction": list(emoji),
            });
            Ok(push(world, bot.id, self.id, "message_reaction", payload, life))
        })
    }

    pub fn sends(&self, bot: &Bot, media: Media) -> Sent {
        self.sends_media(bot, vec![media], None)
            .pop()
            .unwrap_or(Sent { update_id: 0, message_id: 0 })
    }

    /// Several files in one go: separate updates with one `media_group_id`, as the real service does.
    pub fn sends_album(&self, bot: &Bot, media: Vec<Media>) -> Vec<Sent> {
        let album = self.shared.world().next_album();
        self.sends_media(bot, media, Some(album))
    }

    fn sends_media(&self, bot: &Bot, media: Vec<Media>, album: Option<String>) -> Vec<Sent> {
        let bound = self.shared.options.stored_bytes;
        let contents = media.into_iter().map(|media| {
            let new = NewFile {
                kind: media.kind,
                size: media.size.unwrap_or(media.bytes.len() as u64),
                bytes: media.bytes,
                file_name: media.file_name,
                mime: media.mime,
                seconds: media.seconds,
            };
            let file = self.shared.world().files.add(bot.id, new, bound);
            let mut fields = Map::new();
            fields.insert(file.kind.field().to_owned(), file.json());
            if let Some(caption) = media.caption {
                fields.insert("caption".to_owned(), json!(caption));
            }
            if let Some(album) = &album {
                fields.insert("media_group_id".to_owned(), json!(album));
            }
            fields
        });
        contents.collect::<Vec<_>>().into_iter().map(|f| self.sends_fields(bot, f)).collect()
    }

    pub fn sends_location(&self, bot: &Bot, latitude: f64, longitude: f64) -> Sent {
        let place = json!({"latitude": latitude, "longitude": longitude});
        self.sends_raw_message(bot, json!({"location": place}))
    }

    /// The 'share my number' button: `contact.user_id` is the sender's.
    pub fn shares_own_phone(&self, bot: &Bot, phone: &str) -> Sent {
        let first_name = self.name();
        self.sends_raw_message(
            bot,
            json!({"contact": {
                "phone_number": phone, "first_name": first_name, "user_id": self.id,
            }}),
        )
    }

    /// Somebody else's card from the address book; such people mostly have no `user_id`.
    pub fn shares_contact(&self, bot: &Bot, phone: &str, name: &str, user: Option<i64>) -> Sent {
        let mut contact = json!({"phone_number": phone, "first_name": name});
        if let Some(user) = user {
            contact["user_id"] = json!(user);
        }
        self.sends_raw_message(bot, json!({"contact": contact}))
    }

    /// A message with any content, known to the Bot API or not: `fields` are added to its head.
    pub fn sends_raw_message(&self, bot: &Bot, fields: Value) -> Sent {
        match fields {
            Value::Object(fields) => self.sends_fields(bot, fields),
            other => self.sends_fields(bot, Map::from_iter([("content".to_owned(), other)])),
        }
    }

    /// An update of a kind the bot may not know, in the order of this chat.
    pub fn sends_unknown(&self, bot: &Bot, kind: &str, payload: Value) -> i64 {
        let life = self.shared.options.update_life();
        self.shared.change(|world| push(world, bot.id, self.id, kind, payload, life))
    }

    /// Presses a button under a message of the bot.
    pub fn presses(&self, bot: &Bot, message_id: i64, data: &str) -> Result<i64, Error> {
        let life = self.shared.options.update_life();
        self.shared.change(|world| {
            let message = world
                .chat(bot.id, self.id)
                .message(message_id)
                .map(|message| message.json.clone())
                .ok_or(Error::NoSuchMessage { message_id })?;
            let from = world.user_json(self.id);
            let query = format!("{}{message_id}{}", self.id, world.calls_made);
            let Some(state) = world.bots.get_mut(&bot.id) else { return Ok(0) };
            state.callbacks.insert(query.clone());
            let payload = json!({
                "id": query, "from": from, "message": message,
                "chat_instance": format!("-{}", self.id), "data": data,
            });
            Ok(state.push(self.id, "callback_query", payload, life))
        })
    }

    /// Stops the bot; it hears of it and may no longer write.
    pub fn blocks(&self, bot: &Bot) -> i64 {
        let life = self.shared.options.update_life();
        self.shared.change(|world| set_blocked(world, bot.id, self.id, life, Membership::Kicked))
    }

    pub fn unblocks(&self, bot: &Bot) -> i64 {
        let life = self.shared.options.update_life();
        self.shared.change(|world| set_blocked(world, bot.id, self.id, life, Membership::Member))
    }

    /// Deletes the account: writing to it gives 403 from now on, and no update tells of it.
    pub fn deactivates(&self) {
        self.shared.change(|world| {
            if let Some(person) = world.people.get_mut(&self.id) {
                person.deactivated = true;
            }
        });
    }

    /// What the phone shows, oldest first.
    #[must_use]
    pub fn transcript(&self, bot: &Bot) -> Vec<Shown> {
        let world = self.shared.world();
        let Some(chat) = world.chats.get(&(bot.id, self.id)) else { return Vec::new() };
        let messages = chat.messages.iter().filter(|message| !message.deleted);
        messages.map(|message| show(message, &world.files)).collect()
    }

    /// Waits until the phone shows what is asked for, and returns what it shows then.
    pub async fn wait_for(
        &self,
        bot: &Bot,
        timeout: Duration,
        mut wanted: impl FnMut(&[Shown]) -> bool,
    ) -> Result<Vec<Shown>, Error> {
        let look = || {
            let shown = self.transcript(bot);
            wanted(&shown).then_some(shown)
        };
        let seen = || {
            let texts =
                self.transcript(bot).into_iter().map(|shown| shown.text.unwrap_or_default());
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
        let is_it =
            |m: &Shown| m.direction == Direction::FromBot && m.text.as_deref() == Some(text);
        let shown = self.wait_for(bot, timeout, |shown| shown.iter().any(is_it)).await?;
        shown.into_iter().find(is_it).ok_or(Error::TimedOut { waited_ms: 0, seen: text.to_owned() })
    }

    fn name(&self) -> String {
        let world = self.shared.world();
        world.people.get(&self.id).map(|person| person.first_name.clone()).unwrap_or_default()
    }

    /// Writing to a bot one has stopped means starting it again first.
    fn sends_fields(&self, bot: &Bot, fields: Map<String, Value>) -> Sent {
        let options = &self.shared.options;
        let life = options.update_life();
        self.shared.change(|world| {
            if world.chat(bot.id, self.id).blocked {
                set_blocked(world, bot.id, self.id, life, Membership::Member);
            }
            world.chat(bot.id, self.id).opened = true;
            let Some(state) = world.bots.get_mut(&bot.id) else {
                return Sent { update_id: 0, message_id: 0 };
            };
            let message_id = state.next_message_id();
            let direction = Direction::FromCustomer;
            let json = world.message_json(bot.id, self.id, message_id, direction, fields);
            let message = StoredMessage {
                message_id,
                direction,
                json: json.clone(),
                edited: false,
                deleted: false,
                bot_reaction: None,
                own_reaction: None,
            };
            world.keep_message((bot.id, self.id), message, options.messages_kept);
            let update_id = push(world, bot.id, self.id, "message", json, life);
            Sent { update_id, message_id }
        })
    }
}

fn push(
    world: &mut World,
    bot_id: i64,
    chat: i64,
    kind: &str,
    payload: Value,
    life: Duration,
) -> i64 {
    world.bots.get_mut(&bot_id).map_or(0, |bot| bot.push(chat, kind, payload, life))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Membership {
    Member,
    Kicked,
}

/// <https://core.telegram.org/bots/api#chatmemberupdated>, as it comes in private chats.
fn set_blocked(
    world: &mut World,
    bot_id: i64,
    customer: i64,
    life: Duration,
    new: Membership,
) -> i64 {
    let chat = world.chat(bot_id, customer);
    let old = if chat.blocked { Membership::Kicked } else { Membership::Member };
    chat.blocked = new == Membership::Kicked;
    let user = world.bot_json(bot_id);
    let member = |membership| match membership {
        Membership::Member => json!({"user": user, "status": "member"}),
        Membership::Kicked => json!({"user": user, "status": "kicked", "until_date": 0}),
    };
    let payload = json!({
        "chat": world.chat_json(customer),
        "from": world.user_json(customer),
        "date": unix_now(),
        "old_chat_member": member(old),
        "new_chat_member": member(new),
    });
    push(world, bot_id, customer, "my_chat_member", payload, life)
}

fn text_fields(text: &str, entities: Value) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("text".to_owned(), json!(text));
    if entities.as_array().is_some_and(|list| !list.is_empty()) {
        fields.insert("entities".to_owned(), entities);
    }
    fields
}

/// The server marks a command at the start of a text.
fn commands(text: &str) -> Value {
    let length = text
        .strip_prefix('/')
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').count())
        .filter(|length| *length > 0);
    match length {
        Some(length) => json!([{"type": "bot_command", "offset": 0, "length": length + 1}]),
        None => json!([]),
    }
}
