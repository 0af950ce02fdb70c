//! Which drivers this process has. Filled by `server` (and by tests), read by everybody.

use std::{collections::BTreeMap, sync::Arc};

use domain::channel::ChannelKind;

use crate::Driver;

/// The drivers by kind.
#[derive(Clone, Default)]
pub struct Registry {
    drivers: BTreeMap<ChannelKind, Arc<dyn Driver>>,
}

impl Registry {
    /// A registry of the given drivers.
    pub fn new(drivers: impl IntoIterator<Item = Arc<dyn Driver>>) -> Self {
        Self { drivers: drivers.into_iter().map(|d| (d.kind(), d)).collect() }
    }

    /// The driver of a kind, if this process has it.
    pub fn get(&self, kind: &ChannelKind) -> Option<&Arc<dyn Driver>> {
        self.drivers.get(kind)
    }

    /// Every driver, by name of kind.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Driver>> {
        self.drivers.values()
    }
}
