//! Chats inside the CRM (AMO-13): messages of the conversation shown there, and answers written there.

use async_trait::async_trait;
use domain::{clock::Instant, crm::CrmId, text::Words};
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
    /// Our id of the person: stable.
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
    /// A user of the CRM, by their chats id.
    User(String),
    /// An employee whom the CRM does not know, a rule, a phone: shown as our bot.
    Bot,
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
    /// `picture`, `voice`, `file` … as the service calls them.
    pub mime: String,
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
    /// Our id of the message that it answers.
    pub reply_to: Option<String>,
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
        /// For the CRM's user.
        words: Words,
    },
}

/// What the service tells us.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ChatEvent {
    /// A user of the CRM wrote to a client.
    Message {
        /// The service's id: unique.
        id: String,
        /// Our id of the chat; `None`: it was started in the CRM (write first).
        conversation_id: Option<String>,
        /// The service's id of the chat.
        conversation_ref: String,
        /// Our channel that the user chose.
        source: Option<String>,
        /// Chats id of the user.
        sender: String,
        /// Of the client, where the service knows them.
        receiver_ref: String,
        /// Of the client.
        receiver_phone: Option<String>,
        /// Of the client.
        receiver_email: Option<String>,
        /// Words or caption; buttons written below.
        text: String,
        /// Address of a file, with name and size.
        file: Option<(String, String, Option<u64>)>,
        /// Our or their id of the message that it answers.
        reply_to: Option<String>,
        /// When it was written.
        at: Instant,
    },
    /// A user is typing.
    Typing {
        /// Our id of the chat.
        conversation_id: Option<String>,
        /// Chats id of the user.
        user: String,
    },
    /// A user set a reaction or took it away.
    Reaction {
        /// Our id of the chat.
        conversation_id: Option<String>,
        /// Our or the service's id of the message.
        message_id: String,
        /// `None`: taken away.
        emoji: Option<String>,
        /// Chats id of the user.
        user: String,
    },
}

/// The chats service of a CRM.
#[async_trait]
pub trait Chats: Send + Sync {
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

    /// Shows a message.
    async fn post(&self, caller: &Caller<'_>, message: &ChatMessage) -> Result<Posted, CrmError>;

    /// Shows its new words.
    async fn edit(&self, caller: &Caller<'_>, message: &ChatMessage) -> Result<(), CrmError>;

    /// What became of a message of a CRM user.
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
        message_id: &str,
        emoji: Option<&str>,
        client: &ChatPerson,
    ) -> Result<(), CrmError>;

    /// The client or an operator is typing.
    async fn typing(
        &self,
        caller: &Caller<'_>,
        conversation_id: &str,
        person_id: &str,
    ) -> Result<(), CrmError>;

    /// Whether the webhook is the service's: signature over the raw body, in constant time.
    fn verify(&self, secret: &SecretString, signature: &str, body: &[u8]) -> bool;

    /// What it says, and the service's account id. Pure.
    fn parse(&self, body: &[u8]) -> Result<(String, Vec<ChatEvent>), HookError>;
}
