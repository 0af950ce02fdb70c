//! The state of one sandbox: bots, people, chats, queues of updates. Plain memory, no IO.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    time::{Duration, Instant, SystemTime},
};

use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Call, Delivery, Direction, Faults, Options, files::Files, limits::Bucket};
use crate::serving;

/// A bound that only a runaway test meets.
const PENDING_KEPT: usize = 200_000;
const DELIVERIES_KEPT: usize = 100_000;

/// What every handle and task of one sandbox holds.
pub(super) type Shared = serving::Shared<Options, World>;

#[derive(Default)]
pub(super) struct World {
    pub bots: BTreeMap<i64, BotState>,
    pub tokens: HashMap<String, i64>,
    pub people: BTreeMap<i64, Person>,
    pub chats: HashMap<(i64, i64), Chat>,
    pub files: Files,
    pub calls: VecDeque<Call>,
    pub calls_made: u64,
    albums_made: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Person {
    pub first_name: String,
    pub username: Option<String>,
    pub deactivated: bool,
}

#[derive(Default)]
pub(super) struct Chat {
    /// The person has written or pressed start: from then on the bot may write.
    pub opened: bool,
    pub blocked: bool,
    pub messages: VecDeque<StoredMessage>,
    pub sent: Bucket,
    /// What `sendChatAction` said last.
    pub action: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct StoredMessage {
    pub message_id: i64,
    pub direction: Direction,
    pub json: Value,
    pub edited: bool,
    pub deleted: bool,
    /// Emoji on it: the bot's, and the customer's.
    pub bot_reaction: Option<String>,
    pub own_reaction: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Pending {
    /// Updates of one chat are delivered one after another.
    pub chat: i64,
    pub body: Value,
    pub expires: Instant,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hook {
    pub url: String,
    pub secret: Option<String>,
    pub max_connections: usize,
    pub ip_address: Option<String>,
    /// Set by somebody else: updates go there, and are gone.
    pub stolen: bool,
}

pub(super) struct BotState {
    pub username: String,
    pub token: String,
    next_update: i64,
    next_message: i64,
    /// Nothing is the default: all kinds but those of [`NOT_BY_DEFAULT`].
    pub allowed: Option<Vec<String>>,
    pub queue: BTreeMap<i64, Pending>,
    /// Updates the deliveries of the present webhook have not yet learned of, as they came.
    pub fresh: VecDeque<i64>,
    pub hook: Option<Hook>,
    /// Ends the deliveries of the webhook before the present one.
    pub hook_stop: CancellationToken,
    pub hook_set_at: Option<Instant>,
    pub last_error: Option<(u64, String)>,
    pub first_gone: Option<Instant>,
    /// Counts long polls; one that sees a higher number than its own was ended.
    pub polls: watch::Sender<(u64, PollEnd)>,
    pub last_poll: Option<(i64, Instant)>,
    pub faults: Faults,
    pub sent: Bucket,
    pub callbacks: HashSet<String>,
    pub deliveries: VecDeque<Delivery>,
    /// Rings when the queue changes.
    pub bell: watch::Sender<u64>,
}

/// Who ended the long polls before the present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PollEnd {
    OtherPoll,
    SetWebhook,
}

const NOT_BY_DEFAULT: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

impl BotState {
    pub(super) fn new(id: i64, username: &str, token: &str) -> Self {
        Self {
            username: username.to_owned(),
            token: token.to_owned(),
            // Real numbers are large and differ from bot to bot.
            next_update: 100_000_001 + (id % 1_000) * 100_000,
            next_message: 1,
            allowed: None,
            queue: BTreeMap::new(),
            fresh: VecDeque::new(),
            hook: None,
            hook_stop: CancellationToken::new(),
            hook_set_at: None,
            last_error: None,
            first_gone: None,
            polls: watch::Sender::new((0, PollEnd::OtherPoll)),
            last_poll: None,
            faults: Faults::default(),
            sent: Bucket::default(),
            callbacks: HashSet::new(),
            deliveries: VecDeque::new(),
            bell: watch::Sender::new(0),
        }
    }

    pub(super) fn next_message_id(&mut self) -> i64 {
        let id = self.next_message;
        self.next_message += 1;
        id
    }

    fn wants(&self, kind: &str) -> bool {
        match &self.allowed {
            None => !NOT_BY_DEFAULT.contains(&kind),
            // Kinds that no list can name yet come to everybody.
            Some(list) => list.iter().any(|name| name == kind) || !KINDS.contains(&kind),
        }
    }

    /// Queues an update of a kind, if the bot wants that kind; the number is used up anyway.
    pub(super) fn push(&mut self, chat: i64, kind: &str, payload: Value, life: Duration) -> i64 {
        let update_id = self.next_update;
        self.next_update += 1;
        if self.wants(kind) {
            let mut body = Map::new();
            body.insert("update_id".to_owned(), json!(update_id));
            body.insert(kind.to_owned(), payload);
            self.queue_up(update_id, chat, Value::Object(body), life);
        }
        update_id
    }

    /// Queues a body as it stands; its own `update_id` counts, if it has one.
    pub(super) fn push_raw(&mut self, chat: i64, mut body: Value, life: Duration) -> i64 {
        let own = body.get("update_id").and_then(Value::as_i64);
        let update_id = own.unwrap_or(self.next_update);
        if own.is_none() {
            self.next_update += 1;
            if let Some(body) = body.as_object_mut() {
                body.insert("update_id".to_owned(), json!(update_id));
            }
        }
        self.queue_up(update_id, chat, body, life);
        update_id
    }

    fn queue_up(&mut self, update_id: i64, chat: i64, body: Value, life: Duration) {
        if self.queue.len() >= PENDING_KEPT {
            self.queue.pop_first();
        }
        self.queue.insert(update_id, Pending { chat, body, expires: Instant::now() + life });
        if self.hook.is_some() {
            self.fresh.push_back(update_id);
        }
        self.ring();
    }

    pub(super) fn ring(&self) {
        self.bell.send_modify(|count| *count += 1);
    }

    pub(super) fn end_polls(&self, by: PollEnd) -> u64 {
        let mut number = 0;
        self.polls.send_modify(|polls| {
            *polls = (polls.0 + 1, by);
            number = polls.0;
        });
        number
    }

    pub(super) fn drop_expired(&mut self, now: Instant) {
        self.queue.retain(|_, pending| pending.expires > now);
    }

    pub(super) fn note_delivery(&mut self, delivery: Delivery) {
        if self.deliveries.len() >= DELIVERIES_KEPT {
            self.deliveries.pop_front();
        }
        self.deliveries.push_back(delivery);
    }

    pub(super) fn note_error(&mut self, what: String) {
        self.last_error = Some((unix_now(), what));
    }
}

/// Update kinds of Bot API 10.1.
const KINDS: [&str; 23] = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
];

impl World {
    pub(super) fn bot_of_token(&self, token: &str) -> Option<i64> {
        self.tokens.get(token).copied()
    }

