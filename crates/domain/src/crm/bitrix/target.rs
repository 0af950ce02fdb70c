//! Where the words of an enquiry go that makes nothing new (B24-6, B24-13, B24-16, BY-5), and where
//! they went before.

use super::{
    super::{
        Action, Because, CommentPriority, CrmId, DealChoice, Entity, EntityState, LinkedDeal, Plan,
        Question, Ref,
    },
    Case, Place, Target,
    card::{self, Card, deals, leads},
    client::{Client, companies},
};
use crate::conversation::{ConversationKind, Direction};

/// The place that the conversation has already; none if an operator chose another deal since.
pub fn kept(case: &Case<'_>, plan: &mut Plan) -> Option<Place> {
    let (links, occasion) = (&case.facts.links, &case.facts.occasion);
    let here = |link: &&LinkedDeal| link.of_this && link.state != EntityState::Gone;
    let deals: Vec<&LinkedDeal> = links.deals.iter().filter(here).collect();
    let leads: Vec<&LinkedDeal> = links.leads.iter().filter(here).collect();
    let moved = |chosen: &CrmId| !deals.iter().any(|deal| deal.id == *chosen);
    if occasion.chosen_deal.as_ref().is_some_and(moved) {
        return None;
    }
    let mut place = unplaced(case);
    place.targets.extend(deals.iter().map(|deal| card::linked(Entity::Deal, deal).target()));
    place.targets.extend(leads.iter().map(|lead| card::linked(Entity::Lead, lead).target()));
    if case.rules.comments == CommentPriority::Leads {
        place.targets.reverse();
    }
    if !place.targets.is_empty() {
        let closed = deals.iter().chain(&leads).find(|card| card.state == EntityState::Closed);
        if let Some(closed) = closed.filter(|_| occasion.has_inbound()) {
            plan.leave_out(
                Because::new(
                    "B24-13",
                    "closed_goes_on",
                    "Лид или сделка этого обращения закрыты, но оно ещё идёт: сообщения остаются там.",
                    "The enquiry's lead or deal is closed but it goes on: its messages stay there.",
                )
                .with("Номер в CRM", "CRM id", closed.id.as_str()),
            );
        }
        return Some(place);
    }
    // A copy in the contact's card (B24-9) is no place of its own when the deal was removed.
    if occasion.opened || (case.lost_its_place() && case.rules.also_contact) {
        return None;
    }
    let of_client = |of| matches!(of, Entity::Contact | Entity::Company);
    for note in links.written.iter().filter(|note| of_client(note.to)) {
        let known = place.targets.iter().any(|target| target.is_at(note.to, &note.of));
        if !known {
            place.targets.push(at(note.to, Ref::Id(note.of.clone())));
        }
    }
    (!place.targets.is_empty()).then_some(place)
}

/// Nowhere yet, but of a known client.
pub fn unplaced(case: &Case<'_>) -> Place {
    let linked = case.facts.links.contact.as_ref().filter(|linked| !linked.gone);
    let contact = linked.map(|linked| Target {
        responsible: linked.responsible.clone(),
        responsible_by_hand: linked.responsible_by_hand,
        ..at(Entity::Contact, Ref::Id(linked.id.clone()))
    });
    Place { contact, ..Place::default() }
}

fn at(of: Entity, at: Ref) -> Target {
    Target { of, at, responsible: None, responsible_by_hand: false, fresh: false }
}

