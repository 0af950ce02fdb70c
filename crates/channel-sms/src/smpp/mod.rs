//! SMPP 3.4 (Issue 1.2): a connection to an operator's or aggregator's SMSC.
//!
//! The listener holds a session and sends of the same process go over it (`listen`, `held`); a
//! process without the listener binds a transmitter for each send. Texts become PDUs in `submit` and
//! `pdu`, PDUs become messages and receipts in `inbound`; `session` asks and answers, `wire` connects.

mod account;
mod address;
mod coding;
mod doubles;
mod errors;
mod held;
mod ids;
mod inbound;
mod joining;
mod listen;
mod pdu;
mod receipt;
mod session;
mod submit;
mod udh;
mod wire;

use std::sync::atomic::{AtomicU16, Ordering};

use async_trait::async_trait;
use channel::{
    Channel, Choice, ConnectError, Connected, Connecting, Field, FieldError, Inbox, ListenError,
    Numbers, Outbound, ParseError, Receive, Received, Request, SendError, Sent, VerifyError,
};
use domain::{
    channel::{ChannelState, StateReport},
    ids::MessageId,
    text::Words,
};
use rustls::pki_types::CertificateDer;
use tokio_util::sync::CancellationToken;

pub(crate) use self::account::KEYS;
use self::{
    account::{Account, Bind},
    held::HeldLinks,
    pdu::Role,
    session::open,
    wire::Wires,
};
pub use self::{session::Pace, wire::Reach};
use crate::gateway::Gateway;

/// SMPP sessions of the channels of this process.
#[derive(Debug)]
pub(crate) struct Smpp {
    wires: Wires,
    pace: Pace,
    held: HeldLinks,
    /// Tells the parts of one message from those of the next. Processes begin at different places,
    /// because phones join parts by it.
    reference: AtomicU16,
}

impl Smpp {
    pub(crate) fn new(reach: Reach, extra_roots: Vec<CertificateDer<'static>>, pace: Pace) -> Self {
        let [.., high, low] = std::process::id().to_be_bytes();
        Self {
            wires: Wires::new(reach, extra_roots, pace.connect),
            pace,
            held: HeldLinks::default(),
            reference: AtomicU16::new(u16::from_be_bytes([high, low])),
        }
    }
}

/// Settings that were fine once and are no more.
fn mend_settings(wrong: Vec<FieldError>) -> StateReport {
    let reason = wrong.into_iter().next().map_or_else(
        || Words::new("Настройки не подходят.", "The settings do not fit."),
        |error| error.message,
    );
    StateReport::new(
        ChannelState::Failed,
        reason,
        Words::new("Исправьте настройки канала.", "Correct the channel's settings."),
    )
}

#[async_trait]
impl Gateway for Smpp {
    fn fields(&self) -> Vec<Field> {
        account::fields()
    }

    fn check(&self, channel: &Channel) -> Result<(), Vec<FieldError>> {
        Account::of(channel).map(|_| ())
    }

    /// A bind proves login, password and address. It is taken back at once, because many accounts
    /// allow one session.
    async fn connect(
        &self,
        channel: &Channel,
        _connecting: &Connecting,
    ) -> Result<Connected, ConnectError> {
        let account = Account::of(channel).map_err(|wrong| {
            wrong.into_iter().next().map_or_else(
                || ConnectError::Unreachable("the settings do not fit".to_owned()),
                ConnectError::Field,
            )
        })?;
        let title = account.sender.title.clone();
        let connected = Connected { external_id: title.clone(), title, receive: Receive::Listener };
        // A second session of the same login may be one too many.
        if let Some(link) = self.held.bound_with(channel.id, &account.login())
            && link.enquire().await.is_ok()
        {
            return Ok(connected);
        }
        let role = match account.bind {
            Bind::Transceiver => Role::Transceiver,
            Bind::Separate => Role::Transmitter,
        };
        let opened =
            open(&self.wires, &account, role, self.pace).await.map_err(errors::connect_error)?;
        opened.session.during(opened.link.unbind()).await;
        Ok(connected)
    }

    async fn disconnect(&self, _channel: &Channel) -> Result<(), ConnectError> {
        Ok(())
    }

    /// The listener tells how its session does.
    async fn inspect(&self, channel: &Channel, _connecting: &Connecting) -> Option<StateReport> {
        self.held.of(channel.id).map(|_| StateReport::connected())
    }

    async fn send(&self, channel: &Channel, message: &Outbound) -> Result<Sent, SendError> {
        let account =
            Account::of(channel).map_err(|wrong| SendError::Disconnected(mend_settings(wrong)))?;
        let reference = self.reference.fetch_add(1, Ordering::Relaxed);
        let parts = submit::prepare(&account, &message.recipient, &message.content, reference)?;
        if let Some(link) = self.held.of(channel.id) {
            return submit::hand_in(&link, account.ids, message.id, parts).await;
        }
        let opened = open(&self.wires, &account, Role::Transmitter, self.pace)
            .await
            .map_err(|error| errors::cannot_open(&error))?;
        let work = async {
            let sent = submit::hand_in(&opened.link, account.ids, message.id, parts).await;
            opened.link.unbind().await;
            sent
        };
        opened.session.during(work).await
    }

    fn foretold(&self, _channel: &Channel, _message: MessageId) -> Vec<String> {
        Vec::new()
    }

    async fn choices(&self, _channel: &Channel, _field: &str) -> Result<Vec<Choice>, ConnectError> {
        Ok(Vec::new())
    }

    async fn listen(
        &self,
        channel: &Channel,
        inbox: &dyn Inbox,
        stop: CancellationToken,
    ) -> Result<(), ListenError> {
        self.hold(channel, inbox, stop).await
    }

    fn numbers(&self) -> Option<&dyn Numbers> {
        None
    }

    fn verify(&self, _channel: &Channel, _request: &Request) -> Result<(), VerifyError> {
        Err(VerifyError("SMPP has no webhook"))
    }

    fn parse(&self, _channel: &Channel, _request: &Request) -> Result<Received, ParseError> {
        Err(ParseError("SMPP has no webhook".to_owned()))
    }
}
