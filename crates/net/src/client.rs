//! The making of HTTP clients.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, ClientBuilder, Proxy, Url, redirect::Policy};

use crate::{Guard, error_text, guard::GuardedResolver};

/// How a client behaves. Redirects are never followed: a service that moves says so in its
/// documentation, and a redirect is the usual way around an address check.
#[derive(Debug, Clone)]
pub struct Options {
    /// For name look-up, TCP and TLS together. Shorter than `timeout`, so that an error can tell
    /// "nothing was sent" from "the answer was lost".
    pub connect_timeout: Duration,
    /// For a whole request with its answer's body; a request may bring its own. `None` leaves only
    /// the other two.
    pub timeout: Option<Duration>,
    /// For each read, so that a long download may take its time but not stand still.
    pub read_timeout: Option<Duration>,
    /// Idle connections are closed after it: a server that closes first would turn the next request
    /// into one with an unknown outcome.
    pub pool_idle_timeout: Duration,
    /// Where requests go through. `None` goes straight, also where the environment names a proxy:
    /// settings are read by the server alone.
    pub proxy: Option<Url>,
    /// How we name ourselves.
    pub user_agent: String,
    /// Which addresses a name may stand for, also a proxy's. `None`: any. What is an address in the
    /// URL itself is for whoever takes the URL to check ([`crate::Rules::check`]).
    pub guard: Option<Guard>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Some(Duration::from_secs(30)),
            read_timeout: None,
            pool_idle_timeout: Duration::from_secs(15),
            proxy: None,
            user_agent: "Beseda".to_owned(),
            guard: None,
        }
    }
}

/// The client cannot be made: a proxy address of a kind that is not supported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no HTTP client: {0}")]
pub struct ClientError(pub String);

/// Makes a client. Make one and keep it: it holds the pool of connections.
pub fn client(options: Options) -> Result<Client, ClientError> {
    builder(options)?.build().map_err(|e| ClientError(error_text(e)))
}

pub(crate) fn builder(options: Options) -> Result<ClientBuilder, ClientError> {
    let mut builder = Client::builder()
        .connect_timeout(options.connect_timeout)
        .pool_idle_timeout(options.pool_idle_timeout)
        .redirect(Policy::none())
        .user_agent(options.user_agent)
        .tcp_nodelay(true)
        .no_proxy();
    if let Some(guard) = options.guard {
        builder = builder.dns_resolver(Arc::new(GuardedResolver(guard)));
    }
    if let Some(timeout) = options.timeout {
        builder = builder.timeout(timeout);
    }
    if let Some(timeout) = options.read_timeout {
        builder = builder.read_timeout(timeout);
    }
    if let Some(proxy) = options.proxy {
        builder = builder.proxy(Proxy::all(proxy).map_err(|e| ClientError(error_text(e)))?);
    }
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_made_with_and_without_a_proxy() {
        assert!(client(Options::default()).is_ok());
        let proxy = Url::parse("http://user:word@proxy.test:3128").ok();
        assert!(client(Options { proxy, ..Options::default() }).is_ok());
    }
}
