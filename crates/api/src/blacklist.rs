//! The black list.

use axum::{extract::State, http::StatusCode};
use domain::{blacklist::EntryKind, contact_view::BlacklistView};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, As, Json, Keyed, Path, Problem, Query,
    page::{Page, PageQuery},
    refusals::Refusals,
};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_blacklist, add_to_blacklist))
        .routes(routes!(remove_from_blacklist))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EntryBody {
    kind: EntryKind,
    /// A phone in any form, an address, or the service's id of a person.
    value: String,
    #[serde(default)]
    note: String,
}

/// People whose messages are not shown
#[utoipa::path(get, path = "/api/v1/blacklist", operation_id = "list_blacklist",
    tag = "blacklist", params(PageQuery),
    responses((status = 200, body = Page<BlacklistView>), Refusals))]
async fn list_blacklist(
    State(api): State<Api>,
    As(actor): As,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<BlacklistView>>, Problem> {
    let found = api.app.blacklist(&actor, page.cursor.as_deref(), page.bounded()?).await?;
    Ok(Json(found.into()))
}

/// Put somebody on the black list
#[utoipa::path(post, path = "/api/v1/blacklist", operation_id = "add_to_blacklist",
    tag = "blacklist",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat harmless")),
    request_body = EntryBody,
    responses((status = 200, body = BlacklistView), Refusals))]
async fn add_to_blacklist(
    State(api): State<Api>,
    As(actor): As,
    Keyed { body, key }: Keyed<EntryBody>,
) -> Result<Json<BlacklistView>, Problem> {
    let (value, note) = (&body.value, &body.note);
    Ok(Json(api.app.add_to_blacklist(&actor, body.kind, value, note, key.as_ref()).await?))
}

/// Take an entry off the black list
#[utoipa::path(delete, path = "/api/v1/blacklist/{entry}", operation_id = "remove_from_blacklist",
    tag = "blacklist", params(("entry" = String, Path)),
    responses((status = 204), Refusals))]
async fn remove_from_blacklist(
    State(api): State<Api>,
    As(actor): As,
    Path(entry): Path<String>,
) -> Result<StatusCode, Problem> {
    api.app.remove_from_blacklist(&actor, &entry).await?;
    Ok(StatusCode::NO_CONTENT)
}
