//! A person with a phone: receives, answers, switches it off.

use std::{sync::Arc, time::Duration};

use serde::Serialize;

use super::{
    Account, Provider, Status, callbacks, parts,
    world::{Incoming, Shared, World, now},
};
use crate::Error;

/// A handle; clones are the same phone.
#[derive(Clone)]
pub struct Phone {
    /// In digits.
    pub number: String,
    pub(super) shared: Arc<Shared>,
}

/// One message on the phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    pub mine: bool,
    /// Who it is from or to, as the phone shows it.
    pub other: String,
    pub text: String,
    pub parts: usize,
    /// Unix seconds.
    pub date: i64,
    /// Of what the company sent.
    pub status: Option<Status>,
    pub provider: Option<Provider>,
    /// For the page.
    pub key: u64,
}

pub(super) fn of(shared: &Arc<Shared>, number: &str) -> Phone {
    let number: String = number.chars().filter(char::is_ascii_digit).collect();
    shared.change(|world| world.phones.entry(number.clone()).or_default().off);
    Phone { number, shared: Arc::clone(shared) }
}

impl Phone {
    /// Writes an SMS to the company's number. Answers with its id at the provider.
    pub fn writes(&self, account: &Account, text: &str) -> u64 {
        self.writes_to(account, &account.number, text)
    }

    /// Writes to another number of the company.
    pub fn writes_to(&self, account: &Account, number: &str, text: &str) -> u64 {
        let incoming = Incoming {
            account: account.id,
            phone: self.number.clone(),
            to: number.to_owned(),
            text: text.to_owned(),
            at: now(),
        };
        let kept = self.shared.options.kept;
        let id = self.shared.change(|world| {
            let id = world.next_id();
            world.incoming.insert(id, incoming);
            while world.incoming.len() > kept {
                world.incoming.pop_first();
            }
            id
        });
        callbacks::tell_incoming(&self.shared, id);
        id
    }

    /// The provider's callback of this message comes once more.
    pub fn repeats(&self, id: u64) {
        callbacks::tell_incoming(&self.shared, id);
    }

    /// Messages wait until it is on again.
    pub fn switch_off(&self) {
        self.shared.change(|world| world.phones.entry(self.number.clone()).or_default().off = true);
    }

    /// Everything that waited arrives.
    pub fn switch_on(&self) {
        self.shared
            .change(|world| world.phones.entry(self.number.clone()).or_default().off = false);
        for key in waiting(&self.shared.world(), &self.number) {
            callbacks::settle(&self.shared, key, Status::Delivered);
        }
    }

    /// The person asked the operator not to be written to.
    pub fn joins_stop_list(&self) {
        self.shared
            .change(|world| world.phones.entry(self.number.clone()).or_default().stop_list = true);
    }

    /// The network has no such subscriber (any more).
    pub fn is_gone(&self) {
        self.shared
            .change(|world| world.phones.entry(self.number.clone()).or_default().missing = true);
    }

    /// The number belongs to somebody again.
    pub fn is_there(&self) {
        self.shared
            .change(|world| world.phones.entry(self.number.clone()).or_default().missing = false);
    }

    /// What the phone shows, oldest first: what the person wrote, and what arrived.
    #[must_use]
    pub fn shows(&self, account: &Account) -> Vec<Shown> {
        let all = between(&self.shared.world(), account.id, &self.number);
        all.into_iter().filter(|m| m.mine || m.status == Some(Status::Delivered)).collect()
    }

    /// Waits until this text arrived.
    pub async fn wait_for(
        &self,
        account: &Account,
        timeout: Duration,
        text: &str,
    ) -> Result<Shown, Error> {
        let look = || self.shows(account).into_iter().find(|m| !m.mine && m.text == text);
        self.shared.until(timeout, look, || super::last_call(&self.shared)).await
    }
}

fn waiting(world: &World, number: &str) -> Vec<u64> {
    let waits = |m: &super::world::Outgoing| m.to == number && m.status == Status::Sent && !m.test;
    world.outgoing.iter().filter(|(_, m)| waits(m)).map(|(key, _)| *key).collect()
}

/// Everything between a company and a phone, oldest first.
pub(super) fn between(world: &World, account: u64, number: &str) -> Vec<Shown> {
    let theirs =
        world.outgoing.iter().filter(|(_, m)| m.account == account && m.to == number && !m.test);
    let theirs = theirs.map(|(key, m)| Shown {
        mine: false,
        other: m.from.clone(),
        text: m.text.clone(),
        parts: m.parts,
        date: m.at.timestamp(),
        status: Some(m.status),
        provider: Some(m.provider),
        key: *key,
    });
    let mine = world.incoming.iter().filter(|(_, m)| m.account == account && m.phone == number);
    let mine = mine.map(|(key, m)| Shown {
        mine: true,
        other: m.to.clone(),
        text: m.text.clone(),
        parts: parts::parts(&m.text),
        date: m.at.timestamp(),
        status: None,
        provider: None,
        key: *key,
    });
    let mut all: Vec<Shown> = theirs.chain(mine).collect();
    all.sort_by_key(|m| m.key);
    all
}
