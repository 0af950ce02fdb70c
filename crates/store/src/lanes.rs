//! Ordered work in Postgres. A lane (a conversation's sends, an endpoint's deliveries) is a row of
//! jobs done one after another. Claiming takes whole lanes under a lease with a fencing epoch; a
//! failed head waits together with its lane, so a later job never overtakes it.
//!
//! Delivery is at least once: a job may run twice when its owner dies after the effect and before
//! `finish`. Each job says in its own doc what that means.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use domain::ids::AccountId;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, Result, Store};

/// Work to queue.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Jobs of one lane run one after another, in the order of commit.
    pub lane: String,
    /// Which runners take it.
    pub queue: &'static str,
    pub payload: Value,
    /// Not before; `None` = now. Concerns the lane's head only.
    pub run_at: Option<DateTime<Utc>>,
}

/// What a process asks for.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    pub owner: Uuid,
    pub queue: &'a str,
    /// Lanes at most.
    pub most: i64,
    /// Jobs of each at most; the rest comes with the next claim.
    pub jobs_per_lane: i64,
    pub lease: Duration,
    /// Lanes of this queue that the process has in work: who has many waits for those who have few.
    pub in_work: &'a BTreeMap<AccountId, i64>,
}

/// A lane that this process owns for now.
#[derive(Debug, Clone)]
pub struct Lane {
    pub lane: String,
    pub account: AccountId,
    pub epoch: i64,
    /// Its first jobs, oldest first.
    pub jobs: Vec<Job>,
}

#[derive(Debug, Clone)]
pub struct Job {
    pub job_id: i64,
    pub payload: Value,
    /// Tries before this one.
    pub attempts: i32,
    pub created_at: DateTime<Utc>,
}

/// What became of a claimed lane's jobs.
#[derive(Debug)]
pub struct Outcome {
    pub lane: String,
    pub epoch: i64,
    /// Done, in order.
    pub done: Vec<i64>,
    /// The job after them, if it did not succeed.
    pub failed: Option<Failed>,
}

#[derive(Debug)]
pub struct Failed {
    pub job_id: i64,
    pub error: String,
    pub next: Next,
}

/// What happens to a job that did not succeed.
#[derive(Debug)]
pub enum Next {
    /// Again after this time; the lane waits with it. Counts as a try.
    Retry(Duration),
    /// Again after this time; nothing was tried (the channel is down), so no try is counted.
    Wait(Duration),
    /// Put among the dead; the lane goes on.
    Bury,
}

/// Queues jobs: upserts their lanes in the order of their names, then inserts the rows. The lane's
/// row lock makes the order of ids the order of commits.
pub(crate) async fn push(conn: &mut PgConnection, jobs: &[(AccountId, NewJob)]) -> Result<()> {
    type Sum<'a> = (Uuid, &'a str, i32, Option<DateTime<Utc>>);
    let mut lanes: BTreeMap<&str, Sum<'_>> = BTreeMap::new();
    for (account, job) in jobs {
        let lane = lanes.entry(&job.lane).or_insert((account.0, job.queue, 0, job.run_at));
        lane.2 += 1;
    }
    let (mut names, mut accounts, mut queues) = (Vec::new(), Vec::new(), Vec::new());
    let (mut counts, mut run_at) = (Vec::new(), Vec::new());
    for (name, (account, queue, count, at)) in lanes {
        names.push(name);
        accounts.push(account);
        queues.push(queue);
        counts.push(count);
        run_at.push(at);
    }
    let job_lanes: Vec<&str> = jobs.iter().map(|(_, j)| j.lane.as_str()).collect();
    let job_accounts: Vec<Uuid> = jobs.iter().map(|(a, _)| a.0).collect();
    let payloads: Vec<&Value> = jobs.iter().map(|(_, j)| &j.payload).collect();
    sqlx::query(
        "with l as (
            insert into lanes (lane, account_id, queue, pending, run_at)
            select lane, account_id, queue, n, coalesce(at, now())
            from unnest($1::text[], $2::uuid[], $3::text[], $4::int[], $5::timestamptz[])
                with ordinality u(lane, account_id, queue, n, at, ord)
            order by ord
            on conflict (lane) do update set
                pending = lanes.pending + excluded.pending,
                run_at = case when lanes.pending = 0 then excluded.run_at else lanes.run_at end
            returning lane
         )
         insert into jobs (lane, account_id, payload)
         select u.lane, u.account_id, u.payload
         from unnest($6::text[], $7::uuid[], $8::jsonb[])
            with ordinality u(lane, account_id, payload, ord)
         where (select count(*) from l) > 0
         order by u.ord",
    )
    .bind(&names)
    .bind(&accounts)
    .bind(&queues)
    .bind(&counts)
    .bind(&run_at)
    .bind(&job_lanes)
    .bind(&job_accounts)
    .bind(&payloads)
    .execute(conn)
    .await?;
    Ok(())
}

