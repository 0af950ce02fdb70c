//! Taking leave of a portal. To disconnect ends the access and keeps all else: rules, links, log, what
//! waits; the same account connected again goes on where it was. To delete is an act of its own, and takes
//! the rules along.

use std::time::Duration;

use crm::CrmError;
use domain::{
    crm::{PortalMode, PortalState},
    crm_view::PortalView,
    ids::PortalId,
    people::Right,
    text::Words,
};
use secrecy::SecretString;
use serde_json::json;
use store::{PortalRow, PortalSecrets};

use super::{changed, door::at_portal, lanes_of, portals::NOT_FOUND};
use crate::{Actor, App, Error, Result};

/// A CRM that is being taken leave of is not waited for any longer.
const FAREWELL: Duration = Duration::from_secs(10);

impl App {
    /// Ends the access to a portal. Our webhook is taken away there as well, if the CRM answers. The keys
    /// that people entered (of an app of their own, of the chats) stay for the next time.
    pub async fn disconnect_portal(&self, actor: &Actor, id: PortalId) -> Result<PortalView> {
        actor.require(Right::ManageAccount)?;
        let row = self.portal_row(actor.account, id).await?.ok_or(NOT_FOUND)?;
        let lets_in = matches!(
            row.state,
            PortalState::Connecting | PortalState::Connected | PortalState::Interrupted
        );
        let former = lets_in.then(|| row.clone());
        if lets_in {
            let farewell = tokio::time::timeout(FAREWELL, self.say_farewell(row)).await;
            if !matches!(farewell, Ok(Ok(()))) {
                tracing::warn!(portal.id = %id, "a portal was not told that we go");
            }
        }
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.lock_portal(id).await?.ok_or(NOT_FOUND)?;
        if row.state != PortalState::Disconnected {
            let kept = PortalSecrets {
                access: SecretString::default(),
                refresh: None,
                ..row.secrets.clone()
            };
            tx.disconnect_portal(id, &kept).await?;
            changed(&mut tx, id);
            let details = json!({ "title": row.title });
            self.note(&mut tx, actor, "crm.portal_disconnected", id.to_string(), details).await?;
        }
        tx.commit().await?;
        // Now this portal counts no more: of two that leave at once the last one ends the chats.
        if let Some(former) = former {
            let closed = tokio::time::timeout(FAREWELL, self.close_chats(former)).await;
            if !matches!(closed, Ok(Ok(()))) {
                tracing::warn!(portal.id = %id, "the chats were not told that we go");
            }
        }
        self.portal(actor, id).await
    }

    /// Deletes a portal that is disconnected, with its integrations, their settings and what waits for
    /// them. What was made in the CRM stays there, conversations and the log stay here.
    pub async fn delete_portal(&self, actor: &Actor, id: PortalId) -> Result<()> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.lock_portal(id).await?.ok_or(NOT_FOUND)?;
        if row.state != PortalState::Disconnected {
            return Err(Error::conflict(
                "still_connected",
                Words::new(
                    "Сначала отключите портал. Удаление уничтожает и настройки его интеграций.",
                    "Disconnect the portal first. To delete it destroys its integrations' settings.",
                ),
            ));
        }
        let gone: Vec<String> = tx
            .integrations()
            .await?
            .into_iter()
            .filter(|i| i.portal_id == id)
            .map(|i| i.name)
            .collect();
        if !tx.delete_portal(id, self.clock.now()).await? {
            return Err(NOT_FOUND);
        }
        tx.close_crm_feed().await?;
        changed(&mut tx, id);
        let details = json!({ "title": row.title, "integrations": gone });
        self.note(&mut tx, actor, "crm.portal_deleted", id.to_string(), details).await?;
        tx.commit().await?;
        // Its jobs find it gone at once, instead of in their own time.
        self.store.wake_lanes(actor.account, &lanes_of(id)).await?;
        Ok(())
    }

    async fn say_farewell(&self, row: PortalRow) -> Result<(), CrmError> {
        let hook = self.settings.crm_hook(&row).filter(|_| row.mode == PortalMode::Full);
        let Some(hook) = hook else { return Ok(()) };
        let mut door = self.open_door(row).await?;
        at_portal!(self, door, adapter, caller => adapter.connect().unsubscribe(&caller, &hook))
    }
}
