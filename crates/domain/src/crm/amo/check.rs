//! Whether settings make sense, against what the CRM has.

use super::super::{AmoSettings, Directory};
use crate::problem::Problems;

/// See [`super::super::check`].
pub fn check(_settings: &AmoSettings, _directory: &Directory) -> (Problems, Problems) {
    (Problems(Vec::new()), Problems(Vec::new()))
}
