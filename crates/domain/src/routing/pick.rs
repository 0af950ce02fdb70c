//! Who is next (RT-2): the strategies as orders over employees.

use std::cmp::Ordering;

use super::{Crowd, EmployeeFacts, Facts};
use crate::{
    people::Presence,
    scenario::{Capacity, Distribution, Fallback, Strategy, Target},
};

/// Whom a strategy points at.
pub(super) enum Choice<'a> {
    One(&'a EmployeeFacts),
    /// Everyone of the target at once.
    All,
}

/// Those of the target who can get a conversation now.
pub(super) fn eligible<'a>(
    distribution: &Distribution,
    facts: &'a Facts,
) -> Vec<&'a EmployeeFacts> {
    facts
        .employees
        .iter()
        .filter(|e| match &distribution.to {
            Target::Employees(employees) => employees.contains(&e.id),
            Target::Group(group) => e.groups.contains(group),
            Target::Everybody => true,
        })
        .filter(|e| e.presence == Presence::Online)
        .filter(|e| match distribution.capacity {
            Capacity::Respect => e.capacity.is_none_or(|most| e.load < most),
            Capacity::Ignore => true,
        })
        .collect()
}

/// The ones who see it while it belongs to nobody. A hand-picked list has no name of its own, so that
/// everybody sees it then.
pub(super) fn crowd(target: &Target) -> Crowd {
    match target {
        Target::Group(group) => Crowd::Group(*group),
        Target::Employees(_) | Target::Everybody => Crowd::Everybody,
    }
}

/// `None` only when there is no candidate.
pub(super) fn choose<'a>(
    strategy: Strategy,
    candidates: &[&'a EmployeeFacts],
    facts: &Facts,
) -> Option<Choice<'a>> {
    match strategy {
        Strategy::Everyone {} => by(Fallback::Everyone, candidates),
        Strategy::RoundRobin {} => by(Fallback::RoundRobin, candidates),
        Strategy::LeastBusy {} => by(Fallback::LeastBusy, candidates),
        Strategy::LastAssignee { otherwise } => candidates
            .iter()
            .find(|e| Some(e.id) == facts.last_assignee)
            .map(|e| Choice::One(e))
            .or_else(|| by(otherwise, candidates)),
    }
}

fn by<'a>(strategy: Fallback, candidates: &[&'a EmployeeFacts]) -> Option<Choice<'a>> {
    let first = candidates.iter().copied();
    match strategy {
        Fallback::Everyone => (!candidates.is_empty()).then_some(Choice::All),
        Fallback::RoundRobin => first.min_by(|a, b| longest_ago(a, b)).map(Choice::One),
        Fallback::LeastBusy => {
            // Shares can be compared only when everybody has a limit; else the plain numbers are.
            let limited = candidates.iter().all(|e| e.capacity.is_some());
            first
                .min_by(|a, b| {
                    let (left, right) = if limited {
                        (share(a.load, b.capacity), share(b.load, a.capacity))
                    } else {
                        (a.load.into(), b.load.into())
                    };
                    left.cmp(&right).then_with(|| longest_ago(a, b))
                })
                .map(Choice::One)
        }
    }
}

/// One side of `a.load / a.capacity < b.load / b.capacity`, without the division.
fn share(load: u32, capacity_of_other: Option<u32>) -> u64 {
    u64::from(load) * u64::from(capacity_of_other.unwrap_or(1).max(1))
}

fn longest_ago(a: &EmployeeFacts, b: &EmployeeFacts) -> Ordering {
    a.last_offered_at.cmp(&b.last_offered_at).then_with(|| a.id.cmp(&b.id))
}
