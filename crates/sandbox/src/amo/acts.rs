//! What changes an account, whoever does it: the API, a person at the screen, the chats. Each act
//! leaves its events for the webhooks, so our own writes come back to us as they do in life.

use serde_json::{Value, json};

use super::{
    answer::Refusal,
    clock::millis,
    draft::{ContactDraft, LeadDraft, TagChange, TagRef},
    events,
    gate::Caller,
    values::same_phone,
    world::{
        AccountState, Contact, Event, FieldValue, Ids, Indexed, Kind, LOST, Lead, Note, Shared,
        Tag, Task, Trail, Unsorted, Values, WON,
    },
};

/// More alike than this, and the duplicate control joins nothing.
pub(super) const MOST_ALIKE: usize = 3;

/// Somebody at work in one account; 0 is a robot.
pub(super) struct Acting<'a> {
    pub account: &'a mut AccountState,
    pub ids: &'a mut Ids,
    pub by: i64,
    pub now: i64,
    pub now_ms: i64,
    lag_ms: i64,
}

impl Shared {
    /// Changes an account as `by`; nothing if there is no such account.
    pub(super) fn act<T>(
        &self,
        account_id: i64,
        by: i64,
        act: impl FnOnce(&mut Acting<'_>) -> T,
    ) -> Option<T> {
        let now_ms = self.clock().now_ms();
        self.change(|world| {
            let account = world.accounts.get_mut(&account_id)?;
            let lag = account.switches.search_lag_ms;
            let lag_ms = lag.map_or(millis(self.options.search_lag), |lag| {
                i64::try_from(lag).unwrap_or(i64::MAX / 4)
            });
            let ids = &mut world.ids;
            Some(act(&mut Acting { account, ids, by, now: now_ms / 1_000, now_ms, lag_ms }))
        })
    }

    /// The same for a call of the API.
    pub(super) fn serve<T>(
        &self,
        caller: &Caller,
        act: impl FnOnce(&mut Acting<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.act(caller.account_id, caller.user_id, act)
            .unwrap_or_else(|| Err(Refusal::not_found()))
    }

    /// To look into the account of a call.
    pub(super) fn look<T>(
        &self,
        caller: &Caller,
        look: impl FnOnce(&AccountState) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.world().accounts.get(&caller.account_id).map_or(Err(Refusal::not_found()), look)
    }
}

/// What a new entry of Unsorted is made of.
#[derive(Clone, Debug)]
pub(super) struct UnsortedDraft {
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

/// What a request wants of a task.
#[derive(Clone, Debug, Default)]
pub(super) struct TaskDraft {
    pub text: Option<String>,
    pub complete_till: Option<i64>,
    pub task_type_id: Option<i64>,
    pub responsible_user_id: Option<i64>,
    pub entity: Option<(Kind, i64)>,
    pub duration: Option<i64>,
    pub is_completed: Option<bool>,
    pub result: Option<String>,
    pub created_by: Option<i64>,
    pub created_at: Option<i64>,
}

impl Acting<'_> {
    fn happened(&mut self, event: Event) {
        /// A bound that only an account without working webhooks meets.
        const KEPT: usize = 100_000;
        if self.account.webhooks.is_empty() {
            return;
        }
        if self.account.happened.len() >= KEPT {
            self.account.happened.pop_front();
        }
        self.account.happened.push_back(event);
    }

    fn trail(&self, created_by: Option<i64>, created_at: Option<i64>) -> Trail {
        let created_by = created_by.unwrap_or(self.by);
        let created_at = created_at.unwrap_or(self.now);
        Trail { created_by, updated_by: created_by, created_at, updated_at: self.now }
    }

    fn index(&self, indexed: &mut Indexed, text: String) {
        // What counts now is kept until the new text counts.
        while indexed.0.get(1).is_some_and(|(from, _)| *from <= self.now_ms) {
            indexed.0.pop_front();
        }
        indexed.0.push_back((self.now_ms + self.lag_ms, text));
    }

    /// The number of a tag; a new name makes a new tag.
    pub(super) fn tag(&mut self, kind: Kind, name: &str) -> i64 {
        let known = self
            .account
            .tags
            .values()
            .find(|tag| tag.kind == kind && tag.name.to_lowercase() == name.to_lowercase());
        if let Some(tag) = known {
            return tag.id;
        }
        let id = self.ids.made();
        self.account.tags.insert(id, Tag { id, kind, name: name.to_owned(), color: None });
        id
    }

    fn tags(&mut self, kind: Kind, present: &[i64], change: &TagChange) -> Vec<i64> {
        let ids_of = |tags: &[TagRef], acting: &mut Self| -> Vec<i64> {
            let id = |tag: &TagRef| match tag {
                TagRef::Id(id) => *id,
                TagRef::Name(name) => acting.tag(kind, name),
            };
            tags.iter().map(id).collect()
        };
        if let Some(replace) = &change.replace {
            let mut tags = ids_of(replace, self);
            tags.dedup();
            return tags;
        }
        let mut tags = present.to_vec();
        for id in ids_of(&change.add, self) {
            if !tags.contains(&id) {
                tags.push(id);
            }
        }
        let gone: Vec<i64> = change
            .delete
            .iter()
            .filter_map(|tag| match tag {
                TagRef::Id(id) => Some(*id),
                TagRef::Name(name) => {
                    let of_name = |tag: &&Tag| tag.kind == kind && tag.name == *name;
                    self.account.tags.values().find(of_name).map(|tag| tag.id)
                }
            })
            .collect();
        tags.retain(|id| !gone.contains(id));
        tags
    }

    // Contacts and companies

    pub(super) fn add_contact(&mut self, kind: Kind, draft: &ContactDraft) -> i64 {
        self.new_contact(kind, draft, false)
    }

    fn new_contact(&mut self, kind: Kind, draft: &ContactDraft, hidden: bool) -> i64 {
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

    fn contacts(&mut self, kind: Kind) -> &mut std::collections::BTreeMap<i64, Contact> {
        match kind {
            Kind::Companies => &mut self.account.companies,
            _ => &mut self.account.contacts,
        }
    }

    fn write_contact(&mut self, kind: Kind, contact: &mut Contact, draft: &ContactDraft) {
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
    pub(super) fn change_contact(&mut self, kind: Kind, id: i64, draft: &ContactDraft) -> bool {
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

    fn contact_happened(&mut self, kind: Kind, id: i64, action: &'static str) {
        if let Some(event) = events::of_contact(self.account, kind, id, action) {
            self.happened(event);
        }
    }

    pub(super) fn delete_contact(&mut self, kind: Kind, id: i64) {
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

    // Leads

    pub(super) fn add_lead(&mut self, draft: &LeadDraft) -> i64 {
        let id = self.new_lead(draft);
        self.lead_happened(id, "add", None);
        id
    }

    fn new_lead(&mut self, draft: &LeadDraft) -> i64 {
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

    fn write_lead(&mut self, lead: &mut Lead, draft: &LeadDraft) {
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
    pub(super) fn change_lead(&mut self, id: i64, draft: &LeadDraft) -> bool {
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
    fn leave_unsorted(&mut self, lead_id: i64) {
        let uid = self.account.unsorted.values().find(|entry| entry.lead_id == lead_id);
        let Some(entry) = uid.cloned() else { return };
        let status = self.account.leads.get(&lead_id).map(|lead| lead.status_id);
        let unsorted = self.account.pipelines.get(&entry.pipeline_id);
        if status.is_some() && status != unsorted.and_then(|p| p.unsorted_status()) {
            self.sort_out(&entry, "accept");
        }
    }

    fn lead_happened(&mut self, id: i64, action: &'static str, old: Option<(i64, i64)>) {
        if let Some(event) = events::of_lead(self.account, id, action, old) {
            self.happened(event);
        }
    }

    pub(super) fn delete_lead(&mut self, id: i64) {
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
    pub(super) fn restore_lead(&mut self, id: i64) {
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

    /// `gone` becomes part of `kept`, which is how people tidy up.
    pub(super) fn merge_leads(&mut self, kept: i64, gone: i64) {
        let Some(other) = self.account.leads.get(&gone).cloned() else { return };
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
    }

    /// False: they were not linked, or are not there.
    pub(super) fn unlink(&mut self, lead_id: i64, kind: Kind, id: i64) -> bool {
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

    pub(super) fn link(&mut self, lead_id: i64, kind: Kind, id: i64, main: bool) {
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

    // Tasks and notes

    pub(super) fn add_task(&mut self, draft: &TaskDraft) -> i64 {
        let id = self.ids.made();
        let task = Task {
            id,
            text: draft.text.clone().unwrap_or_default(),
            complete_till: draft.complete_till.unwrap_or(self.now),
            task_type_id: draft.task_type_id.unwrap_or(1),
            responsible_user_id: draft.responsible_user_id.unwrap_or(self.by),
            entity: draft.entity,
            duration: draft.duration.unwrap_or_default(),
            is_completed: draft.is_completed.unwrap_or_default(),
            result: draft.result.clone(),
            trail: self.trail(draft.created_by, draft.created_at),
            deleted: false,
        };
        self.account.tasks.insert(id, task);
        self.task_happened(id, "add", false);
        id
    }

    /// False: there is no such task.
    pub(super) fn change_task(&mut self, id: i64, draft: &TaskDraft) -> bool {
        let (now, by) = (self.now, self.by);
        let Some(task) = self.account.tasks.get_mut(&id).filter(|task| !task.deleted) else {
            return false;
        };
        if let Some(text) = &draft.text {
            task.text.clone_from(text);
        }
        let closes = draft.is_completed == Some(true) && !task.is_completed;
        let handed = draft.responsible_user_id.is_some_and(|id| id != task.responsible_user_id);
        task.complete_till = draft.complete_till.unwrap_or(task.complete_till);
        task.task_type_id = draft.task_type_id.unwrap_or(task.task_type_id);
        task.responsible_user_id = draft.responsible_user_id.unwrap_or(task.responsible_user_id);
        task.entity = draft.entity.or(task.entity);
        task.duration = draft.duration.unwrap_or(task.duration);
        task.is_completed = draft.is_completed.unwrap_or(task.is_completed);
        if draft.result.is_some() {
            task.result.clone_from(&draft.result);
        }
        task.trail.updated_at = now;
        task.trail.updated_by = by;
        self.task_happened(id, "update", closes);
        if handed {
            self.task_happened(id, "responsible", false);
        }
        true
    }

    pub(super) fn delete_task(&mut self, id: i64) {
        if let Some(task) = self.account.tasks.get_mut(&id) {
            task.deleted = true;
        }
        self.task_happened(id, "delete", false);
    }

    fn task_happened(&mut self, id: i64, action: &'static str, closes: bool) {
        if let Some(event) = events::of_task(self.account, id, action, closes) {
            self.happened(event);
        }
    }

    pub(super) fn add_note(
        &mut self,
        entity: (Kind, i64),
        note_type: &str,
        params: Value,
        created_by: Option<i64>,
        created_at: Option<i64>,
    ) -> i64 {
        let id = self.ids.made();
        let note = Note {
            id,
            entity,
            note_type: note_type.to_owned(),
            params,
            responsible_user_id: self.by,
            trail: self.trail(created_by, created_at),
        };
        self.account.notes.insert(id, note);
        if let Some(event) = events::of_note(self.account, id) {
            self.happened(event);
        }
        id
    }

    // Unsorted

    /// Makes the lead and its people; they stay out of their sections until somebody accepts.
    pub(super) fn put_unsorted(&mut self, draft: &UnsortedDraft) -> Unsorted {
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

    /// The same with a contact that is known already: of the chats API.
    pub(super) fn put_unsorted_of(&mut self, draft: &UnsortedDraft, contact_id: i64) -> Unsorted {
        let pipeline_id = draft.pipeline_id.or_else(|| self.account.main_pipeline());
        let pipeline_id = pipeline_id.unwrap_or_default();
        let pipeline = self.account.pipelines.get(&pipeline_id);
        let mut lead = draft.lead.clone();
        lead.pipeline_id = Some(pipeline_id);
        lead.status_id = pipeline.and_then(|p| p.unsorted_status().or_else(|| p.first_status()));
        lead.contacts = vec![contact_id];
        let lead_id = self.new_lead(&lead);
        self.enter_unsorted(draft, pipeline_id, lead_id, vec![contact_id], Vec::new())
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
    pub(super) fn accept(
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
    pub(super) fn decline(&mut self, uid: &str) -> Option<Unsorted> {
        let entry = self.account.unsorted.get(uid)?.clone();
        self.sort_out(&entry, "decline");
        Some(entry)
    }

    fn sort_out(&mut self, entry: &Unsorted, action: &'static str) {
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
    pub(super) fn bind_unsorted(&mut self, uid: &str, lead_id: i64) -> Option<Unsorted> {
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

impl AccountState {
    /// All that is filled in, as the full-text search sees it; a phone by its digits as well.
    fn contact_text(&self, kind: Kind, contact: &Contact) -> String {
        let mut text = vec![contact.name.to_lowercase(), self.values_text(&contact.values)];
        let phones = self.texts(&contact.values, kind, "PHONE");
        text.extend(phones.iter().map(|p| p.chars().filter(char::is_ascii_digit).collect()));
        text.join("\n")
    }

    fn lead_text(&self, lead: &Lead) -> String {
        let price = lead.price.to_string();
        [lead.name.to_lowercase(), self.values_text(&lead.values), price].join("\n")
    }

    fn values_text(&self, values: &Values) -> String {
        let text = |value: &FieldValue| match &value.value {
            Value::String(text) => text.to_lowercase(),
            other => other.to_string(),
        };
        values.values().flatten().map(text).collect::<Vec<_>>().join("\n")
    }

    /// Contacts that share a phone or an email with these values, for the duplicate control.
    pub(super) fn contacts_like(&self, values: &Values) -> Vec<i64> {
        let phones = |values: &Values| -> Vec<String> {
            let texts = self.texts(values, Kind::Contacts, "PHONE");
            texts.iter().map(|text| same_phone(text)).collect()
        };
        let emails = |values: &Values| -> Vec<String> {
            let texts = self.texts(values, Kind::Contacts, "EMAIL");
            texts.iter().map(|text| text.to_lowercase()).collect()
        };
        let (own_phones, own_emails) = (phones(values), emails(values));
        if own_phones.is_empty() && own_emails.is_empty() {
            return Vec::new();
        }
        self.contacts
            .values()
            .filter(|contact| !contact.hidden && !contact.deleted)
            .filter(|contact| {
                phones(&contact.values).iter().any(|phone| own_phones.contains(phone))
                    || emails(&contact.values).iter().any(|email| own_emails.contains(email))
            })
            .map(|contact| contact.id)
            .collect()
    }
}

impl Indexed {
    pub(super) fn holds(&self, what: &str, now_ms: i64) -> bool {
        let now = self.0.iter().rev().find(|(from, _)| *from <= now_ms);
        now.is_some_and(|(_, text)| text.contains(what))
    }
}

/// What a person or a test changes about a lead.
pub(super) fn moved(pipeline_id: i64, status_id: i64) -> LeadDraft {
    LeadDraft { pipeline_id: Some(pipeline_id), status_id: Some(status_id), ..LeadDraft::default() }
}

/// A note of plain text.
pub(super) fn plain(text: &str) -> Value {
    json!({"text": text})
}
