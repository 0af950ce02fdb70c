//! The queue of lanes on a real Postgres: order, fencing, nothing forgotten, nobody starved.
//! Rules of the house: a lane's jobs run one after another; a lease that was lost writes nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::ids::AccountId;
use futures::future::join_all;
use serde_json::{Value, json};
use sqlx::PgConnection;
use store::{
    NewJob, Store,
    lanes::{Claim, Failed, Lane, Next, Outcome},
};
use tests::{Database, until};
use uuid::Uuid;

const QUEUE: &str = "proof";
const LONG: Duration = Duration::from_secs(60);
const AT_ONCE: Duration = Duration::ZERO;

struct Stage {
    // Dropped last: it takes the database along.
    store: Store,
    database: Database,
}

impl Stage {
    async fn new() -> Self {
        let database = Database::create().await;
        Self { store: database.store(), database }
    }

    async fn push(&self, account: AccountId, lane: &str, payload: Value) {
        let mut tx = self.store.tenant(account).await.unwrap();
        tx.push(NewJob { lane: lane.to_owned(), queue: QUEUE, payload, run_at: None });
        tx.commit().await.unwrap();
    }

    async fn heap(&self, account: AccountId, name: &str, lanes: i32) {
        let mut tx = self.store.tenant(account).await.unwrap();
        for n in 0..lanes {
            let lane = format!("{name}-{n}");
            tx.push(NewJob { lane, queue: QUEUE, payload: json!({ "n": n }), run_at: None });
        }
        tx.commit().await.unwrap();
    }

    async fn claim(&self, owner: Uuid, most: i64, lease: Duration) -> Vec<Lane> {
        self.claim_beside(owner, most, lease, &BTreeMap::new()).await
    }

    async fn claim_beside(
        &self,
        owner: Uuid,
        most: i64,
        lease: Duration,
        in_work: &BTreeMap<AccountId, i64>,
    ) -> Vec<Lane> {
        let claim = Claim { owner, queue: QUEUE, most, jobs_per_lane: 10, lease, in_work };
        self.store.claim_lanes(&claim).await.unwrap()
    }

    async fn finish(&self, lane: &Lane, done: usize, failed: Option<Next>) -> bool {
        let outcome = Outcome {
            lane: lane.lane.clone(),
            epoch: lane.epoch,
            done: lane.jobs.iter().take(done).map(|j| j.job_id).collect(),
            failed: failed.map(|next| Failed {
                job_id: lane.jobs.get(done).expect("a job that failed").job_id,
                error: "the test says so".to_owned(),
                next,
            }),
        };
        self.store.finish_lane(&outcome).await.unwrap()
    }
}

fn payloads(lane: &Lane) -> Vec<i64> {
    lane.jobs.iter().map(|j| j.payload["n"].as_i64().expect("a number")).collect()
}

async fn count(conn: &mut PgConnection, table: &str) -> i64 {
    let statement = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(conn).await.unwrap()
}

