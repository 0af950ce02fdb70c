//! HTTP clients by proxy: thousands of bots share one pool of connections.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use net::{ClientError, Guard, http::Client};
use url::Url;

/// Clients made so far.
#[derive(Default)]
pub(crate) struct Clients {
    by_proxy: Mutex<BTreeMap<Option<Url>, Client>>,
    guard: Option<Guard>,
}

/// Distinct proxies kept; more than that start over, which costs connections and nothing else.
const MAX_KEPT: usize = 200;

impl Clients {
    /// `guard`: which addresses names may stand for.
    pub(crate) fn guarded(guard: Option<Guard>) -> Self {
        Self { guard, ..Self::default() }
    }

    /// The client that goes through this proxy.
    pub(crate) fn get(&self, proxy: Option<&Url>) -> Result<Client, ClientError> {
        let proxy = proxy.cloned();
        let mut kept = self.by_proxy.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(client) = kept.get(&proxy) {
            return Ok(client.clone());
        }
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        let client = net::client(net::Options {
            // Every call brings its own, because an upload and a long poll need more.
            timeout: None,
            connect_timeout: Duration::from_secs(10),
            proxy: proxy.clone(),
            guard: self.guard,
            ..net::Options::default()
        })?;
        kept.insert(proxy, client.clone());
        Ok(client)
    }
}
