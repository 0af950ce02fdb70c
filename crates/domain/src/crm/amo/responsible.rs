//! Who is responsible (AMO-12, CRM-3).

use super::{
    super::{
        Action, Entity, Plan, Ref,
        answered::{Answered, answered},
        people::{self, Chosen},
    },
    Case, Person, Target,
};

/// Of a contact or deal that is made now: the employee who has answered already, else by the settings.
pub fn for_new(case: &Case<'_>, plan: &mut Plan) -> Chosen {
    if let Some(chosen) = who(case).and_then(|answered| answered.chosen()) {
        return chosen;
    }
    let chosen = people::choose(&case.settings.responsible, case.facts);
    plan.left_out.extend(chosen.fault.clone());
    chosen
}

fn who<'a>(case: &Case<'a>) -> Option<Answered<'a>> {
    let settings = &case.settings;
    answered(case.facts, &settings.responsible, settings.transfer_responsible.into())
}

/// CRM-3: the employee who answered becomes responsible for what was there before this plan.
pub fn transfer(case: &Case<'_>, person: &Person, target: Option<&Target>, plan: &mut Plan) {
    let Some(answered) = who(case) else { return };
    let user = match &answered.user {
        Ok(user) => *user,
        Err(because) => return plan.leave_out(because.clone()),
    };
    if target.is_some_and(|target| target.waiting) {
        return plan.leave_out(answered.left_out(
            "unsorted_waits",
            "Обращение ещё в «Неразобранном»: ответственного назначит тот, кто его примет.",
            "The enquiry is still unsorted: whoever accepts it names the responsible.",
        ));
    }
    if target.is_some_and(|target| target.responsible_by_hand) {
        return plan.leave_out(answered.by_hand());
    }
    let mut set = |of: Entity, id: &Ref| {
        let action = Action::SetResponsible { of, id: id.clone(), user: user.id.clone() };
        plan.push(action, answered.becomes(user));
    };
    let another = |now: &Option<_>| now.as_ref() != Some(&user.id);
    if let Some(deal) = target.filter(|deal| !deal.fresh && another(&deal.responsible)) {
        set(Entity::Deal, &deal.at);
    }
    let contact = person.at.as_ref().filter(|_| person.existed && another(&person.responsible));
    match contact {
        Some(_) if person.responsible_by_hand => plan.leave_out(answered.by_hand()),
        Some(at) => set(Entity::Contact, at),
        None => {}
    }
}
