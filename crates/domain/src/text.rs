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

    pub fn said_in(&self, language: Language) -> &str {
        match language {
            Language::Ru => &self.ru,
            Language::En => &self.en,
        }
    }
}

/// The language of a company: what others read of it (customers, the company's CRM) is written in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    Ru,
    En,
}

impl Language {
    /// As companies store it (`ru`, `en`).
    pub fn of(code: &str) -> Self {
        if code == "en" { Self::En } else { Self::Ru }
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

/// Whether nobody sees anything of it. Messengers let people call themselves by fillers (U+3164) and
/// characters of no width.
pub fn is_blank(text: &str) -> bool {
    let unseen = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c,
                '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
    };
    text.chars().all(unseen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_removed_and_nothing_else() {
        assert_eq!(without_nul("a\0b\u{200b}\u{202e}c"), "ab\u{200b}\u{202e}c");
    }

    #[test]
    fn what_nobody_sees_is_blank() {
        for blank in ["", " \n", "\u{3164}\u{2800}", "\u{200d}\u{fe0f}", "\u{0}\u{202e}"] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for seen in ["a", "\u{200b}.", "👩‍🚒", "ㅤㅤя", "é"] {
            assert!(!is_blank(seen), "{seen:?}");
        }
    }

    #[test]
    fn shortening_counts_characters() {
        assert_eq!(shortened("привет", 6), "привет");
        assert_eq!(shortened("привет", 3), "при…");
    }
}
