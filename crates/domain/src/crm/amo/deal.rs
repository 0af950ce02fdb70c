//! The deal of method «создавать контакт и сделку» (AMO-3, AMO-10, AMO-11, BY-5).

use super::{
    super::{
        Action, Because, CrmId, CrmKind, DealChoice, DealDraft, Entity, EntityState, LinkedDeal,
        Plan, Question, Ref, funnel, mapping, names, tags,
    },
    Case, Person, Target, responsible,
};
use crate::clock::Instant;

/// The deal to which the conversation's messages go; chosen or made, if it has none.
pub fn of(case: &Case<'_>, person: &Person, plan: &mut Plan) -> Result<Option<Target>, Question> {
    if let Some(target) = kept(case, plan) {
        refill(case, &target, plan);
        return Ok(Some(target));
    }
    let occasion = &case.facts.occasion;
    if !occasion.opened && occasion.lines.is_empty() {
        return Ok(None);
    }
    if !case.channel.create_deal {
        plan.leave_out(
            Because::new(
                "CRM-1",
                "deal_creation_off",
                "Сделка не создана: для этого канала создание сделок выключено.",
                "No deal is made: this channel does not create deals.",
            )
            .with("Канал", "Channel", &case.facts.enquiry.channel.name)
            .mended_in("channels"),
        );
        return Ok(None);
    }
    let placed = funnel::place(&case.settings.funnel, case.facts);
    plan.left_out.extend(placed.fault.clone());
    let open = open_deals(case, person, placed.at.as_ref().map(|at| &at.pipeline))?;
    Ok(Some(match chosen(case.settings.deal_choice, &open) {
        Some(deal) => use_open(case, deal, open.len(), &placed, plan),
        None => make(case, person, placed, plan),
    }))
}

/// Whether [`kept`] has one.
pub fn is_kept(case: &Case<'_>) -> bool {
    kept(case, &mut Plan::default()).is_some()
}

/// The deal that this conversation has already, or that an operator chose for it.
pub fn kept(case: &Case<'_>, plan: &mut Plan) -> Option<Target> {
    let current = case.facts.links.deals.iter().find(|d| d.of_this && d.state != EntityState::Gone);
    let chosen = case.facts.occasion.chosen_deal.as_ref();
    match chosen.filter(|chosen| current.is_none_or(|deal| deal.id != **chosen)) {
        Some(chosen) if is_gone(case, chosen) => plan.leave_out(
            Because::new(
                "BY-5",
                "chosen_deal_gone",
                "Сделки, которую выбрал оператор, в CRM больше нет.",
                "The deal that an operator chose is no longer in the CRM.",
            )
            .with("Сделка", "Deal", chosen.as_str()),
        ),
        Some(chosen) => return Some(take_chosen(case, chosen, plan)),
        None => {}
    }
    let current = current?;
    if current.state == EntityState::Closed && case.facts.occasion.has_inbound() {
        plan.leave_out(
            Because::new(
                "AMO-3",
                "deal_closed_goes_on",
                "Сделка этого обращения закрыта, но обращение ещё идёт: сообщения остаются в ней.",
                "The enquiry's deal is closed but the enquiry goes on: its messages stay there.",
            )
            .with("Сделка", "Deal", current.id.as_str()),
        );
    }
    Some(Target {
        at: Ref::Id(current.id.clone()),
        responsible: current.responsible.clone(),
        responsible_by_hand: current.responsible_by_hand,
        fresh: false,
        waiting: false,
    })
}

fn is_gone(case: &Case<'_>, id: &CrmId) -> bool {
    let links = &case.facts.links.deals;
    links.iter().any(|deal| deal.id == *id && deal.state == EntityState::Gone)
}

fn take_chosen(case: &Case<'_>, chosen: &CrmId, plan: &mut Plan) -> Target {
    let because = Because::new(
        "BY-5",
        "chosen_by_operator",
        "Сделку для этого обращения выбрал оператор.",
        "An operator chose the deal for this enquiry.",
    );
    plan.push(Action::UseDeal { deal: chosen.clone() }, because);
    tag(case, chosen, plan);
    let linked = case.facts.links.deals.iter().find(|deal| deal.id == *chosen);
    Target {
        at: Ref::Id(chosen.clone()),
        responsible: linked.and_then(|deal| deal.responsible.clone()),
        responsible_by_hand: linked.is_some_and(|deal| deal.responsible_by_hand),
        fresh: false,
        waiting: false,
    }
}

