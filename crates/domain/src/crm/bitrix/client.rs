//! Who it is (CRM-1, B24-5): our own link first, then a contact, lead or company found by phone or
//! e-mail.

use super::{
    super::{Action, Because, CrmId, Entity, EntityState, FoundContact, Plan, Question, Ref},
    Case, Target, card, create,
};
use crate::{
    phone::{Country, normalise},
    scenario::EnquiryOrder,
};

/// The client's card in the CRM, if there is one.
#[derive(Debug, Default)]
pub struct Client {
    pub contact: Option<CrmId>,
    /// We knew it before this search.
    linked: bool,
    pub responsible: Option<CrmId>,
    pub responsible_by_hand: bool,
}

impl Client {
    /// By what the CRM may be searched: nothing where the channel does not search.
    pub fn searched_by(&self, case: &Case<'_>) -> (Vec<String>, Vec<String>) {
        if !case.channel.find_existing {
            return (Vec::new(), Vec::new());
        }
        (case.facts.contact.phones.clone(), case.facts.contact.emails.clone())
    }

    pub fn target(&self) -> Option<Target> {
        Some(Target {
            of: Entity::Contact,
            at: Ref::Id(self.contact.clone()?),
            responsible: self.responsible.clone(),
            responsible_by_hand: self.responsible_by_hand,
            fresh: false,
        })
    }
}

/// The contact that is linked, else the best one that the CRM finds.
pub fn of(case: &Case<'_>, plan: &mut Plan) -> Result<Client, Question> {
    let facts = case.facts;
    if let Some(linked) = facts.links.contact.as_ref().filter(|linked| !linked.gone) {
        let ours = Client {
            contact: Some(linked.id.clone()),
            linked: true,
            responsible: linked.responsible.clone(),
            responsible_by_hand: linked.responsible_by_hand,
        };
        if facts.mirrored {
            return Ok(ours);
        }
        let question = || Question::Contact { id: linked.id.clone() };
        if let Some(now) = facts.known.contact.get().ok_or_else(question)? {
            return Ok(Client { responsible: now.responsible.clone(), ..ours });
        }
    }
    let contact = &facts.contact;
    if contact.phones.is_empty() && contact.emails.is_empty() {
        return Ok(Client::default());
    }
    if !case.channel.find_existing {
        plan.leave_out(
            Because::new(
                "CRM-6",
                "search_off",
                "Поиск клиента в CRM выключен для этого канала: возможны дубли контактов и лидов.",
                "The search for the client is off for this channel: contacts and leads may double.",
            )
            .with("Канал", "Channel", &*facts.enquiry.channel.name)
            .mended_in("channels"),
        );
        return Ok(Client::default());
    }
    let question =
        || Question::FindContact { phones: contact.phones.clone(), emails: contact.emails.clone() };
    match facts.known.contacts.get().ok_or_else(question)?.first() {
        Some(found) => Ok(use_found(found, plan)),
        None => Ok(Client::default()),
    }
}

fn use_found(found: &FoundContact, plan: &mut Plan) -> Client {
    let because = Because::new(
        "CRM-1",
        "contact_found",
        "В CRM уже есть контакт с телефоном или e-mail клиента, новый не создаётся.",
        "The CRM has a contact with the client's phone or e-mail; no new one is made.",
    )
    .with("Контакт", "Contact", &*found.name)
    .with("Совпало", "Matched", &*found.matched_by);
    let responsible = found.responsible.clone();
    plan.push(Action::UseContact { contact: found.id.clone(), responsible }, because);
    Client {
        contact: Some(found.id.clone()),
        linked: false,
        responsible: found.responsible.clone(),
        responsible_by_hand: false,
    }
}