/// Order within a conversation: a head that failed holds its lane and no other; what waits for a
/// channel is no try; what is buried lets the lane go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_head_holds_its_lane_and_no_other() {
    let stage = Stage::new().await;
    let (account, owner) = (stage.database.account().await, Uuid::now_v7());
    for n in 1..=3 {
        stage.push(account, "a", json!({ "n": n })).await;
    }
    stage.push(account, "b", json!({ "n": 10 })).await;

    let mut claimed = stage.claim(owner, 10, LONG).await;
    claimed.sort_by(|x, y| x.lane.cmp(&y.lane));
    assert_eq!(claimed.len(), 2);
    assert_eq!(payloads(&claimed[0]), vec![1, 2, 3], "in the order of commit");
    assert!(stage.claim(Uuid::now_v7(), 10, LONG).await.is_empty(), "claimed lanes are taken");

    assert!(stage.finish(&claimed[0], 0, Some(Next::Retry(LONG))).await);
    assert!(stage.finish(&claimed[1], 1, None).await);
    assert!(stage.claim(owner, 10, LONG).await.is_empty(), "2 and 3 wait with 1");

    assert_eq!(stage.store.wake_lanes(account, "a").await.unwrap(), 1);
    let again = stage.claim(owner, 10, LONG).await.remove(0);
    assert_eq!(payloads(&again), vec![1, 2, 3]);
    assert_eq!(again.jobs[0].attempts, 1, "a retry is a try");
    assert!(stage.finish(&again, 0, Some(Next::Wait(AT_ONCE))).await);
    let again = stage.claim(owner, 10, LONG).await.remove(0);
    assert_eq!(again.jobs[0].attempts, 1, "waiting is no try");

    assert!(stage.finish(&again, 0, Some(Next::Bury)).await);
    let rest = stage.claim(owner, 10, LONG).await.remove(0);
    assert_eq!(payloads(&rest), vec![2, 3], "the lane goes on behind the dead");
    assert!(stage.finish(&rest, 2, None).await);

    let mut conn = stage.database.connect().await;
    assert_eq!(count(&mut conn, "dead_jobs").await, 1);
    assert_eq!(count(&mut conn, "jobs").await, 0);
    assert_eq!(count(&mut conn, "lanes").await, 0, "an idle lane leaves no row");
}

/// Fencing: a process that slept past its lease (SIGSTOP) and wakes up writes nothing any more.
#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_lease_writes_nothing() {
    let stage = Stage::new().await;
    let account = stage.database.account().await;
    let (sleeper, heir) = (Uuid::now_v7(), Uuid::now_v7());
    stage.push(account, "a", json!({ "n": 1 })).await;
    stage.push(account, "a", json!({ "n": 2 })).await;

    let first = stage.claim(sleeper, 1, Duration::from_millis(1)).await.remove(0);
    let second = until("the lease runs out", async || stage.claim(heir, 1, LONG).await.pop()).await;
    assert!(second.epoch > first.epoch);
    let kept = stage.store.renew_lanes(&[("a".to_owned(), first.epoch)], LONG).await.unwrap();
    assert!(kept.is_empty(), "the sleeper cannot renew, though it were the same process");
    assert!(!stage.finish(&first, 2, None).await, "nor finish");
    assert!(!stage.finish(&first, 0, Some(Next::Bury)).await, "nor bury");
    let mut conn = stage.database.connect().await;
    assert_eq!((count(&mut conn, "jobs").await, count(&mut conn, "dead_jobs").await), (2, 0));

    assert!(stage.finish(&second, 2, None).await, "the heir does");
    assert!(!stage.finish(&second, 2, None).await, "once");
    // A lane of the same name is another one: an old epoch never fits again.
    stage.push(account, "a", json!({ "n": 3 })).await;
    let third = stage.claim(heir, 1, LONG).await.remove(0);
    assert!(third.epoch > second.epoch);
    assert!(!stage.finish(&first, 2, None).await);
    assert_eq!(payloads(&third), vec![3]);
}

/// A job that comes while its lane is in work is not forgotten when the lane is let go.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_pushed_into_a_lane_in_work_is_found_afterwards() {
    let stage = Stage::new().await;
    let (account, owner) = (stage.database.account().await, Uuid::now_v7());
    stage.push(account, "a", json!({ "n": 1 })).await;
    let lane = stage.claim(owner, 1, LONG).await.remove(0);
    stage.push(account, "a", json!({ "n": 2 })).await;
    assert!(stage.claim(owner, 1, LONG).await.is_empty(), "the lane is still held");
    assert!(stage.finish(&lane, 1, None).await);
    assert_eq!(payloads(&stage.claim(owner, 1, LONG).await.remove(0)), vec![2]);
}

