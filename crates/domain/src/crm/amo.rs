//! The decision for amoCRM (AMO-2 to AMO-13, CRM-1 to CRM-4, WA-5, WA-6, BY-3 to BY-5).
//!
//! One function decides; wherever it needs a fact of the CRM that was not asked yet, it stops with the
//! question. So a question is asked only when its answer matters, and [`plan`] and [`next_question`]
//! cannot disagree. Readings of what the product's rules leave open:
//!
//! - «Активная воронка» of AMO-3 is the funnel that the rules choose for this very enquiry; a deal there
//!   that is neither won nor lost is open, one among the unsorted too.
//! - What a conversation was given once it keeps: its messages go on to a deal that was closed since,
//!   and the filter (AMO-6) is not asked again. A deal that was deleted is replaced.
//! - A deal or contact that was there before gets what can be added without taking away: tags and missing
//!   phones, never a name, and a responsible only by CRM-3.

mod chat;
mod check;
mod contact;
mod deal;
mod entry;
mod faults;
mod note;
mod responsible;
mod task;
#[cfg(test)]
mod tests;
mod unsorted;

pub use chat::{is_shown, is_skipped};
pub use check::check;
pub use faults::faults;

use super::{
    AmoMethod, AmoSettings, Because, ChannelRule, CrmId, Entity, Facts, Plan, Question, Ref,
};

/// See [`super::next_question`].
pub fn next_question(settings: &AmoSettings, facts: &Facts) -> Option<Question> {
    decide(settings, facts).err()
}

/// See [`super::plan`]. Nothing is done as long as a question is open: a guess would make a duplicate.
pub fn plan(settings: &AmoSettings, facts: &Facts) -> Plan {
    decide(settings, facts).unwrap_or_else(|_question| {
        let mut plan = Plan::default();
        plan.leave_out(Because::new(
            "BY-6",
            "not_asked",
            "Решение отложено: CRM ещё не ответила, есть ли там этот клиент.",
            "No decision yet: the CRM has not said whether it knows this client.",
        ));
        plan
    })
}

/// What all parts of a decision look at.
struct Case<'a> {
    settings: &'a AmoSettings,
    facts: &'a Facts,
    channel: &'a ChannelRule,
}

/// Whom the enquiry is from, in the CRM.
#[derive(Debug, Clone, Default)]
struct Person {
    /// `None`: nobody there, and nobody is made.
    at: Option<Ref>,
    /// Was there before this plan.
    existed: bool,
    responsible: Option<CrmId>,
    responsible_by_hand: bool,
    /// Ids of the deals, where an answer brought them.
    deals: Option<Vec<CrmId>>,
}

/// The deal to which the conversation belongs.
#[derive(Debug, Clone)]
struct Target {
    at: Ref,
    responsible: Option<CrmId>,
    responsible_by_hand: bool,
    /// Made by this plan, with everything that it should have.
    fresh: bool,
    /// Among the unsorted: the CRM lets us write notes and tasks, and nothing else.
    waiting: bool,
}

fn decide(settings: &AmoSettings, facts: &Facts) -> Result<Plan, Question> {
    let mut plan = Plan::default();
    if !super::entry::something_happened(facts) {
        return Ok(plan);
    }
    let channel = match entry::admitted(settings, facts) {
        Ok(channel) => channel,
        Err(because) => {
            plan.leave_out(because);
            return Ok(plan);
        }
    };
    let case = Case { settings, facts, channel };
    let (person, target) = match &settings.method {
        AmoMethod::ContactAndDeal {} => {
            let person = contact::of(&case, &mut plan)?;
            let target = deal::of(&case, &person, &mut plan)?;
            (person, target)
        }
        AmoMethod::Unsorted { pipeline } => {
            let target = unsorted::of(&case, pipeline.as_ref(), &mut plan)?;
            let person = contact::linked(&case, target.as_ref(), &mut plan);
            (person, target)
        }
    };
    responsible::transfer(&case, &person, target.as_ref(), &mut plan);
    chat::open(&case, &person, &mut plan);
    task::make(&case, &person, target.as_ref(), &mut plan)?;
    note::write(&case, &person, target.as_ref(), &mut plan);
    each_once(&mut plan.left_out);
    Ok(plan)
}

/// The same fault may be met at the contact and at the deal.
fn each_once(left_out: &mut Vec<Because>) {
    let mut seen: Vec<Because> = Vec::new();
    left_out.retain(|because| {
        let fresh = !seen.contains(because);
        if fresh {
            seen.push(because.clone());
        }
        fresh
    });
}

impl Case<'_> {
    /// What is written goes to the deal, else to the contact.
    fn place(&self, person: &Person, target: Option<&Target>) -> Option<(Entity, Ref)> {
        match target {
            Some(target) => Some((Entity::Deal, target.at.clone())),
            None => person.at.clone().map(|at| (Entity::Contact, at)),
        }
    }
}
