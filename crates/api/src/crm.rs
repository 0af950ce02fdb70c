//! CRM accounts: connecting them, their state, their lists (AMO-1, AMO-12, CRM-7), their chats channel.

use std::collections::BTreeMap;

use app::{PortalApp, PortalToken};
use axum::{
    extract::{Query as RawQuery, State},
    http::StatusCode,
    response::Redirect,
};
use domain::{
    crm::{CrmKind, Directory},
    crm_view::{CrmFaultView, CrmKindView, CrmParamView, PortalView},
    ids::PortalId,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Path, Problem, page::Page, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_crm_kinds))
        .routes(routes!(ask_crm_consent))
        .routes(routes!(return_from_crm))
        .routes(routes!(list_portals, connect_portal))
        .routes(routes!(get_portal, delete_portal))
        .routes(routes!(check_portal))
        .routes(routes!(disconnect_portal))
        .routes(routes!(get_portal_directory, refresh_portal_directory))
        .routes(routes!(connect_portal_chats, disconnect_portal_chats))
        .routes(routes!(list_crm_parameters))
        .routes(routes!(list_crm_faults))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsentBody {
    kind: CrmKind,
    /// The one to be connected again.
    portal_id: Option<PortalId>,
    /// By which app; absent: by the one that the portal had, of a new one by the server's.
    app: Option<AppBody>,
}

#[derive(Deserialize, ToSchema)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
enum AppBody {
    /// The server's.
    Server {},
    /// One that the company registered with its CRM itself.
    Company {
        client_id: String,
        /// Never given back.
        client_secret: String,
    },
}

impl From<AppBody> for PortalApp {
    fn from(body: AppBody) -> Self {
        match body {
            AppBody::Server {} => Self::Installation,
            AppBody::Company { client_id, client_secret } => {
                Self::Own { client_id, client_secret: client_secret.into() }
            }
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ConsentPage {
    /// Where the browser goes; good for ten minutes and one use.
    url: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PortalBody {
    kind: CrmKind,
    /// `company` or `https://company.amocrm.ru`.
    address: String,
    /// A long-lived token of the account.
    token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChatsBody {
    /// As the CRM's support gave them.
    channel_id: String,
    secret: String,
    bot_id: String,
}

/// CRMs that can be connected
#[utoipa::path(get, path = "/api/v1/crm/kinds", operation_id = "list_crm_kinds", tag = "crm",
    responses((status = 200, body = Page<CrmKindView>), Refusals))]
async fn list_crm_kinds(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<CrmKindView>>, Problem> {
    Ok(Json(Page { items: api.app.crm_kinds(&actor)?, next: None }))
}

/// Begin to connect by OAuth
#[utoipa::path(post, path = "/api/v1/crm/portals/consent", operation_id = "ask_crm_consent",
    tag = "crm", request_body = ConsentBody,
    responses((status = 200, body = ConsentPage), Refusals))]
async fn ask_crm_consent(
    State(api): State<Api>,
    As(actor): As,
    Json(body): Json<ConsentBody>,
) -> Result<Json<ConsentPage>, Problem> {
    let by = body.app.map(PortalApp::from).unwrap_or_default();
    let url = api.app.portal_consent(&actor, body.kind, body.portal_id, by).await?;
    Ok(Json(ConsentPage { url: url.into() }))
}

/// Where a CRM sends the browser after consent; goes on to the cabinet
#[utoipa::path(get, path = "/api/v1/crm/oauth/{kind}", operation_id = "return_from_crm",
    tag = "crm", security(()), params(("kind" = CrmKind, Path)),
    responses((status = 303, description = "To the cabinet: `connected=` the portal, or `error=` \
        a stable code"), Refusals))]
async fn return_from_crm(
    State(api): State<Api>,
    browser: Result<As, Problem>,
    Path(kind): Path<CrmKind>,
    RawQuery(query): RawQuery<BTreeMap<String, String>>,
) -> Redirect {
    let actor = browser.ok().map(|As(actor)| actor);
    let to = match api.app.portal_returned(actor.as_ref(), kind, &query).await {
        Ok(portal) => format!("/cabinet/crm?connected={portal}"),
        Err(fault) => format!("/cabinet/crm?error={}", fault.code),
    };
    Redirect::to(&to)
}

/// Connected CRM accounts
#[utoipa::path(get, path = "/api/v1/crm/portals", operation_id = "list_portals", tag = "crm",
    responses((status = 200, body = Page<PortalView>), Refusals))]
async fn list_portals(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<PortalView>>, Problem> {
    Ok(Json(Page { items: api.app.portals(&actor).await?, next: None }))
}

/// Connect by a long-lived token (LITE: contacts, deals and notes)
#[utoipa::path(post, path = "/api/v1/crm/portals", operation_id = "connect_portal", tag = "crm",
    request_body = PortalBody, responses((status = 201, body = PortalView), Refusals))]
async fn connect_portal(
    State(api): State<Api>,
    As(actor): As,
    Json(body): Json<PortalBody>,
) -> Result<(StatusCode, Json<PortalView>), Problem> {
    let token = SecretString::from(body.token);
    let given = PortalToken { kind: body.kind, address: body.address, token };
    let portal = api.app.connect_portal_by_token(&actor, given).await?;
    Ok((StatusCode::CREATED, Json(portal)))
}

