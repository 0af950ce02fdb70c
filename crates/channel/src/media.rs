//! Files that are fetched from the service after the message is stored.

use std::{io, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use serde_json::Value;

use crate::Channel;

/// Bytes of a file as they come.
pub type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// An open file at the service.
pub struct Fetched {
    /// Its bytes. The caller counts them and stops at its limit.
    pub bytes: ByteStream,
    /// As declared by the service.
    pub mime: Option<String>,
    /// As declared by the service.
    pub size: Option<u64>,
}

/// Why a file was not fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Try again later.
    #[error("try again in {after:?}: {why}")]
    Retry {
        /// How long to wait.
        after: Duration,
        /// For the log.
        why: String,
    },
    /// It will never come; the reason is shown.
    #[error("gone: {0}")]
    Gone(String),
    /// Larger than the service gives out.
    #[error("too large for the service to give out")]
    TooLarge,
}

/// Fetches files by the handle that the driver put into the message.
#[async_trait]
pub trait Media: Send + Sync {
    /// Opens the file.
    async fn fetch(&self, channel: &Channel, handle: &Value) -> Result<Fetched, FetchError>;
}
