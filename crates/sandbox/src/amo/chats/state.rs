//! The chats of one account as amoCRM keeps them. Plain memory, no IO.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;

use super::payload::{Card, Kind, Location};

/// A bound that only a runaway test meets.
const KEPT: usize = 50_000;

#[derive(Default)]
pub(in crate::amo) struct Chats {
    /// Channels this account is connected to, by the channel's id. An installation of the
    /// integration that ends takes its connection with it: `connect` has to be repeated.
    pub connections: HashMap<String, Connection>,
    /// By the chat's id.
    pub chats: HashMap<String, Chat>,
    /// Ids of the chats in the order of their creation.
    pub order: Vec<String>,
    pub hooks: VecDeque<Hook>,
    pub refusals: VecDeque<Refused>,
    /// The end of the last webhook of each chat: messages of one chat leave one after another.
    pub leaving: HashMap<String, oneshot::Receiver<()>>,
    /// (channel, `conversation_id`) → chat.
    by_conversation: HashMap<(String, String), String>,
    /// (channel, `msgid`) → chat: no two messages of one channel share it.
    by_msgid: HashMap<(String, String), String>,
    /// Id of a message → chat.
    by_message: HashMap<String, String>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::amo) struct Connection {
    pub title: Option<String>,
    pub hook_api_version: String,
    pub is_time_window_disabled: bool,
}

/// A person on the messenger's side.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Client {
    pub id: String,
    /// The integration's name of this person; none until the first answer to a chat that amoCRM
    /// began.
    pub client_id: Option<String>,
    pub name: String,
    pub avatar: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub profile_link: Option<String>,
}

pub(in crate::amo) struct Chat {
    pub id: String,
    /// Id of the channel.
    pub channel: String,
    /// `conversation_id` of the integration; none until it joins a chat that amoCRM began.
    pub conversation_id: Option<String>,
    /// `external_id` of the source.
    pub source: Option<String>,
    pub client: Client,
    /// The lead that this chat's first message made.
    pub lead: Option<i64>,
    pub talk: Option<Talk>,
    pub messages: Vec<Message>,
    /// Till when the client is typing, unix milliseconds.
    pub typing_till: i64,
}

/// «Беседа»: a stretch of a chat that somebody has in work.
#[derive(Clone, Copy, Debug, Serialize)]
pub(in crate::amo) struct Talk {
    pub id: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub is_in_work: bool,
    pub is_read: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    Client,
    /// A user of the CRM, by amojo id.
    User(String),
    /// The channel's bot: somebody whom the integration cannot name.
    Bot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It came through the chats API.
    Integration,
    /// It was written in amoCRM and went out by the webhook.
    Crm,
}

/// What `delivery_status` said last of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    #[default]
    Sent,
    Delivered,
    Read,
    Failed {
        error_code: i64,
        error: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reaction {
    pub author: Author,
    pub emoji: String,
}

/// One message as amoCRM shows it in a chat.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// amoCRM's id.
    pub id: String,
    /// `msgid` of the integration, if the message came from there.
    pub msgid: Option<String>,
    pub origin: Origin,
    pub author: Author,
    /// As the integration called them, or the name in amoCRM.
    pub author_name: String,
    pub kind: Kind,
    pub text: String,
    pub media: Option<String>,
    pub file_name: Option<String>,
    pub file_size: Option<u64>,
    pub seconds: Option<u64>,
    pub location: Option<Location>,
    pub card: Option<Card>,
    /// Unix milliseconds.
    pub at: i64,
    /// No notification and no Unsorted.
    pub silent: bool,
    pub edited: bool,
    pub delivery: Delivery,
    /// Every status said, in the order it came.
    pub statuses: Vec<i64>,
    pub reactions: Vec<Reaction>,
    /// The quoted message, as it was told.
    pub reply_to: Option<Value>,
    pub forwards: Option<Value>,
}

/// One webhook that went to a channel; each is sent once.
#[derive(Clone, Debug, Serialize)]
pub struct Hook {
    pub url: String,
    pub body: Value,
    pub signature: String,
    /// Unix milliseconds of the sandbox's clock.
    pub at: i64,
    /// The HTTP status, or why there was none; nothing while it is under way.
    pub answer: Option<Result<u16, String>>,
    number: u64,
}

