//! The person has read what we wrote (CV-7): everything up to a message, or up to a moment.

use domain::{
    clock::Instant,
    delivery::DeliveryStatus,
    event::{EventKind, NewEvent},
    ids::{ConversationId, IdentityId, MessageId},
};
use serde_json::json;
use store::{ChannelRow, StatusChange, TenantTx, Until};

use crate::{App, Result};

/// Services tell whole seconds: what was written in the second of the reading was read.
const WITHIN_A_SECOND: chrono::Duration = chrono::Duration::seconds(1);

impl App {
    pub(crate) async fn accept_seen(
        &self,
        channel: &ChannelRow,
        person: &str,
        up_to: Option<&str>,
        at: Instant,
    ) -> Result<()> {
        let mut tx = self.store.tenant(channel.account).await?;
        let Some(identity) = tx.identity_of(channel.channel_id, person).await? else {
            return Ok(());
        };
        let until = match up_to {
            Some(id) => place(&mut tx, channel, identity, id).await?,
            None => None,
        };
        let until = until.unwrap_or(Until::Moment(at + WITHIN_A_SECOND));
        let moved = tx.mark_seen(identity, until).await?;
        tell(&mut tx, &moved).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Where a message stands. One that we know by no such id may be one whose send is being recorded just
/// now: its reading waits for that.
async fn place(
    tx: &mut TenantTx,
    channel: &ChannelRow,
    person: IdentityId,
    external_id: &str,
) -> Result<Option<Until>> {
    let mut found = tx.message_by_external_id(channel.channel_id, external_id).await?;
    if found.is_none() {
        tx.hold_names(channel.channel_id, &[external_id.to_owned()]).await?;
        found = tx.message_by_external_id(channel.channel_id, external_id).await?;
    }
    let Some(message) = found else {
        let read = StatusChange { status: DeliveryStatus::Read, failure: None };
        tx.keep_early_report(channel.channel_id, external_id, &read).await?;
        return Ok(None);
    };
    let conversation = tx.conversation(message.conversation_id).await?;
    Ok(conversation
        .filter(|c| c.identity_id == person)
        .map(|c| Until::Place { number: c.number, position: message.position }))
}

/// Tells readers of all that moved, whatever their number, with a fixed number of queries.
async fn tell(tx: &mut TenantTx, moved: &[MessageId]) -> Result<()> {
    let rows = tx.messages(moved).await?;
    let mut conversations: Vec<ConversationId> = rows.iter().map(|r| r.conversation_id).collect();
    conversations.dedup();
    let audiences = tx.audiences(&conversations).await?;
    for view in tx.message_views(rows).await? {
        tx.append(NewEvent {
            kind: EventKind::MessageChanged,
            conversation: Some(view.conversation_id),
            audience: audiences.get(&view.conversation_id).copied(),
            was: None,
            payload: json!({ "message": view }),
        });
    }
    Ok(())
}
