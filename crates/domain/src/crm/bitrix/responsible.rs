//! Who is responsible (B24-4, CRM-3).

use super::{
    super::{
        Action, Entity, Plan, Rule,
        answered::{Answered, answered},
        people::{self, Chosen},
    },
    Case, Place, Target,
};

/// Of what is made now: the employee who has answered already, else by the settings.
pub fn for_new(case: &Case<'_>, plan: &mut Plan) -> Chosen {
    if let Some(chosen) = who(case).and_then(|answered| answered.chosen()) {
        return chosen;
    }
    let mut chosen = people::choose(&case.rules.responsible, case.facts);
    if let Some(mut fault) = chosen.fault.take() {
        fault.rule = Rule("B24-4".to_owned());
        // The same person may be due for the contact and for the deal.
        if !plan.left_out.contains(&fault) {
            plan.leave_out(fault);
        }
    }
    chosen
}

fn who<'a>(case: &Case<'a>) -> Option<Answered<'a>> {
    answered(case.facts, &case.rules.responsible, case.settings.transfer_responsible.into())
}

/// CRM-3: the employee who answered becomes responsible for what was there before this plan.
pub fn transfer(case: &Case<'_>, place: &Place, plan: &mut Plan) {
    let Some(answered) = who(case) else { return };
    let user = match &answered.user {
        Ok(user) => *user,
        Err(because) => return plan.leave_out(because.clone()),
    };
    for target in held(place) {
        if target.responsible.as_ref() == Some(&user.id) {
            continue;
        }
        if target.responsible_by_hand {
            plan.leave_out(answered.by_hand());
            continue;
        }
        let (of, id) = (target.of, target.at.clone());
        let action = Action::SetResponsible { of, id, user: user.id.clone() };
        plan.push(action, answered.becomes(user));
    }
}

/// Leads, deals and the contact that were there before this plan. A company is left alone: it has
/// other people than this client.
fn held(place: &Place) -> impl Iterator<Item = &Target> {
    let deals = place.targets.iter().filter(|t| matches!(t.of, Entity::Lead | Entity::Deal));
    deals.chain(&place.contact).filter(|target| !target.fresh)
}
