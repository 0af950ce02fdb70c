//! What happens by the clock: answer times that ran out, silence that closes, old rows that go.

use std::time::Duration;

use app::App;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Node, jittered, pause};

const DUE_AT_ONCE: i64 = 200;
const OFTEN: Duration = Duration::from_millis(500);
const SELDOM: Duration = Duration::from_secs(600);
/// Lists of CRMs are due at midnight, or since a write showed that they are old.
const LISTS: Duration = Duration::from_secs(15);
/// CRM accounts are due daily.
const UPKEEP: Duration = Duration::from_secs(60);
/// Each is a handful of calls to another service.
const LISTS_AT_ONCE: i64 = 5;

pub fn start(app: &App, node: &Node, stop: &CancellationToken, tracker: &TaskTracker) {
    tracker.spawn(often(app.clone(), stop.clone()));
    tracker.spawn(seldom(app.clone(), node.clone(), stop.clone()));
    tracker.spawn(pull_lists(app.clone(), stop.clone()));
    tracker.spawn(look_after_portals(app.clone(), stop.clone()));
    tracker.spawn(inspect(app.clone(), node.clone(), stop.clone()));
}

async fn often(app: App, stop: CancellationToken) {
    loop {
        for (what, done) in [
            ("auto-close", app.auto_close_due(DUE_AT_ONCE).await),
            ("routing", app.route_due(DUE_AT_ONCE).await),
        ] {
            if let Err(error) = done {
                tracing::warn!(%error, what, "a sweep did not run");
            }
        }
        if !pause(&stop, jittered(OFTEN)).await {
            return;
        }
    }
}

async fn seldom(app: App, node: Node, stop: CancellationToken) {
    loop {
        if let Err(error) = app.prune(node.pace.keep_events, &stop).await {
            tracing::warn!(%error, "old rows were not removed");
        }
        if !pause(&stop, jittered(SELDOM)).await {
            return;
        }
    }
}

/// Users, funnels and fields of CRMs (AMO-12).
async fn pull_lists(app: App, stop: CancellationToken) {
    loop {
        match app.pull_due_directories(LISTS_AT_ONCE).await {
            // There may be more.
            Ok(taken) if taken > 0 && !stop.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "lists of CRMs were not pulled"),
        }
        if !pause(&stop, jittered(LISTS)).await {
            return;
        }
    }
}

/// Tokens, webhooks and states of CRM accounts, daily of each (CRM-7).
async fn look_after_portals(app: App, stop: CancellationToken) {
    loop {
        match app.look_after_portals(LISTS_AT_ONCE).await {
            // There may be more.
            Ok(taken) if taken > 0 && !stop.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "CRM accounts were not looked after"),
        }
        if !pause(&stop, jittered(UPKEEP)).await {
            return;
        }
    }
}

/// Looks at every channel's account in turn, spread over the interval.
async fn inspect(app: App, node: Node, stop: CancellationToken) {
    loop {
        if !pause(&stop, jittered(node.pace.inspect)).await {
            return;
        }
        let mut after = None;
        loop {
            let page = match app.store.channel_ids_after(after, 100).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(%error, "channels cannot be looked at");
                    break;
                }
            };
            let Some((_, last)) = page.last() else { break };
            after = Some(*last);
            for (account, channel) in page {
                if stop.is_cancelled() {
                    return;
                }
                if let Err(error) = app.inspect(account, channel).await {
                    tracing::warn!(%error, channel.id = %channel, "a channel was not looked at");
                }
            }
        }
    }
}
