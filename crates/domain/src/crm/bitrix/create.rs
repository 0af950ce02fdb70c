//! What an enquiry makes (B24-5): contact, lead, deal.

use super::{
    super::{
        Action, Because, ContactDraft, CrmId, CrmKind, DealDraft, Entity, FactLine, FieldPair,
        FieldValue, Funnel, Plan, Ref, Rule, mapping, names, tags,
    },
    Case, Place, Target,
    client::Client,
    no_leads, responsible, stage,
};

/// A primary enquiry: a lead, or a contact with a deal, or all of them.
pub fn first(case: &Case<'_>, client: &Client, plan: &mut Plan) -> Place {
    let rules = case.rules;
    let lead = rules.first_lead && case.has_leads();
    let instead = rules.first_lead && !case.has_leads() && !rules.first_deal;
    if rules.first_lead && !case.has_leads() {
        plan.leave_out(no_leads());
    }
    let deal = rules.first_deal || instead;
    if !lead && !deal {
        plan.leave_out(
            Because::new(
                "B24-5",
                "no_entity_chosen",
                "Для первичных обращений не выбраны ни лид, ни сделка, поэтому они не созданы.",
                "Neither a lead nor a deal is chosen for primary enquiries, so none is made.",
            )
            .mended_in("entities"),
        );
        return contact_alone(case, client, plan);
    }
    let contact = match deal {
        true => client.target().or_else(|| make_contact(case, plan)),
        false => client.target(),
    };
    let mut place = Place { activity: rules.first_activity, ..Place::default() };
    let why = |what: &str, what_en: &str| {
        Because::new(
            "B24-5",
            "first_enquiry",
            format!("Первичное обращение: клиента в CRM не было, создаётся {what}."),
            format!("A primary enquiry: the client was not in the CRM; a {what_en} is made."),
        )
    };
    let funnel = &rules.funnel_first;
    if lead {
        place.targets.push(make_lead(case, contact.as_ref(), funnel, why("лид", "lead"), plan));
    }
    if deal {
        let because = why("сделка", "deal");
        place.targets.insert(0, make_deal(case, contact.as_ref(), funnel, because, plan));
    }
    place.contact = contact;
    place
}

/// A repeat enquiry whose setting is «лид» or «сделка».
pub fn repeat(case: &Case<'_>, client: &Client, of: Entity, plan: &mut Plan) -> Place {
    let lost = case.lost_its_place();
    let because = |what: &str, what_en: &str| match lost {
        true => Because::new(
            "B24-5",
            "gone_replaced",
            format!("Прежняя запись этого обращения удалена в CRM, создаётся {what}."),
            format!("What this enquiry had was removed from the CRM; a {what_en} is made."),
        ),
        false => Because::new(
            "B24-5",
            "repeat_makes",
            format!("Клиент уже есть в CRM; по настройке повторных обращений создаётся {what}."),
            format!("The client is in the CRM; repeat enquiries are set to make a {what_en}."),
        ),
    };
    let funnel = &case.rules.funnel_repeat;
    let (contact, target) = match of {
        Entity::Lead => {
            let contact = client.target();
            let because = because("лид", "lead");
            let lead = make_lead(case, contact.as_ref(), funnel, because, plan);
            (contact, lead)
        }
        _ => {
            let contact = client.target().or_else(|| make_contact(case, plan));
            let because = because("сделка", "deal");
            let deal = make_deal(case, contact.as_ref(), funnel, because, plan);
            (contact, deal)
        }
    };
    Place { targets: vec![target], contact, ..Place::default() }
}

/// CRM-1 without leads and deals: the client's card alone.
pub fn contact_alone(case: &Case<'_>, client: &Client, plan: &mut Plan) -> Place {
    let contact = client.target().or_else(|| make_contact(case, plan));
    Place { targets: contact.iter().cloned().collect(), contact, ..Place::default() }
}

