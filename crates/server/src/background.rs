//! What runs beside the web face: queued work and held connections.

use anyhow::Result;
use app::App;
use tokio_util::sync::CancellationToken;

use crate::{Config, config::Role};

/// Runs until stopped; returns when its work is handed back.
pub async fn run(app: App, config: &Config, stop: CancellationToken) -> Result<()> {
    let roles: Vec<&str> = config.roles.iter().map(|r| r.as_str()).collect();
    let _ = (app, Role::Worker);
    tracing::info!(roles = roles.join(","), "at work");
    stop.cancelled().await;
    Ok(())
}
