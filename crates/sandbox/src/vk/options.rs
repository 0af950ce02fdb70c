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
    /// Calls in a second with one key; VK documents 20 for a community.
    pub calls_per_second: Option<u32>,
    /// How long an answer of a callback server is waited for.
    pub callback_timeout: Duration,
    /// The pause before the first repeat of a delivery; each next one is twice as long.
    pub retry_base: Duration,
    /// Repeats of one delivery, after which the server counts as `failed`. VK does not document the
    /// number.
    pub retries: u32,
    /// A second of the day in which messages may be changed and taken back.
    pub day: Duration,
    /// Events that the long poll remembers.
    pub history: usize,
    /// Bytes of files kept; the oldest go first.
    pub stored_bytes: usize,
    /// Messages kept per dialogue, and calls kept per sandbox; the oldest go first.
    pub kept: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            calls_per_second: Some(20),
            callback_timeout: Duration::from_secs(10),
            retry_base: Duration::from_secs(2),
            retries: 8,
            day: Duration::from_secs(86_400),
            history: 10_000,
            stored_bytes: 256 << 20,
            kept: 100_000,
        }
    }
}

impl Options {
    /// The rules of the real service with its clock of repeats run a hundred times faster.
    #[must_use]
    pub fn quick() -> Self {
        Self { retry_base: Duration::from_millis(20), ..Self::default() }
    }
}
