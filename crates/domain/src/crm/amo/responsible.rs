//! Who is responsible (AMO-12, CRM-3).

use super::{
    super::{
        Action, Because, CrmId, Entity, FactLine, Plan, Ref,
        people::{self, Chosen},
    },
    Case, Person, Target,
};
use crate::text::Words;

/// Of a contact or deal that is made now: the employee who has answered already, else by the settings.
pub fn for_new(case: &Case<'_>, plan: &mut Plan) -> Chosen {
    if let Some((user, name)) = answered(case) {
        let why = FactLine {
            name: Words::new("Ответственный (ответил в чате)", "Responsible (answered the chat)"),
            value: name,
        };
        return Chosen { user: Some(user), why, fault: None };
    }
    let chosen = people::choose(&case.settings.responsible, case.facts);
    plan.left_out.extend(chosen.fault.clone());
    chosen
}

fn answered(case: &Case<'_>) -> Option<(CrmId, String)> {
    let employee =
        case.facts.occasion.answered_by.as_ref().filter(|_| case.settings.transfer_responsible)?;
    let people = &case.settings.responsible;
    let user = people::crm_user_of(people, &case.facts.directory, employee)?;
    Some((user.id.clone(), user.name.clone()))
}

/// CRM-3: the employee who answered becomes responsible for what was there before this plan.
pub fn transfer(case: &Case<'_>, person: &Person, target: Option<&Target>, plan: &mut Plan) {
    let Some(employee) = &case.facts.occasion.answered_by else { return };
    let left_out = |code, ru, en| {
        Because::new("CRM-3", code, ru, en).with("Сотрудник", "Employee", &employee.name)
    };
    if !case.settings.transfer_responsible {
        plan.leave_out(
            left_out(
                "transfer_off",
                "Ответственный в CRM не сменён: передача ответственности выключена.",
                "The responsible is left as they are: passing responsibility on is off.",
            )
            .mended_in("employees"),
        );
        return;
    }
    let Some((user, name)) = answered(case) else {
        plan.leave_out(
            left_out(
                "employee_unmapped",
                "Ответственный в CRM не сменён: сотруднику не сопоставлен действующий пользователь CRM.",
                "The responsible is left as they are: the employee is no active user of the CRM.",
            )
            .mended_in("employees"),
        );
        return;
    };
    if target.is_some_and(|target| target.waiting) {
        plan.leave_out(left_out(
            "unsorted_waits",
            "Обращение ещё в «Неразобранном»: ответственного назначит тот, кто его примет.",
            "The enquiry is still unsorted: whoever accepts it names the responsible.",
        ));
        return;
    }
    if target.is_some_and(|target| target.responsible_by_hand) {
        plan.leave_out(left_out(
            "responsible_by_hand",
            "Ответственного сменили в CRM вручную: он остаётся, этапы передаются дальше.",
            "The responsible was changed by hand in the CRM and stays; stages are passed on.",
        ));
        return;
    }
    let mut set = |of: Entity, id: &Ref| {
        let because = Because::new(
            "CRM-3",
            "answered_in_chat",
            "Сотрудник ответил в чате и становится ответственным.",
            "The employee answered in the chat and becomes responsible.",
        )
        .with("Сотрудник", "Employee", &employee.name)
        .with("Пользователь CRM", "CRM user", &name);
        plan.push(Action::SetResponsible { of, id: id.clone(), user: user.clone() }, because);
    };
    if let Some(deal) = target.filter(|deal| !deal.fresh && deal.responsible != Some(user.clone()))
    {
        set(Entity::Deal, &deal.at);
    }
    let theirs = !person.responsible_by_hand && person.responsible != Some(user.clone());
    if let Some(at) = person.at.as_ref().filter(|_| person.existed && theirs) {
        set(Entity::Contact, at);
    }
}
