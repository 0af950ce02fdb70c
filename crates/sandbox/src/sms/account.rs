//! A company's accounts at the three providers.

use std::{collections::BTreeMap, sync::Arc};

use rand::{Rng, distr::Alphanumeric};
use serde::{Deserialize, Serialize};

use super::{
    Call, Delivery, Faults, Provider, Status, callbacks,
    world::{AccountState, Shared},
};

/// How the account is known to each provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// SMS Aero.
    pub email: String,
    pub aero_key: String,
    /// SMSC.ru.
    pub login: String,
    pub password: String,
    pub smsc_key: String,
    /// MTS Exolve.
    pub exolve_key: String,
}

impl Credentials {
    pub(super) fn random(name: &str) -> Self {
        let slug: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let slug = if slug.is_empty() { secret(6) } else { slug.to_lowercase() };
        Self {
            email: format!("{slug}@shop.test"),
            aero_key: secret(32),
            login: slug,
            password: secret(12),
            smsc_key: secret(40),
            exolve_key: secret(64),
        }
    }
}

fn secret(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}

/// A handle; clones are the same account.
#[derive(Clone)]
pub struct Account {
    pub id: u64,
    pub name: String,
    /// In digits.
    pub number: String,
    pub(super) shared: Arc<Shared>,
}

pub(super) fn add(
    shared: &Arc<Shared>,
    name: &str,
    number: &str,
    credentials: Credentials,
) -> Account {
    let id = shared.change(|world| {
        let id = world.next_id();
        let state = AccountState {
            name: name.to_owned(),
            credentials,
            number: number.to_owned(),
            senders: ["SHOP".to_owned()].into(),
            balance: 100_000,
            faults: Faults::default(),
            callbacks: BTreeMap::new(),
            at_once: 0,
        };
        world.accounts.insert(id, state);
        id
    });
    Account { id, name: name.to_owned(), number: number.to_owned(), shared: Arc::clone(shared) }
}

impl Account {
    fn change<T>(&self, change: impl FnOnce(&mut AccountState) -> T) -> Option<T> {
        self.shared.change(|world| world.accounts.get_mut(&self.id).map(change))
    }

    #[must_use]
    pub fn credentials(&self) -> Credentials {
        let world = self.shared.world();
        match world.accounts.get(&self.id) {
            Some(account) => account.credentials.clone(),
            None => Credentials::random("gone"),
        }
    }

    /// New keys and a new password at every provider; the old ones are dead.
    pub fn renew_keys(&self) -> Credentials {
        let fresh = Credentials::random(&self.name);
        self.change(|account| {
            account.credentials = Credentials {
                email: account.credentials.email.clone(),
                login: account.credentials.login.clone(),
                ..fresh
            };
        });
        self.credentials()
    }

    /// In roubles.
    pub fn set_balance(&self, roubles: i64) {
        self.change(|account| account.balance = roubles * 100);
    }

    /// In kopecks.
    #[must_use]
    pub fn balance(&self) -> i64 {
        self.shared.world().accounts.get(&self.id).map_or(0, |account| account.balance)
    }

    pub fn set_faults(&self, faults: Faults) {
        self.change(|account| account.faults = faults);
    }

    #[must_use]
    pub fn faults(&self) -> Faults {
        self.shared.world().accounts.get(&self.id).map(|a| a.faults).unwrap_or_default()
    }

    /// A name that the operators let stand as the sender.
    pub fn register_sender(&self, name: &str) {
        self.change(|account| account.senders.insert(name.to_owned()));
    }

    /// What a person enters in the provider's cabinet as the address of their program; an empty one
    /// takes it away.
    pub fn set_callback(&self, provider: Provider, url: &str) {
        self.change(|account| match url {
            "" => account.callbacks.remove(&provider),
            url => account.callbacks.insert(provider, url.to_owned()),
        });
    }

    /// The state of everything sent, by recipient and text, oldest first.
    #[must_use]
    pub fn sent(&self) -> Vec<(String, String, Status)> {
        let world = self.shared.world();
        let ours = world.outgoing.values().filter(|message| message.account == self.id);
        ours.map(|message| (message.to.clone(), message.text.clone(), message.status)).collect()
    }

    /// The provider gives up on the last message to this phone, or says that it arrived.
    pub fn settle(&self, phone: &str, status: Status) {
        let key = {
            let world = self.shared.world();
            let to_phone =
                |(_, m): &(&u64, &super::world::Outgoing)| m.account == self.id && m.to == phone;
            world.outgoing.iter().rev().find(to_phone).map(|(key, _)| *key)
        };
        if let Some(key) = key {
            callbacks::settle(&self.shared, key, status);
        }
    }

    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        let world = self.shared.world();
        world.calls.iter().filter(|call| call.account == Some(self.id)).cloned().collect()
    }

    /// Sends that took effect.
    #[must_use]
    pub fn sends_accepted(&self) -> usize {
        self.shared.world().sends_accepted(self.id)
    }

    /// Phones that the network's register was asked about, oldest first.
    #[must_use]
    pub fn lookups(&self) -> Vec<String> {
        let world = self.shared.world();
        let ours = world.lookups.values().filter(|lookup| lookup.account == self.id);
        ours.map(|lookup| lookup.phone.clone()).collect()
    }

    /// Callbacks of the whole sandbox, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.world().deliveries.iter().cloned().collect()
    }
}
