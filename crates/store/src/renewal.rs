//! Who replaces a driver's value now: one process at a time, on the database's clock.

use std::time::Duration;

use domain::ids::{AccountId, ChannelId};
use serde_json::Value;
use sqlx::FromRow;

use crate::{PlatformTx, Result};

/// Whether a value is ours to replace.
#[derive(Debug, Clone, PartialEq)]
pub enum Renewing {
    /// Ours, until the lease ends; to be committed before the service is asked.
    Ours {
        value: Option<Value>,
        /// A renewal before this one was never seen to end.
        interrupted: bool,
    },
    /// Replaced already.
    Done(Value),
    /// Another process is at it.
    Theirs,
}

#[derive(FromRow)]
struct Taken {
    before: bool,
}

impl PlatformTx {
    /// Takes the right to replace a value, unless it is another than `stale` by now.
    pub async fn begin_renewal(
        &mut self,
        account: AccountId,
        channel: ChannelId,
        key: &str,
        stale: Option<&Value>,
        lease: Duration,
    ) -> Result<Renewing> {
        // `xmax` is set on a row that was there before.
        let taken: Option<Taken> = sqlx::query_as(
            "insert into channel_renewals (account_id, channel_id, key, renewed_until)
             values ($1, $2, $3, now() + make_interval(secs => $4))
             on conflict (account_id, channel_id, key)
                do update set renewed_until = excluded.renewed_until
                where channel_renewals.renewed_until <= now()
             returning xmax <> 0 as before",
        )
        .bind(account.0)
        .bind(channel.0)
        .bind(key)
        .bind(lease.as_secs_f64())
        .fetch_optional(self.conn())
        .await?;
        let value = self.channel_value(account, channel, key).await?;
        Ok(match (taken, value) {
            (_, Some(value)) if Some(&value) != stale => Renewing::Done(value),
            (Some(taken), value) => Renewing::Ours { value, interrupted: taken.before },
            (None, _) => Renewing::Theirs,
        })
    }

    /// The new value, and the end of the renewal.
    pub async fn end_renewal(
        &mut self,
        account: AccountId,
        channel: ChannelId,
        key: &str,
        value: &Value,
    ) -> Result<()> {
        self.set_channel_value(account, channel, key, value).await?;
        self.forget_renewal(account, channel, key).await
    }

    /// The service refused: the value is as it was.
    pub async fn forget_renewal(
        &mut self,
        account: AccountId,
        channel: ChannelId,
        key: &str,
    ) -> Result<()> {
        sqlx::query(
            "delete from channel_renewals
             where account_id = $1 and channel_id = $2 and key = $3",
        )
        .bind(account.0)
        .bind(channel.0)
        .bind(key)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Its end was not seen: the next one may begin at once, and is told.
    pub async fn break_renewal(
        &mut self,
        account: AccountId,
        channel: ChannelId,
        key: &str,
    ) -> Result<()> {
        sqlx::query(
            "update channel_renewals set renewed_until = now()
             where account_id = $1 and channel_id = $2 and key = $3",
        )
        .bind(account.0)
        .bind(channel.0)
        .bind(key)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
