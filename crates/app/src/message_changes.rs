//! An employee changes or takes back what they sent (CV-6). Asked for here, done by a job in the
//! conversation's lane, so that it comes after the message and in the order of asking; until then, and
//! when the service refuses, everybody sees what was wanted.

use std::time::Duration;

use channel::{OutFile, SendError};
use domain::{
    channel::Capabilities,
    content::Content,
    ids::{AccountId, AttachmentId, MessageId},
    message_change::{ChangeKind, ChangeState, Changing, MessageChange, may_change},
    people::Right,
    text::{Words, without_nul},
    view::{ConversationView, MessageView},
};
use serde_json::json;
use store::{ChannelRow, MessageRow, NewJob, StoredBody, TenantTx};

use crate::{
    Actor, App, Error, Result,
    compose::{check_text, too_long},
    inbound::append_changed,
    outcome::{Settled, channel_gone, unchanged},
    preview,
    work::{JobError, Work},
};

const NO_MESSAGE: Error = Error::NotFound { what: "message" };

impl App {
    /// Asks for new words in the place of a message's. The same words again are no change.
    pub async fn edit_sent(&self, actor: &Actor, id: MessageId, text: &str) -> Result<MessageView> {
        let text = without_nul(text);
        self.ask_change(actor, id, Some(&text)).await
    }

    /// Asks to take a message back for both sides.
    pub async fn remove_sent(&self, actor: &Actor, id: MessageId) -> Result<MessageView> {
        self.ask_change(actor, id, None).await
    }

    async fn ask_change(
        &self,
        actor: &Actor,
        id: MessageId,
        text: Option<&str>,
    ) -> Result<MessageView> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let (c, row) = lock_message(&mut tx, actor, id).await?;
        let what = if text.is_some() { ChangeKind::Edit } else { ChangeKind::Remove };
        let can = self.can_change(&mut tx, &row).await?;
        let now = self.clock.now();
        let facts = Changing {
            direction: row.direction,
            own: row.author_id == Some(actor.employee),
            status: row.status,
            removed: row.removed_at.is_some(),
            pending: row.change.as_ref().is_some_and(|c| c.state == ChangeState::Pending),
            age: (now - row.created_at).to_std().unwrap_or_default(),
            within: can.as_ref().and_then(|can| within(can, what)),
        };
        if let Err(why) = may_change(&facts) {
            return Err(Error::conflict(why.code(), why.words()));
        }
        if let (Some(text), Some(can)) = (text, &can)
            && said_with(&row, can, text)? == row.body
        {
            return Ok(tx.message_view(row).await?);
        }
        let change = MessageChange {
            what,
            text: text.map(str::to_owned),
            state: ChangeState::Pending,
            reason: None,
            by: actor.employee,
            at: now,
        };
        tx.set_change(id, Some(&change)).await?;
        append_changed(&mut tx, id, &c.audience()).await?;
        tx.push(NewJob {
            lane: format!("send:{}", c.conversation_id),
            queue: "send",
            payload: json!(Work::Change { message: id }),
            run_at: None,
        });
        let row = tx.message(id).await?.ok_or(NO_MESSAGE)?;
        let view = tx.message_view(row).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// What the message's channel can do; `None`: it is gone, or its driver changes nothing.
    async fn can_change(
        &self,
        tx: &mut TenantTx,
        row: &MessageRow,
    ) -> Result<Option<Capabilities>> {
        let kind = tx.channel_kind(row.channel_id).await?;
        let driver = kind.and_then(|k| self.drivers.get(&k)).filter(|d| d.changes().is_some());
        Ok(driver.map(|d| d.capabilities()))
    }

    /// Does what was asked for. Run twice, the service is asked twice for the same.
    pub(crate) async fn change_sent(
        &self,
        account: AccountId,
        id: MessageId,
        attempts: i32,
    ) -> Result<(), JobError> {
        let fault = |e: Error| JobError::of(&e, attempts);
        let Some(todo) = self.to_change(account, id).await.map_err(fault)? else { return Ok(()) };
        if let Some(wait) = self.must_wait(&todo.channel) {
            return Err(wait);
        }
        let outcome = self.call_change(&todo).await.map_err(fault)?;
        self.record_change(&todo, id, outcome, attempts).await.map_err(fault)?
    }

    /// Loads a change that is still wanted. One whose channel is gone is refused here.
    async fn to_change(&self, account: AccountId, id: MessageId) -> Result<Option<Todo>> {
        let mut tx = self.store.tenant(account).await?;
        let Some(row) = tx.message(id).await? else { return Ok(None) };
        let Some(change) = row.change.clone().filter(|c| c.state == ChangeState::Pending) else {
            return Ok(None);
        };
        let Some(c) = tx.conversation(row.conversation_id).await? else { return Ok(None) };
        let identity = tx.identity(c.identity_id).await?;
        let channel = tx.channel(row.channel_id).await?;
        let (Some(channel), Some(identity), Some(external_id)) =
            (channel, identity, row.external_id.clone())
        else {
            refuse(&mut tx, &c, id, change, channel_gone()).await?;
            tx.commit().await?;
            return Ok(None);
        };
        let can = self.driver(&channel)?.capabilities();
        let body = match &change.text {
            Some(text) => Some(said_with(&row, &can, text)?),
            None => None,
        };
        let aliases = tx.aliases(id).await?;
        let recipient = identity.external_id;
        Ok(Some(Todo { channel, recipient, external_id, aliases, change, body }))
    }

