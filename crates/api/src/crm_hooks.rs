//! Webhooks of CRMs. The account's own are not signed: the unguessable part of their address is the
//! secret, so it is never logged. Answered after our COMMIT.

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::{Query, Request, State},
    http::{StatusCode, header},
    routing::{get, post},
};
use domain::crm::CrmKind;

use crate::{Api, Path, Problem, whole::whole};

/// amoCRM sends at most some hundred changes at once.
const LONGEST: usize = 2 * 1024 * 1024;

pub fn routes() -> Router<Api> {
    Router::new()
        .route("/hooks/crm/{key}", post(changed))
        .route("/hooks/crm-off/{kind}", get(switched_off))
        .route("/hooks/crm-chats/{scope}", post(chatted))
}

/// What happened in a CRM account.
async fn changed(
    State(api): State<Api>,
    Path(key): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let body = whole(body, LONGEST).await?;
    api.app.crm_hook(&key, kind.unwrap_or_default(), &body).await?;
    Ok(StatusCode::OK)
}

/// The admin of a CRM account switched our app off; signed.
async fn switched_off(
    State(api): State<Api>,
    Path(kind): Path<CrmKind>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<StatusCode, Problem> {
    api.app.portal_switched_off(kind, &query).await?;
    Ok(StatusCode::OK)
}

/// What happened in the chats of a CRM account; signed with the channel's secret. Sent once, and waited
/// for five seconds.
async fn chatted(
    State(api): State<Api>,
    Path(scope): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let signature = parts.headers.get("x-signature").and_then(|signature| signature.to_str().ok());
    let body = whole(body, LONGEST).await?;
    api.app.crm_chat_hook(&scope, signature.unwrap_or_default(), &body).await?;
    Ok(StatusCode::OK)
}
