//! Roles of what only some services can do. A role that is not filled is `None`; none of them
//! ever stands in the way of a message.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    content::Content,
    ids::NumberCheckId,
    listing::Listing,
    number_check::{Price, Reachable},
    phone::Phone,
};
use url::Url;

use crate::{Channel, ConnectError, FetchError, NewFile, OutFile, Person, SendError};

/// A person allows us at the service's own page (OAuth 2): the browser goes there and comes back.
#[async_trait]
pub trait Consent: Send + Sync {
    /// The service's page for this channel; `state` must come back unchanged, and the browser to
    /// `return_to`. `None` where these settings need no consent.
    fn page(&self, channel: &Channel, return_to: &Url, state: &str) -> Option<Url>;

    /// Turns the code that the browser brought into tokens, and keeps them in the channel's memory.
    /// `return_to` is the same as was given to [`Self::page`]. Connecting follows.
    async fn returned(
        &self,
        channel: &Channel,
        code: &str,
        return_to: &Url,
    ) -> Result<(), ConnectError>;
}

/// What a webhook leaves out and the service tells when asked, after the message is stored.
#[async_trait]
pub trait LookUp: Send + Sync {
    /// A person that was seen for the first time without a name, and what they write about.
    async fn person(&self, channel: &Channel, external_id: &str) -> Result<Profile, FetchError>;

    /// The whole of a message that came cropped ([`crate::InboundMessage::cropped`]). Files that it
    /// has more than before are not taken over.
    async fn message(
        &self,
        channel: &Channel,
        external_id: &str,
    ) -> Result<Content<NewFile>, FetchError>;
}

/// What the service tells of a person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// Only what is told replaces what is known.
    pub person: Person,
    /// What the chat is about.
    pub listing: Option<Listing>,
}

/// Signs to the person that the service shows. Best effort: tried once.
#[async_trait]
pub trait Signs: Send + Sync {
    /// An operator has read everything up to this message of the person.
    async fn seen(
        &self,
        channel: &Channel,
        recipient: &str,
        message: &str,
    ) -> Result<(), SendError>;

    /// An operator is writing; asked at most every five seconds.
    async fn typing(&self, channel: &Channel, recipient: &str) -> Result<(), SendError>;
}

/// Changes to messages that we sent, within the times of the kind's capabilities.
#[async_trait]
pub trait Changes: Send + Sync {
    /// Puts new words in the place of a message's. Files stay.
    async fn edit(
        &self,
        channel: &Channel,
        recipient: &str,
        external_id: &str,
        content: &Content<OutFile>,
    ) -> Result<(), SendError>;

    /// Takes a message back for both sides.
    async fn remove(
        &self,
        channel: &Channel,
        recipient: &str,
        external_id: &str,
    ) -> Result<(), SendError>;

    /// The same for a message that has further ids ([`crate::Sent::aliases`] and those foretold). To
    /// be filled where the service keeps it as several, an album's pictures each.
    async fn remove_whole(
        &self,
        channel: &Channel,
        recipient: &str,
        external_id: &str,
        _aliases: &[String],
    ) -> Result<(), SendError> {
        self.remove(channel, recipient, external_id).await
    }
}

/// The service has a black list of its own: a person put on ours goes onto theirs.
#[async_trait]
pub trait Blocks: Send + Sync {
    /// Puts a person on the service's list.
    async fn block(&self, channel: &Channel, person: &Blocked) -> Result<(), SendError>;
}

/// Who is to be put on the service's black list.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocked {
    /// The person's external id within the channel.
    pub external_id: String,
    /// The person's key, where `external_id` names one of several chats with them.
    pub key: Option<String>,
    /// What they wrote about.
    pub listing: Option<Listing>,
}

/// Emoji that people put on messages.
#[async_trait]
pub trait Reactions: Send + Sync {
    /// Puts our reaction on a message, or takes it away (`None`).
    async fn react(
        &self,
        channel: &Channel,
        recipient: &str,
        external_id: &str,
        emoji: Option<&str>,
    ) -> Result<(), SendError>;
}

/// The service tells whether somebody can be written to at a phone (WA-1). Asked when a person wants to
/// know and never by itself: an answer may cost money, and the person may be told that we looked.
#[async_trait]
pub trait Numbers: Send + Sync {
    /// What a check costs the company; `None`: not with these settings.
    fn price(&self, channel: &Channel) -> Option<Price>;

    /// How many paid checks the company allows itself a day, over all its channels; `None`: as many as
    /// are asked for.
    fn most_a_day(&self, channel: &Channel) -> Option<u32>;

    /// Asks, or looks for the answer of a question that the service has taken. `Unknown`: it may have
    /// taken the question, and the money; the house comes back once with [`Asking::AfterLoss`].
    async fn exists(&self, channel: &Channel, question: &Question) -> Result<Told, SendError>;
}

/// Whether a phone exists for the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Ours, and the same however often it is put: the key, where the service takes one.
    pub id: NumberCheckId,
    /// Whom it is about.
    pub phone: Phone,
    /// How far it is.
    pub asking: Asking,
}

/// How far a question is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asking {
    /// The service surely has not got it.
    First,
    /// The service may have got it, and its answer was not seen. Where the service does not know our
    /// id again, the answer is `Unknown`: nobody pays twice without wanting to.
    AfterLoss,
    /// The service has it, under this name, and answers later.
    Taken(String),
}

/// What the service says to a [`Question`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// This is it.
    Known(Reachable),
    /// It has taken the question and is to be asked for the answer after this time.
    Later {
        /// Its name of the question.
        ticket: String,
        /// How long to wait.
        after: Duration,
    },
}

/// A person presses a button under a message, and the service shows them a clock until we say that we
/// have it. The press itself is a message like others; it is answered after it is stored, once.
#[async_trait]
pub trait Presses: Send + Sync {
    /// Whether a message of this id is a press.
    fn is_press(&self, external_id: &str) -> bool;

    /// Says that the press was taken. `raw`: the message as it came, if it is kept.
    async fn answer(
        &self,
        channel: &Channel,
        external_id: &str,
        raw: Option<&str>,
    ) -> Result<(), SendError>;
}

/// One of the values that a service offers for a field ([`crate::FieldKind::Choice`]).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Choice {
    /// Stored.
    pub value: String,
    /// Shown: a number, a sender's name.
    pub label: String,
}
