//! What a way to the provider must do: the driver asks the one that the channel's settings name.

use async_trait::async_trait;
use channel::{
    Channel, Choice, ConnectError, Connected, Connecting, Field, FieldError, HandOver, Inbox,
    ListenError, Numbers, Outbound, ParseError, Received, Request, SendError, Sent, VerifyError,
};
use domain::{channel::StateReport, ids::MessageId};
use tokio_util::sync::CancellationToken;

/// SMPP, or a provider's HTTP API. Each method means what its namesake of `channel` means.
#[async_trait]
pub(crate) trait Gateway: Send + Sync {
    /// Its part of the form, below the choice of the provider.
    fn fields(&self) -> Vec<Field>;

    fn check(&self, channel: &Channel) -> Result<(), Vec<FieldError>>;

    async fn connect(
        &self,
        channel: &Channel,
        connecting: &Connecting,
    ) -> Result<Connected, ConnectError>;

    async fn disconnect(&self, channel: &Channel) -> Result<(), ConnectError>;

    async fn inspect(&self, channel: &Channel, connecting: &Connecting) -> Option<StateReport>;

    async fn send(&self, channel: &Channel, message: &Outbound) -> Result<Sent, SendError>;

    fn foretold(&self, channel: &Channel, message: MessageId) -> Vec<String>;

    /// Nothing, where the provider has no cabinet that wants to know us.
    fn hand_over(&self, _channel: &Channel, _connecting: &Connecting) -> Vec<HandOver> {
        Vec::new()
    }

    async fn choices(&self, channel: &Channel, field: &str) -> Result<Vec<Choice>, ConnectError>;

    async fn listen(
        &self,
        channel: &Channel,
        inbox: &dyn Inbox,
        stop: CancellationToken,
    ) -> Result<(), ListenError>;

    /// `None`: there is nobody who could tell whether a phone exists.
    fn numbers(&self) -> Option<&dyn Numbers>;

    fn verify(&self, channel: &Channel, request: &Request) -> Result<(), VerifyError>;

    fn parse(&self, channel: &Channel, request: &Request) -> Result<Received, ParseError>;
}
