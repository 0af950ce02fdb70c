//! Connected CRM accounts: sealed secrets, state, the lease of whoever refreshes the token, the copy of
//! the lists, the pause after faults.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{
    crm::{CrmKind, Directory, PortalMode, PortalState, PortalTrouble},
    ids::{AccountId, PortalId},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Error, Result, SecretPlace, Store, TenantTx,
    secrets::{self, DataKey},
};

/// The index that a portal breaks whose CRM account is connected already.
pub const PORTAL_TAKEN: &str = "portals_external";

/// What a portal's secrets are; sealed together.
#[derive(Debug, Clone, Default)]
pub struct PortalSecrets {
    pub access: SecretString,
    /// `None`: a long-lived token (CRM-7 LITE).
    pub refresh: Option<SecretString>,
    /// An app of the company's own instead of the installation's.
    pub client_id: Option<String>,
    pub client_secret: Option<SecretString>,
    /// Of the chats channel.
    pub chat_secret: Option<SecretString>,
}

/// The pair that a token service gave, and when its access ends.
#[derive(Debug, Clone)]
pub struct PortalTokens {
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// The chats channel of a portal (AMO-13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalChat {
    pub channel_id: String,
    pub bot_id: String,
    /// `None`: not connected yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_id: Option<String>,
}

/// What a portal said of itself.
#[derive(Debug, Clone, Default)]
pub struct PortalAbout {
    pub title: String,
    pub user_id: Option<String>,
    pub chats_id: Option<String>,
    pub drive: Option<String>,
    pub filters: bool,
    pub unsorted_on: bool,
}

#[derive(Debug, Clone)]
pub struct NewPortal {
    pub portal_id: PortalId,
    pub kind: CrmKind,
    pub mode: PortalMode,
    pub external_id: String,
    pub base: String,
    pub site: String,
    pub secrets: PortalSecrets,
    pub token_expires_at: Option<DateTime<Utc>>,
    pub about: PortalAbout,
    pub hook_key: String,
    pub created_at: DateTime<Utc>,
}

/// Whether somebody changes the tokens now, by the database's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshing {
    No,
    /// The tokens are about to be new ones.
    Running,
    /// Whoever did it is gone, and with them perhaps the answer that had the next pair.
    Stale,
}

/// A portal with its secrets opened, without its lists.
#[derive(Debug, Clone)]
pub struct PortalRow {
    pub account: AccountId,
    pub portal_id: PortalId,
    pub kind: CrmKind,
    pub mode: PortalMode,
    pub external_id: String,
    pub title: String,
    pub base: String,
    pub site: String,
    pub secrets: PortalSecrets,
    pub token_expires_at: Option<DateTime<Utc>>,
    pub refreshing: Refreshing,
    pub state: PortalState,
    pub trouble: Option<PortalTrouble>,
    pub failures: i32,
    /// How long nothing is to be called, by the database's clock.
    pub paused_for: Option<Duration>,
    pub state_at: DateTime<Utc>,
    pub drive: Option<String>,
    pub filters: bool,
    pub unsorted_on: bool,
    pub chats_id: Option<String>,
    pub chat: Option<PortalChat>,
    pub user_id: Option<String>,
    pub directory_at: Option<DateTime<Utc>>,
    pub directory_due_at: Option<DateTime<Utc>>,
    pub hook_key: String,
    pub revision: i64,
    pub created_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    account_id: Uuid,
    portal_id: Uuid,
    kind: String,
    mode: String,
    external_id: String,
    title: String,
    base: String,
    site: String,
    secrets: Vec<u8>,
    token_expires_at: Option<DateTime<Utc>>,
    refresh_is_stale: Option<bool>,
    state: String,
    trouble: Option<String>,
    failures: i32,
    paused_for: Option<f64>,
    state_at: DateTime<Utc>,
    drive: Option<String>,
    filters: bool,
    unsorted_on: bool,
    chats_id: Option<String>,
    chat: Option<Json<PortalChat>>,
    user_id: Option<String>,
    directory_at: Option<DateTime<Utc>>,
    directory_due_at: Option<DateTime<Utc>>,
    hook_key: String,
    revision: i64,
    created_at: DateTime<Utc>,
}

/// How the secrets stand inside their seal.
#[derive(Serialize, Deserialize)]
struct Sealed {
    access: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chat_secret: Option<String>,
}

fn place(portal: PortalId) -> SecretPlace<'static> {
    SecretPlace { table: "portals", column: "secrets", row: portal.0 }
}

