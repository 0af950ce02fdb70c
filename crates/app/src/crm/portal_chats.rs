//! The chats channel of a portal (AMO-13): what the CRM's support gave, tried at once.

use crm::CrmError;
use domain::{crm::PortalMode, crm_view::PortalView, ids::PortalId, people::Right, text::Words};
use secrecy::SecretString;
use serde_json::json;
use store::{PortalChat, PortalRow, PortalSecrets, TenantTx};

use super::{changed, door::at_portal, portals::NOT_FOUND};
use crate::{Actor, App, Error, Result, fields::Check};

/// How our channel is called in the CRM.
const TITLE: &str = "Беседа";

impl App {
    /// Connects the chats channel that the CRM's support registered for us.
    pub async fn connect_portal_chats(
        &self,
        actor: &Actor,
        id: PortalId,
        channel_id: &str,
        bot_id: &str,
        secret: SecretString,
    ) -> Result<PortalView> {
        actor.require(Right::ManageAccount)?;
        let mut check = Check::default();
        let channel_id = check.line("channel_id", channel_id);
        let bot_id = check.line("bot_id", bot_id);
        check.done()?;
        let chat = PortalChat { channel_id, bot_id, scope_id: None };
        let row = self.write_chat(actor, id, Some(&chat), Some(secret)).await?;
        if row.mode == PortalMode::Lite {
            return Err(Error::conflict(
                "lite",
                Words::new(
                    "Чаты работают только при полном подключении CRM.",
                    "Chats need the full connection of the CRM.",
                ),
            ));
        }
        let scope = self.open_chats(row).await.map_err(refused)?;
        let chat = PortalChat { scope_id: Some(scope), ..chat };
        self.write_chat(actor, id, Some(&chat), None).await?;
        self.portal(actor, id).await
    }

    /// Takes the chats channel away.
    pub async fn disconnect_portal_chats(&self, actor: &Actor, id: PortalId) -> Result<PortalView> {
        actor.require(Right::ManageAccount)?;
        let row = self.portal_row(actor.account, id).await?.ok_or(NOT_FOUND)?;
        if let Err(error) = self.close_chats(row).await {
            tracing::warn!(%error, portal.id = %id, "the CRM was not told that the chats go");
        }
        self.write_chat(actor, id, None, None).await?;
        self.portal(actor, id).await
    }

    pub(super) async fn open_chats(&self, row: PortalRow) -> Result<String, CrmError> {
        let mut door = self.open_door(row).await?;
        let adapter = door.adapter.clone();
        let Some(chats) = adapter.chats() else {
            let words = Words::new("У этой CRM нет чатов.", "This CRM has no chats.");
            return Err(CrmError::Rejected { words });
        };
        at_portal!(self, door, _adapter, caller => chats.connect(&caller, TITLE))
    }

    pub(super) async fn close_chats(&self, row: PortalRow) -> Result<(), CrmError> {
        if row.chat.as_ref().is_none_or(|chat| chat.scope_id.is_none()) {
            return Ok(());
        }
        let mut door = self.open_door(row).await?;
        let adapter = door.adapter.clone();
        match adapter.chats() {
            Some(chats) => {
                at_portal!(self, door, _adapter, caller => chats.disconnect(&caller))
            }
            None => Ok(()),
        }
    }

    async fn write_chat(
        &self,
        actor: &Actor,
        id: PortalId,
        chat: Option<&PortalChat>,
        secret: Option<SecretString>,
    ) -> Result<PortalRow> {
        let mut tx = self.store.tenant(actor.account).await?;
        let row = tx.lock_portal(id).await?.ok_or(NOT_FOUND)?;
        write(&mut tx, &row, chat, secret).await?;
        changed(&mut tx, id);
        let details = json!({ "connected": chat.is_some_and(|chat| chat.scope_id.is_some()) });
        self.note(&mut tx, actor, "crm.chats_changed", id.to_string(), details).await?;
        let row = tx.portal(id).await?.ok_or(NOT_FOUND)?;
        tx.commit().await?;
        Ok(row)
    }
}

/// The secret goes with the channel; without a new one it stays. A change of tokens that is under way
/// writes its own.
async fn write(
    tx: &mut TenantTx,
    row: &PortalRow,
    chat: Option<&PortalChat>,
    secret: Option<SecretString>,
) -> Result<()> {
    tx.set_portal_chat(row.portal_id, chat).await?;
    let kept = secret.or_else(|| chat.and(row.secrets.chat_secret.clone()));
    let secrets = PortalSecrets { chat_secret: kept, ..row.secrets.clone() };
    tx.replace_portal_secrets(row.portal_id, &secrets).await?;
    Ok(())
}

fn refused(error: CrmError) -> Error {
    match error {
        CrmError::Rejected { words } => Error::invalid("channel_id", "refused", words),
        CrmError::Disconnected { trouble } => {
            Error::invalid("channel_id", trouble.as_str(), trouble.reason())
        }
        CrmError::TokenExpired
        | CrmError::Busy(_)
        | CrmError::Retry { .. }
        | CrmError::Unknown { .. } => Error::Unavailable("the CRM does not answer".to_owned()),
    }
}
