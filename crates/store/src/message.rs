//! Messages: pages of a conversation, outbound rows and their status.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{
    content::Content,
    conversation::Direction,
    delivery::DeliveryStatus,
    ids::{AttachmentId, ChannelId, ConversationId, EmployeeId, IdentityId, MessageId},
    message_change::MessageChange,
    reaction::MessageReaction,
    refusal,
    view::{AttachmentView, Body, MessageView, SystemLine},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result, TenantTx};

/// What the `content` column holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StoredBody {
    Said(Content<AttachmentId>),
    Happened(SystemLine),
}

macro_rules! columns {
    () => {
        "m.message_id, m.conversation_id, m.position, m.channel_id, m.direction, m.author_id,
         m.automatic, m.content, m.external_id, m.reply_to, m.album, m.status, m.failure,
         m.failure_code, m.client_id, m.mentions, m.occurred_at, m.created_at, m.edited_at, m.removed_at, m.change,
         (select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('side', r.side, 'emoji', r.emoji,
                'employee_id', 'emp_' || replace(r.employee_id::text, '-', ''), 'state', r.state,
                'reason', r.reason)) order by r.side)
          from message_reactions r
          where r.account_id = m.account_id and r.message_id = m.message_id
            and r.emoji is not null) as reactions"
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    message_id: Uuid,
    conversation_id: Uuid,
    position: i64,
    channel_id: Uuid,
    direction: String,
    author_id: Option<Uuid>,
    automatic: bool,
    content: Value,
    external_id: Option<String>,
    reply_to: Option<Uuid>,
    album: Option<String>,
    status: Option<String>,
    failure: Option<String>,
    failure_code: Option<String>,
    client_id: Option<String>,
    mentions: Vec<Uuid>,
    occurred_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    edited_at: Option<DateTime<Utc>>,
    removed_at: Option<DateTime<Utc>>,
    change: Option<Json<MessageChange>>,
    reactions: Option<Json<Vec<MessageReaction>>>,
}

/// A message as it is stored.
#[derive(Debug, Clone)]
pub struct MessageRow {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub position: i64,
    pub channel_id: ChannelId,
    pub direction: Direction,
    pub author_id: Option<EmployeeId>,
    pub automatic: bool,
    pub body: StoredBody,
    pub external_id: Option<String>,
    pub reply_to: Option<MessageId>,
    pub album: Option<String>,
    pub status: Option<DeliveryStatus>,
    pub failure: Option<String>,
    /// Of [`domain::refusal`].
    pub failure_code: Option<String>,
    pub client_id: Option<String>,
    pub mentions: Vec<EmployeeId>,
    pub occurred_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub edited_at: Option<DateTime<Utc>>,
    pub removed_at: Option<DateTime<Utc>>,
    pub change: Option<MessageChange>,
    pub reactions: Vec<MessageReaction>,
}

impl TryFrom<Row> for MessageRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let bad = |column, value: &dyn ToString| Error::bad("messages", column, value.to_string());
        Ok(Self {
            message_id: MessageId(row.message_id),
            conversation_id: ConversationId(row.conversation_id),
            position: row.position,
            channel_id: ChannelId(row.channel_id),
            direction: Direction::parse(&row.direction)
                .ok_or_else(|| bad("direction", &row.direction))?,
            author_id: row.author_id.map(EmployeeId),
            automatic: row.automatic,
            body: serde_json::from_value(row.content).map_err(|e| bad("content", &e))?,
            external_id: row.external_id,
            reply_to: row.reply_to.map(MessageId),
            album: row.album,
            status: row
                .status
                .map(|s| DeliveryStatus::parse(&s).ok_or_else(|| bad("status", &s)))
                .transpose()?,
            failure: row.failure,
            failure_code: row.failure_code,
            client_id: row.client_id,
            mentions: row.mentions.into_iter().map(EmployeeId).collect(),
            occurred_at: row.occurred_at,
            created_at: row.created_at,
            edited_at: row.edited_at,
            removed_at: row.removed_at,
            change: row.change.map(|c| c.0),
            reactions: row.reactions.map(|r| r.0).unwrap_or_default(),
        })
    }
}

impl MessageRow {
    fn file_ids(&self) -> &[AttachmentId] {
        match &self.body {
            StoredBody::Said(content) => content.files(),
            StoredBody::Happened(_) => &[],
        }
    }

