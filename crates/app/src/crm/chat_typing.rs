//! The customer's writing, told to the CRM's chat (AMO-13). True for a moment, and lost without harm: it is
//! told once in some seconds, in the queue of signs, by one job of a conversation at most; it waits for
//! nothing, takes a turn of the portal's limit only when nobody else wants one, and neither its calls nor
//! its failures are noted anywhere.

use std::time::Duration;

use crm::Caller;
use domain::{
    clock::Instant,
    crm::{Directory, Settings, amo},
    ids::{AccountId, ConversationId, IntegrationId, PortalId},
};
use serde_json::json;
use store::{NewJob, TenantTx};

use super::{chat_open::chat_name, files::StoredFiles};
use crate::{App, Result, Work};

/// amoCRM shows it for five seconds.
const EVERY: chrono::Duration = chrono::Duration::seconds(5);
/// A service that takes longer is not told.
const PATIENCE: Duration = Duration::from_secs(3);

impl App {
    /// Asks for the CRM to be told. `true`: there is something to commit.
    pub(crate) async fn ask_typing_told(
        &self,
        tx: &mut TenantTx,
        conversation: ConversationId,
    ) -> Result<bool> {
        if tx.crm_chats_showing(conversation).await?.is_empty() {
            return Ok(false);
        }
        let at = self.clock.now();
        let asked = tx.ask_customer_typing(conversation, at, EVERY).await?;
        if asked {
            tx.push(NewJob {
                lane: format!("sign:crm:{conversation}"),
                queue: "signs",
                payload: json!(Work::TypingInCrm { conversation, at }),
                run_at: None,
            });
        }
        Ok(asked)
    }

    /// Tells the chats that show this conversation, unless the moment is past.
    pub(crate) async fn tell_crm_typing(
        &self,
        account: AccountId,
        conversation: ConversationId,
        at: Instant,
    ) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        tx.take_customer_typing(conversation).await?;
        let late = self.clock.now() - at > EVERY;
        let portals = match late {
            true => Vec::new(),
            false => tx.crm_chats_showing(conversation).await?,
        };
        tx.commit().await?;
        for (portal, integration) in portals {
            let told = self.tell_typing_at(account, portal, integration, conversation);
            if !matches!(tokio::time::timeout(PATIENCE, told).await, Ok(Ok(()))) {
                tracing::debug!(portal.id = %portal, "a CRM was not told that a customer writes");
            }
        }
        Ok(())
    }

    async fn tell_typing_at(
        &self,
        account: AccountId,
        portal: PortalId,
        integration: IntegrationId,
        conversation: ConversationId,
    ) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        let Some(row) = tx.portal(portal).await? else { return Ok(()) };
        let Some(integration) = tx.integration(integration).await? else { return Ok(()) };
        let Settings::Amo(settings) = &integration.settings else { return Ok(()) };
        let Some(c) = tx.conversation(conversation).await? else { return Ok(()) };
        let contact = tx.contact(c.contact_id).await?;
        let enquiry = tx.crm_enquiry(integration.integration_id, conversation).await?;
        let begun = tx.begun_crm_chat(portal, c.identity_id).await?;
        drop(tx);
        if contact.is_none_or(|contact| amo::is_skipped(settings, &contact.phones)) {
            return Ok(());
        }
        let adapter = self.crm_adapter(row.kind)?;
        let Some(chats) = adapter.chats() else { return Ok(()) };
        let (gate, as_adapter) = (self.portal_gate(&row).if_idle(), self.crm_portal(&row)?);
        let files = StoredFiles::new(self, account);
        let directory = Directory::default();
        let caller =
            Caller { portal: &as_adapter, directory: &directory, gate: &gate, files: &files };
        let name = chat_name(&integration.settings, enquiry.as_ref(), begun.as_ref(), &c);
        if let Err(why) = chats.typing(&caller, &name, &c.identity_id.to_string()).await {
            tracing::debug!(%why, portal.id = %portal, "a customer's writing was not taken");
        }
        Ok(())
    }
}
