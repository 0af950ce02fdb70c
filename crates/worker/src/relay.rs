//! Passing the feed on to outgoing webhooks and to CRMs: each account that has some is relayed when its
//! feed grows, and all are looked at now and then.

use std::time::Duration;

use app::App;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::pause;

/// Hints gathered before a relay, so that a burst is one transaction.
const GATHER: Duration = Duration::from_millis(50);
const LOOK_AT_ALL: Duration = Duration::from_secs(5);
/// Accounts looked up at once.
const ACCOUNTS: i64 = 100;

pub fn start(app: &App, stop: &CancellationToken, tracker: &TaskTracker) {
    tracker.spawn(relay(app.clone(), stop.clone()));
}

async fn relay(app: App, stop: CancellationToken) {
    let mut hints = app.store.hints();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_AT_ALL) => {}
            hint = hints.recv() => {
                if matches!(hint, Err(RecvError::Closed)) || !pause(&stop, GATHER).await {
                    return;
                }
                while hints.try_recv().is_ok() {}
            }
        }
        if let Err(error) = pass_on(&app).await {
            tracing::warn!(%error, "the feed was not passed on to endpoints");
        }
        if let Err(error) = pass_on_to_crms(&app).await {
            tracing::warn!(%error, "the feed was not passed on to CRMs");
        }
    }
}

/// Relays every account whose endpoints are behind its feed, as long as there are some.
async fn pass_on(app: &App) -> Result<(), app::Error> {
    loop {
        let behind = app.store.accounts_behind(ACCOUNTS).await?;
        let all = behind.len() < usize::try_from(ACCOUNTS).unwrap_or(usize::MAX);
        for account in behind {
            while app.relay(account).await? {}
        }
        if all {
            return Ok(());
        }
    }
}

/// The same for every account whose CRMs are behind.
async fn pass_on_to_crms(app: &App) -> Result<(), app::Error> {
    loop {
        let behind = app.store.accounts_behind_crm(ACCOUNTS).await?;
        let all = behind.len() < usize::try_from(ACCOUNTS).unwrap_or(usize::MAX);
        for account in behind {
            while app.crm_relay(account).await? {}
        }
        if all {
            return Ok(());
        }
    }
}
