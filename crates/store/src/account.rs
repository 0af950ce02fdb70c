//! Companies.

use chrono::{DateTime, Utc};
use domain::{
    ids::{AccountId, EmployeeId},
    people::Role,
    people_view::AccountView,
};
use uuid::Uuid;

use crate::{Error, PlatformTx, Result, Store, TenantTx, people::NewEmployee, secrets};

#[derive(Debug)]
pub struct NewAccount {
    pub account: AccountId,
    pub name: String,
    pub language: String,
    pub time_zone: String,
    pub country: String,
    pub demo: bool,
    pub created_at: DateTime<Utc>,
}

/// What an administrator sets; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct AccountPatch {
    pub name: Option<String>,
    pub language: Option<String>,
    pub time_zone: Option<String>,
    pub country: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    account_id: Uuid,
    name: String,
    language: String,
    time_zone: String,
    country: String,
    demo: bool,
    demo_data: bool,
    created_at: DateTime<Utc>,
}

impl From<Row> for AccountView {
    fn from(row: Row) -> Self {
        Self {
            account_id: AccountId(row.account_id),
            name: row.name,
            language: row.language,
            time_zone: row.time_zone,
            country: row.country,
            demo: row.demo,
            demo_data: row.demo_data,
            created_at: row.created_at,
        }
    }
}

impl PlatformTx {
    /// Makes a company with its counters, its data key and its first owner.
    pub async fn create_account(&mut self, new: &NewAccount, owner: &NewEmployee) -> Result<()> {
        sqlx::query(
            "insert into accounts
                (account_id, name, language, time_zone, country, demo, created_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(new.account.0)
        .bind(&new.name)
        .bind(&new.language)
        .bind(&new.time_zone)
        .bind(&new.country)
        .bind(new.demo)
        .bind(new.created_at)
        .execute(self.conn())
        .await?;
        sqlx::query("insert into account_counters (account_id) values ($1)")
            .bind(new.account.0)
            .execute(self.conn())
            .await?;
        let keys = self.keys();
        secrets::create_data_key(self.conn(), &keys, new.account).await?;
        crate::people::insert(self.conn(), new.account, owner).await
    }
}

impl TenantTx {
    /// The company's own row, which every transaction of it may read.
    pub async fn company(&mut self) -> Result<Option<AccountView>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(
            "select account_id, name, language, time_zone, country, demo, created_at,
                exists (select 1 from demo_rows d where d.account_id = $1) as demo_data
             from accounts where account_id = $1",
        )
        .bind(account)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(AccountView::from))
    }

    pub async fn set_company(&mut self, patch: &AccountPatch) -> Result<()> {
        let account = self.account().0;
        let done = sqlx::query(
            "update accounts set name = coalesce($2, name), language = coalesce($3, language),
                time_zone = coalesce($4, time_zone), country = coalesce($5, country)
             where account_id = $1",
        )
        .bind(account)
        .bind(&patch.name)
        .bind(&patch.language)
        .bind(&patch.time_zone)
        .bind(&patch.country)
        .execute(self.conn())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            hit => Err(Error::RowsAffected { what: "company settings", hit }),
        }
    }
}

impl Store {
    /// The demo company and its first owner, when this installation has one.
    pub async fn demo_account(&self) -> Result<Option<(AccountId, EmployeeId)>> {
        let row: Option<(Uuid, Uuid)> = sqlx::query_as(
            "select a.account_id, e.employee_id from accounts a
             join employees e on e.account_id = a.account_id and e.role = $1
             where a.demo order by a.created_at, e.created_at limit 1",
        )
        .bind(Role::Owner.as_str())
        .fetch_optional(&self.platform)
        .await?;
        Ok(row.map(|(account, employee)| (AccountId(account), EmployeeId(employee))))
    }
}
