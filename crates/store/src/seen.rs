//! What a person has read of ours (CV-7): everything up to somewhere, in one statement.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{
    ids::{ConversationId, IdentityId, MessageId},
    visibility::Audience,
};
use uuid::Uuid;

use crate::{Result, TenantTx};

/// How far a person has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// This place of their conversation with this number, and everything before it.
    Place { number: i64, position: i64 },
    /// What was written before this moment.
    Moment(DateTime<Utc>),
}

/// What is older than this many conversations was read with what followed it, or nobody will tell.
const CONVERSATIONS: i64 = 3;
/// Our messages looked at in each.
const MESSAGES: i64 = 500;

#[derive(sqlx::FromRow)]
struct AudienceRow {
    conversation_id: Uuid,
    pinned_id: Option<Uuid>,
    assignee_id: Option<Uuid>,
    offered_id: Option<Uuid>,
    group_id: Option<Uuid>,
}

impl TenantTx {
    /// Moves what was sent to a person to `read`, and returns what moved.
    pub async fn mark_seen(&mut self, person: IdentityId, until: Until) -> Result<Vec<MessageId>> {
        let (number, position, moment) = match until {
            Until::Place { number, position } => (Some(number), Some(position), None),
            Until::Moment(moment) => (None, None, Some(moment)),
        };
        let account = self.account().0;
        let moved: Vec<Uuid> = sqlx::query_scalar(
            "with talks as (
                select conversation_id, number from conversations
                where account_id = $1 and identity_id = $2 and number <= coalesce($3, number)
                order by number desc limit $6
             ), ours as (
                select m.conversation_id, m.position
                from talks t
                cross join lateral (
                    select x.conversation_id, x.position, x.status, x.created_at
                    from messages x
                    where x.account_id = $1 and x.conversation_id = t.conversation_id
                      and x.direction = 'outbound'
                      and ($3::bigint is null or t.number < $3 or x.position <= $4)
                    order by x.position desc limit $7) m
                where m.status in ('sent', 'delivered', 'uncertain')
                  and ($5::timestamptz is null or m.created_at < $5)
             ), held as materialized (
                select m.conversation_id, m.position
                from messages m join ours o using (conversation_id, position)
                where m.account_id = $1 and m.status in ('sent', 'delivered', 'uncertain')
                order by m.conversation_id, m.position for no key update of m
             )
             update messages m set status = 'read', failure = null
             from held h
             where m.account_id = $1 and m.conversation_id = h.conversation_id
               and m.position = h.position
             returning m.message_id",
        )
        .bind(account)
        .bind(person.0)
        .bind(number)
        .bind(position)
        .bind(moment)
        .bind(CONVERSATIONS)
        .bind(MESSAGES)
        .fetch_all(self.conn())
        .await?;
        Ok(moved.into_iter().map(MessageId).collect())
    }

    /// Who may see each of these conversations.
    pub async fn audiences(
        &mut self,
        conversations: &[ConversationId],
    ) -> Result<HashMap<ConversationId, Audience>> {
        let account = self.account().0;
        let ids: Vec<Uuid> = conversations.iter().map(|c| c.0).collect();
        let rows: Vec<AudienceRow> = sqlx::query_as(
            "select conversation_id, pinned_id, assignee_id, offered_id, group_id
             from conversations where account_id = $1 and conversation_id = any($2)",
        )
        .bind(account)
        .bind(&ids)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| (ConversationId(row.conversation_id), row.audience()))
            .collect())
    }
}

impl AudienceRow {
    fn audience(&self) -> Audience {
        use domain::ids::{EmployeeId, GroupId};
        Audience {
            pinned: self.pinned_id.map(EmployeeId),
            assignee: self.assignee_id.map(EmployeeId),
            offered: self.offered_id.map(EmployeeId),
            group: self.group_id.map(GroupId),
        }
    }
}
