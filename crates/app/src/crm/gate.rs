//! What stands before every call to a CRM: the limits of app and account over all nodes, and the
//! journal of the run.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use crm::{Call, CrmError, Gate};
use domain::{clock::Instant, crm::CrmKind, ids::PortalId};
use store::{RateLimit, Slot};

use crate::App;

/// Seven requests in any second, with room for a network that delivers two of them closer together
/// than they were sent (amoCRM: 7 a second for an app in an account).
const APP_SPACING: Duration = Duration::from_millis(165);
/// Fifty for an account, whoever asks.
const ACCOUNT_SPACING: Duration = Duration::from_millis(21);
/// Signs of life of all conversations of an account: one turn in six at most is theirs.
const SIGN_SPACING: Duration = Duration::from_secs(1);
/// The turn after the last call's: with one farther away somebody waits before it.
const AT_ONCE: Duration = Duration::from_millis(170);
/// A turn this far away is waited for in place; farther ones give the runner's slot to others.
const PATIENCE: Duration = Duration::from_secs(2);
/// Jobs of a portal that call at once in this process: more could not call any faster, and would take
/// the slots of other companies.
const MOST_AT_ONCE: usize = 4;
/// What a job takes of the portal's limit, on average.
pub(super) const JOB_SPACING: Duration = Duration::from_millis(500);

/// The gate of one job's visit to a portal.
pub(crate) struct PortalGate {
    app: App,
    limits: [RateLimit; 2],
    calls: Mutex<Vec<Call>>,
}

impl PortalGate {
    /// `client`: how our app is known there; `external`: the CRM's id of the account.
    pub fn new(app: &App, kind: CrmKind, client: &str, external: &str) -> Self {
        let account = format!("{}:{external}", kind.as_str());
        Self {
            app: app.clone(),
            limits: [
                RateLimit { key: format!("{account}:{client}"), spacing: APP_SPACING },
                RateLimit { key: account, spacing: ACCOUNT_SPACING },
            ],
            calls: Mutex::default(),
        }
    }

    /// The calls so far, which are forgotten here.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The status of the newest call that the CRM refused.
    pub fn refused_with(&self) -> Option<u16> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().rev().filter_map(|call| call.status).find(|status| *status >= 400)
    }

    /// The same limits for a call that may as well not be made.
    pub fn if_idle(self) -> IdleGate {
        let [app_limit, account_limit] = self.limits;
        let key = format!("{}:signs", account_limit.key);
        let own = RateLimit { key, spacing: SIGN_SPACING };
        IdleGate { app: self.app, limits: [app_limit, account_limit, own] }
    }
}

/// The gate of signs of life: it lets through what waits for no turn and takes none from anybody, and
/// keeps no journal.
pub(crate) struct IdleGate {
    app: App,
    limits: [RateLimit; 3],
}

#[async_trait]
impl Gate for IdleGate {
    async fn admit(&self) -> Result<(), CrmError> {
        match self.app.store.reserve(&self.limits, AT_ONCE).await {
            Ok(Slot::Reserved { wait }) => {
                tokio::time::sleep(wait).await;
                Ok(())
            }
            Ok(Slot::Busy { after }) => Err(CrmError::Busy(after)),
            Err(error) => Err(no_turns(&error)),
        }
    }

    fn record(&self, _: Call) {}

    fn now(&self) -> Instant {
        self.app.clock.now()
    }
}

#[async_trait]
impl Gate for PortalGate {
    async fn admit(&self) -> Result<(), CrmError> {
        match self.app.store.reserve(&self.limits, PATIENCE).await {
            Ok(Slot::Reserved { wait }) => {
                tokio::time::sleep(wait).await;
                Ok(())
            }
            Ok(Slot::Busy { after }) => Err(CrmError::Busy(after)),
            Err(error) => Err(no_turns(&error)),
        }
    }

    fn record(&self, call: Call) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    fn now(&self) -> Instant {
        self.app.clock.now()
    }
}

/// Our own database does not answer, which is no fault of the CRM's.
fn no_turns(error: &store::Error) -> CrmError {
    tracing::warn!(%error, "a turn at a CRM cannot be taken");
    CrmError::Busy(PATIENCE)
}

/// Who talks to which portal in this process, and when those come again who found it crowded.
#[derive(Default)]
pub struct Crowd {
    portals: Mutex<HashMap<PortalId, Presence>>,
}

#[derive(Default)]
struct Presence {
    inside: usize,
    next_turn: Option<Instant>,
}

/// A place at a portal; left when dropped.
pub(crate) struct Place<'a> {
    crowd: &'a Crowd,
    portal: PortalId,
}

impl Crowd {
    /// A place, or after how long to come again. Those who wait are given turns one after another, so
    /// that a backlog of thousands does not knock all at once.
    pub(crate) fn enter(&self, portal: PortalId, now: Instant) -> Result<Place<'_>, Duration> {
        let mut portals = self.portals.lock().unwrap_or_else(PoisonError::into_inner);
        let there = portals.entry(portal).or_default();
        if there.inside >= MOST_AT_ONCE {
            return Err(there.turn(now));
        }
        there.inside += 1;
        Ok(Place { crowd: self, portal })
    }

    /// The turn of a job whose call must wait longer than [`PATIENCE`].
    pub(crate) fn turn(&self, portal: PortalId, now: Instant) -> Duration {
        let mut portals = self.portals.lock().unwrap_or_else(PoisonError::into_inner);
        portals.entry(portal).or_default().turn(now)
    }
}

impl Presence {
    fn turn(&mut self, now: Instant) -> Duration {
        let earliest = now + JOB_SPACING;
        let at = self.next_turn.filter(|at| *at > earliest).unwrap_or(earliest);
        self.next_turn = Some(at + JOB_SPACING);
        (at - now).to_std().unwrap_or(JOB_SPACING)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut portals = self.crowd.portals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = portals.get_mut(&self.portal) {
            there.inside = there.inside.saturating_sub(1);
            if there.inside == 0 && there.next_turn.is_none() {
                portals.remove(&self.portal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(millis: i64) -> Instant {
        chrono::DateTime::from_timestamp_millis(1_800_000_000_000 + millis).expect("a time")
    }

    #[test]
    fn crm_7_a_crowded_portal_gives_turns_and_leaves_other_portals_alone() {
        let (crowd, busy) = (Crowd::default(), PortalId(Uuid::from_u128(1)));
        let inside: Vec<_> = (0..MOST_AT_ONCE).map(|_| crowd.enter(busy, at(0)).ok()).collect();
        assert!(inside.iter().all(Option::is_some));
        let turns: Vec<Duration> = (0..3).filter_map(|_| crowd.enter(busy, at(0)).err()).collect();
        assert_eq!(turns, [500, 1000, 1500].map(Duration::from_millis));
        assert!(crowd.enter(PortalId(Uuid::from_u128(2)), at(0)).is_ok());
        drop(inside);
        assert!(crowd.enter(busy, at(10)).is_ok(), "a place that was left is free");
        assert_eq!(crowd.turn(busy, at(60_000)), JOB_SPACING, "old turns are forgotten");
    }
}
