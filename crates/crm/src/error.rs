//! Why a call did not succeed, by what happens next.

use std::time::Duration;

use domain::{crm::PortalTrouble, text::Words};

/// Names the next move and nothing else.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CrmError {
    /// Our own side: the limiter's turn is this far away, or our database or our files are. Says nothing
    /// of the CRM, where nothing is done yet.
    #[error("our own side is not ready for {0:?}")]
    Busy(Duration),
    /// Certainly not done (refused with 429, not connected); again later, the same action.
    #[error("to be tried again: {why}")]
    Retry {
        /// As the service said; `None`: growing pauses.
        after: Option<Duration>,
        /// For the log.
        why: String,
    },
    /// May have been done: a time-out or a fault after sending. To be looked for before a repeat.
    #[error("the outcome is unknown: {why}")]
    Unknown {
        /// For the log.
        why: String,
    },
    /// Refused for good: the same action would be refused again.
    #[error("refused: {}", .words.en)]
    Rejected {
        /// What is wrong and what to do.
        words: Words,
    },
    /// The portal cannot be used until a person does something.
    #[error("the portal is cut off: {trouble:?}")]
    Disconnected {
        /// What is wrong.
        trouble: PortalTrouble,
    },
    /// 401 of an access token: refresh it and try again, once.
    #[error("the access token is not taken")]
    TokenExpired,
}
