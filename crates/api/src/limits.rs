//! How often one may try: log-in, sign-up and what else guesses at secrets. Kept in memory of each
//! process; N processes allow N times as much.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

use crate::{Api, Problem};

/// The numbers of the limits.
#[derive(Debug, Clone)]
pub struct LimitSettings {
    /// Log-ins of one address of the network with one e-mail, a minute.
    pub log_in_per_minute: NonZeroU32,
    /// Log-ins with one e-mail, an hour, from everywhere.
    pub log_in_per_email_hour: NonZeroU32,
    /// New companies of one address of the network, an hour.
    pub sign_up_per_hour: NonZeroU32,
    /// Openings of invites of one address of the network, a minute.
    pub invite_per_minute: NonZeroU32,
    /// Checks of one's present password, an hour.
    pub password_per_hour: NonZeroU32,
    /// A proxy of ours stands before us: the client is who it says in X-Forwarded-For.
    pub trusted_proxy: bool,
}

const fn number(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            log_in_per_minute: number(10),
            log_in_per_email_hour: number(20),
            sign_up_per_hour: number(5),
            invite_per_minute: number(30),
            password_per_hour: number(20),
            trusted_proxy: false,
        }
    }
}

impl LimitSettings {
    /// So high that they are not felt: for load tests.
    pub fn unfelt() -> Self {
        let much = number(1_000_000);
        Self {
            log_in_per_minute: much,
            log_in_per_email_hour: much,
            sign_up_per_hour: much,
            invite_per_minute: much,
            password_per_hour: much,
            trusted_proxy: false,
        }
    }
}

/// One limit, by key.
pub struct Limit {
    tries: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
    since_sweep: AtomicU32,
}

/// Keys that are forgotten anyway are swept out each so many tries, so memory stays bounded by the
/// tries within the limit's own period.
const SWEEP_EACH: u32 = 1024;

impl Limit {
    pub fn new(quota: Quota) -> Self {
        Self {
            tries: DefaultKeyedRateLimiter::keyed(quota),
            clock: DefaultClock::default(),
            since_sweep: AtomicU32::new(0),
        }
    }

    /// Counts a try; when there were too many, says how long to wait.
    pub fn check(&self, key: String) -> Result<(), Problem> {
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) >= SWEEP_EACH {
            self.since_sweep.store(0, Ordering::Relaxed);
            self.tries.retain_recent();
            self.tries.shrink_to_fit();
        }
        self.tries.check_key(&key).map_err(|until| {
            let after = until.wait_time_from(self.clock.now());
            metrics::counter!("beseda_too_many_total").increment(1);
            // Whole seconds, rounded up: the client that waits them is let in.
            let after = Duration::from_secs(after.as_secs() + 1);
            app::Error::TooMany { after }.into()
        })
    }
}

/// All limits of the web face.
pub struct Limits {
    log_in: Limit,
    log_in_email: Limit,
    sign_up: Limit,
    invite: Limit,
    password: Limit,
    trusted_proxy: bool,
}

impl Limits {
    pub fn new(settings: &LimitSettings) -> Self {
        Self {
            log_in: Limit::new(Quota::per_minute(settings.log_in_per_minute)),
            log_in_email: Limit::new(Quota::per_hour(settings.log_in_per_email_hour)),
            sign_up: Limit::new(Quota::per_hour(settings.sign_up_per_hour)),
            invite: Limit::new(Quota::per_minute(settings.invite_per_minute)),
            password: Limit::new(Quota::per_hour(settings.password_per_hour)),
            trusted_proxy: settings.trusted_proxy,
        }
    }

    pub fn log_in(&self, client: Client, email: &str) -> Result<(), Problem> {
        let email: String = email.trim().to_lowercase().chars().take(320).collect();
        self.log_in.check(format!("{} {email}", client.0))?;
        self.log_in_email.check(email)
    }

    pub fn sign_up(&self, client: Client) -> Result<(), Problem> {
        self.sign_up.check(client.0.to_string())
    }

    pub fn invite(&self, client: Client) -> Result<(), Problem> {
        self.invite.check(client.0.to_string())
    }

    pub fn password(&self, employee: domain::ids::EmployeeId) -> Result<(), Problem> {
        self.password.check(employee.to_string())
    }
}

/// Where a request comes from, as limits count it: an IPv4 address, or the /64 that one IPv6
/// customer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client(pub IpAddr);

impl FromRequestParts<Api> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Ok(client(peer, api.limits.trusted_proxy.then_some(&parts.headers)))
    }
}

/// `trusted`: the headers, when a proxy of ours wrote them.
fn client(peer: Option<IpAddr>, trusted: Option<&HeaderMap>) -> Client {
    let told = trusted.and_then(|headers| {
        // The last address is the one that our proxy wrote; those before it are hearsay.
        let list = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        list.rsplit(',').next()?.trim().parse().ok()
    });
    let ip = told.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    Client(match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn forwarded_addresses_count_only_behind_our_proxy() {
        let peer = Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("1.1.1.1, 203.0.113.9"));
        assert_eq!(client(peer, None).0.to_string(), "10.0.0.1");
        assert_eq!(client(peer, Some(&headers)).0.to_string(), "203.0.113.9");
        headers.insert("x-forwarded-for", HeaderValue::from_static("junk"));
        assert_eq!(client(peer, Some(&headers)).0.to_string(), "10.0.0.1");
        let six = "2001:db8:1:2:3:4:5:6".parse().ok();
        assert_eq!(client(six, None).0.to_string(), "2001:db8:1:2::");
    }

    #[test]
    fn s28_the_eleventh_log_in_of_a_minute_is_refused_and_told_when() {
        let limits = Limits::new(&LimitSettings::default());
        let client = Client(IpAddr::V4(Ipv4Addr::LOCALHOST));
        for _ in 0..10 {
            limits.log_in(client, "a@b.ru").expect("within the limit");
        }
        let refused = limits.log_in(client, " A@b.ru").expect_err("over the limit");
        assert_eq!(refused.status, 429);
        assert!(refused.retry_after.is_some_and(|s| (1..=7).contains(&s)));
        limits.log_in(client, "c@b.ru").expect("another address has its own count");
    }
}
