//! A CRM's admin switched our app off there, and the CRM tells us. Its message is signed with the app's
//! secret and nothing else: it is the same each time, so whoever saw it once can send it again. Therefore
//! it is a reason to look, and the CRM's own answer decides.

use std::{collections::BTreeMap, time::Duration};

use crm::CrmError;
use domain::{
    crm::{CrmKind, PortalMode, PortalState, PortalTrouble},
    ids::{AccountId, PortalId},
};
use store::PortalRow;

use super::{keys_of, set_state};
use crate::{App, Error, Result};

/// The CRM waits for our answer meanwhile.
const LOOK: Duration = Duration::from_secs(10);

impl App {
    /// Checks the signature with the keys of each portal of that account: companies may share one, and
    /// each may have connected it by an app of its own.
    pub async fn portal_switched_off(
        &self,
        kind: CrmKind,
        query: &BTreeMap<String, String>,
    ) -> Result<()> {
        let adapter = self.crm_adapter_of(kind)?;
        let external = adapter.connect().switched_off_account(query);
        let external = external.ok_or(Error::Unauthenticated)?;
        let mut proved = false;
        for (account, id) in self.store.portals_by_external(kind, &external).await? {
            let Some(row) = self.portal_row(account, id).await? else { continue };
            // A long-lived token is not our app's.
            if row.mode != PortalMode::Full || row.state == PortalState::Disconnected {
                continue;
            }
            let Some(keys) = keys_of(&self.settings, &row) else { continue };
            if adapter.connect().switched_off(&keys, query).as_ref() == Ok(&row.external_id) {
                proved = true;
                self.look_whether_off(account, id, row).await?;
            }
        }
        if proved { Ok(()) } else { Err(Error::Unauthenticated) }
    }

    async fn look_whether_off(
        &self,
        account: AccountId,
        id: PortalId,
        row: PortalRow,
    ) -> Result<()> {
        let looked = tokio::time::timeout(LOOK, self.lets_in(row)).await;
        let trouble = match looked {
            Ok(Ok(())) => {
                tracing::info!(portal.id = %id, "a portal is said to be switched off, and is not");
                return Ok(());
            }
            Ok(Err(error)) => {
                tracing::info!(portal.id = %id, %error, "a portal is said to be switched off");
                shut_out(&error)
            }
            Err(_) => {
                tracing::info!(portal.id = %id, "a portal is said to be switched off, and is silent");
                None
            }
        };
        let mut tx = self.store.tenant(account).await?;
        match trouble {
            Some(trouble) if tx.lock_portal(id).await?.is_some() => {
                set_state(&mut tx, id, PortalState::Stopped, Some(trouble)).await?;
            }
            Some(_) => {}
            // Those who look after portals look at it next.
            None => tx.set_upkeep(id, self.clock.now()).await?,
        }
        tx.commit().await?;
        Ok(())
    }

    /// Whether the token that is there is taken. One that is not is not changed for another: that would
    /// spend the refresh token to no end.
    async fn lets_in(&self, row: PortalRow) -> Result<(), CrmError> {
        let door = self.open_door(row).await?;
        door.adapter.connect().about(&door.caller()).await.map(drop)
    }
}

/// What a look found that did not get in: why the portal is stopped. `None`: it says nothing about our
/// app, our own limits for instance, or a CRM that is silent.
fn shut_out(error: &CrmError) -> Option<PortalTrouble> {
    match error {
        CrmError::TokenExpired
        | CrmError::Disconnected { trouble: PortalTrouble::ConnectAgain } => {
            Some(PortalTrouble::SwitchedOff)
        }
        CrmError::Disconnected { trouble } => Some(*trouble),
        CrmError::Busy(_)
        | CrmError::Retry { .. }
        | CrmError::Unknown { .. }
        | CrmError::Rejected { .. } => None,
    }
}
