//! Contacts and companies: they differ in nothing but the place where they are kept.

use std::collections::BTreeMap;

use super::Acting;
use crate::amo::{
    draft::ContactDraft,
    events,
    world::{Contact, Indexed, Kind, Values},
};

impl Acting<'_> {
    pub(in crate::amo) fn add_contact(&mut self, kind: Kind, draft: &ContactDraft) -> i64 {
        self.new_contact(kind, draft, false)
    }

    pub(super) fn new_contact(&mut self, kind: Kind, draft: &ContactDraft, hidden: bool) -> i64 {
        let id = self.ids.made();
        let mut contact = Contact {
            id,
            name: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            responsible_user_id: draft.common.responsible_user_id.unwrap_or(self.by),
            trail: self.trail(draft.common.created_by, draft.common.created_at),
            values: Values::new(),
            tags: Vec::new(),
            company_id: None,
            hidden,
            deleted: false,
            indexed: Indexed::default(),
        };
        self.write_contact(kind, &mut contact, draft);
        self.contacts(kind).insert(id, contact);
        if !hidden {
            self.contact_happened(kind, id, "add");
        }
        id
    }

    pub(super) fn contacts(&mut self, kind: Kind) -> &mut BTreeMap<i64, Contact> {
        match kind {
            Kind::Companies => &mut self.account.companies,
            _ => &mut self.account.contacts,
        }
    }

    pub(super) fn write_contact(
        &mut self,
        kind: Kind,
        contact: &mut Contact,
        draft: &ContactDraft,
    ) {
        if let Some(name) = &draft.name {
            contact.name.clone_from(name);
        }
        if draft.first_name.is_some() || draft.last_name.is_some() {
            if let Some(first) = &draft.first_name {
                contact.first_name.clone_from(first);
            }
            if let Some(last) = &draft.last_name {
                contact.last_name.clone_from(last);
            }
            if draft.name.is_none() {
                contact.name =
                    format!("{} {}", contact.first_name, contact.last_name).trim().to_owned();
            }
        }
        if let Some(company) = draft.company_id {
            contact.company_id = Some(company);
        }
        contact.tags = self.tags(kind, &contact.tags, &draft.common.tags);
        contact.values.extend(draft.common.values.clone());
        contact.values.retain(|_, values| !values.is_empty());
        let text = self.account.contact_text(kind, contact);
        self.index(&mut contact.indexed, text);
    }

    /// False: there is no such contact.
    pub(in crate::amo) fn change_contact(
        &mut self,
        kind: Kind,
        id: i64,
        draft: &ContactDraft,
    ) -> bool {
        let Some(mut contact) = self.contacts(kind).get(&id).filter(|c| !c.deleted).cloned() else {
            return false;
        };
        let before = contact.responsible_user_id;
        self.write_contact(kind, &mut contact, draft);
        if let Some(responsible) = draft.common.responsible_user_id {
            contact.responsible_user_id = responsible;
        }
        contact.trail.updated_by = draft.common.updated_by.unwrap_or(self.by);
        contact.trail.updated_at = self.now;
        let (hidden, after) = (contact.hidden, contact.responsible_user_id);
        self.contacts(kind).insert(id, contact);
        if !hidden {
            self.contact_happened(kind, id, "update");
            if before != after {
                self.contact_happened(kind, id, "responsible");
            }
        }
        true
    }

    pub(super) fn contact_happened(&mut self, kind: Kind, id: i64, action: &'static str) {
        if let Some(event) = events::of_contact(self.account, kind, id, action) {
            self.happened(event);
        }
    }

    pub(in crate::amo) fn delete_contact(&mut self, kind: Kind, id: i64) {
        if let Some(contact) = self.contacts(kind).get_mut(&id) {
            contact.deleted = true;
            contact.indexed = Indexed::default();
        }
        self.account.chat_links.retain(|link| link.contact_id != id || kind != Kind::Contacts);
        for lead in self.account.leads.values_mut() {
            lead.contacts.retain(|contact| *contact != id);
        }
        self.happened(events::deleted(self.account, kind, id));
    }
}
