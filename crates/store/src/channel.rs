//! Channels: settings, sealed secrets, state, quarantine, drivers' own values.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    channel::{ChannelKind, ChannelState, StateReport},
    channel_log::{ChannelEventKind, state_words},
    ids::{AccountId, ChannelId, EmployeeId, QuarantineId, ScenarioId},
    phone::Country,
    text::Words,
    view::ChannelView,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    Error, MasterKeys, PlatformTx, Result, SecretPlace, Store, TenantTx,
    secrets::{self, DataKey},
};

macro_rules! columns {
    () => {
        "account_id, channel_id, kind, name, settings, secrets, hook_key, external_id, title,
         receive, pinned_employee_id, scenario_id, auto_close_minutes, use_in_widget, state, reason,
         remedy, state_at, paused_until, revision, created_at, deleted_at,
         (select a.country from accounts a where a.account_id = channels.account_id) as country"
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    account_id: Uuid,
    channel_id: Uuid,
    kind: String,
    name: String,
    settings: Json<Map<String, Value>>,
    secrets: Vec<u8>,
    hook_key: String,
    external_id: Option<String>,
    title: String,
    receive: String,
    pinned_employee_id: Option<Uuid>,
    scenario_id: Option<Uuid>,
    auto_close_minutes: Option<i32>,
    use_in_widget: bool,
    state: String,
    reason: Option<Json<Words>>,
    remedy: Option<Json<Words>>,
    state_at: DateTime<Utc>,
    paused_until: Option<DateTime<Utc>>,
    revision: i64,
    created_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
    country: String,
}

/// A channel with its secrets opened.
#[derive(Debug, Clone)]
pub struct ChannelRow {
    pub account: AccountId,
    pub channel_id: ChannelId,
    pub kind: ChannelKind,
    pub name: String,
    pub settings: Map<String, Value>,
    /// The secret fields, by key.
    pub secrets: BTreeMap<String, SecretString>,
    /// Given to the service as its webhook secret.
    pub hook_secret: SecretString,
    pub hook_key: String,
    pub external_id: Option<String>,
    pub title: String,
    /// How messages come in: empty before connecting, `webhook`, `listener`, `site`.
    pub receive: String,
    pub pinned_employee_id: Option<EmployeeId>,
    pub scenario_id: Option<ScenarioId>,
    pub auto_close_minutes: Option<i32>,
    pub use_in_widget: bool,
    pub report: StateReport,
    pub state_at: DateTime<Utc>,
    /// Sends of the whole channel wait until then.
    pub paused_until: Option<DateTime<Utc>>,
    pub revision: i64,
    pub created_at: DateTime<Utc>,
    pub deleted: Option<DateTime<Utc>>,
    /// The company's: phones written without a country code belong to it.
    pub country: Country,
}

impl ChannelRow {
    /// The kind whose sign is shown instead of its own.
    fn looks_like(&self) -> Option<String> {
        let look = self.settings.get("looks_like").and_then(Value::as_str)?;
        Some(look.to_owned()).filter(|look| !look.is_empty())
    }

    pub fn view(&self) -> ChannelView {
        ChannelView {
            channel_id: self.channel_id,
            kind: self.kind.0.clone(),
            looks_like: self.looks_like(),
            name: self.name.clone(),
            title: self.title.clone(),
            state: self.report.state,
            reason: self.report.reason.clone(),
            remedy: self.report.remedy.clone(),
            state_at: self.state_at,
            pinned_employee_id: self.pinned_employee_id,
        }
    }
}

fn place(channel: Uuid) -> SecretPlace<'static> {
    SecretPlace { table: "channels", column: "secrets", row: channel }
}

/// The hook secret lies among the sealed fields under a name that no form field has.
const HOOK_SECRET: &str = "$hook";

fn seal(
    key: &DataKey,
    channel: ChannelId,
    fields: &BTreeMap<String, SecretString>,
    hook_secret: &SecretString,
) -> Result<Vec<u8>> {
    let mut plain: BTreeMap<&str, &str> =
        fields.iter().map(|(k, v)| (k.as_str(), v.expose_secret())).collect();
    plain.insert(HOOK_SECRET, hook_secret.expose_secret());
    let plain = serde_json::to_vec(&plain).map_err(|e| Error::bad("channels", "secrets", e))?;
    key.seal(place(channel.0), &plain)
}

