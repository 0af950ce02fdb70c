//! Whether phones can be written to (WA-1).

use app::CheckNumber;
use axum::extract::State;
use domain::{
    ids::{ChannelId, ContactId},
    number_check::{NumberCheckView, Wanted},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Path, Problem, Query, page::Page, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_contact_number_checks, check_number))
        .routes(routes!(list_number_checks))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PhoneQuery {
    /// In any form; read by the company's country when it has no `+`.
    phone: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CheckBody {
    channel_id: ChannelId,
    /// One of the contact's.
    phone: String,
    /// `answer` (default): one that is kept will do for a month; `fresh_answer`: ask anew.
    #[serde(default)]
    wanted: Wanted,
}

/// What each channel that can tell knows of a contact's phones
#[utoipa::path(get, path = "/api/v1/contacts/{contact_id}/number-checks",
    operation_id = "list_contact_number_checks", tag = "contacts",
    params(("contact_id" = ContactId, Path)),
    responses((status = 200, body = Page<NumberCheckView>), Refusals))]
async fn list_contact_number_checks(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ContactId>,
) -> Result<Json<Page<NumberCheckView>>, Problem> {
    Ok(Json(Page { items: api.app.number_checks(&actor, id).await?, next: None }))
}

/// Ask a channel's service whether a contact's phone can be written to; may cost the company money
///
/// Answers with how it stands now: `checking` as a rule. `number.checked` tells the rest. A question
/// that is under way, or was answered lately, is not put again.
#[utoipa::path(post, path = "/api/v1/contacts/{contact_id}/number-checks",
    operation_id = "check_number", tag = "contacts",
    params(("contact_id" = ContactId, Path)), request_body = CheckBody,
    responses((status = 200, body = NumberCheckView), Refusals))]
async fn check_number(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<ContactId>,
    Json(body): Json<CheckBody>,
) -> Result<Json<NumberCheckView>, Problem> {
    let CheckBody { channel_id: channel, phone, wanted } = body;
    let asked = CheckNumber { channel, phone, wanted };
    Ok(Json(api.app.check_number(&actor, id, asked).await?))
}

/// What each channel that can tell knows of a phone, before somebody writes to it first
#[utoipa::path(get, path = "/api/v1/number-checks", operation_id = "list_number_checks",
    tag = "contacts", params(PhoneQuery),
    responses((status = 200, body = Page<NumberCheckView>), Refusals))]
async fn list_number_checks(
    State(api): State<Api>,
    As(actor): As,
    Query(query): Query<PhoneQuery>,
) -> Result<Json<Page<NumberCheckView>>, Problem> {
    let items = api.app.number_checks_of_phone(&actor, &query.phone).await?;
    Ok(Json(Page { items, next: None }))
}
