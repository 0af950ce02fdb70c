//! Chats inside the CRM (AMO-13): messages of the conversation shown there, and answers written there.

use async_trait::async_trait;
use domain::{clock::Instant, content::FileKind, crm::CrmId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Caller, CrmError, HookError};

/// The channel that the CRM's people registered for us, and its connection to one portal.
#[derive(Debug, Clone)]
pub struct ChatChannel {
    /// The service's base.
    pub base: Url,
    /// Of the registered channel.
    pub channel_id: String,
    /// Signs requests and webhooks.
    pub secret: SecretString,
    /// The bot in whose name messages of nobody known are shown.
    pub bot_id: String,
    /// Of this portal; `None`: not connected yet.
    pub scope_id: Option<String>,
    /// The portal's id with the service.
    pub account_id: String,
}

/// Somebody of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatPerson {
    /// Our id of the person: stable. One chat is with one person.
    pub id: String,
    /// The service's id, where it is known (write-first).
    pub ref_id: Option<String>,
    /// Shown.
    pub name: String,
    /// E.164.
    pub phone: Option<String>,
    /// Lower case.
    pub email: Option<String>,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatWriter {
    /// The client.
    Client,
    /// An employee who is a user of the CRM.
    User {
        /// Our id of the employee.
        id: String,
        /// Shown.
        name: String,
        /// The user's id with the chats service.
        ref_id: String,
    },
    /// An employee whom the CRM does not know, a rule, a phone: shown as our bot.
    Bot {
        /// Shown.
        name: String,
    },
}

/// Which message of a chat is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatMessageRef {
    /// Posted by us, by the id we gave it.
    Ours(String),
    /// Written in the CRM, by the service's id.
    Theirs(String),
}

/// A file by a public address of ours that expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatFile {
    /// Public.
    pub url: Url,
    /// With extension.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// As our people see it.
    pub kind: FileKind,
    /// `image/jpeg`.
    pub mime: String,
    /// Of sound and moving pictures, in seconds.
    pub duration: Option<u32>,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatBody {
    /// Plain text.
    Text(String),
    /// One file with words.
    File {
        /// The file.
        file: ChatFile,
        /// Below it.
        caption: String,
    },
    /// A place.
    Location {
        /// Degrees.
        latitude: f64,
        /// Degrees.
        longitude: f64,
    },
    /// A person's card.
    Contact {
        /// Shown.
        name: String,
        /// As given.
        phone: String,
    },
}

impl ChatBody {
    /// It as text alone.
    pub fn words(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::File { file, caption } if caption.is_empty() => file.name.clone(),
            Self::File { caption, .. } => caption.clone(),
            Self::Location { latitude, longitude } => format!("{latitude}, {longitude}"),
            Self::Contact { name, phone } => format!("{name} {phone}").trim().to_owned(),
        }
    }
}

/// One message on its way into the CRM.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatMessage {
    /// Our id: the service refuses the second of one id, so a repeat is harmless.
    pub id: String,
    /// Our id of the conversation's chat.
    pub conversation_id: String,
    /// The service's id of the chat, for one that was started in the CRM.
    pub conversation_ref: Option<String>,
    /// Which of our channels (`source.external_id`).
    pub source: Option<String>,
    /// The client.
    pub client: ChatPerson,
    /// Who wrote it.
    pub writer: ChatWriter,
    /// The words.
    pub body: ChatBody,
    /// The message that it answers.
    pub reply_to: Option<ChatMessageRef>,
    /// Without notification and without «Неразобранное».
    pub silent: bool,
    /// By the messenger's clock.
    pub at: Instant,
}

/// What the service made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The service's id of the message; `None`: it knew the message already.
    pub ref_id: Option<String>,
}

/// A chat made in the CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedChat {
    /// The service's id of the chat.
    pub chat_id: CrmId,
    /// The service's id of the client.
    pub client_ref: Option<String>,
}

/// A record of «Неразобранное» that the CRM made of a chat's first message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatRecord {
    /// Of the record.
    pub uid: CrmId,
    /// Inside it.
    pub deal: Option<CrmId>,
    /// Inside it.
    pub contact: Option<CrmId>,
}

/// What became of a message that was written in the CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatStatus {
    /// With the customer.
    Delivered,
    /// Read.
    Read,
    /// Not sent: the service's code (904 cannot be written to, 905 other) and the words.
    Failed {
        /// 901 to 905.
        code: u16,
        /// For the CRM's user, in the company's language.
        why: String,
    },
}

/// A file that a user of the CRM sent: its address is the service's and anybody's who has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMedia {
    /// Where it is fetched.
    pub url: String,
    /// May be empty.
    pub name: String,
    /// In bytes, where it was said.
    pub size: Option<u64>,
    /// As the service's type names it.
    pub kind: FileKind,
}

