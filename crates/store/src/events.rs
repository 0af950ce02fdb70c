//! The account's feed: contiguous numbers given under the counter row's lock as the last statement
//! before COMMIT, so a reader that sees number n has everything below n
//! (identity columns are numbered at insert and lose rows of slow transactions for such a reader).

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use domain::{
    event::{Event, NewEvent},
    ids::{AccountId, ConversationId},
};
use serde_json::Value;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{Error, Result, Store, TenantTx};

/// The feed of `account` reaches at least `seq` now. Only a hint: readers read the rows, unless they
/// have everything before those that came with it.
#[derive(Debug, Clone)]
pub struct Hint {
    pub account: AccountId,
    pub seq: i64,
    pub origin: Origin,
    /// What one commit of this process appended, as it stands in the rows: without a gap and with
    /// `seq` as the last. Empty for commits of others and for large ones.
    pub events: Arc<[Arc<Event>]>,
}

/// Which process committed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This one: other processes are to be told.
    Here,
    Elsewhere,
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

/// More events than these of one account in one commit are read from the rows again: hints wait in
/// memory for slow readers.
const MOST_AT_HAND: usize = 64;

/// How far one account's feed grew.
#[derive(Debug)]
pub(crate) struct Growth {
    account: AccountId,
    pub seq: i64,
    events: Arc<[Arc<Event>]>,
}

impl Growth {
    pub fn hint(self) -> Hint {
        let Self { account, seq, events } = self;
        Hint { account, seq, origin: Origin::Here, events }
    }
}

/// Numbers and inserts a batch in one statement. Accounts' counters are locked in the order of their
/// ids.
pub(crate) async fn append(
    conn: &mut PgConnection,
    batch: Vec<(AccountId, NewEvent)>,
) -> Result<Vec<Growth>> {
    let mut counts: BTreeMap<Uuid, i64> = BTreeMap::new();
    let (mut accounts, mut nth, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    let (mut conversations, mut audiences, mut was) = (Vec::new(), Vec::new(), Vec::new());
    let mut payloads = Vec::new();
    for (account, event) in &batch {
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
    let rows: Vec<(Uuid, i64, DateTime<Utc>)> = sqlx::query_as(
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
         select account_id, event_seq, now() from counted",
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
    let mut events: BTreeMap<AccountId, Vec<NewEvent>> = BTreeMap::new();
    for (account, event) in batch {
        events.entry(account).or_default().push(event);
    }
    let grown = rows.into_iter().map(|(account, seq, at)| {
        let account = AccountId(account);
        let new = events.remove(&account).unwrap_or_default();
        Growth { account, seq, events: at_hand(new, seq, at) }
    });
    Ok(grown.collect())
}

/// The events as readers of the rows would see them: `now()` is the column's default.
fn at_hand(new: Vec<NewEvent>, last: i64, at: DateTime<Utc>) -> Arc<[Arc<Event>]> {
    if new.len() > MOST_AT_HAND {
        return Arc::new([]);
    }
    let first = last - new.len() as i64 + 1;
    let numbered = (first..).zip(new).map(|(seq, event)| {
        Arc::new(Event {
            seq,
            kind: event.kind.as_str().to_owned(),
            conversation: event.conversation,
            audience: event.audience,
            was: event.was,
            payload: event.payload,
            created_at: at,
        })
    });
    numbered.collect()
}

/// The counter, and an event if there is one.
#[derive(sqlx::FromRow)]
struct Counted {
    event_seq: i64,
    seq: Option<i64>,
    kind: Option<String>,
    conversation_id: Option<Uuid>,
    audience: Option<Json<domain::visibility::Audience>>,
    was: Option<Json<domain::visibility::Audience>>,
    payload: Option<Value>,
    created_at: Option<DateTime<Utc>>,
}

impl Counted {
    fn event(self) -> Option<Event> {
        Some(Event {
            seq: self.seq?,
            kind: self.kind?,
            conversation: self.conversation_id.map(ConversationId),
            audience: self.audience.map(|a| a.0),
            was: self.was.map(|a| a.0),
            payload: self.payload?,
            created_at: self.created_at?,
        })
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
        // One statement, so that the counter and the rows are of one moment.
        let rows: Vec<Counted> = sqlx::query_as(
            "select c.event_seq, e.seq, e.kind, e.conversation_id, e.audience, e.was, e.payload,
                e.created_at
             from account_counters c
             left join lateral (
                select * from events e
                where e.account_id = c.account_id and e.seq > $2 order by e.seq limit $3) e on true
             where c.account_id = $1 order by e.seq",
        )
        .bind(account)
        .bind(after)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        let last = rows.first().map_or(0, |row| row.event_seq);
        let events: Vec<Event> = rows.into_iter().filter_map(Counted::event).collect();
        let goes_on = match events.first() {
            Some(first) => first.seq == after + 1,
            // Else a cursor of another life of the database, or one whose events are pruned.
            None => last == after,
        };
        Ok(if goes_on { FeedPage::Events(events) } else { FeedPage::TooOld { seq: last } })
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

    /// The last event numbers of these accounts.
    pub async fn last_seqs(&self, accounts: &[AccountId]) -> Result<Vec<(AccountId, i64)>> {
        let accounts: Vec<Uuid> = accounts.iter().map(|a| a.0).collect();
        let rows: Vec<(Uuid, i64)> = sqlx::query_as(
            "select account_id, event_seq from account_counters where account_id = any($1)",
        )
        .bind(&accounts)
        .fetch_all(&self.platform)
        .await?;
        Ok(rows.into_iter().map(|(account, seq)| (AccountId(account), seq)).collect())
    }

    /// Hints of commits made by this process and (through `listen`) by others.
    pub fn hints(&self) -> tokio::sync::broadcast::Receiver<Hint> {
        self.hints.subscribe()
    }

    pub(crate) fn hint(&self, growth: Growth) {
        // Nobody listening is no fault.
        let _ = self.hints.send(growth.hint());
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
