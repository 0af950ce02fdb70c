//! How the asker has set the workstation.

use axum::extract::State;
use domain::preferences::PreferencesView;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Problem, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(get_preferences, set_preferences))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreferencesBody {
    /// Any object of at most 64 KiB.
    #[schema(value_type = Object)]
    preferences: Map<String, Value>,
}

/// One's own settings of the workstation; what they say is the faces' own affair
#[utoipa::path(get, path = "/api/v1/me/preferences", operation_id = "get_preferences",
    tag = "people", responses((status = 200, body = PreferencesView), Refusals))]
async fn get_preferences(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<PreferencesView>, Problem> {
    Ok(Json(api.app.preferences(&actor).await?))
}

/// Replace one's own settings of the workstation
#[utoipa::path(put, path = "/api/v1/me/preferences", operation_id = "set_preferences",
    tag = "people", request_body = PreferencesBody,
    responses((status = 200, body = PreferencesView), Refusals))]
async fn set_preferences(
    State(api): State<Api>,
    As(actor): As,
    Json(body): Json<PreferencesBody>,
) -> Result<Json<PreferencesView>, Problem> {
    Ok(Json(api.app.set_preferences(&actor, body.preferences).await?))
}
