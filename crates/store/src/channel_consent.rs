//! The state of a service's consent page (CH-8): made for one employee and channel, good once and for
//! ten minutes. Only its hash is kept.

use domain::ids::{AccountId, ChannelId, EmployeeId};
use uuid::Uuid;

use crate::{Result, Store, TenantTx, TokenHash};

/// Whose return it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelConsent {
    pub account: AccountId,
    pub channel: ChannelId,
    pub employee: EmployeeId,
}

impl TenantTx {
    pub async fn insert_channel_consent(
        &mut self,
        channel: ChannelId,
        employee: EmployeeId,
        state_hash: &TokenHash,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into channel_consents
                (account_id, state_hash, channel_id, employee_id, expires_at)
             values ($1, $2, $3, $4, now() + interval '10 minutes')",
        )
        .bind(account)
        .bind(state_hash.as_slice())
        .bind(channel.0)
        .bind(employee.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

impl Store {
    /// Uses a state up. `None`: never given, used before, or too old. Of two that come at once one
    /// gets it.
    pub async fn use_channel_consent(
        &self,
        state_hash: &TokenHash,
    ) -> Result<Option<ChannelConsent>> {
        let row: Option<(Uuid, Uuid, Uuid)> = sqlx::query_as(
            "update channel_consents set used_at = now()
             where state_hash = $1 and used_at is null and expires_at > now()
             returning account_id, channel_id, employee_id",
        )
        .bind(state_hash.as_slice())
        .fetch_optional(&self.platform)
        .await?;
        Ok(row.map(|(account, channel, employee)| ChannelConsent {
            account: AccountId(account),
            channel: ChannelId(channel),
            employee: EmployeeId(employee),
        }))
    }

    /// Forgets states that nobody can use any more.
    pub async fn prune_channel_consents(&self) -> Result<u64> {
        let done =
            sqlx::query("delete from channel_consents where expires_at < now() - interval '1 day'")
                .execute(&self.platform)
                .await?;
        Ok(done.rows_affected())
    }
}
