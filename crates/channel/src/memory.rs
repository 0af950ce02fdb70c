//! What a driver keeps of a channel between calls: tokens that the service renews, cursors, codes.

use std::{fmt, future::Future, pin::Pin, time::Duration};

use async_trait::async_trait;
use domain::{
    channel::{ChannelState, StateReport},
    text::Words,
};
use serde_json::Value;

use crate::{ConnectError, FetchError, RetryScope, SendError};

/// A channel's own values by key, encrypted in the database and the same in every process. A
/// driver's own keys begin with no dot: those are the house's.
#[async_trait]
pub trait Memory: fmt::Debug + Send + Sync {
    /// The value kept under a key.
    async fn recall(&self, key: &str) -> Result<Option<Value>, MemoryError>;

    /// Keeps a value; committed when this returns. A renewal of it that runs meanwhile (the seller gave
    /// their consent anew) finds it, and gives it to its caller in the place of its own.
    async fn remember(&self, key: &str, value: Value) -> Result<(), MemoryError>;

    /// Puts a new value in the place of `stale`, of all processes one at a time: whoever comes
    /// meanwhile waits and is given what the first one got. If the value is another than `stale`
    /// already, it is given at once and `renewal` is not run. The new value is committed before
    /// anyone is given it, so a pair of tokens that is good once is never lost to a second caller.
    async fn renew(
        &self,
        key: &str,
        stale: Option<&Value>,
        renewal: Renewal<'_>,
    ) -> Result<Value, RenewError>;
}

/// Asks the service for a new value. Run at most once for each call of [`Memory::renew`], and given up
/// after 35 seconds: a little later another process may begin. What comes later still takes the
/// former value's place only where that still stands.
pub type Renewal<'a> = Box<
    dyn FnOnce(Former) -> Pin<Box<dyn Future<Output = Result<Value, RenewError>> + Send + 'a>>
        + Send
        + 'a,
>;

/// What stood there before a renewal.
#[derive(Clone, PartialEq)]
pub struct Former {
    /// The value to be replaced.
    pub value: Option<Value>,
    /// A renewal before this one began and its end was never seen (its process died): the service
    /// may have given out a value that nobody kept.
    pub interrupted: bool,
}

/// The values are secret as a rule.
impl fmt::Debug for Former {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Former").field("interrupted", &self.interrupted).finish_non_exhaustive()
    }
}

/// The memory cannot be reached now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the channel's memory cannot be reached: {0}")]
pub struct MemoryError(pub String);

/// Why a value was not renewed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RenewError {
    /// The service refused for good: a person must act.
    #[error("the service refused: {:?}", .0.state)]
    Refused(StateReport),
    /// Tried again later.
    #[error("try again in {after:?}: {why}")]
    Later {
        /// How long to wait.
        after: Duration,
        /// For the log.
        why: String,
    },
}

const SHORTLY: Duration = Duration::from_secs(5);

impl From<MemoryError> for RenewError {
    fn from(error: MemoryError) -> Self {
        Self::Later { after: SHORTLY, why: error.to_string() }
    }
}

/// Nothing was handed over yet when a token is asked for.
impl From<RenewError> for SendError {
    fn from(error: RenewError) -> Self {
        match error {
            RenewError::Refused(report) => Self::Disconnected(report),
            RenewError::Later { after, why } => {
                Self::Retry { after, scope: RetryScope::Channel, why }
            }
        }
    }
}

impl From<MemoryError> for SendError {
    fn from(error: MemoryError) -> Self {
        RenewError::from(error).into()
    }
}

impl From<RenewError> for ConnectError {
    fn from(error: RenewError) -> Self {
        match error {
            RenewError::Refused(report) => Self::Refused(report),
            RenewError::Later { why, .. } => Self::Unreachable(why),
        }
    }
}

impl From<MemoryError> for ConnectError {
    fn from(error: MemoryError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

impl From<RenewError> for FetchError {
    fn from(error: RenewError) -> Self {
        match error {
            RenewError::Refused(_) => {
                Self::Retry { after: Duration::from_secs(300), why: "no access".to_owned() }
            }
            RenewError::Later { after, why } => Self::Retry { after, why },
        }
    }
}

impl From<MemoryError> for FetchError {
    fn from(error: MemoryError) -> Self {
        RenewError::from(error).into()
    }
}

/// Keeps nothing: for a channel that is only looked at (a form's check, a preview).
#[derive(Debug, Clone, Copy, Default)]
pub struct Forgetful;

#[async_trait]
impl Memory for Forgetful {
    async fn recall(&self, _key: &str) -> Result<Option<Value>, MemoryError> {
        Ok(None)
    }

    async fn remember(&self, _key: &str, _value: Value) -> Result<(), MemoryError> {
        Ok(())
    }

    async fn renew(
        &self,
        _key: &str,
        _stale: Option<&Value>,
        _renewal: Renewal<'_>,
    ) -> Result<Value, RenewError> {
        Err(RenewError::Refused(StateReport::new(
            ChannelState::Connecting,
            Words::new("Канал ещё не подключён.", "The channel is not connected yet."),
            Words::new("Сохраните канал.", "Save the channel."),
        )))
    }
}
