//! What goes wrong in the account, and what a test asks about it afterwards.

use std::collections::BTreeMap;

use super::Account;
use crate::amo::{Audit, Delivery, Entry, Faults, Grants, Outage, audit};

impl Account {
    pub fn set_faults(&self, faults: Faults) {
        self.change(|account| account.faults = faults);
    }

    #[must_use]
    pub fn faults(&self) -> Faults {
        self.read(|account| Some(account.faults)).unwrap_or_default()
    }

    pub fn set_outage(&self, outage: Outage) {
        self.set_faults(Faults { outage, ..self.faults() });
    }

    /// 403 to everything, as after too many refusals for speed.
    pub fn block(&self) {
        self.change(|account| account.blocked = true);
    }

    /// Support lifts the block.
    pub fn lift_block(&self) {
        self.change(|account| {
            account.blocked = false;
            account.rates.forgive();
        });
    }

    /// Requests to this account, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        let world = self.shared.world();
        world.journal.entries().filter(|entry| entry.account == self.subdomain).cloned().collect()
    }

    /// Requests ever made to this account, by `METHOD /path` with `{id}` in place of ids.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.shared.world().journal.counts(Some(&self.subdomain))
    }

    /// How often the limits of speed were broken.
    #[must_use]
    pub fn breaches(&self) -> u64 {
        self.shared.world().journal.breaches.get(&self.subdomain).copied().unwrap_or_default()
    }

    /// Names in bodies of requests that the documentation does not know, with the path: none, if
    /// the client spells well.
    #[must_use]
    pub fn oddities(&self) -> Vec<(String, String)> {
        let journal = self.journal();
        let odd = journal.into_iter().flat_map(|entry| {
            let path = format!("{} {}", entry.method, entry.path);
            entry.oddities.into_iter().map(move |name| (path.clone(), name))
        });
        odd.collect()
    }

    /// How often tokens were asked for, and given.
    #[must_use]
    pub fn grants(&self) -> Grants {
        self.read(|account| Some(account.grants)).unwrap_or_default()
    }

    /// What was sent to the account's webhooks, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        let world = self.shared.world();
        world.deliveries.iter().filter(|d| d.account == self.subdomain).cloned().collect()
    }

    /// What stands there twice: contacts, leads, open tasks.
    #[must_use]
    pub fn audit(&self) -> Audit {
        self.read(|account| Some(audit::of(account))).unwrap_or_default()
    }
}