impl PortalSecrets {
    fn seal(&self, key: &DataKey, portal: PortalId) -> Result<Vec<u8>> {
        let bare = |secret: &Option<SecretString>| {
            secret.as_ref().map(|secret| secret.expose_secret().to_owned())
        };
        let plain = Sealed {
            access: self.access.expose_secret().to_owned(),
            refresh: bare(&self.refresh),
            client_id: self.client_id.clone(),
            client_secret: bare(&self.client_secret),
            chat_secret: bare(&self.chat_secret),
        };
        let plain = serde_json::to_vec(&plain).map_err(|e| Error::bad("portals", "secrets", e))?;
        key.seal(place(portal), &plain)
    }

    fn open(key: &DataKey, portal: PortalId, sealed: &[u8]) -> Result<Self> {
        let plain = key.open(place(portal), sealed)?;
        let plain: Sealed = serde_json::from_slice(plain.expose_secret())
            .map_err(|_| Error::Secret("a portal's secrets are not an object"))?;
        Ok(Self {
            access: plain.access.into(),
            refresh: plain.refresh.map(SecretString::from),
            client_id: plain.client_id,
            client_secret: plain.client_secret.map(SecretString::from),
            chat_secret: plain.chat_secret.map(SecretString::from),
        })
    }
}

impl Row {
    fn open(self, key: &DataKey) -> Result<PortalRow> {
        let portal_id = PortalId(self.portal_id);
        let bad = |column, text: &str| Error::bad("portals", column, text);
        Ok(PortalRow {
            account: AccountId(self.account_id),
            portal_id,
            kind: CrmKind::parse(&self.kind).ok_or_else(|| bad("kind", &self.kind))?,
            mode: PortalMode::parse(&self.mode).ok_or_else(|| bad("mode", &self.mode))?,
            secrets: PortalSecrets::open(key, portal_id, &self.secrets)?,
            external_id: self.external_id,
            title: self.title,
            base: self.base,
            site: self.site,
            token_expires_at: self.token_expires_at,
            refreshing: match self.refresh_is_stale {
                None => Refreshing::No,
                Some(false) => Refreshing::Running,
                Some(true) => Refreshing::Stale,
            },
            state: PortalState::parse(&self.state).ok_or_else(|| bad("state", &self.state))?,
            trouble: self
                .trouble
                .map(|text| PortalTrouble::parse(&text).ok_or_else(|| bad("trouble", &text)))
                .transpose()?,
            failures: self.failures,
            paused_for: self.paused_for.and_then(|s| Duration::try_from_secs_f64(s).ok()),
            state_at: self.state_at,
            drive: self.drive,
            filters: self.filters,
            unsorted_on: self.unsorted_on,
            chats_id: self.chats_id,
            chat: self.chat.map(|c| c.0),
            user_id: self.user_id,
            directory_at: self.directory_at,
            directory_due_at: self.directory_due_at,
            hook_key: self.hook_key,
            revision: self.revision,
            created_at: self.created_at,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select account_id, portal_id, kind, mode, external_id, title, base, site, secrets,
                token_expires_at, refreshing_until < now() as refresh_is_stale, state, trouble,
                failures,
                case when paused_until > now()
                    then extract(epoch from paused_until - now())::float8 end as paused_for,
                state_at, drive, filters, unsorted_on, chats_id, chat, user_id, directory_at,
                directory_due_at, hook_key, revision, created_at
             from portals ",
            $rest
        )
    };
}

impl TenantTx {
    async fn open_portals(&mut self, rows: Vec<Row>) -> Result<Vec<PortalRow>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let (account, keys) = (self.account(), self.keys());
        let key = secrets::data_key(self.conn(), &keys, account).await?;
        rows.into_iter().map(|row| row.open(&key)).collect()
    }

    async fn open_portal(&mut self, row: Option<Row>) -> Result<Option<PortalRow>> {
        Ok(self.open_portals(row.into_iter().collect()).await?.pop())
    }

    /// Breaks [`PORTAL_TAKEN`] when the CRM's account is connected already.
    pub async fn insert_portal(&mut self, new: &NewPortal) -> Result<()> {
        let (account, keys) = (self.account(), self.keys());
        let key = secrets::data_key(self.conn(), &keys, account).await?;
        let sealed = new.secrets.seal(&key, new.portal_id)?;
        sqlx::query(
            "insert into portals (account_id, portal_id, kind, mode, external_id, base, site,
                secrets, token_expires_at, title, user_id, chats_id, drive, filters, unsorted_on,
                hook_key, created_at, updated_at, state_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                $17, $17)",
        )
        .bind(account.0)
        .bind(new.portal_id.0)
        .bind(new.kind.as_str())
        .bind(new.mode.as_str())
        .bind(&new.external_id)
        .bind(&new.base)
        .bind(&new.site)
        .bind(sealed)
        .bind(new.token_expires_at)
        .bind(&new.about.title)
        .bind(&new.about.user_id)
        .bind(&new.about.chats_id)
        .bind(&new.about.drive)
        .bind(new.about.filters)
        .bind(new.about.unsorted_on)
        .bind(&new.hook_key)
        .bind(new.created_at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// All portals, the oldest first. A company has a handful.
    pub async fn portals(&mut self) -> Result<Vec<PortalRow>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(select!(
            "where account_id = $1 and deleted_at is null order by created_at, portal_id"
        ))
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        self.open_portals(rows).await
    }

