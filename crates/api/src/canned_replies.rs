//! Ready texts for answers.

use app::CannedReplyForm;
use axum::{extract::State, http::StatusCode};
use domain::{
    canned_reply::CannedReplyView,
    ids::{CannedReplyId, GroupId},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Keyed, Path, Problem, page::Page, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_canned_replies, create_canned_reply))
        .routes(routes!(change_canned_reply, delete_canned_reply))
        .routes(routes!(use_canned_reply))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CannedReplyBody {
    /// One word of at most 40 characters, of no other reply; empty: none.
    #[serde(default)]
    shortcut: String,
    title: String,
    /// At most 10000 characters.
    text: String,
    /// At most 100 characters; empty: none.
    #[serde(default)]
    section: String,
    /// Whose it is; absent or null: everybody's.
    group_id: Option<GroupId>,
}

impl From<CannedReplyBody> for CannedReplyForm {
    fn from(body: CannedReplyBody) -> Self {
        let CannedReplyBody { shortcut, title, text, section, group_id } = body;
        Self { shortcut, title, text, section, group_id }
    }
}

/// Those that the asker may use, by section and title (at most 1000); all for who manages them
#[utoipa::path(get, path = "/api/v1/canned-replies", operation_id = "list_canned_replies",
    tag = "canned replies", responses((status = 200, body = Page<CannedReplyView>), Refusals))]
async fn list_canned_replies(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<CannedReplyView>>, Problem> {
    Ok(Json(Page { items: api.app.canned_replies(&actor).await?, next: None }))
}

/// Make a canned reply
#[utoipa::path(post, path = "/api/v1/canned-replies", operation_id = "create_canned_reply",
    tag = "canned replies",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat harmless")),
    request_body = CannedReplyBody,
    responses((status = 201, body = CannedReplyView), Refusals))]
async fn create_canned_reply(
    State(api): State<Api>,
    As(actor): As,
    Keyed { body, key }: Keyed<CannedReplyBody>,
) -> Result<(StatusCode, Json<CannedReplyView>), Problem> {
    let reply = api.app.create_canned_reply(&actor, body.into(), key.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(reply)))
}

/// Replace what a canned reply says
#[utoipa::path(put, path = "/api/v1/canned-replies/{canned_reply_id}",
    operation_id = "change_canned_reply", tag = "canned replies",
    params(("canned_reply_id" = CannedReplyId, Path)), request_body = CannedReplyBody,
    responses((status = 200, body = CannedReplyView), Refusals))]
async fn change_canned_reply(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<CannedReplyId>,
    Json(body): Json<CannedReplyBody>,
) -> Result<Json<CannedReplyView>, Problem> {
    Ok(Json(api.app.change_canned_reply(&actor, id, body.into()).await?))
}

/// Delete a canned reply
#[utoipa::path(delete, path = "/api/v1/canned-replies/{canned_reply_id}",
    operation_id = "delete_canned_reply", tag = "canned replies",
    params(("canned_reply_id" = CannedReplyId, Path)), responses((status = 204), Refusals))]
async fn delete_canned_reply(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<CannedReplyId>,
) -> Result<StatusCode, Problem> {
    api.app.delete_canned_reply(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Count that a canned reply was put into an answer
#[utoipa::path(post, path = "/api/v1/canned-replies/{canned_reply_id}/used",
    operation_id = "use_canned_reply", tag = "canned replies",
    params(("canned_reply_id" = CannedReplyId, Path)), responses((status = 204), Refusals))]
async fn use_canned_reply(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<CannedReplyId>,
) -> Result<StatusCode, Problem> {
    api.app.use_canned_reply(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
