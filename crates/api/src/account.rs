//! The company's settings and its audit log.

use app::AccountPatch;
use axum::{extract::State, http::StatusCode};
use domain::people_view::{AccountView, AuditView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Page, PageQuery, Problem, Query, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(get_account, change_account))
        .routes(routes!(remove_demo_data))
        .routes(routes!(list_audit))
        .routes(routes!(check_audit))
}

/// The company
#[utoipa::path(get, path = "/api/v1/account", operation_id = "get_account", tag = "account",
    responses((status = 200, body = AccountView), Refusals))]
async fn get_account(State(api): State<Api>, As(actor): As) -> Result<Json<AccountView>, Problem> {
    Ok(Json(api.app.account(&actor).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountForm {
    name: Option<String>,
    /// `ru` or `en`.
    language: Option<String>,
    /// IANA name, such as Europe/Moscow.
    time_zone: Option<String>,
    /// ISO 3166-1, two capitals.
    country: Option<String>,
}

/// Change the company's settings; absent fields stay
#[utoipa::path(patch, path = "/api/v1/account", operation_id = "change_account", tag = "account",
    request_body = AccountForm, responses((status = 200, body = AccountView), Refusals))]
async fn change_account(
    State(api): State<Api>,
    As(actor): As,
    Json(form): Json<AccountForm>,
) -> Result<Json<AccountView>, Problem> {
    let patch = AccountPatch {
        name: form.name,
        language: form.language,
        time_zone: form.time_zone,
        country: form.country,
    };
    Ok(Json(api.app.change_account(&actor, patch).await?))
}

/// Take away the sample data of the first start: all of it, and nothing that people made
#[utoipa::path(delete, path = "/api/v1/account/demo-data", operation_id = "remove_demo_data",
    tag = "account", responses((status = 204), Refusals))]
async fn remove_demo_data(State(api): State<Api>, As(actor): As) -> Result<StatusCode, Problem> {
    api.app.remove_demo(&actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The audit log, the newest lines first
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "list_audit", tag = "account",
    params(PageQuery), responses((status = 200, body = Page<AuditView>), Refusals))]
async fn list_audit(
    State(api): State<Api>,
    As(actor): As,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<AuditView>>, Problem> {
    let limit = page.limit()?;
    let items = api.app.audit(&actor, page.after()?, limit).await?;
    Ok(Json(Page::of(items, limit, |line| line.audit_id)))
}

#[derive(Serialize, ToSchema)]
struct AuditCheck {
    /// Lines walked.
    lines: u64,
    /// The first line that is not as it was written; absent when all are.
    broken_at: Option<i64>,
}

/// Walk the audit log's chain of hashes
#[utoipa::path(get, path = "/api/v1/audit/check", operation_id = "check_audit", tag = "account",
    responses((status = 200, body = AuditCheck), Refusals))]
async fn check_audit(State(api): State<Api>, As(actor): As) -> Result<Json<AuditCheck>, Problem> {
    let state = api.app.verify_audit(&actor).await?;
    Ok(Json(AuditCheck { lines: state.lines, broken_at: state.broken_at }))
}
