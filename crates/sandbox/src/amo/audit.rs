//! What stands in an account twice, though nobody wanted it so.

use std::collections::BTreeMap;

use super::{
    values::same_phone,
    world::{AccountState, Contact, Kind},
};

/// Groups of more than one; an account without duplicates has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Contacts with an equal phone, as digits: ids.
    pub contacts_by_phone: BTreeMap<String, Vec<i64>>,
    pub contacts_by_email: BTreeMap<String, Vec<i64>>,
    /// Leads with an equal name and main contact.
    pub leads_by_name_and_contact: BTreeMap<(String, i64), Vec<i64>>,
    /// Leads with more than one open task.
    pub open_tasks_by_lead: BTreeMap<i64, Vec<i64>>,
    /// Notes of one lead with an equal text.
    pub notes_by_lead_and_text: BTreeMap<(i64, String), Vec<i64>>,
}

impl Audit {
    /// How many things are too many.
    #[must_use]
    pub fn duplicates(&self) -> usize {
        fn over<K>(groups: &BTreeMap<K, Vec<i64>>) -> usize {
            groups.values().map(|ids| ids.len() - 1).sum()
        }
        over(&self.contacts_by_phone)
            + over(&self.contacts_by_email)
            + over(&self.leads_by_name_and_contact)
            + over(&self.open_tasks_by_lead)
            + over(&self.notes_by_lead_and_text)
    }
}

pub(super) fn of(account: &AccountState) -> Audit {
    let contacts = || account.contacts.values().filter(|contact| !contact.deleted);
    let texts =
        |contact: &Contact, code: &str| account.texts(&contact.values, Kind::Contacts, code);
    let phones = contacts().flat_map(|contact| {
        let numbers = texts(contact, "PHONE").into_iter();
        numbers.map(|text| (same_phone(&text), contact.id)).collect::<Vec<_>>()
    });
    let emails = contacts().flat_map(|contact| {
        let addresses = texts(contact, "EMAIL").into_iter();
        addresses.map(|text| (text.to_lowercase(), contact.id)).collect::<Vec<_>>()
    });
    let leads = account
        .leads
        .values()
        .filter(|lead| !lead.deleted)
        .filter_map(|lead| Some(((lead.name.clone(), *lead.contacts.first()?), lead.id)));
    let tasks = account.tasks.values().filter(|task| !task.deleted && !task.is_completed);
    let tasks = tasks.filter_map(|task| match task.entity {
        Some((Kind::Leads, lead)) => Some((lead, task.id)),
        _ => None,
    });
    let notes = account.notes.values().filter_map(|note| {
        let (Kind::Leads, lead) = note.entity else { return None };
        let text = note.params.get("text")?.as_str()?;
        Some(((lead, text.to_owned()), note.id))
    });
    Audit {
        contacts_by_phone: twice(phones),
        contacts_by_email: twice(emails),
        leads_by_name_and_contact: twice(leads),
        open_tasks_by_lead: twice(tasks),
        notes_by_lead_and_text: twice(notes),
    }
}

fn twice<K: Ord>(pairs: impl Iterator<Item = (K, i64)>) -> BTreeMap<K, Vec<i64>> {
    let mut groups: BTreeMap<K, Vec<i64>> = BTreeMap::new();
    for (key, id) in pairs {
        let ids = groups.entry(key).or_default();
        // One contact may hold a number twice.
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    groups.retain(|_, ids| ids.len() > 1);
    groups
}
