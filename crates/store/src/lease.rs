//! Ownership of held connections: one owner per channel by a lease on the database's clock, with an
//! epoch that every write of the owner is checked against.

use std::time::Duration;

use domain::ids::{AccountId, ChannelId};
use uuid::Uuid;

use crate::{PlatformTx, Result, Store, TenantTx};

/// A channel that this process owns for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelLease {
    pub account: AccountId,
    pub channel: ChannelId,
    pub epoch: i64,
    /// The settings revision it was taken with.
    pub revision: i64,
}

/// What renewing found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub channel: ChannelId,
    /// The channel's revision now: another one means start anew.
    pub revision: i64,
    /// Still to be listened to: not deleted, not switched off.
    pub wanted: bool,
}

impl Store {
    /// Takes up to `most` channels that want a listener and have no living owner.
    pub async fn claim_channels(
        &self,
        owner: Uuid,
        most: i64,
        lease: Duration,
    ) -> Result<Vec<ChannelLease>> {
        let rows: Vec<(Uuid, Uuid, i64, i64)> = sqlx::query_as(
            "with wanted as (
                select c.account_id, c.channel_id, c.revision from channels c
                left join channel_leases l using (channel_id)
                where c.receive in ('listener', 'webhook_and_listener') and c.deleted_at is null
                  and c.state in ('connected', 'interrupted')
                  and (l.channel_id is null
                       or (l.leased_until < now() and l.retry_at < now()))
                order by l.leased_until nulls first limit $2
             )
             insert into channel_leases as l (channel_id, owner, epoch, leased_until, revision)
             select channel_id, $1, 1, now() + make_interval(secs => $3), revision from wanted
             on conflict (channel_id) do update set owner = excluded.owner, epoch = l.epoch + 1,
                leased_until = excluded.leased_until, revision = excluded.revision
                where l.leased_until < now() and l.retry_at < now()
             returning (select account_id from wanted w where w.channel_id = l.channel_id),
                l.channel_id, l.epoch, l.revision",
        )
        .bind(owner)
        .bind(most)
        .bind(lease.as_secs_f64())
        .fetch_all(&self.platform)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(account, channel, epoch, revision)| ChannelLease {
                account: AccountId(account),
                channel: ChannelId(channel),
                epoch,
                revision,
            })
            .collect())
    }

    /// Holds channels longer. Those that are missing from the answer belong to somebody else now.
    pub async fn renew_channels(&self, owner: Uuid, lease: Duration) -> Result<Vec<Held>> {
        let rows: Vec<(Uuid, i64, bool)> = sqlx::query_as(
            "update channel_leases l set leased_until = now() + make_interval(secs => $2)
             from channels c
             where l.owner = $1 and l.leased_until > now() and c.channel_id = l.channel_id
             returning l.channel_id, c.revision,
                c.deleted_at is null
                and c.receive in ('listener', 'webhook_and_listener')
                and c.state in ('connected', 'interrupted')",
        )
        .bind(owner)
        .bind(lease.as_secs_f64())
        .fetch_all(&self.platform)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(channel, revision, wanted)| Held {
                channel: ChannelId(channel),
                revision,
                wanted,
            })
            .collect())
    }

    /// Lets a channel go: at once for whoever comes next, or after a back-off.
    pub async fn release_channel(
        &self,
        lease: &ChannelLease,
        owner: Uuid,
        back_off: Duration,
        failures: i32,
    ) -> Result<()> {
        sqlx::query(
            "update channel_leases set owner = null, leased_until = '-infinity',
                retry_at = now() + make_interval(secs => $4), failures = $5
             where channel_id = $1 and owner = $2 and epoch = $3",
        )
        .bind(lease.channel.0)
        .bind(owner)
        .bind(lease.epoch)
        .bind(back_off.as_secs_f64())
        .bind(failures)
        .execute(&self.platform)
        .await?;
        Ok(())
    }

    /// How often the channel's listener failed in a row.
    pub async fn channel_failures(&self, channel: ChannelId) -> Result<i32> {
        Ok(sqlx::query_scalar("select failures from channel_leases where channel_id = $1")
            .bind(channel.0)
            .fetch_optional(&self.platform)
            .await?
            .unwrap_or(0))
    }
}

impl PlatformTx {
    /// Whether the lease still stands; its row is held until commit, so nobody can take it while
    /// the owner's writes commit.
    pub async fn hold_lease(&mut self, lease: &ChannelLease) -> Result<bool> {
        let epoch: Option<i64> = sqlx::query_scalar(
            "select epoch from channel_leases
             where channel_id = $1 and leased_until > now() for update",
        )
        .bind(lease.channel.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(epoch == Some(lease.epoch))
    }
}

impl TenantTx {
    /// The same for what an owner writes into its company's rows.
    pub async fn hold_lease(&mut self, lease: &ChannelLease) -> Result<bool> {
        Ok(sqlx::query_scalar("select hold_lease($1, $2)")
            .bind(lease.channel.0)
            .bind(lease.epoch)
            .fetch_one(self.conn())
            .await?)
    }
}