impl Row {
    fn open(self, key: &DataKey) -> Result<ChannelRow> {
        let plain = key.open(place(self.channel_id), &self.secrets)?;
        let mut fields: BTreeMap<String, SecretString> =
            serde_json::from_slice::<BTreeMap<String, String>>(plain.expose_secret())
                .map_err(|_| Error::Secret("a channel's secrets are not an object"))?
                .into_iter()
                .map(|(k, v)| (k, v.into()))
                .collect();
        let hook_secret = fields.remove(HOOK_SECRET).unwrap_or_default();
        Ok(ChannelRow {
            account: AccountId(self.account_id),
            channel_id: ChannelId(self.channel_id),
            kind: ChannelKind(self.kind),
            name: self.name,
            settings: self.settings.0,
            secrets: fields,
            hook_secret,
            hook_key: self.hook_key,
            external_id: self.external_id,
            title: self.title,
            receive: self.receive,
            pinned_employee_id: self.pinned_employee_id.map(EmployeeId),
            scenario_id: self.scenario_id.map(ScenarioId),
            auto_close_minutes: self.auto_close_minutes,
            use_in_widget: self.use_in_widget,
            report: StateReport {
                state: ChannelState::parse(&self.state)
                    .ok_or_else(|| Error::bad("channels", "state", &self.state))?,
                reason: self.reason.map(|w| w.0),
                remedy: self.remedy.map(|w| w.0),
            },
            state_at: self.state_at,
            paused_until: self.paused_until,
            revision: self.revision,
            created_at: self.created_at,
            deleted: self.deleted_at,
            country: self.country.parse().unwrap_or(Country::RU),
        })
    }
}

/// Id, channel, reason, time and size of what waits in quarantine.
type Waiting = (Uuid, Uuid, Json<Words>, DateTime<Utc>, i32);

/// A channel to insert.
#[derive(Debug, Clone)]
pub struct NewChannel {
    pub channel_id: ChannelId,
    pub kind: ChannelKind,
    pub name: String,
    pub settings: Map<String, Value>,
    pub secrets: BTreeMap<String, SecretString>,
    pub hook_secret: SecretString,
    pub hook_key: String,
    pub pinned_employee_id: Option<EmployeeId>,
    pub scenario_id: Option<ScenarioId>,
    pub auto_close_minutes: Option<i32>,
    pub use_in_widget: bool,
}

async fn open_all(
    conn: &mut PgConnection,
    keys: &MasterKeys,
    rows: Vec<Row>,
) -> Result<Vec<ChannelRow>> {
    let mut opened: BTreeMap<Uuid, DataKey> = BTreeMap::new();
    let mut channels = Vec::with_capacity(rows.len());
    for row in rows {
        let key = match opened.entry(row.account_id) {
            std::collections::btree_map::Entry::Occupied(key) => key.into_mut(),
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(secrets::data_key(conn, keys, AccountId(row.account_id)).await?)
            }
        };
        channels.push(row.open(key)?);
    }
    Ok(channels)
}

