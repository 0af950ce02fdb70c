//! Who replaces a driver's value now: one process at a time, on the database's clock.

use std::time::Duration;

use domain::ids::{AccountId, ChannelId};
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{PlatformTx, Result};

/// Whether a value is ours to replace.
#[derive(Debug, Clone, PartialEq)]
pub enum Renewing {
    /// Ours, until the lease ends; to be committed before the service is asked.
    Ours {
        /// Names this renewal, to end it and no other.
        holder: Uuid,
        value: Option<Value>,
        /// A renewal before this one was never seen to end.
        interrupted: bool,
    },
    /// Replaced already.
    Done(Value),
    /// Another process is at it.
    Theirs,
}

/// Which renewal ends.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    pub account: AccountId,
    pub channel: ChannelId,
    pub key: &'a str,
    pub holder: Uuid,
    /// What stood there when it began.
    pub former: Option<&'a Value>,
}

#[derive(FromRow)]
struct Taken {
    holder: Uuid,
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
            "insert into channel_renewals (account_id, channel_id, key, renewed_until, holder)
             values ($1, $2, $3, now() + make_interval(secs => $4), gen_random_uuid())
             on conflict (account_id, channel_id, key)
                do update set renewed_until = excluded.renewed_until, holder = excluded.holder
                where channel_renewals.renewed_until <= now()
             returning holder, xmax <> 0 as before",
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
            (Some(Taken { holder, before }), value) => {
                Renewing::Ours { holder, value, interrupted: before }
            }
            (None, _) => Renewing::Theirs,
        })
    }

    /// Ends a renewal: its new value takes the place of the one it began with, if that still stands.
    /// Where another stands by now (of a consent, of a renewal that overtook this one), that is the
    /// service's latest word: it stays and is answered.
    pub async fn end_renewal(
        &mut self,
        renewal: &Ended<'_>,
        new: Option<&Value>,
    ) -> Result<Option<Value>> {
        let Ended { account, channel, key, .. } = *renewal;
        self.hold_value(account, channel, key).await?;
        let stands = self.channel_value(account, channel, key).await?;
        sqlx::query(
            "delete from channel_renewals
             where account_id = $1 and channel_id = $2 and key = $3 and holder = $4",
        )
        .bind(account.0)
        .bind(channel.0)
        .bind(key)
        .bind(renewal.holder)
        .execute(self.conn())
        .await?;
        if stands.as_ref() != renewal.former {
            return Ok(stands);
        }
        if let Some(new) = new {
            self.set_channel_value(account, channel, key, new).await?;
        }
        Ok(None)
    }

    /// Its end was not seen: the next one may begin at once, and is told.
    pub async fn break_renewal(&mut self, renewal: &Ended<'_>) -> Result<()> {
        sqlx::query(
            "update channel_renewals set renewed_until = now()
             where account_id = $1 and channel_id = $2 and key = $3 and holder = $4",
        )
        .bind(renewal.account.0)
        .bind(renewal.channel.0)
        .bind(renewal.key)
        .bind(renewal.holder)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Keeps a value that was got otherwise than by renewing; a renewal that runs finds it at its end.
    pub async fn keep_value(
        &mut self,
        account: AccountId,
        channel: ChannelId,
        key: &str,
        value: &Value,
    ) -> Result<()> {
        self.hold_value(account, channel, key).await?;
        self.set_channel_value(account, channel, key, value).await
    }

    /// A value that is not there yet has no row to lock.
    async fn hold_value(
        &mut self,
        account: AccountId,
        channel: ChannelId,
        key: &str,
    ) -> Result<()> {
        sqlx::query(
            "select pg_advisory_xact_lock(
                hashtextextended('value:' || $1::text || $2::text || $3, 0))",
        )
        .bind(account.0)
        .bind(channel.0)
        .bind(key)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