/// BY-5: the deal that an operator chose.
pub fn by_operator(case: &Case<'_>, plan: &mut Plan) -> Option<Place> {
    let chosen = case.facts.occasion.chosen_deal.as_ref()?;
    let because = Because::new(
        "BY-5",
        "chosen_by_operator",
        "Сделку для этого обращения выбрал оператор.",
        "An operator chose the deal for this enquiry.",
    );
    plan.push(Action::UseDeal { deal: chosen.clone() }, because);
    let linked = case.facts.links.deals.iter().find(|deal| deal.id == *chosen);
    let target = match linked {
        Some(link) => card::linked(Entity::Deal, link).target(),
        None => at(Entity::Deal, Ref::Id(chosen.clone())),
    };
    // A lead of this enquiry stays its lead.
    let here = |link: &&LinkedDeal| link.of_this && link.state != EntityState::Gone;
    let leads = case.facts.links.leads.iter().filter(here);
    let leads = leads.map(|lead| card::linked(Entity::Lead, lead).target());
    Some(Place { targets: std::iter::once(target).chain(leads).collect(), ..unplaced(case) })
}

/// B24-16: an operator writes first to somebody whose request (or another enquiry) has an open deal or
/// lead: no second one is made, a comment there links the chat.
pub fn of_request(
    case: &Case<'_>,
    client: &Client,
    plan: &mut Plan,
) -> Result<Option<Place>, Question> {
    if !operator_wrote_first(case) {
        return Ok(None);
    }
    let choice = case.settings.deal_choice;
    let deals = deals(case, client)?;
    let leads = match card::one(choice, &deals, EntityState::Open) {
        Some(_) => Vec::new(),
        None => leads(case, client)?,
    };
    let open = card::one(choice, &deals, EntityState::Open)
        .or_else(|| card::one(choice, &leads, EntityState::Open));
    let Some((card, _)) = open else { return Ok(None) };
    let because = Because::new(
        "B24-16",
        "operator_wrote_first",
        "Сотрудник написал первым клиенту, у которого уже есть открытая сделка или лид: второй не создаётся.",
        "An operator wrote first to a client with an open deal or lead: no second one is made.",
    );
    use_card(card, because, plan);
    let (targets, contact) = (vec![card.target()], client.target());
    Ok(Some(Place { targets, contact, announced: true, ..Place::default() }))
}

/// The first words of the chat are an employee's; a rule's words have no author.
fn operator_wrote_first(case: &Case<'_>) -> bool {
    let first = case.facts.occasion.lines.iter().min_by_key(|line| line.position);
    case.facts.enquiry.kind == ConversationKind::Chat
        && first
            .is_some_and(|line| line.direction == Direction::Outbound && !line.author.is_empty())
}

/// B24-6 with B24-13: open leads and deals in the order of the setting, then closed ones where that is
/// on, then the contact, then the company. A chat that an operator began is announced there (B24-16).
pub fn by_priority(case: &Case<'_>, client: &Client, plan: &mut Plan) -> Result<Place, Question> {
    let chosen = preferred(case, client)?;
    let mut place = Place { contact: client.target(), ..Place::default() };
    for (card, count) in chosen {
        use_card(&card, reason(case, &card, count), plan);
        place.targets.push(card.target());
    }
    if !place.targets.is_empty() {
        place.announced = case.facts.occasion.opened && operator_wrote_first(case);
        return Ok(place);
    }
    let mut cards = deals(case, client)?;
    cards.extend(leads(case, client)?);
    place.targets.extend(match client.target() {
        Some(contact) => Some(contact),
        None => companies(case, client)?
            .first()
            .map(|company| at(Entity::Company, Ref::Id(company.clone()))),
    });
    if !cards.is_empty() {
        let (ru, en) = match place.targets.is_empty() {
            true => ("записать переписку некуда", "there is nowhere to write the words"),
            false => (
                "переписка записывается в контакт или компанию",
                "the words are written into the contact or company",
            ),
        };
        plan.leave_out(
            Because::new(
                "B24-13",
                "all_closed",
                format!("Лиды и сделки клиента закрыты, запись в закрытые выключена: {ru}."),
                format!(
                    "The client's leads and deals are closed, and adding to closed ones is off: {en}."
                ),
            )
            .with("Закрытых", "Closed", cards.len().to_string())
            .mended_in("entities"),
        );
    }
    Ok(place)
}

