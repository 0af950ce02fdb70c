//! Consent at a messenger's own page, and lists that a messenger offers for its form.

use std::collections::BTreeMap;

use app::HalfForm;
use axum::{
    extract::{Query as RawQuery, State},
    http::{HeaderMap, header},
    response::Redirect,
};
use domain::{channel::ChannelKind, ids::ChannelId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Api, As, Json, Path, Problem, page::Page, refusals::Refusals};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(ask_channel_consent))
        .routes(routes!(return_from_channel))
        .routes(routes!(list_channel_choices))
}

/// Where the browser goes.
#[derive(Serialize, ToSchema)]
struct ConsentAddress {
    url: String,
}

/// A form as far as it is filled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HalfFormBody {
    kind: String,
    /// Answers so far, secret ones too.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// A saved channel: secrets left out are taken from it.
    channel_id: Option<ChannelId>,
    /// The field of kind `choice`.
    field: String,
}

/// One value that the service offers.
#[derive(Serialize, ToSchema)]
struct ChoiceBody {
    value: String,
    label: String,
}

/// Begin to allow us at the service's page
#[utoipa::path(post, path = "/api/v1/channels/{channel_id}/consent",
    operation_id = "ask_channel_consent", tag = "channels",
    params(("channel_id" = ChannelId, Path)),
    responses((status = 200, body = ConsentAddress), Refusals))]
async fn ask_channel_consent(
    State(api): State<Api>,
    As(actor): As,
    headers: HeaderMap,
    Path(id): Path<ChannelId>,
) -> Result<Json<ConsentAddress>, Problem> {
    let url = api.app.channel_consent(&actor, id, &here(&headers)?).await?;
    Ok(Json(ConsentAddress { url: url.into() }))
}

/// Where a messenger sends the browser after consent; goes on to the cabinet
#[utoipa::path(get, path = "/api/v1/channels/oauth/{kind}", operation_id = "return_from_channel",
    tag = "channels", security(()), params(("kind" = String, Path)),
    responses((status = 303, description = "To the channel in the cabinet: `consent=ok`, or \
        `consent=` a stable code of what went wrong"), Refusals))]
async fn return_from_channel(
    State(api): State<Api>,
    browser: Result<As, Problem>,
    headers: HeaderMap,
    Path(kind): Path<String>,
    RawQuery(query): RawQuery<BTreeMap<String, String>>,
) -> Result<Redirect, Problem> {
    let actor = browser.ok().map(|As(actor)| actor);
    let kind = ChannelKind::new(&kind);
    let returned = api.app.consent_returned(actor.as_ref(), &kind, &query, &here(&headers)?).await;
    let (channel, code) = match returned {
        Ok(id) => (Some(id), "ok"),
        Err(fault) => (fault.channel, fault.code),
    };
    let place = channel.map(|id| format!("/{id}")).unwrap_or_default();
    Ok(Redirect::to(&format!("/cabinet/channels{place}?consent={code}")))
}

/// What the service offers for a field of the form
#[utoipa::path(post, path = "/api/v1/channels/choices", operation_id = "list_channel_choices",
    tag = "channels", request_body = HalfFormBody,
    responses((status = 200, body = Page<ChoiceBody>), Refusals))]
async fn list_channel_choices(
    State(api): State<Api>,
    As(actor): As,
    Json(body): Json<HalfFormBody>,
) -> Result<Json<Page<ChoiceBody>>, Problem> {
    let form = HalfForm {
        kind: ChannelKind::new(&body.kind),
        settings: body.settings,
        channel: body.channel_id,
        field: body.field,
    };
    let items = api.app.channel_choices(&actor, form).await?;
    let items = items.into_iter().map(|c| ChoiceBody { value: c.value, label: c.label }).collect();
    Ok(Json(Page { items, next: None }))
}

/// The address at which the browser sees us. Used only where no public address is set, which is an
/// installation on a person's own machine.
fn here(headers: &HeaderMap) -> Result<Url, Problem> {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("localhost");
    Url::parse(&format!("http://{host}/")).map_err(|_| Problem::not_found())
}
