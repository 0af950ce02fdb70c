//! What changes an account, whoever does it: the API, a person at the screen, the chats. Each act
//! leaves its events for the webhooks, so our own writes come back to us as they do in life.

mod leads;
mod people;
mod tags;
mod tasks;
mod unsorted;

use super::{
    answer::Refusal,
    clock::millis,
    gate::Caller,
    world::{AccountState, Event, Ids, Indexed, Shared, Trail},
};

pub(super) use leads::moved;
pub(super) use tasks::{TaskDraft, plain};
pub(super) use unsorted::UnsortedDraft;

/// More alike than this, and the duplicate control joins nothing.
pub(super) const MOST_ALIKE: usize = 3;

/// Somebody at work in one account; 0 is a robot.
pub(super) struct Acting<'a> {
    pub account: &'a mut AccountState,
    pub ids: &'a mut Ids,
    pub by: i64,
    pub now: i64,
    pub now_ms: i64,
    lag_ms: i64,
}

impl Shared {
    /// Changes an account as `by`; nothing if there is no such account.
    pub(super) fn act<T>(
        &self,
        account_id: i64,
        by: i64,
        act: impl FnOnce(&mut Acting<'_>) -> T,
    ) -> Option<T> {
        let now_ms = self.clock().now_ms();
        self.change(|world| {
            let account = world.accounts.get_mut(&account_id)?;
            let lag = account.switches.search_lag_ms;
            let lag_ms = lag.map_or(millis(self.options.search_lag), |lag| {
                i64::try_from(lag).unwrap_or(i64::MAX / 4)
            });
            let ids = &mut world.ids;
            Some(act(&mut Acting { account, ids, by, now: now_ms / 1_000, now_ms, lag_ms }))
        })
    }

    /// The same for a call of the API.
    pub(super) fn serve<T>(
        &self,
        caller: &Caller,
        act: impl FnOnce(&mut Acting<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.act(caller.account_id, caller.user_id, act)
            .unwrap_or_else(|| Err(Refusal::not_found()))
    }

    /// To look into the account of a call.
    pub(super) fn look<T>(
        &self,
        caller: &Caller,
        look: impl FnOnce(&AccountState) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.world().accounts.get(&caller.account_id).map_or(Err(Refusal::not_found()), look)
    }
}

impl Acting<'_> {
    fn happened(&mut self, event: Event) {
        /// A bound that only an account without working webhooks meets.
        const KEPT: usize = 100_000;
        if self.account.webhooks.is_empty() {
            return;
        }
        if self.account.happened.len() >= KEPT {
            self.account.happened.pop_front();
        }
        self.account.happened.push_back(event);
    }

    fn trail(&self, created_by: Option<i64>, created_at: Option<i64>) -> Trail {
        let created_by = created_by.unwrap_or(self.by);
        let created_at = created_at.unwrap_or(self.now);
        Trail { created_by, updated_by: created_by, created_at, updated_at: self.now }
    }

    fn index(&self, indexed: &mut Indexed, text: String) {
        // What counts now is kept until the new text counts.
        while indexed.0.get(1).is_some_and(|(from, _)| *from <= self.now_ms) {
            indexed.0.pop_front();
        }
        indexed.0.push_back((self.now_ms + self.lag_ms, text));
    }
}