    pub async fn portal(&mut self, id: PortalId) -> Result<Option<PortalRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(select!(
            "where account_id = $1 and portal_id = $2 and deleted_at is null"
        ))
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        self.open_portal(row).await
    }

    pub async fn lock_portal(&mut self, id: PortalId) -> Result<Option<PortalRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(select!(
            "where account_id = $1 and portal_id = $2 and deleted_at is null for update"
        ))
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        self.open_portal(row).await
    }

    /// Locks the portal of this account of the CRM.
    pub async fn lock_portal_of(
        &mut self,
        kind: CrmKind,
        external_id: &str,
    ) -> Result<Option<PortalRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(select!(
            "where account_id = $1 and kind = $2 and external_id = $3 and deleted_at is null
             for update"
        ))
        .bind(account)
        .bind(kind.as_str())
        .bind(external_id)
        .fetch_optional(self.conn())
        .await?;
        self.open_portal(row).await
    }

    /// Takes the right to change the tokens, for as long as a call may take. To be committed before the
    /// call, under the lock of [`TenantTx::lock_portal`].
    pub async fn begin_refresh(&mut self, id: PortalId, lease: Duration) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set refreshing_until = now() + make_interval(secs => $3)
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(lease.as_secs_f64())
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Gives it back: the tokens are as they were.
    pub async fn end_refresh(&mut self, id: PortalId) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set refreshing_until = null where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Replaces all secrets, and with them ends a refresh.
    pub async fn write_portal_secrets(
        &mut self,
        id: PortalId,
        secrets: &PortalSecrets,
        token_expires_at: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let (account, keys) = (self.account(), self.keys());
        let key = secrets::data_key(self.conn(), &keys, account).await?;
        let sealed = secrets.seal(&key, id)?;
        sqlx::query(
            "update portals set secrets = $3, token_expires_at = $4, refreshing_until = null,
                updated_at = now()
             where account_id = $1 and portal_id = $2",
        )
        .bind(account.0)
        .bind(id.0)
        .bind(sealed)
        .bind(token_expires_at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Replaces all secrets, and leaves a refresh that is under way to its owner: who holds the row's
    /// lock gives the tokens as they are.
    pub async fn replace_portal_secrets(
        &mut self,
        id: PortalId,
        secrets: &PortalSecrets,
    ) -> Result<()> {
        let (account, keys) = (self.account(), self.keys());
        let key = secrets::data_key(self.conn(), &keys, account).await?;
        let sealed = secrets.seal(&key, id)?;
        sqlx::query(
            "update portals set secrets = $3, updated_at = now()
             where account_id = $1 and portal_id = $2",
        )
        .bind(account.0)
        .bind(id.0)
        .bind(sealed)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Writes a new pair beside the other secrets of a locked portal.
    pub async fn write_portal_tokens(
        &mut self,
        row: &PortalRow,
        tokens: &PortalTokens,
    ) -> Result<()> {
        let secrets = PortalSecrets {
            access: tokens.access.clone(),
            refresh: tokens.refresh.clone(),
            ..row.secrets.clone()
        };
        self.write_portal_secrets(row.portal_id, &secrets, tokens.expires_at).await
    }

    /// Consent was given anew: where it is reached, in which mode.
    pub async fn readdress_portal(
        &mut self,
        id: PortalId,
        mode: PortalMode,
        base: &str,
        site: &str,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set mode = $3, base = $4, site = $5, revision = revision + 1,
                updated_at = now()
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(mode.as_str())
        .bind(base)
        .bind(site)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn set_portal_about(&mut self, id: PortalId, about: &PortalAbout) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set title = $3, user_id = $4, chats_id = $5, drive = $6, filters = $7,
                unsorted_on = $8, updated_at = now()
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(&about.title)
        .bind(&about.user_id)
        .bind(&about.chats_id)
        .bind(&about.drive)
        .bind(about.filters)
        .bind(about.unsorted_on)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Says where a portal stands. Returns whether that is news.
    pub async fn set_portal_state(
        &mut self,
        id: PortalId,
        state: PortalState,
        trouble: Option<PortalTrouble>,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update portals set state = $3, trouble = $4, state_at = now(), updated_at = now(),
                failures = case when $3 = 'connected' then 0 else failures end,
                paused_until = case when $3 = 'connected' then null else paused_until end
             where account_id = $1 and portal_id = $2 and deleted_at is null
               and (state, trouble) is distinct from ($3, $4)",
        )
        .bind(account)
        .bind(id.0)
        .bind(state.as_str())
        .bind(trouble.map(PortalTrouble::as_str))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes a fault of the CRM. Returns how many there were in a row.
    pub async fn portal_failed(&mut self, id: PortalId) -> Result<i32> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "update portals set failures = failures + 1
             where account_id = $1 and portal_id = $2 returning failures",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?
        .unwrap_or(0))
    }

    /// Nothing is called for this time (circuit breaker), whatever was said before: the hold of whoever
    /// looked whether the CRM answers ends with what it found.
    pub async fn pause_portal(&mut self, id: PortalId, pause: Duration) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set paused_until = now() + make_interval(secs => $3)
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(pause.as_secs_f64())
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The CRM answers. Writes nothing where nothing was amiss.
    pub async fn portal_answered(&mut self, id: PortalId) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set failures = 0, paused_until = null
             where account_id = $1 and portal_id = $2
               and (failures > 0 or paused_until is not null)",
        )
        .bind(account)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn set_portal_chat(&mut self, id: PortalId, chat: Option<&PortalChat>) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set chat = $3, updated_at = now()
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(chat.map(Json))
        .execute(self.conn())
        .await?;
        Ok(())
    }

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

    /// Takes a portal away: its secrets, its integrations. Its links and its log stay.
    pub async fn delete_portal(&mut self, id: PortalId, at: DateTime<Utc>) -> Result<bool> {
        let account = self.account().0;
        sqlx::query("delete from integrations where account_id = $1 and portal_id = $2")
            .bind(account)
            .bind(id.0)
            .execute(self.conn())
            .await?;
        let done = sqlx::query(
            "update portals set deleted_at = $3, state = 'disconnected', trouble = null,
                state_at = now(), secrets = ''::bytea, token_expires_at = null,
                refreshing_until = null, directory = '{}', directory_due_at = null, chat = null
             where account_id = $1 and portal_id = $2 and deleted_at is null",
        )
        .bind(account)
        .bind(id.0)
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Jobs that wait in lanes whose names begin so.
    pub async fn jobs_waiting(&mut self, lane_prefix: &str) -> Result<i64> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select coalesce(sum(pending), 0)::bigint from lanes
             where account_id = $1 and starts_with(lane, $2)",
        )
        .bind(account)
        .bind(lane_prefix)
        .fetch_one(self.conn())
        .await?)
    }
}

