//! Employees and groups.

use chrono::{DateTime, Utc};
use domain::{
    ids::{AccountId, EmployeeId, GroupId},
    people::{Presence, Role},
    people_view::{EmployeeView, GroupView},
    visibility::Visibility,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, Result, TenantTx};

#[derive(Debug)]
pub struct NewEmployee {
    pub employee: EmployeeId,
    pub email: String,
    pub name: String,
    pub password_hash: String,
    pub role: Role,
    pub language: String,
    pub created_at: DateTime<Utc>,
}

/// What others set of an employee.
#[derive(Debug, Clone)]
pub struct EmployeeSettings {
    pub name: String,
    pub role: Role,
    pub visibility: Visibility,
    pub capacity: Option<i32>,
    pub language: String,
}

#[derive(sqlx::FromRow)]
struct EmployeeRow {
    employee_id: Uuid,
    name: String,
    email: String,
    role: String,
    visibility: String,
    capacity: Option<i32>,
    presence: String,
    presence_at: DateTime<Utc>,
    language: String,
    disabled_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    group_ids: Vec<Uuid>,
}

pub(crate) fn role(table: &'static str, text: &str) -> Result<Role> {
    Role::parse(text).ok_or_else(|| Error::bad(table, "role", text))
}

pub(crate) fn visibility(text: &str) -> Result<Visibility> {
    Visibility::parse(text).ok_or_else(|| Error::bad("employees", "visibility", text))
}

impl TryFrom<EmployeeRow> for EmployeeView {
    type Error = Error;

    fn try_from(row: EmployeeRow) -> Result<Self> {
        Ok(Self {
            employee_id: EmployeeId(row.employee_id),
            role: role("employees", &row.role)?,
            visibility: visibility(&row.visibility)?,
            presence: Presence::parse(&row.presence)
                .ok_or_else(|| Error::bad("employees", "presence", &row.presence))?,
            name: row.name,
            email: row.email,
            capacity: row.capacity,
            presence_at: row.presence_at,
            language: row.language,
            groups: row.group_ids.into_iter().map(GroupId).collect(),
            disabled: row.disabled_at.is_some(),
            created_at: row.created_at,
        })
    }
}

