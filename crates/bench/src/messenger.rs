//! The messengers that the bench plays: an account for a company, webhooks of the customers with a
//! right proof, and what the messenger knows of the answers. A kind of channel is a file here and a
//! line in [`Kind::start`].

mod apart;
mod autoru;
mod avito;
mod names;
mod sms;
mod telegram;
mod viber;
mod vk;

use std::{
    fmt::Debug,
    net::SocketAddr,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use async_trait::async_trait;
use serde_json::Value;

pub use apart::Apart;
pub use names::Names;
pub use telegram::{Telegram, name};

use crate::stage::Stage;

/// The kinds of channels that webhooks come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    #[default]
    #[value(name = "telegram_bot")]
    TelegramBot,
    Viber,
    Vk,
    Avito,
    Autoru,
    /// By HTTP; SMPP has no webhooks
    Sms,
}

impl Kind {
    /// As settings and the database have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::TelegramBot => "telegram_bot",
            Self::Viber => "viber",
            Self::Vk => "vk",
            Self::Avito => "avito",
            Self::Autoru => "autoru",
            Self::Sms => "sms",
        }
    }

    /// Its counterpart, ready to take accounts.
    pub async fn start(self, stage: &Stage) -> Result<Arc<dyn Messenger>> {
        Ok(match self {
            Self::TelegramBot => Arc::new(Telegram::of(stage)?),
            Self::Viber => Arc::new(viber::Viber::start().await?),
            Self::Vk => Arc::new(vk::Vk::start().await?),
            Self::Avito => Arc::new(avito::Avito::start().await?),
            Self::Autoru => Arc::new(autoru::Autoru::start().await?),
            Self::Sms => Arc::new(sms::Sms::start().await?),
        })
    }
}

/// One messenger as the bench plays it.
#[async_trait]
pub trait Messenger: Send + Sync {
    fn kind(&self) -> Kind;

    /// What the messenger does with an id of ours that it has seen before.
    fn sending(&self) -> Sending;

    /// A new account at the messenger.
    async fn account(&self, nth: usize) -> Result<Account>;

    /// Where and how webhooks of this account go; `channel` is ours as the API shows it now. `None`
    /// while it is being connected.
    async fn hook(&self, account: &str, channel: &Value) -> Result<Option<Arc<dyn Hook>>>;

    /// A customer is there, for whoever asks the messenger who wrote. Most messengers tell it with
    /// each message.
    async fn introduce(&self, _account: &str, _customer: i64) -> Result<()> {
        Ok(())
    }

    /// A customer says [`OPENING`] to the account through the messenger itself, so that it may write
    /// back. Returns when the words are on their way.
    async fn meet(&self, account: &str, customer: i64) -> Result<()>;

    /// The next answer of ours reaches its customer, and we are not told so.
    async fn lose_answer(&self, account: &str);

    /// What we were asked to send so far.
    async fn calls(&self, account: &str) -> Result<Vec<Call>>;
}

/// The first words of every customer; no message that is counted.
pub const OPENING: &str = "/start";

/// A company's account.
#[derive(Debug, Clone)]
pub struct Account {
    /// How the counterpart knows it.
    pub name: String,
    /// Answers to the channel's form.
    pub settings: Value,
}

/// Webhooks of one account, as the messenger sends them.
pub trait Hook: Debug + Send + Sync {
    /// The whole request, with its proof.
    fn request(&self, to: SocketAddr, said: &Said<'_>) -> Vec<u8>;
}

/// A text of a customer. `text` is ours and needs no escapes.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    pub customer: i64,
    /// Counts the customer's messages: the same number is the same message.
    pub number: i64,
    pub text: &'a str,
}

/// What becomes of a send that is repeated under the same id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sending {
    /// It is a new message: whoever does not know the outcome must show so and wait for a person.
    #[default]
    Blind,
    /// The same, but the messenger reports whatever our side sent: what is shown as uncertain and did
    /// arrive is shown once more by that report.
    Reported,
    /// It is known again: repeating it is harmless, and is expected.
    Idempotent,
}

/// A call of the messenger that sends.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub text: String,
    pub effect: Effect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It reached the customer, and the caller was told.
    Told,
    /// It reached the customer, and the answer was lost.
    Untold,
    None,
}

/// The time as messengers tell it, in unix milliseconds.
fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis())
}
