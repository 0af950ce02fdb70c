//! Channels: kinds with their forms, connecting, states, the quarantine.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use chrono::{DateTime, Utc};
use domain::{
    channel::{Capabilities, ChannelKind},
    channel_log::ChannelLogLine,
    ids::{ChannelId, EmployeeId, QuarantineId, ScenarioId},
    text::Words,
    view::ChannelView,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use app::{ChannelDetails, ChannelForm};

use crate::{
    Api, As, Json, Keyed, PageQuery, Path, Problem, Query, page::Page, refusals::Refusals,
};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_channel_kinds))
        .routes(routes!(list_channels, create_channel))
        .routes(routes!(list_channel_details))
        .routes(routes!(get_channel, change_channel, delete_channel))
        .routes(routes!(reconnect_channel))
        .routes(routes!(disable_channel))
        .routes(routes!(list_channel_log))
        .routes(routes!(list_quarantine))
        .routes(routes!(get_quarantine_body))
        .routes(routes!(resolve_quarantine))
}

/// A kind of channel that can be connected.
#[derive(Serialize, ToSchema)]
struct KindBody {
    #[schema(value_type = String)]
    kind: ChannelKind,
    title: Words,
    capabilities: Capabilities,
    /// `intro` and `fields` (`key`, `label`, `help`, `kind` and what belongs to it, `required`,
    /// `advanced`): draw it, and send the answers as `settings`.
    #[schema(value_type = Object)]
    form: channel::SettingsForm,
}

/// A channel with its settings. Secrets are never sent back.
#[derive(Serialize, ToSchema)]
struct ChannelBody {
    #[serde(flatten)]
    view: ChannelView,
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// Which secret fields are filled.
    secrets: Vec<String>,
    scenario_id: Option<ScenarioId>,
    auto_close_minutes: Option<i32>,
    use_in_widget: bool,
    /// The account's own id at the service, once connected.
    external_id: Option<String>,
    /// How messages come in: `webhook`, `listener`, `site`; empty before connecting.
    receive: String,
    /// The unguessable part of the webhook and widget addresses: `/hooks/{kind}/{hook_key}`.
    hook_key: String,
    /// These settings send the browser to the service's page (`POST …/consent`).
    consent: bool,
    /// What a person copies into the service's own cabinet.
    hand_over: Vec<HandOverBody>,
    created_at: DateTime<Utc>,
    revision: i64,
}

/// A value for the service's own cabinet.
#[derive(Serialize, ToSchema)]
struct HandOverBody {
    /// The field's caption there.
    label: Words,
    value: String,
    help: Option<Words>,
}

impl From<channel::HandOver> for HandOverBody {
    fn from(h: channel::HandOver) -> Self {
        Self { label: h.label, value: h.value, help: h.help }
    }
}

impl From<ChannelDetails> for ChannelBody {
    fn from(d: ChannelDetails) -> Self {
        Self {
            view: d.view,
            settings: d.settings,
            secrets: d.secrets,
            scenario_id: d.scenario_id,
            auto_close_minutes: d.auto_close_minutes,
            use_in_widget: d.use_in_widget,
            external_id: d.external_id,
            receive: d.receive,
            hook_key: d.hook_key,
            consent: d.consent,
            hand_over: d.hand_over.into_iter().map(HandOverBody::from).collect(),
            created_at: d.created_at,
            revision: d.revision,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewChannelBody {
    /// One of the kinds.
    kind: String,
    /// Reports show it.
    name: String,
    /// Answers to the kind's form, secret fields too.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    scenario_id: Option<ScenarioId>,
    pinned_employee_id: Option<EmployeeId>,
    auto_close_minutes: Option<i32>,
    #[serde(default)]
    use_in_widget: bool,
}

/// What to change: absent leaves a value, `null` empties it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChannelChangeBody {
    name: Option<String>,
    /// All answers to the kind's form; a secret left out keeps its stored value.
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<ScenarioId>)]
    scenario_id: Option<Option<ScenarioId>>,
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<EmployeeId>)]
    pinned_employee_id: Option<Option<EmployeeId>>,
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<i32>)]
    auto_close_minutes: Option<Option<i32>>,
    use_in_widget: Option<bool>,
}

