//! Scenarios and working hours.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use domain::{
    ids::{ScenarioId, ScheduleId},
    scenario::Scenario,
    text::Words,
    working_hours::ScheduleForm,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use app::ScenarioRow;

use crate::{Api, As, Json, Keyed, Path, Problem, page::Page, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_scenarios, create_scenario))
        .routes(routes!(get_scenario, change_scenario, delete_scenario))
        .routes(routes!(list_schedules, create_schedule))
        .routes(routes!(change_schedule, delete_schedule))
}

#[derive(Serialize, ToSchema)]
struct ScenarioBody {
    scenario_id: ScenarioId,
    name: String,
    /// `steps` of the tree; docs/api.md describes it.
    #[schema(value_type = Object)]
    tree: Scenario,
    revision: i64,
    updated_at: DateTime<Utc>,
}

impl From<ScenarioRow> for ScenarioBody {
    fn from(row: ScenarioRow) -> Self {
        Self {
            scenario_id: row.scenario_id,
            name: row.name,
            tree: row.scenario,
            revision: row.revision,
            updated_at: row.updated_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScenarioForm {
    name: String,
    /// `steps` of the tree; docs/api.md describes it.
    #[schema(value_type = Object)]
    tree: Value,
}

/// Reads a part of a body that has a shape of its own; what is wrong is told at the field.
fn shaped<T: DeserializeOwned>(field: &str, value: Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| {
        app::Error::invalid(
            field,
            "bad_shape",
            Words::new(
                format!("Не удалось прочитать: {error}"),
                format!("Cannot be read: {error}"),
            ),
        )
        .into()
    })
}

/// All scenarios
#[utoipa::path(get, path = "/api/v1/scenarios", operation_id = "list_scenarios",
    tag = "scenarios", responses((status = 200, body = Page<ScenarioBody>), Refusals))]
async fn list_scenarios(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<ScenarioBody>>, Problem> {
    let items = api.app.scenarios(&actor).await?.into_iter().map(ScenarioBody::from).collect();
    Ok(Json(Page { items, next: None }))
}

/// Make a scenario; every wrong step is named
#[utoipa::path(post, path = "/api/v1/scenarios", operation_id = "create_scenario",
    tag = "scenarios",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat harmless")),
    request_body = ScenarioForm,
    responses((status = 201, body = ScenarioBody), Refusals))]
async fn create_scenario(
    State(api): State<Api>,
    As(actor): As,
    Keyed { body: form, key }: Keyed<ScenarioForm>,
) -> Result<(StatusCode, Json<ScenarioBody>), Problem> {
    let tree = shaped("tree", form.tree)?;
    let row = api.app.save_scenario(&actor, None, &form.name, tree, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// One scenario
#[utoipa::path(get, path = "/api/v1/scenarios/{scenario_id}", operation_id = "get_scenario",
    tag = "scenarios", params(("scenario_id" = ScenarioId, Path)),
    responses((status = 200, body = ScenarioBody), Refusals))]
async fn get_scenario(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ScenarioId>,
) -> Result<Json<ScenarioBody>, Problem> {
    Ok(Json(api.app.scenario(&actor, id).await?.into()))
}

/// Replace a scenario
#[utoipa::path(put, path = "/api/v1/scenarios/{scenario_id}", operation_id = "change_scenario",
    tag = "scenarios", params(("scenario_id" = ScenarioId, Path)), request_body = ScenarioForm,
    responses((status = 200, body = ScenarioBody), Refusals))]
async fn change_scenario(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ScenarioId>,
    Json(form): Json<ScenarioForm>,
) -> Result<Json<ScenarioBody>, Problem> {
    let tree = shaped("tree", form.tree)?;
    Ok(Json(api.app.save_scenario(&actor, Some(id), &form.name, tree, None).await?.into()))
}

/// Delete a scenario that no channel uses
#[utoipa::path(delete, path = "/api/v1/scenarios/{scenario_id}", operation_id = "delete_scenario",
    tag = "scenarios", params(("scenario_id" = ScenarioId, Path)),
    responses((status = 204), Refusals))]
async fn delete_scenario(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ScenarioId>,
) -> Result<StatusCode, Problem> {
    api.app.delete_scenario(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
struct ScheduleBody {
    schedule_id: ScheduleId,
    name: String,
    /// `time_zone`, `week`, `holidays`; docs/api.md describes it.
    #[schema(value_type = Object)]
    schedule: Value,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScheduleRequest {
    name: String,
    /// `time_zone`, `week`, `holidays`; docs/api.md describes it.
    #[schema(value_type = Object)]
    schedule: Value,
}

#[derive(Serialize, ToSchema)]
struct SavedSchedule {
    schedule_id: ScheduleId,
}

/// All working hours
#[utoipa::path(get, path = "/api/v1/schedules", operation_id = "list_schedules",
    tag = "scenarios", responses((status = 200, body = Page<ScheduleBody>), Refusals))]
async fn list_schedules(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<ScheduleBody>>, Problem> {
    let items = api
        .app
        .schedules(&actor)
        .await?
        .into_iter()
        .map(|s| ScheduleBody { schedule_id: s.schedule_id, name: s.name, schedule: s.form })
        .collect();
    Ok(Json(Page { items, next: None }))
}

/// Make working hours
#[utoipa::path(post, path = "/api/v1/schedules", operation_id = "create_schedule",
    tag = "scenarios",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat harmless")),
    request_body = ScheduleRequest,
    responses((status = 201, body = SavedSchedule), Refusals))]
async fn create_schedule(
    State(api): State<Api>,
    As(actor): As,
    Keyed { body, key }: Keyed<ScheduleRequest>,
) -> Result<(StatusCode, Json<SavedSchedule>), Problem> {
    let form: ScheduleForm = shaped("schedule", body.schedule)?;
    let key = key.as_ref();
    let schedule_id = api.app.save_schedule(&actor, None, &body.name, form, key).await?;
    Ok((StatusCode::CREATED, Json(SavedSchedule { schedule_id })))
}

/// Replace working hours
#[utoipa::path(put, path = "/api/v1/schedules/{schedule_id}", operation_id = "change_schedule",
    tag = "scenarios", params(("schedule_id" = ScheduleId, Path)), request_body = ScheduleRequest,
    responses((status = 200, body = SavedSchedule), Refusals))]
async fn change_schedule(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ScheduleId>,
    Json(body): Json<ScheduleRequest>,
) -> Result<Json<SavedSchedule>, Problem> {
    let form: ScheduleForm = shaped("schedule", body.schedule)?;
    let schedule_id = api.app.save_schedule(&actor, Some(id), &body.name, form, None).await?;
    Ok(Json(SavedSchedule { schedule_id }))
}

/// Delete working hours; scenarios that name them take them as open
#[utoipa::path(delete, path = "/api/v1/schedules/{schedule_id}", operation_id = "delete_schedule",
    tag = "scenarios", params(("schedule_id" = ScheduleId, Path)),
    responses((status = 204), Refusals))]
async fn delete_schedule(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ScheduleId>,
) -> Result<StatusCode, Problem> {
    api.app.delete_schedule(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
