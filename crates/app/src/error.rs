//! Why a use-case did not happen, by what the client can do next.

use domain::text::Words;

/// One wrong field of a request, with the remedy in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Path of the field in the request: `email`, `tree.steps[2].text`.
    pub field: String,
    /// Stable name for programs.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: Words,
}

impl Invalid {
    pub fn new(field: impl Into<String>, code: &'static str, message: Words) -> Self {
        Self { field: field.into(), code, message }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or of another company, or not visible: the three are told alike.
    #[error("{what} not found")]
    NotFound { what: &'static str },
    /// Nobody is logged in, or the session or token is not valid any more.
    #[error("not logged in")]
    Unauthenticated,
    /// The person's role or the token's scopes do not allow it.
    #[error("not allowed: {0}")]
    Forbidden(&'static str),
    /// The state of things says no (somebody else took it …). `details` is shown to the client.
    #[error("conflict: {code}")]
    Conflict { code: &'static str, message: Words, details: serde_json::Value },
    #[error("invalid request ({} fields)", .0.len())]
    Invalid(Vec<Invalid>),
    /// Too many tries; again after the given time.
    #[error("too many requests")]
    TooMany { after: std::time::Duration },
    /// A part that the work needs is down: try again later.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours. The text is for the log alone.
    #[error("internal: {0}")]
    Internal(String),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn invalid(field: &str, code: &'static str, message: Words) -> Self {
        Self::Invalid(vec![Invalid::new(field, code, message)])
    }

    pub fn conflict(code: &'static str, message: Words) -> Self {
        Self::Conflict { code, message, details: serde_json::Value::Null }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        if error.is_passing() {
            Self::Unavailable(error.to_string())
        } else {
            Self::Internal(error.to_string())
        }
    }
}
