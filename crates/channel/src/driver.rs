//! The trait that every messenger fills, and the channel it is given.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    channel::{Capabilities, ChannelKind, StateReport},
    ids::{AccountId, ChannelId, MessageId},
    text::Words,
};
use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    Blocks, Changes, Choice, Consent, FieldError, HandOver, Listener, LookUp, Media, Memory,
    Numbers, Outbound, Presses, Reactions, SendError, Sent, SettingsForm, Signs, Site, Webhook,
};

/// One connected account of a service, as its driver sees it. Secrets are decrypted only here.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Our id.
    pub id: ChannelId,
    /// The company. For logs and file names alone: a driver never decides by it.
    pub account: AccountId,
    /// The name that people gave it.
    pub name: String,
    /// Answers to the form's fields that are not secret.
    pub settings: Map<String, Value>,
    /// Answers to the form's secret fields, by field key.
    pub secrets: std::collections::BTreeMap<String, SecretString>,
    /// A random value of this channel (43 characters of A-Za-z0-9_-), made by us, to be given to
    /// the service as its webhook secret. Never shown.
    pub hook_secret: SecretString,
    /// The channel's own id at the service, once connected.
    pub external_id: Option<String>,
    /// What the driver keeps of this channel between calls. Not for use in `parse` and `verify`.
    pub memory: Arc<dyn Memory>,
}

impl Channel {
    /// A settings field as text, if it was filled.
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings.get(key).and_then(Value::as_str).map(str::trim).filter(|s| !s.is_empty())
    }

    /// A secret field, if it was filled.
    pub fn secret(&self, key: &str) -> Option<&SecretString> {
        self.secrets.get(key)
    }
}

/// What connecting is given beside the channel.
#[derive(Debug, Clone)]
pub struct Connecting {
    /// Where the service may reach us; `None` when this installation has no public address, so the
    /// driver must poll.
    pub hook_url: Option<Url>,
}

/// How messages of a connected channel come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receive {
    /// The service calls our webhook.
    Webhook,
    /// We hold a connection or poll: the supervisor runs the driver's [`Listener`].
    Listener,
    /// Both: the service calls our webhook, and the listener fetches what it missed (BY-8).
    WebhookAndListener,
    /// Visitors come to us (the site widget).
    Site,
}

/// The outcome of connecting.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The account's own id at the service: unique among a company's channels of this kind.
    pub external_id: String,
    /// What people call it there: `@shop_bot`, `sales@shop.test`.
    pub title: String,
    /// How its messages come in from now on.
    pub receive: Receive,
}

/// Why connecting failed.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A field is wrong; shown beside it.
    #[error("field `{}` is wrong: {}", .0.field, .0.message.en)]
    Field(FieldError),
    /// The account is in a state that a person must mend.
    #[error("the service refused: {:?}", .0.state)]
    Refused(StateReport),
    /// A person must allow us at the service's page first (the [`Consent`] role).
    #[error("consent at the service's page is needed")]
    ConsentNeeded,
    /// Nothing is wrong with the settings; tried again later.
    #[error("the service cannot be reached: {0}")]
    Unreachable(String),
}

/// One value per channel kind, without state per account: everything about an account is in the
/// [`Channel`] that each call is given.
#[async_trait]
pub trait Driver: Send + Sync + 'static {
    /// The kind's name in settings, URLs and the database.
    fn kind(&self) -> ChannelKind;

    /// The kind's name for people.
    fn title(&self) -> Words;

    /// What this kind can do.
    fn capabilities(&self) -> Capabilities;

    /// The settings that a person fills, as data: the cabinet draws it.
    fn form(&self) -> SettingsForm;

    /// Checks settings without talking to the service. Every wrong field is named.
    fn check(&self, channel: &Channel) -> Result<(), Vec<FieldError>>;

    /// Checks the account at the service, registers the webhook where there is one, and learns
    /// the account's own id and title. Safe to repeat.
    async fn connect(
        &self,
        channel: &Channel,
        connecting: &Connecting,
    ) -> Result<Connected, ConnectError>;

    /// Takes our webhook away. Best effort: the account may be gone already.
    async fn disconnect(&self, channel: &Channel) -> Result<(), ConnectError>;

    /// Looks whether the account still works as connected (webhook not taken, token alive).
    /// Called by the supervisor every few minutes.
    async fn inspect(&self, channel: &Channel, connecting: &Connecting) -> Option<StateReport>;

    /// Hands one message to the service. Called in order within a conversation.
    async fn send(&self, channel: &Channel, message: &Outbound) -> Result<Sent, SendError>;

    /// Ids by which the service will name this message of ours, where the driver makes them itself.
    /// They are kept before the send, so that a receipt settles a send whose answer was lost.
    fn foretold(&self, _channel: &Channel, _recipient: &str, _message: MessageId) -> Vec<String> {
        Vec::new()
    }

    /// An address at which a person can write into this channel, for visitors of a site that offers
    /// it (CH-2). `title` is what connecting learned; `start` (A-Z a-z 0-9 _ -, at most 64) must come
    /// back with the first message as [`domain::attribution::Attribution::start_payload`], so that
    /// the source is not lost. `None` where a kind cannot do that.
    fn write_link(&self, _channel: &Channel, _title: &str, _start: &str) -> Option<String> {
        None
    }

    /// What the service offers for a [`crate::FieldKind::Choice`] field, asked with the settings
    /// filled so far (which may be incomplete): the account's numbers and the like.
    async fn choices(&self, _channel: &Channel, _field: &str) -> Result<Vec<Choice>, ConnectError> {
        Ok(Vec::new())
    }

    /// What a person must copy into the service's cabinet for this channel to work: our webhook's
    /// address where the service has no call to set it, and the like.
    fn hand_over(&self, _channel: &Channel, _connecting: &Connecting) -> Vec<HandOver> {
        Vec::new()
    }

    /// Messages come by webhook.
    fn webhook(&self) -> Option<&dyn Webhook> {
        None
    }

    /// Messages come over a connection that we hold.
    fn listener(&self) -> Option<&dyn Listener> {
        None
    }

    /// Files come as handles that are fetched after the message is stored.
    fn media(&self) -> Option<&dyn Media> {
        None
    }

    /// Visitors of a site talk to us directly.
    fn site(&self) -> Option<&dyn Site> {
        None
    }

    /// A person allows us at the service's own page.
    fn consent(&self) -> Option<&dyn Consent> {
        None
    }

    /// Webhooks leave things out that the service tells when asked.
    fn look_up(&self) -> Option<&dyn LookUp> {
        None
    }

    /// The service shows the person that we read, or write.
    fn signs(&self) -> Option<&dyn Signs> {
        None
    }

    /// Messages that we sent can be changed or taken back; the capabilities say which and how long.
    fn changes(&self) -> Option<&dyn Changes> {
        None
    }

    /// The service has a black list of its own.
    fn blocks(&self) -> Option<&dyn Blocks> {
        None
    }

    /// Buttons wait for a word of ours.
    fn presses(&self) -> Option<&dyn Presses> {
        None
    }

    /// We can put emoji on messages.
    fn reactions(&self) -> Option<&dyn Reactions> {
        None
    }

    /// The service tells whether a phone can be written to; [`Numbers::price`] says for which channels.
    fn numbers(&self) -> Option<&dyn Numbers> {
        None
    }
}
