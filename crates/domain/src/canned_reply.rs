//! Ready texts that employees put into an answer (OW-6). The variables in them (`{имя}`, `{name}`, …)
//! are filled by the workstation, so that a person sees what goes out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{CannedReplyId, GroupId};

/// How long a text may be, in characters; as long as a draft.
pub const MOST_TEXT: usize = 10_000;
pub const MOST_SHORTCUT: usize = 40;
pub const MOST_SECTION: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CannedReplyView {
    pub canned_reply_id: CannedReplyId,
    /// The word after the slash; empty: it has none.
    pub shortcut: String,
    pub title: String,
    /// May have `{имя}` or `{name}` (the client's name), `{оператор}` or `{operator}`, `{компания}`
    /// or `{company}`, `{номер}` or `{number}` (the conversation's).
    pub text: String,
    /// The heading below which it stands; empty: none.
    pub section: String,
    /// Whose it is; `null`: everybody's.
    pub group_id: Option<GroupId>,
    /// How often it was put into an answer.
    pub used_count: i64,
    pub updated_at: DateTime<Utc>,
}

/// The one form of a shortcut, without the slash that people may type before it. `None`: it is no
/// single word of letters, digits, `-`, `_` and `.`.
pub fn shortcut(text: &str) -> Option<String> {
    let text = text.trim();
    let word = text.strip_prefix('/').unwrap_or(text);
    let good = word.chars().count() <= MOST_SHORTCUT
        && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    good.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ow_6_a_shortcut_is_one_word_or_nothing() {
        for (text, word) in [
            ("", Some("")),
            (" привет ", Some("привет")),
            ("/привет", Some("привет")),
            ("v2.0_a-b", Some("v2.0_a-b")),
            ("добрый день", None),
            ("//a", None),
            ("a\nb", None),
            ("{имя}", None),
        ] {
            assert_eq!(shortcut(text).as_deref(), word, "{text:?}");
        }
        assert!(shortcut(&"я".repeat(MOST_SHORTCUT)).is_some());
        assert!(shortcut(&"я".repeat(MOST_SHORTCUT + 1)).is_none());
    }
}
