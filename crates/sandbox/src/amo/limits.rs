//! Sliding windows of one account: what was let through in the last second, by whom.

use std::{
    collections::{HashMap, VecDeque},
    time::Instant,
};

use super::Limits;

#[derive(Debug, Default)]
pub(super) struct Rates {
    all: VecDeque<Instant>,
    by_integration: HashMap<String, VecDeque<Instant>>,
    excesses: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    Kept,
    Broken,
    /// Once too often.
    Block,
}

impl Rates {
    /// Counts a call if it is let through; a refused one fills no window.
    pub(super) fn admit(&mut self, client_id: &str, limits: &Limits, now: Instant) -> Pace {
        let own = self.by_integration.entry(client_id.to_owned()).or_default();
        for window in [&mut self.all, own] {
            while window.front().is_some_and(|at| now.duration_since(*at) >= limits.window) {
                window.pop_front();
            }
        }
        let own = self.by_integration.entry(client_id.to_owned()).or_default();
        let full = |count: usize, limit: Option<usize>| limit.is_some_and(|limit| count >= limit);
        if full(own.len(), limits.per_integration) || full(self.all.len(), limits.per_account) {
            self.excesses += 1;
            let block = limits.block_after.is_some_and(|after| self.excesses >= after);
            return if block { Pace::Block } else { Pace::Broken };
        }
        own.push_back(now);
        self.all.push_back(now);
        Pace::Kept
    }

    pub(super) fn forgive(&mut self) {
        self.excesses = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn amo_sim_2_seven_in_any_sliding_second_and_fifty_for_the_account() {
        let limits = Limits { block_after: Some(3), ..Limits::documented() };
        let (mut rates, start) = (Rates::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert!((0..7).all(|i| rates.admit("a", &limits, at(i * 100)) == Pace::Kept));
        assert_eq!(rates.admit("a", &limits, at(999)), Pace::Broken);
        assert_eq!(rates.admit("a", &limits, at(1_000)), Pace::Kept);
        assert_eq!(rates.admit("a", &limits, at(1_050)), Pace::Broken);
        assert_eq!(rates.admit("a", &limits, at(1_060)), Pace::Block);
        let mut rates = Rates::default();
        let kept = (0..80).filter(|i| rates.admit(&format!("{i}"), &limits, start) == Pace::Kept);
        assert_eq!(kept.count(), 50);
    }
}
