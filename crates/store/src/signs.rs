//! What a customer is told of an operator's reading and writing: asked often, told seldom.

use chrono::{DateTime, Utc};
use domain::{
    channel::ChannelKind,
    ids::{ChannelId, ConversationId},
};

use crate::{Result, TenantTx};

impl TenantTx {
    /// A channel's kind alone.
    pub async fn channel_kind(&mut self, id: ChannelId) -> Result<Option<ChannelKind>> {
        let account = self.account().0;
        let kind: Option<String> = sqlx::query_scalar(
            "select kind from channels
             where account_id = $1 and channel_id = $2 and deleted_at is null",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(kind.map(ChannelKind))
    }

    /// Notes that everything up to a position was read by somebody who answers. `true`: the customer is
    /// to be told, and no job for that is on its way.
    pub async fn ask_seen(&mut self, conversation: ConversationId, position: i64) -> Result<bool> {
        let account = self.account().0;
        let asked: Option<bool> = sqlx::query_scalar(
            "with before as (
                select seen_queued from conversation_signs
                where account_id = $1 and conversation_id = $2 for update
             )
             insert into conversation_signs as s
                (account_id, conversation_id, seen_asked, seen_queued)
             values ($1, $2, $3, true)
             on conflict (account_id, conversation_id) do update
                set seen_asked = excluded.seen_asked, seen_queued = true
                where s.seen_asked < excluded.seen_asked
             returning not coalesce((select seen_queued from before), false)",
        )
        .bind(account)
        .bind(conversation.0)
        .bind(position)
        .fetch_optional(self.conn())
        .await?;
        Ok(asked.unwrap_or(false))
    }

    /// Takes what is to be told: the service's id of the customer's last message among what was read
    /// since the last time. It counts as told, whatever becomes of it.
    pub async fn take_seen(&mut self, conversation: ConversationId) -> Result<Option<String>> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "with before as (
                select seen_told from conversation_signs
                where account_id = $1 and conversation_id = $2 for update
             ), taken as (
                update conversation_signs set seen_told = seen_asked, seen_queued = false
                where account_id = $1 and conversation_id = $2 returning seen_asked
             )
             select m.external_id
             from before b, taken t, messages m
             where m.account_id = $1 and m.conversation_id = $2 and m.direction = 'inbound'
               and m.external_id is not null
               and m.position > b.seen_told and m.position <= t.seen_asked
             order by m.position desc limit 1",
        )
        .bind(account)
        .bind(conversation.0)
        .fetch_optional(self.conn())
        .await?)
    }

    /// Notes that somebody writes an answer. `false`: the customer was told a moment ago.
    pub async fn ask_typing(
        &mut self,
        conversation: ConversationId,
        now: DateTime<Utc>,
        every: chrono::Duration,
    ) -> Result<bool> {
        let account = self.account().0;
        let noted = sqlx::query(
            "insert into conversation_signs as s (account_id, conversation_id, typing_at)
             values ($1, $2, $3)
             on conflict (account_id, conversation_id) do update set typing_at = $3
                where s.typing_at is null or s.typing_at <= $4",
        )
        .bind(account)
        .bind(conversation.0)
        .bind(now)
        .bind(now - every)
        .execute(self.conn())
        .await?;
        Ok(noted.rows_affected() == 1)
    }
}
