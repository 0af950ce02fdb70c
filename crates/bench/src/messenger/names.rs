//! How a messenger names customers whom we count.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Names that the counterpart gave out when customers met it. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Names(Arc<Mutex<HashMap<i64, String>>>);

impl Names {
    pub fn learn(&self, customer: i64, name: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(customer, name);
    }

    /// One who was never met has a name of our making.
    pub fn of(&self, customer: i64, otherwise: impl FnOnce() -> String) -> String {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&customer).cloned();
        known.unwrap_or_else(otherwise)
    }
}
