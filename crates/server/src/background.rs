//! What runs beside the web face: queued work and held connections, as this process's roles say.

use std::{fs, process, time::Duration};

use app::App;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use worker::{Duty, Node, Pace, Roles};

use crate::{Config, config::Role};

/// Starts the duties as tasks of the tracker; they end, with their leases given back, after `stop`.
pub fn start(app: &App, config: &Config, stop: &CancellationToken, tasks: &TaskTracker) {
    worker::run(app, &node(app, config), stop, tasks);
}

fn node(app: &App, config: &Config) -> Node {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let duty = |role| if config.roles.contains(&role) { Duty::Mine } else { Duty::Others };
    Node {
        node_id: app.ids.uuid(),
        name: format!("{} {}", host.trim(), process::id()),
        roles: Roles { jobs: duty(Role::Worker), listeners: duty(Role::Listener) },
        pace: pace(config),
    }
}

fn pace(config: &Config) -> Pace {
    let days = u64::from(config.events.keep_days.get());
    Pace {
        lease: config.jobs.lease,
        poll: config.jobs.poll,
        lanes: config.jobs.concurrency.get() as usize,
        connections: config.channels.connections.get() as usize,
        inspect: config.channels.inspect,
        keep_events: Duration::from_secs(days * 24 * 60 * 60),
    }
}
