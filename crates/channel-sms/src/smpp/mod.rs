//! SMPP 3.4 (Issue 1.2): a connection to an operator's or aggregator's SMSC.

use std::time::Duration;

use async_trait::async_trait;
use channel::{
    Channel, Choice, ConnectError, Connected, Connecting, Field, FieldError, Inbox, ListenError,
    Outbound, ParseError, Received, Request, SendError, Sent, VerifyError,
};
use domain::{channel::StateReport, ids::MessageId};
use tokio_util::sync::CancellationToken;

use crate::gateway::Gateway;

/// Which addresses a company may name as its SMSC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Also hosts in the local network and behind a VPN: one company runs the installation.
    Everywhere,
    /// Only public addresses: companies that do not know each other share the installation.
    PublicOnly,
}

/// The rhythm of a session.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Silence after which the SMSC is asked whether it is there.
    pub enquire: Duration,
    /// How long an answer may take.
    pub answer: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { enquire: Duration::from_secs(30), answer: Duration::from_secs(30) }
    }
}

/// SMPP sessions of the channels of this process.
pub(crate) struct Smpp;

impl Smpp {
    pub(crate) fn new(_reach: Reach, _pace: Pace) -> Self {
        Self
    }
}

#[async_trait]
impl Gateway for Smpp {
    fn fields(&self) -> Vec<Field> {
        Vec::new()
    }

    fn check(&self, _channel: &Channel) -> Result<(), Vec<FieldError>> {
        Ok(())
    }

    async fn connect(
        &self,
        _channel: &Channel,
        _connecting: &Connecting,
    ) -> Result<Connected, ConnectError> {
        Err(ConnectError::Unreachable("not here yet".to_owned()))
    }

    async fn disconnect(&self, _channel: &Channel) -> Result<(), ConnectError> {
        Ok(())
    }

    async fn inspect(&self, _channel: &Channel, _connecting: &Connecting) -> Option<StateReport> {
        None
    }

    async fn send(&self, _channel: &Channel, _message: &Outbound) -> Result<Sent, SendError> {
        Err(SendError::Rejected { code: "unsupported", text: "not here yet".to_owned() })
    }

    fn foretold(&self, _channel: &Channel, _message: MessageId) -> Vec<String> {
        Vec::new()
    }

    async fn choices(&self, _channel: &Channel, _field: &str) -> Result<Vec<Choice>, ConnectError> {
        Ok(Vec::new())
    }

    async fn listen(
        &self,
        _channel: &Channel,
        _inbox: &dyn Inbox,
        _stop: CancellationToken,
    ) -> Result<(), ListenError> {
        Ok(())
    }

    fn verify(&self, _channel: &Channel, _request: &Request) -> Result<(), VerifyError> {
        Err(VerifyError("SMPP has no webhook"))
    }

    fn parse(&self, _channel: &Channel, _request: &Request) -> Result<Received, ParseError> {
        Err(ParseError("SMPP has no webhook".to_owned()))
    }
}
