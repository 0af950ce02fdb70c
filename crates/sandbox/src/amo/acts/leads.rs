//! Leads: made, changed, moved, joined, bound to people, thrown away.

use super::Acting;
use crate::amo::{
    draft::LeadDraft,
    events,
    world::{Indexed, Kind, LOST, Lead, Values, WON},
};

/// What a person or a test changes about a lead.
pub(in crate::amo) fn moved(pipeline_id: i64, status_id: i64) -> LeadDraft {
    LeadDraft { pipeline_id: Some(pipeline_id), status_id: Some(status_id), ..LeadDraft::default() }
}

impl Acting<'_> {
    pub(in crate::amo) fn add_lead(&mut self, draft: &LeadDraft) -> i64 {
        let id = self.new_lead(draft);
        self.lead_happened(id, "add", None);
        id
    }

    pub(super) fn new_lead(&mut self, draft: &LeadDraft) -> i64 {
        let id = self.ids.made();
        let pipeline_id = draft.pipeline_id.or_else(|| self.account.main_pipeline());
        let pipeline_id = pipeline_id.unwrap_or_default();
        let first = || self.account.pipelines.get(&pipeline_id).and_then(|p| p.first_status());
        let mut lead = Lead {
            id,
            name: format!("Сделка #{id}"),
            price: 0,
            responsible_user_id: draft.common.responsible_user_id.unwrap_or(self.by),
            status_id: draft.status_id.or_else(first).unwrap_or_default(),
            pipeline_id,
            loss_reason_id: None,
            source_id: draft.source_id,
            trail: self.trail(draft.common.created_by, draft.common.created_at),
            closed_at: None,
            values: Values::new(),
            tags: Vec::new(),
            contacts: draft.contacts.clone(),
            company_id: draft.company_id,
            deleted: false,
            indexed: Indexed::default(),
        };
        self.write_lead(&mut lead, draft);
        self.account.leads.insert(id, lead);
        id
    }

    pub(super) fn write_lead(&mut self, lead: &mut Lead, draft: &LeadDraft) {
        if let Some(name) = draft.name.as_ref().filter(|name| !name.is_empty()) {
            lead.name.clone_from(name);
        }
        if let Some(price) = draft.price {
            lead.price = price;
        }
        if let Some(loss_reason) = draft.loss_reason_id {
            lead.loss_reason_id = loss_reason;
        }
        lead.tags = self.tags(Kind::Leads, &lead.tags, &draft.common.tags);
        lead.values.extend(draft.common.values.clone());
        lead.values.retain(|_, values| !values.is_empty());
        if matches!(lead.status_id, WON | LOST) {
            lead.closed_at = draft.closed_at.or(lead.closed_at).or(Some(self.now));
        } else {
            lead.closed_at = None;
        }
        let text = self.account.lead_text(lead);
        self.index(&mut lead.indexed, text);
    }

    /// False: there is no such lead.
    pub(in crate::amo) fn change_lead(&mut self, id: i64, draft: &LeadDraft) -> bool {
        let Some(mut lead) = self.account.leads.get(&id).filter(|lead| !lead.deleted).cloned()
        else {
            return false;
        };
        let old = (lead.pipeline_id, lead.status_id);
        let old_responsible = lead.responsible_user_id;
        if let Some(pipeline) = draft.pipeline_id
            && pipeline != lead.pipeline_id
        {
            lead.pipeline_id = pipeline;
            let first = self.account.pipelines.get(&pipeline).and_then(|p| p.first_status());
            lead.status_id = first.unwrap_or(lead.status_id);
        }
        if let Some(status) = draft.status_id {
            lead.status_id = status;
        }
        if let Some(responsible) = draft.common.responsible_user_id {
            lead.responsible_user_id = responsible;
        }
        self.write_lead(&mut lead, draft);
        lead.trail.updated_by = draft.common.updated_by.unwrap_or(self.by);
        lead.trail.updated_at = self.now;
        let moved = old != (lead.pipeline_id, lead.status_id);
        let handed = old_responsible != lead.responsible_user_id;
        self.account.leads.insert(id, lead);
        if moved {
            self.leave_unsorted(id);
            self.lead_happened(id, "status", Some(old));
        }
        if handed {
            self.lead_happened(id, "responsible", None);
        }
        self.lead_happened(id, "update", None);
        true
    }

    /// A lead that is moved out by hand is accepted by that.
    pub(super) fn leave_unsorted(&mut self, lead_id: i64) {
        let uid = self.account.unsorted.values().find(|entry| entry.lead_id == lead_id);
        let Some(entry) = uid.cloned() else { return };
        let status = self.account.leads.get(&lead_id).map(|lead| lead.status_id);
        let unsorted = self.account.pipelines.get(&entry.pipeline_id);
        if status.is_some() && status != unsorted.and_then(|p| p.unsorted_status()) {
            self.sort_out(&entry, "accept");
        }
    }

    pub(super) fn lead_happened(&mut self, id: i64, action: &'static str, old: Option<(i64, i64)>) {
        if let Some(event) = events::of_lead(self.account, id, action, old) {
            self.happened(event);
        }
    }

    pub(in crate::amo) fn delete_lead(&mut self, id: i64) {
        if let Some(lead) = self.account.leads.get_mut(&id) {
            lead.deleted = true;
            lead.indexed = Indexed::default();
        }
        self.account.unsorted.retain(|_, entry| entry.lead_id != id);
        for task in self.account.tasks.values_mut() {
            task.deleted |= task.entity == Some((Kind::Leads, id));
        }
        self.happened(events::deleted(self.account, Kind::Leads, id));
    }

    /// Out of the bin.
    pub(in crate::amo) fn restore_lead(&mut self, id: i64) {
        let Some(mut lead) = self.account.leads.get(&id).filter(|lead| lead.deleted).cloned()
        else {
            return;
        };
        lead.deleted = false;
        let text = self.account.lead_text(&lead);
        self.index(&mut lead.indexed, text);
        self.account.leads.insert(id, lead);
        self.lead_happened(id, "restore", None);
    }

    /// `gone` becomes part of `kept`, which is how people tidy up. False: one is not there.
    pub(in crate::amo) fn merge_leads(&mut self, kept: i64, gone: i64) -> bool {
        let is_there = |id| self.account.has(Kind::Leads, id);
        if kept == gone || !is_there(kept) {
            return false;
        }
        let other = self.account.leads.get(&gone).filter(|lead| !lead.deleted).cloned();
        let Some(other) = other else { return false };
        if let Some(lead) = self.account.leads.get_mut(&kept) {
            let news = other.contacts.iter().filter(|id| !lead.contacts.contains(id));
            let news: Vec<i64> = news.copied().collect();
            lead.contacts.extend(news);
            let news = other.tags.iter().filter(|id| !lead.tags.contains(id));
            let news: Vec<i64> = news.copied().collect();
            lead.tags.extend(news);
            lead.trail.updated_at = self.now;
        }
        for note in self.account.notes.values_mut().filter(|n| n.entity == (Kind::Leads, gone)) {
            note.entity = (Kind::Leads, kept);
        }
        let of_gone = Some((Kind::Leads, gone));
        for task in self.account.tasks.values_mut().filter(|task| task.entity == of_gone) {
            task.entity = Some((Kind::Leads, kept));
        }
        self.delete_lead(gone);
        self.lead_happened(kept, "update", None);
        true
    }

    /// False: they were not linked, or are not there.
    pub(in crate::amo) fn unlink(&mut self, lead_id: i64, kind: Kind, id: i64) -> bool {
        let Some(lead) = self.account.leads.get_mut(&lead_id) else { return false };
        let linked = match kind {
            Kind::Companies => lead.company_id.take_if(|company| *company == id).is_some(),
            _ => {
                let before = lead.contacts.len();
                lead.contacts.retain(|contact| *contact != id);
                before != lead.contacts.len()
            }
        };
        if linked {
            self.lead_happened(lead_id, "update", None);
        }
        linked
    }

    pub(in crate::amo) fn link(&mut self, lead_id: i64, kind: Kind, id: i64, main: bool) {
        let Some(lead) = self.account.leads.get_mut(&lead_id) else { return };
        match kind {
            Kind::Companies => lead.company_id = Some(id),
            _ if main => {
                lead.contacts.retain(|contact| *contact != id);
                lead.contacts.insert(0, id);
            }
            _ if lead.contacts.contains(&id) => {}
            _ => lead.contacts.push(id),
        }
        lead.trail.updated_at = self.now;
        self.lead_happened(lead_id, "update", None);
    }
}
