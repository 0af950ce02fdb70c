//! Parts of a message that the service reports on one by one (SMS): the message is as far as the
//! least of them (CV-7).

use domain::{
    delivery::{self, DeliveryStatus},
    ids::{ChannelId, MessageId},
};
use uuid::Uuid;

use crate::{Error, Result, StatusChange, TenantTx};

/// News of a part, as news of its message.
#[derive(Debug, Clone)]
pub struct PartMoved {
    pub message_id: MessageId,
    pub whole: StatusChange,
}

fn status(text: &str) -> Result<DeliveryStatus> {
    DeliveryStatus::parse(text).ok_or_else(|| Error::bad("message_parts", "status", text))
}

impl TenantTx {
    /// Keeps the parts of a message that the service accepted, with the reports on them that came
    /// before; parts of a former send are forgotten. Returns how far the whole message is by them.
    /// Called before [`Self::record_sent`]: a part's id may be the message's as well, and its report
    /// is the part's.
    pub async fn record_parts(
        &mut self,
        channel: ChannelId,
        id: MessageId,
        parts: &[String],
    ) -> Result<Option<StatusChange>> {
        if parts.is_empty() {
            return Ok(None);
        }
        self.hold_names(channel, parts).await?;
        let account = self.account().0;
        sqlx::query("delete from message_parts where account_id = $1 and message_id = $2")
            .bind(account)
            .bind(id.0)
            .execute(self.conn())
            .await?;
        sqlx::query(
            "insert into message_parts (account_id, channel_id, part, message_id, status)
             select distinct $1::uuid, $2::uuid, part, $4::uuid, 'sent'
             from unnest($3::text[]) part on conflict do nothing",
        )
        .bind(account)
        .bind(channel.0)
        .bind(parts)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        let early: Vec<(String, String, Option<String>)> = sqlx::query_as(
            "delete from early_reports
             where account_id = $1 and channel_id = $2 and external_id = any($3)
             returning external_id, status, reason",
        )
        .bind(account)
        .bind(channel.0)
        .bind(parts)
        .fetch_all(self.conn())
        .await?;
        let mut whole = None;
        for (part, text, failure) in early {
            let change = StatusChange { status: status(&text)?, failure };
            whole = self.move_part(channel, &part, &change).await?.map(|moved| moved.whole);
        }
        Ok(whole)
    }

    /// The further ids of a message.
    pub async fn aliases(&mut self, id: MessageId) -> Result<Vec<String>> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select alias from message_aliases
             where account_id = $1 and message_id = $2 order by alias",
        )
        .bind(account)
        .bind(id.0)
        .fetch_all(self.conn())
        .await?)
    }

    /// Takes a report on a part; `None`: no part has this id. Reports on parts of one message come one
    /// after another, so that the last of them sees all.
    pub async fn move_part(
        &mut self,
        channel: ChannelId,
        part: &str,
        change: &StatusChange,
    ) -> Result<Option<PartMoved>> {
        let account = self.account().0;
        let found: Option<Uuid> = sqlx::query_scalar(
            "select message_id from message_parts
             where account_id = $1 and channel_id = $2 and part = $3",
        )
        .bind(account)
        .bind(channel.0)
        .bind(part)
        .fetch_optional(self.conn())
        .await?;
        let Some(message) = found else { return Ok(None) };
        sqlx::query(
            "select 1 from messages where account_id = $1 and message_id = $2 for no key update",
        )
        .bind(account)
        .bind(message)
        .execute(self.conn())
        .await?;
        let rows: Vec<(String, String, Option<String>)> = sqlx::query_as(
            "select part, status, reason from message_parts
             where account_id = $1 and message_id = $2 order by part",
        )
        .bind(account)
        .bind(message)
        .fetch_all(self.conn())
        .await?;
        let (mut all, mut failure) = (Vec::with_capacity(rows.len()), None);
        for (id, text, reason) in rows {
            let now = status(&text)?;
            let (next, reason) = match id == part {
                true => (now.after(change.status), change.failure.clone().or(reason)),
                false => (now, reason),
            };
            if next != now {
                self.set_part(channel, &id, next, reason.as_deref()).await?;
            }
            if next == DeliveryStatus::Failed {
                failure = failure.or(reason);
            }
            all.push(next);
        }
        let whole = delivery::of_parts(all).unwrap_or(change.status);
        let whole = StatusChange { status: whole, failure };
        Ok(Some(PartMoved { message_id: MessageId(message), whole }))
    }

    async fn set_part(
        &mut self,
        channel: ChannelId,
        part: &str,
        status: DeliveryStatus,
        reason: Option<&str>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update message_parts set status = $4, reason = $5
             where account_id = $1 and channel_id = $2 and part = $3",
        )
        .bind(account)
        .bind(channel.0)
        .bind(part)
        .bind(status.as_str())
        .bind(reason)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
