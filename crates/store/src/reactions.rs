//! Emoji on messages (CV-6).

use chrono::{DateTime, Utc};
use domain::{
    ids::{EmployeeId, MessageId},
    reaction::{ReactionSide, ReactionState},
    text::Words,
};
use sqlx::types::Json;

use crate::{Error, Result, TenantTx};

impl TenantTx {
    /// Takes the service's news; older news than what is known is passed over. `true`: it changed.
    pub async fn take_reaction(
        &mut self,
        message: MessageId,
        side: ReactionSide,
        emoji: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "insert into message_reactions as r
                (account_id, message_id, conversation_id, side, emoji, at)
             select $1, $2, conversation_id, $3, $4, $5
             from messages where account_id = $1 and message_id = $2
             on conflict (account_id, message_id, side) do update
                set emoji = excluded.emoji, at = excluded.at, employee_id = null, state = null,
                    reason = null
                where r.at <= excluded.at and r.emoji is distinct from excluded.emoji",
        )
        .bind(account)
        .bind(message.0)
        .bind(side.as_str())
        .bind(emoji)
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// An employee puts an emoji on a message in the place of what was there. `None`: somebody of the
    /// CRM who is no employee here.
    pub async fn put_reaction(
        &mut self,
        message: MessageId,
        by: Option<EmployeeId>,
        emoji: &str,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into message_reactions
                (account_id, message_id, conversation_id, side, emoji, employee_id, state, at)
             select $1, $2, conversation_id, 'our_side', $3, $4, 'adding', $5
             from messages where account_id = $1 and message_id = $2
             on conflict (account_id, message_id, side) do update
                set emoji = excluded.emoji, employee_id = excluded.employee_id, state = 'adding',
                    reason = null, at = excluded.at",
        )
        .bind(account)
        .bind(message.0)
        .bind(emoji)
        .bind(by.map(|e| e.0))
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// An employee takes our emoji away; it stays until the service has done it. `false`: none is there.
    pub async fn drop_reaction(
        &mut self,
        message: MessageId,
        by: Option<EmployeeId>,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update message_reactions
             set state = 'removing', employee_id = $3, reason = null, at = $4
             where account_id = $1 and message_id = $2 and side = 'our_side' and emoji is not null",
        )
        .bind(account)
        .bind(message.0)
        .bind(by.map(|e| e.0))
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// What the service is still to do with our emoji on a message.
    pub async fn reaction_to_do(
        &mut self,
        message: MessageId,
    ) -> Result<Option<(ReactionState, String)>> {
        let account = self.account().0;
        let found: Option<(String, String)> = sqlx::query_as(
            "select state, emoji from message_reactions
             where account_id = $1 and message_id = $2 and side = 'our_side'
               and state in ('adding', 'removing') and emoji is not null",
        )
        .bind(account)
        .bind(message.0)
        .fetch_optional(self.conn())
        .await?;
        found
            .map(|(state, emoji)| {
                let state = ReactionState::parse(&state)
                    .ok_or_else(|| Error::bad("message_reactions", "state", &state))?;
                Ok((state, emoji))
            })
            .transpose()
    }

    /// Writes what became of it, unless somebody asked for something else meanwhile: `false` then.
    pub async fn settle_reaction(
        &mut self,
        message: MessageId,
        (was, emoji): &(ReactionState, String),
        refused: Option<&Words>,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update message_reactions
             set state = case when $5::jsonb is null then null else 'refused' end, reason = $5,
                emoji = case when $5::jsonb is null and state = 'removing' then null else emoji end
             where account_id = $1 and message_id = $2 and side = 'our_side'
               and state = $3 and emoji = $4",
        )
        .bind(account)
        .bind(message.0)
        .bind(was.as_str())
        .bind(emoji)
        .bind(refused.map(Json))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
