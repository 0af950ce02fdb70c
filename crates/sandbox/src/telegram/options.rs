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
    /// The official server takes https on ports 80, 88, 443 and 8443 only. With this switch
    /// `http://127.0.0.1:<any port>` and the like are taken as well; other hosts stay refused.
    pub allow_http_loopback: bool,
    /// Speed limits of sending; off by default, because most tests look at something else.
    pub limits: Limits,
    /// The length of one second of webhook retries: the doubling delay, `Retry-After`, the life of
    /// an update (86,400 of them) and the pause between two `setWebhook` calls are all scaled by it.
    pub retry_base: Duration,
    /// How long an answer of the webhook is waited for. Not scaled.
    pub webhook_timeout: Duration,
    /// The official server makes a `getUpdates` with the same offset within 3 s wait 3 s.
    pub slow_repeated_offset: bool,
    /// Bytes of files kept; the oldest go first, and can no longer be downloaded then.
    pub stored_bytes: usize,
    /// Messages kept per chat and calls kept per sandbox; the oldest go first.
    pub messages_kept: usize,
    pub calls_kept: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            allow_http_loopback: true,
            limits: Limits::default(),
            retry_base: Duration::from_secs(1),
            webhook_timeout: Duration::from_secs(55),
            slow_repeated_offset: false,
            stored_bytes: 256 << 20,
            messages_kept: 20_000,
            calls_kept: 200_000,
        }
    }
}

impl Options {
    /// The rules of the real service with its clock of retries run a hundred times faster.
    #[must_use]
    pub fn quick() -> Self {
        Self { retry_base: Duration::from_millis(10), ..Self::default() }
    }

    /// An update that nobody takes lives a day.
    pub(super) fn update_life(&self) -> Duration {
        self.retry_base * 86_400
    }
}

/// Token buckets of sending. `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    pub per_chat: Option<Rate>,
    pub per_bot: Option<Rate>,
}

impl Limits {
    /// The figures of <https://core.telegram.org/bots/faq>: one message a second in a chat, about
    /// 30 a second overall; short bursts in a chat are let through.
    #[must_use]
    pub fn documented() -> Self {
        Self {
            per_chat: Some(Rate { per_second: 1.0, burst: 3 }),
            per_bot: Some(Rate { per_second: 30.0, burst: 30 }),
        }
    }

    /// One message a second in a chat without any burst: the shape tests ask for.
    #[must_use]
    pub fn strict() -> Self {
        Self {
            per_chat: Some(Rate { per_second: 1.0, burst: 1 }),
            per_bot: Some(Rate { per_second: 30.0, burst: 30 }),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub per_second: f64,
    pub burst: u32,
}
