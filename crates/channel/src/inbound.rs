//! What comes from a service, in our words. A closed set: what a driver does not understand is a
//! message with `Content::Unsupported` (if it belongs to a person) or [`Quarantined`].

use bytes::Bytes;
use domain::{
    attribution::Attribution,
    clock::Instant,
    content::{Content, FileKind},
    conversation::ConversationKind,
    delivery::DeliveryStatus,
    text::Words,
};
use serde_json::Value;

/// One fact from a service.
#[expect(
    clippy::large_enum_variant,
    reason = "few are alive at once, and none is copied about: a box would serve nobody"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum Inbound {
    /// A new message: of the customer, or of our side from elsewhere (an echo).
    Message(Box<InboundMessage>),
    /// The customer changed a message.
    Edited(Edited),
    /// The customer took a message back.
    Removed(Removed),
    /// News of a message that we sent.
    Delivery(DeliveryReport),
    /// The person can or cannot be reached any more, or changed their profile.
    Person {
        /// Whose news it is.
        person: Person,
        /// `None` when reach did not change.
        reach: Option<Reach>,
        /// Where the person came from, told before they write: kept until their next conversation.
        attribution: Attribution,
        /// When it happened, by the service's clock.
        at: Instant,
    },
    /// The person has read what we wrote.
    Seen {
        /// The person's external id.
        person: String,
        /// External id or alias of the last message of ours that they read; where it is `None` or
        /// unknown to us, everything up to `at` counts.
        up_to: Option<String>,
        /// When, by the service's clock.
        at: Instant,
    },
    /// The person is writing. Shown, not stored.
    Typing {
        /// The person's external id.
        person: String,
    },
    /// An emoji on a message was put, changed or taken away.
    Reaction(Reaction),
}

/// Whether a person can be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The person lets us write.
    Reachable,
    /// The person blocked the account.
    Blocked,
}

/// Who wrote the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The customer.
    Customer,
    /// Our own side, outside Beseda: from the phone, from the mail program (WA-4).
    OurSide,
}

/// A message as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct InboundMessage {
    /// The service's id of this message, unique within the channel: the key against doubles.
    pub external_id: String,
    /// Other ids by which the service may name it later (an e-mail's Message-ID).
    pub aliases: Vec<String>,
    /// By the service's clock: shown, never used for order.
    pub occurred_at: Instant,
    /// The customer of this chat, also when our side wrote.
    pub person: Person,
    /// Who wrote it.
    pub sender: Sender,
    /// What it says.
    pub content: Content<NewFile>,
    /// External id or alias of the message that it answers or quotes.
    pub reply_to: Option<String>,
    /// Messages of one album share it.
    pub album: Option<String>,
    /// Ids or aliases of earlier messages of the same thread, newest first (e-mail References).
    pub thread: Vec<String>,
    /// Where the person came from, if the service tells.
    pub attribution: Attribution,
    /// Chat, or a request left in a form.
    pub kind: ConversationKind,
    /// Written by a machine (a robot's letter): rules must not answer it (RFC 3834).
    pub automatic: bool,
    /// The service gave only the beginning: the [`crate::LookUp`] role fetches the whole.
    pub cropped: bool,
    /// The service's own text of the message, kept with it.
    pub raw: Option<String>,
}

impl InboundMessage {
    /// A customer's message in a chat, with nothing more known of it.
    pub fn new(
        external_id: impl Into<String>,
        occurred_at: Instant,
        person: Person,
        content: Content<NewFile>,
    ) -> Self {
        Self {
            external_id: external_id.into(),
            aliases: Vec::new(),
            occurred_at,
            person,
            sender: Sender::Customer,
            content,
            reply_to: None,
            album: None,
            thread: Vec::new(),
            attribution: Attribution::default(),
            kind: ConversationKind::Chat,
            automatic: false,
            cropped: false,
            raw: None,
        }
    }
}

/// A person as the service tells of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The person's id within the channel: opaque outside the driver.
    pub external_id: String,
    /// Names the person where `external_id` names one of several chats with them: chats of one key
    /// in a channel become one contact.
    pub key: Option<String>,
    /// Full name, if told.
    pub name: Option<String>,
    /// @name, if told.
    pub username: Option<String>,
    /// Phones known to be theirs, as the service writes them.
    pub phones: Vec<String>,
    /// Addresses known to be theirs.
    pub emails: Vec<String>,
    /// `ru`, `en` …, if told.
    pub language: Option<String>,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct NewFile {
    /// How it is shown.
    pub kind: FileKind,
    /// As the person named it; never used as a path.
    pub name: Option<String>,
    /// As declared; checked against the bytes before it is served.
    pub mime: Option<String>,
    /// In bytes, if told beforehand.
    pub size: Option<u64>,
    /// Of audio, voice and video, in seconds.
    pub duration: Option<u32>,
    /// In pixels.
    pub width: Option<u32>,
    /// In pixels.
    pub height: Option<u32>,
    /// `Content-ID` of an inline image, without brackets.
    pub content_id: Option<String>,
    /// Where its bytes are.
    pub source: NewFileSource,
}

/// Where a new file's bytes are.
#[derive(Debug, Clone, PartialEq)]
pub enum NewFileSource {
    /// Here.
    Bytes(Bytes),
    /// At the service: the driver's own handle, given back to its `Media` role after the message
    /// is stored. Never shown.
    Handle(Value),
    /// The service will not give it (too large for its API …); the reason is shown.
    Unavailable(Words),
}

/// The customer's change of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    /// Which message.
    pub external_id: String,
    /// When, by the service's clock.
    pub at: Instant,
    /// What it says now.
    pub content: Content<NewFile>,
    /// The service's own text.
    pub raw: Option<String>,
}

/// Somebody's emoji on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// External id or alias of the message.
    pub external_id: String,
    /// Whose reaction.
    pub by: Sender,
    /// `None`: taken away.
    pub emoji: Option<String>,
    /// When, by the service's clock.
    pub at: Instant,
}

/// The customer's removal of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Which message.
    pub external_id: String,
    /// When, by the service's clock.
    pub at: Instant,
}

/// News of a message that we sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// External id or alias of our message.
    pub external_id: String,
    /// How far it got. Only forward moves count.
    pub status: DeliveryStatus,
    /// When, by the service's clock.
    pub at: Instant,
    /// Why it failed, in the service's words.
    pub reason: Option<String>,
}

/// Something that came with a right secret but cannot be understood or is over a cap. It is kept
/// raw and shown to people, and never stops what comes after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The service's id of it, or a digest of the body: the key against doubles.
    pub external_id: String,
    /// What is wrong, in plain words.
    pub reason: Words,
    /// As it came.
    pub body: Bytes,
}
