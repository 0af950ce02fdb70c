//! Proofs of who asks: passwords at log-in, sessions, personal tokens, invites. Secrets are random
//! tokens of which only the SHA-256 is kept.

use chrono::{DateTime, Utc};
use domain::{
    ids::{AccountId, ApiTokenId, EmployeeId, GroupId, InviteId},
    people::{Right, Role},
    people_view::{ApiTokenView, InviteView, SessionView},
    visibility::Visibility,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, PlatformTx, Result, Store, TenantTx, people};

/// SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// Somebody whose password may be the given one.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Candidate {
    account_id: Uuid,
    employee_id: Uuid,
    pub company: String,
    pub password_hash: String,
}

impl Candidate {
    pub fn account(&self) -> AccountId {
        AccountId(self.account_id)
    }

    pub fn employee(&self) -> EmployeeId {
        EmployeeId(self.employee_id)
    }
}

/// Whom a session or token belongs to.
#[derive(Debug, Clone)]
pub struct Bearer {
    pub account: AccountId,
    pub employee: EmployeeId,
    pub name: String,
    pub role: Role,
    pub visibility: Visibility,
    pub groups: Vec<GroupId>,
    /// Of a personal token.
    pub token: Option<(ApiTokenId, Vec<Right>)>,
    pub seen_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct BearerRow {
    account_id: Uuid,
    employee_id: Uuid,
    name: String,
    role: String,
    visibility: String,
    group_ids: Vec<Uuid>,
    api_token_id: Option<Uuid>,
    scopes: Vec<String>,
    seen_at: Option<DateTime<Utc>>,
}

impl TryFrom<BearerRow> for Bearer {
    type Error = Error;

    fn try_from(row: BearerRow) -> Result<Self> {
        Ok(Self {
            account: AccountId(row.account_id),
            employee: EmployeeId(row.employee_id),
            role: people::role("employees", &row.role)?,
            visibility: people::visibility(&row.visibility)?,
            name: row.name,
            groups: row.group_ids.into_iter().map(GroupId).collect(),
            token: row.api_token_id.map(|id| (ApiTokenId(id), rights(&row.scopes))),
            seen_at: row.seen_at,
        })
    }
}

/// A scope that this program does not know gives nothing.
fn rights(scopes: &[String]) -> Vec<Right> {
    scopes.iter().filter_map(|s| Right::parse(s)).collect()
}

impl Store {
    /// Up to `most` people who may log in with this address, the oldest first; of one company when
    /// it is named.
    pub async fn log_in_candidates(
        &self,
        email: &str,
        account: Option<AccountId>,
        most: i64,
    ) -> Result<Vec<Candidate>> {
        Ok(sqlx::query_as(
            "select e.account_id, e.employee_id, a.name as company, e.password_hash
             from employees e join accounts a using (account_id)
             where e.email = $1 and ($2::uuid is null or e.account_id = $2)
               and e.disabled_at is null and e.password_hash is not null
             order by e.created_at, e.account_id limit $3",
        )
        .bind(email)
        .bind(account.map(|a| a.0))
        .bind(most)
        .fetch_all(&self.platform)
        .await?)
    }

