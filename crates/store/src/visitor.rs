//! Visitors of a company's site: bearers of a widget token.

use chrono::{DateTime, Utc};
use domain::{
    attribution::Attribution,
    conversation::Direction,
    delivery::DeliveryStatus,
    ids::{AccountId, ChannelId, ConversationId, IdentityId, MessageId},
};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result, Store, StoredBody, TenantTx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitorRow {
    pub account: AccountId,
    pub channel: ChannelId,
    /// The visitor's external id within the channel.
    pub visitor: Uuid,
    pub attribution: Attribution,
    /// The contact form was filled (RT-3).
    pub known: bool,
}

#[derive(Debug, Clone)]
pub struct NewVisitor {
    pub channel: ChannelId,
    pub visitor: Uuid,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    pub attribution: Attribution,
}

/// A message that a visitor may read: what they wrote and what was written to them.
#[derive(Debug, Clone)]
pub struct VisitorMessage {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// The conversation's public number: later conversations of a person have greater ones.
    pub number: i64,
    pub position: i64,
    pub direction: Direction,
    pub automatic: bool,
    pub author: Option<String>,
    pub body: StoredBody,
    pub external_id: Option<String>,
    pub status: Option<DeliveryStatus>,
    pub at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct MessageRow {
    message_id: Uuid,
    conversation_id: Uuid,
    number: i64,
    position: i64,
    direction: String,
    automatic: bool,
    author: Option<String>,
    content: Value,
    external_id: Option<String>,
    status: Option<String>,
    created_at: DateTime<Utc>,
}

impl TryFrom<MessageRow> for VisitorMessage {
    type Error = Error;

    fn try_from(row: MessageRow) -> Result<Self> {
        let bad = |column, value: &dyn ToString| Error::bad("messages", column, value.to_string());
        Ok(Self {
            message_id: MessageId(row.message_id),
            conversation_id: ConversationId(row.conversation_id),
            number: row.number,
            position: row.position,
            direction: Direction::parse(&row.direction)
                .ok_or_else(|| bad("direction", &row.direction))?,
            automatic: row.automatic,
            author: row.author,
            body: serde_json::from_value(row.content).map_err(|e| bad("content", &e))?,
            external_id: row.external_id,
            status: row
                .status
                .map(|s| DeliveryStatus::parse(&s).ok_or_else(|| bad("status", &s)))
                .transpose()?,
            at: row.created_at,
        })
    }
}

/// Conversations that a visitor's page looks back into.
const HISTORY: i64 = 20;

impl Store {
    /// The visitor who bears this token, if it is one of this channel.
    pub async fn visitor_by_token(
        &self,
        channel: ChannelId,
        token_hash: &[u8; 32],
    ) -> Result<Option<VisitorRow>> {
        let row: Option<(Uuid, Uuid, Uuid, Json<Attribution>, bool)> = sqlx::query_as(
            "update visitors set last_seen_at = now()
             where token_hash = $1 and channel_id = $2
             returning account_id, channel_id, visitor_id, attribution, known",
        )
        .bind(token_hash.as_slice())
        .bind(channel.0)
        .fetch_optional(&self.platform)
        .await?;
        Ok(row.map(|(account, channel, visitor, attribution, known)| VisitorRow {
            account: AccountId(account),
            channel: ChannelId(channel),
            visitor,
            attribution: attribution.0,
            known,
        }))
    }
}

impl TenantTx {
    pub async fn insert_visitor(&mut self, new: &NewVisitor) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into visitors (account_id, channel_id, visitor_id, token_hash, attribution)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(account)
        .bind(new.channel.0)
        .bind(new.visitor)
        .bind(new.token_hash.as_slice())
        .bind(Json(&new.attribution))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn visitor_known(&mut self, visitor: Uuid) -> Result<()> {
        let account = self.account().0;
        sqlx::query("update visitors set known = true where account_id = $1 and visitor_id = $2")
            .bind(account)
            .bind(visitor)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Keeps where a visitor came from the last time.
    pub async fn visitor_came(&mut self, visitor: Uuid, attribution: &Attribution) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update visitors set attribution = $3 where account_id = $1 and visitor_id = $2",
        )
        .bind(account)
        .bind(visitor)
        .bind(Json(attribution))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Where a visitor of the company's sites came from.
    pub async fn visitor_attribution(&mut self, visitor: Uuid) -> Result<Option<Attribution>> {
        let account = self.account().0;
        let found: Option<Json<Attribution>> = sqlx::query_scalar(
            "select attribution from visitors where account_id = $1 and visitor_id = $2",
        )
        .bind(account)
        .bind(visitor)
        .fetch_optional(self.conn())
        .await?;
        Ok(found.map(|a| a.0))
    }