/// The chat that an event belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatPlace {
    /// Our id of it; `None`: the chat was started in the CRM (write first).
    pub conversation_id: Option<String>,
    /// The service's id of it.
    pub conversation_ref: String,
}

/// The client of a chat, as the service knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatReceiver {
    /// Our id of them, where the chat is ours.
    pub id: Option<String>,
    /// The service's id.
    pub ref_id: String,
    /// As the CRM calls them.
    #[serde(default)]
    pub name: Option<String>,
    /// As written there.
    pub phone: Option<String>,
    /// As written there.
    pub email: Option<String>,
}

/// What the service tells us.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "most events are messages, and few are held at once")]
pub enum ChatEvent {
    /// A user of the CRM wrote to a client.
    Message {
        /// The service's id: unique.
        id: String,
        /// Where.
        chat: ChatPlace,
        /// Our channel that the user chose, by the name we gave it.
        source: Option<String>,
        /// Chats id of the user; of a robot it is nobody's.
        sender: String,
        /// As the service calls them, where it does.
        sender_name: Option<String>,
        /// To whom.
        receiver: ChatReceiver,
        /// Words or caption; buttons, places and cards are lines of it.
        text: String,
        /// With it.
        media: Option<ChatMedia>,
        /// The message that it answers.
        reply_to: Option<ChatMessageRef>,
        /// When it was written.
        at: Instant,
    },
    /// A user is typing.
    Typing {
        /// Where.
        chat: ChatPlace,
        /// Chats id of the user.
        user: String,
    },
    /// A user set a reaction or took it away.
    Reaction {
        /// Where.
        chat: ChatPlace,
        /// The service's id of the message, or ours: the hook does not tell which.
        message: String,
        /// `None`: taken away.
        emoji: Option<String>,
        /// Chats id of the user.
        user: String,
    },
}

/// A webhook that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatHook {
    /// The portal's id with the service.
    pub account_id: String,
    /// What happened; empty: nothing that concerns us.
    pub events: Vec<ChatEvent>,
}

/// The chats service of a CRM.
#[async_trait]
pub trait Chats: Send + Sync {
    /// Where the service of a portal is, by the portal's API. `None`: it has none.
    fn base(&self, portal: &Url) -> Option<Url>;

    /// Connects our channel to the portal; again after each install. The scope's id.
    async fn connect(&self, caller: &Caller<'_>, title: &str) -> Result<String, CrmError>;

    /// Takes it away.
    async fn disconnect(&self, caller: &Caller<'_>) -> Result<(), CrmError>;

    /// Makes the chat of a conversation; the same one when it is there.
    async fn open(
        &self,
        caller: &Caller<'_>,
        conversation_id: &str,
        source: Option<&str>,
        client: &ChatPerson,
    ) -> Result<OpenedChat, CrmError>;

    /// Binds a chat to a contact, so that no «unsorted» is made.
    async fn bind(
        &self,
        caller: &Caller<'_>,
        chat: &CrmId,
        contact: &CrmId,
    ) -> Result<(), CrmError>;

    /// The record that the CRM made of this chat; `None`: none is waiting.
    async fn record(
        &self,
        caller: &Caller<'_>,
        chat: &CrmId,
    ) -> Result<Option<ChatRecord>, CrmError>;

    /// Shows a message. After an unknown outcome it may be posted again under the same id.
    async fn post(&self, caller: &Caller<'_>, message: &ChatMessage) -> Result<Posted, CrmError>;

    /// Shows the new words of a message that was posted as text; others cannot be changed there.
    async fn edit(&self, caller: &Caller<'_>, message: &ChatMessage) -> Result<(), CrmError>;

    /// What became of a message of a CRM user, by the service's id of it.
    async fn status(
        &self,
        caller: &Caller<'_>,
        message_id: &str,
        status: &ChatStatus,
    ) -> Result<(), CrmError>;

    /// A reaction of the client.
    async fn react(
        &self,
        caller: &Caller<'_>,
        conversation_id: &str,
        message: &ChatMessageRef,
        emoji: Option<&str>,
        client: &ChatPerson,
    ) -> Result<(), CrmError>;

    /// The client is typing.
    async fn typing(
        &self,
        caller: &Caller<'_>,
        conversation_id: &str,
        person_id: &str,
    ) -> Result<(), CrmError>;

    /// Whether the webhook is the service's: signature over the raw body, in constant time.
    fn verify(&self, secret: &SecretString, signature: &str, body: &[u8]) -> bool;

    /// What it says. Pure.
    fn parse(&self, body: &[u8]) -> Result<ChatHook, HookError>;

    /// The service's id of the message in a webhook of which nothing else is understood: whoever wrote it
    /// is to be told. Pure.
    fn message_in(&self, body: &[u8]) -> Option<String>;
}
