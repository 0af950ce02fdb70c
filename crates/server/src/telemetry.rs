//! Logs and figures of this process.

use std::{
    io::{self, IsTerminal},
    sync::OnceLock,
    time::Duration,
};

use anyhow::{Context, Result};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{Log, LogFormat, Telemetry};

/// Histograms are summed up this often, so that they do not grow between two scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// Seconds; fine where intake and the socket must be fast.
const BUCKETS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Begins to write logs, to the standard error output, and to send traces where the settings say.
/// Once for a process.
pub fn start_logs(log: &Log, telemetry: &Telemetry) -> Result<()> {
    let filter = EnvFilter::try_new(&log.level).context("The setting log.level cannot be read")?;
    // Statements' texts are no business of a log, and each would be a line.
    let filter = match log.level.contains("sqlx") {
        true => filter,
        false => filter.add_directive("sqlx=warn".parse()?),
    };
    let registry = tracing_subscriber::registry().with(traces::layer(telemetry)?).with(filter);
    match log.format {
        LogFormat::Human => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_target(false)
                    .with_ansi(io::stderr().is_terminal())
                    .with_writer(io::stderr),
            )
            .try_init()?,
        LogFormat::Json => registry
            .with(
                tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(io::stderr),
            )
            .try_init()?,
    }
    Ok(())
}

/// Sends what is still to be sent of the traces.
pub fn end_traces() {
    traces::end();
}

#[cfg(feature = "otlp")]
mod traces {
    //! Traces by OTLP over HTTP.

    use std::sync::OnceLock;

    use anyhow::{Context, Result};
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_otlp::{SpanExporter, WithExportConfig};
    use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
    use tracing_subscriber::{Layer, Registry};

    use crate::config::Telemetry;

    static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

    pub fn layer(telemetry: &Telemetry) -> Result<Option<impl Layer<Registry> + use<>>> {
        let Some(endpoint) = &telemetry.otlp_endpoint else { return Ok(None) };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/')))
            .build()
            .context("The setting telemetry.otlp_endpoint cannot be used")?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(Resource::builder().with_service_name("beseda").build())
            .build();
        let tracer = provider.tracer("beseda");
        // A process has one; a second start of logs is refused by `try_init` anyway.
        let _ = PROVIDER.set(provider);
        Ok(Some(tracing_opentelemetry::layer().with_tracer(tracer)))
    }

    pub fn end() {
        if let Some(provider) = PROVIDER.get()
            && let Err(error) = provider.shutdown()
        {
            tracing::debug!(%error, "the last traces were not sent");
        }
    }
}

#[cfg(not(feature = "otlp"))]
mod traces {
    //! This build sends no traces; a setting without effect is refused.

    use anyhow::Result;
    use tracing_subscriber::layer::Identity;

    use crate::config::Telemetry;

    pub fn layer(telemetry: &Telemetry) -> Result<Option<Identity>> {
        anyhow::ensure!(
            telemetry.otlp_endpoint.is_none(),
            "The setting telemetry.otlp_endpoint: this build cannot send traces. What to do: build \
             it with `--features otlp`, or leave the setting empty."
        );
        Ok(None)
    }

    pub fn end() {}
}

/// The recorder belongs to the process, not to a server: tests run several servers in one process.
static FIGURES: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

pub fn figures() -> Option<PrometheusHandle> {
    FIGURES
        .get_or_init(|| {
            PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
                .ok()?
                .install_recorder()
                .inspect_err(|error| tracing::error!(%error, "figures are not collected"))
                .ok()
        })
        .clone()
}

/// Keeps figures small until stopped.
pub async fn upkeep(figures: PrometheusHandle, stop: CancellationToken) {
    let mut every = tokio::time::interval(UPKEEP);
    while stop.run_until_cancelled(every.tick()).await.is_some() {
        figures.run_upkeep();
    }
}
