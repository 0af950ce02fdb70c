//! Text that people read, in both languages of the interface, and the cleaning of foreign text.

use serde::{Deserialize, Serialize};

/// One sentence in Russian and English. Both are required: a missing text is a compile error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Words {
    pub ru: String,
    pub en: String,
}

impl Words {
    pub fn new(ru: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ru: ru.into(), en: en.into() }
    }
}

/// Removes U+0000, which Postgres accepts neither in text nor in jsonb.
/// Everything else of the customer's text is kept as it came.
pub fn without_nul(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "").into() } else { text.into() }
}

/// The first `max` characters, with an ellipsis when something was left out.
pub fn shortened(text: &str, max: usize) -> String {
    let mut chars = text.chars();
    let head: String = chars.by_ref().take(max).collect();
    if chars.next().is_some() { format!("{head}…") } else { head }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_removed_and_nothing_else() {
        assert_eq!(without_nul("a\0b\u{200b}\u{202e}c"), "ab\u{200b}\u{202e}c");
    }

    #[test]
    fn shortening_counts_characters() {
        assert_eq!(shortened("привет", 6), "привет");
        assert_eq!(shortened("привет", 3), "при…");
    }
}
