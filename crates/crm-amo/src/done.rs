//! Was it done? amoCRM has no idempotency, so after a lost answer the thing itself is looked for, by
//! what we wrote into it: the second of creation, the name, the text.
//!
//! Changes of what is there may simply be repeated, and are not looked for.

use crm::CrmError;
use domain::crm::{Action, ContactDraft, CrmId, DealDraft, Effect, NoteBody, Ref, UnsortedDraft};

use crate::{
    api::{Api, Failure},
    find::{self, digits, leads, leads_of},
    list::{self, MOST},
    wire::{Contact, Lead, Note, Task, Unsorted},
    write::{note_kind, note_text, number, section, told},
};

/// `mine` are made by other actions, so that two equal notes are two.
pub(crate) async fn find(
    api: &Api<'_>,
    action: &Action,
    mine: &[CrmId],
) -> Result<Option<Effect>, CrmError> {
    let found = match action {
        Action::CreateContact(draft) => contact(api, draft, mine).await?,
        Action::CreateDeal(draft) => deal(api, draft, mine).await?,
        Action::CreateUnsorted(draft) => return unsorted(api, draft).await,
        Action::CreateTask { deal, text, due_at, .. } => {
            let deal = number(deal)?.to_string();
            task(api, &deal, text, due_at.timestamp(), mine).await?
        }
        Action::AddNote { to, id, body, .. } => {
            let path = format!("{}/{}/notes", section(*to)?, number(id)?);
            note(api, &path, body, mine).await?
        }
        Action::AttachFile { to, id, name, .. } => {
            let path = format!("{}/{}/notes", section(*to)?, number(id)?);
            attachment(api, &path, name, mine).await?
        }
        Action::UpdateContact { .. }
        | Action::UpdateDeal { .. }
        | Action::MoveDeal { .. }
        | Action::SetResponsible { .. }
        | Action::EditNote { .. }
        | Action::CreateLead(_)
        | Action::CreateActivity { .. }
        | Action::OpenChat { .. }
        | Action::UseDeal { .. }
        | Action::UseLead { .. }
        | Action::UseContact { .. } => None,
    };
    Ok(found.map(|id| Effect { id: Some(id), ..Effect::default() }))
}

/// By a phone or an address, else by the name; then by the second of creation, which is ours.
async fn contact(
    api: &Api<'_>,
    draft: &ContactDraft,
    mine: &[CrmId],
) -> Result<Option<CrmId>, CrmError> {
    let key = match (draft.phones.first(), draft.emails.first()) {
        (Some(phone), _) => digits(phone),
        (None, Some(email)) => email,
        (None, None) => &draft.name,
    };
    let made_at = Some(draft.created_at.timestamp());
    let is_ours = |contact: &Contact| {
        contact.created_at == made_at && contact.name == draft.name && !contact.is_deleted
    };
    let found = find::by_key(api, key).await?;
    Ok(newest(found.into_iter().filter(is_ours).map(|contact| contact.id), mine))
}

/// Among the contact's deals, which are read and not searched, so that nothing lags behind.
async fn deal(api: &Api<'_>, draft: &DealDraft, mine: &[CrmId]) -> Result<Option<CrmId>, CrmError> {
    let found: Vec<Lead> = match &draft.contact {
        Some(Ref::Id(contact)) => {
            let mut ids = leads_of(api, contact).await?;
            ids.retain(|id| !mine.contains(&CrmId::from(*id)));
            leads(api, ids).await?
        }
        Some(Ref::Step(_)) | None => {
            let query = [("query", draft.name.as_str()), ("limit", MOST)];
            list::all(api, "leads", &query, "leads").await.map_err(Failure::into_error)?
        }
    };
    let made_at = draft.created_at.timestamp();
    let is_ours = |lead: &Lead| lead.created_at == made_at && lead.name == draft.name;
    Ok(newest(found.into_iter().filter(is_ours).map(|lead| lead.id), mine))
}

/// By the id that we gave the form.
async fn unsorted(api: &Api<'_>, draft: &UnsortedDraft) -> Result<Option<Effect>, CrmError> {
    let query = [("filter[category][]", "forms"), ("order[created_at]", "desc"), ("limit", MOST)];
    let found: Vec<Unsorted> =
        list::all(api, "leads/unsorted", &query, "unsorted").await.map_err(Failure::into_error)?;
    let is_ours = |unsorted: &&Unsorted| {
        unsorted.metadata.get("form_id").and_then(|id| id.as_str()) == Some(&draft.form_id)
    };
    Ok(found.iter().find(is_ours).map(|unsorted| told(unsorted, Effect::default())))
}

async fn task(
    api: &Api<'_>,
    deal: &str,
    text: &str,
    due_at: i64,
    mine: &[CrmId],
) -> Result<Option<CrmId>, CrmError> {
    // The filter by entity needs the kind of entity beside it.
    let query = [("filter[entity_type]", "leads"), ("filter[entity_id][]", deal), ("limit", MOST)];
    let found: Vec<Task> =
        list::all(api, "tasks", &query, "tasks").await.map_err(Failure::into_error)?;
    let is_ours = |task: &Task| task.text == text && task.complete_till == due_at;
    Ok(newest(found.into_iter().filter(is_ours).map(|task| task.id), mine))
}

async fn note(
    api: &Api<'_>,
    path: &str,
    body: &NoteBody,
    mine: &[CrmId],
) -> Result<Option<CrmId>, CrmError> {
    let found = notes(api, path, note_kind(body)).await?;
    let is_ours = |note: &Note| {
        note.params.get("text").and_then(|text| text.as_str()) == Some(note_text(body))
    };
    Ok(newest(found.into_iter().filter(is_ours).map(|note| note.id), mine))
}

async fn attachment(
    api: &Api<'_>,
    path: &str,
    name: &str,
    mine: &[CrmId],
) -> Result<Option<CrmId>, CrmError> {
    let found = notes(api, path, "attachment").await?;
    let is_ours =
        |note: &Note| note.params.get("original_name").and_then(|name| name.as_str()) == Some(name);
    Ok(newest(found.into_iter().filter(is_ours).map(|note| note.id), mine))
}

async fn notes(api: &Api<'_>, path: &str, kind: &str) -> Result<Vec<Note>, CrmError> {
    let query = [("filter[note_type][]", kind), ("limit", MOST)];
    let found: Result<Vec<Note>, Failure> = list::all(api, path, &query, "notes").await;
    match found {
        Ok(mut notes) => {
            notes.retain(|note| note.note_type == kind);
            Ok(notes)
        }
        Err(Failure::Absent) => Ok(Vec::new()),
        Err(failure) => Err(failure.into_error()),
    }
}

fn newest(ids: impl Iterator<Item = i64>, mine: &[CrmId]) -> Option<CrmId> {
    ids.filter(|id| !mine.contains(&CrmId::from(*id))).max().map(CrmId::from)
}