    async fn call_change(&self, todo: &Todo) -> Result<std::result::Result<(), SendError>> {
        let driver = self.driver(&todo.channel)?;
        let channel = self.driver_channel(&todo.channel);
        let Some(changes) = driver.changes() else {
            let text = "this channel changes nothing".to_owned();
            return Ok(Err(SendError::Rejected { code: "not_offered", text }));
        };
        let (recipient, external_id) = (&todo.recipient, &todo.external_id);
        Ok(match &todo.body {
            Some(StoredBody::Said(content)) => {
                let content: Content<OutFile> = self.out_content(&todo.channel, content).await?;
                changes.edit(&channel, recipient, external_id, &content).await
            }
            _ => changes.remove_whole(&channel, recipient, external_id, &todo.aliases).await,
        })
    }

    async fn out_content(
        &self,
        channel: &ChannelRow,
        content: &Content<AttachmentId>,
    ) -> Result<Content<OutFile>> {
        let mut tx = self.store.tenant(channel.account).await?;
        let rows = tx.attachments(content.files()).await?;
        Ok(content.clone().filter_map_files(|id| {
            let row = rows.iter().find(|r| r.view.attachment_id == id)?;
            self.out_file(channel.account, row)
        }))
    }

    async fn record_change(
        &self,
        todo: &Todo,
        id: MessageId,
        outcome: std::result::Result<(), SendError>,
        attempts: i32,
    ) -> Result<std::result::Result<(), JobError>> {
        let mut tx = self.store.tenant(todo.channel.account).await?;
        let Some(row) = tx.message(id).await? else { return Ok(Ok(())) };
        let Some(c) = tx.lock_conversation(row.conversation_id).await? else { return Ok(Ok(())) };
        let next = match self.settled(&mut tx, &todo.channel, outcome, attempts).await? {
            Settled::Done => {
                let now = self.clock.now();
                match &todo.body {
                    Some(body) => {
                        tx.edit_message(id, body, &words(body), None, now).await?;
                    }
                    None => tx.mark_removed(id, now).await?,
                }
                tx.set_change(id, None).await?;
                append_changed(&mut tx, id, &c.audience()).await?;
                preview::follow(&mut tx, c).await?;
                Ok(())
            }
            Settled::Refused(why) => {
                refuse(&mut tx, &c, id, todo.change.clone(), unchanged(why)).await?;
                Ok(())
            }
            Settled::Unsure(why) => {
                refuse(&mut tx, &c, id, todo.change.clone(), why).await?;
                Ok(())
            }
            Settled::Again(error) => Err(error),
        };
        tx.commit().await?;
        Ok(next)
    }
}

/// A change to be done.
struct Todo {
    channel: ChannelRow,
    recipient: String,
    external_id: String,
    /// Its further ids: the service may keep it as several.
    aliases: Vec<String>,
    change: MessageChange,
    /// What the message says after an edit; `None`: it is taken back.
    body: Option<StoredBody>,
}

/// A message that the actor sees, under its conversation's lock.
pub(crate) async fn lock_message(
    tx: &mut TenantTx,
    actor: &Actor,
    id: MessageId,
) -> Result<(ConversationView, MessageRow)> {
    let row = tx.message(id).await?.ok_or(NO_MESSAGE)?;
    let c = tx.lock_conversation(row.conversation_id).await?.ok_or(NO_MESSAGE)?;
    if !actor.viewer.sees(&c.audience()) {
        return Err(NO_MESSAGE);
    }
    // Read again under the lock: two clicks are one after another.
    let row = tx.message(id).await?.ok_or(NO_MESSAGE)?;
    Ok((c, row))
}

async fn refuse(
    tx: &mut TenantTx,
    c: &ConversationView,
    id: MessageId,
    change: MessageChange,
    why: Words,
) -> Result<()> {
    let change = MessageChange { state: ChangeState::Refused, reason: Some(why), ..change };
    tx.set_change(id, Some(&change)).await?;
    append_changed(tx, id, &c.audience()).await
}

fn within(can: &Capabilities, what: ChangeKind) -> Option<Duration> {
    let seconds = match what {
        ChangeKind::Edit => can.edit_within,
        ChangeKind::Remove => can.remove_within,
    };
    seconds.map(|s| Duration::from_secs(s.into()))
}

fn words(body: &StoredBody) -> String {
    match body {
        StoredBody::Said(content) => content.words(),
        StoredBody::Happened(_) => String::new(),
    }
}

/// The message with other words, within what the channel carries.
fn said_with(row: &MessageRow, can: &Capabilities, text: &str) -> Result<StoredBody> {
    let length = can.text_unit.length(text);
    let content: Content<AttachmentId> = match &row.body {
        StoredBody::Said(Content::Text { .. }) => {
            check_text(text, usize::MAX)?;
            too_long("text", length, can.max_text)?;
            Content::text(text)
        }
        StoredBody::Said(Content::Files { files, .. }) => {
            too_long("text", length, can.max_caption)?;
            Content::Files { files: files.clone(), caption: text.to_owned() }
        }
        _ => {
            return Err(Error::conflict(
                "no_words",
                Words::new(
                    "В этом сообщении нет текста, который можно изменить.",
                    "This message has no text that could be changed.",
                ),
            ));
        }
    };
    Ok(StoredBody::Said(content))
}
