//! Every request of every account, for assertions of tests and for people who look.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

/// One request and what was said to it.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub number: u64,
    /// Milliseconds of the sandbox's clock.
    pub at_ms: i64,
    pub method: String,
    /// Without the prefix that names the account.
    pub path: String,
    pub query: String,
    /// The first [`Options::body_kept`](super::Options::body_kept) bytes, without secrets.
    pub body: String,
    /// 0: the connection was closed before the request took effect.
    pub status: u16,
    /// The answer did not reach the caller.
    pub answer_lost: bool,
    /// Subdomain.
    pub account: String,
    pub client_id: Option<String>,
    /// Names in the body that the documentation does not know; the real service ignores them.
    pub oddities: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Journal {
    entries: VecDeque<Entry>,
    kept: usize,
    body_kept: usize,
    made: u64,
    counts: BTreeMap<(String, String), u64>,
    pub breaches: BTreeMap<String, u64>,
}

impl Journal {
    pub(super) fn new(kept: usize, body_kept: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            kept: kept.max(1),
            body_kept,
            made: 0,
            counts: BTreeMap::new(),
            breaches: BTreeMap::new(),
        }
    }

    pub(super) fn note(&mut self, mut entry: Entry) {
        self.made += 1;
        entry.number = self.made;
        let route = format!("{} {}", entry.method, general(&entry.path));
        *self.counts.entry((entry.account.clone(), route)).or_default() += 1;
        while self.entries.len() >= self.kept {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    pub(super) fn shown(&self, body: &[u8]) -> String {
        let head = body.get(..self.body_kept.min(body.len())).unwrap_or_default();
        String::from_utf8_lossy(head).into_owned()
    }

    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Requests ever made, by `METHOD /path` with `{id}` in place of ids.
    pub(super) fn counts(&self, account: Option<&str>) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for ((of, route), count) in &self.counts {
            if account.is_none_or(|account| account == of) {
                *counts.entry(route.clone()).or_default() += count;
            }
        }
        counts
    }
}

/// Ids and uids of a path become one name, so that the rows of the counts stay few.
fn general(path: &str) -> String {
    let name = |part: &str| {
        let long = part.len() >= 24 && part.bytes().any(|b| b.is_ascii_digit());
        let number = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if long || number { "{id}".to_owned() } else { part.to_owned() }
    };
    path.split('/').map(name).collect::<Vec<_>>().join("/")
}
