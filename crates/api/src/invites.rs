//! Inviting people and being invited. The token travels in bodies and never in an address, so it
//! does not get into anybody's log.

use app::Acceptance;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use axum_extra::extract::cookie::CookieJar;
use domain::{
    ids::{GroupId, InviteId},
    people::Role,
    people_view::InviteView,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, As, Json, Page, PageQuery, Path, Problem, Query,
    access::{self, LoggedIn},
    limits::Client,
    refusals::Refusals,
};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_invites, create_invite))
        .routes(routes!(revoke_invite))
        .routes(routes!(open_invite))
        .routes(routes!(accept_invite))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InviteForm {
    email: String,
    role: Role,
    #[serde(default)]
    groups: Vec<GroupId>,
}

#[derive(Serialize, ToSchema)]
struct Invited {
    invite: InviteView,
    /// Shown this once: pass it on to the person.
    token: String,
}

/// Invite a person; the token is in this answer and nowhere else
#[utoipa::path(post, path = "/api/v1/invites", operation_id = "create_invite", tag = "people",
    request_body = InviteForm, responses((status = 201, body = Invited), Refusals))]
async fn create_invite(
    State(api): State<Api>,
    As(actor): As,
    Json(form): Json<InviteForm>,
) -> Result<(StatusCode, Json<Invited>), Problem> {
    let made = api.app.invite(&actor, &form.email, form.role, form.groups).await?;
    let token = made.token.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(Invited { invite: made.invite, token })))
}

/// Invites that wait
#[utoipa::path(get, path = "/api/v1/invites", operation_id = "list_invites", tag = "people",
    params(PageQuery), responses((status = 200, body = Page<InviteView>), Refusals))]
async fn list_invites(
    State(api): State<Api>,
    As(actor): As,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<InviteView>>, Problem> {
    let limit = page.limit()?;
    let items = api.app.invites(&actor, page.after()?, limit).await?;
    Ok(Json(Page::of(items, limit, |i| i.invite_id)))
}

/// Take an invite back
#[utoipa::path(delete, path = "/api/v1/invites/{invite_id}", operation_id = "revoke_invite",
    tag = "people", params(("invite_id" = InviteId, Path)),
    responses((status = 204), Refusals))]
async fn revoke_invite(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<InviteId>,
) -> Result<StatusCode, Problem> {
    api.app.revoke_invite(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InviteToken {
    #[schema(value_type = String)]
    token: SecretString,
}

#[derive(Serialize, ToSchema)]
struct OpenInvite {
    company: String,
    email: String,
    role: Role,
}

/// What an invite is to
#[utoipa::path(post, path = "/api/v1/invites/open", operation_id = "open_invite", tag = "access",
    request_body = InviteToken, security(()),
    responses((status = 200, body = OpenInvite), Refusals))]
async fn open_invite(
    State(api): State<Api>,
    client: Client,
    Json(form): Json<InviteToken>,
) -> Result<Json<OpenInvite>, Problem> {
    api.limits.invite(client)?;
    let open = api.app.open_invite(&form.token).await?;
    Ok(Json(OpenInvite { company: open.company, email: open.email, role: open.role }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AcceptForm {
    #[schema(value_type = String)]
    token: SecretString,
    name: String,
    /// 10 to 200 characters.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// `ru` (default) or `en`.
    #[serde(default = "access::russian")]
    language: String,
}

/// Accept an invite: makes the employee and logs them in
#[utoipa::path(post, path = "/api/v1/invites/accept", operation_id = "accept_invite",
    tag = "access", request_body = AcceptForm, security(()),
    responses((status = 201, body = LoggedIn), Refusals))]
async fn accept_invite(
    State(api): State<Api>,
    client: Client,
    headers: HeaderMap,
    Json(form): Json<AcceptForm>,
) -> Result<(StatusCode, CookieJar, Json<LoggedIn>), Problem> {
    access::refuse_foreign(&api, &headers)?;
    api.limits.invite(client)?;
    let session = api
        .app
        .accept_invite(Acceptance {
            token: form.token,
            name: form.name,
            password: form.password,
            language: form.language,
            user_agent: access::user_agent(&headers),
        })
        .await?;
    let (jar, body) = access::opened(&api, &session);
    Ok((StatusCode::CREATED, jar, body))
}
