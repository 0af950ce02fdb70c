//! What the CRM saw: its journal and what stands in it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use sandbox::amo::{Account, Entry, Kind};
use serde::Serialize;
use serde_json::Value;

use super::{customers::Written, verdict::Held};
use crate::percentile::Latencies;

/// How far the CRM's clock is put forward so that every token is too old: they live a day.
pub const SKIP: Duration = Duration::from_secs(25 * 3600);
/// A new client costs a contact, a lead and a task; the end of the conversation a note. amoCRM would
/// take contact and lead in one call (leads/complex), which looks for nothing before it creates, and
/// several clients in one call, which would make each wait for the others.
pub const LEAST_CALLS: f64 = 4.0;

/// Calls of the account's API, tokens left out.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Calls {
    pub all: usize,
    pub taken: usize,
    /// Refused or lost by what the run does to the CRM: 429, 5xx, outage, an old token.
    pub struck: usize,
    /// Refused because of what we sent.
    pub wrong: usize,
    pub by_route: BTreeMap<String, usize>,
    pub by_status: BTreeMap<u16, usize>,
}

pub fn calls(journal: &[Entry], after: u64) -> Calls {
    let mut calls = Calls::default();
    let new = journal.iter().filter(|e| e.number > after && !e.path.starts_with("/oauth2/"));
    for entry in new {
        calls.all += 1;
        match entry.status {
            200..=299 if !entry.answer_lost => calls.taken += 1,
            0..=299 | 401 | 429 | 500.. => calls.struck += 1,
            _ => calls.wrong += 1,
        }
        *calls.by_route.entry(route(entry)).or_default() += 1;
        *calls.by_status.entry(entry.status).or_default() += 1;
    }
    calls
}

fn route(entry: &Entry) -> String {
    let name = |part: &str| {
        let number = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if number { "{id}".to_owned() } else { part.to_owned() }
    };
    let path: Vec<String> = entry.path.split('/').map(name).collect();
    format!("{} {}", entry.method, path.join("/"))
}

/// Calls of one integration in one account that came closer together than seven in a second, each
/// told with its neighbours, so that a broken limit can be understood.
pub fn crowded(journal: &[Entry], most: usize) -> Vec<String> {
    let mut by_account: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in journal.iter().filter(|e| e.path.starts_with("/api/")) {
        by_account.entry(&entry.account).or_default().push(entry);
    }
    let mut told = Vec::new();
    for (account, mut entries) in by_account {
        entries.sort_by_key(|entry| entry.at_ms);
        for eight in entries.windows(8) {
            let [first, .., last] = eight else { continue };
            let took = last.at_ms - first.at_ms;
            // With a little more, because the limit is looked at a moment after a call has come.
            if took <= 1_003 && told.len() < most && eight.iter().any(|e| e.status == 429) {
                let one = |e: &&Entry| {
                    format!("+{} {} {} {}", e.at_ms - first.at_ms, e.method, e.path, e.status)
                };
                let calls: Vec<String> = eight.iter().map(one).collect();
                told.push(format!("{account}: 8 calls in {took} ms: {}", calls.join("; ")));
            }
        }
    }
    told
}

/// How often the clock had been put forward when this entry was written.
fn skips(entry: &Entry, begun_ms: i64) -> i64 {
    // A run takes less than the hours between two skips.
    (entry.at_ms - begun_ms).div_euclid(skip_ms())
}

fn skip_ms() -> i64 {
    i64::try_from(SKIP.as_millis()).unwrap_or(i64::MAX)
}

/// Access tokens that were met too old: once for each account and each time that the clock was put
/// forward, if the account was called at all before the next time.
pub fn expirations(journal: &[Entry], begun_ms: i64) -> usize {
    let met = journal.iter().filter(|e| !e.path.starts_with("/oauth2/"));
    let met = met.filter(|e| matches!(e.status, 200..=299 | 401));
    let periods = met.map(|e| (e.account.as_str(), skips(e, begun_ms)));
    periods.filter(|(_, skips)| *skips > 0).collect::<HashSet<_>>().len()
}

/// From each customer's message to the call that made the lead, as far as there is one.
pub fn delays(account: &Account, written: &[Written], begun_ms: i64) -> Latencies {
    let names: HashMap<i64, String> = held(account).contacts.into_iter().collect();
    let mut made: HashMap<&str, i64> = HashMap::new();
    for entry in &account.journal() {
        if entry.method != "POST" || entry.path != "/api/v4/leads" || entry.status != 200 {
            continue;
        }
        let body: Value = serde_json::from_str(&entry.body).unwrap_or_default();
        for lead in body.as_array().into_iter().flatten() {
            let contact = lead["_embedded"]["contacts"][0]["id"].as_i64();
            if let Some(name) = contact.and_then(|id| names.get(&id)) {
                let at_ms = entry.at_ms - skips(entry, begun_ms) * skip_ms();
                made.entry(name).or_insert(at_ms);
            }
        }
    }
    let mut delays = Latencies::default();
    for customer in written {
        if let Some(at_ms) = made.get(customer.name().as_str()) {
            let took = u64::try_from(at_ms - customer.at_ms).unwrap_or(0);
            delays.record(Duration::from_millis(took));
        }
    }
    delays
}

pub fn held(account: &Account) -> Held {
    let id = |value: &Value| value["id"].as_i64().unwrap_or_default();
    let leads = account.leads();
    let main = |lead: &Value| id(&lead["_embedded"]["contacts"][0]);
    let texts = |lead: i64| {
        let notes = account.notes(Kind::Leads, lead);
        notes.iter().filter(|note| note["params"]["text"].is_string()).count()
    };
    let name = |contact: &Value| contact["name"].as_str().unwrap_or_default().to_owned();
    Held {
        contacts: account.contacts().iter().map(|c| (id(c), name(c))).collect(),
        tasks: account.tasks().iter().filter_map(|task| task["entity_id"].as_i64()).collect(),
        notes: leads
            .iter()
            .map(id)
            .flat_map(|lead| std::iter::repeat_n(lead, texts(lead)))
            .collect(),
        leads: leads.iter().map(|lead| (id(lead), main(lead))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(account: &str, at_ms: i64, path: &str, status: u16) -> Entry {
        Entry {
            number: 1,
            at_ms,
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: String::new(),
            body: String::new(),
            status,
            answer_lost: false,
            account: account.to_owned(),
            client_id: None,
            oddities: Vec::new(),
        }
    }

    #[test]
    fn an_expiration_counts_once_for_each_account_and_time() {
        let later = 1_000 + skip_ms();
        let journal = [
            entry("a", 1_500, "/api/v4/leads", 200),
            entry("a", later, "/api/v4/leads", 401),
            entry("a", later + 50, "/oauth2/access_token", 200),
            entry("a", later + 90, "/api/v4/leads", 200),
            entry("b", later + 90, "/api/v4/leads", 503),
            entry("b", later + skip_ms(), "/api/v4/leads", 401),
        ];
        assert_eq!(expirations(&journal, 1_000), 2);
    }

    #[test]
    fn calls_are_told_apart_by_whose_fault_they_were() {
        let of = |status| entry("a", 0, "/api/v4/leads/77/notes", status);
        let journal: Vec<Entry> = [200, 429, 503, 0, 401, 400].map(of).into();
        let calls = calls(&journal, 0);
        assert_eq!((calls.all, calls.taken, calls.struck, calls.wrong), (6, 1, 4, 1));
        assert_eq!(calls.by_route.get("POST /api/v4/leads/{id}/notes"), Some(&6));
    }
}