    /// With its files' rows put in. A file whose row is gone (erased) is left out.
    pub fn view(self, files: &HashMap<AttachmentId, AttachmentView>) -> MessageView {
        let body = match self.body {
            StoredBody::Said(content) => {
                Body::Said(content.filter_map_files(|id| files.get(&id).cloned()))
            }
            StoredBody::Happened(line) => Body::Happened(line),
        };
        MessageView {
            message_id: self.message_id,
            conversation_id: self.conversation_id,
            position: self.position,
            direction: self.direction,
            author_id: self.author_id,
            automatic: self.automatic,
            body,
            reply_to: self.reply_to,
            album: self.album,
            status: self.status,
            why: self
                .failure
                .as_deref()
                .map(|said| refusal::words(self.failure_code.as_deref().unwrap_or_default(), said)),
            failure: self.failure,
            client_id: self.client_id,
            mentions: self.mentions,
            occurred_at: self.occurred_at,
            created_at: self.created_at,
            edited_at: self.edited_at,
            removed_at: self.removed_at,
            change: self.change,
            reactions: self.reactions,
        }
    }
}

/// A message that we write: an answer, a note, a system line.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub position: i64,
    pub channel_id: ChannelId,
    pub direction: Direction,
    pub author_id: Option<EmployeeId>,
    pub automatic: bool,
    pub body: StoredBody,
    pub words: String,
    pub reply_to: Option<MessageId>,
    pub status: Option<DeliveryStatus>,
    pub client_id: Option<String>,
    pub mentions: Vec<EmployeeId>,
    pub at: DateTime<Utc>,
}

/// News of an outbound message, found by one of its ids.
#[derive(Debug, Clone)]
pub struct StatusChange {
    pub status: DeliveryStatus,
    pub failure: Option<String>,
}

/// Full-text search refuses documents over a megabyte; nobody searches by the 200,000th character.
pub(crate) fn searchable(words: &str) -> String {
    words.chars().take(200_000).filter(|c| *c != '\0').collect()
}

