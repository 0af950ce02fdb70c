//! The job runner: claims lanes under a lease, does their jobs in order, writes what became of them.
//! Each queue has its own runner, so slow files or dead endpoints do not hold up answers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use app::{App, JobError};
use domain::ids::AccountId;
use store::lanes::{Claim, Failed, Lane, Next, Outcome};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use crate::{Node, jittered, pause};

const QUEUES: [&str; 7] = ["send", "signs", "routing", "media", "channels", "endpoints", "crm"];
/// Jobs taken of a lane at once.
const JOBS_A_LANE: i64 = 10;

/// Lanes that this process holds now, for the heartbeat and for the turns of companies. A lane whose
/// lease was lost may be claimed again here while whoever lost it is still at it: a holding is known by
/// its epoch, and touched by nobody but its own worker.
#[derive(Clone, Default)]
struct Held(Arc<Mutex<BTreeMap<String, Holding>>>);

/// Whose lane it is and which runner works on it.
#[derive(Debug, Clone, Copy)]
struct Holding {
    account: AccountId,
    queue: &'static str,
    epoch: i64,
}

impl Held {
    fn take(&self, lane: &Lane, queue: &'static str) {
        let holding = Holding { account: lane.account, queue, epoch: lane.epoch };
        self.locked().insert(lane.lane.clone(), holding);
    }

    fn is_held(&self, lane: &str, epoch: i64) -> bool {
        self.locked().get(lane).is_some_and(|holding| holding.epoch == epoch)
    }

    fn let_go(&self, lane: &str, epoch: i64) {
        let mut held = self.locked();
        if held.get(lane).is_some_and(|holding| holding.epoch == epoch) {
            held.remove(lane);
        }
    }

    /// With their epochs.
    fn lanes(&self) -> Vec<(String, i64)> {
        self.locked().iter().map(|(lane, holding)| (lane.clone(), holding.epoch)).collect()
    }

