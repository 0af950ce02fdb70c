//! When a portal is to be called next with nobody asking: its lists are pulled at night; a refresh token
//! that nobody uses for three months is dead, and a CRM that met our silence for two hours no longer calls
//! our webhook.

use chrono::{DateTime, Utc};
use domain::ids::{AccountId, PortalId};
use uuid::Uuid;

use crate::{Result, Store, TenantTx};

/// The text that takes portals which are due: `$at` is the column that says when, `$which` the condition
/// and the order.
macro_rules! take_due {
    ($at:literal, $which:literal) => {
        concat!(
            "update portals p set ",
            $at,
            " = $2
             from (
                select account_id, portal_id from portals
                where deleted_at is null and ",
            $which,
            " limit $3
                for update skip locked
             ) due
             where p.account_id = due.account_id and p.portal_id = due.portal_id
             returning p.account_id, p.portal_id"
        )
    };
}

impl TenantTx {
    /// When the lists are to be pulled next; `None`: only when somebody asks.
    pub async fn set_directory_due(
        &mut self,
        id: PortalId,
        due: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set directory_due_at = $3 where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(due)
        .execute(self.conn())
        .await?;
        Ok(())
    }

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
    /// Takes portals whose lists are due by `now`, and puts them off to `again`: whoever pulls them
    /// says then when the next time is, and if nobody does, another one tries.
    pub async fn take_due_directories(
        &self,
        now: DateTime<Utc>,
        again: DateTime<Utc>,
        most: i64,
    ) -> Result<Vec<(AccountId, PortalId)>> {
        let lists = take_due!(
            "directory_due_at",
            "directory_due_at <= $1 and directory_due_at is not null
                  and state not in ('stopped', 'disconnected')
                order by directory_due_at"
        );
        self.take_due(lists, now, again, most).await
    }

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
        let upkeep = take_due!(
            "upkeep_at",
            "(upkeep_at is null or upkeep_at <= $1)
                  and (state in ('connected', 'interrupted')
                       or (state = 'stopped' and trouble in ('unpaid', 'address_refused', 'keys_refused')))
                order by upkeep_at nulls first"
        );
        self.take_due(upkeep, now, again, most).await
    }

    async fn take_due(
        &self,
        text: &'static str,
        now: DateTime<Utc>,
        again: DateTime<Utc>,
        most: i64,
    ) -> Result<Vec<(AccountId, PortalId)>> {
        let rows: Vec<(Uuid, Uuid)> =
            sqlx::query_as(text).bind(now).bind(again).bind(most).fetch_all(&self.platform).await?;
        Ok(rows.into_iter().map(|(a, p)| (AccountId(a), PortalId(p))).collect())
    }
}