    pub(super) fn chat(&mut self, bot_id: i64, customer: i64) -> &mut Chat {
        self.chats.entry((bot_id, customer)).or_default()
    }

    pub(super) fn next_album(&mut self) -> String {
        self.albums_made += 1;
        format!("{}", 13_500_000_000_000_000_u64 + self.albums_made)
    }

    pub(super) fn user_json(&self, customer: i64) -> Value {
        let Some(person) = self.people.get(&customer) else {
            return json!({"id": customer, "is_bot": false, "first_name": ""});
        };
        let mut user = json!({
            "id": customer, "is_bot": false, "first_name": person.first_name, "language_code": "ru",
        });
        if let Some(username) = &person.username {
            user["username"] = json!(username);
        }
        user
    }

    pub(super) fn chat_json(&self, customer: i64) -> Value {
        let mut chat = json!({"id": customer, "type": "private"});
        if let Some(person) = self.people.get(&customer) {
            chat["first_name"] = json!(person.first_name);
            if let Some(username) = &person.username {
                chat["username"] = json!(username);
            }
        }
        chat
    }

    pub(super) fn bot_json(&self, bot_id: i64) -> Value {
        let username = self.bots.get(&bot_id).map_or("", |bot| bot.username.as_str());
        json!({"id": bot_id, "is_bot": true, "first_name": username, "username": username})
    }

    /// A message of the customer, or of the bot, with the fields of its content.
    pub(super) fn message_json(
        &self,
        bot_id: i64,
        customer: i64,
        message_id: i64,
        direction: Direction,
        content: Map<String, Value>,
    ) -> Value {
        let from = match direction {
            Direction::FromCustomer => self.user_json(customer),
            Direction::FromBot => self.bot_json(bot_id),
        };
        let mut message = json!({
            "message_id": message_id,
            "from": from,
            "chat": self.chat_json(customer),
            "date": unix_now(),
        });
        for (name, value) in content {
            message[name] = value;
        }
        message
    }

    pub(super) fn keep_message(&mut self, key: (i64, i64), message: StoredMessage, bound: usize) {
        let chat = self.chats.entry(key).or_default();
        while chat.messages.len() >= bound.max(1) {
            chat.messages.pop_front();
        }
        chat.messages.push_back(message);
    }

    pub(super) fn note_call(&mut self, mut call: Call, bound: usize) {
        self.calls_made += 1;
        call.number = self.calls_made;
        while self.calls.len() >= bound.max(1) {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }
}

impl Chat {
    pub(super) fn message(&self, message_id: i64) -> Option<&StoredMessage> {
        let at = self.messages.binary_search_by_key(&message_id, |m| m.message_id).ok()?;
        self.messages.get(at).filter(|message| !message.deleted)
    }

    pub(super) fn message_mut(&mut self, message_id: i64) -> Option<&mut StoredMessage> {
        let at = self.messages.binary_search_by_key(&message_id, |m| m.message_id).ok()?;
        self.messages.get_mut(at).filter(|message| !message.deleted)
    }
}

/// Dates of the Bot API are whole seconds.
pub(super) fn unix_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
