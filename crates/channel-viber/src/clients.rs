//! HTTP clients by proxy: any number of bots share one pool of connections.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use net::{ClientError, Guard, http::Client};
use url::Url;

/// Distinct proxies kept; more than that start over, which costs connections and nothing else.
const MOST_KEPT: usize = 200;

/// Clients made so far.
#[derive(Default)]
pub(crate) struct Clients {
    by_proxy: Mutex<BTreeMap<Option<Url>, Client>>,
    guard: Option<Guard>,
}

impl Clients {
    /// `guard`: which addresses names may stand for.
    pub(crate) fn guarded(guard: Option<Guard>) -> Self {
        Self { guard, ..Self::default() }
    }

    /// The client that goes through this proxy.
    pub(crate) fn get(&self, proxy: Option<&Url>) -> Result<Client, ClientError> {
        let proxy = proxy.cloned();
        let mut kept = self.by_proxy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = kept.get(&proxy) {
            return Ok(client.clone());
        }
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        let client = net::client(net::Options {
            proxy: proxy.clone(),
            guard: self.guard,
            ..net::Options::default()
        })?;
        kept.insert(proxy, client.clone());
        Ok(client)
    }
}
