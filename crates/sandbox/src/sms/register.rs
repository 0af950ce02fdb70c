//! Looks into the network's register of subscribers (HLR), which SMS Aero and SMSC.ru sell: taken at
//! once and paid for, answered when the network has answered.

use std::time::{Duration, Instant};

use super::{Provider, world::World};

/// In kopecks.
pub(super) const PRICE: i64 = 30;

/// One question.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    pub provider: Provider,
    pub account: u64,
    /// The provider's id, or the caller's where the provider takes one.
    pub id: u64,
    pub phone: String,
    pub since: Instant,
    /// When it was looked for, the latest first: SMSC.ru counts.
    pub looks: Vec<Instant>,
}

/// What the network says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Registered {
    /// It has not answered yet.
    Waits,
    Available,
    /// The subscriber is known, and the phone is off.
    Unavailable,
    Nobody,
}

/// Takes a question and its money.
pub(super) fn take(
    world: &mut World,
    provider: Provider,
    account: u64,
    id: u64,
    phone: String,
    kept: usize,
) {
    if let Some(account) = world.accounts.get_mut(&account) {
        account.balance -= PRICE;
    }
    world.phones.entry(phone.clone()).or_default();
    let key = world.next_id();
    let (since, looks) = (Instant::now(), Vec::new());
    world.lookups.insert(key, Lookup { provider, account, id, phone, since, looks });
    while world.lookups.len() > kept {
        world.lookups.pop_first();
    }
}

/// A question of this account, to be looked at now.
pub(super) fn find(world: &mut World, provider: Provider, account: u64, id: u64) -> Option<Lookup> {
    let mine = |l: &&mut Lookup| l.provider == provider && l.account == account && l.id == id;
    let lookup = world.lookups.values_mut().rev().find(mine)?;
    lookup.looks.insert(0, Instant::now());
    lookup.looks.truncate(20);
    Some(lookup.clone())
}

/// What the network says by now; it takes as long as a message travels.
pub(super) fn said(world: &World, lookup: &Lookup, travel: Duration) -> Registered {
    let silent = world.accounts.get(&lookup.account).is_some_and(|a| a.faults.silent_register);
    if silent || lookup.since.elapsed() < travel {
        return Registered::Waits;
    }
    match world.phones.get(&lookup.phone) {
        Some(phone) if phone.missing => Registered::Nobody,
        Some(phone) if phone.off => Registered::Unavailable,
        _ => Registered::Available,
    }
}
