//! Outgoing webhooks: receivers and their secrets, the turning of the feed into deliveries, the log.

use chrono::{DateTime, Utc};
use domain::{
    ids::{AccountId, DeliveryId, EndpointId},
    webhook::{DeliveryState, DeliveryView, Disabled, EndpointView},
};
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result, SecretPlace, Store, TenantTx, secrets};

#[derive(Debug)]
pub struct NewEndpoint {
    pub endpoint_id: EndpointId,
    pub url: String,
    pub secret: SecretSlice<u8>,
    /// Event kinds; empty = all.
    pub kinds: Vec<String>,
    pub created_at: DateTime<Utc>,
}

/// What to change; what is absent stays.
#[derive(Debug, Default)]
pub struct EndpointPatch {
    pub url: Option<String>,
    pub kinds: Option<Vec<String>>,
}

/// An enabled endpoint that has not been given the newest events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lagging {
    pub endpoint_id: EndpointId,
    pub kinds: Vec<String>,
    pub cursor: i64,
}

/// An event as receivers get it.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct FeedEvent {
    pub seq: i64,
    pub kind: String,
    pub payload: Value,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub struct NewDelivery {
    pub delivery_id: DeliveryId,
    pub endpoint_id: EndpointId,
    /// 0: a ping, which is no event.
    pub seq: i64,
    pub kind: String,
    pub body: Value,
    pub replay_of: Option<DeliveryId>,
    pub created_at: DateTime<Utc>,
}

/// What a try needs to know.
#[derive(Debug)]
pub struct DeliveryWork {
    pub endpoint_id: EndpointId,
    pub url: String,
    pub enabled: bool,
    pub state: DeliveryState,
    pub body: Value,
    /// The newest first; the one before it while it is valid.
    pub secrets: Vec<SecretSlice<u8>>,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub state: DeliveryState,
    pub attempts: i32,
    pub http_status: Option<i32>,
    pub answer: Option<String>,
    pub error: Option<String>,
    pub next_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct EndpointRow {
    endpoint_id: Uuid,
    url: String,
    kinds: Vec<String>,
    enabled: bool,
    failing_since: Option<DateTime<Utc>>,
    disabled_reason: Option<String>,
    created_at: DateTime<Utc>,
}

impl TryFrom<EndpointRow> for EndpointView {
    type Error = Error;

    fn try_from(row: EndpointRow) -> Result<Self> {
        let disabled = row
            .disabled_reason
            .map(|text| {
                Disabled::parse(&text)
                    .ok_or_else(|| Error::bad("endpoints", "disabled_reason", text))
            })
            .transpose()?;
        Ok(Self {
            endpoint_id: EndpointId(row.endpoint_id),
            url: row.url,
            kinds: row.kinds,
            enabled: row.enabled,
            failing_since: row.failing_since,
            disabled,
            disabled_reason: disabled.map(Disabled::words),
            created_at: row.created_at,
        })
    }
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    delivery_id: Uuid,
    endpoint_id: Uuid,
    seq: i64,
    kind: String,
    state: String,
    attempts: i32,
    http_status: Option<i32>,
    answer: Option<String>,
    error: Option<String>,
    next_at: Option<DateTime<Utc>>,
    replay_of: Option<Uuid>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    body: Option<Value>,
}

impl TryFrom<DeliveryRow> for DeliveryView {
    type Error = Error;

    fn try_from(row: DeliveryRow) -> Result<Self> {
        Ok(Self {
            delivery_id: DeliveryId(row.delivery_id),
            endpoint_id: EndpointId(row.endpoint_id),
            seq: row.seq,
            kind: row.kind,
            state: state(&row.state)?,
            attempts: row.attempts,
            http_status: row.http_status,
            answer: row.answer,
            error: row.error,
            next_at: row.next_at,
            replay_of: row.replay_of.map(DeliveryId),
            created_at: row.created_at,
            finished_at: row.finished_at,
            body: row.body,
        })
    }
}

fn state(text: &str) -> Result<DeliveryState> {
    DeliveryState::parse(text).ok_or_else(|| Error::bad("deliveries", "state", text))
}

fn place(endpoint: EndpointId) -> SecretPlace<'static> {
    SecretPlace { table: "endpoints", column: "secret", row: endpoint.0 }
}

