//! Personal API tokens.

use app::Whose;
use axum::{extract::State, http::StatusCode};
use domain::{ids::ApiTokenId, people::Right, people_view::ApiTokenView};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Page, PageQuery, Path, Problem, Query, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_tokens, create_token))
        .routes(routes!(revoke_token))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenForm {
    /// What it is for.
    name: String,
    /// At least one, of one's own rights.
    scopes: Vec<Right>,
    /// Absent: good until revoked.
    #[schema(minimum = 1)]
    expires_in_days: Option<u16>,
}

#[derive(Serialize, ToSchema)]
struct MadeToken {
    #[serde(flatten)]
    view: ApiTokenView,
    /// Shown this once.
    token: String,
}

/// Make a token; its text is in this answer and nowhere else
#[utoipa::path(post, path = "/api/v1/tokens", operation_id = "create_token", tag = "tokens",
    request_body = TokenForm, responses((status = 201, body = MadeToken), Refusals))]
async fn create_token(
    State(api): State<Api>,
    As(actor): As,
    Json(form): Json<TokenForm>,
) -> Result<(StatusCode, Json<MadeToken>), Problem> {
    let made = api.app.create_token(&actor, &form.name, &form.scopes, form.expires_in_days).await?;
    let token = made.token.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(MadeToken { view: made.view, token })))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TokenQuery {
    /// How many items, 50 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// `true`: everybody's (needs manage_account).
    all: Option<bool>,
}

/// Good tokens: one's own, or everybody's
#[utoipa::path(get, path = "/api/v1/tokens", operation_id = "list_tokens", tag = "tokens",
    params(TokenQuery), responses((status = 200, body = Page<ApiTokenView>), Refusals))]
async fn list_tokens(
    State(api): State<Api>,
    As(actor): As,
    Query(query): Query<TokenQuery>,
) -> Result<Json<Page<ApiTokenView>>, Problem> {
    let whose = if query.all == Some(true) { Whose::All } else { Whose::Mine };
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let limit = page.limit()?;
    let items = api.app.tokens(&actor, whose, page.after()?, limit).await?;
    Ok(Json(Page::of(items, limit, |t| t.api_token_id)))
}

/// Revoke a token: one's own, or another's with manage_account
#[utoipa::path(delete, path = "/api/v1/tokens/{api_token_id}", operation_id = "revoke_token",
    tag = "tokens", params(("api_token_id" = ApiTokenId, Path)),
    responses((status = 204), Refusals))]
async fn revoke_token(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ApiTokenId>,
) -> Result<StatusCode, Problem> {
    api.app.revoke_token(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
