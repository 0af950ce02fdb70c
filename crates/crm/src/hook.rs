//! Webhooks of a CRM.

use domain::{crm::Change, text::Words};

/// The body is not what the CRM documents. Its text is for the log, [`HookError::words`] are for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// Cut off, broken, or of another form.
    #[error("not readable: {0}")]
    Unreadable(String),
    /// More than the CRM sends at once.
    #[error("too much at once")]
    TooMuch,
    /// Well formed, and about nothing that the CRM tells of.
    #[error("nothing known")]
    NothingKnown,
}

impl HookError {
    /// What is wrong with it.
    pub fn words(&self) -> Words {
        match self {
            Self::Unreadable(_) => Words::new(
                "Сообщение CRM не прочитать: оно оборвано, повреждено или записано не так, как \
                 описано в её документации.",
                "A message of the CRM cannot be read: it is cut off, broken, or not of the form that \
                 its documentation describes.",
            ),
            Self::TooMuch => Words::new(
                "В сообщении больше изменений, чем CRM присылает за один раз.",
                "The message has more changes than the CRM sends at once.",
            ),
            Self::NothingKnown => Words::new(
                "В сообщении нет ничего из того, о чём CRM обычно сообщает: ни сделок, ни контактов, \
                 ни задач.",
                "The message has nothing of what the CRM tells of: no deals, contacts or tasks.",
            ),
        }
    }
}

/// Pure: testable by files.
pub trait Hook: Send + Sync {
    /// What a body says. Parts that do not concern us are left out; a body that is not understood at
    /// all is an error and is kept.
    fn parse(&self, content_type: &str, body: &[u8]) -> Result<Vec<Change>, HookError>;
}
