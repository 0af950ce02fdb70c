//! Messages that begin here: an employee's words, a rule's, and lines about what happened. Each takes the
//! next place of its conversation, which the caller has locked and saves.

use domain::{
    content::Content,
    conversation::Direction,
    delivery::DeliveryStatus,
    event::{EventKind, NewEvent},
    ids::{AttachmentId, ConversationId, MessageId},
    view::{ConversationView, MessageView, SystemLine},
};
use serde_json::json;
use store::{ChannelRow, MessageRow, NewJob, NewMessage, StoredBody, TenantTx};

use crate::{App, Error, Result, Work, conversation_events::tail};

impl App {
    /// A message in the next place of a conversation, as nobody's.
    pub(crate) fn next_message(
        &self,
        c: &mut ConversationView,
        direction: Direction,
        body: StoredBody,
    ) -> NewMessage {
        c.last_position += 1;
        NewMessage {
            message_id: MessageId::new(&*self.ids),
            conversation_id: c.conversation_id,
            position: c.last_position,
            channel_id: c.channel_id,
            direction,
            author_id: None,
            automatic: false,
            words: match &body {
                StoredBody::Said(content) => content.words(),
                StoredBody::Happened(_) => String::new(),
            },
            body,
            reply_to: None,
            status: (direction == Direction::Outbound).then_some(DeliveryStatus::Queued),
            client_id: None,
            mentions: Vec::new(),
            at: self.clock.now(),
        }
    }

    /// A text that a rule sends: an auto-reply.
    pub(crate) async fn automatic_reply(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        channel: &ChannelRow,
        text: String,
    ) -> Result<()> {
        let content = if self.driver(channel)?.capabilities().subject {
            Content::Letter {
                subject: c.subject.clone(),
                text,
                quoted: String::new(),
                html: None,
                files: Vec::new(),
            }
        } else {
            Content::text(text)
        };
        self.automatic_content(tx, c, channel, content).await
    }

    /// Any content that a rule sends. It is no answer of a person: the customer still waits.
    pub(crate) async fn automatic_content(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        channel: &ChannelRow,
        content: Content<AttachmentId>,
    ) -> Result<()> {
        let new = NewMessage {
            automatic: true,
            ..self.next_message(c, Direction::Outbound, StoredBody::Said(content))
        };
        send_off(tx, c, channel, new).await?;
        Ok(())
    }

    /// A line about what happened.
    pub(crate) async fn system_line(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        line: SystemLine,
    ) -> Result<()> {
        let new = self.next_message(c, Direction::System, StoredBody::Happened(line));
        insert(tx, c, new).await?;
        Ok(())
    }
}

/// Stores what goes to the customer, which the list shows and auto-close counts from, and queues its
/// sending.
pub(crate) async fn send_off(
    tx: &mut TenantTx,
    c: &mut ConversationView,
    channel: &ChannelRow,
    new: NewMessage,
) -> Result<MessageView> {
    let minutes = channel.auto_close_minutes;
    c.auto_close_at = minutes.map(|m| new.at + chrono::Duration::minutes(m.into()));
    c.last_message_at = new.at;
    c.preview = match &new.body {
        StoredBody::Said(content) => content.preview(),
        StoredBody::Happened(_) => String::new(),
    };
    c.preview_direction = Direction::Outbound;
    let view = insert(tx, c, new).await?;
    tx.push(send_job(c.conversation_id, view.message_id));
    Ok(view)
}

/// Stores a message of ours and tells readers.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    c: &ConversationView,
    new: NewMessage,
) -> Result<MessageView> {
    tx.insert_message(&new).await.map_err(|e| match e {
        store::Error::Constraint(name) if name == "messages_client" => {
            Error::Unavailable("the same message is being stored".to_owned())
        }
        other => other.into(),
    })?;
    let row = MessageRow {
        message_id: new.message_id,
        conversation_id: new.conversation_id,
        position: new.position,
        channel_id: new.channel_id,
        direction: new.direction,
        author_id: new.author_id,
        automatic: new.automatic,
        body: new.body,
        external_id: None,
        reply_to: new.reply_to,
        album: None,
        status: new.status,
        failure: None,
        failure_code: None,
        client_id: new.client_id,
        mentions: new.mentions,
        occurred_at: new.at,
        created_at: new.at,
        edited_at: None,
        removed_at: None,
        change: None,
        reactions: Vec::new(),
    };
    let view = tx.message_view(row).await?;
    tx.append(NewEvent {
        kind: EventKind::MessageCreated,
        conversation: Some(c.conversation_id),
        audience: Some(c.audience()),
        was: None,
        payload: json!({ "message": view, "conversation": tail(c) }),
    });
    Ok(view)
}

pub(crate) fn send_job(conversation: ConversationId, message: MessageId) -> NewJob {
    NewJob {
        lane: format!("send:{conversation}"),
        queue: "send",
        payload: json!(Work::Send { message }),
        run_at: None,
    }
}