/// A call of the chats API that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    pub method: String,
    pub path: String,
    pub status: u16,
    pub why: String,
}

impl Hook {
    pub(super) fn new(url: String, body: Value, signature: String, at: i64) -> Self {
        Self { url, body, signature, at, answer: None, number: 0 }
    }
}

impl Chats {
    /// What a connection of this channel left behind stays; only the connection is gone.
    pub(in crate::amo) fn disconnect(&mut self, channel: &str) -> bool {
        self.connections.remove(channel).is_some()
    }

    pub(super) fn of_conversation(&self, channel: &str, conversation: &str) -> Option<&str> {
        let key = (channel.to_owned(), conversation.to_owned());
        self.by_conversation.get(&key).map(String::as_str)
    }

    pub(super) fn add(&mut self, chat: Chat) {
        if let Some(conversation) = &chat.conversation_id {
            let key = (chat.channel.clone(), conversation.clone());
            self.by_conversation.insert(key, chat.id.clone());
        }
        self.order.push(chat.id.clone());
        self.chats.insert(chat.id.clone(), chat);
    }

    /// Gives a chat that amoCRM began its name in the integration.
    pub(super) fn join(&mut self, chat_id: &str, conversation: &str) {
        let Some(chat) = self.chats.get_mut(chat_id) else { return };
        chat.conversation_id = Some(conversation.to_owned());
        let key = (chat.channel.clone(), conversation.to_owned());
        self.by_conversation.insert(key, chat_id.to_owned());
    }

    pub(super) fn has_msgid(&self, channel: &str, msgid: &str) -> bool {
        self.by_msgid.contains_key(&(channel.to_owned(), msgid.to_owned()))
    }

    pub(super) fn push(&mut self, chat_id: &str, message: Message) {
        let Some(chat) = self.chats.get_mut(chat_id) else { return };
        if let Some(msgid) = &message.msgid {
            self.by_msgid.insert((chat.channel.clone(), msgid.clone()), chat_id.to_owned());
        }
        self.by_message.insert(message.id.clone(), chat_id.to_owned());
        chat.messages.push(message);
    }

    /// Whether a contact can be given this chat.
    pub(in crate::amo) fn knows(&self, chat_id: &str) -> bool {
        self.chats.contains_key(chat_id)
    }

    /// In which chat a message is.
    pub(super) fn of_message(&self, id: &str) -> Option<&str> {
        self.by_message.get(id).map(String::as_str)
    }

    /// A message of this channel by amoCRM's id.
    pub(super) fn message(&mut self, channel: &str, id: &str) -> Option<&mut Message> {
        let chat = self.chats.get_mut(self.by_message.get(id)?)?;
        if chat.channel != channel {
            return None;
        }
        chat.messages.iter_mut().rev().find(|message| message.id == id)
    }

    /// A message of this channel by the integration's `msgid`.
    pub(super) fn message_by_msgid(&mut self, channel: &str, msgid: &str) -> Option<&mut Message> {
        let chat = self.by_msgid.get(&(channel.to_owned(), msgid.to_owned()))?;
        let messages = &mut self.chats.get_mut(chat)?.messages;
        messages.iter_mut().rev().find(|message| message.msgid.as_deref() == Some(msgid))
    }

    pub(super) fn note_hook(&mut self, mut hook: Hook) -> u64 {
        let number = self.hooks.back().map_or(1, |last| last.number + 1);
        hook.number = number;
        keep(&mut self.hooks, hook);
        number
    }

    pub(super) fn note_answer(&mut self, number: u64, answer: Result<u16, String>) {
        if let Some(hook) = self.hooks.iter_mut().rev().find(|hook| hook.number == number) {
            hook.answer = Some(answer);
        }
    }

    pub(super) fn note_refusal(&mut self, refused: Refused) {
        keep(&mut self.refusals, refused);
    }
}

fn keep<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() >= KEPT {
        queue.pop_front();
    }
    queue.push_back(item);
}