impl Store {
    /// The portal that a webhook's address belongs to.
    pub async fn portal_by_hook_key(
        &self,
        key: &str,
    ) -> Result<Option<(AccountId, PortalId, CrmKind)>> {
        let row: Option<(Uuid, Uuid, String)> = sqlx::query_as(
            "select account_id, portal_id, kind from portals
             where hook_key = $1 and deleted_at is null",
        )
        .bind(key)
        .fetch_optional(&self.platform)
        .await?;
        row.map(|(account, portal, kind)| {
            let kind = CrmKind::parse(&kind).ok_or_else(|| Error::bad("portals", "kind", &kind))?;
            Ok((AccountId(account), PortalId(portal), kind))
        })
        .transpose()
    }

    /// The portals of an account of a CRM: of several companies, if they share it.
    pub async fn portals_by_external(
        &self,
        kind: CrmKind,
        external_id: &str,
    ) -> Result<Vec<(AccountId, PortalId)>> {
        let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "select account_id, portal_id from portals
             where kind = $1 and external_id = $2 and deleted_at is null
             order by account_id, portal_id",
        )
        .bind(kind.as_str())
        .bind(external_id)
        .fetch_all(&self.platform)
        .await?;
        Ok(rows.into_iter().map(|(a, p)| (AccountId(a), PortalId(p))).collect())
    }

    /// The portals whose chats channel has this scope.
    pub async fn portals_by_scope(&self, scope_id: &str) -> Result<Vec<(AccountId, PortalId)>> {
        let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "select account_id, portal_id from portals
             where chat ->> 'scope_id' = $1 and chat is not null and deleted_at is null
             order by account_id, portal_id",
        )
        .bind(scope_id)
        .fetch_all(&self.platform)
        .await?;
        Ok(rows.into_iter().map(|(a, p)| (AccountId(a), PortalId(p))).collect())
    }

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
                  and deleted_at is null
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
