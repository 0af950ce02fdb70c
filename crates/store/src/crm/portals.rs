//! Connected CRM accounts as they are read. What changes them stands in `portal_changes.rs`; secrets,
//! tokens, lists and the breaker have files of their own.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{
    crm::{CrmKind, PortalMode, PortalState, PortalTrouble},
    ids::{AccountId, PortalId},
    text::Words,
};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use super::{portal_secrets::PortalSecrets, portal_tokens::Refreshing};
use crate::{
    Error, Result, TenantTx,
    secrets::{self, DataKey},
};

/// The chats channel of a portal (AMO-13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalChat {
    pub channel_id: String,
    pub bot_id: String,
    /// `None`: not connected yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_id: Option<String>,
}

/// As it is stored: chats that were taken away are kept too.
#[derive(Deserialize)]
struct StoredChat {
    #[serde(flatten)]
    chat: PortalChat,
    #[serde(default)]
    taken_away: bool,
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
    /// Of a long-lived token, where it tells.
    pub token_ends_at: Option<DateTime<Utc>>,
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
    /// Of chats that were taken away: with the same one they go on where they were.
    pub former_channel: Option<String>,
    pub user_id: Option<String>,
    pub directory_at: Option<DateTime<Utc>>,
    pub directory_due_at: Option<DateTime<Utc>>,
    pub hook_key: String,
    /// Why the CRM does not call it.
    pub hook_trouble: Option<Words>,
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
    token_ends_at: Option<DateTime<Utc>>,
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
    chat: Option<Json<StoredChat>>,
    user_id: Option<String>,
    directory_at: Option<DateTime<Utc>>,
    directory_due_at: Option<DateTime<Utc>>,
    hook_key: String,
    hook_trouble: Option<Json<Words>>,
    revision: i64,
    created_at: DateTime<Utc>,
}

impl Row {
    fn open(self, key: &DataKey) -> Result<PortalRow> {
        let portal_id = PortalId(self.portal_id);
        let bad = |column, text: &str| Error::bad("portals", column, text);
        let (chat, former_channel) = match self.chat.map(|stored| stored.0) {
            Some(StoredChat { chat, taken_away: true }) => (None, Some(chat.channel_id)),
            Some(StoredChat { chat, taken_away: false }) => (Some(chat), None),
            None => (None, None),
        };
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
            token_ends_at: self.token_ends_at,
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
            chat,
            former_channel,
            user_id: self.user_id,
            directory_at: self.directory_at,
            directory_due_at: self.directory_due_at,
            hook_key: self.hook_key,
            hook_trouble: self.hook_trouble.map(|words| words.0),
            revision: self.revision,
            created_at: self.created_at,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select account_id, portal_id, kind, mode, external_id, title, base, site, secrets,
                token_expires_at, token_ends_at, refreshing_until < now() as refresh_is_stale, state,
                trouble, failures,
                case when paused_until > now()
                    then extract(epoch from paused_until - now())::float8 end as paused_for,
                state_at, drive, filters, unsorted_on, chats_id, chat, user_id, directory_at,
                directory_due_at, hook_key, hook_trouble, revision, created_at
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
