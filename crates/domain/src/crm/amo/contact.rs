//! The contact (CRM-1, AMO-3): ours first, then one found by phone or e-mail, then a new one.

use super::{
    super::{
        Action, Because, ContactDraft, CrmKind, Entity, FoundContact, LinkedContact, Plan,
        Question, Ref, mapping, names, tags,
    },
    Case, Person, Target, deal, responsible,
};
use crate::{phone, scenario::EnquiryOrder};

/// Whom the enquiry is from; found or made, if the conversation needs somebody now.
pub fn of(case: &Case<'_>, plan: &mut Plan) -> Result<Person, Question> {
    let facts = case.facts;
    if let Some(linked) = facts.links.contact.as_ref().filter(|linked| !linked.gone) {
        let now = match facts.known.contact.get() {
            None if !facts.mirrored && needs_deal(case) => {
                return Err(Question::Contact { id: linked.id.clone() });
            }
            now => now,
        };
        if now.is_none_or(Option::is_some) {
            return Ok(ours(case, linked, now.and_then(Option::as_ref), plan));
        }
    }
    if !needs_deal(case) && !facts.occasion.opened && !facts.occasion.contact_changed {
        return Ok(Person::default());
    }
    match found(case, plan)? {
        Some(found) => Ok(use_found(case, found, plan)),
        None => Ok(make(case, plan)),
    }
}

/// The contact that we know to be this person's, without a search: with «unsorted» the CRM itself finds
/// or makes it.
pub fn linked(case: &Case<'_>, target: Option<&Target>, plan: &mut Plan) -> Person {
    let waiting = target.is_some_and(|target| target.waiting);
    match case.facts.links.contact.as_ref().filter(|linked| !linked.gone && !waiting) {
        Some(linked) => ours(case, linked, None, plan),
        None => Person::default(),
    }
}

/// Whether a deal is to be chosen now, so that the contact and its deals matter.
fn needs_deal(case: &Case<'_>) -> bool {
    let facts = case.facts;
    let talked = facts.occasion.opened || !facts.occasion.lines.is_empty();
    case.channel.create_deal && talked && !deal::is_kept(case)
}

fn ours(
    case: &Case<'_>,
    linked: &LinkedContact,
    now: Option<&FoundContact>,
    plan: &mut Plan,
) -> Person {
    let at = Ref::Id(linked.id.clone());
    update(case, &at, now, plan);
    Person {
        at: Some(at),
        existed: true,
        responsible: now.map_or_else(|| linked.responsible.clone(), |now| now.responsible.clone()),
        responsible_by_hand: linked.responsible_by_hand,
        deals: now.map(|now| now.deals.clone()),
    }
}

/// The best contact of the CRM with a phone or e-mail of this person.
fn found<'a>(case: &Case<'a>, plan: &mut Plan) -> Result<Option<&'a FoundContact>, Question> {
    let contact = &case.facts.contact;
    if contact.phones.is_empty() && contact.emails.is_empty() {
        return Ok(None);
    }
    if !case.channel.find_existing {
        plan.leave_out(
            Because::new(
                "CRM-6",
                "search_off",
                "Поиск клиента в CRM выключен для этого канала: возможны дубли контактов.",
                "The search for the client is off for this channel: contacts may be duplicated.",
            )
            .with("Канал", "Channel", &case.facts.enquiry.channel.name)
            .mended_in("channels"),
        );
        return Ok(None);
    }
    let question =
        || Question::FindContact { phones: contact.phones.clone(), emails: contact.emails.clone() };
    Ok(case.facts.known.contacts.get().ok_or_else(question)?.first())
}

fn use_found(case: &Case<'_>, found: &FoundContact, plan: &mut Plan) -> Person {
    let mut because = Because::new(
        "CRM-1",
        "contact_found",
        "В CRM уже есть контакт с телефоном или e-mail клиента, новый не создаётся.",
        "The CRM has a contact with the client's phone or e-mail; no new one is made.",
    )
    .with("Контакт", "Contact", &found.name)
    .with("Совпало", "Matched", &found.matched_by);
    let count = case.facts.known.contacts.get().map_or(1, Vec::len);
    if count > 1 {
        because = because.with("Найдено контактов", "Contacts found", count.to_string());
    }
    let action =
        Action::UseContact { contact: found.id.clone(), responsible: found.responsible.clone() };
    plan.push(action, because);
    let at = Ref::Id(found.id.clone());
    update(case, &at, Some(found), plan);
    Person {
        at: Some(at),
        existed: true,
        responsible: found.responsible.clone(),
        responsible_by_hand: false,
        deals: Some(found.deals.clone()),
    }
}

