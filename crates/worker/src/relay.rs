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
const AT_A_TURN: i64 = 5;

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

/// Relays every account whose CRMs are behind, a page of each in turn, and looks again after a few: who
/// has little to pass on does not wait for who has much. What another process reads is left to it.
async fn pass_on_to_crms(app: &App) -> Result<(), app::Error> {
    let mut most = AT_A_TURN;
    loop {
        let mut went_on = false;
        for account in app.store.accounts_behind_crm(most).await? {
            went_on |= app.crm_relay(account).await?;
        }
        most = match (went_on, most) {
            (true, _) => AT_A_TURN,
            // These few are with other processes: is there anybody else?
            (false, AT_A_TURN) => ACCOUNTS,
            (false, _) => return Ok(()),
        };
    }
}