impl TenantTx {
    /// Inserts a message of ours. The caller holds the conversation's lock and gave the position.
    pub async fn insert_message(&mut self, new: &NewMessage) -> Result<()> {
        let account = self.account().0;
        let content =
            serde_json::to_value(&new.body).map_err(|e| Error::bad("messages", "content", e))?;
        let mentions: Vec<Uuid> = new.mentions.iter().map(|e| e.0).collect();
        sqlx::query(
            "insert into messages (account_id, conversation_id, position, message_id, channel_id,
                direction, author_id, automatic, content, words, reply_to, status, client_id,
                mentions, occurred_at, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)",
        )
        .bind(account)
        .bind(new.conversation_id.0)
        .bind(new.position)
        .bind(new.message_id.0)
        .bind(new.channel_id.0)
        .bind(new.direction.as_str())
        .bind(new.author_id.map(|e| e.0))
        .bind(new.automatic)
        .bind(content)
        .bind(searchable(&new.words))
        .bind(new.reply_to.map(|m| m.0))
        .bind(new.status.map(DeliveryStatus::as_str))
        .bind(&new.client_id)
        .bind(&mentions)
        .bind(new.at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn message(&mut self, id: MessageId) -> Result<Option<MessageRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from messages m where m.account_id = $1 and m.message_id = $2"
        ))
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        row.map(MessageRow::try_from).transpose()
    }

    /// These messages, by conversation and in order.
    pub async fn messages(&mut self, ids: &[MessageId]) -> Result<Vec<MessageRow>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let account = self.account().0;
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from messages m where m.account_id = $1 and m.message_id = any($2)
              order by m.conversation_id, m.position"
        ))
        .bind(account)
        .bind(&ids)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(MessageRow::try_from).collect()
    }

    /// The message that this author sent under this id of theirs.
    pub async fn message_by_client_id(
        &mut self,
        author: EmployeeId,
        client_id: &str,
    ) -> Result<Option<MessageRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from messages m
              where m.account_id = $1 and m.author_id = $2 and m.client_id = $3"
        ))
        .bind(account)
        .bind(author.0)
        .bind(client_id)
        .fetch_optional(self.conn())
        .await?;
        row.map(MessageRow::try_from).transpose()
    }

    /// The message that the service names by this id or alias.
    pub async fn message_by_external_id(
        &mut self,
        channel: ChannelId,
        external_id: &str,
    ) -> Result<Option<MessageRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from messages m
              where m.account_id = $1 and m.message_id = coalesce(
                (select x.message_id from messages x
                 where x.channel_id = $2 and x.external_id = $3 and x.account_id = $1),
                (select a.message_id from message_aliases a
                 where a.channel_id = $2 and a.alias = $3 and a.account_id = $1))"
        ))
        .bind(account)
        .bind(channel.0)
        .bind(external_id)
        .fetch_optional(self.conn())
        .await?;
        row.map(MessageRow::try_from).transpose()
    }

    /// A page of a conversation, oldest first: those before a position (the latest page when
    /// `None`), or those after one.
    pub async fn messages_before(
        &mut self,
        conversation: ConversationId,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<MessageRow>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from messages m
              where m.account_id = $1 and m.conversation_id = $2 and m.position < $3
              order by m.position desc limit $4"
        ))
        .bind(account)
        .bind(conversation.0)
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().rev().map(MessageRow::try_from).collect()
    }

    pub async fn messages_after(
        &mut self,
        conversation: ConversationId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<MessageRow>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from messages m
              where m.account_id = $1 and m.conversation_id = $2 and m.position > $3
              order by m.position limit $4"
        ))
        .bind(account)
        .bind(conversation.0)
        .bind(after)
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(MessageRow::try_from).collect()
    }

    /// Puts the files of these messages in: one query for all.
    pub async fn message_views(&mut self, rows: Vec<MessageRow>) -> Result<Vec<MessageView>> {
        let ids: Vec<AttachmentId> = rows.iter().flat_map(|r| r.file_ids()).copied().collect();
        let files = self.attachment_views(&ids).await?;
        Ok(rows.into_iter().map(|row| row.view(&files)).collect())
    }

    pub async fn message_view(&mut self, row: MessageRow) -> Result<MessageView> {
        let files = self.attachment_views(row.file_ids()).await?;
        Ok(row.view(&files))
    }

    /// The service's own text of a message.
    pub async fn message_raw(&mut self, id: MessageId) -> Result<Option<String>> {
        let account = self.account().0;
        let row: Option<(Option<String>,)> =
            sqlx::query_as("select raw from messages where account_id = $1 and message_id = $2")
                .bind(account)
                .bind(id.0)
                .fetch_optional(self.conn())
                .await?;
        Ok(row.and_then(|r| r.0))
    }

    /// Moves an outbound message's status under its row's lock; returns whether it moved.
    pub async fn move_status(&mut self, id: MessageId, change: &StatusChange) -> Result<bool> {
        let account = self.account().0;
        let now: Option<Option<String>> = sqlx::query_scalar(
            "select status from messages where account_id = $1 and message_id = $2 for update",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        let Some(Some(text)) = now else { return Ok(false) };
        let current =
            DeliveryStatus::parse(&text).ok_or_else(|| Error::bad("messages", "status", &text))?;
        let next = current.after(change.status);
        if next == current {
            return Ok(false);
        }
        self.set_status(id, next, change.failure.as_deref()).await?;
        Ok(true)
    }

    /// Sets an outbound message's status as our own sending decides it.
    pub async fn set_status(
        &mut self,
        id: MessageId,
        status: DeliveryStatus,
        failure: Option<&str>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update messages set status = $3, failure = $4, failure_code = null
             where account_id = $1 and message_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(status.as_str())
        .bind(failure)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The oldest message of ours to this person whose sending ended uncertain, that says this and may
    /// have been said at this time of the service's clock. Its row is locked: of two that come back
    /// at once one finds it.
    pub async fn uncertain_like(
        &mut self,
        identity: IdentityId,
        text: &str,
        said_at: DateTime<Utc>,
    ) -> Result<Option<MessageRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from messages m
              where m.account_id = $1 and m.message_id = (
                select u.message_id from conversations c
                join messages u on u.account_id = c.account_id
                    and u.conversation_id = c.conversation_id
                where c.account_id = $1 and c.identity_id = $2 and u.status = 'uncertain'
                  and u.external_id is null and u.content ->> 'text' = $3
                  and $4 between u.created_at - interval '5 minutes'
                             and u.created_at + interval '1 day'
                order by c.number, u.position limit 1 for no key update of u)"
        ))
        .bind(account)
        .bind(identity.0)
        .bind(text)
        .bind(said_at)
        .fetch_optional(self.conn())
        .await?;
        row.map(MessageRow::try_from).transpose()
    }

    /// Ids by which the service knows the conversation's last messages, oldest first: aliases where
    /// there are some (an e-mail's Message-ID), else external ids.
    pub async fn thread_references(
        &mut self,
        conversation: ConversationId,
        most: i64,
    ) -> Result<Vec<String>> {
        let account = self.account().0;
        let mut names: Vec<String> = sqlx::query_scalar(
            "select coalesce(a.alias, m.external_id)
             from messages m
             left join lateral (
                select alias from message_aliases a
                where a.account_id = m.account_id and a.message_id = m.message_id
                order by alias limit 1) a on true
             where m.account_id = $1 and m.conversation_id = $2 and m.external_id is not null
             order by m.position desc limit $3",
        )
        .bind(account)
        .bind(conversation.0)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        names.reverse();
        Ok(names)
    }

    /// How many messages rules wrote in this conversation since then (the cap against loops).
    pub async fn automatic_since(
        &mut self,
        conversation: ConversationId,
        since: DateTime<Utc>,
    ) -> Result<i64> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select count(*) from (
                select 1 from messages
                where account_id = $1 and conversation_id = $2 and automatic
                  and direction = 'outbound' and created_at > $3
                limit 100) bounded",
        )
        .bind(account)
        .bind(conversation.0)
        .bind(since)
        .fetch_one(self.conn())
        .await?)
    }
}
