//! The «Дело» for the people of the CRM (B24-5).

use chrono::TimeDelta;

use super::{
    super::{Action, Because, CrmId, Plan, Question, names, people},
    Case, Place, responsible,
};

/// An activity on the entity of the enquiry, when it begins; one that we made and nobody finished stands
/// for the next enquiry too.
pub fn make(case: &Case<'_>, place: &Place, plan: &mut Plan) -> Result<(), Question> {
    let facts = case.facts;
    if !(place.activity && facts.occasion.opened) {
        return Ok(());
    }
    let Some(target) = place.targets.first() else {
        plan.leave_out(Because::new(
            "B24-5",
            "activity_without_entity",
            "Дело не создано: у обращения нет ни лида, ни сделки, ни контакта в CRM.",
            "No activity is made: the enquiry has no lead, deal or contact in the CRM.",
        ));
        return Ok(());
    };
    if let Some(open) = open_one(case)? {
        plan.leave_out(
            Because::new(
                "B24-5",
                "activity_open",
                "Прежнее дело по этому клиенту ещё не завершено, новое не нужно.",
                "The former activity about this client is not finished; no new one is needed.",
            )
            .with("Дело", "Activity", open.as_str()),
        );
        return Ok(());
    }
    let due_at = facts.now + TimeDelta::minutes(i64::from(case.rules.activity_due_minutes));
    let due = due_at.with_timezone(&facts.company.time_zone).format("%d.%m.%Y %H:%M");
    let mut because = Because::new(
        "B24-5",
        "activity_for_enquiry",
        "Для обращения поставлено дело, как задано в настройках.",
        "An activity is made for the enquiry, as the settings say.",
    )
    .with("Срок", "Due", due.to_string());
    let active = |id: &&CrmId| people::can_be_responsible(&facts.directory, id);
    let responsible = match target.responsible.as_ref().filter(active) {
        Some(user) => Some(user.clone()),
        None => {
            let chosen = responsible::for_new(case, plan);
            because.facts.push(chosen.why);
            chosen.user
        }
    };
    let action = Action::CreateActivity {
        of: target.of,
        id: target.at.clone(),
        title: names::task(&case.rules.names, facts),
        due_at,
        responsible,
    };
    plan.push(action, because);
    Ok(())
}

/// The last activity of ours, if it is open: by event where they come, else the CRM is asked.
fn open_one(case: &Case<'_>) -> Result<Option<CrmId>, Question> {
    let facts = case.facts;
    let Some(last) = facts.links.activity.as_ref().filter(|last| !last.done) else {
        return Ok(None);
    };
    let done = match facts.known.activity_done.get() {
        Some(done) => *done,
        None if facts.mirrored => false,
        None => return Err(Question::ActivityDone { id: last.id.clone() }),
    };
    Ok(Some(last.id.clone()).filter(|_| !done))
}