    /// How many lanes of each company a runner has in work.
    fn in_work(&self, queue: &str) -> BTreeMap<AccountId, i64> {
        let mut count = BTreeMap::new();
        for holding in self.locked().values().filter(|holding| holding.queue == queue) {
            *count.entry(holding.account).or_default() += 1;
        }
        count
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, Holding>> {
        // A panic while it was held leaves a whole set.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub fn start(app: &App, node: &Node, stop: &CancellationToken, tracker: &TaskTracker) {
    let held = Held::default();
    tracker.spawn(heartbeat(app.clone(), node.clone(), stop.clone(), held.clone()));
    for queue in QUEUES {
        let lanes = tracker.clone();
        tracker.spawn(run(app.clone(), node.clone(), stop.clone(), queue, held.clone(), lanes));
    }
}

async fn run(
    app: App,
    node: Node,
    stop: CancellationToken,
    queue: &'static str,
    held: Held,
    tracker: TaskTracker,
) {
    let slots = Arc::new(Semaphore::new(lanes_at_once(&node, queue)));
    let mut wakes = app.store.wakes();
    loop {
        // Wait for a free slot before claiming: a claimed lane must not wait for its turn.
        let Ok(first) = slots.clone().acquire_owned().await else { return };
        drop(first);
        if stop.is_cancelled() {
            return;
        }
        // Whatever was put in before this claim is found by it.
        while wakes.try_recv().is_ok() {}
        let free = i64::try_from(slots.available_permits()).unwrap_or(1).max(1);
        let claim = Claim {
            owner: node.node_id,
            queue,
            most: free,
            jobs_per_lane: JOBS_A_LANE,
            lease: node.pace.lease,
            in_work: &held.in_work(queue),
        };
        let lanes = match app.store.claim_lanes(&claim).await {
            Ok(lanes) => lanes,
            Err(error) => {
                tracing::warn!(%error, job.queue = queue, "jobs cannot be claimed");
                if !pause(&stop, jittered(Duration::from_secs(1))).await {
                    return;
                }
                continue;
            }
        };
        if lanes.is_empty() {
            let idle = jittered(node.pace.poll);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(idle) => {}
                () = woken(&mut wakes, queue) => {}
            }
            continue;
        }
        for lane in lanes {
            let Ok(slot) = slots.clone().acquire_owned().await else { return };
            held.take(&lane, queue);
            let (app, held, stop) = (app.clone(), held.clone(), stop.clone());
            tracker.spawn(async move {
                let outcome = work(&app, lane, queue, &held, &stop).await;
                finish(&app, &outcome, queue).await;
                held.let_go(&outcome.lane, outcome.epoch);
                drop(slot);
            });
        }
    }
}

/// A job for a CRM waits most of its time for the portal's limit, and a portal takes few at once: with
/// the others' number a handful of busy portals would hold every slot.
fn lanes_at_once(node: &Node, queue: &str) -> usize {
    match queue {
        "crm" => node.pace.lanes * 8,
        _ => node.pace.lanes,
    }
}

async fn woken(wakes: &mut tokio::sync::broadcast::Receiver<&'static str>, queue: &str) {
    loop {
        match wakes.recv().await {
            Ok(name) if name != queue => {}
            // Ours, or overtaken: look. Closed never comes while the store lives.
            _ => return,
        }
    }
}

/// Does a lane's jobs until one does not succeed, the lease is lost or the process stops.
async fn work(
    app: &App,
    lane: Lane,
    queue: &'static str,
    held: &Held,
    stop: &CancellationToken,
) -> Outcome {
    let mut outcome =
        Outcome { lane: lane.lane.clone(), epoch: lane.epoch, done: Vec::new(), failed: None };
    for job in lane.jobs {
        if stop.is_cancelled() || !held.is_held(&lane.lane, lane.epoch) {
            break;
        }
        let name = job.payload.get("job").and_then(|j| j.as_str()).unwrap_or("?").to_owned();
        let span = tracing::info_span!(
            "job", job.name = %name, job.id = job.job_id, job.queue = queue, job.attempts = job.attempts
        );
        let done = app.run(lane.account, &job.payload, job.attempts).instrument(span).await;
        metrics::counter!(
            "beseda_jobs_total", "queue" => queue, "job" => name,
            "outcome" => if done.is_ok() { "done" } else { "not_done" }
        )
        .increment(1);
        match done {
            Ok(()) => outcome.done.push(job.job_id),
            Err(error) => {
                outcome.failed = Some(failed(job.job_id, error));
                break;
            }
        }
    }
    outcome
}

fn failed(job_id: i64, error: JobError) -> Failed {
    let text = error.to_string();
    let next = match error {
        JobError::Retry { after, .. } => Next::Retry(jittered(after)),
        JobError::Wait { after, .. } => Next::Wait(after),
        JobError::Fail { why } => {
            tracing::error!(job.id = job_id, error = %why, "a job failed for good");
            Next::Bury
        }
    };
    Failed { job_id, error: text, next }
}

/// Writes the outcome, as long as it takes: without it the jobs would run again.
async fn finish(app: &App, outcome: &Outcome, queue: &'static str) {
    let mut wait = Duration::from_millis(100);
    for _ in 0..20 {
        match app.store.finish_lane(outcome).await {
            Ok(true) => return,
            Ok(false) => {
                tracing::warn!(lane = %outcome.lane, job.queue = queue, "the lane's lease was lost");
                return;
            }
            Err(error) => {
                tracing::warn!(%error, lane = %outcome.lane, "a lane cannot be let go; trying again");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(2));
            }
        }
    }
    tracing::error!(lane = %outcome.lane, "a lane was left to its lease");
}

/// Renews the leases of lanes in work; a lane that is somebody else's now is given up.
async fn heartbeat(app: App, node: Node, stop: CancellationToken, held: Held) {
    loop {
        tokio::time::sleep(node.pace.lease / 4).await;
        let mine = held.lanes();
        if mine.is_empty() {
            if stop.is_cancelled() {
                return;
            }
            continue;
        }
        match app.store.renew_lanes(&mine, node.pace.lease).await {
            Ok(kept) => {
                let kept: BTreeSet<String> = kept.into_iter().collect();
                for (lane, epoch) in mine.iter().filter(|(lane, _)| !kept.contains(lane)) {
                    held.let_go(lane, *epoch);
                }
            }
            Err(error) => tracing::warn!(%error, "lane leases cannot be renewed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// CRM-2: a lane that was lost and claimed again here is the second worker's alone. The first one
    /// ends its job, and takes neither the next one nor the other's place in the heartbeat.
    #[test]
    fn crm_2_who_lost_a_lane_leaves_it_to_who_claimed_it_again() {
        let held = Held::default();
        let account = AccountId(Uuid::from_u128(1));
        let lane = |epoch| Lane { lane: "a".to_owned(), account, epoch, jobs: Vec::new() };
        held.take(&lane(1), "crm");
        assert!(held.is_held("a", 1));
        held.take(&lane(2), "crm");
        assert!(!held.is_held("a", 1) && held.is_held("a", 2));
        held.let_go("a", 1);
        assert_eq!(held.lanes(), [("a".to_owned(), 2)]);
        assert_eq!((held.in_work("crm").get(&account), held.in_work("send").len()), (Some(&1), 0));
        held.let_go("a", 2);
        assert!(held.lanes().is_empty());
    }
}
