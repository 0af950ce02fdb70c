//! Unsorted: what is put in, and what becomes of it.

use serde_json::Value;

use super::{Acting, MOST_ALIKE};
use crate::amo::{
    draft::{ContactDraft, LeadDraft},
    events,
    world::{Kind, LOST, Unsorted, WON},
};

/// What a new entry of Unsorted is made of.
#[derive(Clone, Debug)]
pub(in crate::amo) struct UnsortedDraft {
    /// `forms`, `sip` or `chats`.
    pub category: String,
    pub source_uid: Option<String>,
    pub source_name: Option<String>,
    pub pipeline_id: Option<i64>,
    pub created_at: Option<i64>,
    pub metadata: Value,
    pub lead: LeadDraft,
    pub contacts: Vec<ContactDraft>,
    pub companies: Vec<ContactDraft>,
}

impl Acting<'_> {
    /// Makes the lead and its people; they stay out of their sections until somebody accepts.
    pub(in crate::amo) fn put_unsorted(&mut self, draft: &UnsortedDraft) -> Unsorted {
        let pipeline_id = draft.pipeline_id.or_else(|| self.account.main_pipeline());
        let pipeline_id = pipeline_id.unwrap_or_default();
        let pipeline = self.account.pipelines.get(&pipeline_id);
        let status = pipeline.and_then(|p| p.unsorted_status().or_else(|| p.first_status()));
        // The duplicate control takes the contact that is there instead of a new one.
        let known = draft.contacts.first().filter(|_| self.account.switches.duplicate_control);
        let known = known.map(|contact| self.account.contacts_like(&contact.common.values));
        let contact_ids: Vec<i64> = match known {
            Some(alike) if (1..=MOST_ALIKE).contains(&alike.len()) => {
                alike.into_iter().take(1).collect()
            }
            _ => draft
                .contacts
                .iter()
                .map(|contact| self.new_contact(Kind::Contacts, contact, true))
                .collect(),
        };
        let company_ids: Vec<i64> = draft
            .companies
            .iter()
            .map(|company| self.new_contact(Kind::Companies, company, true))
            .collect();
        let mut lead = draft.lead.clone();
        lead.pipeline_id = Some(pipeline_id);
        lead.status_id = status;
        lead.contacts.clone_from(&contact_ids);
        lead.company_id = company_ids.first().copied();
        // Nobody answers for it yet.
        lead.common.responsible_user_id.get_or_insert(0);
        let lead_id = self.new_lead(&lead);
        self.enter_unsorted(draft, pipeline_id, lead_id, contact_ids, company_ids)
    }

    fn enter_unsorted(
        &mut self,
        draft: &UnsortedDraft,
        pipeline_id: i64,
        lead_id: i64,
        contact_ids: Vec<i64>,
        company_ids: Vec<i64>,
    ) -> Unsorted {
        let entry = Unsorted {
            uid: hex::encode(rand::random::<[u8; 30]>()),
            category: draft.category.clone(),
            source_uid: draft.source_uid.clone(),
            source_name: draft.source_name.clone(),
            pipeline_id,
            created_at: draft.created_at.unwrap_or(self.now),
            metadata: draft.metadata.clone(),
            lead_id,
            contact_ids,
            company_ids,
        };
        self.account.unsorted.insert(entry.uid.clone(), entry.clone());
        *self.account.sorted.by_category.entry(entry.category.clone()).or_default() += 1;
        let event = events::of_unsorted(self.account, &entry, "add", self.by);
        self.happened(event);
        entry
    }

    /// Moves the lead to a status, and shows its people.
    pub(in crate::amo) fn accept(
        &mut self,
        uid: &str,
        user_id: Option<i64>,
        status_id: Option<i64>,
    ) -> Option<Unsorted> {
        let entry = self.account.unsorted.get(uid)?.clone();
        let lead = self.account.leads.get(&entry.lead_id)?;
        let old = (lead.pipeline_id, lead.status_id);
        let first = self.account.pipelines.get(&entry.pipeline_id).and_then(|p| p.first_status());
        let (status, now) = (status_id.or(first).unwrap_or(old.1), self.now);
        // A status names its pipeline, except the two that are everywhere.
        let of_status = self.account.pipelines.values().find(|pipeline| {
            !matches!(status, WON | LOST) && pipeline.statuses.iter().any(|s| s.id == status)
        });
        let pipeline_id = of_status.map_or(entry.pipeline_id, |pipeline| pipeline.id);
        let user = user_id.filter(|user| *user != 0).unwrap_or(self.by);
        if let Some(lead) = self.account.leads.get_mut(&entry.lead_id) {
            lead.status_id = status;
            lead.pipeline_id = pipeline_id;
            lead.responsible_user_id = user;
            lead.trail.updated_at = now;
            lead.trail.updated_by = user;
        }
        self.sort_out(&entry, "accept");
        for id in &entry.contact_ids {
            if let Some(contact) = self.account.contacts.get_mut(id) {
                contact.responsible_user_id = user;
            }
        }
        self.lead_happened(entry.lead_id, "add", None);
        self.lead_happened(entry.lead_id, "status", Some(old));
        Some(entry)
    }

    /// The lead and its people are gone.
    pub(in crate::amo) fn decline(&mut self, uid: &str) -> Option<Unsorted> {
        let entry = self.account.unsorted.get(uid)?.clone();
        self.sort_out(&entry, "decline");
        Some(entry)
    }

    pub(super) fn sort_out(&mut self, entry: &Unsorted, action: &'static str) {
        self.account.unsorted.remove(&entry.uid);
        self.account.sorted.seconds += self.now - entry.created_at;
        let accepted = action == "accept";
        if accepted {
            self.account.sorted.accepted += 1;
        } else {
            self.account.sorted.declined += 1;
            if let Some(lead) = self.account.leads.get_mut(&entry.lead_id) {
                lead.deleted = true;
            }
        }
        let people = [(Kind::Contacts, &entry.contact_ids), (Kind::Companies, &entry.company_ids)];
        for (kind, ids) in people {
            for id in ids {
                let Some(contact) = self.contacts(kind).get_mut(id) else { continue };
                if !contact.hidden {
                    continue;
                }
                contact.hidden = false;
                contact.deleted = !accepted;
                if accepted {
                    self.contact_happened(kind, *id, "add");
                }
            }
        }
        let event = events::of_unsorted(self.account, entry, action, self.by);
        self.happened(event);
    }

    /// Binds what came by a chat to a lead that was there before.
    pub(in crate::amo) fn bind_unsorted(&mut self, uid: &str, lead_id: i64) -> Option<Unsorted> {
        let entry = self.account.unsorted.get(uid)?.clone();
        self.sort_out(&entry, "accept");
        if let Some(lead) = self.account.leads.get_mut(&entry.lead_id) {
            lead.deleted = true;
        }
        for contact in &entry.contact_ids {
            self.link(lead_id, Kind::Contacts, *contact, false);
        }
        Some(entry)
    }
}
