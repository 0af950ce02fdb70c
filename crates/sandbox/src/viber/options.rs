use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

/// How one sandbox behaves from its start; what may change while it runs is in
/// [`Faults`](super::Faults).
#[derive(Clone, Debug)]
pub struct Options {
    /// Loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The service takes https with a certificate of a known authority only. With this switch
    /// `http://127.0.0.1:<any port>` and the like are taken as well.
    pub allow_http_loopback: bool,
    /// The length of one second of callback retries.
    pub retry_base: Duration,
    /// How long an answer of the webhook is waited for. Not scaled.
    pub webhook_timeout: Duration,
    /// Messages to a person who does not answer, counted within `limit_window`.
    pub unanswered: usize,
    pub limit_window: Duration,
    /// How long the address of a file that a customer sent works.
    pub media_life: Duration,
    /// Bytes of files kept; the oldest go first.
    pub stored_bytes: usize,
    /// Messages kept per chat, and calls and deliveries kept per sandbox; the oldest go first.
    pub kept: usize,
}

impl Default for Options {
    /// As documented. The life of a file's address is not documented: an hour is what people see.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            allow_http_loopback: true,
            retry_base: Duration::from_secs(1),
            webhook_timeout: Duration::from_secs(30),
            unanswered: 100,
            limit_window: Duration::from_secs(3600),
            media_life: Duration::from_secs(3600),
            stored_bytes: 256 << 20,
            kept: 20_000,
        }
    }
}

impl Options {
    /// The rules of the real service with its clock of retries run a hundred times faster.
    #[must_use]
    pub fn quick() -> Self {
        Self { retry_base: Duration::from_millis(10), ..Self::default() }
    }
}
