//! The account's feed: contiguous numbers given under the counter row's lock as the last statement
//! before COMMIT, so a reader that sees number n has everything below n
//! (identity columns are numbered at insert and lose rows of slow transactions for such a reader).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    event::{Event, NewEvent},
    ids::{AccountId, ConversationId},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{Error, Result, Store, TenantTx};

/// The feed of `account` reaches at least `seq` now. Only a hint: readers read the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    pub account: AccountId,
    pub seq: i64,
}

/// A stretch of the feed.
#[derive(Debug)]
pub enum FeedPage {
    Events(Vec<Event>),
    /// The cursor is older than what is kept: read the state anew and go on from `seq`.
    TooOld {
        seq: i64,
    },
}

/// Numbers and inserts a batch in one statement and tells other processes. Accounts' counters are
/// locked in the order of their ids. Returns each account's last number.
pub(crate) async fn append(
    conn: &mut PgConnection,
    batch: &[(AccountId, NewEvent)],
) -> Result<Vec<(AccountId, i64)>> {
    let mut counts: BTreeMap<Uuid, i64> = BTreeMap::new();
    let (mut accounts, mut nth, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    let (mut conversations, mut audiences, mut was) = (Vec::new(), Vec::new(), Vec::new());
    let mut payloads = Vec::new();
    for (account, event) in batch {
        let n = counts.entry(account.0).or_default();
        *n += 1;
        accounts.push(account.0);
        nth.push(*n);
        kinds.push(event.kind.as_str());
        conversations.push(event.conversation.map(|c| c.0));
        audiences.push(event.audience.map(Json));
        was.push(event.was.map(Json));
        payloads.push(Json(&event.payload));
    }
    let (keys, sums): (Vec<Uuid>, Vec<i64>) = counts.into_iter().unzip();
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "with locked as materialized (
            select c.account_id, n.n
            from unnest($1::uuid[], $2::bigint[]) n(account_id, n)
            join account_counters c using (account_id)
            order by c.account_id for update of c
         ), counted as (
            update account_counters c set event_seq = c.event_seq + l.n
            from locked l where c.account_id = l.account_id
            returning c.account_id, c.event_seq - l.n as base, c.event_seq
         ), added as (
            insert into events
                (account_id, seq, kind, conversation_id, audience, was, payload)
            select e.account_id, c.base + e.nth, e.kind, e.conversation_id, e.audience, e.was,
                e.payload
            from unnest($3::uuid[], $4::bigint[], $5::text[], $6::uuid[], $7::jsonb[],
                $8::jsonb[], $9::jsonb[])
                e(account_id, nth, kind, conversation_id, audience, was, payload)
            join counted c using (account_id)
         )
         select account_id, event_seq from counted",
    )
    .bind(&keys)
    .bind(&sums)
    .bind(&accounts)
    .bind(&nth)
    .bind(&kinds)
    .bind(&conversations)
    .bind(&audiences)
    .bind(&was)
    .bind(&payloads)
    .fetch_all(&mut *conn)
    .await?;
    Ok(rows.into_iter().map(|(account, seq)| (AccountId(account), seq)).collect())
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    kind: String,
    conversation_id: Option<Uuid>,
    audience: Option<Json<domain::visibility::Audience>>,
    was: Option<Json<domain::visibility::Audience>>,
    payload: Value,
    created_at: DateTime<Utc>,
}

impl From<Row> for Event {
    fn from(row: Row) -> Self {
        Self {
            seq: row.seq,
            kind: row.kind,
            conversation: row.conversation_id.map(ConversationId),
            audience: row.audience.map(|a| a.0),
            was: row.was.map(|a| a.0),
            payload: row.payload,
            created_at: row.created_at,
        }
    }
}

impl TenantTx {
    /// The account's last event number.
    pub async fn last_seq(&mut self) -> Result<i64> {
        let account = self.account().0;
        Ok(sqlx::query_scalar("select event_seq from account_counters where account_id = $1")
            .bind(account)
            .fetch_optional(self.conn())
            .await?
            .unwrap_or(0))
    }

    /// Up to `most` events after `after`, in order.
    pub async fn events_after(&mut self, after: i64, most: i64) -> Result<FeedPage> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(
            "select seq, kind, conversation_id, audience, was, payload, created_at
             from events where account_id = $1 and seq > $2 order by seq limit $3",
        )
        .bind(account)
        .bind(after)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        match rows.first() {
            Some(first) if first.seq != after + 1 => {
                Ok(FeedPage::TooOld { seq: self.last_seq().await? })
            }
            Some(_) => Ok(FeedPage::Events(rows.into_iter().map(Event::from).collect())),
            None => {
                let last = self.last_seq().await?;
                // A cursor from another life of the database, or one whose events are pruned.
                if last == after {
                    Ok(FeedPage::Events(Vec::new()))
                } else {
                    Ok(FeedPage::TooOld { seq: last })
                }
            }
        }
    }
}

impl Store {
    /// Deletes events older than `keep`, in bounded steps. Returns how many went.
    pub async fn prune_events(&self, keep: std::time::Duration) -> Result<u64> {
        let done = sqlx::query(
            "delete from events where (account_id, seq) in (
                select account_id, seq from events
                where created_at < now() - make_interval(secs => $1) limit 10000)",
        )
        .bind(keep.as_secs_f64())
        .execute(&self.platform)
        .await?;
        Ok(done.rows_affected())
    }

    /// Hints of commits made by this process and (through `listen`) by others.
    pub fn hints(&self) -> tokio::sync::broadcast::Receiver<Hint> {
        self.hints.subscribe()
    }

    pub(crate) fn hint(&self, account: AccountId, seq: i64) {
        let _ = self.hints.send(Hint { account, seq });
    }
}

/// A stored view that does not decode is a fault of ours.
pub(crate) fn decode<T: serde::de::DeserializeOwned>(
    table: &'static str,
    column: &'static str,
    value: Value,
) -> Result<T> {
    serde_json::from_value(value).map_err(|e| Error::bad(table, column, e))
}
