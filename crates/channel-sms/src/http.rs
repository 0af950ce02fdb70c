//! SMS providers with an HTTP API: SMS Aero, SMSC.ru, MTS Exolve.
//!
//! Each fills the small trait [`provider::Provider`]; what is common to them (fields, what people
//! read of faults, the webhook's proof, the rhythm of asking) stands here and in the files beside.

mod account;
mod call;
mod called;
mod events;
mod exolve;
mod fault;
mod listen;
mod loose;
mod numbers;
mod provider;
mod reports;
mod sms_aero;
mod smsc_ru;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use channel::{
    Channel, Choice, ConnectError, Connected, Connecting, Field, FieldError, HandOver, Inbox,
    ListenError, Numbers, Outbound, ParseError, Receive, Received, Request, SendError, Sent,
    VerifyError,
};
use domain::{channel::StateReport, clock::Clock, content::Content, ids::MessageId, text::Words};
use net::Outgoing;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    gateway::Gateway,
    settings::{self, NUMBER},
};
use account::Account;
use exolve::Exolve;
use fault::Fault;
use provider::{Line, Provider, Sms};
use sms_aero::SmsAero;
use smsc_ru::SmscRu;

/// The key in the channel's memory of the address at which providers may call us, told when
/// connecting.
const HOOK: &str = "hook_url";

/// The providers' HTTP APIs.
pub(crate) struct Http {
    clock: Arc<dyn Clock>,
    poll: Duration,
    outgoing: Outgoing,
}

impl Http {
    pub(crate) fn new(clock: Arc<dyn Clock>, poll: Duration, outgoing: Outgoing) -> Self {
        Self { clock, poll, outgoing }
    }

    fn provider(channel: &Channel) -> &'static dyn Provider {
        match settings::Provider::of(channel) {
            Ok(settings::Provider::SmsAero) => &SmsAero,
            Ok(settings::Provider::Exolve) => &Exolve,
            Ok(settings::Provider::SmscRu | settings::Provider::Smpp) | Err(_) => &SmscRu,
        }
    }

    fn account(&self, channel: &Channel) -> Result<Account, Vec<FieldError>> {
        Account::of(channel, Self::provider(channel).traits(), self.outgoing.rules())
    }

    /// The provider, and our account there; or the setting that is wrong.
    fn open(&self, channel: &Channel) -> Result<(&'static dyn Provider, Line), FieldError> {
        let provider = Self::provider(channel);
        Ok((provider, self.line(self.account(channel).map_err(first)?, provider)))
    }

    fn line(&self, account: Account, provider: &dyn Provider) -> Line {
        let hosts = match account.base_url.clone() {
            Some(own) => vec![own],
            None => provider.traits().hosts.iter().filter_map(|h| Url::parse(h).ok()).collect(),
        };
        Line { outgoing: self.outgoing.clone(), hosts, account }
    }
}

fn first(wrong: Vec<FieldError>) -> FieldError {
    wrong.into_iter().next().unwrap_or_else(|| FieldError::required(NUMBER))
}

#[async_trait]
impl Gateway for Http {
    fn fields(&self) -> Vec<Field> {
        account::fields()
    }

    fn check(&self, channel: &Channel) -> Result<(), Vec<FieldError>> {
        self.account(channel).map(|_| ())
    }

    /// Asks for the balance, which proves the key, and for the senders, which prove the number.
    async fn connect(
        &self,
        channel: &Channel,
        connecting: &Connecting,
    ) -> Result<Connected, ConnectError> {
        let (provider, line) = self.open(channel).map_err(ConnectError::Field)?;
        let refused = |fault| fault::connect_error(fault, line.account.base_url.is_some());
        provider.balance(&line).await.map_err(refused)?;
        match provider.senders(&line).await {
            Ok(senders) => known_sender(&line, &senders)?,
            // Not every key may ask for them, and sending will tell.
            Err(Fault::Refused { .. }) => {}
            Err(fault) => return Err(fault::connect_error(fault, false)),
        }
        let receive = match &connecting.hook_url {
            Some(url) => {
                let kept = channel.memory.remember(HOOK, url.as_str().into()).await;
                kept.map_err(|error| ConnectError::Unreachable(error.to_string()))?;
                Receive::WebhookAndListener
            }
            None => Receive::Listener,
        };
        let name = settings::Provider::of(channel).map_err(ConnectError::Field)?.as_str();
        let title = line.account.title.clone();
        Ok(Connected { external_id: format!("{name}:{title}"), title, receive })
    }

    /// The providers have no call that takes an address away.
    async fn disconnect(&self, _channel: &Channel) -> Result<(), ConnectError> {
        Ok(())
    }

