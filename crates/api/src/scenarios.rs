//! Scenarios and working hours.

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use domain::{
    attribution::Attribution,
    channel::ChannelKind,
    ids::{ChannelId, ScenarioId, ScheduleId},
    scenario::{EnquiryOrder, Known, Scenario},
    text::Words,
    working_hours::ScheduleForm,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use app::{Example, ScenarioRow};

use crate::{Api, As, Json, Keyed, Path, Problem, page::Page, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_scenarios, create_scenario))
        .routes(routes!(get_scenario, change_scenario, delete_scenario))
        .routes(routes!(try_scenario))
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
    /// The revision that was read: when it is another one by now, 409 `changed_meanwhile` and nothing
    /// is saved. Left out, it is replaced whatever it is.
    #[serde(default)]
    revision: Option<i64>,
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
    let row = api.app.save_scenario(&actor, None, None, &form.name, tree, key.as_ref()).await?;
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
    let saved =
        api.app.save_scenario(&actor, Some(id), form.revision, &form.name, tree, None).await?;
    Ok(Json(saved.into()))
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

/// A new conversation to try a scenario on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TryExample {
    /// One of the company's channels, or `null` for any of `channel_kind`.
    channel_id: Option<ChannelId>,
    #[serde(default)]
    channel_kind: String,
    site: Option<String>,
    page: Option<String>,
    campaign: Option<String>,
    source: Option<String>,
    /// Without the prefix `utm_`.
    #[serde(default)]
    utm: BTreeMap<String, String>,
    language: Option<String>,
    #[serde(default)]
    text: String,
    /// The contact's first enquiry ever.
    #[serde(default = "yes")]
    first: bool,
    /// A phone or an e-mail of the contact is known.
    #[serde(default)]
    contact_known: bool,
    /// When it comes; now unless told.
    at: Option<DateTime<Utc>>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TryForm {
    /// `steps` of the tree; docs/api.md describes it.
    #[schema(value_type = Object)]
    tree: Value,
    example: TryExample,
}

#[derive(Serialize, ToSchema)]
struct TriedBody {
    /// In the order of the walk.
    steps: Vec<TriedStepBody>,
    /// What becomes of the conversation.
    result: Words,
}

#[derive(Serialize, ToSchema)]
struct TriedStepBody {
    /// JSON Pointer into the tree: `/steps/0/then/1`.
    path: String,
    text: Words,
    /// `yes`, `no` (conditions), `done`, `skipped`, `waits`, `offered`, `shown`, `nobody`, `closed`,
    /// `ended`.
    outcome: String,
}

impl From<TryExample> for Example {
    fn from(body: TryExample) -> Self {
        Self {
            channel: body.channel_id,
            kind: ChannelKind::new(&body.channel_kind),
            attribution: Attribution {
                site: body.site,
                page: body.page,
                campaign: body.campaign,
                source: body.source,
                utm: body.utm,
                ..Attribution::default()
            },
            language: body.language,
            text: body.text,
            enquiry: if body.first { EnquiryOrder::First } else { EnquiryOrder::Repeat },
            contact: if body.contact_known { Known::Known } else { Known::Unknown },
            at: body.at,
        }
    }
}

/// Walk an example through a scenario that need not be saved; nothing is written
#[utoipa::path(post, path = "/api/v1/scenarios/try", operation_id = "try_scenario",
    tag = "scenarios", request_body = TryForm,
    responses((status = 200, body = TriedBody), Refusals))]
async fn try_scenario(
    State(api): State<Api>,
    As(actor): As,
    Json(form): Json<TryForm>,
) -> Result<Json<TriedBody>, Problem> {
    let tree = shaped("tree", form.tree)?;
    let tried = api.app.try_scenario(&actor, tree, form.example.into()).await?;
    let steps = tried.steps.into_iter().map(|step| TriedStepBody {
        path: step.path,
        text: step.text,
        outcome: step.outcome.to_owned(),
    });
    Ok(Json(TriedBody { steps: steps.collect(), result: tried.result }))
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
