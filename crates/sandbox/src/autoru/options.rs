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
    /// How long an answer of the dealer's system is waited for. Not documented.
    pub webhook_timeout: Duration,
    /// The pause before the first repeat of a delivery that was not answered with 200; it doubles up
    /// to 64 of them. Not documented.
    pub retry_base: Duration,
    /// Tries of one delivery, the first counted. Not documented.
    pub tries: u32,
    /// Calls, deliveries and messages of a chat kept; the oldest go first.
    pub kept: usize,
    /// Bytes of pictures kept; the oldest go first.
    pub stored_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            webhook_timeout: Duration::from_secs(10),
            retry_base: Duration::from_secs(1),
            tries: 12,
            kept: 100_000,
            stored_bytes: 128 << 20,
        }
    }
}

impl Options {
    /// The same with its clock of repeats run faster.
    #[must_use]
    pub fn quick() -> Self {
        Self { retry_base: Duration::from_millis(20), tries: 40, ..Self::default() }
    }
}
