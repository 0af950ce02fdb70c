//! What is wrong with something that a person has set: where, what, and what to do.

use std::fmt;

use serde::Serialize;

use crate::text::Words;

/// One fault of a setting, in the words that the settings screen shows beside the field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = SettingProblem)]
pub struct Problem {
    /// JSON Pointer (RFC 6901) into the setting: `/steps/0/then/1/text`.
    pub path: String,
    /// Stable, for programs: `unknown_group`, `empty_text`.
    pub code: &'static str,
    pub words: Words,
}

impl Problem {
    pub fn new(
        path: impl Into<String>,
        code: &'static str,
        ru: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self { path: path.into(), code, words: Words::new(ru, en) }
    }
}

/// Everything that was found wrong at once, so that a person mends it in one go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(transparent)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            let gap = if n == 0 { "" } else { "; " };
            write!(f, "{gap}{}: {}", problem.path, problem.words.en)?;
        }
        Ok(())
    }
}
