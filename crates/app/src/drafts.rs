//! What an employee has begun to write and not sent, on all their devices (OW-6).

use domain::{
    draft::{DraftMode, DraftView, MOST_TEXT},
    event::{EventKind, NewEvent},
    ids::ConversationId,
    people::Right,
    view::ConversationView,
};
use serde_json::json;
use store::TenantTx;

use crate::{Actor, App, DraftKind, Result, compose::too_long, conversations::visible};

/// Nobody has as many; the bound is against abuse.
const MOST_SHOWN: i64 = 1000;

impl From<DraftKind> for DraftMode {
    fn from(kind: DraftKind) -> Self {
        match kind {
            DraftKind::Answer => Self::Answer,
            DraftKind::Note => Self::Note,
        }
    }
}

impl App {
    /// The actor's own, the latest first.
    pub async fn drafts(&self, actor: &Actor) -> Result<Vec<DraftView>> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.drafts(&actor.viewer, MOST_SHOWN).await?)
    }

    /// Keeps the actor's draft and tells their other windows; an empty one is thrown away (`None`).
    pub async fn save_draft(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        mode: DraftMode,
        text: String,
    ) -> Result<Option<DraftView>> {
        actor.require(Right::WorkConversations)?;
        too_long("text", text.chars().count(), MOST_TEXT)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let c = visible(tx.conversation(conversation).await?, actor)?;
        if text.trim().is_empty() {
            discard(&mut tx, actor, &c, mode).await?;
            tx.commit().await?;
            return Ok(None);
        }
        let at = self.clock.now();
        let (updated_at, is_new) =
            tx.put_draft(actor.employee, conversation, mode, &text, at).await?;
        if is_new {
            append(&mut tx, actor, &c, mode, &text);
            tx.commit().await?;
        }
        Ok(Some(DraftView { conversation_id: conversation, mode, text, updated_at }))
    }
}

/// Throws the actor's draft away, if there is one: it was emptied or sent.
pub(crate) async fn discard(
    tx: &mut TenantTx,
    actor: &Actor,
    c: &ConversationView,
    mode: DraftMode,
) -> Result<()> {
    if tx.delete_draft(actor.employee, c.conversation_id, mode).await? {
        append(tx, actor, c, mode, "");
    }
    Ok(())
}

fn append(tx: &mut TenantTx, actor: &Actor, c: &ConversationView, mode: DraftMode, text: &str) {
    tx.append(NewEvent {
        kind: EventKind::DraftChanged,
        conversation: Some(c.conversation_id),
        audience: Some(c.audience()),
        was: None,
        payload: json!({
            "conversation_id": c.conversation_id,
            "mode": mode,
            "text": text,
            "employee_id": actor.employee,
        }),
    });
}