    async fn inspect(&self, channel: &Channel, _connecting: &Connecting) -> Option<StateReport> {
        let (provider, line) = match self.open(channel) {
            Ok(opened) => opened,
            Err(wrong) => return Some(reports::mend_settings(wrong)),
        };
        match provider.balance(&line).await {
            Ok(Some(balance)) if balance <= 0.0 => Some(reports::no_money()),
            Ok(_) => Some(StateReport::connected()),
            Err(fault) => fault::state(fault),
        }
    }

    async fn send(&self, channel: &Channel, message: &Outbound) -> Result<Sent, SendError> {
        let (provider, line) = self
            .open(channel)
            .map_err(|wrong| SendError::Disconnected(reports::mend_settings(wrong)))?;
        let Content::Text { text, .. } = &message.content else {
            let text = "SMS carries nothing but text".to_owned();
            return Err(SendError::Rejected { code: "unsupported", text });
        };
        let Some(to) = events::digits(&message.recipient) else {
            return Err(SendError::Rejected {
                code: "not_a_phone",
                text: "На это имя нельзя ответить: это не номер телефона.".to_owned(),
            });
        };
        let callback = match provider.traits().callback_per_message {
            true => self.callback(channel).await?,
            false => None,
        };
        let sms = Sms { id: message.id, to, text, callback, now: self.clock.now() };
        let id = provider.send(&line, &sms).await.map_err(fault::send_error)?;
        Ok(match provider.own_id(message.id) {
            // An id that we made is short, and two messages may share it: as an alias only.
            Some(own) => Sent { aliases: vec![own], ..Sent::new(message.id.to_string()) },
            None => Sent::new(id),
        })
    }

    fn foretold(&self, channel: &Channel, message: MessageId) -> Vec<String> {
        Self::provider(channel).own_id(message).into_iter().collect()
    }

    fn hand_over(&self, channel: &Channel, connecting: &Connecting) -> Vec<HandOver> {
        let Some(url) = connecting.hook_url.clone() else { return Vec::new() };
        vec![HandOver {
            label: Words::new("Адрес обработчика", "Callback address"),
            value: called::address(channel, url).into(),
            help: Some(Self::provider(channel).where_to_paste()),
        }]
    }

    async fn choices(&self, channel: &Channel, field: &str) -> Result<Vec<Choice>, ConnectError> {
        if field != NUMBER {
            return Ok(Vec::new());
        }
        let provider = Self::provider(channel);
        let rules = self.outgoing.rules();
        let account = Account::without_number(channel, provider.traits(), rules);
        let line = self.line(account.map_err(|w| ConnectError::Field(first(w)))?, provider);
        let own = line.account.base_url.is_some();
        provider.senders(&line).await.map_err(|fault| fault::connect_error(fault, own))
    }

    async fn listen(
        &self,
        channel: &Channel,
        inbox: &dyn Inbox,
        stop: CancellationToken,
    ) -> Result<(), ListenError> {
        let (provider, line) = self
            .open(channel)
            .map_err(|wrong| ListenError::Stopped(reports::mend_settings(wrong)))?;
        listen::run(provider, &line, inbox, self.poll, &stop).await
    }

    fn numbers(&self) -> Option<&dyn Numbers> {
        Some(self)
    }

    fn verify(&self, channel: &Channel, request: &Request) -> Result<(), VerifyError> {
        called::verify(channel, request)
    }

    fn parse(&self, channel: &Channel, request: &Request) -> Result<Received, ParseError> {
        let account = self.account(channel).map_err(|wrong| ParseError(first(wrong).message.en))?;
        let now = self.clock.now();
        let body = called::body(request)?;
        let read = Self::provider(channel).read(&body, now)?;
        Ok(events::received(read, &account, request))
    }
}

impl Http {
    /// Where the provider tells of this one message; `None` without an address in the outside world.
    async fn callback(&self, channel: &Channel) -> Result<Option<Url>, SendError> {
        let kept = channel.memory.recall(HOOK).await?;
        let url = kept.as_ref().and_then(|url| url.as_str()).and_then(|url| Url::parse(url).ok());
        Ok(url.map(|url| called::address(channel, url)))
    }
}

/// A number or name that the account does not have would be refused with each message.
fn known_sender(line: &Line, senders: &[Choice]) -> Result<(), ConnectError> {
    let ours = &line.account.title;
    if senders.is_empty() || senders.iter().any(|sender| sender.value == *ours) {
        return Ok(());
    }
    Err(ConnectError::Field(reports::unknown_sender(senders)))
}
