//! Which update may go to the webhook now: the delivery rules of the official server
//! (tdlib/telegram-bot-api, WebhookActor.cpp) as plain state, with the time given.
//!
//! Updates of one chat go strictly one after another; a failed one is tried again at once, then
//! after 2, 4, 8 ... seconds up to a random 60 to 120, or after what `Retry-After` said up to an
//! hour; one that could not be delivered within its life is dropped, and its chat goes on.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    time::{Duration, Instant},
};

#[derive(Debug)]
pub(super) struct Lanes {
    /// The length of one second.
    second: Duration,
    lanes: HashMap<i64, Lane>,
    /// When the head of each lane that is not in flight may go.
    ready: BTreeSet<(Instant, i64)>,
}

#[derive(Debug, Default)]
struct Lane {
    updates: VecDeque<i64>,
    fails: u32,
    /// In seconds.
    delay: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterFailure {
    TryAgain,
    Drop,
}

impl Lanes {
    pub(super) fn new(second: Duration) -> Self {
        Self { second, lanes: HashMap::new(), ready: BTreeSet::new() }
    }

    pub(super) fn learn(&mut self, update_id: i64, chat: i64, now: Instant) {
        let lane = self.lanes.entry(chat).or_default();
        lane.updates.push_back(update_id);
        if lane.updates.len() == 1 {
            self.ready.insert((now, chat));
        }
    }

    /// The next update to send, whose lane then waits for [`Self::done`] or [`Self::failed`].
    pub(super) fn take(&mut self, now: Instant) -> Option<(i64, i64, u32)> {
        let first = *self.ready.first().filter(|(at, _)| *at <= now)?;
        self.ready.remove(&first);
        let lane = self.lanes.get(&first.1)?;
        Some((first.1, *lane.updates.front()?, lane.fails + 1))
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.ready.first().map(|(at, _)| *at)
    }

    /// The head of the chat's lane was taken by the webhook, or is no more.
    pub(super) fn done(&mut self, chat: i64, now: Instant) {
        let Some(lane) = self.lanes.get_mut(&chat) else { return };
        lane.updates.pop_front();
        lane.fails = 0;
        lane.delay = 0;
        if lane.updates.is_empty() {
            self.lanes.remove(&chat);
        } else {
            self.ready.insert((now, chat));
        }
    }

    /// `cap` is the random bound of the delay, 60 to 120.
    pub(super) fn failed(
        &mut self,
        chat: i64,
        retry_after: u32,
        cap: u32,
        expires: Instant,
        now: Instant,
    ) -> AfterFailure {
        let Some(lane) = self.lanes.get_mut(&chat) else { return AfterFailure::Drop };
        let (delay, effective) = next_delay(lane.delay.max(1), lane.fails, retry_after, cap);
        let wake = now + self.second * effective;
        if wake > expires {
            self.done(chat, now);
            return AfterFailure::Drop;
        }
        lane.delay = delay;
        lane.fails += 1;
        self.ready.insert((wake, chat));
        AfterFailure::TryAgain
    }
}

/// The delay to remember and the one to keep now, in seconds.
fn next_delay(delay: u32, fails: u32, retry_after: u32, cap: u32) -> (u32, u32) {
    if retry_after > 0 {
        return (delay, retry_after.min(3600));
    }
    if fails == 0 {
        return (delay, 0);
    }
    let doubled = delay.saturating_mul(2).min(cap);
    (doubled, doubled)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn delay_doubles_up_to_the_cap_and_obeys_retry_after() {
        let mut delay = 1;
        let mut kept = Vec::new();
        for fails in 0..9 {
            let effective;
            (delay, effective) = next_delay(delay, fails, 0, 90);
            kept.push(effective);
        }
        assert_eq!(kept, [0, 2, 4, 8, 16, 32, 64, 90, 90]);
        assert_eq!(next_delay(4, 2, 7, 90), (4, 7));
        assert_eq!(next_delay(4, 2, 100_000, 90), (4, 3600));
    }

    #[test]
    fn one_chat_goes_in_order_while_others_go_beside_it() {
        let now = Instant::now();
        let mut lanes = Lanes::new(SECOND);
        for (update, chat) in [(1, 10), (2, 10), (3, 20)] {
            lanes.learn(update, chat, now);
        }
        assert_eq!(lanes.take(now), Some((10, 1, 1)));
        assert_eq!(lanes.take(now), Some((20, 3, 1)));
        assert_eq!(lanes.take(now), None, "update 2 waits for update 1");
        let far = now + SECOND * 86_400;
        assert_eq!(lanes.failed(10, 0, 60, far, now), AfterFailure::TryAgain);
        assert_eq!(lanes.take(now), Some((10, 1, 2)), "the first retry is at once");
        assert_eq!(lanes.failed(10, 0, 60, far, now), AfterFailure::TryAgain);
        assert_eq!(lanes.take(now + SECOND), None);
        assert_eq!(lanes.take(now + SECOND * 2), Some((10, 1, 3)));
        lanes.done(10, now);
        assert_eq!(lanes.take(now), Some((10, 2, 1)));
    }

    #[test]
    fn update_past_its_life_is_dropped_and_the_chat_goes_on() {
        let now = Instant::now();
        let mut lanes = Lanes::new(SECOND);
        lanes.learn(1, 10, now);
        lanes.learn(2, 10, now);
        lanes.take(now);
        let soon = now + SECOND * 3;
        assert_eq!(lanes.failed(10, 5, 60, soon, now), AfterFailure::Drop);
        assert_eq!(lanes.take(now), Some((10, 2, 1)));
    }
}
