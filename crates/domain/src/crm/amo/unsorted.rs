//! Method «использовать Неразобранное» (AMO-4, BY-4).

use super::{
    super::{
        Action, Because, CrmId, CrmKind, Entity, EntityState, LinkedDeal, LinkedUnsorted, Param,
        Plan, Question, Ref, StageKind, UnsortedDraft, UnsortedState, mapping, names, tags,
    },
    Case, Target, deal,
};

/// The deal inside the «unsorted» of this conversation; the record is made if there is none.
pub fn of(
    case: &Case<'_>,
    pipeline: Option<&CrmId>,
    plan: &mut Plan,
) -> Result<Option<Target>, Question> {
    let facts = case.facts;
    let current = facts.links.unsorted.as_ref().filter(|unsorted| unsorted.of_this);
    let state = state(case)?;
    let waiting = state == Some(UnsortedState::Waiting);
    let declined = state == Some(UnsortedState::Declined);
    // With a declined record its deal went, whatever our link says of it.
    let within = |target: &Target| {
        let deal = current.and_then(|record| record.deal.as_ref());
        deal.is_some_and(|deal| target.at == Ref::Id(deal.clone()))
    };
    let kept = deal::kept(case, plan).filter(|target| !(declined && within(target)));
    if let Some(target) = kept {
        let waiting = waiting && within(&target);
        if !waiting {
            deal::refill(case, &target, plan);
        }
        return Ok(Some(Target { waiting, ..target }));
    }
    let lost = facts.links.deals.iter().any(|d| d.of_this && d.state == EntityState::Gone);
    if let Some(unsorted) = current.filter(|_| waiting || !(declined || lost)) {
        return Ok(inside(unsorted, waiting));
    }
    let occasion = &facts.occasion;
    if !occasion.has_inbound() && (declined || !occasion.opened) {
        return Ok(None);
    }
    Ok(make(case, pipeline, current.is_some(), plan))
}

fn inside(unsorted: &LinkedUnsorted, waiting: bool) -> Option<Target> {
    Some(Target {
        at: Ref::Id(unsorted.deal.clone()?),
        responsible: None,
        responsible_by_hand: false,
        fresh: false,
        waiting,
    })
}

/// How the record of this conversation stands: by webhook where they come, else the CRM is asked. Should
/// the record's own webhook be lost, the deal inside tells: it is gone, or somebody moved it on.
fn state(case: &Case<'_>) -> Result<Option<UnsortedState>, Question> {
    let facts = case.facts;
    let Some(unsorted) = facts.links.unsorted.as_ref().filter(|unsorted| unsorted.of_this) else {
        return Ok(None);
    };
    if unsorted.state != UnsortedState::Waiting {
        return Ok(Some(unsorted.state));
    }
    if let Some(now) = facts.known.unsorted.get() {
        return Ok(Some(*now));
    }
    let within = |deal: &&LinkedDeal| Some(&deal.id) == unsorted.deal.as_ref();
    let deal = facts.links.deals.iter().find(within);
    if deal.is_some_and(|deal| deal.state == EntityState::Gone) {
        return Ok(Some(UnsortedState::Declined));
    }
    if !facts.mirrored || facts.links.stale.contains(&Entity::Unsorted) {
        let (uid, deal) = (unsorted.uid.clone(), unsorted.deal.clone());
        return Err(Question::Unsorted { uid, deal });
    }
    let stage = deal.and_then(|deal| facts.directory.stage(deal.at.as_ref()?));
    let moved_on = stage.is_some_and(|stage| stage.kind != StageKind::Unsorted);
    Ok(Some(if moved_on { UnsortedState::Accepted } else { UnsortedState::Waiting }))
}

