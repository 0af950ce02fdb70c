use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

/// How one sandbox behaves from its start; what may change while it runs is in
/// [`Faults`](super::Faults) and in the switches of [`Account`](super::Account).
#[derive(Clone, Debug)]
pub struct Options {
    /// Loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    pub limits: Limits,
    /// Seconds of the sandbox's clock in one real second. Lives of tokens, due times of tasks, the
    /// search lag and the retries of webhooks follow that clock; rate limits follow the real one,
    /// since what they guard against comes in real time.
    pub clock_speed: f64,
    /// How long after a write `query` still shows the old state, on the sandbox's clock.
    pub search_lag: Duration,
    /// How long the answer of a webhook is waited for. Real time.
    pub webhook_timeout: Duration,
    /// Seeds the faults by percentage, so that a run can be repeated.
    pub seed: u64,
    /// Requests kept in the journal; the oldest go first.
    pub journal_kept: usize,
    /// Bytes of a body kept in the journal.
    pub body_kept: usize,
    /// Bytes of files kept over all accounts; the oldest go first.
    pub stored_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            limits: Limits::documented(),
            clock_speed: 1.0,
            search_lag: Duration::from_secs(2),
            webhook_timeout: Duration::from_secs(2),
            seed: 1,
            journal_kept: 100_000,
            body_kept: 4 << 10,
            stored_bytes: 128 << 20,
        }
    }
}

/// Requests a second. `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Of one integration in one account, in any sliding second.
    pub per_integration: Option<usize>,
    /// Of one account over all integrations.
    pub per_account: Option<usize>,
    /// So many refusals for speed, and the account answers 403 until somebody lifts it.
    /// The service names no number.
    pub block_after: Option<u32>,
    pub window: Duration,
}

impl Limits {
    /// 7 a second for an integration, 50 for an account.
    #[must_use]
    pub fn documented() -> Self {
        Self {
            per_integration: Some(7),
            per_account: Some(50),
            block_after: Some(100),
            window: Duration::from_secs(1),
        }
    }

    /// For tests that look at something else.
    #[must_use]
    pub fn off() -> Self {
        Self { per_integration: None, per_account: None, block_after: None, ..Self::documented() }
    }
}
