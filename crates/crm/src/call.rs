//! What a call to a CRM is made with, and what is kept of it.

use std::time::Duration;

use async_trait::async_trait;
use domain::{clock::Instant, crm::Directory, ids::PortalId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::{ChatChannel, CrmError, FileSource};

/// One connected CRM account, as its adapter sees it. Secrets are decrypted only here.
#[derive(Debug, Clone)]
pub struct Portal {
    /// Our id.
    pub id: PortalId,
    /// Where its API is: the address that was checked when it was connected.
    pub base: Url,
    /// The address at which people open it; differs from `base` only in tests and the sandbox.
    pub site: Url,
    /// The CRM's own id of the account.
    pub external_id: String,
    /// The present access token.
    pub token: SecretString,
    /// Where files are put, where the CRM named it.
    pub drive: Option<Url>,
    /// Whether the paid filter of lists works (amoCRM ignores it silently where it does not).
    pub filters: bool,
    /// The chats channel of this portal, where one is connected.
    pub chats: Option<ChatChannel>,
}

/// What an adapter calls with.
pub struct Caller<'a> {
    /// Where to.
    pub portal: &'a Portal,
    /// The last known lists; a copy that may be out of date.
    pub directory: &'a Directory,
    /// Lets calls through and keeps what became of them.
    pub gate: &'a dyn Gate,
    /// Gives the bytes of attachments; [`crate::NoFiles`] where none can be wanted.
    pub files: &'a dyn FileSource,
}

/// Stands before every call: keeps the limits of integration and portal over all nodes, and writes the
/// journal of the conversation's log.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Waits for its turn, or says [`CrmError::Busy`] when that is too far away.
    async fn admit(&self) -> Result<(), CrmError>;

    /// Keeps what became of a call.
    fn record(&self, call: Call);

    /// The present moment.
    fn now(&self) -> Instant;
}

/// One call, as the log shows it: no secrets, no tokens, bodies cut at 4 kB.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// `POST`.
    pub method: String,
    /// Path and query, without the host.
    pub path: String,
    /// The body that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
    /// `None`: no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The answer's body, as JSON or as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
    /// Why no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it began.
    pub at: Instant,
    /// How long it took.
    pub took_ms: u64,
}

impl Call {
    /// The time from the begin of a call to `now`.
    pub fn took(from: Instant, now: Instant) -> u64 {
        let past = now.signed_duration_since(from).to_std().unwrap_or(Duration::ZERO);
        u64::try_from(past.as_millis()).unwrap_or(u64::MAX)
    }
}
