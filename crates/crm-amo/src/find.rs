//! Answers to questions about what the CRM has. Nothing here changes anything.

mod contact;
mod deal;

use crm::CrmError;
use domain::crm::{Answer, CrmId, Question, UnsortedState};

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
        Question::Unsorted { uid } => unsorted(api, uid).await.map(Answer::Unsorted),
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

/// What is no longer in «Неразобранное» was accepted or declined, and only the webhook says which. The
/// answer is «accepted»: if it was declined, its deal is gone, and whoever writes to it learns that;
/// the other answer would make a second deal of an accepted one.
async fn unsorted(api: &Api<'_>, uid: &CrmId) -> Result<UnsortedState, CrmError> {
    let found: Option<wire::Unsorted> =
        there(api.get(&format!("leads/unsorted/{uid}"), &[]).await)?;
    Ok(if found.is_some() { UnsortedState::Waiting } else { UnsortedState::Accepted })
}

/// An unknown id is 204 in most places and 404 in some.
pub(crate) fn there<T>(answer: Result<Option<T>, Failure>) -> Result<Option<T>, CrmError> {
    match answer {
        Ok(found) => Ok(found),
        Err(Failure::Absent) => Ok(None),
        Err(failure) => Err(failure.into_error()),
    }
}
