//! What the CRM's chats service tells us (AMO-13): kept and queued in one transaction, then answered,
//! because the service waits five seconds and tells everything once.

use crm::{ChatEvent, ChatHook, ChatMessageRef};
use domain::ids::{AccountId, PortalId};
use serde_json::json;
use store::{MessageRow, NewCrmQuarantine, NewJob, PortalRow, TenantTx};

use super::{
    chat_answer::{chat_employee, chat_identity, quoted},
    relay,
};
use crate::{App, Error, Result, Work};

/// Said of a hook whose portal is not here.
const NO_PORTAL: Error = Error::NotFound { what: "portal" };

impl App {
    /// Takes a webhook of the chats service. [`Error::Unauthenticated`]: it is not the service's.
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
            Ok(hook) => self.take_chat_hook(&mut tx, &row, hook).await?,
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

    /// Messages become jobs, one lane for each chat. Signs and reactions are done at once: they are
    /// small, and about messages that are here.
    async fn take_chat_hook(
        &self,
        tx: &mut TenantTx,
        portal: &PortalRow,
        hook: ChatHook,
    ) -> Result<()> {
        for event in hook.events {
            match event {
                ChatEvent::Message { .. } => receive(tx, portal.portal_id, &event).await?,
                ChatEvent::Typing { chat, .. } => {
                    let identity = chat_identity(tx, portal.portal_id, &chat).await?;
                    let Some(identity) = identity else { continue };
                    let open = tx.open_conversation_of(identity.identity_id).await?;
                    let Some(open) = open else { continue };
                    if let Some(c) = tx.conversation(open).await? {
                        self.ask_typing_shown(tx, &c).await?;
                    }
                }
                ChatEvent::Reaction { message, emoji, user, .. } => {
                    let Some(row) = message_of(tx, portal.portal_id, &message).await? else {
                        continue;
                    };
                    let by = chat_employee(tx, portal.portal_id, &user).await?;
                    self.react_from_crm(tx, &row, by, emoji.as_deref()).await?;
                }
            }
        }
        Ok(())
    }
}

/// Keeps a message and queues it. One that is there already is no news.
async fn receive(tx: &mut TenantTx, portal: PortalId, event: &ChatEvent) -> Result<()> {
    let ChatEvent::Message { id, chat, .. } = event else { return Ok(()) };
    if tx.receive_crm_chat(portal, id, &json!(event)).await? {
        tx.push(NewJob {
            lane: format!("crm:{portal}:chat:{}", chat.conversation_ref),
            queue: relay::QUEUE,
            payload: json!(Work::TakeChat { portal, message: id.clone() }),
            run_at: None,
        });
    }
    Ok(())
}

/// The hook does not tell whose id it names.
async fn message_of(tx: &mut TenantTx, portal: PortalId, name: &str) -> Result<Option<MessageRow>> {
    let theirs = ChatMessageRef::Theirs(name.to_owned());
    let id = match quoted(tx, portal, Some(theirs)).await? {
        Some(id) => Some(id),
        None => quoted(tx, portal, Some(ChatMessageRef::Ours(name.to_owned()))).await?,
    };
    match id {
        Some(id) => Ok(tx.message(id).await?),
        None => Ok(None),
    }
}
