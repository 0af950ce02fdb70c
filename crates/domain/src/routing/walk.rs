//! The walk: from a path in the tree to the next place where the conversation can rest.

use chrono::Duration;

use super::{
    Absence, AlarmReason, Branch, Crowd, Decision, Effect, Facts, Hop, Outcome, Progress, Standing,
    Told,
    conditions::holds,
    pick::{Choice, choose, crowd, eligible},
};
use crate::{
    clock::Instant,
    scenario::{Condition, Distribution, NobodyOnline, Scenario, Step, Unanswered},
};

/// More than a sound scenario has steps. The walk only goes forward, so that this is never reached;
/// it stands between a mistake here and a process that never answers.
const MOST_STEPS: usize = 2_000;

pub(super) struct Walk<'a, 't> {
    scenario: &'a Scenario,
    facts: &'a Facts,
    was: &'a Standing,
    path: Vec<Hop>,
    effects: Vec<Effect>,
    /// Only the last one counts: who sees the conversation after this decision.
    placement: Option<Effect>,
    alarm: Option<AlarmReason>,
    steps_left: usize,
    /// Where each step says what it came to, if somebody wants to know.
    told: Option<&'t mut Vec<Told>>,
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

impl<'a, 't> Walk<'a, 't> {
    pub(super) fn new(
        scenario: &'a Scenario,
        progress: &'a Progress,
        facts: &'a Facts,
        told: Option<&'t mut Vec<Told>>,
    ) -> Self {
        Self {
            told,
            scenario,
            facts,
            was: &progress.standing,
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
            Unanswered::NextPerson { .. } if matches!(self.was, Standing::Offered { .. }) => {
                self.offer(distribution)
            }
            // It was offered to everyone at once: there is no next one.
            Unanswered::NextPerson { .. } => self.everyone_asked(distribution),
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

    /// Somebody may have come. `None`: still nobody.
    pub(super) fn offer_to_newcomer(mut self) -> Option<Decision> {
        if self.distribution(self.path.len()).is_none() {
            return Some(self.lost());
        }
        let distribution = self.back_to_somebody()?;
        let moved = self.offer(distribution);
        Some(self.run_from(moved))
    }

    /// Goes back to the first distribution of the path whose target is there now. The first target has
    /// precedence over those that its `nobody_online` named instead.
    fn back_to_somebody(&mut self) -> Option<&'a Distribution> {
        let deepest = self.path.len();
        let (length, distribution) = (1..=deepest)
            .filter(|&length| {
                let into = self.path.get(length - 1).and_then(|hop| hop.into);
                length == deepest || into == Some(Branch::NobodyOnline)
            })
            .filter_map(|length| Some((length, self.distribution(length)?)))
            .find(|(_, distribution)| !eligible(distribution, self.facts).is_empty())?;
        self.path.truncate(length);
        if let Some(hop) = self.path.last_mut() {
            hop.into = None;
        }
        Some(distribution)
    }

    fn run(mut self) -> Decision {
        let moved = self.next();
        self.run_from(moved)
    }

    fn run_from(mut self, first: Move) -> Decision {
        let mut moved = first;
        let standing = loop {
            match moved {
                Move::Rest(standing) => break standing,
                Move::On => self.advance(),
                Move::Into(branch) => {
                    if let Some(hop) = self.path.last_mut() {
                        hop.into = Some(branch);
                    }
                    self.path.push(Hop::default());
                }
            }
            if self.steps_left == 0 {
                break self.changed();
            }
            self.steps_left -= 1;
            moved = self.next();
        };
        self.finish(standing)
    }

    fn next(&mut self) -> Move {
        match self.spot(self.path.len()) {
            Spot::Step(step) => self.perform(step),
            Spot::End => self.leave_list(),
            Spot::Lost => Move::Rest(self.changed()),
        }
    }

    fn perform(&mut self, step: &'a Step) -> Move {
        match step {
            Step::If { when, .. } => {
                self.tell_condition(when);
                Move::Into(if holds(when, self.facts) { Branch::Then } else { Branch::Otherwise })
            }
            Step::Distribute(distribution) => self.offer(distribution),
            Step::AutoReply { text } => {
                self.tell(|| Outcome::Replied { text: text.clone() });
                self.effects.push(Effect::AutoReply { text: text.clone() });
                Move::On
            }
            Step::ContactForm { .. } if !self.facts.channel.asks_forms => {
                self.tell(|| Outcome::FormSkipped);
                Move::On
            }
            Step::ContactForm { text, fields, wait_seconds } => {
                self.tell(|| Outcome::Asked { seconds: *wait_seconds });
                self.effects.push(Effect::AskForm { text: text.clone(), fields: fields.clone() });
                Move::Rest(Standing::WaitsForForm { until: self.after(*wait_seconds) })
            }
            Step::Tag { tags } => {
                self.tell(|| Outcome::Tagged { tags: tags.clone() });
                self.effects.push(Effect::Tag { tags: tags.clone() });
                Move::On
            }
            Step::Wait { seconds } => {
                self.tell(|| Outcome::Paused { seconds: *seconds });
                Move::Rest(Standing::Pauses { until: self.after(*seconds) })
            }
            Step::Close {} => {
                self.tell(|| Outcome::Closed);
                self.effects.push(Effect::Close {});
                Move::Rest(Standing::Closed)
            }
        }
    }

    /// The list is over: what its owner does next.
    fn leave_list(&mut self) -> Move {
        self.path.pop();
        let Some(hop) = self.path.last_mut() else {
            self.tell(|| Outcome::Ended);
            return self.show(Crowd::Everybody);
        };
        let branch = hop.into.take();
        match (branch, self.distribution(self.path.len())) {
            (Some(Branch::Unanswered), Some(distribution)) => self.everyone_asked(distribution),
            (Some(Branch::NobodyOnline), Some(distribution)) => self.offer(distribution),
            (Some(Branch::Then | Branch::Otherwise), None) => Move::On,
            (Some(_), _) | (None, _) => Move::Rest(self.changed()),
        }
    }

    fn offer(&mut self, distribution: &'a Distribution) -> Move {
        let eligible = eligible(distribution, self.facts);
        if eligible.is_empty() {
            return self.nobody(distribution);
        }
        let until = distribution.answer.as_ref().map(|answer| self.after(answer.within_seconds));
        let rounds = match distribution.answer.as_ref().map(|answer| &answer.then) {
            Some(Unanswered::NextPerson { rounds }) => *rounds,
            Some(
                Unanswered::Group { .. } | Unanswered::Everybody {} | Unanswered::Steps { .. },
            )
            | None => 1,
        };
        let Some(hop) = self.path.last_mut() else { return Move::Rest(self.changed()) };
        let mut candidates = eligible.clone();
        candidates.retain(|e| !hop.offered.contains(&e.id));
        if candidates.is_empty() {
            hop.rounds = hop.rounds.saturating_add(1);
            if hop.rounds >= rounds {
                return self.everyone_asked(distribution);
            }
            // A new round. The one who has just been silent is not asked twice running.
            let silent = hop.offered.pop();
            hop.offered.clear();
            candidates = eligible;
            if candidates.len() > 1 {
                candidates.retain(|e| Some(e.id) != silent);
            }
        }
        match choose(distribution.by, &candidates, self.facts) {
            Some(Choice::One(employee)) => {
                let employee = employee.id;
                hop.offered.push(employee);
                let answer = &distribution.answer;
                self.tell(|| Outcome::Offered {
                    employee,
                    by: distribution.by,
                    answer: answer.clone(),
                });
                self.placement = Some(Effect::OfferTo { employee });
                Move::Rest(Standing::Offered { employee, until })
            }
            Some(Choice::All) => {
                let of = crowd(&distribution.to);
                let answer = &distribution.answer;
                self.tell(|| Outcome::Shown { of, answer: answer.clone() });
                self.placement = Some(of.offer());
                Move::Rest(Standing::InSight { of, until })
            }
            None => self.nobody(distribution),
        }
    }

    fn nobody(&mut self, distribution: &'a Distribution) -> Move {
        let of = crowd(&distribution.to);
        self.tell(|| Outcome::NobodyThere { to: distribution.to.clone() });
        self.placement = Some(of.offer());
        let Some(hop) = self.path.last_mut() else { return Move::Rest(self.changed()) };
        hop.offered.clear();
        hop.rounds = 0;
        let told = std::mem::replace(&mut hop.absence, Absence::Handled);
        match (&distribution.nobody_online, told) {
            (NobodyOnline::Steps { .. }, Absence::New) => Move::Into(Branch::NobodyOnline),
            (NobodyOnline::Steps { .. }, Absence::Handled) | (NobodyOnline::Wait {}, _) => {
                if let Some(distribution) = self.back_to_somebody() {
                    return self.offer(distribution);
                }
                self.alarm = Some(AlarmReason::NobodyOnline);
                Move::Rest(Standing::WaitsForSomebody { of })
            }
        }
    }

    fn everyone_asked(&mut self, distribution: &'a Distribution) -> Move {
        let of = crowd(&distribution.to);
        self.tell(|| Outcome::EveryoneAsked { of });
        self.placement = Some(of.offer());
        self.alarm = Some(AlarmReason::NobodyAnswered);
        Move::Rest(Standing::InSight { of, until: None })
    }

    fn show(&mut self, of: Crowd) -> Move {
        self.placement = Some(of.offer());
        if !self.facts.anyone_online(of) {
            self.alarm = Some(AlarmReason::NobodyOnline);
        }
        Move::Rest(Standing::InSight { of, until: None })
    }

    fn lost(mut self) -> Decision {
        let standing = self.changed();
        self.finish(standing)
    }

    fn changed(&mut self) -> Standing {
        self.path.clear();
        self.placement = Some(Effect::OfferToAll {});
        self.alarm = Some(AlarmReason::ScenarioChanged);
        Standing::InSight { of: Crowd::Everybody, until: None }
    }

    fn finish(mut self, standing: Standing) -> Decision {
        if standing != Standing::Closed {
            self.effects.extend(self.placement);
            self.effects.extend(self.alarm.map(|reason| Effect::Alarm { reason }));
        }
        Decision {
            effects: self.effects,
            wake_at: standing.until(),
            progress: Progress { path: self.path, standing },
        }
    }

    fn tell(&mut self, outcome: impl FnOnce() -> Outcome) {
        if let Some(told) = self.told.as_deref_mut() {
            told.push(Told { path: pointer(&self.path), outcome: outcome() });
        }
    }

    /// What each condition of a step came to, those of a group after the group.
    fn tell_condition(&mut self, when: &Condition) {
        let Some(told) = self.told.as_deref_mut() else { return };
        let mut rest = vec![(format!("{}/when", pointer(&self.path)), when)];
        while let Some((path, condition)) = rest.pop() {
            if let Condition::All { of } | Condition::Any { of } | Condition::Not { of } = condition
            {
                let inner = of.iter().enumerate().rev();
                rest.extend(inner.map(|(n, c)| (format!("{path}/of/{n}"), c)));
            }
            let outcome = Outcome::Condition {
                condition: condition.clone(),
                holds: holds(condition, self.facts),
            };
            told.push(Told { path, outcome });
        }
    }

    fn advance(&mut self) {
        if let Some(hop) = self.path.last_mut() {
            *hop = Hop { step: hop.step + 1, ..Hop::default() };
        }
    }

    fn after(&self, seconds: u32) -> Instant {
        self.facts.now + Duration::seconds(seconds.into())
    }

    /// What the first `length` hops of the path point at.
    fn spot(&self, length: usize) -> Spot<'a> {
        let mut list = &self.scenario.steps;
        let mut hops = self.path.iter().take(length).peekable();
        while let Some(hop) = hops.next() {
            let is_last = hops.peek().is_none();
            match list.get(hop.step) {
                Some(step) if is_last => return Spot::Step(step),
                Some(step) => match hop.into.and_then(|branch| branch_of(step, branch)) {
                    Some(steps) => list = steps,
                    None => return Spot::Lost,
                },
                None if is_last && hop.step == list.len() => return Spot::End,
                None => return Spot::Lost,
            }
        }
        Spot::Lost
    }

