//! Whether settings make sense, against what the CRM has.

use super::super::{BitrixSettings, Directory};
use crate::problem::Problems;

/// See [`super::super::check`].
pub fn check(_settings: &BitrixSettings, _directory: &Directory) -> (Problems, Problems) {
    (Problems(Vec::new()), Problems(Vec::new()))
}
