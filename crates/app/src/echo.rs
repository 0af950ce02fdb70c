//! A message of ours that comes back though its sending was never confirmed (CV-7): some services show us
//! what our side wrote, wherever it was written. If it says what an uncertain message says, it is that
//! message, and it arrived; a second bubble beside the uncertain one would invite to send it again.

use channel::{InboundMessage, Sender};
use domain::{content::Content, delivery::DeliveryStatus};
use store::ChannelRow;

use crate::{App, Result};

impl App {
    /// Whether this is an uncertain message of ours, which is settled by it.
    pub(crate) async fn is_uncertain_echo(
        &self,
        channel: &ChannelRow,
        message: &InboundMessage,
    ) -> Result<bool> {
        let (Sender::OurSide, Content::Text { text, .. }) = (message.sender, &message.content)
        else {
            return Ok(false);
        };
        let mut tx = self.store.tenant(channel.account).await?;
        let person = &message.person.external_id;
        let Some(identity) = tx.identity_of(channel.channel_id, person).await? else {
            return Ok(false);
        };
        let external_id = &message.external_id;
        tx.hold_names(channel.channel_id, std::slice::from_ref(external_id)).await?;
        if tx.message_by_external_id(channel.channel_id, external_id).await?.is_some() {
            return Ok(false);
        }
        // Short words are said again and again: only what was said at about that time is it.
        let ours = tx.uncertain_like(identity, text, message.occurred_at).await?;
        let Some(ours) = ours else { return Ok(false) };
        let id = ours.message_id;
        let early = tx.record_sent(channel.channel_id, id, external_id, &message.aliases).await?;
        let status = early.iter().fold(DeliveryStatus::Sent, |s, r| s.after(r.status));
        let failure = early.into_iter().find_map(|r| r.failure);
        let failure = failure.filter(|_| status == DeliveryStatus::Failed);
        self.settle(&mut tx, &ours, status, failure.as_deref()).await?;
        tx.commit().await?;
        tracing::info!(message.id = %id, "an uncertain message came back and is sent");
        Ok(true)
    }
}
