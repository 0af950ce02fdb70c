//! HTTP clients by proxy: any number of channels share one pool of connections for each.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use reqwest::{Client, Url};

use crate::{ClientError, Options, client};

/// Distinct proxies kept; more than that start over, which costs connections and nothing else.
const MOST_KEPT: usize = 200;

/// Clients made so far, alike but for the proxy.
#[derive(Debug)]
pub struct Clients {
    options: Options,
    by_proxy: Mutex<BTreeMap<Option<Url>, Client>>,
}

impl Clients {
    /// `options`: of each; their proxy is not looked at.
    pub fn new(options: Options) -> Self {
        Self { options, by_proxy: Mutex::default() }
    }

    /// The client that goes through this proxy.
    pub fn get(&self, proxy: Option<&Url>) -> Result<Client, ClientError> {
        let proxy = proxy.cloned();
        let mut kept = self.by_proxy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = kept.get(&proxy) {
            return Ok(client.clone());
        }
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        let client = client(Options { proxy: proxy.clone(), ..self.options.clone() })?;
        kept.insert(proxy, client.clone());
        Ok(client)
    }
}
