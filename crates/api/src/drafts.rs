//! One's own unsent texts, on every device.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    draft::{DraftMode, DraftView},
    ids::ConversationId,
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Path, Problem, page::Page, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(list_drafts)).routes(routes!(save_draft))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DraftBody {
    /// At most 10000 characters; empty throws the draft away.
    text: String,
}

/// One's own drafts, the latest first (at most 1000)
#[utoipa::path(get, path = "/api/v1/drafts", operation_id = "list_drafts", tag = "drafts",
    responses((status = 200, body = Page<DraftView>), Refusals))]
async fn list_drafts(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<DraftView>>, Problem> {
    Ok(Json(Page { items: api.app.drafts(&actor).await?, next: None }))
}

/// Keep one's own draft of a conversation, or throw it away by an empty text. Sending does it too
#[utoipa::path(put, path = "/api/v1/conversations/{conversation_id}/drafts/{mode}",
    operation_id = "save_draft", tag = "drafts",
    params(("conversation_id" = ConversationId, Path), ("mode" = DraftMode, Path)),
    request_body = DraftBody,
    responses((status = 200, body = DraftView), (status = 204, description = "Thrown away"),
        Refusals))]
async fn save_draft(
    State(api): State<Api>,
    As(actor): As,
    Path((id, mode)): Path<(ConversationId, DraftMode)>,
    Json(body): Json<DraftBody>,
) -> Result<Response, Problem> {
    Ok(match api.app.save_draft(&actor, id, mode, body.text).await? {
        Some(draft) => Json(draft).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}
