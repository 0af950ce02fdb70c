//! The service's JSON. What is read is tolerant: unknown fields and kinds must not break anything.

use serde::{Deserialize, Serialize};

/// The body of a webhook.
#[derive(Debug, Deserialize)]
pub(crate) struct Update {
    pub(crate) message_id: String,
    /// Seconds since 1970.
    pub(crate) sent_at: i64,
    pub(crate) from: From,
    /// `text`, or something that this driver does not know yet.
    pub(crate) kind: String,
    pub(crate) text: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct From {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
}

/// Our message.
#[derive(Debug, Serialize)]
pub(crate) struct NewMessage<'a> {
    pub(crate) to: &'a str,
    pub(crate) text: &'a str,
    /// The service's key against doubles; if it has none, take `idempotent_send` away.
    pub(crate) key: String,
}

/// Its answer to our message.
#[derive(Debug, Deserialize)]
pub(crate) struct Accepted {
    pub(crate) message_id: String,
}

/// Whose token it is.
#[derive(Debug, Deserialize)]
pub(crate) struct Me {
    pub(crate) id: String,
    pub(crate) title: String,
}
