//! Runs what `app` decided to do later: jobs, schedules, held connections. Decides nothing itself.
//!
//! [`run`] starts every duty of this process's roles as tasks of one tracker; all watch one stop
//! token. Work is owned by leases on the database's clock, so any number of processes may run and a
//! killed one's work is taken over when its leases run out.

mod beat;
mod fanout;
mod jobs;
mod listeners;
mod relay;
mod sweeps;

pub use fanout::{Fanout, FanoutError, PostgresFanout};

use std::time::Duration;

use app::App;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

/// This process.
#[derive(Debug, Clone)]
pub struct Node {
    pub node_id: Uuid,
    /// Host name and process id, for people.
    pub name: String,
    pub roles: Roles,
    pub pace: Pace,
}

/// What this process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    pub jobs: Duty,
    pub listeners: Duty,
}

/// Whether a duty is this process's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    Mine,
    Others,
}

/// How fast things are looked at and given up.
#[derive(Debug, Clone)]
pub struct Pace {
    /// A killed process's work is taken over after so long.
    pub lease: Duration,
    /// How often other processes' jobs are looked for.
    pub poll: Duration,
    /// Lanes at once, for each queue.
    pub lanes: usize,
    /// Held connections at most.
    pub connections: usize,
    /// How often channels' accounts are looked at.
    pub inspect: Duration,
    /// How long the feed is kept.
    pub keep_events: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(10),
            poll: Duration::from_millis(500),
            lanes: 16,
            connections: 2000,
            inspect: Duration::from_secs(300),
            keep_events: Duration::from_secs(7 * 24 * 3600),
        }
    }
}

/// Starts this process's duties; they end when `stop` is cancelled. Wait for them with
/// `tracker.close()` and `tracker.wait()`.
pub fn run(app: &App, node: &Node, stop: &CancellationToken, tracker: &TaskTracker) {
    beat::start(app, node, stop, tracker);
    if node.roles.jobs == Duty::Mine {
        jobs::start(app, node, stop, tracker);
        sweeps::start(app, node, stop, tracker);
        relay::start(app, stop, tracker);
    }
    if node.roles.listeners == Duty::Mine {
        listeners::start(app, node, stop, tracker);
    }
}

/// Waits, unless stopped first; false when stopped.
async fn pause(stop: &CancellationToken, time: Duration) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(time) => true,
    }
}

/// The time with up to a fifth added, so that processes do not move in step.
fn jittered(time: Duration) -> Duration {
    time + time.mul_f64(rand::random::<f64>() / 5.0)
}
