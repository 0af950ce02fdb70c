//! The walk: from a path in the tree to the next place where the conversation can rest.

use chrono::Duration;

use super::{
    Absence, AlarmReason, Branch, Crowd, Decision, Effect, Facts, Hop, Progress, Standing,
    conditions::holds,
    pick::{Choice, choose, crowd, eligible},
};
use crate::{
    clock::Instant,
    scenario::{Distribution, NobodyOnline, Scenario, Step, Unanswered},
};

/// More than a sound scenario has steps. The walk only goes forward, so that this is never reached;
/// it stands between a mistake here and a process that never answers.
const MOST_STEPS: usize = 2_000;

pub(super) struct Walk<'a> {
    scenario: &'a Scenario,
    facts: &'a Facts,
    path: Vec<Hop>,
    effects: Vec<Effect>,
    /// Only the last one counts: who sees the conversation after this decision.
    placement: Option<Effect>,
    alarm: Option<AlarmReason>,
    steps_left: usize,
}

enum Move {
    /// To the next step of the list.
    On,
    Into(Branch),
    Rest(Standing),
}

/// What the path points at.
enum Spot<'a> {
    Step(&'a Step),
    /// Behind the last step of a list.
    End,
    /// Nothing: the scenario is another one than when the path was made.
    Lost,
}

impl<'a> Walk<'a> {
    pub(super) fn new(scenario: &'a Scenario, progress: &Progress, facts: &'a Facts) -> Self {
        Self {
            scenario,
            facts,
            path: progress.path.clone(),
            effects: Vec::new(),
            placement: None,
            alarm: None,
            steps_left: MOST_STEPS,
        }
    }

    pub(super) fn start(mut self) -> Decision {
        self.path = vec![Hop::default()];
        self.run()
    }

    /// The step at which it rested is over.
    pub(super) fn go_on(mut self) -> Decision {
        match self.spot(self.path.len()) {
            Spot::Step(Step::ContactForm { .. } | Step::Wait { .. }) => {
                self.advance();
                self.run()
            }
            Spot::Step(_) | Spot::End | Spot::Lost => self.lost(),
        }
    }

    /// Nobody took it in time.
    pub(super) fn unanswered(mut self) -> Decision {
        let Some(distribution) = self.distribution(self.path.len()) else { return self.lost() };
        let Some(answer) = &distribution.answer else { return self.lost() };
        let moved = match &answer.then {
            Unanswered::NextPerson { .. } => self.offer(distribution),
            Unanswered::Group { group } => self.show(Crowd::Group(*group)),
            Unanswered::Everybody {} => self.show(Crowd::Everybody),
            Unanswered::Steps { .. } => {
                self.placement = Some(crowd(&distribution.to).offer());
                Move::Into(Branch::Unanswered)
            }
        };
        self.run_from(moved)
    }

    /// The one to whom it was offered is gone.
    pub(super) fn offer_again(mut self) -> Decision {
        let Some(distribution) = self.distribution(self.path.len()) else { return self.lost() };
        let moved = self.offer(distribution);
        self.run_from(moved)
    }

    /// Somebody may have come. The first target has precedence over those that its `nobody_online`
    /// named instead. `None`: still nobody.
    pub(super) fn offer_to_newcomer(mut self) -> Option<Decision> {
        let deepest = self.path.len();
        if self.distribution(deepest).is_none() {
            return Some(self.lost());
        }
        for length in 1..=deepest {
            let stands_for_absent = length == deepest
                || self.path.get(length - 1).is_some_and(|h| h.into == Some(Branch::NobodyOnline));
            let Some(distribution) = self.distribution(length) else { continue };
            if stands_for_absent && !eligible(distribution, self.facts).is_empty() {
                self.path.truncate(length);
                if let Some(hop) = self.path.last_mut() {
                    hop.into = None;
                }
                let moved = self.offer(distribution);
                return Some(self.run_from(moved));
            }
        }
        None
    }

    fn run(self) -> Decision {
        self.run_from(Move::Into(Branch::Then)).into_decision()
    }
}
