//! Passing the feed on to outgoing webhooks: each account that has endpoints is relayed when its feed
//! grows, and all are looked at now and then.

use std::{collections::BTreeSet, time::Duration};

use app::App;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Node, pause};

/// Hints gathered before a relay, so that a burst is one transaction.
const GATHER: Duration = Duration::from_millis(50);
const LOOK_AT_ALL: Duration = Duration::from_secs(5);

pub fn start(app: &App, _node: &Node, stop: &CancellationToken, tracker: &TaskTracker) {
    tracker.spawn(relay(app.clone(), stop.clone()));
}

async fn relay(app: App, stop: CancellationToken) {
    let mut hints = app.store.hints();
    let mut all = tokio::time::interval(LOOK_AT_ALL);
    all.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let mut grown = BTreeSet::new();
        tokio::select! {
            () = stop.cancelled() => return,
            _ = all.tick() => {
                match app.store.accounts_to_relay().await {
                    Ok(accounts) => grown.extend(accounts),
                    Err(error) => tracing::debug!(%error, "endpoints cannot be looked at"),
                }
            }
            hint = hints.recv() => {
                match hint {
                    Ok(hint) => { grown.insert(hint.account); }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
                if !pause(&stop, GATHER).await {
                    return;
                }
                while let Ok(hint) = hints.try_recv() {
                    grown.insert(hint.account);
                }
                match app.store.accounts_to_relay().await {
                    Ok(behind) => grown.retain(|a| behind.contains(a)),
                    Err(_) => grown.clear(),
                }
            }
        }
        for account in grown {
            if let Err(error) = app.relay(account).await {
                tracing::warn!(%error, "the feed was not passed on to endpoints");
            }
        }
    }
}