/// Pushers and eight runners at once: each job exactly once, each lane in order.
#[tokio::test(flavor = "multi_thread")]
async fn under_contention_each_job_runs_once_and_each_lane_in_order() {
    const LANES: i64 = 20;
    const EACH: i64 = 10;
    let stage = Stage::new().await;
    let account = stage.database.account().await;
    let done = tokio::sync::Mutex::new(Vec::<(String, i64)>::new());
    let pushing = join_all((0..LANES).map(|lane| {
        let stage = &stage;
        async move {
            for n in 0..EACH {
                stage.push(account, &format!("lane-{lane}"), json!({ "n": n })).await;
            }
        }
    }));
    let running = join_all((0..8).map(|_| {
        let (stage, done) = (&stage, &done);
        async move {
            let owner = Uuid::now_v7();
            until("all is done", async || {
                for lane in stage.claim(owner, 3, LONG).await {
                    let mut all = done.lock().await;
                    all.extend(payloads(&lane).into_iter().map(|n| (lane.lane.clone(), n)));
                    drop(all);
                    assert!(stage.finish(&lane, lane.jobs.len(), None).await);
                }
                let count = i64::try_from(done.lock().await.len()).unwrap();
                (count >= LANES * EACH).then_some(())
            })
            .await;
        }
    }));
    tokio::join!(pushing, running);
    let done = done.into_inner();
    for lane in 0..LANES {
        let name = format!("lane-{lane}");
        let order: Vec<i64> = done.iter().filter(|(l, _)| *l == name).map(|(_, n)| *n).collect();
        assert_eq!(order, (0..EACH).collect::<Vec<_>>(), "{name}");
    }
}

/// CRM-6: one company's backlog does not delay another's single job, however long it is: with 900 lanes
/// the other's is outside of what a claim looks at first.
#[tokio::test(flavor = "multi_thread")]
async fn a_heap_of_one_company_does_not_starve_another() {
    for heap in [20, 90, 900] {
        let stage = Stage::new().await;
        let (loud, quiet) = (stage.database.account().await, stage.database.account().await);
        stage.heap(loud, "loud", heap).await;
        stage.push(quiet, "quiet", json!({ "n": 0 })).await;
        let claimed = stage.claim(Uuid::now_v7(), 10, LONG).await;
        let accounts: BTreeSet<AccountId> = claimed.iter().map(|l| l.account).collect();
        assert!(accounts.contains(&quiet), "the quiet one is in the first claim of {heap}");
        assert_eq!(claimed.len(), 10);
    }
}

/// CRM-6: turns count what a process has in work, so the only free place goes to who has none, and not
/// to the oldest lane.
#[tokio::test(flavor = "multi_thread")]
async fn the_only_free_place_goes_to_who_has_none() {
    for heap in [20, 900] {
        let stage = Stage::new().await;
        let loud = [
            stage.database.account().await,
            stage.database.account().await,
            stage.database.account().await,
        ];
        for (nth, account) in loud.into_iter().enumerate() {
            stage.heap(account, &format!("loud{nth}"), heap).await;
        }
        let quiet = stage.database.account().await;
        stage.push(quiet, "quiet", json!({ "n": 0 })).await;
        let in_work: BTreeMap<AccountId, i64> = loud.map(|account| (account, 4)).into();
        let claimed = stage.claim_beside(Uuid::now_v7(), 1, LONG, &in_work).await;
        let accounts: Vec<AccountId> = claimed.iter().map(|l| l.account).collect();
        assert_eq!(accounts, [quiet], "beside heaps of {heap}");
    }
}

