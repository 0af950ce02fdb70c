//! What a sandbox is started with.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

#[derive(Clone, Debug)]
pub struct Options {
    /// Loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    pub limits: Limits,
    /// "respecting the timeout of 2s", as the webhook's documentation says.
    pub webhook_timeout: Duration,
    /// Calls that are remembered.
    pub calls_kept: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            limits: Limits::documented(),
            webhook_timeout: Duration::from_secs(2),
            calls_kept: 10_000,
        }
    }
}

/// Calls of one operation by one seller in a minute. The documents name the headers and no numbers:
/// these are ours.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub per_minute: u32,
}

impl Limits {
    #[must_use]
    pub fn documented() -> Self {
        Self { per_minute: 500 }
    }

    #[must_use]
    pub fn of(per_minute: u32) -> Self {
        Self { per_minute }
    }
}
