//! The decision for Bitrix.

use super::{BitrixSettings, Directory, Facts, Plan, Question};
use crate::problem::Problems;

/// See [`super::next_question`].
pub fn next_question(_settings: &BitrixSettings, _facts: &Facts) -> Option<Question> {
    None
}

/// See [`super::plan`].
pub fn plan(_settings: &BitrixSettings, _facts: &Facts) -> Plan {
    Plan::default()
}

/// See [`super::check`].
pub fn check(_settings: &BitrixSettings, _directory: &Directory) -> (Problems, Problems) {
    (Problems(Vec::new()), Problems(Vec::new()))
}
