//! The CRM log (CRM-6, BY-6), and what the CRMs have of a conversation.

use app::RunFilter;
use axum::{extract::State, http::StatusCode};
use domain::{
    crm::{CrmId, StageRef},
    crm_view::{ConversationCrmView, RunState, RunView},
    ids::{ConversationId, CrmRunId, IntegrationId, PortalId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, As, Json, Path, Problem, Query,
    page::{Page, PageQuery},
    refusals::Refusals,
};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_crm_runs))
        .routes(routes!(get_crm_run))
        .routes(routes!(replay_crm_run))
        .routes(routes!(replay_failed_crm_runs))
        .routes(routes!(get_conversation_crm))
        .routes(routes!(list_conversation_crm_runs))
        .routes(routes!(move_crm_deal))
        .routes(routes!(choose_crm_deal))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LogQuery {
    portal_id: Option<PortalId>,
    integration_id: Option<IntegrationId>,
    conversation_id: Option<ConversationId>,
    /// Only those in this state.
    #[param(inline)]
    state: Option<RunState>,
    /// How many items, 50 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayBody {
    portal_id: PortalId,
}

#[derive(Serialize, ToSchema)]
struct Replayed {
    /// Decisions that are made anew.
    count: usize,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StageBody {
    portal_id: PortalId,
    deal: CrmId,
    pipeline: CrmId,
    stage: CrmId,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DealBody {
    portal_id: PortalId,
    deal: CrmId,
}

/// Decisions of the CRM sync, the newest first
#[utoipa::path(get, path = "/api/v1/crm/runs", operation_id = "list_crm_runs", tag = "crm",
    params(LogQuery), responses((status = 200, body = Page<RunView>), Refusals))]
async fn list_crm_runs(
    State(api): State<Api>,
    As(actor): As,
    Query(query): Query<LogQuery>,
) -> Result<Json<Page<RunView>>, Problem> {
    let filter = RunFilter {
        portal: query.portal_id,
        integration: query.integration_id,
        conversation: query.conversation_id,
        state: query.state,
    };
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let runs = api.app.crm_log(&actor, filter, page.cursor.as_deref(), page.bounded()?).await?;
    Ok(Json(runs.into()))
}

/// One decision with facts, steps and calls
#[utoipa::path(get, path = "/api/v1/crm/runs/{run_id}", operation_id = "get_crm_run", tag = "crm",
    params(("run_id" = CrmRunId, Path)), responses((status = 200, body = RunView), Refusals))]
async fn get_crm_run(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<CrmRunId>,
) -> Result<Json<RunView>, Problem> {
    Ok(Json(api.app.crm_run(&actor, id).await?))
}

/// Decide and do it anew, by the settings as they are now
#[utoipa::path(post, path = "/api/v1/crm/runs/{run_id}/replay", operation_id = "replay_crm_run",
    tag = "crm", params(("run_id" = CrmRunId, Path)),
    responses((status = 202, description = "Queued"), Refusals))]
async fn replay_crm_run(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<CrmRunId>,
) -> Result<StatusCode, Problem> {
    api.app.replay_crm_run(&actor, id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The same for all failed ones of a CRM account
#[utoipa::path(post, path = "/api/v1/crm/replay", operation_id = "replay_failed_crm_runs",
    tag = "crm", request_body = ReplayBody,
    responses((status = 200, body = Replayed), Refusals))]
async fn replay_failed_crm_runs(
    State(api): State<Api>,
    As(actor): As,
    Json(body): Json<ReplayBody>,
) -> Result<Json<Replayed>, Problem> {
    let count = api.app.replay_failed_crm_runs(&actor, body.portal_id).await?;
    Ok(Json(Replayed { count }))
}

/// What the CRMs have of a conversation
#[utoipa::path(get, path = "/api/v1/conversations/{conversation_id}/crm",
    operation_id = "get_conversation_crm", tag = "crm",
    params(("conversation_id" = ConversationId, Path)),
    responses((status = 200, body = ConversationCrmView), Refusals))]
async fn get_conversation_crm(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ConversationId>,
) -> Result<Json<ConversationCrmView>, Problem> {
    Ok(Json(api.app.conversation_crm(&actor, id).await?))
}

/// The CRM log of a conversation
#[utoipa::path(get, path = "/api/v1/conversations/{conversation_id}/crm/runs",
    operation_id = "list_conversation_crm_runs", tag = "crm",
    params(("conversation_id" = ConversationId, Path), PageQuery),
    responses((status = 200, body = Page<RunView>), Refusals))]
async fn list_conversation_crm_runs(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ConversationId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<RunView>>, Problem> {
    let runs = api.app.crm_log_of(&actor, id, page.cursor.as_deref(), page.bounded()?).await?;
    Ok(Json(runs.into()))
}

/// Move a deal of the conversation's client to another stage
#[utoipa::path(post, path = "/api/v1/conversations/{conversation_id}/crm/stage",
    operation_id = "move_crm_deal", tag = "crm",
    params(("conversation_id" = ConversationId, Path)), request_body = StageBody,
    responses((status = 202, description = "Queued"), Refusals))]
async fn move_crm_deal(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ConversationId>,
    Json(body): Json<StageBody>,
) -> Result<StatusCode, Problem> {
    let to = StageRef { pipeline: body.pipeline, stage: body.stage };
    api.app.move_deal(&actor, id, body.portal_id, body.deal, to).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Say to which deal the conversation belongs
#[utoipa::path(post, path = "/api/v1/conversations/{conversation_id}/crm/deal",
    operation_id = "choose_crm_deal", tag = "crm",
    params(("conversation_id" = ConversationId, Path)), request_body = DealBody,
    responses((status = 202, description = "Queued"), Refusals))]
async fn choose_crm_deal(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ConversationId>,
    Json(body): Json<DealBody>,
) -> Result<StatusCode, Problem> {
    api.app.choose_deal(&actor, id, body.portal_id, body.deal).await?;
    Ok(StatusCode::ACCEPTED)
}