/// One CRM account
#[utoipa::path(get, path = "/api/v1/crm/portals/{portal_id}", operation_id = "get_portal",
    tag = "crm", params(("portal_id" = PortalId, Path)),
    responses((status = 200, body = PortalView), Refusals))]
async fn get_portal(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<PortalId>,
) -> Result<Json<PortalView>, Problem> {
    Ok(Json(api.app.portal(&actor, id).await?))
}

/// Disconnect a CRM account: its integrations, links and log stay, and are in use again when it is
/// connected again
#[utoipa::path(post, path = "/api/v1/crm/portals/{portal_id}/disconnect",
    operation_id = "disconnect_portal", tag = "crm", params(("portal_id" = PortalId, Path)),
    responses((status = 200, body = PortalView), Refusals))]
async fn disconnect_portal(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<PortalId>,
) -> Result<Json<PortalView>, Problem> {
    Ok(Json(api.app.disconnect_portal(&actor, id).await?))
}

/// Delete a disconnected CRM account with its integrations and their settings; what was made there
/// stays there
#[utoipa::path(delete, path = "/api/v1/crm/portals/{portal_id}", operation_id = "delete_portal",
    tag = "crm", params(("portal_id" = PortalId, Path)),
    responses((status = 204, description = "Deleted"), Refusals))]
async fn delete_portal(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<PortalId>,
) -> Result<StatusCode, Problem> {
    api.app.delete_portal(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Look now whether a CRM account answers; its waiting work goes on
#[utoipa::path(post, path = "/api/v1/crm/portals/{portal_id}/check",
    operation_id = "check_portal", tag = "crm", params(("portal_id" = PortalId, Path)),
    responses((status = 200, body = PortalView), Refusals))]
async fn check_portal(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<PortalId>,
) -> Result<Json<PortalView>, Problem> {
    Ok(Json(api.app.check_portal(&actor, id).await?))
}

/// Users, funnels and fields as they were pulled last
#[utoipa::path(get, path = "/api/v1/crm/portals/{portal_id}/directory",
    operation_id = "get_portal_directory", tag = "crm", params(("portal_id" = PortalId, Path)),
    responses((status = 200, body = Directory), Refusals))]
async fn get_portal_directory(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<PortalId>,
) -> Result<Json<Directory>, Problem> {
    Ok(Json(api.app.portal_directory(&actor, id).await?))
}

/// Pull users, funnels and fields now
#[utoipa::path(post, path = "/api/v1/crm/portals/{portal_id}/directory",
    operation_id = "refresh_portal_directory", tag = "crm",
    params(("portal_id" = PortalId, Path)),
    responses((status = 200, body = Directory), Refusals))]
async fn refresh_portal_directory(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<PortalId>,
) -> Result<Json<Directory>, Problem> {
    Ok(Json(api.app.refresh_portal_directory(&actor, id).await?))
}

/// Connect the chats channel that the CRM's support registered
#[utoipa::path(put, path = "/api/v1/crm/portals/{portal_id}/chats",
    operation_id = "connect_portal_chats", tag = "crm", params(("portal_id" = PortalId, Path)),
    request_body = ChatsBody, responses((status = 200, body = PortalView), Refusals))]
async fn connect_portal_chats(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<PortalId>,
    Json(body): Json<ChatsBody>,
) -> Result<Json<PortalView>, Problem> {
    let ChatsBody { channel_id, secret, bot_id } = body;
    let secret = SecretString::from(secret);
    let app = &api.app;
    Ok(Json(app.connect_portal_chats(&actor, id, &channel_id, &bot_id, secret).await?))
}

/// Take the chats channel away
#[utoipa::path(delete, path = "/api/v1/crm/portals/{portal_id}/chats",
    operation_id = "disconnect_portal_chats", tag = "crm",
    params(("portal_id" = PortalId, Path)),
    responses((status = 200, body = PortalView), Refusals))]
async fn disconnect_portal_chats(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<PortalId>,
) -> Result<Json<PortalView>, Problem> {
    Ok(Json(api.app.disconnect_portal_chats(&actor, id).await?))
}

/// Parameters of enquiries for filters, templates and fields
#[utoipa::path(get, path = "/api/v1/crm/parameters", operation_id = "list_crm_parameters",
    tag = "crm", responses((status = 200, body = Page<CrmParamView>), Refusals))]
async fn list_crm_parameters(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<CrmParamView>>, Problem> {
    Ok(Json(Page { items: api.app.crm_parameters(&actor).await?, next: None }))
}

/// Faults of the settings that the product found itself
#[utoipa::path(get, path = "/api/v1/crm/faults", operation_id = "list_crm_faults", tag = "crm",
    responses((status = 200, body = Page<CrmFaultView>), Refusals))]
async fn list_crm_faults(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<CrmFaultView>>, Problem> {
    Ok(Json(Page { items: api.app.crm_faults(&actor).await?, next: None }))
}
