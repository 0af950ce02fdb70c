//! Removing rows whose time is over.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{App, Result};

/// How long the log of outgoing webhooks is kept.
const KEEP_DELIVERIES: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long the log of decisions about CRMs is kept.
const KEEP_CRM_RUNS: Duration = Duration::from_secs(90 * 24 * 3600);

impl App {
    /// Removes old rows in bounded steps, until nothing is left to remove or the process stops.
    pub async fn prune(&self, keep_events: Duration, stop: &CancellationToken) -> Result<()> {
        while !stop.is_cancelled() && self.store.prune_events(keep_events).await? > 0 {}
        self.store.prune_early_reports().await?;
        self.store.prune_number_checks().await?;
        self.store.prune_sessions(self.clock.now()).await?;
        self.store.prune_answers(store::ANSWERS_KEPT).await?;
        while !stop.is_cancelled() && self.store.prune_deliveries(KEEP_DELIVERIES).await? > 0 {}
        while !stop.is_cancelled() && self.store.prune_crm_runs(KEEP_CRM_RUNS).await? > 0 {}
        self.store.prune_consents().await?;
        self.store.prune_channel_consents().await?;
        self.store.prune_rates().await?;
        Ok(())
    }
}
