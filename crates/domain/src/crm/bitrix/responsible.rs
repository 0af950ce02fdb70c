//! Who is responsible (B24-4, CRM-3).

use super::{
    super::{
        Action, Because, CrmUser, EmployeeFacts, Entity, FactLine, Plan, Rule,
        people::{self, Chosen},
    },
    Case, Place, Target,
};
use crate::text::Words;

/// Of what is made now: the employee who has answered already, else by the settings.
pub fn for_new(case: &Case<'_>, plan: &mut Plan) -> Chosen {
    if let Some((_, user)) = answered(case).filter(|_| case.settings.transfer_responsible) {
        let name = Words::new("Ответственный (ответил в чате)", "Responsible (answered the chat)");
        let why = FactLine { name, value: user.name.clone() };
        return Chosen { user: Some(user.id.clone()), why, fault: None };
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

fn answered<'a>(case: &Case<'a>) -> Option<(&'a EmployeeFacts, &'a CrmUser)> {
    let employee = case.facts.occasion.answered_by.as_ref()?;
    let user = people::crm_user_of(&case.rules.responsible, &case.facts.directory, employee)?;
    Some((employee, user))
}

/// CRM-3: the employee who answered becomes responsible for what was there before this plan.
pub fn transfer(case: &Case<'_>, place: &Place, plan: &mut Plan) {
    let Some(employee) = &case.facts.occasion.answered_by else { return };
    let left_out = |code, ru, en| {
        Because::new("CRM-3", code, ru, en).with("Сотрудник", "Employee", &*employee.name)
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
    let Some((_, user)) = answered(case) else {
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
    for target in held(place) {
        if target.responsible.as_ref() == Some(&user.id) {
            continue;
        }
        if target.responsible_by_hand {
            plan.leave_out(left_out(
                "responsible_by_hand",
                "Ответственного сменили в CRM вручную: он остаётся, этапы передаются дальше.",
                "The responsible was changed by hand in the CRM and stays; stages are passed on.",
            ));
            continue;
        }
        let because = Because::new(
            "CRM-3",
            "answered_in_chat",
            "Сотрудник ответил в чате и становится ответственным.",
            "The employee answered in the chat and becomes responsible.",
        )
        .with("Сотрудник", "Employee", &*employee.name)
        .with("Пользователь CRM", "CRM user", &*user.name);
        let (of, id) = (target.of, target.at.clone());
        plan.push(Action::SetResponsible { of, id, user: user.id.clone() }, because);
    }
}

/// Leads, deals and the contact that were there before this plan. A company is left alone: it has
/// other people than this client.
fn held(place: &Place) -> impl Iterator<Item = &Target> {
    let deals = place.targets.iter().filter(|t| matches!(t.of, Entity::Lead | Entity::Deal));
    deals.chain(&place.contact).filter(|target| !target.fresh)
}
