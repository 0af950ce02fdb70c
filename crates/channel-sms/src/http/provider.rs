//! What a provider must do.

use async_trait::async_trait;
use channel::{Choice, ParseError};
use domain::{clock::Instant, ids::MessageId, text::Words};
use net::Outgoing;
use serde_json::Value;
use url::Url;

use super::{account::Account, called::Body, events::Event, fault::Fault, numbers::Register};

/// A provider's HTTP API, without state: everything about an account is in the [`Line`].
#[async_trait]
pub(super) trait Provider: Send + Sync {
    fn traits(&self) -> &'static Traits;

    /// What is left on the account, in its currency, where the provider tells. Proves the key.
    async fn balance(&self, line: &Line) -> Result<Option<f64>, Fault>;

    /// Numbers and names from which the account may send, as people write them.
    async fn senders(&self, line: &Line) -> Result<Vec<Choice>, Fault>;

    /// Hands one message over and answers with the provider's id of it.
    async fn send(&self, line: &Line, sms: &Sms<'_>) -> Result<String, Fault>;

    /// Where in the provider's cabinet our webhook's address goes, and what it is good for.
    fn where_to_paste(&self) -> Words;

    /// The id under which the provider will know a message of ours, if it lets us choose.
    fn own_id(&self, _message: MessageId) -> Option<String> {
        None
    }

    /// `None`: this provider does not look into the network's register.
    fn register(&self) -> Option<&dyn Register> {
        None
    }

    /// What came to be since the cursor of the call before.
    async fn news(&self, line: &Line, since: Option<&Value>, now: Instant) -> Result<News, Fault>;

    /// What the provider told our webhook. Pure.
    fn read(&self, body: &Body, now: Instant) -> Result<Vec<Event>, ParseError>;
}

/// What differs between providers and needs no code.
pub(super) struct Traits {
    /// Its addresses; the next one is tried where nothing answers.
    pub(super) hosts: &'static [&'static str],
    /// Whether an account has a name beside its key.
    pub(super) login: Login,
    /// The address of our webhook goes with each message.
    pub(super) callback_per_message: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    Needed,
    /// Without it the secret is a key that needs none.
    Optional,
    Unused,
}

/// One account at one provider.
pub(super) struct Line {
    pub(super) outgoing: Outgoing,
    pub(super) hosts: Vec<Url>,
    pub(super) account: Account,
}

/// A message on its way out.
pub(super) struct Sms<'a> {
    pub(super) id: MessageId,
    /// In digits.
    pub(super) to: String,
    pub(super) text: &'a str,
    pub(super) callback: Option<Url>,
    pub(super) now: Instant,
}

/// What a look at the provider brought.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) events: Vec<Event>,
    /// `None` leaves it as it was.
    pub(super) cursor: Option<Value>,
}
