//! Saying that this process lives, and telling the others that the feed grew.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use app::App;
use store::{Hint, Origin};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Node,
    fanout::{Fanout, PostgresFanout},
    pause,
};

const BEAT: Duration = Duration::from_secs(3);
/// A process silent for so long is not told any more; it polls when it comes back.
const ALIVE: Duration = Duration::from_secs(15);
/// Hints gathered into one notification: committing notifiers queue behind one another.
const GATHER: Duration = Duration::from_millis(5);

pub fn start(app: &App, node: &Node, stop: &CancellationToken, tracker: &TaskTracker) {
    let (others, alone) = tokio::sync::watch::channel(0_i64);
    tracker.spawn(beat(app.clone(), node.clone(), stop.clone(), others));
    let fanout: Arc<dyn Fanout> = Arc::new(PostgresFanout::new(app.store.clone(), node.node_id));
    tracker.spawn(tell(app.clone(), fanout.clone(), stop.clone(), alone.clone()));
    tracker.spawn(pass(app.clone(), fanout.clone(), stop.clone(), alone));
    tracker.spawn(hear(fanout, stop.clone()));
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

async fn tell(
    app: App,
    fanout: Arc<dyn Fanout>,
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
        if let Err(error) = fanout.tell(&gathered).await {
            tracing::debug!(%error, "hints were not sent; the others poll");
        }
    }
}

/// Hands this process's signs of life to the others.
async fn pass(
    app: App,
    fanout: Arc<dyn Fanout>,
    stop: CancellationToken,
    others: tokio::sync::watch::Receiver<i64>,
) {
    let mut signs = app.store.passing();
    loop {
        let next = tokio::select! {
            () = stop.cancelled() => return,
            next = signs.recv() => next,
        };
        match next {
            Ok((Origin::Here, passing)) if *others.borrow() > 0 => {
                if let Err(error) = fanout.pass(&passing).await {
                    tracing::debug!(%error, "a sign of life was not sent");
                }
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

fn gather(gathered: &mut BTreeMap<domain::ids::AccountId, i64>, hint: Hint) {
    if hint.origin == Origin::Here {
        let seq = gathered.entry(hint.account).or_default();
        *seq = hint.seq.max(*seq);
    }
}

async fn hear(fanout: Arc<dyn Fanout>, stop: CancellationToken) {
    loop {
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = fanout.hear() => ended,
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "hints of others broke off; listening again");
        }
        if !pause(&stop, Duration::from_secs(1)).await {
            return;
        }
    }
}