    fn distribution(&self, length: usize) -> Option<&'a Distribution> {
        match self.spot(length) {
            Spot::Step(Step::Distribute(distribution)) => Some(distribution),
            Spot::Step(_) | Spot::End | Spot::Lost => None,
        }
    }
}

/// JSON Pointer (RFC 6901) of the step at which a path stands, as the check of a scenario names it.
fn pointer(path: &[Hop]) -> String {
    let mut pointer = "/steps".to_owned();
    let mut hops = path.iter().peekable();
    while let Some(hop) = hops.next() {
        pointer.push_str(&format!("/{}", hop.step));
        if let (Some(branch), Some(_)) = (hop.into, hops.peek()) {
            pointer.push_str(match branch {
                Branch::Then => "/then",
                Branch::Otherwise => "/otherwise",
                Branch::Unanswered => "/answer/then/steps",
                Branch::NobodyOnline => "/nobody_online/steps",
            });
        }
    }
    pointer
}

fn branch_of(step: &Step, branch: Branch) -> Option<&Vec<Step>> {
    match (step, branch) {
        (Step::If { then, .. }, Branch::Then) => Some(then),
        (Step::If { otherwise, .. }, Branch::Otherwise) => Some(otherwise),
        (Step::Distribute(distribution), Branch::Unanswered) => {
            match &distribution.answer.as_ref()?.then {
                Unanswered::Steps { steps } => Some(steps),
                Unanswered::NextPerson { .. }
                | Unanswered::Group { .. }
                | Unanswered::Everybody {} => None,
            }
        }
        (Step::Distribute(distribution), Branch::NobodyOnline) => match &distribution.nobody_online
        {
            NobodyOnline::Steps { steps } => Some(steps),
            NobodyOnline::Wait {} => None,
        },
        (
            Step::If { .. }
            | Step::Distribute(_)
            | Step::AutoReply { .. }
            | Step::ContactForm { .. }
            | Step::Tag { .. }
            | Step::Wait { .. }
            | Step::Close {},
            _,
        ) => None,
    }
}
