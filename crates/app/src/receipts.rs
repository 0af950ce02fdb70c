//! News of messages that we sent (CV-7): of a whole message, or of one of its parts.

use channel::DeliveryReport;
use domain::ids::MessageId;
use store::{ChannelRow, StatusChange, TenantTx};

use crate::{App, Result, inbound::append_changed};

impl App {
    /// A report that comes before our own record of the message's or part's id waits for it.
    pub(crate) async fn accept_delivery(
        &self,
        channel: &ChannelRow,
        report: DeliveryReport,
    ) -> Result<()> {
        let change = StatusChange { status: report.status, failure: report.reason };
        let mut tx = self.store.tenant(channel.account).await?;
        let mut found = reported(&mut tx, channel, &report.external_id, &change).await?;
        if found.is_none() {
            let name = std::slice::from_ref(&report.external_id);
            tx.hold_names(channel.channel_id, name).await?;
            found = reported(&mut tx, channel, &report.external_id, &change).await?;
        }
        match found {
            None => {
                tx.keep_early_report(channel.channel_id, &report.external_id, &change).await?;
            }
            Some((message, change)) => {
                if tx.move_status(message, &change).await?
                    && let Some(row) = tx.message(message).await?
                    && let Some(conversation) = tx.conversation(row.conversation_id).await?
                {
                    append_changed(&mut tx, message, &conversation.audience()).await?;
                }
            }
        }
        tx.commit().await?;
        Ok(())
    }
}

/// The message that a report is about, and what it means for the whole of it.
async fn reported(
    tx: &mut TenantTx,
    channel: &ChannelRow,
    external_id: &str,
    change: &StatusChange,
) -> Result<Option<(MessageId, StatusChange)>> {
    if let Some(moved) = tx.move_part(channel.channel_id, external_id, change).await? {
        return Ok(Some((moved.message_id, moved.whole)));
    }
    let found = tx.message_by_external_id(channel.channel_id, external_id).await?;
    Ok(found.map(|message| (message.message_id, change.clone())))
}