pub(crate) async fn insert(
    conn: &mut PgConnection,
    account: AccountId,
    new: &NewEmployee,
) -> Result<()> {
    sqlx::query(
        "insert into employees
            (account_id, employee_id, email, name, password_hash, role, language, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(account.0)
    .bind(new.employee.0)
    .bind(&new.email)
    .bind(&new.name)
    .bind(&new.password_hash)
    .bind(new.role.as_str())
    .bind(&new.language)
    .bind(new.created_at)
    .execute(conn)
    .await?;
    Ok(())
}

impl TenantTx {
    /// Fails with the constraint `employees_email` when the company has somebody of this address.
    pub async fn insert_employee(&mut self, new: &NewEmployee) -> Result<()> {
        let account = self.account();
        insert(self.conn(), account, new).await
    }

    pub async fn employee(&mut self, employee: EmployeeId) -> Result<Option<EmployeeView>> {
        let account = self.account().0;
        let row: Option<EmployeeRow> = sqlx::query_as(
            "select e.employee_id, e.name, e.email, e.role, e.visibility, e.capacity, e.presence,
                e.presence_at, e.language, e.disabled_at, e.created_at,
                array(select m.group_id from group_members m
                      where m.account_id = e.account_id and m.employee_id = e.employee_id
                      order by m.group_id) as group_ids
             from employees e where e.account_id = $1 and e.employee_id = $2",
        )
        .bind(account)
        .bind(employee.0)
        .fetch_optional(self.conn())
        .await?;
        row.map(EmployeeView::try_from).transpose()
    }

    /// The employee, whose row stays locked until commit.
    pub async fn lock_employee(&mut self, employee: EmployeeId) -> Result<Option<EmployeeView>> {
        let account = self.account().0;
        let found = sqlx::query(
            "select 1 from employees where account_id = $1 and employee_id = $2 for update",
        )
        .bind(account)
        .bind(employee.0)
        .execute(self.conn())
        .await?;
        if found.rows_affected() == 0 {
            return Ok(None);
        }
        self.employee(employee).await
    }

    /// Up to `most` employees after `after`, in the order in which they came.
    pub async fn employees(
        &mut self,
        after: Option<EmployeeId>,
        most: i64,
    ) -> Result<Vec<EmployeeView>> {
        let account = self.account().0;
        let rows: Vec<EmployeeRow> = sqlx::query_as(
            "select e.employee_id, e.name, e.email, e.role, e.visibility, e.capacity, e.presence,
                e.presence_at, e.language, e.disabled_at, e.created_at,
                array(select m.group_id from group_members m
                      where m.account_id = e.account_id and m.employee_id = e.employee_id
                      order by m.group_id) as group_ids
             from employees e
             where e.account_id = $1 and ($2::uuid is null or e.employee_id > $2)
             order by e.employee_id limit $3",
        )
        .bind(account)
        .bind(after.map(|e| e.0))
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(EmployeeView::try_from).collect()
    }

    /// Locks the company's working owners and tells who they are: a change that could take the last
    /// one away asks this first, so two such changes cannot pass each other.
    pub async fn lock_owners(&mut self) -> Result<Vec<EmployeeId>> {
        let account = self.account().0;
        let rows: Vec<Uuid> = sqlx::query_scalar(
            "select employee_id from employees
             where account_id = $1 and role = $2 and disabled_at is null
             order by employee_id for update",
        )
        .bind(account)
        .bind(Role::Owner.as_str())
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(EmployeeId).collect())
    }

    pub async fn set_employee(
        &mut self,
        employee: EmployeeId,
        settings: &EmployeeSettings,
    ) -> Result<()> {
        let account = self.account().0;
        let done = sqlx::query(
            "update employees set name = $3, role = $4, visibility = $5, capacity = $6,
                language = $7
             where account_id = $1 and employee_id = $2",
        )
        .bind(account)
        .bind(employee.0)
        .bind(&settings.name)
        .bind(settings.role.as_str())
        .bind(settings.visibility.as_str())
        .bind(settings.capacity)
        .bind(&settings.language)
        .execute(self.conn())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            hit => Err(Error::RowsAffected { what: "employee settings", hit }),
        }
    }

    /// Puts the employee into these groups and no others. Fails with a foreign-key constraint when
    /// a group is not the company's.
    pub async fn set_groups_of(&mut self, employee: EmployeeId, groups: &[GroupId]) -> Result<()> {
        let account = self.account().0;
        let groups: Vec<Uuid> = groups.iter().map(|g| g.0).collect();
        sqlx::query(
            "delete from group_members
             where account_id = $1 and employee_id = $2 and group_id <> all($3)",
        )
        .bind(account)
        .bind(employee.0)
        .bind(&groups)
        .execute(self.conn())
        .await?;
        sqlx::query(
            "insert into group_members (account_id, group_id, employee_id)
             select $1, g, $2 from unnest($3::uuid[]) g on conflict do nothing",
        )
        .bind(account)
        .bind(employee.0)
        .bind(&groups)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Puts a new employee into those of these groups that still are.
    pub async fn join_groups(&mut self, employee: EmployeeId, groups: &[GroupId]) -> Result<()> {
        let account = self.account().0;
        let groups: Vec<Uuid> = groups.iter().map(|g| g.0).collect();
        sqlx::query(
            "insert into group_members (account_id, group_id, employee_id)
             select g.account_id, g.group_id, $2 from groups g
             where g.account_id = $1 and g.group_id = any($3) on conflict do nothing",
        )
        .bind(account)
        .bind(employee.0)
        .bind(&groups)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Whether all of these are the company's groups.
    pub async fn are_groups(&mut self, groups: &[GroupId]) -> Result<bool> {
        let account = self.account().0;
        let groups: Vec<Uuid> = groups.iter().map(|g| g.0).collect();
        Ok(sqlx::query_scalar(
            "select not exists (
                select from unnest($2::uuid[]) wanted where wanted not in
                    (select group_id from groups where account_id = $1))",
        )
        .bind(account)
        .bind(&groups)
        .fetch_one(self.conn())
        .await?)
    }

    /// Whether somebody of the company has this address.
    pub async fn has_email(&mut self, email: &str) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select exists (select from employees where account_id = $1 and email = $2)",
        )
        .bind(account)
        .bind(email)
        .fetch_one(self.conn())
        .await?)
    }

    /// Shuts an employee out: no log-ins, no sessions, no invites of theirs, off line.
    pub async fn disable_employee(
        &mut self,
        employee: EmployeeId,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update employees set disabled_at = coalesce(disabled_at, $3), presence = 'off',
                presence_at = $3
             where account_id = $1 and employee_id = $2",
        )
        .bind(account)
        .bind(employee.0)
        .bind(now)
        .execute(self.conn())
        .await?;
        sqlx::query("delete from sessions where account_id = $1 and employee_id = $2")
            .bind(account)
            .bind(employee.0)
            .execute(self.conn())
            .await?;
        sqlx::query(
            "update invites set revoked_at = $3
             where account_id = $1 and invited_by = $2 and used_at is null and revoked_at is null",
        )
        .bind(account)
        .bind(employee.0)
        .bind(now)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn enable_employee(&mut self, employee: EmployeeId) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update employees set disabled_at = null where account_id = $1 and employee_id = $2",
        )
        .bind(account)
        .bind(employee.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// False when it was so already.
    pub async fn set_presence(
        &mut self,
        employee: EmployeeId,
        presence: Presence,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update employees set presence = $3, presence_at = $4
             where account_id = $1 and employee_id = $2 and presence <> $3",
        )
        .bind(account)
        .bind(employee.0)
        .bind(presence.as_str())
        .bind(now)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    pub async fn password_hash(&mut self, employee: EmployeeId) -> Result<Option<String>> {
        let account = self.account().0;
        let hash: Option<Option<String>> = sqlx::query_scalar(
            "select password_hash from employees where account_id = $1 and employee_id = $2",
        )
        .bind(account)
        .bind(employee.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(hash.flatten())
    }

    /// Replaces the password unless somebody else did since `old` was read.
    pub async fn replace_password(
        &mut self,
        employee: EmployeeId,
        old: &str,
        new: &str,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update employees set password_hash = $4
             where account_id = $1 and employee_id = $2 and password_hash = $3",
        )
        .bind(account)
        .bind(employee.0)
        .bind(old)
        .bind(new)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

#[derive(sqlx::FromRow)]
struct GroupRow {
    group_id: Uuid,
    name: String,
    created_at: DateTime<Utc>,
    member_ids: Vec<Uuid>,
}

impl From<GroupRow> for GroupView {
    fn from(row: GroupRow) -> Self {
        Self {
            group_id: GroupId(row.group_id),
            name: row.name,
            members: row.member_ids.into_iter().map(EmployeeId).collect(),
            created_at: row.created_at,
        }
    }
}

impl TenantTx {
    pub async fn groups(&mut self, after: Option<GroupId>, most: i64) -> Result<Vec<GroupView>> {
        let account = self.account().0;
        let rows: Vec<GroupRow> = sqlx::query_as(
            "select g.group_id, g.name, g.created_at,
                array(select m.employee_id from group_members m
                      where m.account_id = g.account_id and m.group_id = g.group_id
                      order by m.employee_id) as member_ids
             from groups g
             where g.account_id = $1 and ($2::uuid is null or g.group_id > $2)
             order by g.group_id limit $3",
        )
        .bind(account)
        .bind(after.map(|g| g.0))
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(GroupView::from).collect())
    }

    pub async fn group(&mut self, group: GroupId) -> Result<Option<GroupView>> {
        let account = self.account().0;
        let row: Option<GroupRow> = sqlx::query_as(
            "select g.group_id, g.name, g.created_at,
                array(select m.employee_id from group_members m
                      where m.account_id = g.account_id and m.group_id = g.group_id
                      order by m.employee_id) as member_ids
             from groups g where g.account_id = $1 and g.group_id = $2",
        )
        .bind(account)
        .bind(group.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(GroupView::from))
    }

    /// Fails with the constraint `groups_name` when the company has one of this name.
    pub async fn insert_group(
        &mut self,
        group: GroupId,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into groups (account_id, group_id, name, created_at) values ($1, $2, $3, $4)",
        )
        .bind(account)
        .bind(group.0)
        .bind(name)
        .bind(now)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// False when there is no such group.
    pub async fn rename_group(&mut self, group: GroupId, name: &str) -> Result<bool> {
        let account = self.account().0;
        let done =
            sqlx::query("update groups set name = $3 where account_id = $1 and group_id = $2")
                .bind(account)
                .bind(group.0)
                .bind(name)
                .execute(self.conn())
                .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Makes these employees and no others its members. Fails with a foreign-key constraint when
    /// one is not of the company.
    pub async fn set_members(&mut self, group: GroupId, members: &[EmployeeId]) -> Result<()> {
        let account = self.account().0;
        let members: Vec<Uuid> = members.iter().map(|e| e.0).collect();
        sqlx::query(
            "delete from group_members
             where account_id = $1 and group_id = $2 and employee_id <> all($3)",
        )
        .bind(account)
        .bind(group.0)
        .bind(&members)
        .execute(self.conn())
        .await?;
        sqlx::query(
            "insert into group_members (account_id, group_id, employee_id)
             select $1, $2, e from unnest($3::uuid[]) e on conflict do nothing",
        )
        .bind(account)
        .bind(group.0)
        .bind(&members)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// False when there is no such group; a foreign-key constraint when conversations name it.
    pub async fn delete_group(&mut self, group: GroupId) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query("delete from groups where account_id = $1 and group_id = $2")
            .bind(account)
            .bind(group.0)
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected() == 1)
    }
}
