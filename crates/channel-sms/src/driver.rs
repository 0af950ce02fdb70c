//! The driver. Roles: listener (SMPP, and providers that are asked), webhook (providers that call
//! us), numbers (providers that look into the network's register). Everything is done by the [`Gateway`] that the channel's settings name.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use channel::{
    Channel, Choice, ConnectError, Connected, Connecting, Driver, FieldError, HandOver, Inbox,
    ListenError, Listener, Numbers, Outbound, ParseError, Question, Received, Request, SendError,
    Sent, SettingsForm, Told, VerifyError, Webhook,
};
use domain::{
    channel::{Capabilities, ChannelKind, ChannelState, StateReport, TextUnit},
    clock::Clock,
    ids::MessageId,
    number_check::Price,
    text::Words,
};
use net::Outgoing;
use rustls::pki_types::CertificateDer;
use tokio_util::sync::CancellationToken;

use crate::{
    gateway::Gateway,
    http::Http,
    settings::{self, Provider},
    smpp::{Pace, Reach, Smpp},
};

/// Parts of one message at most. A dozen is what operators join without losing some, and over that
/// a text costs more than a call.
const MOST_PARTS: usize = 12;

/// What holds for every number of this installation.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which SMPP hosts people may name.
    pub reach: Reach,
    /// Certificates of authorities that SMPP trusts beside the public ones.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// The rhythm of SMPP sessions.
    pub pace: Pace,
    /// How often a provider with an HTTP API is asked for what it did not tell by itself.
    pub poll: Duration,
    /// Which addresses people may name as a provider's API.
    pub outgoing: Outgoing,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            reach: Reach::PublicOnly,
            extra_roots: Vec::new(),
            pace: Pace::default(),
            poll: Duration::from_secs(20),
            outgoing: Outgoing::strict(),
        }
    }
}

/// The driver of the kind `sms`.
pub struct Sms {
    smpp: Smpp,
    http: Http,
}

impl Sms {
    /// A driver for any number of numbers.
    pub fn new(clock: Arc<dyn Clock>, options: Options) -> Self {
        let http = Http::new(clock, options.poll, options.outgoing);
        Self { smpp: Smpp::new(options.reach, options.extra_roots, options.pace), http }
    }

    fn gateway(&self, channel: &Channel) -> Result<&dyn Gateway, FieldError> {
        Ok(match Provider::of(channel)? {
            Provider::Smpp => &self.smpp,
            Provider::SmsAero | Provider::SmscRu | Provider::Exolve => &self.http,
        })
    }
}

/// Settings that were fine once and are no more (an older version of this program wrote them).
fn mend_settings(wrong: FieldError) -> StateReport {
    StateReport::new(
        ChannelState::Failed,
        wrong.message,
        Words::new("Исправьте настройки канала.", "Correct the channel's settings."),
    )
}

#[async_trait]
impl Driver for Sms {
    fn kind(&self) -> ChannelKind {
        ChannelKind::new("sms")
    }

    fn title(&self) -> Words {
        Words::new("SMS", "SMS")
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_text: MOST_PARTS,
            text_unit: TextUnit::SmsParts,
            max_caption: 0,
            files: Vec::new(),
            max_files: 0,
            subject: false,
            replies: false,
            delivery_receipts: true,
            read_receipts: false,
            // Neither SMPP nor the providers know a message again by our id.
            idempotent_send: false,
            write_first: true,
            // A link to a number brings nothing back by which the visitor's source would be known.
            in_widget: false,
            edit_within: None,
            remove_within: None,
            reactions: Vec::new(),
        }
    }

    fn form(&self) -> SettingsForm {
        settings::form([self.smpp.fields(), self.http.fields()].concat())
    }

    fn check(&self, channel: &Channel) -> Result<(), Vec<FieldError>> {
        match self.gateway(channel) {
            Ok(gateway) => gateway.check(channel),
            Err(wrong) => {
                let number = channel.setting(settings::NUMBER).is_none();
                let number = number.then(|| FieldError::required(settings::NUMBER));
                Err(std::iter::once(wrong).chain(number).collect())
            }
        }
    }

    async fn connect(
        &self,
        channel: &Channel,
        connecting: &Connecting,
    ) -> Result<Connected, ConnectError> {
        self.gateway(channel).map_err(ConnectError::Field)?.connect(channel, connecting).await
    }

    async fn disconnect(&self, channel: &Channel) -> Result<(), ConnectError> {
        self.gateway(channel).map_err(ConnectError::Field)?.disconnect(channel).await
    }

    async fn inspect(&self, channel: &Channel, connecting: &Connecting) -> Option<StateReport> {
        match self.gateway(channel) {
            Ok(gateway) => gateway.inspect(channel, connecting).await,
            Err(wrong) => Some(mend_settings(wrong)),
        }
    }

    async fn send(&self, channel: &Channel, message: &Outbound) -> Result<Sent, SendError> {
        self.gateway(channel)
            .map_err(|wrong| SendError::Disconnected(mend_settings(wrong)))?
            .send(channel, message)
            .await
    }

    fn foretold(&self, channel: &Channel, _recipient: &str, message: MessageId) -> Vec<String> {
        self.gateway(channel).map(|g| g.foretold(channel, message)).unwrap_or_default()
    }

    fn hand_over(&self, channel: &Channel, connecting: &Connecting) -> Vec<HandOver> {
        self.gateway(channel).map(|g| g.hand_over(channel, connecting)).unwrap_or_default()
    }

    async fn choices(&self, channel: &Channel, field: &str) -> Result<Vec<Choice>, ConnectError> {
        self.gateway(channel).map_err(ConnectError::Field)?.choices(channel, field).await
    }

    fn webhook(&self) -> Option<&dyn Webhook> {
        Some(self)
    }

    fn listener(&self) -> Option<&dyn Listener> {
        Some(self)
    }

    fn numbers(&self) -> Option<&dyn Numbers> {
        Some(self)
    }
}

#[async_trait]
impl Numbers for Sms {
    fn price(&self, channel: &Channel) -> Option<Price> {
        self.gateway(channel).ok()?.numbers()?.price(channel)
    }

    fn most_a_day(&self, channel: &Channel) -> Option<u32> {
        self.gateway(channel).ok()?.numbers()?.most_a_day(channel)
    }

    async fn exists(&self, channel: &Channel, question: &Question) -> Result<Told, SendError> {
        let gateway =
            self.gateway(channel).map_err(|wrong| SendError::Disconnected(mend_settings(wrong)))?;
        match gateway.numbers() {
            Some(numbers) => numbers.exists(channel, question).await,
            None => Err(SendError::Rejected {
                code: "cannot_check",
                text: "По SMPP номера не проверяются.".to_owned(),
            }),
        }
    }
}

impl Webhook for Sms {
    fn verify(&self, channel: &Channel, request: &Request) -> Result<(), VerifyError> {
        self.gateway(channel)
            .map_err(|_| VerifyError("the channel has no provider"))?
            .verify(channel, request)
    }

    fn parse(&self, channel: &Channel, request: &Request) -> Result<Received, ParseError> {
        self.gateway(channel).map_err(|wrong| ParseError(wrong.message.en))?.parse(channel, request)
    }
}

#[async_trait]
impl Listener for Sms {
    async fn run(
        &self,
        channel: &Channel,
        inbox: &dyn Inbox,
        stop: CancellationToken,
    ) -> Result<(), ListenError> {
        self.gateway(channel)
            .map_err(|wrong| ListenError::Stopped(mend_settings(wrong)))?
            .listen(channel, inbox, stop)
            .await
    }
}