/// Parts 'absent' from 'null'.
fn told<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

/// The kinds that can be connected, with their forms
#[utoipa::path(get, path = "/api/v1/channel-kinds", operation_id = "list_channel_kinds",
    tag = "channels", responses((status = 200, body = Page<KindBody>), Refusals))]
async fn list_channel_kinds(
    State(api): State<Api>,
    As(_actor): As,
) -> Result<Json<Page<KindBody>>, Problem> {
    let items = api
        .app
        .kinds()
        .into_iter()
        .map(|k| KindBody {
            kind: k.kind,
            title: k.title,
            capabilities: k.capabilities,
            form: k.form,
        })
        .collect();
    Ok(Json(Page { items, next: None }))
}

/// The channels, as any employee may see them
#[utoipa::path(get, path = "/api/v1/channels", operation_id = "list_channels", tag = "channels",
    responses((status = 200, body = Page<ChannelView>), Refusals))]
async fn list_channels(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<ChannelView>>, Problem> {
    Ok(Json(Page { items: api.app.channel_views(&actor).await?, next: None }))
}

/// The channels with their settings
#[utoipa::path(get, path = "/api/v1/channel-details", operation_id = "list_channel_details",
    tag = "channels", responses((status = 200, body = Page<ChannelBody>), Refusals))]
async fn list_channel_details(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<ChannelBody>>, Problem> {
    let items = api.app.channels(&actor).await?.into_iter().map(ChannelBody::from).collect();
    Ok(Json(Page { items, next: None }))
}

/// Save a new channel and begin to connect it; its state tells how that goes
#[utoipa::path(post, path = "/api/v1/channels", operation_id = "create_channel", tag = "channels",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat harmless")),
    request_body = NewChannelBody, responses((status = 201, body = ChannelBody), Refusals))]
async fn create_channel(
    State(api): State<Api>,
    As(actor): As,
    Keyed { body, key }: Keyed<NewChannelBody>,
) -> Result<(StatusCode, Json<ChannelBody>), Problem> {
    let form = ChannelForm {
        name: Some(body.name),
        settings: Some(body.settings),
        scenario_id: Some(body.scenario_id),
        pinned_employee_id: Some(body.pinned_employee_id),
        auto_close_minutes: Some(body.auto_close_minutes),
        use_in_widget: Some(body.use_in_widget),
    };
    let kind = ChannelKind::new(&body.kind);
    let made = api.app.create_channel(&actor, &kind, form, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// One channel with its settings
#[utoipa::path(get, path = "/api/v1/channels/{channel_id}", operation_id = "get_channel",
    tag = "channels", params(("channel_id" = ChannelId, Path)),
    responses((status = 200, body = ChannelBody), Refusals))]
async fn get_channel(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ChannelId>,
) -> Result<Json<ChannelBody>, Problem> {
    Ok(Json(api.app.channel(&actor, id).await?.into()))
}

/// Change a channel; changed settings connect it anew
#[utoipa::path(patch, path = "/api/v1/channels/{channel_id}", operation_id = "change_channel",
    tag = "channels", params(("channel_id" = ChannelId, Path)), request_body = ChannelChangeBody,
    responses((status = 200, body = ChannelBody), Refusals))]
async fn change_channel(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ChannelId>,
    Json(body): Json<ChannelChangeBody>,
) -> Result<Json<ChannelBody>, Problem> {
    let form = ChannelForm {
        name: body.name,
        settings: body.settings,
        scenario_id: body.scenario_id,
        pinned_employee_id: body.pinned_employee_id,
        auto_close_minutes: body.auto_close_minutes,
        use_in_widget: body.use_in_widget,
    };
    Ok(Json(api.app.update_channel(&actor, id, form).await?.into()))
}