fn make_contact(case: &Case<'_>, plan: &mut Plan) -> Option<Target> {
    let facts = case.facts;
    if !case.channel.create_contact {
        plan.leave_out(
            Because::new(
                "CRM-1",
                "contact_creation_off",
                "Контакт не создан: для этого канала создание контактов выключено.",
                "No contact is made: this channel does not create contacts.",
            )
            .with("Канал", "Channel", &*facts.enquiry.channel.name)
            .mended_in("channels"),
        );
        return None;
    }
    let chosen = responsible::for_new(case, plan);
    let draft = ContactDraft {
        name: names::contact(&case.rules.names, facts),
        phones: facts.contact.phones.clone(),
        emails: facts.contact.emails.clone(),
        responsible: chosen.user.clone(),
        tags: tags::tags(&case.rules.tags, facts),
        fields: fields(case, Entity::Contact, &case.rules.fields.contact, plan),
        created_at: facts.enquiry.opened_at,
    };
    let unknown = facts.contact.phones.is_empty() && facts.contact.emails.is_empty();
    let mut because = if unknown {
        Because::new(
            "CRM-2",
            "contact_unknown",
            "Телефон и e-mail клиента неизвестны, искать не по чему: создан контакт.",
            "A client without a phone or e-mail to search by: a contact is made.",
        )
    } else {
        Because::new(
            "CRM-2",
            "contact_not_found",
            "Контакта с телефоном или e-mail клиента в CRM нет: создан новый.",
            "The CRM has no contact with the client's phone or e-mail: a new one is made.",
        )
    };
    because.facts.push(chosen.why);
    let step = plan.push(Action::CreateContact(draft), because);
    Some(made(Entity::Contact, step, chosen.user))
}

fn make_lead(
    case: &Case<'_>,
    contact: Option<&Target>,
    funnel: &Funnel,
    because: Because,
    plan: &mut Plan,
) -> Target {
    let pairs = &case.rules.fields.lead;
    let name = names::lead(&case.rules.names, case.facts);
    let (mut draft, because) = drafted(case, Entity::Lead, (name, pairs, funnel), because, plan);
    draft.contact = contact.map(|contact| contact.at.clone());
    if contact.is_none() {
        draft.phones.clone_from(&case.facts.contact.phones);
        draft.emails.clone_from(&case.facts.contact.emails);
    }
    let responsible = draft.responsible.clone();
    let step = plan.push(Action::CreateLead(draft), because);
    made(Entity::Lead, step, responsible)
}

fn make_deal(
    case: &Case<'_>,
    contact: Option<&Target>,
    funnel: &Funnel,
    because: Because,
    plan: &mut Plan,
) -> Target {
    let pairs = &case.rules.fields.deal;
    let name = names::deal(&case.rules.names, case.facts);
    let (mut draft, because) = drafted(case, Entity::Deal, (name, pairs, funnel), because, plan);
    draft.contact = contact.map(|contact| contact.at.clone());
    let responsible = draft.responsible.clone();
    let step = plan.push(Action::CreateDeal(draft), because);
    made(Entity::Deal, step, responsible)
}

/// What a lead and a deal have in common; the company is the one that was found, if one was looked for.
fn drafted(
    case: &Case<'_>,
    of: Entity,
    (name, pairs, funnel): (String, &[FieldPair], &Funnel),
    mut because: Because,
    plan: &mut Plan,
) -> (DealDraft, Because) {
    let facts = case.facts;
    let placed = stage::place(case, of, funnel, plan);
    let chosen = responsible::for_new(case, plan);
    let because_facts: Vec<FactLine> = placed.why.into_iter().chain([chosen.why]).collect();
    because.facts.extend(because_facts);
    let company = facts.known.companies.get().and_then(|found| found.first()).cloned();
    let draft = DealDraft {
        contact: None,
        company,
        name,
        at: placed.at,
        responsible: chosen.user,
        tags: tags::tags(&case.rules.tags, facts),
        fields: fields(case, of, pairs, plan),
        created_at: facts.enquiry.opened_at,
        phones: Vec::new(),
        emails: Vec::new(),
    };
    (draft, because)
}

/// B24-12. What both CRMs' rules say of fields is told under Bitrix24's number.
pub fn fields(
    case: &Case<'_>,
    of: Entity,
    pairs: &[FieldPair],
    plan: &mut Plan,
) -> Vec<FieldValue> {
    let (values, left_out) = mapping::mapped(CrmKind::Bitrix, of, pairs, case.facts);
    let ours = |because| Because { rule: Rule("B24-12".to_owned()), ..because };
    plan.left_out.extend(left_out.into_iter().map(ours));
    values
}

fn made(of: Entity, step: usize, responsible: Option<CrmId>) -> Target {
    Target { of, at: Ref::Step(step), responsible, responsible_by_hand: false, fresh: true }
}
