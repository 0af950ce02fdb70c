//! One errand at a portal outside of runs: a check, a subscription, a look at its lists. With a living
//! token, through the limits, without the breaker: a person who presses «Проверить» wants to know now.

use std::sync::Arc;

use crm::{Caller, Crm, CrmError, NoFiles};
use domain::crm::Directory;
use store::PortalRow;

use super::gate::PortalGate;
use crate::App;

/// An open way to a portal.
pub(super) struct Door {
    pub row: PortalRow,
    pub adapter: Arc<dyn Crm>,
    portal: crm::Portal,
    gate: PortalGate,
    directory: Directory,
}

impl Door {
    /// With the lists as they were pulled last: what the token may not read stays so.
    pub fn knowing(self, directory: Directory) -> Self {
        Self { directory, ..self }
    }

    pub fn caller(&self) -> Caller<'_> {
        Caller {
            portal: &self.portal,
            directory: &self.directory,
            gate: &self.gate,
            files: &NoFiles,
        }
    }
}

impl App {
    pub(super) async fn open_door(&self, row: PortalRow) -> Result<Door, CrmError> {
        self.behind(self.living_token(row, None).await?)
    }

    /// The same with another token: the CRM did not take this one.
    pub(super) async fn reopen_door(&self, door: Door) -> Result<Door, CrmError> {
        let Door { row, directory, .. } = door;
        let refused = row.secrets.access.clone();
        let fresh = self.behind(self.living_token(row, Some(&refused)).await?)?;
        Ok(fresh.knowing(directory))
    }

    /// With the token that is there.
    pub(super) fn behind(&self, row: PortalRow) -> Result<Door, CrmError> {
        let ours = |e: crate::Error| CrmError::Retry { after: None, why: e.to_string() };
        Ok(Door {
            adapter: self.crm_adapter(row.kind).map_err(ours)?,
            portal: self.crm_portal(&row).map_err(ours)?,
            gate: self.portal_gate(&row),
            directory: Directory::default(),
            row,
        })
    }
}

/// `at_portal!(app, door, adapter, caller => adapter.about(&caller))`: the call is made again once
/// with a new token when the present one is not taken. A macro, because the call borrows the door.
macro_rules! at_portal {
    ($app:expr, $door:ident, $adapter:ident, $caller:ident => $call:expr) => {{
        let first = {
            let ($adapter, $caller) = (&$door.adapter, $door.caller());
            $call.await
        };
        match first {
            Err(::crm::CrmError::TokenExpired) => {
                $door = $app.reopen_door($door).await?;
                let ($adapter, $caller) = (&$door.adapter, $door.caller());
                $call.await
            }
            other => other,
        }
    }};
}
pub(super) use at_portal;
