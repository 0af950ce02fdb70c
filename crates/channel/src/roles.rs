//! Roles that a driver may fill: webhook, held connection, site.

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    attribution::Attribution, channel::StateReport, clock::Instant, ids::ConversationId,
    text::Words,
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{Channel, Inbound, InboundMessage, Quarantined, Request};

/// Messages come by webhook. Synchronous and pure, so that files prove it.
pub trait Webhook: Send + Sync {
    /// Proves that the service sent it. Compares secrets in constant time; an empty secret refuses.
    fn verify(&self, channel: &Channel, request: &Request) -> Result<(), VerifyError>;

    /// Reads the body. `Err` puts the whole body into quarantine, answered with success so that
    /// the service goes on.
    fn parse(&self, channel: &Channel, request: &Request) -> Result<Received, ParseError>;
}

/// The request is not proved to come from the service. Says which proof was missing, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not proved to come from the service: {0}")]
pub struct VerifyError(pub &'static str);

/// The body is not what the service documents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the body cannot be understood: {0}")]
pub struct ParseError(pub String);

/// What a request held.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// In the order in which they happened.
    pub events: Vec<Inbound>,
    /// Parts of the body that are kept for people to look at.
    pub quarantined: Vec<Quarantined>,
    /// What the service wants to read.
    pub reply: Reply,
}

/// The answer to the service, after our commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Reply {
    /// What most services want.
    #[default]
    Empty,
    /// A body that the request decides.
    Body {
        /// Its bytes.
        body: Bytes,
        /// Its type.
        content_type: &'static str,
    },
    /// A text that connecting kept in the channel's memory (a confirmation code), as `text/plain`.
    /// The request is refused where nothing is kept.
    Remembered {
        /// The key in the memory.
        key: &'static str,
    },
}

/// Messages come over a connection that we hold: IMAP IDLE, long polling. The supervisor gives each
/// channel exactly one owner.
#[async_trait]
pub trait Listener: Send + Sync {
    /// Runs until cancelled or until the connection breaks; the supervisor starts it again with
    /// back-off. Reports `connected` through the inbox once it listens.
    async fn run(
        &self,
        channel: &Channel,
        inbox: &dyn Inbox,
        stop: CancellationToken,
    ) -> Result<(), ListenError>;
}

/// Where a listener puts what came.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Stores the batch and its state in one transaction and returns after COMMIT, so that the
    /// caller may acknowledge to the service. Fenced: fails when another node owns the channel.
    async fn accept(&self, batch: Batch) -> Result<(), AcceptError>;

    /// A value that an earlier batch stored.
    async fn state(&self, key: &str) -> Result<Option<Value>, AcceptError>;

    /// Tells people how the channel does.
    async fn report(&self, report: StateReport) -> Result<(), AcceptError>;

    /// The time.
    fn now(&self) -> Instant;
}

/// Things that belong together. Messages alone commit with the state in one transaction; where other
/// events stand between them, what is before each commits first and the state last, so a batch that
/// broke off comes again and must be known by its ids.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// In order.
    pub events: Vec<Inbound>,
    /// Kept for people to look at.
    pub quarantined: Vec<Quarantined>,
    /// Values of the channel's state to set: cursors and the like. Stored encrypted.
    pub state: Vec<(String, Value)>,
}

/// Why a batch was not stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// Another node owns the channel now: stop at once.
    #[error("another node owns this channel")]
    Fenced,
    /// Try the same batch again later.
    #[error("cannot be stored now: {0}")]
    Unavailable(String),
}

/// Why a listener ended.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// A passing fault: started again with back-off.
    #[error("interrupted: {0}")]
    Interrupted(String),
    /// A person must act; not started again until settings change or a person asks.
    #[error("stopped: {:?}", .0.state)]
    Stopped(StateReport),
    /// The batch was not stored.
    #[error(transparent)]
    Accept(#[from] AcceptError),
}

/// Visitors of a company's site talk to us directly. Pure: the web layer holds the sockets and
/// `app` the visitors.
pub trait Site: Send + Sync {
    /// Whether a page of this origin (`https://shop.test`) may use the channel.
    fn allows_origin(&self, channel: &Channel, origin: &str) -> bool;

    /// What the page needs to draw the widget: texts, colours, forms. No secrets.
    fn page_config(&self, channel: &Channel) -> Value;

    /// A visitor's first words about where they came from, cleaned and capped.
    fn attribution(&self, visit: &Value) -> Attribution;

    /// Reads a frame of the visitor's socket.
    fn parse(
        &self,
        channel: &Channel,
        visitor: &str,
        frame: &str,
        now: Instant,
    ) -> Result<SiteFrame, Words>;

    /// Reads a visitor's file as the message that it is. `Err` is shown to the visitor.
    fn upload(
        &self,
        channel: &Channel,
        visitor: &str,
        file: SiteFile,
        now: Instant,
    ) -> Result<InboundMessage, Words>;

    /// The loader script for `<script src=…>`.
    fn loader(&self) -> &'static [u8];

    /// A static file of the widget's frame (`frame.html`, `frame.js`, `frame.css`), with its type.
    fn asset(&self, name: &str) -> Option<(&'static str, &'static [u8])>;
}

/// A file that a visitor sends.
#[derive(Debug, Clone)]
pub struct SiteFile {
    /// The page's own id of the message, as in frames.
    pub client_id: String,
    /// As the visitor's browser names it: anything can be in it.
    pub name: String,
    /// All of it.
    pub bytes: Bytes,
}

/// What a visitor's frame asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum SiteFrame {
    /// A message, a filled contact form or an offline request.
    Message(Box<InboundMessage>),
    /// The visitor is writing. Not stored.
    Typing,
    /// The visitor's page shows everything up to this message.
    Seen {
        /// Our id of the message, as text.
        message: String,
    },
    /// How a closed conversation was.
    Rate {
        /// Which one.
        conversation: ConversationId,
        /// 1 to 5.
        stars: u8,
        /// The visitor's words; may be empty.
        text: String,
    },
    /// Keeps the connection alive.
    Ping,
}