impl TenantTx {
    pub async fn insert_channel(&mut self, new: &NewChannel) -> Result<()> {
        let account = self.account();
        let keys = self.keys();
        let key = secrets::data_key(self.conn(), &keys, account).await?;
        let sealed = seal(&key, new.channel_id, &new.secrets, &new.hook_secret)?;
        sqlx::query(
            "insert into channels (account_id, channel_id, kind, name, settings, secrets, hook_key,
                pinned_employee_id, scenario_id, auto_close_minutes, use_in_widget)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(account.0)
        .bind(new.channel_id.0)
        .bind(new.kind.as_str())
        .bind(&new.name)
        .bind(Json(&new.settings))
        .bind(sealed)
        .bind(&new.hook_key)
        .bind(new.pinned_employee_id.map(|e| e.0))
        .bind(new.scenario_id.map(|s| s.0))
        .bind(new.auto_close_minutes)
        .bind(new.use_in_widget)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn channel(&mut self, id: ChannelId) -> Result<Option<ChannelRow>> {
        let account = self.account();
        let row: Option<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from channels where account_id = $1 and channel_id = $2 and deleted_at is null"
        ))
        .bind(account.0)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        let keys = self.keys();
        Ok(open_all(self.conn(), &keys, row.into_iter().collect()).await?.into_iter().next())
    }

    /// What a channel is and is called, also after it was deleted: its conversations are still there.
    pub async fn channel_name(&mut self, id: ChannelId) -> Result<Option<(ChannelKind, String)>> {
        let account = self.account().0;
        let found: Option<(String, String)> = sqlx::query_as(
            "select kind, name from channels where account_id = $1 and channel_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(found.map(|(kind, name)| (ChannelKind(kind), name)))
    }

    pub async fn channels(&mut self) -> Result<Vec<ChannelRow>> {
        let account = self.account();
        let rows: Vec<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from channels where account_id = $1 and deleted_at is null
              order by created_at, channel_id limit 1000"
        ))
        .bind(account.0)
        .fetch_all(self.conn())
        .await?;
        let keys = self.keys();
        open_all(self.conn(), &keys, rows).await
    }

    /// Writes everything that people set. Raises the revision, so that whoever holds the channel
    /// starts anew.
    pub async fn save_channel(&mut self, c: &ChannelRow) -> Result<()> {
        let account = self.account();
        let keys = self.keys();
        let key = secrets::data_key(self.conn(), &keys, account).await?;
        let sealed = seal(&key, c.channel_id, &c.secrets, &c.hook_secret)?;
        let hit = sqlx::query(
            "update channels set name = $3, settings = $4, secrets = $5, pinned_employee_id = $6,
                scenario_id = $7, auto_close_minutes = $8, use_in_widget = $9,
                revision = revision + 1, updated_at = now()
             where account_id = $1 and channel_id = $2 and deleted_at is null",
        )
        .bind(account.0)
        .bind(c.channel_id.0)
        .bind(&c.name)
        .bind(Json(&c.settings))
        .bind(sealed)
        .bind(c.pinned_employee_id.map(|e| e.0))
        .bind(c.scenario_id.map(|s| s.0))
        .bind(c.auto_close_minutes)
        .bind(c.use_in_widget)
        .execute(self.conn())
        .await?
        .rows_affected();
        if hit == 1 { Ok(()) } else { Err(Error::RowsAffected { what: "save_channel", hit }) }
    }

    /// What connecting learned.
    pub async fn channel_connected(
        &mut self,
        id: ChannelId,
        external_id: &str,
        title: &str,
        receive: &str,
    ) -> Result<()> {
        let account = self.account();
        sqlx::query(
            "update channels set external_id = $3, title = $4, receive = $5, paused_until = null,
                revision = revision + 1, updated_at = now()
             where account_id = $1 and channel_id = $2",
        )
        .bind(account.0)
        .bind(id.0)
        .bind(external_id)
        .bind(title)
        .bind(receive)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Sets the state and writes it into the channel's log; false when it was the same already.
    pub async fn set_channel_state(&mut self, id: ChannelId, report: &StateReport) -> Result<bool> {
        let account = self.account();
        let hit = sqlx::query(
            "update channels set state = $3, reason = $4, remedy = $5, state_at = now()
             where account_id = $1 and channel_id = $2 and deleted_at is null
               and (state, reason, remedy) is distinct from ($3, $4, $5)",
        )
        .bind(account.0)
        .bind(id.0)
        .bind(report.state.as_str())
        .bind(report.reason.as_ref().map(Json))
        .bind(report.remedy.as_ref().map(Json))
        .execute(self.conn())
        .await?
        .rows_affected();
        if hit == 1 {
            self.log_channel(id, ChannelEventKind::State, &state_words(report)).await?;
        }
        Ok(hit == 1)
    }

    /// Sends of the whole channel wait until then.
    pub async fn pause_channel(&mut self, id: ChannelId, until: DateTime<Utc>) -> Result<()> {
        let account = self.account();
        sqlx::query(
            "update channels set paused_until = greatest(coalesce(paused_until, $3), $3)
             where account_id = $1 and channel_id = $2",
        )
        .bind(account.0)
        .bind(id.0)
        .bind(until)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Takes a channel away; its conversations stay. The webhook address stops working at once.
    pub async fn delete_channel(&mut self, id: ChannelId) -> Result<()> {
        let account = self.account();
        sqlx::query(
            "update channels set deleted_at = now(), state = 'disabled', secrets = '\\x',
                revision = revision + 1
             where account_id = $1 and channel_id = $2 and deleted_at is null",
        )
        .bind(account.0)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// What a channel's driver kept, tokens too.
    pub async fn forget_channel_values(&mut self, id: ChannelId) -> Result<()> {
        let account = self.account();
        sqlx::query("delete from channel_state where account_id = $1 and channel_id = $2")
            .bind(account.0)
            .bind(id.0)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// What waits in quarantine, the latest first.
    pub async fn quarantined(
        &mut self,
        limit: i64,
    ) -> Result<Vec<(QuarantineId, ChannelId, Words, DateTime<Utc>, i64)>> {
        let account = self.account();
        let rows: Vec<Waiting> = sqlx::query_as(
            "select quarantine_id, channel_id, reason, created_at, length(body)
             from quarantine where account_id = $1 and resolved_at is null
             order by created_at desc limit $2",
        )
        .bind(account.0)
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(q, c, why, at, size)| (QuarantineId(q), ChannelId(c), why.0, at, size.into()))
            .collect())
    }

    pub async fn quarantine_body(&mut self, id: QuarantineId) -> Result<Option<Vec<u8>>> {
        let account = self.account();
        Ok(sqlx::query_scalar(
            "select body from quarantine where account_id = $1 and quarantine_id = $2",
        )
        .bind(account.0)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?)
    }

    /// A person has looked at it; false when there is no such open entry.
    pub async fn resolve_quarantine(&mut self, id: QuarantineId) -> Result<bool> {
        let account = self.account();
        Ok(sqlx::query(
            "update quarantine set resolved_at = now()
             where account_id = $1 and quarantine_id = $2 and resolved_at is null",
        )
        .bind(account.0)
        .bind(id.0)
        .execute(self.conn())
        .await?
        .rows_affected()
            == 1)
    }
}

impl PlatformTx {
    /// A driver's own value.
    pub async fn channel_value(
        &mut self,
        account: AccountId,
        channel: ChannelId,
        key: &str,
    ) -> Result<Option<Value>> {
        let sealed: Option<Vec<u8>> = sqlx::query_scalar(
            "select value from channel_state
             where account_id = $1 and channel_id = $2 and key = $3",
        )
        .bind(account.0)
        .bind(channel.0)
        .bind(key)
        .fetch_optional(self.conn())
        .await?;
        let Some(sealed) = sealed else { return Ok(None) };
        let keys = self.keys();
        let data_key = secrets::data_key(self.conn(), &keys, account).await?;
        let place = SecretPlace { table: "channel_state", column: key, row: channel.0 };
        let plain = data_key.open(place, &sealed)?;
        serde_json::from_slice(plain.expose_secret())
            .map(Some)
            .map_err(|e| Error::bad("channel_state", "value", e))
    }

    pub async fn set_channel_value(
        &mut self,
        account: AccountId,
        channel: ChannelId,
        key: &str,
        value: &Value,
    ) -> Result<()> {
        let keys = self.keys();
        let data_key = secrets::data_key(self.conn(), &keys, account).await?;
        let place = SecretPlace { table: "channel_state", column: key, row: channel.0 };
        let sealed = data_key.seal(place, value.to_string().as_bytes())?;
        sqlx::query(
            "insert into channel_state (account_id, channel_id, key, value)
             values ($1, $2, $3, $4)
             on conflict (account_id, channel_id, key)
                do update set value = excluded.value, updated_at = now()",
        )
        .bind(account.0)
        .bind(channel.0)
        .bind(key)
        .bind(sealed)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Keeps a body that cannot be understood; false when it is kept already.
    pub async fn quarantine(
        &mut self,
        id: QuarantineId,
        account: AccountId,
        channel: ChannelId,
        external_id: &str,
        reason: &Words,
        body: &[u8],
    ) -> Result<bool> {
        Ok(sqlx::query(
            "insert into quarantine
                (account_id, quarantine_id, channel_id, external_id, reason, body)
             values ($1, $2, $3, $4, $5, $6) on conflict (channel_id, external_id) do nothing",
        )
        .bind(account.0)
        .bind(id.0)
        .bind(channel.0)
        .bind(external_id)
        .bind(Json(reason))
        .bind(body)
        .execute(self.conn())
        .await?
        .rows_affected()
            == 1)
    }
}

impl Store {
    /// The channel behind a webhook or widget address.
    pub async fn channel_by_hook_key(&self, key: &str) -> Result<Option<ChannelRow>> {
        let mut conn = self.platform.acquire().await?;
        let row: Option<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from channels where hook_key = $1 and deleted_at is null"
        ))
        .bind(key)
        .fetch_optional(&mut *conn)
        .await?;
        Ok(open_all(&mut conn, self.keys(), row.into_iter().collect()).await?.into_iter().next())
    }

    pub async fn channel_by_id(&self, id: ChannelId) -> Result<Option<ChannelRow>> {
        let mut conn = self.platform.acquire().await?;
        let row: Option<Row> = sqlx::query_as(concat!(
            "select ",
            columns!(),
            " from channels where channel_id = $1 and deleted_at is null"
        ))
        .bind(id.0)
        .fetch_optional(&mut *conn)
        .await?;
        Ok(open_all(&mut conn, self.keys(), row.into_iter().collect()).await?.into_iter().next())
    }

    /// How many channels of each kind are in each state, for `doctor` and metrics.
    pub async fn channel_states(&self) -> Result<Vec<(String, String, i64)>> {
        Ok(sqlx::query_as(
            "select kind, state, count(*) from channels where deleted_at is null
             group by kind, state order by kind, state",
        )
        .fetch_all(&self.platform)
        .await?)
    }

    /// Every channel that is not deleted and not switched off, a page at a time by id.
    pub async fn channel_ids_after(
        &self,
        after: Option<ChannelId>,
        most: i64,
    ) -> Result<Vec<(AccountId, ChannelId)>> {
        let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "select account_id, channel_id from channels
             where deleted_at is null and state <> 'disabled' and channel_id > $1
             order by channel_id limit $2",
        )
        .bind(after.map_or(Uuid::nil(), |c| c.0))
        .bind(most)
        .fetch_all(&self.platform)
        .await?;
        Ok(rows.into_iter().map(|(a, c)| (AccountId(a), ChannelId(c))).collect())
    }
}