impl TenantTx {
    /// A new endpoint gets what happens from now on.
    pub async fn insert_endpoint(&mut self, new: &NewEndpoint) -> Result<()> {
        let account = self.account();
        let keys = self.keys();
        let key = secrets::data_key(self.conn(), &keys, account).await?;
        let sealed = key.seal(place(new.endpoint_id), new.secret.expose_secret())?;
        sqlx::query(
            "insert into endpoints
                (account_id, endpoint_id, url, secret, kinds, cursor_seq, created_at, updated_at)
             select $1, $2, $3, $4, $5, c.event_seq, $6, $6
             from account_counters c where c.account_id = $1",
        )
        .bind(account.0)
        .bind(new.endpoint_id.0)
        .bind(&new.url)
        .bind(sealed)
        .bind(&new.kinds)
        .bind(new.created_at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// All endpoints, the oldest first. A company has a handful.
    pub async fn endpoints(&mut self) -> Result<Vec<EndpointView>> {
        let account = self.account().0;
        let rows: Vec<EndpointRow> = sqlx::query_as(
            "select endpoint_id, url, kinds, enabled, failing_since, disabled_reason, created_at
             from endpoints where account_id = $1 order by created_at, endpoint_id limit 100",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(EndpointView::try_from).collect()
    }

    pub async fn endpoint(&mut self, id: EndpointId) -> Result<Option<EndpointView>> {
        let account = self.account().0;
        let row: Option<EndpointRow> = sqlx::query_as(
            "select endpoint_id, url, kinds, enabled, failing_since, disabled_reason, created_at
             from endpoints where account_id = $1 and endpoint_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        row.map(EndpointView::try_from).transpose()
    }

    /// `false`: no such endpoint.
    pub async fn update_endpoint(&mut self, id: EndpointId, patch: &EndpointPatch) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update endpoints set url = coalesce($3, url), kinds = coalesce($4, kinds),
                updated_at = now()
             where account_id = $1 and endpoint_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(&patch.url)
        .bind(&patch.kinds)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Switches an endpoint on: it gets what happens from now on. Without effect on one that is on.
    pub async fn enable_endpoint(&mut self, id: EndpointId) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update endpoints e set enabled = true, disabled_reason = null, failing_since = null,
                cursor_seq = c.event_seq, updated_at = now()
             from account_counters c
             where e.account_id = $1 and e.endpoint_id = $2 and not e.enabled
               and c.account_id = $1",
        )
        .bind(account)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Switches an endpoint off. Without effect on one that is off.
    pub async fn disable_endpoint(&mut self, id: EndpointId, why: Disabled) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update endpoints set enabled = false, disabled_reason = $3, updated_at = now()
             where account_id = $1 and endpoint_id = $2 and enabled",
        )
        .bind(account)
        .bind(id.0)
        .bind(why.as_str())
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Deletes an endpoint with its log.
    pub async fn delete_endpoint(&mut self, id: EndpointId) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query("delete from endpoints where account_id = $1 and endpoint_id = $2")
            .bind(account)
            .bind(id.0)
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives an endpoint a new secret; the old one signs as well until `old_until`.
    pub async fn replace_endpoint_secret(
        &mut self,
        id: EndpointId,
        secret: &SecretSlice<u8>,
        old_until: DateTime<Utc>,
    ) -> Result<bool> {
        let account = self.account();
        let keys = self.keys();
        let key = secrets::data_key(self.conn(), &keys, account).await?;
        let sealed = key.seal(place(id), secret.expose_secret())?;
        let done = sqlx::query(
            "update endpoints set old_secret = secret, old_until = $4, secret = $3,
                updated_at = now()
             where account_id = $1 and endpoint_id = $2",
        )
        .bind(account.0)
        .bind(id.0)
        .bind(sealed)
        .bind(old_until)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Locks the enabled endpoints that are behind the feed, in the order of their ids.
    pub async fn lock_lagging_endpoints(&mut self) -> Result<Vec<Lagging>> {
        let account = self.account().0;
        let rows: Vec<(Uuid, Vec<String>, i64)> = sqlx::query_as(
            "select endpoint_id, kinds, cursor_seq from endpoints
             where account_id = $1 and enabled
               and cursor_seq < (select event_seq from account_counters where account_id = $1)
             order by endpoint_id for update",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(id, kinds, cursor)| Lagging { endpoint_id: EndpointId(id), kinds, cursor })
            .collect())
    }

    /// Up to `most` events after `after` that are still kept, in order.
    pub async fn feed_after(&mut self, after: i64, most: i64) -> Result<Vec<FeedEvent>> {
        let account = self.account().0;
        Ok(sqlx::query_as(
            "select seq, kind, payload, created_at from events
             where account_id = $1 and seq > $2 order by seq limit $3",
        )
        .bind(account)
        .bind(after)
        .bind(most)
        .fetch_all(self.conn())
        .await?)
    }

    pub async fn advance_endpoint(&mut self, id: EndpointId, cursor: i64) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update endpoints set cursor_seq = $3
             where account_id = $1 and endpoint_id = $2 and cursor_seq < $3",
        )
        .bind(account)
        .bind(id.0)
        .bind(cursor)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn insert_deliveries(&mut self, new: &[NewDelivery]) -> Result<()> {
        let account = self.account().0;
        let ids: Vec<Uuid> = new.iter().map(|d| d.delivery_id.0).collect();
        let endpoints: Vec<Uuid> = new.iter().map(|d| d.endpoint_id.0).collect();
        let seqs: Vec<i64> = new.iter().map(|d| d.seq).collect();
        let kinds: Vec<&str> = new.iter().map(|d| d.kind.as_str()).collect();
        let bodies: Vec<Json<&Value>> = new.iter().map(|d| Json(&d.body)).collect();
        let replays: Vec<Option<Uuid>> = new.iter().map(|d| d.replay_of.map(|r| r.0)).collect();
        let created: Vec<DateTime<Utc>> = new.iter().map(|d| d.created_at).collect();
        sqlx::query(
            "insert into deliveries (account_id, delivery_id, endpoint_id, seq, kind, body,
                replay_of, created_at)
             select $1, * from unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::text[],
                $6::jsonb[], $7::uuid[], $8::timestamptz[])",
        )
        .bind(account)
        .bind(&ids)
        .bind(&endpoints)
        .bind(&seqs)
        .bind(&kinds)
        .bind(&bodies)
        .bind(&replays)
        .bind(&created)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// What a try of this delivery needs. `None`: deleted together with its endpoint.
    pub async fn delivery_work(
        &mut self,
        id: DeliveryId,
        now: DateTime<Utc>,
    ) -> Result<Option<DeliveryWork>> {
        type Row = (Uuid, String, bool, String, Value, Vec<u8>, Option<Vec<u8>>);
        let account = self.account();
        let row: Option<Row> = sqlx::query_as(
            "select e.endpoint_id, e.url, e.enabled, d.state, d.body, e.secret,
                case when e.old_until > $3 then e.old_secret end
             from deliveries d
             join endpoints e on e.account_id = d.account_id and e.endpoint_id = d.endpoint_id
             where d.account_id = $1 and d.delivery_id = $2",
        )
        .bind(account.0)
        .bind(id.0)
        .bind(now)
        .fetch_optional(self.conn())
        .await?;
        let Some((endpoint, url, enabled, text, body, secret, old)) = row else { return Ok(None) };
        let endpoint_id = EndpointId(endpoint);
        let keys = self.keys();
        let key = secrets::data_key(self.conn(), &keys, account).await?;
        let secrets = [Some(secret), old]
            .into_iter()
            .flatten()
            .map(|sealed| key.open(place(endpoint_id), &sealed))
            .collect::<Result<_>>()?;
        Ok(Some(DeliveryWork { endpoint_id, url, enabled, state: state(&text)?, body, secrets }))
    }

    /// Writes what became of a try; only while the delivery waits.
    pub async fn record_delivery(&mut self, id: DeliveryId, tried: &Tried) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update deliveries set state = $3, attempts = $4, http_status = $5, answer = $6,
                error = $7, next_at = $8, finished_at = $9
             where account_id = $1 and delivery_id = $2 and state = 'waiting'",
        )
        .bind(account)
        .bind(id.0)
        .bind(tried.state.as_str())
        .bind(tried.attempts)
        .bind(tried.http_status)
        .bind(&tried.answer)
        .bind(&tried.error)
        .bind(tried.next_at)
        .bind(tried.finished_at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn endpoint_succeeded(&mut self, id: EndpointId) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update endpoints set failing_since = null
             where account_id = $1 and endpoint_id = $2 and failing_since is not null",
        )
        .bind(account)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Notes a failure. Returns since when there were nothing but failures.
    pub async fn endpoint_failed(
        &mut self,
        id: EndpointId,
        at: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "update endpoints set failing_since = coalesce(failing_since, $3)
             where account_id = $1 and endpoint_id = $2 returning failing_since",
        )
        .bind(account)
        .bind(id.0)
        .bind(at)
        .fetch_optional(self.conn())
        .await?)
    }

    /// The endpoint's log, newest first, without bodies.
    pub async fn deliveries(
        &mut self,
        endpoint: EndpointId,
        state: Option<DeliveryState>,
        before: Option<(DateTime<Utc>, DeliveryId)>,
        most: i64,
    ) -> Result<Vec<DeliveryView>> {
        let account = self.account().0;
        let rows: Vec<DeliveryRow> = sqlx::query_as(
            "select delivery_id, endpoint_id, seq, kind, state, attempts, http_status, answer,
                error, next_at, replay_of, created_at, finished_at, null::jsonb as body
             from deliveries
             where account_id = $1 and endpoint_id = $2
               and ($3::text is null or state = $3)
               and ($4::timestamptz is null or (created_at, delivery_id) < ($4, $5))
             order by created_at desc, delivery_id desc limit $6",
        )
        .bind(account)
        .bind(endpoint.0)
        .bind(state.map(DeliveryState::as_str))
        .bind(before.map(|b| b.0))
        .bind(before.map(|b| b.1.0))
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(DeliveryView::try_from).collect()
    }

    /// One delivery with what is sent.
    pub async fn delivery(&mut self, id: DeliveryId) -> Result<Option<DeliveryView>> {
        let account = self.account().0;
        let row: Option<DeliveryRow> = sqlx::query_as(
            "select delivery_id, endpoint_id, seq, kind, state, attempts, http_status, answer,
                error, next_at, replay_of, created_at, finished_at, body
             from deliveries where account_id = $1 and delivery_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        row.map(DeliveryView::try_from).transpose()
    }
}

impl Store {
    /// Accounts whose outgoing webhooks are behind their feed.
    pub async fn accounts_behind(&self, most: i64) -> Result<Vec<AccountId>> {
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "select distinct e.account_id from endpoints e
             join account_counters c on c.account_id = e.account_id
             where e.enabled and e.cursor_seq < c.event_seq limit $1",
        )
        .bind(most)
        .fetch_all(&self.platform)
        .await?;
        Ok(ids.into_iter().map(AccountId).collect())
    }

    /// Deletes finished deliveries older than `keep`, in bounded steps. Returns how many went.
    pub async fn prune_deliveries(&self, keep: std::time::Duration) -> Result<u64> {
        let done = sqlx::query(
            "delete from deliveries where (account_id, delivery_id) in (
                select account_id, delivery_id from deliveries
                where created_at < now() - make_interval(secs => $1) and state <> 'waiting'
                order by created_at limit 10000)",
        )
        .bind(keep.as_secs_f64())
        .execute(&self.platform)
        .await?;
        Ok(done.rows_affected())
    }
}
