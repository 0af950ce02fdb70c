//! Was it done? amoCRM has no idempotency, so after a lost answer the thing itself is looked for, by
//! what we wrote into it: the second of creation, the name, the text.
//!
//! Changes of what is there may simply be repeated, and are not looked for.
//!
//! Lists of many are read from their new end, and no further than to what is looked for.

use crm::CrmError;
use domain::crm::{Action, ContactDraft, CrmId, DealDraft, Effect, NoteBody, Ref, UnsortedDraft};
use serde::de::DeserializeOwned;

use crate::{
    api::{Api, Failure},
    find::{self, digits, leads, leads_of},
    list::{self, MOST},
    wire::{Contact, Lead, Note, Task, Unsorted},
    write::{finish_file, note_kind, note_text, number, section, told},
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
            return attachment(api, section(*to)?, number(id)?, name, mine).await;
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
    let made_at = Some(draft.created_at.timestamp());
    let is_ours = |contact: &Contact| {
        contact.created_at == made_at
            && contact.name == draft.name
            && !contact.is_deleted
            && !mine.contains(&CrmId::from(contact.id))
    };
    let key = match (draft.phones.first(), draft.emails.first()) {
        (Some(phone), _) => digits(phone),
        (None, Some(email)) => email,
        (None, None) => &draft.name,
    };
    Ok(newest_of(api, "contacts", key, is_ours).await?.map(|contact| contact.id.into()))
}

/// The newest hit of the full-text search that is the one: names may be those of thousands.
async fn newest_of<T: DeserializeOwned>(
    api: &Api<'_>,
    of: &str,
    words: &str,
    is_it: impl Fn(&T) -> bool,
) -> Result<Option<T>, CrmError> {
    let query = [("query", words), ("order[id]", "desc"), ("limit", MOST)];
    list::find(api, of, &query, of, is_it).await.map_err(Failure::into_error)
}

/// Among the contact's deals, which are read and not searched, so that nothing lags behind.
async fn deal(api: &Api<'_>, draft: &DealDraft, mine: &[CrmId]) -> Result<Option<CrmId>, CrmError> {
    let made_at = draft.created_at.timestamp();
    let is_ours = |lead: &Lead| {
        lead.created_at == made_at
            && lead.name == draft.name
            && !lead.is_deleted
            && !mine.contains(&CrmId::from(lead.id))
    };
    let found = match &draft.contact {
        Some(Ref::Id(contact)) => {
            let mut ids = leads_of(api, contact).await?;
            ids.retain(|id| !mine.contains(&CrmId::from(*id)));
            leads(api, ids).await?.into_iter().filter(is_ours).max_by_key(|lead| lead.id)
        }
        Some(Ref::Step(_)) | None => newest_of(api, "leads", &draft.name, is_ours).await?,
    };
    Ok(found.map(|lead| lead.id.into()))
}

/// By the id that we gave the form.
async fn unsorted(api: &Api<'_>, draft: &UnsortedDraft) -> Result<Option<Effect>, CrmError> {
    let query = [("filter[category][]", "forms"), ("order[created_at]", "desc"), ("limit", MOST)];
    let is_ours = |unsorted: &Unsorted| {
        unsorted.metadata.get("form_id").and_then(|id| id.as_str()) == Some(&draft.form_id)
    };
    let waiting = list::find(api, "leads/unsorted", &query, "unsorted", is_ours);
    match waiting.await.map_err(Failure::into_error)? {
        Some(unsorted) => Ok(Some(told(&unsorted, Effect::default()))),
        None => accepted(api, draft).await,
    }
}

/// Somebody may have accepted it before we looked, and then its form is not told any more. The person
/// is: with our name and our number, and not there before the enquiry. Its uid is not known again; the
/// form's id stands for it, and «nothing waits under it» is the truth.
async fn accepted(api: &Api<'_>, draft: &UnsortedDraft) -> Result<Option<Effect>, CrmError> {
    let phone = draft.phones.first().map(|phone| digits(phone));
    let Some(key) = phone.or(draft.emails.first().map(String::as_str)) else { return Ok(None) };
    let since = draft.created_at.timestamp();
    let is_ours = |contact: &Contact| {
        contact.name == draft.contact_name
            && contact.created_at.is_some_and(|at| at >= since)
            && !contact.is_deleted
    };
    let found = find::by_key(api, key).await?;
    let Some(person) = found.into_iter().filter(is_ours).max_by_key(|contact| contact.id) else {
        return Ok(None);
    };
    let ids = person.embedded.leads.iter().map(|lead| lead.id).collect();
    let mut deals = leads(api, ids).await?;
    deals.retain(|lead| lead.created_at >= since);
    let Some(deal) = deals.into_iter().min_by_key(|lead| lead.id) else { return Ok(None) };
    Ok(Some(Effect {
        id: Some(CrmId::from(draft.form_id.as_str())),
        deal: Some(deal.id.into()),
        contact: Some(person.id.into()),
        ..Effect::default()
    }))
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
    let is_ours = |task: &Task| {
        task.text == text
            && task.complete_till == due_at
            && task.entity_id.is_none_or(|of| of.to_string() == deal)
    };
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

/// A file comes onto a card by two calls. Where only the first was made, the second is made here: it is
/// the one thing that is ended instead of being done again.
async fn attachment(
    api: &Api<'_>,
    section: &str,
    id: i64,
    name: &str,
    mine: &[CrmId],
) -> Result<Option<Effect>, CrmError> {
    let found = notes(api, &format!("{section}/{id}/notes"), "attachment").await?;
    let is_ours = |note: &&Note| {
        note.params.get("original_name").and_then(|name| name.as_str()) == Some(name)
    };
    match newest(found.iter().filter(is_ours).map(|note| note.id), mine) {
        Some(id) => Ok(Some(Effect { id: Some(id), ..Effect::default() })),
        None => finish_file(api, section, id, name, &found).await,
    }
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
