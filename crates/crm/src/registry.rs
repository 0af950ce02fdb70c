//! Which CRMs exist; filled by the server.

use std::{collections::BTreeMap, sync::Arc};

use domain::crm::CrmKind;

use crate::Crm;

/// The adapters by kind. Cheap to clone.
#[derive(Clone, Default)]
pub struct Registry {
    adapters: Arc<BTreeMap<CrmKind, Arc<dyn Crm>>>,
}

impl Registry {
    /// Of these adapters; a later one of a kind replaces an earlier one.
    pub fn new(adapters: impl IntoIterator<Item = Arc<dyn Crm>>) -> Self {
        Self { adapters: Arc::new(adapters.into_iter().map(|crm| (crm.kind(), crm)).collect()) }
    }

    /// The adapter of a kind, if this installation has it.
    pub fn get(&self, kind: CrmKind) -> Option<&Arc<dyn Crm>> {
        self.adapters.get(&kind)
    }

    /// The kinds that can be connected.
    pub fn kinds(&self) -> impl Iterator<Item = CrmKind> + '_ {
        self.adapters.keys().copied()
    }
}
