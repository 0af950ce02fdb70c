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
    /// SMSC.ru refuses the same text to the same phone within a minute, and many requests at once,
    /// with code 9; off by default, because most tests look at something else.
    pub limits: Limits,
    /// How long a message travels to a phone that is on.
    pub travel: Duration,
    /// The pause before the first repeat of a callback that nobody took; doubles each time.
    pub retry_base: Duration,
    /// How often a callback is tried.
    pub tries: u32,
    /// How long an answer of a callback is waited for.
    pub callback_timeout: Duration,
    /// Messages and calls kept; the oldest go first.
    pub kept: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            limits: Limits::default(),
            travel: Duration::from_millis(300),
            retry_base: Duration::from_secs(5),
            tries: 6,
            callback_timeout: Duration::from_secs(20),
            kept: 20_000,
        }
    }
}

impl Options {
    /// Everything happens at once, and callbacks are repeated soon.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            travel: Duration::from_millis(5),
            retry_base: Duration::from_millis(20),
            ..Self::default()
        }
    }
}

/// Limits of sending. `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// SMSC.ru: the same text to the same phone is refused for so long.
    pub same_text: Option<Duration>,
    /// SMSC.ru: requests of one login at the same time.
    pub at_once: Option<usize>,
    /// SMSC.ru: looks at the status of one message within a minute.
    pub looks_a_minute: Option<usize>,
}

impl Limits {
    /// The figures of <https://smsc.ru/api/http/send/> and `/status_messages/`, code 9.
    #[must_use]
    pub fn documented() -> Self {
        Self {
            same_text: Some(Duration::from_secs(60)),
            at_once: Some(15),
            looks_a_minute: Some(5),
        }
    }
}