/// Fields of the deal that speak of the person, when more of the person became known (CRM-1).
pub fn refill(case: &Case<'_>, target: &Target, plan: &mut Plan) {
    let same = |deal: &&LinkedDeal| target.at == Ref::Id(deal.id.clone());
    let linked = case.facts.links.deals.iter().find(same);
    let open = linked.is_some_and(|deal| deal.state == EntityState::Open);
    if !(case.facts.occasion.contact_changed && case.channel.update_contact && open) {
        return;
    }
    let pairs = case.settings.fields.deal.iter().filter(|pair| pair.from.is_of_contact());
    let pairs: Vec<_> = pairs.cloned().collect();
    let (fields, left_out) = mapping::mapped(CrmKind::Amo, Entity::Deal, &pairs, case.facts);
    plan.left_out.extend(left_out);
    if fields.is_empty() {
        return;
    }
    let because = Because::new(
        "AMO-8",
        "deal_fields_of_contact",
        "О клиенте стало известно больше: поля сделки с его данными обновлены.",
        "More became known of the client: the deal's fields with their data are brought up to date.",
    );
    let deal = target.at.clone();
    plan.push(Action::UpdateDeal { deal, fields, tags: Vec::new() }, because);
}

/// A deal that may be used, from the CRM's answer or our own links.
struct OpenDeal {
    id: CrmId,
    name: String,
    responsible: Option<CrmId>,
    responsible_by_hand: bool,
    created_at: Instant,
    changed_at: Instant,
}

/// Open deals of the contact in the funnel. A contact that this plan makes has none, nor one whose answer
/// named none: neither costs a call. Without a known funnel any open deal counts.
fn open_deals(
    case: &Case<'_>,
    person: &Person,
    pipeline: Option<&CrmId>,
) -> Result<Vec<OpenDeal>, Question> {
    let Some(Ref::Id(contact)) = person.at.as_ref().filter(|_| person.existed) else {
        return Ok(Vec::new());
    };
    let links = &case.facts.links.deals;
    let here = |at: &CrmId| pipeline.is_none_or(|pipeline| pipeline == at);
    let asked = match (&person.deals, case.facts.known.deals.get()) {
        (_, Some(deals)) => deals.as_slice(),
        (Some(ids), None) if ids.is_empty() => &[],
        (ids, None) => {
            return Err(Question::DealsOf { contact: contact.clone(), ids: ids.clone() });
        }
    };
    let mut open: Vec<OpenDeal> = asked
        .iter()
        .filter(|deal| deal.state == EntityState::Open && here(&deal.at.pipeline))
        .map(|deal| {
            let linked = links.iter().find(|linked| linked.id == deal.id);
            OpenDeal {
                id: deal.id.clone(),
                name: deal.name.clone(),
                responsible: deal.responsible.clone(),
                responsible_by_hand: linked.is_some_and(|linked| linked.responsible_by_hand),
                created_at: deal.created_at,
                changed_at: deal.changed_at,
            }
        })
        .collect();
    // What we made a moment ago may not be in the CRM's answer yet; our links are the truth where they
    // are kept up to date.
    let unseen = links.iter().filter(|linked| {
        case.facts.mirrored
            && linked.state == EntityState::Open
            && linked.at.as_ref().is_some_and(|at| here(&at.pipeline))
            && !asked.iter().any(|deal| deal.id == linked.id)
    });
    open.extend(unseen.map(|linked| OpenDeal {
        id: linked.id.clone(),
        name: String::new(),
        responsible: linked.responsible.clone(),
        responsible_by_hand: linked.responsible_by_hand,
        created_at: linked.created_at,
        changed_at: linked.created_at,
    }));
    Ok(open)
}

/// BY-5. Of two made in one second the one with the greater id is the newer.
fn chosen(choice: DealChoice, open: &[OpenDeal]) -> Option<&OpenDeal> {
    let order = |deal: &OpenDeal, at: Instant| (at, deal.id.as_str().len(), deal.id.clone());
    match choice {
        DealChoice::Newest => open.iter().max_by_key(|deal| order(deal, deal.created_at)),
        DealChoice::Oldest => open.iter().min_by_key(|deal| order(deal, deal.created_at)),
        DealChoice::LastChanged => open.iter().max_by_key(|deal| order(deal, deal.changed_at)),
    }
}

