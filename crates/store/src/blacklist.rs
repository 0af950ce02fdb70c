//! People whose messages are not shown (CV-9, WA-5).

use chrono::{DateTime, Utc};
use domain::ids::EmployeeId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{PlatformTx, Result, TenantTx};

/// One entry: a phone in E.164 form, an address in lower case, or a service's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blacklisted {
    pub entry: String,
    pub note: String,
    pub employee_id: EmployeeId,
    pub created_at: DateTime<Utc>,
}

async fn blacklisted(conn: &mut PgConnection, account: Uuid, keys: &[String]) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select from blacklist where account_id = $1 and entry = any($2))",
    )
    .bind(account)
    .bind(keys)
    .fetch_one(conn)
    .await?)
}

impl PlatformTx {
    /// Whether one of these is on the account's list (`domain::blacklist::keys`).
    pub async fn blacklisted(
        &mut self,
        account: domain::ids::AccountId,
        keys: &[String],
    ) -> Result<bool> {
        blacklisted(self.conn(), account.0, keys).await
    }
}

impl TenantTx {
    /// Whether one of these is on the list (`domain::blacklist::keys`).
    pub async fn blacklisted(&mut self, keys: &[String]) -> Result<bool> {
        let account = self.account().0;
        blacklisted(self.conn(), account, keys).await
    }

    /// Entries after `after`, in the order of their texts.
    pub async fn blacklist(&mut self, after: Option<&str>, most: i64) -> Result<Vec<Blacklisted>> {
        let account = self.account().0;
        let rows: Vec<(String, String, Uuid, DateTime<Utc>)> = sqlx::query_as(
            "select entry, note, employee_id, created_at from blacklist
             where account_id = $1 and entry > coalesce($2, '') order by entry limit $3",
        )
        .bind(account)
        .bind(after)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(entry, note, employee, created_at)| Blacklisted {
                entry,
                note,
                employee_id: EmployeeId(employee),
                created_at,
            })
            .collect())
    }

    /// Adds an entry, or changes the note of one that is there.
    pub async fn put_blacklist(&mut self, new: &Blacklisted) -> Result<Blacklisted> {
        let account = self.account().0;
        let (employee, created_at): (Uuid, DateTime<Utc>) = sqlx::query_as(
            "insert into blacklist (account_id, entry, note, employee_id, created_at)
             values ($1, $2, $3, $4, $5)
             on conflict (account_id, entry) do update set note = excluded.note
             returning employee_id, created_at",
        )
        .bind(account)
        .bind(&new.entry)
        .bind(&new.note)
        .bind(new.employee_id.0)
        .bind(new.created_at)
        .fetch_one(self.conn())
        .await?;
        Ok(Blacklisted { employee_id: EmployeeId(employee), created_at, ..new.clone() })
    }

    pub async fn delete_blacklist(&mut self, entry: &str) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query("delete from blacklist where account_id = $1 and entry = $2")
            .bind(account)
            .bind(entry)
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected() == 1)
    }
}
