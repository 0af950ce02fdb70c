//! Calls of a CRM's chats service, by the jobs that show and tell something there.

use crm::{Chats, Crm, CrmError};
use domain::text::Words;

use super::visit::Fault;
use crate::{JobError, Result, work::back_off};

/// A CRM without chats refuses whatever is asked of them.
pub(super) fn chats(adapter: &dyn Crm) -> Result<&dyn Chats, CrmError> {
    adapter.chats().ok_or_else(|| CrmError::Rejected {
        words: Words::new("У этой CRM нет чатов.", "This CRM has no chats."),
    })
}

/// What came of a call: done, refused for good, or to be done again by this job. A message of which it
/// is not known whether it was posted is posted again: the service knows it by its id.
pub(super) fn refused<T>(
    call: std::result::Result<T, Fault>,
    attempts: i32,
) -> Result<std::result::Result<T, Words>, JobError> {
    match call {
        Ok(done) => Ok(Ok(done)),
        Err(Fault::Rejected(words)) => Ok(Err(words)),
        Err(Fault::Later(later)) => Err(later),
        Err(Fault::Unknown { why, .. }) => {
            Err(JobError::Wait { after: back_off(attempts.min(4)), why })
        }
    }
}
