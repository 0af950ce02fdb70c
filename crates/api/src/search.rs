//! Search in contacts and messages.

use axum::extract::State;
use domain::contact_view::SearchView;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Problem, Query, page::PageQuery, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(search))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// Part of a name, a phone in any format or its end, `@nickname`, an address, words of a
    /// message (`"in this order"`, `-without`), or `#123` for a conversation's number.
    q: String,
    /// How many messages, 50 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next` of the page before: goes on in messages.
    cursor: Option<String>,
}

/// Find contacts, messages that the employee may see, or a conversation by its number
#[utoipa::path(get, path = "/api/v1/search", operation_id = "search", tag = "search",
    params(SearchQuery), responses((status = 200, body = SearchView), Refusals))]
async fn search(
    State(api): State<Api>,
    As(actor): As,
    Query(query): Query<SearchQuery>,
) -> Result<Json<SearchView>, Problem> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let limit = page.bounded()?;
    Ok(Json(api.app.search(&actor, &query.q, page.cursor.as_deref(), limit).await?))
}
