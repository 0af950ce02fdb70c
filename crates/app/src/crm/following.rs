//! An account of the CRM has another address: its admin gave it another subdomain. The CRM itself is asked
//! where it is, and the portal stands there from then on; nobody has to connect it again.

use crm::GrantError;
use domain::crm::PortalState;
use store::PortalRow;

use super::changed;
use crate::App;

impl App {
    /// Whether the account was found at another address than it was called at.
    pub(super) async fn follow(&self, row: &PortalRow) -> bool {
        let id = row.portal_id;
        match self.look_for(row).await {
            Ok(found) => {
                if found {
                    tracing::info!(portal.id = %id, "a portal has moved to another address");
                }
                found
            }
            Err(error) => {
                tracing::warn!(%error, portal.id = %id, "it is not known where a portal is");
                false
            }
        }
    }

    async fn look_for(&self, row: &PortalRow) -> Result<bool, GrantError> {
        let fault = |error: String| GrantError::NotReached(error);
        let Some(refresh) = &row.secrets.refresh else { return Ok(false) };
        let adapter = self.crm_adapter(row.kind).map_err(|e| fault(e.to_string()))?;
        let found = adapter.connect().whereabouts(&row.secrets.access, refresh).await?;
        let Some(found) = found.filter(|found| found.external_id == row.external_id) else {
            return Ok(false);
        };
        if found.base.as_str() == row.base {
            return Ok(false);
        }
        let written = async {
            let mut tx = self.store.tenant(row.account).await?;
            let Some(now) = tx.lock_portal(row.portal_id).await? else { return Ok(false) };
            if now.state == PortalState::Disconnected {
                return Ok(false);
            }
            // Somebody else may have found it first.
            if now.base == row.base {
                let (base, site) = (found.base.as_str(), found.site.as_str());
                tx.readdress_portal(row.portal_id, now.mode, base, site).await?;
                changed(&mut tx, row.portal_id);
            }
            tx.commit().await?;
            Ok::<_, store::Error>(true)
        };
        written.await.map_err(|e| fault(e.to_string()))
    }
}