/// Remove a channel. Its conversations stay
#[utoipa::path(delete, path = "/api/v1/channels/{channel_id}", operation_id = "delete_channel",
    tag = "channels", params(("channel_id" = ChannelId, Path)),
    responses((status = 204), Refusals))]
async fn delete_channel(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ChannelId>,
) -> Result<StatusCode, Problem> {
    api.app.delete_channel(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Connect again, after something was mended at the service
#[utoipa::path(post, path = "/api/v1/channels/{channel_id}/reconnect",
    operation_id = "reconnect_channel", tag = "channels",
    params(("channel_id" = ChannelId, Path)),
    responses((status = 200, body = ChannelBody), Refusals))]
async fn reconnect_channel(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ChannelId>,
) -> Result<Json<ChannelBody>, Problem> {
    Ok(Json(api.app.reconnect_channel(&actor, id).await?.into()))
}

/// Switch a channel off: nothing comes in, outbound messages wait
#[utoipa::path(post, path = "/api/v1/channels/{channel_id}/disable",
    operation_id = "disable_channel", tag = "channels",
    params(("channel_id" = ChannelId, Path)),
    responses((status = 200, body = ChannelBody), Refusals))]
async fn disable_channel(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ChannelId>,
) -> Result<Json<ChannelBody>, Problem> {
    Ok(Json(api.app.disable_channel(&actor, id).await?.into()))
}

/// What came, went, was refused and changed in a channel, the newest first
#[utoipa::path(get, path = "/api/v1/channels/{channel_id}/log", operation_id = "list_channel_log",
    tag = "channels", params(("channel_id" = ChannelId, Path), PageQuery),
    responses((status = 200, body = Page<ChannelLogLine>), Refusals))]
async fn list_channel_log(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ChannelId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<ChannelLogLine>>, Problem> {
    let limit = page.bounded()?;
    Ok(Json(api.app.channel_log(&actor, id, page.cursor.as_deref(), limit).await?.into()))
}

/// Something that could not be understood and waits for a person.
#[derive(Serialize, ToSchema)]
struct QuarantineBody {
    quarantine_id: QuarantineId,
    channel_id: ChannelId,
    reason: Words,
    created_at: DateTime<Utc>,
    /// In bytes.
    size: i64,
}

/// What waits in quarantine, the latest first (at most 100)
#[utoipa::path(get, path = "/api/v1/quarantine", operation_id = "list_quarantine",
    tag = "channels", responses((status = 200, body = Page<QuarantineBody>), Refusals))]
async fn list_quarantine(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<QuarantineBody>>, Problem> {
    let items = api
        .app
        .quarantined(&actor, 100)
        .await?
        .into_iter()
        .map(|q| QuarantineBody {
            quarantine_id: q.quarantine_id,
            channel_id: q.channel_id,
            reason: q.reason,
            created_at: q.created_at,
            size: q.size,
        })
        .collect();
    Ok(Json(Page { items, next: None }))
}

/// The body as it came, to be saved as a file
#[utoipa::path(get, path = "/api/v1/quarantine/{quarantine_id}/body",
    operation_id = "get_quarantine_body", tag = "channels",
    params(("quarantine_id" = QuarantineId, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), Refusals))]
async fn get_quarantine_body(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<QuarantineId>,
) -> Result<impl IntoResponse, Problem> {
    let body = api.app.quarantine_body(&actor, id).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"quarantine.bin\""),
    ];
    Ok((headers, body))
}

/// A person has looked at it
#[utoipa::path(post, path = "/api/v1/quarantine/{quarantine_id}/resolve",
    operation_id = "resolve_quarantine", tag = "channels",
    params(("quarantine_id" = QuarantineId, Path)), responses((status = 204), Refusals))]
async fn resolve_quarantine(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<QuarantineId>,
) -> Result<StatusCode, Problem> {
    api.app.resolve_quarantine(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
