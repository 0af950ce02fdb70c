//! SMS providers with an HTTP API: SMS Aero, SMSC.ru, MTS Exolve.

use async_trait::async_trait;
use channel::{
    Channel, Choice, ConnectError, Connected, Connecting, Field, FieldError, Inbox, ListenError,
    Outbound, ParseError, Received, Request, SendError, Sent, VerifyError,
};
use domain::{channel::StateReport, ids::MessageId};
use tokio_util::sync::CancellationToken;

use crate::{driver::Options, gateway::Gateway};

/// The providers' HTTP APIs.
pub(crate) struct Http;

impl Http {
    pub(crate) fn new(_options: &Options) -> Self {
        Self
    }
}

#[async_trait]
impl Gateway for Http {
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
        Err(VerifyError("not here yet"))
    }

    fn parse(&self, _channel: &Channel, _request: &Request) -> Result<Received, ParseError> {
        Err(ParseError("not here yet".to_owned()))
    }
}
