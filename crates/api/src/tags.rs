//! The company's tags.

use axum::{extract::State, http::StatusCode};
use domain::{
    contact_view::TagView,
    ids::{ConversationId, TagId},
    view::ConversationView,
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Keyed, Path, Problem, page::Page, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_tags, create_tag))
        .routes(routes!(change_tag, delete_tag))
        .routes(routes!(tag_conversation, untag_conversation))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTagBody {
    name: String,
    /// `#rrggbb`
    color: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TagChangeBody {
    name: Option<String>,
    /// `#rrggbb`
    color: Option<String>,
}

/// All tags by name (at most 1000)
#[utoipa::path(get, path = "/api/v1/tags", operation_id = "list_tags", tag = "tags",
    responses((status = 200, body = Page<TagView>), Refusals))]
async fn list_tags(State(api): State<Api>, As(actor): As) -> Result<Json<Page<TagView>>, Problem> {
    Ok(Json(Page { items: api.app.tags(&actor).await?, next: None }))
}

/// Make a tag
#[utoipa::path(post, path = "/api/v1/tags", operation_id = "create_tag", tag = "tags",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat harmless")),
    request_body = NewTagBody, responses((status = 201, body = TagView), Refusals))]
async fn create_tag(
    State(api): State<Api>,
    As(actor): As,
    Keyed { body, key }: Keyed<NewTagBody>,
) -> Result<(StatusCode, Json<TagView>), Problem> {
    let (name, color) = (&body.name, body.color.as_deref());
    let tag = api.app.create_tag(&actor, name, color, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(tag)))
}

/// Change a tag's name or colour
#[utoipa::path(patch, path = "/api/v1/tags/{tag_id}", operation_id = "change_tag", tag = "tags",
    params(("tag_id" = TagId, Path)), request_body = TagChangeBody,
    responses((status = 200, body = TagView), Refusals))]
async fn change_tag(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<TagId>,
    Json(body): Json<TagChangeBody>,
) -> Result<Json<TagView>, Problem> {
    let (name, color) = (body.name.as_deref(), body.color.as_deref());
    Ok(Json(api.app.change_tag(&actor, id, name, color).await?))
}

/// Delete a tag; it vanishes from conversations and contacts
#[utoipa::path(delete, path = "/api/v1/tags/{tag_id}", operation_id = "delete_tag", tag = "tags",
    params(("tag_id" = TagId, Path)), responses((status = 204), Refusals))]
async fn delete_tag(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<TagId>,
) -> Result<StatusCode, Problem> {
    api.app.delete_tag(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put a tag on a conversation
#[utoipa::path(put, path = "/api/v1/conversations/{conversation_id}/tags/{tag_id}",
    operation_id = "tag_conversation", tag = "tags",
    params(("conversation_id" = ConversationId, Path), ("tag_id" = TagId, Path)),
    responses((status = 200, body = ConversationView), Refusals))]
async fn tag_conversation(
    State(api): State<Api>,
    As(actor): As,
    Path((id, tag)): Path<(ConversationId, TagId)>,
) -> Result<Json<ConversationView>, Problem> {
    Ok(Json(api.app.tag_conversation(&actor, id, tag).await?))
}

/// Take a tag off a conversation
#[utoipa::path(delete, path = "/api/v1/conversations/{conversation_id}/tags/{tag_id}",
    operation_id = "untag_conversation", tag = "tags",
    params(("conversation_id" = ConversationId, Path), ("tag_id" = TagId, Path)),
    responses((status = 200, body = ConversationView), Refusals))]
async fn untag_conversation(
    State(api): State<Api>,
    As(actor): As,
    Path((id, tag)): Path<(ConversationId, TagId)>,
) -> Result<Json<ConversationView>, Problem> {
    Ok(Json(api.app.untag_conversation(&actor, id, tag).await?))
}
