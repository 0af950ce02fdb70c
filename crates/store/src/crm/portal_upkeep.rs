//! When a portal is to be looked after next: a refresh token that nobody uses for three months is dead,
//! and a CRM that met our silence for two hours no longer calls our webhook.

use chrono::{DateTime, Utc};
use domain::ids::{AccountId, PortalId};
use uuid::Uuid;

use crate::{Result, Store, TenantTx};

impl TenantTx {
    pub async fn set_upkeep(&mut self, id: PortalId, at: DateTime<Utc>) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set upkeep_at = $3
             where account_id = $1 and portal_id = $2 and state <> 'disconnected'",
        )
        .bind(account)
        .bind(id.0)
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

impl Store {
    /// Takes portals that are due by `now`, and puts them off to `again`: whoever looks after them says
    /// then when the next time is. Of those that are stopped only the ones that may have been mended
    /// elsewhere: an account that was paid for, an address that was let in, keys that were put right. One
    /// that blocks us is left alone.
    pub async fn take_due_upkeep(
        &self,
        now: DateTime<Utc>,
        again: DateTime<Utc>,
        most: i64,
    ) -> Result<Vec<(AccountId, PortalId)>> {
        let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "update portals p set upkeep_at = $2
             from (
                select account_id, portal_id from portals
                where (upkeep_at is null or upkeep_at <= $1) and deleted_at is null
                  and (state in ('connected', 'interrupted')
                       or (state = 'stopped' and trouble in ('unpaid', 'address_refused', 'keys_refused')))
                order by upkeep_at nulls first limit $3
                for update skip locked
             ) due
             where p.account_id = due.account_id and p.portal_id = due.portal_id
             returning p.account_id, p.portal_id",
        )
        .bind(now)
        .bind(again)
        .bind(most)
        .fetch_all(&self.platform)
        .await?;
        Ok(rows.into_iter().map(|(a, p)| (AccountId(a), PortalId(p))).collect())
    }
}
