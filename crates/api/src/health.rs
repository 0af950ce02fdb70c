//! For those who watch the installation: alive, ready, figures.

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::text::Words;

use crate::{Api, Problem};

pub fn routes() -> Router<Api> {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// Ready when the database answers and has this program's schema.
async fn ready(State(api): State<Api>) -> Result<&'static str, Problem> {
    match api.app.ready().await? {
        app::Ready::Yes => Ok("ready\n"),
        app::Ready::Migrating { pending } => Err(Problem {
            details: serde_json::json!({ "pending_migrations": pending }),
            retry_after: Some(1),
            ..Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "migrations_pending",
                Words::new(
                    "База данных ещё не обновлена: выполните beseda migrate.",
                    "The database is not up to date: run beseda migrate.",
                ),
            )
        }),
    }
}

async fn metrics(State(api): State<Api>) -> Response {
    match &api.metrics {
        Some(render) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], render())
                .into_response()
        }
        None => Problem::not_found().into_response(),
    }
}
