//! Saying that this process lives, and telling the others that the feed grew.

use std::{collections::BTreeMap, time::Duration};

use app::App;
use store::{Hint, Origin};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Node, pause};

const BEAT: Duration = Duration::from_secs(3);
/// A process silent for so long is not told any more; it polls when it comes back.
const ALIVE: Duration = Duration::from_secs(15);
/// Hints gathered into one notification: committing notifiers queue behind one another.
const GATHER: Duration = Duration::from_millis(5);

pub fn start(app: &App, node: &Node, stop: &CancellationToken, tracker: &TaskTracker) {
    let (others, alone) = tokio::sync::watch::channel(0_i64);
    tracker.spawn(beat(app.clone(), node.clone(), stop.clone(), others));
    tracker.spawn(notify(app.clone(), node.clone(), stop.clone(), alone));
    tracker.spawn(listen(app.clone(), node.clone(), stop.clone()));
}

async fn beat(
    app: App,
    node: Node,
    stop: CancellationToken,
    others: tokio::sync::watch::Sender<i64>,
) {
    let roles = format!("{:?}", node.roles);
    let me = store::Node { node_id: node.node_id, name: node.name.clone(), roles };
    loop {
        match app.store.beat(&me, ALIVE).await {
            Ok(count) => {
                others.send_replace(count);
            }
            Err(error) => tracing::warn!(%error, "no heartbeat: the database does not answer"),
        }
        if !pause(&stop, BEAT).await {
            break;
        }
    }
    if let Err(error) = app.store.forget_node(node.node_id).await {
        tracing::debug!(%error, "the node's row stays until it is forgotten by age");
    }
}

async fn notify(
    app: App,
    node: Node,
    stop: CancellationToken,
    others: tokio::sync::watch::Receiver<i64>,
) {
    let mut hints = app.store.hints();
    loop {
        let first = tokio::select! {
            () = stop.cancelled() => return,
            hint = hints.recv() => hint,
        };
        let mut gathered = BTreeMap::new();
        match first {
            Ok(hint) => gather(&mut gathered, hint),
            // Overtaken by commits: readers elsewhere poll.
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        }
        if *others.borrow() == 0 || gathered.is_empty() {
            continue;
        }
        if !pause(&stop, GATHER).await {
            return;
        }
        while let Ok(hint) = hints.try_recv() {
            gather(&mut gathered, hint);
        }
        if let Err(error) = app.store.notify(node.node_id, &gathered).await {
            tracing::debug!(%error, "a notification was not sent; the others poll");
        }
    }
}

fn gather(gathered: &mut BTreeMap<domain::ids::AccountId, i64>, hint: Hint) {
    if hint.origin == Origin::Here {
        let seq = gathered.entry(hint.account).or_default();
        *seq = hint.seq.max(*seq);
    }
}

async fn listen(app: App, node: Node, stop: CancellationToken) {
    loop {
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = app.store.listen(node.node_id) => ended,
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "notifications broke off; listening again");
        }
        if !pause(&stop, Duration::from_secs(1)).await {
            return;
        }
    }
}
