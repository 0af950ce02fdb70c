//! What the CRM's chats service tells us (AMO-13): kept and queued in one transaction, then answered,
//! because the service waits five seconds and tells everything once.

use crm::{ChatEvent, ChatHook};
use domain::ids::{AccountId, PortalId};
use serde_json::json;
use store::{NewCrmQuarantine, NewJob, PortalRow, TenantTx};

use super::relay;
use crate::{App, Error, Result, Work};

/// Said of a hook whose portal is not here.
const NO_PORTAL: Error = Error::NotFound { what: "portal" };

impl App {
    /// Takes a webhook of the chats service. [`Error::Unauthenticated`]: it is not the service's.
    ///
    /// Typing and reactions are understood and left: our conversations have no place for either.
    pub async fn crm_chat_hook(&self, scope: &str, signature: &str, body: &[u8]) -> Result<()> {
        let portals = self.store.portals_by_scope(scope).await?;
        if portals.is_empty() {
            return Err(NO_PORTAL);
        }
        let mut proved = false;
        for (account, portal) in portals {
            proved |= self.chat_hook_of(account, portal, signature, body).await?;
        }
        if proved { Ok(()) } else { Err(Error::Unauthenticated) }
    }

    /// Whether it was this portal's: companies that share an account of the CRM may have channels of
    /// their own.
    async fn chat_hook_of(
        &self,
        account: AccountId,
        portal: PortalId,
        signature: &str,
        body: &[u8],
    ) -> Result<bool> {
        let mut tx = self.store.tenant(account).await?;
        let Some(row) = tx.portal(portal).await? else { return Ok(false) };
        let adapter = self.crm_adapter(row.kind)?;
        let (Some(chats), Some(secret)) = (adapter.chats(), &row.secrets.chat_secret) else {
            return Ok(false);
        };
        if !chats.verify(secret, signature, body) {
            return Ok(false);
        }
        match chats.parse(body) {
            Ok(hook) => take(&mut tx, &row, hook).await?,
            Err(error) => {
                tracing::warn!(portal.id = %portal, why = %error, "a hook of a chat is not understood");
                tx.quarantine_crm_hook(&NewCrmQuarantine {
                    quarantine_id: self.ids.uuid(),
                    portal_id: portal,
                    reason: error.to_string(),
                    content_type: "application/json".to_owned(),
                    body: body.to_vec(),
                })
                .await?;
            }
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Messages become jobs, one lane for each chat. One that is there already is no news.
async fn take(tx: &mut TenantTx, portal: &PortalRow, hook: ChatHook) -> Result<()> {
    for event in hook.events {
        let ChatEvent::Message { id, chat, .. } = &event else { continue };
        let (id, lane) = (id.clone(), chat.conversation_ref.clone());
        if !tx.receive_crm_chat(portal.portal_id, &id, &json!(event)).await? {
            continue;
        }
        tx.push(NewJob {
            lane: format!("crm:{}:chat:{lane}", portal.portal_id),
            queue: relay::QUEUE,
            payload: json!(Work::TakeChat { portal: portal.portal_id, message: id }),
            run_at: None,
        });
    }
    Ok(())
}
