//! What is in the account, in the shapes of the API.

use serde_json::{Value, json};

use super::Account;
use crate::amo::world::Kind;

impl Account {
    /// Leads that were not deleted, those in Unsorted too, with contacts.
    #[must_use]
    pub fn leads(&self) -> Vec<Value> {
        self.list(|account, shape, query| {
            let alive = account.leads.values().filter(|lead| !lead.deleted);
            alive.map(|lead| shape.lead(lead, query)).collect()
        })
    }

    #[must_use]
    pub fn lead(&self, id: i64) -> Option<Value> {
        let one = self.list(|account, shape, query| {
            let lead = account.leads.get(&id).filter(|lead| !lead.deleted);
            lead.map(|lead| shape.lead(lead, query)).into_iter().collect()
        });
        one.into_iter().next()
    }

    /// Contacts that were not deleted, those of Unsorted too, with leads.
    #[must_use]
    pub fn contacts(&self) -> Vec<Value> {
        self.list(|account, shape, query| {
            let alive = account.contacts.values().filter(|contact| !contact.deleted);
            let shown = alive.map(|contact| {
                let mut shown = shape.contact(Kind::Contacts, contact, query);
                shown["hidden"] = json!(contact.hidden);
                shown
            });
            shown.collect()
        })
    }

    #[must_use]
    pub fn contact(&self, id: i64) -> Option<Value> {
        let one = self.list(|account, shape, query| {
            let contact = account.contacts.get(&id).filter(|contact| !contact.deleted);
            let shown = contact.map(|contact| {
                let mut shown = shape.contact(Kind::Contacts, contact, query);
                shown["hidden"] = json!(contact.hidden);
                shown
            });
            shown.into_iter().collect()
        });
        one.into_iter().next()
    }

    #[must_use]
    pub fn tasks(&self) -> Vec<Value> {
        self.list(|account, shape, _| {
            let alive = account.tasks.values().filter(|task| !task.deleted);
            alive.map(|task| shape.task(task)).collect()
        })
    }

    #[must_use]
    pub fn notes(&self, kind: Kind, id: i64) -> Vec<Value> {
        self.list(|account, shape, _| {
            let of = account.notes.values().filter(|note| note.entity == (kind, id));
            of.map(|note| shape.note(note)).collect()
        })
    }

    #[must_use]
    pub fn unsorted(&self) -> Vec<Value> {
        self.list(|account, shape, _| {
            account.unsorted.values().map(|entry| shape.unsorted(entry)).collect()
        })
    }

    /// Names and bytes of the files that hang on an entity.
    #[must_use]
    pub fn files(&self, kind: Kind, id: i64) -> Vec<(String, Vec<u8>)> {
        self.list(|account, _, _| {
            let hung = account.files.get(&(kind, id)).into_iter().flatten();
            let files = hung.filter_map(|hung| account.drive.file(&hung.uuid));
            files.map(|file| (file.name.clone(), file.bytes.to_vec())).collect()
        })
    }

    /// Addresses that are subscribed, with their events; those switched off too.
    #[must_use]
    pub fn webhooks(&self) -> Vec<(String, Vec<String>, bool)> {
        self.list(|account, _, _| {
            let hooks = account.webhooks.values();
            hooks.map(|h| (h.destination.clone(), h.settings.clone(), h.disabled)).collect()
        })
    }
}
