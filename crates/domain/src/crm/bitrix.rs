//! The decision for Bitrix24 (B24-2 to B24-13, B24-15, B24-16, CRM-1 to CRM-4, WA-5, BY-3, BY-5).
//!
//! One function decides; wherever it needs a fact of the CRM that was not asked yet, it stops with the
//! question, as for amoCRM. Chats and offline requests are decided by the same code over their own
//! settings (B24-2). Readings of what the product's rules leave open:
//!
//! - A client is a repeat one when anything of theirs is found: contact, lead, deal or company.
//! - A lead carries name and phones itself, so a contact is made only along with a deal.
//! - Where a primary enquiry makes a lead and a deal, both get the conversation.
//! - What a conversation was given once it keeps: its messages go on to a deal that was closed since.
//! - With everything closed, nothing to make and B24-13 off, the contact or company gets the words.
//! - The portal's Open Lines (B24-15) carry chats; offline requests have no line and are passed on.
//! - In the mode without leads, what asks for a lead gets a deal, and the log says so.

mod activity;
mod card;
mod check;
mod client;
mod comment;
mod create;
mod entry;
mod responsible;
mod stage;
mod target;
#[cfg(test)]
mod tests;

pub use check::check;

use super::{
    Because, BitrixSettings, ChannelRule, CrmId, Entity, EntityRules, EntityState, Facts, LeadMode,
    Plan, Question, Ref, RepeatEntity,
};
use crate::conversation::ConversationKind;

/// See [`super::next_question`].
pub fn next_question(settings: &BitrixSettings, facts: &Facts) -> Option<Question> {
    decide(settings, facts).err()
}

/// See [`super::plan`]. Nothing is done as long as a question is open: a guess would make a duplicate.
pub fn plan(settings: &BitrixSettings, facts: &Facts) -> Plan {
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
    settings: &'a BitrixSettings,
    /// Of chats or of requests.
    rules: &'a EntityRules,
    facts: &'a Facts,
    channel: &'a ChannelRule,
}

/// Where the conversation's words go.
#[derive(Debug, Clone, PartialEq)]
struct Target {
    of: Entity,
    at: Ref,
    responsible: Option<CrmId>,
    responsible_by_hand: bool,
    /// Made by this plan, with everything that it should have.
    fresh: bool,
}

/// The conversation's place in the CRM.
#[derive(Debug, Default)]
struct Place {
    /// The first one gets the activity too.
    targets: Vec<Target>,
    /// The client's card, where there is one: for B24-9 and CRM-3.
    contact: Option<Target>,
    /// B24-5: this enquiry gets an activity.
    activity: bool,
    /// B24-16: the conversation is announced there at once, whenever its words are written.
    announced: bool,
}

fn decide(settings: &BitrixSettings, facts: &Facts) -> Result<Plan, Question> {
    let mut plan = Plan::default();
    if !super::entry::something_happened(facts) {
        return Ok(plan);
    }
    let rules = match facts.enquiry.kind {
        ConversationKind::Chat => &settings.chats,
        ConversationKind::Request => &settings.requests,
    };
    let channel = match entry::admitted(settings, rules, facts) {
        Ok(channel) => channel,
        Err(because) => {
            plan.leave_out(because);
            return Ok(plan);
        }
    };
    let case = Case { settings, rules, facts, channel };
    let place = match target::kept(&case, &mut plan) {
        Some(place) => place,
        None if !entry::wants_place(facts) => target::unplaced(&case),
        None => chosen(&case, &mut plan)?,
    };
    client::update(&case, place.contact.as_ref(), &mut plan);
    responsible::transfer(&case, &place, &mut plan);
    activity::make(&case, &place, &mut plan)?;
    comment::write(&case, &place, &mut plan)?;
    Ok(plan)
}

/// B24-5, B24-6, B24-16: where an enquiry goes that has no place yet.
fn chosen(case: &Case<'_>, plan: &mut Plan) -> Result<Place, Question> {
    if let Some(place) = target::by_operator(case, plan) {
        return Ok(place);
    }
    let client = client::of(case, plan)?;
    if !case.channel.create_deal {
        plan.leave_out(
            Because::new(
                "CRM-1",
                "deal_creation_off",
                "Лид и сделка не созданы: для этого канала их создание выключено.",
                "No lead and no deal is made: this channel does not create them.",
            )
            .with("Канал", "Channel", &*case.facts.enquiry.channel.name)
            .mended_in("channels"),
        );
        return match client::is_repeat(case, &client)? {
            true => target::by_priority(case, &client, plan),
            false => Ok(create::contact_alone(case, &client, plan)),
        };
    }
    if !client::is_repeat(case, &client)? {
        return Ok(create::first(case, &client, plan));
    }
    let makes = match (case.rules.repeat, case.facts.directory.lead_mode) {
        (RepeatEntity::Lead, LeadMode::Simple) => {
            plan.leave_out(no_leads());
            Some(Entity::Deal)
        }
        (RepeatEntity::Lead, LeadMode::None | LeadMode::Classic) => Some(Entity::Lead),
        (RepeatEntity::Deal, _) => Some(Entity::Deal),
        (RepeatEntity::Activity | RepeatEntity::Nothing, _) => None,
    };
    let Some(of) = makes else {
        let activity = case.rules.repeat == RepeatEntity::Activity;
        return Ok(Place { activity, ..target::by_priority(case, &client, plan)? });
    };
    match target::of_request(case, &client, plan)? {
        Some(place) => Ok(place),
        None => Ok(create::repeat(case, &client, of, plan)),
    }
}

/// B24-5 in the mode without leads (`crm.settings.mode.get` is 2): a created lead becomes a deal at
/// once and cannot be read, so that a deal is made in the first place.
fn no_leads() -> Because {
    Because::new(
        "B24-5",
        "mode_without_leads",
        "Портал работает без лидов (простой режим CRM), поэтому вместо лида создаётся сделка.",
        "The portal works without leads (the simple mode), so a deal is made instead of a lead.",
    )
    .mended_in("entities")
}

impl Case<'_> {
    fn has_leads(&self) -> bool {
        self.facts.directory.lead_mode != LeadMode::Simple
    }

    /// The conversation had a place that was deleted in the CRM.
    fn lost_its_place(&self) -> bool {
        let links = &self.facts.links;
        let mut all = links.deals.iter().chain(&links.leads);
        all.any(|card| card.of_this && card.state == EntityState::Gone)
    }
}

impl Target {
    fn is_at(&self, of: Entity, id: &CrmId) -> bool {
        self.of == of && matches!(&self.at, Ref::Id(at) if at == id)
    }
}
