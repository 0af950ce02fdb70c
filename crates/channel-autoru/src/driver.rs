//! The driver. Roles: webhook (`receive.rs`), media (`media.rs`), signs (here).

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use channel::{
    Channel, ConnectError, Connected, Connecting, Driver, FieldError, HandOver, Media, Outbound,
    Receive, SendError, Sent, SettingsForm, Signs, Webhook,
};
use domain::{
    channel::{Capabilities, ChannelKind, FileLimit, StateReport, TextUnit},
    clock::Clock,
    content::FileKind,
    text::Words,
};
use net::{
    Outgoing,
    http::header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use secrecy::ExposeSecret;

use crate::{
    inbound, outbound, reports,
    settings::{self, Settings},
    wire::OperatorMessage,
};

/// Nothing is documented; buyers write from phones, and no message of a dealer was seen near it.
const MAX_TEXT: usize = 4000;
/// Nothing is documented. Auto.ru fetches the picture from us.
const MAX_PICTURE: u64 = 20 << 20;
/// Of one call, with its answer.
const CALL: Duration = Duration::from_secs(30);
/// What is read of an answer: documented ones are empty.
const MAX_ANSWER: usize = 4 << 10;

/// The driver of the kind `autoru`, for any number of dealers.
pub struct Autoru {
    /// Webhooks tell no time.
    pub(crate) clock: Arc<dyn Clock>,
    /// To Auto.ru, to addresses that companies give in its place, and to where pictures lie.
    pub(crate) outgoing: Outgoing,
}

impl Autoru {
    /// A driver whose calls go through this guard.
    pub fn new(clock: Arc<dyn Clock>, outgoing: Outgoing) -> Self {
        Self { clock, outgoing }
    }

    fn settings(&self, channel: &Channel) -> Result<Settings, Vec<FieldError>> {
        Settings::read(channel, self.outgoing.rules())
    }

    async fn post(&self, settings: &Settings, body: &OperatorMessage<'_>) -> Result<(), SendError> {
        let body = serde_json::to_vec(body).map_err(|error| SendError::Rejected {
            code: "unsupported",
            text: error.to_string(),
        })?;
        let headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let answer = self.outgoing.post(&settings.hook(), headers, body, CALL, MAX_ANSWER).await;
        outbound::outcome(&answer.map_err(outbound::not_answered)?)
    }

    fn open(&self, channel: &Channel) -> Result<Settings, SendError> {
        self.settings(channel)
            .map_err(|wrong| SendError::Disconnected(reports::mend_settings(wrong)))
    }
}

#[async_trait]
impl Driver for Autoru {
    fn kind(&self) -> ChannelKind {
        ChannelKind::new("autoru")
    }

    fn title(&self) -> Words {
        Words::new("Авто.ру", "Auto.ru")
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_text: MAX_TEXT,
            text_unit: TextUnit::Characters,
            // The contract has `text` for texts alone.
            max_caption: 0,
            files: vec![FileLimit { kind: FileKind::Image, max_bytes: MAX_PICTURE }],
            max_files: 1,
            subject: false,
            replies: false,
            delivery_receipts: false,
            read_receipts: false,
            // `message.id` is documented as the key against doubles.
            idempotent_send: true,
            write_first: false,
            in_widget: true,
            edit_within: None,
            remove_within: None,
            reactions: Vec::new(),
        }
    }

    fn form(&self) -> SettingsForm {
        settings::form()
    }

    fn check(&self, channel: &Channel) -> Result<(), Vec<FieldError>> {
        self.settings(channel).map(|_| ())
    }

    /// Auto.ru has no call that would prove a ChatId, nor one that sets the webhook: the settings
    /// are good if they are whole, and a person puts both values into the cabinet ([`HandOver`]).
    async fn connect(
        &self,
        channel: &Channel,
        connecting: &Connecting,
    ) -> Result<Connected, ConnectError> {
        let settings = self.settings(channel).map_err(|wrong| ConnectError::Field(first(wrong)))?;
        if connecting.hook_url.is_none() {
            return Err(ConnectError::Refused(reports::no_public_address()));
        }
        Ok(Connected {
            external_id: settings.fingerprint(),
            title: settings.sender,
            receive: Receive::Webhook,
        })
    }

    /// The address stands in the Auto.ru cabinet, where only a person can take it away.
    async fn disconnect(&self, _channel: &Channel) -> Result<(), ConnectError> {
        Ok(())
    }

    /// Nothing can be asked; what we know without asking is told.
    async fn inspect(&self, channel: &Channel, connecting: &Connecting) -> Option<StateReport> {
        match self.settings(channel) {
            Err(wrong) => Some(reports::mend_settings(wrong)),
            Ok(_) if connecting.hook_url.is_none() => Some(reports::no_public_address()),
            Ok(_) => None,
        }
    }

    async fn send(&self, channel: &Channel, message: &Outbound) -> Result<Sent, SendError> {
        let settings = self.open(channel)?;
        let id = outbound::id(message.id);
        let body = outbound::message(message, &id, &settings.sender)?;
        self.post(&settings, &body).await?;
        Ok(Sent::new(id))
    }

    /// The dealer's page, where a visitor of a site chooses a car and writes. Auto.ru carries no
    /// mark through it, so `start` does not come back and only the fact of the visit is kept.
    fn write_link(&self, channel: &Channel, _title: &str, _start: &str) -> Option<String> {
        self.settings(channel).ok()?.dealer_page.map(String::from)
    }

    fn hand_over(&self, channel: &Channel, connecting: &Connecting) -> Vec<HandOver> {
        let (Ok(settings), Some(hook)) = (self.settings(channel), &connecting.hook_url) else {
            return Vec::new();
        };
        settings::hand_over(settings.chat_id.expose_secret(), hook)
    }

    fn webhook(&self) -> Option<&dyn Webhook> {
        Some(self)
    }

    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }

    fn signs(&self) -> Option<&dyn Signs> {
        Some(self)
    }
}

#[async_trait]
impl Signs for Autoru {
    async fn seen(
        &self,
        channel: &Channel,
        recipient: &str,
        message: &str,
    ) -> Result<(), SendError> {
        let settings = self.open(channel)?;
        let Some(id) = inbound::their_id(recipient, message) else { return Ok(()) };
        self.post(&settings, &outbound::seen(recipient, id, &settings.sender)).await
    }

    /// The contract has no such sign.
    async fn typing(&self, _channel: &Channel, _recipient: &str) -> Result<(), SendError> {
        Ok(())
    }
}

fn first(wrong: Vec<FieldError>) -> FieldError {
    wrong.into_iter().next().unwrap_or_else(|| FieldError::required(settings::CHAT_ID))
}
