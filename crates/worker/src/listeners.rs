//! The supervisor of held connections: compares the channels that want a listener with those that
//! run here, takes what nobody owns, and gives up what is somebody else's or has other settings now.

use std::{collections::HashMap, time::Duration};

use app::App;
use channel::ListenError;
use domain::{
    channel::{ChannelState, StateReport},
    ids::ChannelId,
    text::Words,
};
use store::ChannelLease;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Node, jittered, pause};

/// Failures in a row after which people are told; before it is a passing fault.
const TELL_AFTER: i32 = 3;
/// A listener that ran so long has recovered.
const RECOVERED: Duration = Duration::from_secs(60);

struct Running {
    lease: ChannelLease,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

pub fn start(app: &App, node: &Node, stop: &CancellationToken, tracker: &TaskTracker) {
    tracker.spawn(supervise(app.clone(), node.clone(), stop.clone(), tracker.clone()));
}

async fn supervise(app: App, node: Node, stop: CancellationToken, tracker: TaskTracker) {
    let mut running: HashMap<ChannelId, Running> = HashMap::new();
    let beat = (node.pace.lease / 4).min(Duration::from_secs(2));
    loop {
        running.retain(|_, r| !r.task.is_finished());
        match app.store.renew_channels(node.node_id, node.pace.lease).await {
            Ok(held) => {
                for (channel, r) in &running {
                    let ours = held.iter().find(|h| h.channel == *channel);
                    let stays = ours.is_some_and(|h| h.wanted && h.revision == r.lease.revision);
                    if !stays {
                        r.stop.cancel();
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "channel leases cannot be renewed"),
        }
        let room = node.pace.connections.saturating_sub(running.len()).min(50);
        let room = i64::try_from(room).unwrap_or(0);
        match app.store.claim_channels(node.node_id, room, node.pace.lease).await {
            Ok(claimed) => {
                for lease in claimed {
                    // A former run of ours may still be ending.
                    if let Some(former) = running.remove(&lease.channel) {
                        former.stop.cancel();
                    }
                    let child = stop.child_token();
                    let task = tracker.spawn(hold(app.clone(), node.clone(), lease, child.clone()));
                    running.insert(lease.channel, Running { lease, stop: child, task });
                }
            }
            Err(error) => tracing::warn!(%error, "channels cannot be claimed"),
        }
        if !pause(&stop, beat).await {
            break;
        }
    }
    for r in running.into_values() {
        r.stop.cancel();
    }
}

/// Runs one channel's listener while the lease is ours.
async fn hold(app: App, node: Node, lease: ChannelLease, stop: CancellationToken) {
    let failures = app.store.channel_failures(lease.channel).await.unwrap_or(0);
    let began = tokio::time::Instant::now();
    let ended = listen(&app, lease, stop.clone()).await;
    let recovered = began.elapsed() > RECOVERED;
    let (back_off, failures) = match ended {
        Ok(()) => (Duration::ZERO, 0),
        Err(ListenError::Accept(error)) => {
            tracing::warn!(%error, channel.id = %lease.channel, "a listener could not store");
            (Duration::from_secs(1), failures)
        }
        Err(ListenError::Stopped(report)) => {
            if let Err(error) = app.report(lease.account, lease.channel, &report).await {
                tracing::warn!(%error, channel.id = %lease.channel, "a state was not written");
            }
            (Duration::from_secs(30), 0)
        }
        Err(ListenError::Interrupted(why)) => {
            let failures = if recovered { 1 } else { failures.saturating_add(1) };
            tracing::info!(channel.id = %lease.channel, %why, failures, "a listener was interrupted");
            if failures >= TELL_AFTER {
                interrupted(&app, lease).await;
            }
            let seconds = 1_u64 << u32::try_from(failures.clamp(0, 6)).unwrap_or(0);
            (jittered(Duration::from_secs(seconds)), failures)
        }
    };
    if let Err(error) = app.store.release_channel(&lease, node.node_id, back_off, failures).await {
        tracing::debug!(%error, "a channel's lease is left to run out");
    }
}

async fn listen(
    app: &App,
    lease: ChannelLease,
    stop: CancellationToken,
) -> Result<(), ListenError> {
    let fault = |e: app::Error| ListenError::Interrupted(e.to_string());
    let Some(row) = app.channel_row(lease.account, lease.channel).await.map_err(fault)? else {
        return Ok(());
    };
    let driver = app.driver(&row).map_err(fault)?;
    let Some(listener) = driver.listener() else { return Ok(()) };
    let channel = app.driver_channel(&row);
    let inbox = app.inbox(row, lease);
    listener.run(&channel, &inbox, stop).await
}

async fn interrupted(app: &App, lease: ChannelLease) {
    let report = StateReport::new(
        ChannelState::Interrupted,
        Words::new("Связь с сервисом прерывается.", "The connection to the service breaks off."),
        Words::new(
            "Ничего делать не нужно: мы переподключаемся. Сообщения придут позже.",
            "Nothing to do: we are reconnecting. Messages will come later.",
        ),
    );
    if let Err(error) = app.report(lease.account, lease.channel, &report).await {
        tracing::warn!(%error, channel.id = %lease.channel, "a state was not written");
    }
}