fn make(case: &Case<'_>, pipeline: Option<&CrmId>, again: bool, plan: &mut Plan) -> Option<Target> {
    let facts = case.facts;
    let enquiry = &facts.enquiry;
    if !case.channel.create_deal {
        plan.leave_out(
            Because::new(
                "CRM-1",
                "deal_creation_off",
                "Запись в «Неразобранном» не создана: для этого канала создание сделок выключено.",
                "No unsorted record is made: this channel does not create deals.",
            )
            .with("Канал", "Channel", &enquiry.channel.name)
            .mended_in("channels"),
        );
        return None;
    }
    if facts.chats_connected && case.settings.chats.is_some() {
        plan.leave_out(Because::new(
            "AMO-4",
            "unsorted_by_chats",
            "Запись в «Неразобранном» создаёт сама amoCRM из первого сообщения чата.",
            "amoCRM itself makes the unsorted record of the chat's first message.",
        ));
        if pipeline.is_some() {
            plan.leave_out(
                Because::new(
                    "BY-4",
                    "unsorted_funnel_of_source",
                    "Воронка из настроек не действует: с чатами её выбирает источник в самой amoCRM.",
                    "The funnel of the settings has no effect: with chats amoCRM's own source names it.",
                )
                .mended_in("main"),
            );
        }
        return None;
    }
    explain_what_does_not_apply(case, plan);
    let map = |of, pairs| mapping::mapped(CrmKind::Amo, of, pairs, facts);
    let (contact_fields, left_out) = map(Entity::Contact, &case.settings.fields.contact);
    plan.left_out.extend(left_out);
    let (deal_fields, left_out) = map(Entity::Deal, &case.settings.fields.deal);
    plan.left_out.extend(left_out);
    let pipeline = pipeline_for(case, pipeline, plan);
    let mut because = if again {
        Because::new(
            "AMO-4",
            "unsorted_again",
            "Прежней записи больше нет, её отклонили или удалили: новое сообщение создаёт новую.",
            "The former record was declined or removed: the new message makes a new one.",
        )
    } else {
        Because::new(
            "AMO-4",
            "unsorted_for_enquiry",
            "Каждое обращение создаёт запись в «Неразобранном».",
            "Every enquiry makes an unsorted record.",
        )
    };
    if let Some(pipeline) = pipeline.as_ref().and_then(|id| facts.directory.pipeline(id)) {
        because = because.with("Воронка", "Funnel", &pipeline.name);
    }
    let visit = |param: Param| param.value(facts);
    let named = |source: String| {
        if source.is_empty() { enquiry.channel.name.clone() } else { source }
    };
    // By the message that asks for it: the first that is not passed on may have asked already, for a
    // record that was declined as well.
    let position = facts.occasion.lines.last().map_or(0, |line| line.position);
    let form_id = match again {
        true => format!("beseda-{}-{position}", enquiry.number),
        false => format!("beseda-{}", enquiry.number),
    };
    let draft = UnsortedDraft {
        pipeline,
        contact_name: names::person(facts),
        phones: facts.contact.phones.clone(),
        emails: facts.contact.emails.clone(),
        contact_fields,
        deal_fields,
        tags: tags::tags(&case.settings.tags, facts),
        form_id,
        form_name: enquiry.channel.name.clone(),
        // amoCRM wants one; a messenger has none, and its name says more than a blank would.
        page: named(visit(Param::Page)),
        referrer: visit(Param::Referrer),
        source: named(visit(Param::Source)),
        created_at: enquiry.opened_at,
    };
    let step = plan.push(Action::CreateUnsorted(draft), because);
    Some(Target {
        at: Ref::Step(step),
        responsible: None,
        responsible_by_hand: false,
        fresh: true,
        waiting: true,
    })
}

/// BY-4; a funnel that is gone gives way to the account's main one.
fn pipeline_for(case: &Case<'_>, set: Option<&CrmId>, plan: &mut Plan) -> Option<CrmId> {
    let directory = &case.facts.directory;
    let set = set?;
    let living = directory.pipeline(set).is_some_and(|pipeline| !pipeline.archived);
    if living || directory.pipelines.is_empty() {
        return Some(set.clone());
    }
    plan.leave_out(
        Because::new(
            "BY-4",
            "unsorted_funnel_gone",
            "Воронки для «Неразобранного» больше нет в CRM или она в архиве: взята главная.",
            "The funnel set for unsorted records is gone or archived: the main one is used.",
        )
        .mended_in("funnels"),
    );
    None
}

/// AMO-4: what is set and has no effect with this method.
fn explain_what_does_not_apply(case: &Case<'_>, plan: &mut Plan) {
    let names = &case.settings.names;
    if names.contact.is_some() || names.deal.is_some() {
        plan.leave_out(Because::new(
            "AMO-4",
            "names_do_not_apply",
            "Шаблоны названий не применяются к «Неразобранному».",
            "Name templates do not apply to unsorted records.",
        ));
    }
    if !case.settings.funnel.rules.is_empty() || case.settings.funnel.default.is_some() {
        plan.leave_out(Because::new(
            "AMO-4",
            "funnels_do_not_apply",
            "Распределение по воронкам и этапам не применяется к «Неразобранному».",
            "Distribution to funnels and stages does not apply to unsorted records.",
        ));
    }
}
