//! The copy of a portal's lists, and when they are to be pulled.

use chrono::{DateTime, Utc};
use domain::{
    crm::Directory,
    ids::{AccountId, PortalId},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Result, Store, TenantTx};

impl TenantTx {
    /// The lists as they were pulled last.
    pub async fn portal_directory(&mut self, id: PortalId) -> Result<Option<Directory>> {
        let account = self.account().0;
        let row: Option<Json<Directory>> = sqlx::query_scalar(
            "select directory from portals
             where account_id = $1 and portal_id = $2 and deleted_at is null",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(|d| d.0))
    }

    pub async fn set_portal_directory(
        &mut self,
        id: PortalId,
        directory: &Directory,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set directory = $3, directory_at = $4
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(Json(directory))
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

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
        let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "update portals p set directory_due_at = $2
             from (
                select account_id, portal_id from portals
                where directory_due_at <= $1 and directory_due_at is not null
                  and deleted_at is null and state not in ('stopped', 'disconnected')
                order by directory_due_at limit $3
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