/// CRM-6: what waited for a service that is back comes one after another, the longest waiting first, and
/// nothing later than it would have; other lanes stay as they are.
#[tokio::test(flavor = "multi_thread")]
async fn what_waited_is_woken_in_turns() {
    let stage = Stage::new().await;
    let account = stage.database.account().await;
    let mut conn = stage.database.connect().await;
    for (lane, minutes) in
        [("crm:p:c", 30), ("crm:p:a", 10), ("crm:p:soon", 0), ("crm:p:b", 20), ("crm:q:a", 10)]
    {
        stage.push(account, lane, json!({ "n": 0 })).await;
        let due = "update lanes set run_at = now() + make_interval(mins => $2, secs => 1) where lane = $1";
        sqlx::query(due).bind(lane).bind(minutes).execute(&mut conn).await.unwrap();
    }
    let spacing = Duration::from_secs(60);
    let woken = stage.store.wake_lanes_in_turns(account, "crm:p:", spacing).await.unwrap();
    assert_eq!(woken, 4);
    let due: Vec<(String, i32)> = sqlx::query_as(
        "select lane, round(extract(epoch from run_at - now()) / 60)::int from lanes
         order by run_at",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let due: Vec<(&str, i32)> = due.iter().map(|(lane, minute)| (lane.as_str(), *minute)).collect();
    let turns =
        [("crm:p:soon", 0), ("crm:p:a", 1), ("crm:p:b", 2), ("crm:p:c", 3), ("crm:q:a", 10)];
    assert_eq!(due, turns);
}

/// One owner per held connection: the lease is taken once, renewed by its owner alone, and a former
/// owner that wakes up may store nothing (fencing by the epoch).
#[tokio::test(flavor = "multi_thread")]
async fn a_held_connection_has_one_owner_and_a_former_one_is_fenced() {
    let stage = Stage::new().await;
    let account = stage.database.account().await;
    let mut conn = stage.database.connect().await;
    sqlx::query(
        "insert into channels
            (account_id, channel_id, kind, name, secrets, hook_key, receive, state)
         values ($1, $2, 'email', 'Почта', '', $2::text, 'listener', 'connected')",
    )
    .bind(account.0)
    .bind(Uuid::now_v7())
    .execute(&mut conn)
    .await
    .unwrap();
    let owners: Vec<Uuid> = (0..8).map(|_| Uuid::now_v7()).collect();
    let short = Duration::from_millis(200);
    let racing = owners.iter().map(|owner| stage.store.claim_channels(*owner, 10, short));
    let won: Vec<_> = join_all(racing).await.into_iter().map(Result::unwrap).collect();
    let leases: Vec<_> = won.iter().flatten().collect();
    assert_eq!(leases.len(), 1, "eight ask, one gets it");
    let first = *leases[0];
    let first_owner = owners[won.iter().position(|w| !w.is_empty()).unwrap()];

    let heir = Uuid::now_v7();
    let second = until("the lease runs out", async || {
        stage.store.claim_channels(heir, 10, LONG).await.unwrap().pop()
    })
    .await;
    assert!(second.epoch > first.epoch);
    let mut tx = stage.store.platform().await.unwrap();
    assert!(!tx.hold_lease(&first).await.unwrap(), "the former owner stores nothing");
    assert!(tx.hold_lease(&second).await.unwrap());
    drop(tx);
    assert!(stage.store.renew_channels(first_owner, LONG).await.unwrap().is_empty());
    stage.store.release_channel(&first, first_owner, AT_ONCE, 0).await.unwrap();
    let held = stage.store.renew_channels(heir, LONG).await.unwrap();
    assert_eq!(held.len(), 1, "a former owner lets nothing go");

    // While the owner's writes commit, nobody can take it, even when its time ends meanwhile.
    stage.store.release_channel(&second, heir, AT_ONCE, 0).await.unwrap();
    let third = until("it is free", async || {
        stage.store.claim_channels(heir, 10, short).await.unwrap().pop()
    })
    .await;
    let mut tx = stage.store.platform().await.unwrap();
    assert!(tx.hold_lease(&third).await.unwrap());
    until("its time ends", async || {
        let over: bool = sqlx::query_scalar("select leased_until < now() from channel_leases")
            .fetch_one(&mut conn)
            .await
            .unwrap();
        over.then_some(())
    })
    .await;
    let thief = Uuid::now_v7();
    let stealing = tokio::spawn({
        let store = stage.store.clone();
        async move { store.claim_channels(thief, 10, LONG).await }
    });
    stage.database.until_blocked("the thief waits").await;
    tx.commit().await.unwrap();
    assert_eq!(stealing.await.unwrap().unwrap().len(), 1, "and gets it after the commit");
}