fn use_open(
    case: &Case<'_>,
    deal: &OpenDeal,
    count: usize,
    placed: &funnel::Placed,
    plan: &mut Plan,
) -> Target {
    let mut because = if count > 1 {
        let (ru, en) = match case.settings.deal_choice {
            DealChoice::Newest => ("самая новая", "the newest"),
            DealChoice::Oldest => ("самая старая", "the oldest"),
            DealChoice::LastChanged => ("изменённая последней", "the last changed"),
        };
        Because::new(
            "BY-5",
            "several_open_deals",
            format!("У клиента несколько открытых сделок в воронке, по настройке выбрана {ru}."),
            format!(
                "The client has several open deals in the funnel; by the setting {en} is used."
            ),
        )
    } else {
        Because::new(
            "AMO-3",
            "open_deal_in_funnel",
            "У клиента уже есть открытая сделка в активной воронке, новая не создаётся.",
            "The client has an open deal in the active funnel; no new one is made.",
        )
    };
    let name = if deal.name.is_empty() { deal.id.as_str() } else { deal.name.as_str() };
    because = because.with("Сделка", "Deal", name).with(
        "Открытых сделок",
        "Open deals",
        count.to_string(),
    );
    because.facts.extend(placed.why.iter().cloned());
    plan.push(Action::UseDeal { deal: deal.id.clone() }, because);
    tag(case, &deal.id, plan);
    if !case.settings.fields.deal.is_empty() {
        plan.leave_out(Because::new(
            "AMO-8",
            "used_deal_fields_kept",
            "Поля сделки, которая уже была, не переписаны: их могли заполнить сотрудники.",
            "Fields of the deal that was there are not rewritten: people may have filled them.",
        ));
    }
    Target {
        at: Ref::Id(deal.id.clone()),
        responsible: deal.responsible.clone(),
        responsible_by_hand: deal.responsible_by_hand,
        fresh: false,
        waiting: false,
    }
}

/// AMO-7: the enquiry's tags for a deal that was there.
fn tag(case: &Case<'_>, deal: &CrmId, plan: &mut Plan) {
    let new_tags = tags::tags(&case.settings.tags, case.facts);
    if new_tags.is_empty() {
        return;
    }
    let because = Because::new(
        "AMO-7",
        "tags_added",
        "К сделке, которая уже была, теги добавлены; прежние теги остались.",
        "Tags are added to the deal that was there; its own tags stay.",
    );
    let deal = Ref::Id(deal.clone());
    plan.push(Action::UpdateDeal { deal, fields: Vec::new(), tags: new_tags }, because);
}

fn make(case: &Case<'_>, person: &Person, placed: funnel::Placed, plan: &mut Plan) -> Target {
    let facts = case.facts;
    let (fields, left_out) =
        mapping::mapped(CrmKind::Amo, Entity::Deal, &case.settings.fields.deal, facts);
    plan.left_out.extend(left_out);
    let chosen = responsible::for_new(case, plan);
    let gone = facts.links.deals.iter().any(|d| d.of_this && d.state == EntityState::Gone);
    let mut because = if gone {
        Because::new(
            "AMO-3",
            "deal_gone_replaced",
            "Прежняя сделка этого обращения удалена в CRM, создана новая.",
            "The enquiry's former deal was removed from the CRM; a new one is made.",
        )
    } else if person.existed {
        Because::new(
            "AMO-3",
            "no_open_deal_in_funnel",
            "Клиент уже есть в CRM, но открытых сделок в активной воронке у него нет.",
            "The client is in the CRM but has no open deal in the active funnel.",
        )
    } else if person.at.is_none() {
        Because::new(
            "AMO-3",
            "first_enquiry_without_contact",
            "Клиента в CRM нет, контакты этот канал не создаёт: сделка создаётся без контакта.",
            "The client is not in the CRM and the channel makes no contacts: a deal without one.",
        )
    } else {
        Because::new(
            "AMO-3",
            "first_enquiry",
            "Клиента в CRM не было: вместе с контактом создаётся сделка.",
            "The client was not in the CRM: a deal is made along with the contact.",
        )
    };
    because.facts.extend(placed.why);
    because.facts.push(chosen.why);
    let draft = DealDraft {
        contact: person.at.clone(),
        company: None,
        name: names::deal(&case.settings.names, facts),
        at: placed.at,
        responsible: chosen.user.clone(),
        tags: tags::tags(&case.settings.tags, facts),
        fields,
        created_at: facts.enquiry.opened_at,
        phones: Vec::new(),
        emails: Vec::new(),
    };
    let step = plan.push(Action::CreateDeal(draft), because);
    Target {
        at: Ref::Step(step),
        responsible: chosen.user,
        responsible_by_hand: false,
        fresh: true,
        waiting: false,
    }
}
