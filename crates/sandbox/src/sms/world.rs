//! The state of one sandbox: accounts, phones, messages. Plain memory, no IO.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Instant, SystemTime},
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Call, Credentials, Delivery, Faults, Options, Outcome, parts::parts, register::Lookup,
};
use crate::serving;

const DELIVERIES_KEPT: usize = 20_000;
const VIOLATIONS_KEPT: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    SmsAero,
    SmscRu,
    Exolve,
}

impl Provider {
    pub const ALL: [Self; 3] = [Self::SmsAero, Self::SmscRu, Self::Exolve];
}

/// Where a message of ours stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// With the operator.
    Sent,
    Delivered,
    /// The operator gave up.
    Undelivered,
}

/// What every handle and task of one sandbox holds.
pub(super) type Shared = serving::Shared<Options, World>;

impl Shared {
    pub(super) fn base(&self, provider: Provider) -> String {
        let path = match provider {
            Provider::SmsAero => "aero/v2/",
            Provider::SmscRu => "smsc/sys/",
            Provider::Exolve => "exolve/",
        };
        format!("{}/{path}", self.url)
    }
}

#[derive(Default)]
pub(super) struct World {
    pub accounts: BTreeMap<u64, AccountState>,
    pub phones: BTreeMap<String, PhoneState>,
    /// By our number, which is in no way the providers' ids.
    pub outgoing: BTreeMap<u64, Outgoing>,
    pub incoming: BTreeMap<u64, Incoming>,
    pub lookups: BTreeMap<u64, Lookup>,
    pub calls: VecDeque<Call>,
    pub deliveries: VecDeque<Delivery>,
    pub violations: Vec<String>,
    calls_made: u64,
    last_id: u64,
}

pub(super) struct AccountState {
    pub name: String,
    pub credentials: Credentials,
    /// In digits.
    pub number: String,
    /// Names that may stand as the sender beside the number.
    pub senders: BTreeSet<String>,
    /// In kopecks.
    pub balance: i64,
    pub faults: Faults,
    /// Where a provider tells of messages: entered by hand in its cabinet.
    pub callbacks: BTreeMap<Provider, String>,
    /// Requests of SMSC.ru under way.
    pub at_once: usize,
}

#[derive(Default)]
pub(super) struct PhoneState {
    /// Switched off: messages wait.
    pub off: bool,
    /// The person asked not to be written to.
    pub stop_list: bool,
    /// The network has no such subscriber.
    pub missing: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub provider: Provider,
    pub account: u64,
    /// The provider's id, or the caller's where the provider takes one.
    pub id: u64,
    pub from: String,
    pub to: String,
    pub text: String,
    pub parts: usize,
    pub status: Status,
    pub at: DateTime<Utc>,
    pub since: Instant,
    pub changed: DateTime<Utc>,
    /// SMS Aero tells of this message here.
    pub callback: Option<String>,
    /// Test mode: no phone rings.
    pub test: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Incoming {
    pub account: u64,
    pub phone: String,
    /// The account's number.
    pub to: String,
    pub text: String,
    pub at: DateTime<Utc>,
}

impl Outgoing {
    /// Taken just now, and on its way.
    pub(super) fn taken(
        provider: Provider,
        account: u64,
        id: u64,
        from: String,
        to: String,
        text: String,
    ) -> Self {
        Self {
            provider,
            account,
            id,
            from,
            to,
            parts: parts(&text),
            text,
            status: Status::Sent,
            at: now(),
            since: Instant::now(),
            changed: now(),
            callback: None,
            test: false,
        }
    }
}

/// The machine's time.
pub(super) fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

impl World {
    /// Ids grow and never repeat.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id = self.last_id.max(41_000) + 1;
        self.last_id
    }

    pub(super) fn violate(&mut self, provider: Provider, what: String) {
        if self.violations.len() < VIOLATIONS_KEPT {
            self.violations.push(format!("{provider:?}: {what}"));
        }
    }

    pub(super) fn note_call(&mut self, mut call: Call, kept: usize) {
        self.calls_made += 1;
        call.number = self.calls_made;
        if self.calls.len() >= kept {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    pub(super) fn note_delivery(&mut self, delivery: Delivery) {
        if self.deliveries.len() >= DELIVERIES_KEPT {
            self.deliveries.pop_front();
        }
        self.deliveries.push_back(delivery);
    }

    /// Takes a message of an account and its money. `id` is the caller's own, if it may choose.
    pub(super) fn send(&mut self, message: Outgoing, kept: usize) -> u64 {
        if let Some(account) = self.accounts.get_mut(&message.account) {
            account.balance -= price(message.parts);
        }
        let key = self.next_id();
        self.phones.entry(message.to.clone()).or_default();
        self.outgoing.insert(key, message);
        while self.outgoing.len() > kept {
            self.outgoing.pop_first();
        }
        key
    }

    pub(super) fn sends_accepted(&self, account: u64) -> usize {
        let took = |call: &&Call| {
            call.text.is_some()
                && call.account == Some(account)
                && matches!(call.outcome, Outcome::Accepted | Outcome::AnswerDropped)
        };
        self.calls.iter().filter(took).count()
    }
}

/// In kopecks.
pub(super) fn price(parts: usize) -> i64 {
    i64::try_from(parts).unwrap_or(i64::MAX / 1000).saturating_mul(549)
}

pub(super) fn roubles(kopecks: i64) -> String {
    let sign = if kopecks < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", kopecks.abs() / 100, kopecks.abs() % 100)
}
