//! What runs beside the web face: queued work and held connections.

use std::time::Duration;

use anyhow::Result;
use app::App;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use worker::{Duty, Node, Pace, Roles};

use crate::{Config, config::Role};

/// Runs until stopped; returns when its work is handed back.
pub async fn run(app: App, config: &Config, stop: CancellationToken) -> Result<()> {
    let duty = |role| if config.roles.contains(&role) { Duty::Mine } else { Duty::Others };
    let node = Node {
        node_id: app.ids.uuid(),
        name: format!("{}:{}", host_name(), std::process::id()),
        roles: Roles { jobs: duty(Role::Worker), listeners: duty(Role::Listener) },
        pace: Pace {
            lease: config.jobs.lease,
            poll: config.jobs.poll,
            lanes: usize::try_from(config.jobs.concurrency.get()).unwrap_or(32),
            keep_events: Duration::from_secs(u64::from(config.events.keep_days.get()) * 24 * 3600),
            ..Pace::default()
        },
    };
    tracing::info!(node.id = %node.node_id, node.name = %node.name, "at work");
    let tracker = TaskTracker::new();
    worker::run(&app, &node, &stop, &tracker);
    stop.cancelled().await;
    tracker.close();
    tracker.wait().await;
    Ok(())
}

fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "host".to_owned(), |name| name.trim().to_owned())
}
