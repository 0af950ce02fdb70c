//! Leads and deals of the client: what the CRM answered, joined with what we know to be ours.

use super::super::Ref;
use super::{
    super::{CrmId, DealChoice, DealFact, Entity, EntityState, LinkedDeal, Question},
    Case, Target,
    client::Client,
};
use crate::clock::Instant;

/// A lead or deal that the conversation may go to.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    pub of: Entity,
    pub id: CrmId,
    /// Empty where only our link is known.
    pub name: String,
    pub state: EntityState,
    responsible: Option<CrmId>,
    responsible_by_hand: bool,
    changed_at: Instant,
}

impl Card {
    /// As people know it.
    pub fn title(&self) -> &str {
        if self.name.is_empty() { self.id.as_str() } else { &self.name }
    }

    pub fn target(&self) -> Target {
        Target {
            of: self.of,
            at: Ref::Id(self.id.clone()),
            responsible: self.responsible.clone(),
            responsible_by_hand: self.responsible_by_hand,
            fresh: false,
        }
    }
}

/// Deals of the client. Without a contact only ours can be known: the CRM finds deals by their contact.
pub fn deals(case: &Case<'_>, client: &Client) -> Result<Vec<Card>, Question> {
    let facts = case.facts;
    let asked = match (&client.contact, facts.known.deals.get()) {
        (_, Some(deals)) => deals.as_slice(),
        (None, None) => &[],
        (Some(contact), None) => {
            return Err(Question::DealsOf { contact: contact.clone(), ids: None });
        }
    };
    Ok(joined(Entity::Deal, asked, &facts.links.deals))
}

/// Leads of the client, by contact, phone and e-mail. The mode without leads has none.
pub fn leads(case: &Case<'_>, client: &Client) -> Result<Vec<Card>, Question> {
    if !case.has_leads() {
        return Ok(Vec::new());
    }
    let facts = case.facts;
    let (phones, emails) = client.searched_by(case);
    let unknown = client.contact.is_none() && phones.is_empty() && emails.is_empty();
    let asked = match facts.known.leads.get() {
        Some(leads) => leads.as_slice(),
        None if unknown => &[],
        None => {
            let contact = client.contact.clone();
            return Err(Question::LeadsOf { contact, phones, emails });
        }
    };
    Ok(joined(Entity::Lead, asked, &facts.links.leads))
}

/// The answer, and of our links what is not in it: the CRM's list finds a deal only by its first
/// contact (`CONTACT_ID`), and knows nothing of what was made a moment ago.
fn joined(of: Entity, asked: &[DealFact], links: &[LinkedDeal]) -> Vec<Card> {
    let found = asked.iter().map(|fact| {
        let linked = links.iter().find(|link| link.id == fact.id);
        Card {
            of,
            id: fact.id.clone(),
            name: fact.name.clone(),
            state: fact.state,
            responsible: fact.responsible.clone(),
            responsible_by_hand: linked.is_some_and(|link| link.responsible_by_hand),
            changed_at: fact.changed_at,
        }
    });
    let unseen = links.iter().filter(|link| !asked.iter().any(|fact| fact.id == link.id));
    let mut cards: Vec<Card> = found.chain(unseen.map(|link| linked(of, link))).collect();
    cards.retain(|card| card.state != EntityState::Gone);
    cards
}

/// What we know of a lead or deal without asking.
pub fn linked(of: Entity, link: &LinkedDeal) -> Card {
    Card {
        of,
        id: link.id.clone(),
        name: String::new(),
        state: link.state,
        responsible: link.responsible.clone(),
        responsible_by_hand: link.responsible_by_hand,
        changed_at: link.created_at,
    }
}

/// One of those in a state, and of how many. The newest is the one with the greatest id.
pub fn one(choice: DealChoice, cards: &[Card], state: EntityState) -> Option<(&Card, usize)> {
    let number = |card: &&Card| (card.id.as_str().len(), card.id.clone());
    let of_state = || cards.iter().filter(|card| card.state == state);
    let card = match choice {
        DealChoice::Newest => of_state().max_by_key(number),
        DealChoice::Oldest => of_state().min_by_key(number),
        DealChoice::LastChanged => of_state().max_by_key(|card| (card.changed_at, number(card))),
    };
    card.map(|card| (card, of_state().count()))
}