    /// Whether the conversation's visitor has rated it.
    pub async fn is_rated(&mut self, conversation: ConversationId) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select exists (select from messages
                where account_id = $1 and conversation_id = $2 and direction = 'system'
                  and content->>'happened' = 'rated')",
        )
        .bind(account)
        .bind(conversation.0)
        .fetch_one(self.conn())
        .await?)
    }

    /// Whether any employee is on line.
    pub async fn anybody_online(&mut self) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select exists (select from employees
                where account_id = $1 and presence = 'online' and disabled_at is null)",
        )
        .bind(account)
        .fetch_one(self.conn())
        .await?)
    }

    /// The person whom a channel knows by this id.
    pub async fn identity_of(
        &mut self,
        channel: ChannelId,
        external_id: &str,
    ) -> Result<Option<IdentityId>> {
        let account = self.account().0;
        let found: Option<Uuid> = sqlx::query_scalar(
            "select identity_id from identities
             where account_id = $1 and channel_id = $2 and external_id = $3",
        )
        .bind(account)
        .bind(channel.0)
        .bind(external_id)
        .fetch_optional(self.conn())
        .await?;
        Ok(found.map(IdentityId))
    }

    /// What a visitor may read after a place (conversation's number, position), in order.
    pub async fn visitor_messages_after(
        &mut self,
        identity: IdentityId,
        (number, position): (i64, i64),
        most: i64,
    ) -> Result<Vec<VisitorMessage>> {
        let account = self.account().0;
        let rows: Vec<MessageRow> = sqlx::query_as(
            "select m.message_id, m.conversation_id, c.number, m.position, m.direction,
                m.automatic, e.name as author, m.content, m.external_id, m.status, m.created_at
             from conversations c
             join lateral (
                select * from messages m
                where m.account_id = c.account_id and m.conversation_id = c.conversation_id
                  and m.direction in ('inbound', 'outbound') and m.removed_at is null
                  and m.position > case when c.number = $3 then $4 else 0 end
                order by m.position limit $5) m on true
             left join employees e on e.account_id = m.account_id and e.employee_id = m.author_id
             where c.account_id = $1 and c.identity_id = $2 and c.number >= $3
             order by c.number, m.position limit $5",
        )
        .bind(account)
        .bind(identity.0)
        .bind(number)
        .bind(position)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(VisitorMessage::try_from).collect()
    }

    /// The latest that a visitor may read, in order.
    pub async fn visitor_messages_latest(
        &mut self,
        identity: IdentityId,
        most: i64,
    ) -> Result<Vec<VisitorMessage>> {
        let account = self.account().0;
        let rows: Vec<MessageRow> = sqlx::query_as(
            "select m.message_id, m.conversation_id, c.number, m.position, m.direction,
                m.automatic, e.name as author, m.content, m.external_id, m.status, m.created_at
             from (select account_id, conversation_id, number from conversations
                   where account_id = $1 and identity_id = $2 order by number desc limit $3) c
             join lateral (
                select * from messages m
                where m.account_id = c.account_id and m.conversation_id = c.conversation_id
                  and m.direction in ('inbound', 'outbound') and m.removed_at is null
                order by m.position desc limit $4) m on true
             left join employees e on e.account_id = m.account_id and e.employee_id = m.author_id
             order by c.number desc, m.position desc limit $4",
        )
        .bind(account)
        .bind(identity.0)
        .bind(HISTORY)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().rev().map(VisitorMessage::try_from).collect()
    }

    /// What was written to this person up to a message of theirs and is not marked read yet.
    pub async fn unread_up_to(
        &mut self,
        identity: IdentityId,
        message: MessageId,
        most: i64,
    ) -> Result<Vec<MessageId>> {
        let account = self.account().0;
        let found: Vec<Uuid> = sqlx::query_scalar(
            "select m.message_id
             from messages seen
             join conversations c on c.account_id = seen.account_id
                and c.conversation_id = seen.conversation_id and c.identity_id = $2
             join messages m on m.account_id = seen.account_id
                and m.conversation_id = seen.conversation_id and m.position <= seen.position
             where seen.account_id = $1 and seen.message_id = $3
               and m.direction = 'outbound' and m.status not in ('read', 'failed')
             order by m.position desc limit $4",
        )
        .bind(account)
        .bind(identity.0)
        .bind(message.0)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(found.into_iter().map(MessageId).collect())
    }
}
