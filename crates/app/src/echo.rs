//! A message of ours that comes back though its sending was never confirmed (CV-7): some services show us
//! what our side wrote, wherever it was written. If it says what an uncertain message says, it is that
//! message, and it arrived; a second bubble beside the uncertain one would invite to send it again.

use channel::{InboundMessage, Sender};
use domain::{content::Content, delivery::DeliveryStatus};
use store::{ChannelLease, ChannelRow};

use crate::{App, Result};

/// What a message of our side is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Echo {
    /// None of the uncertain ones.
    Another,
    /// An uncertain one, which is settled by it.
    Settled,
    /// Whoever brought it has lost the channel: nothing was written.
    Fenced,
}

impl App {
    /// Settles the uncertain message of ours that this is, if it is one. `lease`: of the listener that
    /// brought it, whose writes are fenced by it.
    pub(crate) async fn settle_echo(
        &self,
        channel: &ChannelRow,
        message: &InboundMessage,
        lease: Option<&ChannelLease>,
    ) -> Result<Echo> {
        let (Sender::OurSide, Content::Text { text, .. }) = (message.sender, &message.content)
        else {
            return Ok(Echo::Another);
        };
        let mut tx = self.store.tenant(channel.account).await?;
        let person = &message.person.external_id;
        let Some(identity) = tx.identity_of(channel.channel_id, person).await? else {
            return Ok(Echo::Another);
        };
        let external_id = &message.external_id;
        tx.hold_names(channel.channel_id, std::slice::from_ref(external_id)).await?;
        if tx.message_by_external_id(channel.channel_id, external_id).await?.is_some() {
            return Ok(Echo::Another);
        }
        // Short words are said again and again: only what was said at about that time is it.
        let ours = tx.uncertain_like(identity, text, message.occurred_at).await?;
        let Some(ours) = ours else { return Ok(Echo::Another) };
        if let Some(lease) = lease
            && !tx.hold_lease(lease).await?
        {
            return Ok(Echo::Fenced);
        }
        let id = ours.message_id;
        let early = tx.record_sent(channel.channel_id, id, external_id, &message.aliases).await?;
        let status = early.iter().fold(DeliveryStatus::Sent, |s, r| s.after(r.status));
        let failure = early.into_iter().find_map(|r| r.failure);
        let failure = failure.filter(|_| status == DeliveryStatus::Failed);
        self.settle(&mut tx, &ours, status, failure.as_deref()).await?;
        tx.commit().await?;
        tracing::info!(message.id = %id, "an uncertain message came back and is sent");
        Ok(Echo::Settled)
    }
}