    /// Whose session it is, while it and its employee are good.
    pub async fn session_bearer(
        &self,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<Bearer>> {
        let row: Option<BearerRow> = sqlx::query_as(
            "select s.account_id, s.employee_id, e.name, e.role, e.visibility,
                array(select m.group_id from group_members m
                      where m.account_id = e.account_id and m.employee_id = e.employee_id)
                    as group_ids,
                null::uuid as api_token_id, '{}'::text[] as scopes, s.last_seen_at as seen_at
             from sessions s join employees e using (account_id, employee_id)
             where s.token_hash = $1 and s.expires_at > $2 and e.disabled_at is null",
        )
        .bind(token.as_slice())
        .bind(now)
        .fetch_optional(&self.platform)
        .await?;
        row.map(Bearer::try_from).transpose()
    }

    /// Whose personal token it is, while it and its employee are good.
    pub async fn token_bearer(
        &self,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<Bearer>> {
        let row: Option<BearerRow> = sqlx::query_as(
            "select t.account_id, t.employee_id, e.name, e.role, e.visibility,
                array(select m.group_id from group_members m
                      where m.account_id = e.account_id and m.employee_id = e.employee_id)
                    as group_ids,
                t.api_token_id, t.scopes, t.last_used_at as seen_at
             from api_tokens t join employees e using (account_id, employee_id)
             where t.token_hash = $1 and t.revoked_at is null
               and (t.expires_at is null or t.expires_at > $2) and e.disabled_at is null",
        )
        .bind(token.as_slice())
        .bind(now)
        .fetch_optional(&self.platform)
        .await?;
        row.map(Bearer::try_from).transpose()
    }

    /// The session was used: it lives on.
    pub async fn touch_session(
        &self,
        token: &TokenHash,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<()> {
        sqlx::query(
            "update sessions set last_seen_at = $2, expires_at = $3
             where token_hash = $1 and last_seen_at < $2",
        )
        .bind(token.as_slice())
        .bind(now)
        .bind(expires_at)
        .execute(&self.platform)
        .await?;
        Ok(())
    }

    pub async fn touch_token(&self, token: &TokenHash, now: DateTime<Utc>) -> Result<()> {
        sqlx::query("update api_tokens set last_used_at = $2 where token_hash = $1")
            .bind(token.as_slice())
            .bind(now)
            .execute(&self.platform)
            .await?;
        Ok(())
    }

    /// Forgets sessions that ran out. Returns how many.
    pub async fn prune_sessions(&self, now: DateTime<Utc>) -> Result<u64> {
        let done = sqlx::query("delete from sessions where expires_at < $1")
            .bind(now)
            .execute(&self.platform)
            .await?;
        Ok(done.rows_affected())
    }

    /// The invite that still may be used with this token: its company's id and name, and itself.
    pub async fn invite_by_token(
        &self,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<(AccountId, String, InviteView)>> {
        let row: Option<(Uuid, String)> = sqlx::query_as(
            "select i.account_id, a.name from invites i join accounts a using (account_id)
             where i.token_hash = $1 and i.used_at is null and i.revoked_at is null
               and i.expires_at > $2",
        )
        .bind(token.as_slice())
        .bind(now)
        .fetch_optional(&self.platform)
        .await?;
        let Some((account, company)) = row else { return Ok(None) };
        let invite: InviteRow = sqlx::query_as(
            "select invite_id, email, role, group_ids, invited_by, created_at, expires_at
             from invites where account_id = $1 and token_hash = $2",
        )
        .bind(account)
        .bind(token.as_slice())
        .fetch_one(&self.platform)
        .await?;
        Ok(Some((AccountId(account), company, invite.try_into()?)))
    }
}

/// A log-in to write.
#[derive(Debug)]
pub struct NewSession {
    pub token: TokenHash,
    pub employee: EmployeeId,
    pub user_agent: String,
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

async fn insert_session(
    conn: &mut PgConnection,
    account: AccountId,
    new: &NewSession,
) -> Result<()> {
    sqlx::query(
        "insert into sessions
            (token_hash, account_id, employee_id, created_at, last_seen_at, expires_at, user_agent)
         values ($1, $2, $3, $4, $4, $5, $6)",
    )
    .bind(new.token.as_slice())
    .bind(account.0)
    .bind(new.employee.0)
    .bind(new.now)
    .bind(new.expires_at)
    .bind(&new.user_agent)
    .execute(conn)
    .await?;
    Ok(())
}

impl PlatformTx {
    pub async fn insert_session(&mut self, account: AccountId, new: &NewSession) -> Result<()> {
        insert_session(self.conn(), account, new).await
    }
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    session_id: String,
    current: bool,
    user_agent: String,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl TenantTx {
    pub async fn insert_session(&mut self, new: &NewSession) -> Result<()> {
        let account = self.account();
        insert_session(self.conn(), account, new).await
    }

    pub async fn sessions(
        &mut self,
        employee: EmployeeId,
        current: Option<TokenHash>,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionView>> {
        let account = self.account().0;
        let rows: Vec<SessionRow> = sqlx::query_as(
            "select encode(substring(token_hash from 1 for 16), 'hex') as session_id,
                token_hash is not distinct from $3 as current, user_agent, created_at,
                last_seen_at, expires_at
             from sessions where account_id = $1 and employee_id = $2 and expires_at > $4
             order by last_seen_at desc limit 100",
        )
        .bind(account)
        .bind(employee.0)
        .bind(current.map(|c| c.to_vec()))
        .bind(now)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| SessionView {
                session_id: row.session_id,
                current: row.current,
                user_agent: row.user_agent,
                created_at: row.created_at,
                last_seen_at: row.last_seen_at,
                expires_at: row.expires_at,
            })
            .collect())
    }

    /// False when the employee has no such session.
    pub async fn end_session(&mut self, employee: EmployeeId, session: &str) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "delete from sessions where account_id = $1 and employee_id = $2
               and encode(substring(token_hash from 1 for 16), 'hex') = $3",
        )
        .bind(account)
        .bind(employee.0)
        .bind(session)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Ends the employee's sessions, but for the one that is named.
    pub async fn end_other_sessions(
        &mut self,
        employee: EmployeeId,
        but: Option<TokenHash>,
    ) -> Result<u64> {
        let account = self.account().0;
        let done = sqlx::query(
            "delete from sessions where account_id = $1 and employee_id = $2
               and token_hash is distinct from $3",
        )
        .bind(account)
        .bind(employee.0)
        .bind(but.map(|b| b.to_vec()))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected())
    }

    pub async fn end_this_session(&mut self, token: &TokenHash) -> Result<()> {
        let account = self.account().0;
        sqlx::query("delete from sessions where account_id = $1 and token_hash = $2")
            .bind(account)
            .bind(token.as_slice())
            .execute(self.conn())
            .await?;
        Ok(())
    }
}

/// A personal token to write.
#[derive(Debug)]
pub struct NewApiToken {
    pub id: ApiTokenId,
    pub employee: EmployeeId,
    pub name: String,
    pub prefix: String,
    pub token: TokenHash,
    pub scopes: Vec<Right>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct TokenRow {
    api_token_id: Uuid,
    employee_id: Uuid,
    name: String,
    prefix: String,
    scopes: Vec<String>,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
}

impl TenantTx {
    pub async fn insert_api_token(&mut self, new: &NewApiToken) -> Result<()> {
        let account = self.account().0;
        let scopes: Vec<&str> = new.scopes.iter().map(|s| s.as_str()).collect();
        sqlx::query(
            "insert into api_tokens (account_id, api_token_id, employee_id, name, prefix,
                token_hash, scopes, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(account)
        .bind(new.id.0)
        .bind(new.employee.0)
        .bind(&new.name)
        .bind(&new.prefix)
        .bind(new.token.as_slice())
        .bind(&scopes)
        .bind(new.created_at)
        .bind(new.expires_at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Good tokens of one employee, or of everybody.
    pub async fn api_tokens(
        &mut self,
        of: Option<EmployeeId>,
        after: Option<ApiTokenId>,
        most: i64,
    ) -> Result<Vec<ApiTokenView>> {
        let account = self.account().0;
        let rows: Vec<TokenRow> = sqlx::query_as(
            "select api_token_id, employee_id, name, prefix, scopes, created_at, last_used_at,
                expires_at
             from api_tokens
             where account_id = $1 and revoked_at is null
               and ($2::uuid is null or employee_id = $2)
               and ($3::uuid is null or api_token_id > $3)
             order by api_token_id limit $4",
        )
        .bind(account)
        .bind(of.map(|e| e.0))
        .bind(after.map(|t| t.0))
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| ApiTokenView {
                api_token_id: ApiTokenId(row.api_token_id),
                employee_id: EmployeeId(row.employee_id),
                name: row.name,
                prefix: row.prefix,
                scopes: rights(&row.scopes),
                created_at: row.created_at,
                last_used_at: row.last_used_at,
                expires_at: row.expires_at,
            })
            .collect())
    }

    /// False when there is no such good token (of this employee, when one is named).
    pub async fn revoke_api_token(
        &mut self,
        token: ApiTokenId,
        of: Option<EmployeeId>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update api_tokens set revoked_at = $4
             where account_id = $1 and api_token_id = $2 and revoked_at is null
               and ($3::uuid is null or employee_id = $3)",
        )
        .bind(account)
        .bind(token.0)
        .bind(of.map(|e| e.0))
        .bind(now)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

#[derive(sqlx::FromRow)]
struct InviteRow {
    invite_id: Uuid,
    email: String,
    role: String,
    group_ids: Vec<Uuid>,
    invited_by: Uuid,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl TryFrom<InviteRow> for InviteView {
    type Error = Error;

    fn try_from(row: InviteRow) -> Result<Self> {
        Ok(Self {
            invite_id: InviteId(row.invite_id),
            email: row.email,
            role: people::role("invites", &row.role)?,
            groups: row.group_ids.into_iter().map(GroupId).collect(),
            invited_by: EmployeeId(row.invited_by),
            created_at: row.created_at,
            expires_at: row.expires_at,
        })
    }
}

impl TenantTx {
    pub async fn insert_invite(&mut self, invite: &InviteView, token: &TokenHash) -> Result<()> {
        let account = self.account().0;
        let groups: Vec<Uuid> = invite.groups.iter().map(|g| g.0).collect();
        sqlx::query(
            "insert into invites (account_id, invite_id, email, role, group_ids, token_hash,
                invited_by, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(account)
        .bind(invite.invite_id.0)
        .bind(&invite.email)
        .bind(invite.role.as_str())
        .bind(&groups)
        .bind(token.as_slice())
        .bind(invite.invited_by.0)
        .bind(invite.created_at)
        .bind(invite.expires_at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Invites that wait.
    pub async fn invites(
        &mut self,
        after: Option<InviteId>,
        most: i64,
        now: DateTime<Utc>,
    ) -> Result<Vec<InviteView>> {
        let account = self.account().0;
        let rows: Vec<InviteRow> = sqlx::query_as(
            "select invite_id, email, role, group_ids, invited_by, created_at, expires_at
             from invites
             where account_id = $1 and used_at is null and revoked_at is null and expires_at > $4
               and ($2::uuid is null or invite_id > $2)
             order by invite_id limit $3",
        )
        .bind(account)
        .bind(after.map(|i| i.0))
        .bind(most)
        .bind(now)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(InviteView::try_from).collect()
    }

    /// False when it is not there or was used or revoked before.
    pub async fn revoke_invite(&mut self, invite: InviteId, now: DateTime<Utc>) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update invites set revoked_at = $3
             where account_id = $1 and invite_id = $2 and used_at is null and revoked_at is null",
        )
        .bind(account)
        .bind(invite.0)
        .bind(now)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Uses the invite up: of two at once, one gets it.
    pub async fn take_invite(
        &mut self,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<InviteView>> {
        let account = self.account().0;
        let row: Option<InviteRow> = sqlx::query_as(
            "update invites set used_at = $3
             where account_id = $1 and token_hash = $2 and used_at is null and revoked_at is null
               and expires_at > $3
             returning invite_id, email, role, group_ids, invited_by, created_at, expires_at",
        )
        .bind(account)
        .bind(token.as_slice())
        .bind(now)
        .fetch_optional(self.conn())
        .await?;
        row.map(InviteView::try_from).transpose()
    }
}
