//! The task for an inbound message (AMO-5).

use chrono::TimeDelta;

use super::{
    super::{
        Action, Because, CrmId, EntityState, Plan, Question, Ref, TaskOwner, TaskRule, names,
        people::{self, can_be_responsible},
    },
    Case, Person, Target,
};
use crate::conversation::Direction;

/// A task on the deal, unless the last one that we made for this client is still open.
pub fn make(
    case: &Case<'_>,
    person: &Person,
    target: Option<&Target>,
    plan: &mut Plan,
) -> Result<(), Question> {
    let facts = case.facts;
    let Some(rule) = &case.settings.tasks else { return Ok(()) };
    let inbound = facts.occasion.lines.iter().find(|line| line.direction == Direction::Inbound);
    let Some(line) = inbound else { return Ok(()) };
    let Some(target) = target else {
        plan.leave_out(Because::new(
            "AMO-5",
            "task_without_deal",
            "Задача не поставлена: у обращения нет сделки.",
            "No task is made: the enquiry has no deal.",
        ));
        return Ok(());
    };
    if let Some(task) = open_task(case)? {
        plan.leave_out(
            Because::new(
                "AMO-5",
                "task_open",
                "Прежняя задача по этому клиенту ещё не закрыта, новая не нужна.",
                "The former task about this client is still open; no new one is needed.",
            )
            .with("Задача", "Task", task.as_str()),
        );
        return Ok(());
    }
    let (responsible, why) = owner(case, rule, person, target, plan)?;
    let kind = rule.kind.clone().filter(|kind| {
        let types = &facts.directory.task_types;
        types.is_empty() || types.iter().any(|known| known.id == *kind)
    });
    if kind != rule.kind {
        plan.leave_out(
            Because::new(
                "AMO-5",
                "task_kind_gone",
                "Типа задачи из настроек нет в CRM: задача поставлена с типом по умолчанию.",
                "The kind of task in the settings is not in the CRM: the default kind is used.",
            )
            .mended_in("tasks"),
        );
    }
    let due_at = line.at + TimeDelta::minutes(i64::from(rule.due_minutes));
    let done = facts.links.task.is_some();
    let mut because = if done {
        Because::new(
            "AMO-5",
            "task_again",
            "Пришло сообщение, а прежняя задача закрыта: поставлена новая.",
            "A message came and the former task is closed: a new one is made.",
        )
    } else {
        Because::new(
            "AMO-5",
            "task_for_message",
            "Пришло сообщение клиента: поставлена задача.",
            "A message of the client came: a task is made.",
        )
    };
    let due = due_at.with_timezone(&facts.company.time_zone).format("%d.%m.%Y %H:%M");
    because = because.with("Срок", "Due", due.to_string());
    because.facts.push(why);
    let action = Action::CreateTask {
        deal: target.at.clone(),
        text: names::task(&case.settings.names, facts),
        due_at,
        responsible,
        kind,
    };
    plan.push(action, because);
    Ok(())
}

/// The last task of ours, if it is open: by webhook where they come, else the CRM is asked. At the begin
/// of an enquiry it is asked in any case: one lost webhook must not keep tasks away for ever. A task went
/// with its deal.
fn open_task(case: &Case<'_>) -> Result<Option<CrmId>, Question> {
    let facts = case.facts;
    let went = |deal: &CrmId| {
        facts.links.deals.iter().any(|link| link.id == *deal && link.state == EntityState::Gone)
    };
    let last = facts.links.task.as_ref();
    let last = last.filter(|task| !task.done && !task.deal.as_ref().is_some_and(went));
    let Some(task) = last else { return Ok(None) };
    let done = match facts.known.task_done.get() {
        Some(done) => *done,
        None if facts.mirrored && !facts.occasion.opened => false,
        None => return Err(Question::TaskDone { id: task.id.clone() }),
    };
    Ok(Some(task.id.clone()).filter(|_| !done))
}

fn owner(
    case: &Case<'_>,
    rule: &TaskRule,
    person: &Person,
    target: &Target,
    plan: &mut Plan,
) -> Result<(Option<CrmId>, super::super::FactLine), Question> {
    let facts = case.facts;
    let line = |ru: &str, en: &str, user: Option<&CrmId>| super::super::FactLine {
        name: crate::text::Words::new(ru, en),
        value: user.map_or_else(|| "—".to_owned(), |id| people::name_of(&facts.directory, id)),
    };
    if rule.owner == TaskOwner::ContactCard && !target.waiting {
        let of_contact = match (&person.at, facts.known.contact.get()) {
            (Some(Ref::Id(_)), Some(Some(now))) => now.responsible.clone(),
            // Whom the CRM made responsible by itself, nobody told us yet.
            (Some(Ref::Id(id)), None)
                if is_linked(case, id) && (!facts.mirrored || person.responsible.is_none()) =>
            {
                return Err(Question::Contact { id: id.clone() });
            }
            _ => person.responsible.clone(),
        };
        let active = of_contact.as_ref().filter(|id| can_be_responsible(&facts.directory, id));
        if let Some(user) = active {
            let why =
                line("Исполнитель (из карточки контакта)", "Owner (of the contact)", Some(user));
            return Ok((Some(user.clone()), why));
        }
    }
    let chosen = case.settings.responsible.default.as_ref();
    let active = chosen.filter(|id| can_be_responsible(&facts.directory, id));
    if let Some(away) = chosen.filter(|_| active.is_none()) {
        plan.leave_out(
            Because::new(
                "AMO-12",
                "responsible_inactive",
                "Сотрудник CRM из настроек отключён или удалён, поэтому назначен не он.",
                "The CRM user in the settings is inactive or removed, so somebody else is responsible.",
            )
            .with("Сотрудник CRM", "CRM user", people::name_of(&facts.directory, away))
            .mended_in("employees"),
        );
    }
    let why = line("Исполнитель (из настроек)", "Owner (of the settings)", active);
    Ok((active.cloned(), why))
}

fn is_linked(case: &Case<'_>, id: &CrmId) -> bool {
    case.facts.links.contact.as_ref().is_some_and(|linked| linked.id == *id)
}