/// The leads and deals to write to, each with how many it was chosen from.
fn preferred(case: &Case<'_>, client: &Client) -> Result<Vec<(Card, usize)>, Question> {
    let choice = case.settings.deal_choice;
    let pick = |cards: &[Card], state| {
        card::one(choice, cards, state).map(|(card, count)| (card.clone(), count))
    };
    let closed_too = case.rules.add_to_closed;
    match case.rules.comments {
        CommentPriority::Both if case.has_leads() => {
            let both = [deals(case, client)?, leads(case, client)?];
            let of = |state| both.iter().filter_map(|cards| pick(cards, state)).collect();
            let open: Vec<_> = of(EntityState::Open);
            Ok(if open.is_empty() && closed_too { of(EntityState::Closed) } else { open })
        }
        CommentPriority::Deals | CommentPriority::Leads | CommentPriority::Both => {
            // The second kind is asked for only if the first has nothing open.
            let leads_first = case.has_leads() && case.rules.comments == CommentPriority::Leads;
            let first = if leads_first { leads(case, client)? } else { deals(case, client)? };
            if let Some(open) = pick(&first, EntityState::Open) {
                return Ok(vec![open]);
            }
            let second = if leads_first { deals(case, client)? } else { leads(case, client)? };
            let open = pick(&second, EntityState::Open);
            let closed =
                || pick(&first, EntityState::Closed).or_else(|| pick(&second, EntityState::Closed));
            Ok(open.or_else(|| closed().filter(|_| closed_too)).into_iter().collect())
        }
    }
}

fn use_card(card: &Card, because: Because, plan: &mut Plan) {
    let id = card.id.clone();
    let (action, ru, en) = match card.of {
        Entity::Lead => (Action::UseLead { lead: id }, "Лид", "Lead"),
        _ => (Action::UseDeal { deal: id }, "Сделка", "Deal"),
    };
    plan.push(action, because.with(ru, en, card.title()));
}

fn reason(case: &Case<'_>, card: &Card, count: usize) -> Because {
    let (what, what_en) = match card.of {
        Entity::Lead => ("лид", "lead"),
        _ => ("сделку", "deal"),
    };
    let (state, state_en) = match card.state {
        EntityState::Closed => ("закрыты", "closed"),
        EntityState::Open | EntityState::Gone => ("открыты", "open"),
    };
    let because = if card.state == EntityState::Closed {
        Because::new(
            "B24-13",
            "closed_chosen",
            format!("Всё у клиента закрыто, запись в закрытые включена: переписка идёт в {what}."),
            format!(
                "Everything of the client is closed and may be added to: the {what_en} is used."
            ),
        )
    } else if count > 1 {
        let (which, which_en) = match case.settings.deal_choice {
            DealChoice::Newest => ("самая новая", "the newest"),
            DealChoice::Oldest => ("самая старая", "the oldest"),
            DealChoice::LastChanged => ("изменённая последней", "the last changed"),
        };
        Because::new(
            "BY-5",
            "several_open",
            format!("Открытых у клиента несколько, по настройке выбрана запись: {which}."),
            format!("The client has several open ones; by the setting {which_en} is used."),
        )
    } else {
        Because::new(
            "B24-6",
            "open_found",
            format!("Повторное обращение ничего не создаёт: переписка идёт в {what} клиента."),
            format!("A repeat enquiry makes nothing: its words go to the client's {what_en}."),
        )
    };
    let (priority, priority_en) = match case.rules.comments {
        CommentPriority::Deals => ("в сделки", "to deals"),
        CommentPriority::Leads => ("в лиды", "to leads"),
        CommentPriority::Both => ("в оба", "to both"),
    };
    because.with("Приоритет", "Priority", format!("{priority} ({priority_en})")).with(
        &format!("Сколько {state}"),
        &format!("How many {state_en}"),
        count.to_string(),
    )
}
