//! What of a channel's deliveries was not understood, for the people who look after channels.

use domain::{
    clock::Instant,
    ids::{ChannelId, QuarantineId},
    people::Right,
    text::Words,
};
use serde_json::json;

use crate::{Actor, App, Error, Result};

/// An open entry of the quarantine.
#[derive(Debug, Clone)]
pub struct QuarantineView {
    pub quarantine_id: QuarantineId,
    pub channel_id: ChannelId,
    pub reason: Words,
    pub created_at: Instant,
    /// In bytes.
    pub size: i64,
}

impl App {
    pub async fn quarantined(&self, actor: &Actor, limit: i64) -> Result<Vec<QuarantineView>> {
        actor.require(Right::ManageChannels)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx
            .quarantined(limit)
            .await?
            .into_iter()
            .map(|(quarantine_id, channel_id, reason, created_at, size)| QuarantineView {
                quarantine_id,
                channel_id,
                reason,
                created_at,
                size,
            })
            .collect())
    }

    pub async fn quarantine_body(&self, actor: &Actor, id: QuarantineId) -> Result<Vec<u8>> {
        actor.require(Right::ManageChannels)?;
        let mut tx = self.store.tenant(actor.account).await?;
        tx.quarantine_body(id).await?.ok_or(Error::NotFound { what: "quarantine" })
    }

    pub async fn resolve_quarantine(&self, actor: &Actor, id: QuarantineId) -> Result<()> {
        actor.require(Right::ManageChannels)?;
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.resolve_quarantine(id).await? {
            return Err(Error::NotFound { what: "quarantine" });
        }
        self.note(&mut tx, actor, "quarantine.resolved", id.to_string(), json!({})).await?;
        tx.commit().await?;
        Ok(())
    }
}
