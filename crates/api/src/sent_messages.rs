//! What employees do with messages that are there already: change and take back their own, put emoji on
//! any (CV-6). Each answers at once; what the service says comes as `message.changed`.

use axum::extract::State;
use domain::{ids::MessageId, view::MessageView};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Path, Problem, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(edit_message, remove_message))
        .routes(routes!(put_reaction, remove_reaction))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditBody {
    /// The new words; of a message with files, what stands under them.
    text: String,
}

/// Change the words of a message that you sent, as long as its channel lets you
///
/// The answer carries `change` until the service has done it. 409: `too_late`, `not_offered`,
/// `not_sent`, `not_yours`, `removed`, `change_pending`, `no_words`.
#[utoipa::path(patch, path = "/api/v1/messages/{message_id}", operation_id = "edit_message",
    tag = "conversations", params(("message_id" = MessageId, Path)), request_body = EditBody,
    responses((status = 200, body = MessageView), Refusals))]
async fn edit_message(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<MessageId>,
    Json(body): Json<EditBody>,
) -> Result<Json<MessageView>, Problem> {
    Ok(Json(api.app.edit_sent(&actor, id, &body.text).await?))
}

/// Take back a message that you sent, for both sides, as long as its channel lets you
///
/// The answer carries `change` until the service has done it; then `removed_at` is set and the text
/// stays for the record. 409 as for a change.
#[utoipa::path(delete, path = "/api/v1/messages/{message_id}", operation_id = "remove_message",
    tag = "conversations", params(("message_id" = MessageId, Path)),
    responses((status = 200, body = MessageView), Refusals))]
async fn remove_message(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<MessageId>,
) -> Result<Json<MessageView>, Problem> {
    Ok(Json(api.app.remove_sent(&actor, id).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReactionBody {
    /// One of `capabilities.reactions` of the channel's kind.
    emoji: String,
}

/// Put an emoji on a message, in the place of the one that is ours there
#[utoipa::path(put, path = "/api/v1/messages/{message_id}/reaction", operation_id = "put_reaction",
    tag = "conversations", params(("message_id" = MessageId, Path)), request_body = ReactionBody,
    responses((status = 200, body = MessageView), Refusals))]
async fn put_reaction(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<MessageId>,
    Json(body): Json<ReactionBody>,
) -> Result<Json<MessageView>, Problem> {
    Ok(Json(api.app.react(&actor, id, &body.emoji).await?))
}

/// Take our emoji off a message. None there is no fault
#[utoipa::path(delete, path = "/api/v1/messages/{message_id}/reaction",
    operation_id = "remove_reaction", tag = "conversations",
    params(("message_id" = MessageId, Path)),
    responses((status = 200, body = MessageView), Refusals))]
async fn remove_reaction(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<MessageId>,
) -> Result<Json<MessageView>, Problem> {
    Ok(Json(api.app.unreact(&actor, id).await?))
}
