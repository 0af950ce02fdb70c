//! What goes to a service, and what can come of it.

use std::{fmt, sync::Arc, time::Duration};

use domain::{
    channel::StateReport,
    content::{Content, FileKind},
    delivery::DeliveryStatus,
    ids::MessageId,
};

use url::Url;

use crate::ByteStream;

/// A message to send. Content was checked against the kind's capabilities when it was accepted.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// Our id: the idempotency key where the service has one.
    pub id: MessageId,
    /// The person's external id within this channel.
    pub recipient: String,
    /// What it says.
    pub content: Content<OutFile>,
    /// External id of the message that it answers.
    pub reply_to: Option<String>,
    /// The conversation so far, for services that thread by ids (e-mail).
    pub thread: Thread,
    /// Written by a rule, not by a person: e-mail marks it (RFC 3834).
    pub automatic: bool,
    /// A former try ended uncertain. Only drivers with `idempotent_send` see `true`.
    pub repeated: bool,
}

/// The conversation so far.
#[derive(Debug, Clone, Default)]
pub struct Thread {
    /// Aliases (or external ids) of earlier messages, oldest first, at most 20.
    pub references: Vec<String>,
    /// The subject of the conversation's first letter.
    pub subject: Option<String>,
}

/// A stored file that goes out.
#[derive(Clone)]
pub struct OutFile {
    /// How it is sent.
    pub kind: FileKind,
    /// File name for the customer.
    pub name: String,
    /// Checked content type.
    pub mime: String,
    /// In bytes.
    pub size: u64,
    /// An address at which whoever has it may fetch the file for some hours; ends in the file's name.
    /// `None` where this installation has no public address.
    pub link: Option<Url>,
    /// Opens its bytes; may be called again for another try.
    pub open: Arc<dyn Fn() -> ByteStream + Send + Sync>,
}

impl Sent {
    /// Accepted under one id.
    pub fn new(external_id: impl Into<String>) -> Self {
        Self {
            external_id: external_id.into(),
            aliases: Vec::new(),
            parts: Vec::new(),
            status: DeliveryStatus::Sent,
        }
    }
}

impl fmt::Debug for OutFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutFile").field("kind", &self.kind).field("size", &self.size).finish()
    }
}

/// The service accepted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The service's id of the message: receipts and echoes name it.
    pub external_id: String,
    /// Further ids of the same message (parts, album items, an e-mail's Message-ID).
    pub aliases: Vec<String>,
    /// Ids of parts that the service reports on one by one: the message is delivered when all of
    /// them are, and failed when one is. Empty where it is reported on as a whole.
    pub parts: Vec<String>,
    /// `Sent`, or more where the service's answer already proves more.
    pub status: DeliveryStatus,
}

/// Why a message was not accepted: each variant names the next move and nothing else.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SendError {
    /// Surely not accepted; try again after the given time.
    #[error("not accepted, try again in {after:?}")]
    Retry {
        /// How long to wait.
        after: Duration,
        /// Whether only this chat or the whole channel waits.
        scope: RetryScope,
        /// For the log.
        why: String,
    },
    /// Refused for good; the text is shown to the operator.
    #[error("refused: {text}")]
    Rejected {
        /// Stable name for programs: `blocked`, `not_found`, `too_long` …
        code: &'static str,
        /// In the service's words.
        text: String,
    },
    /// The channel itself is down: the message waits, the channel changes its state.
    #[error("the channel is down: {:?}", .0.state)]
    Disconnected(StateReport),
    /// It may have been accepted: the answer was lost.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
}

/// What a refusal for the time being concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryScope {
    /// This conversation.
    Conversation,
    /// Every conversation of the channel.
    Channel,
}
