//! Answers to questions about what the CRM has. Nothing here changes anything.

mod contact;
mod deal;

use crm::CrmError;
use domain::crm::{Answer, CrmId, Question, StageKind, StageRef, UnsortedState};

use crate::{
    api::{Api, Failure, rejected},
    wire,
};

pub(crate) use contact::{by_key, digits};
pub(crate) use deal::{leads, leads_of};

pub(crate) async fn answer(api: &Api<'_>, question: &Question) -> Result<Answer, CrmError> {
    match question {
        Question::FindContact { phones, emails } => {
            contact::find(api, phones, emails).await.map(Answer::Contacts)
        }
        Question::Contact { id } => {
            let found = contact::one(api, id).await?;
            Ok(Answer::Contact(found.map(|found| contact::fact(found, String::new()))))
        }
        Question::DealsOf { contact, ids } => {
            deal::of(api, contact, ids.as_deref()).await.map(Answer::Deals)
        }
        Question::TaskDone { id } => task_done(api, id).await.map(Answer::TaskDone),
        Question::Unsorted { uid, deal } => {
            unsorted(api, uid, deal.as_ref()).await.map(Answer::Unsorted)
        }
        Question::LeadsOf { .. } | Question::FindCompany { .. } | Question::ActivityDone { .. } => {
            Err(rejected("У amoCRM такого нет.", "amoCRM has no such thing."))
        }
    }
}

/// A task that is gone is done: nobody can do it any more.
async fn task_done(api: &Api<'_>, id: &CrmId) -> Result<bool, CrmError> {
    let task: Option<wire::Task> = there(api.get(&format!("tasks/{id}"), &[]).await)?;
    Ok(task.is_none_or(|task| task.is_completed))
}

/// What is no longer in «Неразобранное» was accepted or declined, and the answer about it is the same.
/// The deal inside says which: with a declined record it went, in an accepted one it has another stage.
async fn unsorted(
    api: &Api<'_>,
    uid: &CrmId,
    deal: Option<&CrmId>,
) -> Result<UnsortedState, CrmError> {
    let found: Option<wire::Unsorted> =
        there(api.get(&format!("leads/unsorted/{uid}"), &[]).await)?;
    if found.is_some() {
        return Ok(UnsortedState::Waiting);
    }
    // Without a deal nothing tells; a declined one taken for accepted is learned by whoever writes to
    // it, an accepted one taken for declined would be made twice.
    let Some(deal) = deal else { return Ok(UnsortedState::Accepted) };
    let lead: Option<wire::Lead> = there(api.get(&format!("leads/{deal}"), &[]).await)?;
    let Some(lead) = lead.filter(|lead| !lead.is_deleted) else {
        return Ok(UnsortedState::Declined);
    };
    let at = StageRef { pipeline: lead.pipeline_id.into(), stage: lead.status_id.into() };
    let waits = api.caller.directory.stage(&at).is_some_and(|s| s.kind == StageKind::Unsorted);
    Ok(if waits { UnsortedState::Waiting } else { UnsortedState::Accepted })
}

/// An unknown id is 204 in most places and 404 in some.
pub(crate) fn there<T>(answer: Result<Option<T>, Failure>) -> Result<Option<T>, CrmError> {
    match answer {
        Ok(found) => Ok(found),
        Err(Failure::Absent) => Ok(None),
        Err(failure) => Err(failure.into_error()),
    }
}
