//! The decision for Amo.

use super::{AmoSettings, Directory, Facts, Plan, Question};
use crate::problem::Problems;

/// See [`super::next_question`].
pub fn next_question(_settings: &AmoSettings, _facts: &Facts) -> Option<Question> {
    None
}

/// See [`super::plan`].
pub fn plan(_settings: &AmoSettings, _facts: &Facts) -> Plan {
    Plan::default()
}

/// See [`super::check`].
pub fn check(_settings: &AmoSettings, _directory: &Directory) -> (Problems, Problems) {
    (Problems(Vec::new()), Problems(Vec::new()))
}
