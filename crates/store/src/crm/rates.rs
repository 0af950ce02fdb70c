//! The turn of a call, over all nodes: a limiter is a row with the moment of its next free slot, on the
//! database's clock. A slot is taken from all limiters of a call at once, so that none of them sees two
//! calls closer together than its spacing.

use std::time::Duration;

use sqlx::PgPool;

use crate::{Result, Store};

/// One limiter that a call must pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// `amo:<client id>:<account>` and the like; whoever shares the limit shares the key.
    pub key: String,
    /// Between two calls.
    pub spacing: Duration,
}

/// What was reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Ours; to be used after this time.
    Reserved { wait: Duration },
    /// The next free one is further away than the caller waits. Nothing was taken.
    Busy { after: Duration },
}

/// How many of the limiters have a row, seconds to the slot, whether it was taken.
type Answer = (i64, f64, bool);

impl Store {
    /// Takes the next slot that is free in all `limits`, unless it is more than `at_most` away. One
    /// round trip. Callers that wait for each other's rows lock them in the order of the keys.
    pub async fn reserve(&self, limits: &[RateLimit], at_most: Duration) -> Result<Slot> {
        loop {
            let (known, seconds, taken) = take(&self.platform, limits, at_most).await?;
            if usize::try_from(known).is_ok_and(|known| known < limits.len()) {
                // Once in the life of a limiter.
                make(&self.platform, limits).await?;
                continue;
            }
            let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::ZERO);
            return Ok(if taken {
                Slot::Reserved { wait: time }
            } else {
                Slot::Busy { after: time }
            });
        }
    }

    /// Lets nobody through these limiters for a while: the service says that it is too much.
    pub async fn hold_back(&self, keys: &[String], pause: Duration) -> Result<()> {
        sqlx::query(
            "update crm_rates set next_at = greatest(next_at, now() + make_interval(secs => $2))
             where key in (select key from crm_rates where key = any($1) order by key for update)",
        )
        .bind(keys)
        .bind(pause.as_secs_f64())
        .execute(&self.platform)
        .await?;
        Ok(())
    }

    /// Forgets limiters that nobody used for an hour.
    pub async fn prune_rates(&self) -> Result<u64> {
        let done = sqlx::query("delete from crm_rates where next_at < now() - interval '1 hour'")
            .execute(&self.platform)
            .await?;
        Ok(done.rows_affected())
    }
}

async fn take(pool: &PgPool, limits: &[RateLimit], at_most: Duration) -> Result<Answer> {
    let keys: Vec<&str> = limits.iter().map(|l| l.key.as_str()).collect();
    let spacings: Vec<f64> = limits.iter().map(|l| l.spacing.as_secs_f64()).collect();
    // The clock is read after the locks: time goes on while others hold them.
    Ok(sqlx::query_as(
        "with wanted as (
            select * from unnest($1::text[], $2::float8[]) as w(key, spacing)
         ), locked as materialized (
            select r.key, r.next_at from crm_rates r
            where r.key = any($1) order by r.key for update
         ), free as materialized (
            select count(*) as known, clock_timestamp() as at,
                greatest(clock_timestamp(), max(next_at)) as slot
            from locked
         ), moved as (
            update crm_rates r set next_at = f.slot + make_interval(secs => w.spacing)
            from wanted w, free f
            where r.key = w.key and f.known = cardinality($1)
              and f.slot <= f.at + make_interval(secs => $3)
            returning 1
         )
         select f.known, extract(epoch from greatest(f.slot - f.at, interval '0'))::float8,
            exists (select 1 from moved)
         from free f",
    )
    .bind(&keys)
    .bind(&spacings)
    .bind(at_most.as_secs_f64())
    .fetch_one(pool)
    .await?)
}

async fn make(pool: &PgPool, limits: &[RateLimit]) -> Result<()> {
    let mut keys: Vec<&str> = limits.iter().map(|l| l.key.as_str()).collect();
    keys.sort_unstable();
    sqlx::query(
        "insert into crm_rates (key, next_at)
         select key, clock_timestamp() from unnest($1::text[]) with ordinality u(key, n) order by n
         on conflict (key) do nothing",
    )
    .bind(&keys)
    .execute(pool)
    .await?;
    Ok(())
}