/// Whether anything of the client is in the CRM. What we know already costs no call; then leads, which
/// most enquiries leave behind, then companies.
pub fn is_repeat(case: &Case<'_>, client: &Client) -> Result<bool, Question> {
    let links = &case.facts.links;
    let mut ours = links.deals.iter().chain(&links.leads);
    if ours.any(|card| card.state != EntityState::Gone) {
        return Ok(true);
    }
    // At the beginning of a person's very first enquiry our own contact can only come from a try that
    // went no further: the lead or deal is still to be made.
    let first = case.facts.occasion.opened && case.facts.enquiry.order == EnquiryOrder::First;
    if client.linked && first {
        return Ok(!card::deals(case, client)?.is_empty() || !card::leads(case, client)?.is_empty());
    }
    if client.contact.is_some() {
        return Ok(true);
    }
    Ok(!card::leads(case, client)?.is_empty() || !companies(case, client)?.is_empty())
}

/// Companies with the phone or e-mail.
pub fn companies<'a>(case: &Case<'a>, client: &Client) -> Result<&'a [CrmId], Question> {
    let (phones, emails) = client.searched_by(case);
    if phones.is_empty() && emails.is_empty() {
        return Ok(&[]);
    }
    let known = case.facts.known.companies.get().map(Vec::as_slice);
    known.ok_or(Question::FindCompany { phones, emails })
}

/// CRM-1 «обновлять данные контакта»: what is missing is added, a name is left alone.
pub fn update(case: &Case<'_>, contact: Option<&Target>, plan: &mut Plan) {
    let (facts, occasion) = (case.facts, &case.facts.occasion);
    let Some(contact) = contact.filter(|contact| !contact.fresh) else { return };
    if !(occasion.opened || occasion.contact_changed) {
        return;
    }
    if !case.channel.update_contact {
        if occasion.contact_changed {
            plan.leave_out(
                Because::new(
                    "CRM-1",
                    "contact_update_off",
                    "Новые данные клиента не записаны в CRM: обновление контактов выключено.",
                    "The client's new data is not written: updating contacts is off for this channel.",
                )
                .with("Канал", "Channel", &*facts.enquiry.channel.name)
                .mended_in("channels"),
            );
        }
        return;
    }
    let now = now_at(case, contact);
    let same_phone = |theirs: &str, ours: &str| {
        normalise(theirs, Country::RU).is_some_and(|theirs| theirs.as_str() == ours)
    };
    let same_email = |theirs: &str, ours: &str| theirs.trim().to_lowercase() == ours.to_lowercase();
    let add_phones = lacking(&facts.contact.phones, now.map_or(&[], |now| &now.phones), same_phone);
    let add_emails = lacking(&facts.contact.emails, now.map_or(&[], |now| &now.emails), same_email);
    let fields = create::fields(case, Entity::Contact, &case.rules.fields.contact, plan);
    if add_phones.is_empty() && add_emails.is_empty() && fields.is_empty() {
        return;
    }
    let because = Because::new(
        "CRM-1",
        "contact_updated",
        "Контакт дополняется тем, что стало известно; имя не меняется.",
        "The contact gets what became known; its name is left alone.",
    );
    let contact = contact.at.clone();
    let action = Action::UpdateContact {
        contact,
        add_phones,
        add_emails,
        replace_8: false,
        fields,
        tags: Vec::new(),
    };
    plan.push(action, because);
}

/// The contact as the CRM told it in this gathering.
fn now_at<'a>(case: &Case<'a>, contact: &Target) -> Option<&'a FoundContact> {
    let known = &case.facts.known;
    let one = known.contact.get().and_then(Option::as_ref);
    let found = known.contacts.get().and_then(|found| found.first());
    one.into_iter().chain(found).find(|now| contact.is_at(Entity::Contact, &now.id))
}

fn lacking(ours: &[String], theirs: &[String], same: fn(&str, &str) -> bool) -> Vec<String> {
    let missing = |our: &&String| !theirs.iter().any(|their| same(their, our));
    ours.iter().filter(missing).cloned().collect()
}
