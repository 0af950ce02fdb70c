//! Webhooks of a CRM account that were not understood and wait for a person.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use domain::{
    crm_view::CrmQuarantineView,
    ids::{PortalId, QuarantineId},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, As, Json, Path, Problem, Query,
    page::{Page, PageQuery},
    refusals::Refusals,
};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_crm_quarantine))
        .routes(routes!(get_crm_quarantine_body))
        .routes(routes!(resolve_crm_quarantine))
}

/// What a CRM account sent and was not understood, the latest first
#[utoipa::path(get, path = "/api/v1/crm/portals/{portal_id}/quarantine",
    operation_id = "list_crm_quarantine", tag = "crm",
    params(("portal_id" = PortalId, Path), PageQuery),
    responses((status = 200, body = Page<CrmQuarantineView>), Refusals))]
async fn list_crm_quarantine(
    State(api): State<Api>,
    As(actor): As,
    Path(portal): Path<PortalId>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<CrmQuarantineView>>, Problem> {
    let limit = page.bounded()?;
    let waiting = api.app.crm_quarantined(&actor, portal, page.cursor.as_deref(), limit).await?;
    Ok(Json(waiting.into()))
}

/// The beginning of what came, without secrets, to be saved as a file
#[utoipa::path(get, path = "/api/v1/crm/portals/{portal_id}/quarantine/{quarantine_id}/body",
    operation_id = "get_crm_quarantine_body", tag = "crm",
    params(("portal_id" = PortalId, Path), ("quarantine_id" = QuarantineId, Path)),
    responses((status = 200, body = String, content_type = "text/plain"), Refusals))]
async fn get_crm_quarantine_body(
    State(api): State<Api>,
    As(actor): As,
    Path((portal, id)): Path<(PortalId, QuarantineId)>,
) -> Result<impl IntoResponse, Problem> {
    let body = api.app.crm_quarantine_body(&actor, portal, id).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"quarantine.txt\""),
    ];
    Ok((headers, body))
}

/// A person has looked at it
#[utoipa::path(post, path = "/api/v1/crm/portals/{portal_id}/quarantine/{quarantine_id}/resolve",
    operation_id = "resolve_crm_quarantine", tag = "crm",
    params(("portal_id" = PortalId, Path), ("quarantine_id" = QuarantineId, Path)),
    responses((status = 204, description = "Set aside for good"), Refusals))]
async fn resolve_crm_quarantine(
    State(api): State<Api>,
    As(actor): As,
    Path((portal, id)): Path<(PortalId, QuarantineId)>,
) -> Result<StatusCode, Problem> {
    api.app.resolve_crm_quarantine(&actor, portal, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