fn make(case: &Case<'_>, plan: &mut Plan) -> Person {
    let facts = case.facts;
    if !case.channel.create_contact {
        plan.leave_out(
            Because::new(
                "CRM-1",
                "contact_creation_off",
                "Контакт не создан: для этого канала создание контактов выключено.",
                "No contact is made: this channel does not create contacts.",
            )
            .with("Канал", "Channel", &facts.enquiry.channel.name)
            .mended_in("channels"),
        );
        return Person::default();
    }
    let (fields, left_out) =
        mapping::mapped(CrmKind::Amo, Entity::Contact, &case.settings.fields.contact, facts);
    plan.left_out.extend(left_out);
    let chosen = responsible::for_new(case, plan);
    let draft = ContactDraft {
        name: names::contact(&case.settings.names, facts),
        phones: facts.contact.phones.clone(),
        emails: facts.contact.emails.clone(),
        responsible: chosen.user.clone(),
        tags: tags::tags(&case.settings.tags, facts),
        fields,
        created_at: facts.enquiry.opened_at,
    };
    let lost = facts.links.contact.as_ref().is_some_and(|linked| linked.gone)
        || facts.known.contact.get().is_some_and(Option::is_none);
    let known = !facts.contact.phones.is_empty() || !facts.contact.emails.is_empty();
    let mut because = if lost {
        Because::new(
            "CRM-2",
            "contact_replaced",
            "Прежний контакт клиента удалён в CRM, создан новый.",
            "The client's former contact was removed from the CRM; a new one is made.",
        )
    } else if !known {
        Because::new(
            "CRM-2",
            "contact_unknown",
            "Клиент пишет впервые, телефон и e-mail неизвестны, искать не по чему: создан контакт.",
            "A new client without a phone or e-mail to search by: a contact is made.",
        )
    } else if case.channel.find_existing {
        Because::new(
            "CRM-2",
            "contact_not_found",
            "В CRM нет контакта с телефоном или e-mail клиента: создан новый.",
            "The CRM has no contact with the client's phone or e-mail: a new one is made.",
        )
    } else {
        Because::new(
            "CRM-2",
            "contact_not_searched",
            "Поиск клиента выключен: создан новый контакт.",
            "The search for clients is off: a new contact is made.",
        )
    };
    because.facts.push(chosen.why);
    let responsible = draft.responsible.clone();
    let step = plan.push(Action::CreateContact(draft), because);
    Person {
        at: Some(Ref::Step(step)),
        existed: false,
        responsible,
        responsible_by_hand: false,
        deals: Some(Vec::new()),
    }
}

/// CRM-1 «обновлять данные контакта»: what is missing is added; tags, which have a switch of their own
/// (AMO-7); WA-6. A contact of which the CRM did not tell what it has is sent everything: the adapter
/// compares before it writes.
fn update(case: &Case<'_>, at: &Ref, now: Option<&FoundContact>, plan: &mut Plan) {
    let (facts, occasion) = (case.facts, &case.facts.occasion);
    let replace_8 = replaces_8(case, now);
    let (mut add_phones, mut add_emails, mut fields, mut new_tags) = Default::default();
    if case.channel.update_contact && (occasion.opened || occasion.contact_changed) {
        let has = |theirs: &[String], ours: &str| theirs.iter().any(|t| same_number(t, ours));
        let knows = |theirs: &[String], ours: &str| {
            theirs.iter().any(|t| t.trim().to_lowercase() == ours.to_lowercase())
        };
        let phones = now.map_or(&[][..], |now| &now.phones);
        let emails = now.map_or(&[][..], |now| &now.emails);
        add_phones = missing(&facts.contact.phones, |ours| has(phones, ours));
        add_emails = missing(&facts.contact.emails, |ours| knows(emails, ours));
        let pairs = &case.settings.fields.contact;
        let (values, left_out) = mapping::mapped(CrmKind::Amo, Entity::Contact, pairs, facts);
        plan.left_out.extend(left_out);
        fields = values;
    } else if occasion.contact_changed && !case.channel.update_contact {
        plan.leave_out(
            Because::new(
                "CRM-1",
                "contact_update_off",
                "Новые данные клиента не записаны в CRM: обновление контактов выключено.",
                "The client's new data is not written: updating contacts is off for this channel.",
            )
            .with("Канал", "Channel", &facts.enquiry.channel.name)
            .mended_in("channels"),
        );
    }
    if occasion.opened {
        new_tags = tags::tags(&case.settings.tags, facts);
    }
    let same_data = add_phones.is_empty() && add_emails.is_empty() && fields.is_empty();
    if same_data && new_tags.is_empty() && !replace_8 {
        return;
    }
    let because = if replace_8 {
        Because::new(
            "WA-6",
            "replace_8",
            "Первое обращение: номер, записанный через 8, заменяется на +7.",
            "The first enquiry: a number written with 8 is replaced by +7.",
        )
    } else if same_data {
        Because::new(
            "AMO-7",
            "contact_tagged",
            "К контакту, который уже был, теги добавлены; прежние теги остались.",
            "Tags are added to the contact that was there; its own tags stay.",
        )
    } else {
        Because::new(
            "CRM-1",
            "contact_updated",
            "Контакт дополняется тем, что стало известно; имя не меняется.",
            "The contact gets what became known; its name is left alone.",
        )
    };
    let contact = at.clone();
    let tags = new_tags;
    plan.push(
        Action::UpdateContact { contact, add_phones, add_emails, replace_8, fields, tags },
        because,
    );
}

fn replaces_8(case: &Case<'_>, now: Option<&FoundContact>) -> bool {
    let (facts, occasion) = (case.facts, &case.facts.occasion);
    let wanted = case.settings.chats.as_ref().is_some_and(|chats| chats.replace_8);
    let first = occasion.first_inbound && facts.enquiry.order == EnquiryOrder::First;
    let old = |phone: &String| {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        digits.len() == 11 && phone.trim().starts_with('8')
    };
    let some = now.map_or(!facts.contact.phones.is_empty(), |now| now.phones.iter().any(old));
    wanted && first && some
}

fn missing(ours: &[String], known: impl Fn(&str) -> bool) -> Vec<String> {
    ours.iter().filter(|one| !known(one)).cloned().collect()
}

/// +7916… and 8916… are one.
fn same_number(theirs: &str, ours: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (theirs, ours) = (digits(theirs), digits(ours));
    !ours.is_empty() && phone::common_end(&theirs) == phone::common_end(&ours)
}