impl Store {
    /// Claims ready lanes, each with its first jobs. Companies take turns: the oldest lane of each goes
    /// before the second of any, counted from what each has in work.
    ///
    /// The oldest lanes are looked at. When there are more ready ones than that, each company's oldest
    /// are looked at as well (of the first thousand companies that wait), so that one with a single
    /// lane does not stand behind another's backlog, however long that is.
    pub async fn claim_lanes(&self, claim: &Claim<'_>) -> Result<Vec<Lane>> {
        let (accounts, in_work): (Vec<Uuid>, Vec<i64>) =
            claim.in_work.iter().map(|(account, lanes)| (account.0, *lanes)).unzip();
        let mut tx = self.platform.begin().await?;
        let claimed: Vec<(String, Uuid, i64)> = sqlx::query_as(
            "with recursive oldest as materialized (
                select lane, account_id, run_at from lanes
                where queue = $2 and pending > 0 and run_at <= now()
                  and (leased_until is null or leased_until < now())
                order by run_at limit greatest($3 * 10, 200)
             ), waiting (account_id, nth) as (
                (select account_id, 1 from lanes
                 where queue = $2 and pending > 0
                   and (select count(*) from oldest) >= greatest($3 * 10, 200)
                 order by account_id limit 1)
                union all
                select (select l.account_id from lanes l
                        where l.queue = $2 and l.pending > 0 and l.account_id > w.account_id
                        order by l.account_id limit 1), w.nth + 1
                from waiting w where w.account_id is not null and w.nth < 1000
             ), ready as (
                select lane, account_id, run_at from oldest
                union
                select l.lane, l.account_id, l.run_at from waiting w cross join lateral (
                    select lane, account_id, run_at from lanes
                    where queue = $2 and account_id = w.account_id and pending > 0
                      and run_at <= now() and (leased_until is null or leased_until < now())
                    order by run_at limit $3) l
             ), fair as (
                select r.lane, r.run_at, coalesce(b.lanes, 0)
                    + row_number() over (partition by r.account_id order by r.run_at) as turn
                from ready r
                left join unnest($5::uuid[], $6::bigint[]) b(account_id, lanes)
                    on b.account_id = r.account_id
             ), taken as (
                select l.lane from (select lane from fair order by turn, run_at) f
                cross join lateral (
                    select lane from lanes
                    where lane = f.lane and pending > 0 and run_at <= now()
                      and (leased_until is null or leased_until < now())
                    for update skip locked) l
                limit $3
             )
             update lanes l set leased_until = now() + make_interval(secs => $4), owner = $1,
                epoch = nextval('lane_epochs')
             from taken t where l.lane = t.lane
             returning l.lane, l.account_id, l.epoch",
        )
        .bind(claim.owner)
        .bind(claim.queue)
        .bind(claim.most)
        .bind(claim.lease.as_secs_f64())
        .bind(&accounts)
        .bind(&in_work)
        .fetch_all(&mut *tx)
        .await?;
        if claimed.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<&str> = claimed.iter().map(|c| c.0.as_str()).collect();
        let rows: Vec<(String, i64, Value, i32, DateTime<Utc>)> = sqlx::query_as(
            "select j.lane, j.job_id, j.payload, j.attempts, j.created_at
             from unnest($1::text[]) n(lane)
             cross join lateral (
                select * from jobs where jobs.lane = n.lane order by job_id limit $2) j
             order by j.lane, j.job_id",
        )
        .bind(&names)
        .bind(claim.jobs_per_lane)
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        let mut jobs: BTreeMap<String, Vec<Job>> = BTreeMap::new();
        for (lane, job_id, payload, attempts, created_at) in rows {
            jobs.entry(lane).or_default().push(Job { job_id, payload, attempts, created_at });
        }
        Ok(claimed
            .into_iter()
            .map(|(lane, account, epoch)| Lane {
                jobs: jobs.remove(&lane).unwrap_or_default(),
                lane,
                account: AccountId(account),
                epoch,
            })
            .collect())
    }

    /// Holds lanes longer, claimed with these epochs. Returns those that are still ours.
    pub async fn renew_lanes(
        &self,
        lanes: &[(String, i64)],
        lease: Duration,
    ) -> Result<Vec<String>> {
        let (names, epochs): (Vec<&str>, Vec<i64>) =
            lanes.iter().map(|(lane, epoch)| (lane.as_str(), *epoch)).unzip();
        Ok(sqlx::query_scalar(
            "update lanes l set leased_until = now() + make_interval(secs => $3)
             from unnest($1::text[], $2::bigint[]) held(lane, epoch)
             where l.lane = held.lane and l.epoch = held.epoch and l.leased_until is not null
             returning l.lane",
        )
        .bind(&names)
        .bind(&epochs)
        .bind(lease.as_secs_f64())
        .fetch_all(&self.platform)
        .await?)
    }

    /// Writes what became of a lane's jobs and lets it go. Without effect when the lease was lost
    /// (the epoch differs): returns whether it was ours.
    pub async fn finish_lane(&self, outcome: &Outcome) -> Result<bool> {
        let mut tx = self.platform.begin().await?;
        let ours: Option<(i32,)> =
            sqlx::query_as("select pending from lanes where lane = $1 and epoch = $2 for update")
                .bind(&outcome.lane)
                .bind(outcome.epoch)
                .fetch_optional(&mut *tx)
                .await?;
        let Some((pending,)) = ours else { return Ok(false) };
        let mut gone = outcome.done.clone();
        let mut wait = Duration::ZERO;
        if let Some(failed) = &outcome.failed {
            match failed.next {
                Next::Retry(after) => {
                    wait = after;
                    bump(&mut tx, failed, 1).await?;
                }
                Next::Wait(after) => {
                    wait = after;
                    bump(&mut tx, failed, 0).await?;
                }
                Next::Bury => {
                    sqlx::query(
                        "insert into dead_jobs
                            (job_id, lane, account_id, payload, attempts, error, created_at)
                         select job_id, lane, account_id, payload, attempts + 1, $2, created_at
                         from jobs where job_id = $1",
                    )
                    .bind(failed.job_id)
                    .bind(&failed.error)
                    .execute(&mut *tx)
                    .await?;
                    gone.push(failed.job_id);
                }
            }
        }
        let deleted = sqlx::query("delete from jobs where job_id = any($1) and lane = $2")
            .bind(&gone)
            .bind(&outcome.lane)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if deleted != gone.len() as u64 {
            return Err(Error::RowsAffected { what: "finish_lane", hit: deleted });
        }
        let left = pending - i32::try_from(deleted).unwrap_or(pending);
        if left == 0 {
            // An idle lane leaves no row behind: the table stays as small as the work.
            sqlx::query("delete from lanes where lane = $1")
                .bind(&outcome.lane)
                .execute(&mut *tx)
                .await?;
        } else {
            sqlx::query(
                "update lanes set pending = $2, leased_until = null, owner = null,
                    run_at = now() + make_interval(secs => $3)
                 where lane = $1",
            )
            .bind(&outcome.lane)
            .bind(left)
            .bind(wait.as_secs_f64())
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Lets waiting lanes with this prefix run now (a channel came back).
    pub async fn wake_lanes(&self, account: AccountId, lane_prefix: &str) -> Result<u64> {
        self.wake_lanes_in_turns(account, lane_prefix, Duration::ZERO).await
    }

    /// Lets waiting lanes with this prefix run, one each `spacing`, those first that would have come
    /// first: all of them at once would only find that there is no room for them. None comes later than
    /// it would have. Locks them in the order in which [`push`] does.
    pub async fn wake_lanes_in_turns(
        &self,
        account: AccountId,
        lane_prefix: &str,
        spacing: Duration,
    ) -> Result<u64> {
        Ok(sqlx::query(
            "with waiting as materialized (
                select lane, run_at from lanes
                where account_id = $1 and starts_with(lane, $2) and pending > 0 and run_at > now()
                order by lane collate \"C\" for update
             ), turns as (
                select lane, now() + make_interval(
                    secs => $3 * (row_number() over (order by run_at, lane) - 1)) as at
                from waiting
             )
             update lanes l set run_at = t.at from turns t
             where l.lane = t.lane and t.at < l.run_at",
        )
        .bind(account.0)
        .bind(lane_prefix)
        .bind(spacing.as_secs_f64())
        .execute(&self.platform)
        .await?
        .rows_affected())
    }

    /// For health: age of the oldest ready lane in seconds, jobs waiting, jobs dead.
    pub async fn queue_health(&self) -> Result<(f64, i64, i64)> {
        Ok(sqlx::query_as(
            "select
                coalesce(extract(epoch from now() - min(run_at) filter (where run_at <= now()))
                    ::float8, 0),
                coalesce(sum(pending), 0)::bigint,
                (select count(*) from dead_jobs)
             from lanes where pending > 0",
        )
        .fetch_one(&self.platform)
        .await?)
    }
}

async fn bump(conn: &mut PgConnection, failed: &Failed, tries: i32) -> Result<()> {
    sqlx::query("update jobs set attempts = attempts + $2, last_error = $3 where job_id = $1")
        .bind(failed.job_id)
        .bind(tries)
        .bind(&failed.error)
        .execute(conn)
        .await?;
    Ok(())
}
