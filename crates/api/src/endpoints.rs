//! Outgoing webhooks: receivers, their secrets, the log of deliveries, replays.

use app::EndpointChange;
use axum::{extract::State, http::StatusCode};
use domain::{
    ids::{DeliveryId, EndpointId},
    webhook::{DeliveryState, DeliveryView, EndpointView},
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, As, Json, Path, Problem, Query,
    page::{Page, PageQuery},
    refusals::Refusals,
};

pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_endpoints, create_endpoint))
        .routes(routes!(get_endpoint, change_endpoint, delete_endpoint))
        .routes(routes!(replace_endpoint_secret))
        .routes(routes!(ping_endpoint))
        .routes(routes!(list_deliveries))
        .routes(routes!(get_delivery))
        .routes(routes!(replay_delivery))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewEndpointBody {
    /// Where events are posted to: `https://…`, in the public internet.
    url: String,
    /// Event kinds; empty = all.
    #[serde(default)]
    kinds: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EndpointChangeBody {
    url: Option<String>,
    kinds: Option<Vec<String>>,
    /// Switched on again, an endpoint gets what happens from then on.
    enabled: Option<bool>,
}

#[derive(Serialize, ToSchema)]
struct EndpointMade {
    endpoint: EndpointView,
    /// For checking signatures (Standard Webhooks); shown this once.
    secret: String,
}

#[derive(Serialize, ToSchema)]
struct SecretMade {
    /// Shown this once; the secret before it signs as well for 24 hours.
    secret: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeliveriesQuery {
    /// Only those in this state.
    #[param(inline)]
    state: Option<DeliveryState>,
    /// How many items, 50 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Receivers of outgoing webhooks
#[utoipa::path(get, path = "/api/v1/endpoints", operation_id = "list_endpoints",
    tag = "endpoints", responses((status = 200, body = Page<EndpointView>), Refusals))]
async fn list_endpoints(
    State(api): State<Api>,
    As(actor): As,
) -> Result<Json<Page<EndpointView>>, Problem> {
    Ok(Json(Page { items: api.app.endpoints(&actor).await?, next: None }))
}

/// Make a receiver; it gets what happens from now on
#[utoipa::path(post, path = "/api/v1/endpoints", operation_id = "create_endpoint",
    tag = "endpoints", request_body = NewEndpointBody,
    responses((status = 201, body = EndpointMade), Refusals))]
async fn create_endpoint(
    State(api): State<Api>,
    As(actor): As,
    Json(body): Json<NewEndpointBody>,
) -> Result<(StatusCode, Json<EndpointMade>), Problem> {
    let (endpoint, secret) = api.app.create_endpoint(&actor, &body.url, body.kinds).await?;
    let made = EndpointMade { endpoint, secret: secret.expose_secret().to_owned() };
    Ok((StatusCode::CREATED, Json(made)))
}

/// One receiver
#[utoipa::path(get, path = "/api/v1/endpoints/{endpoint_id}", operation_id = "get_endpoint",
    tag = "endpoints", params(("endpoint_id" = EndpointId, Path)),
    responses((status = 200, body = EndpointView), Refusals))]
async fn get_endpoint(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<EndpointId>,
) -> Result<Json<EndpointView>, Problem> {
    Ok(Json(api.app.endpoint(&actor, id).await?))
}

/// Change a receiver, switch it on or off
#[utoipa::path(patch, path = "/api/v1/endpoints/{endpoint_id}", operation_id = "change_endpoint",
    tag = "endpoints", params(("endpoint_id" = EndpointId, Path)),
    request_body = EndpointChangeBody,
    responses((status = 200, body = EndpointView), Refusals))]
async fn change_endpoint(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<EndpointId>,
    Json(body): Json<EndpointChangeBody>,
) -> Result<Json<EndpointView>, Problem> {
    let change = EndpointChange { url: body.url, kinds: body.kinds, enabled: body.enabled };
    Ok(Json(api.app.change_endpoint(&actor, id, change).await?))
}

/// Delete a receiver together with its log and what waits for it
#[utoipa::path(delete, path = "/api/v1/endpoints/{endpoint_id}", operation_id = "delete_endpoint",
    tag = "endpoints", params(("endpoint_id" = EndpointId, Path)),
    responses((status = 204), Refusals))]
async fn delete_endpoint(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<EndpointId>,
) -> Result<StatusCode, Problem> {
    api.app.delete_endpoint(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a new secret for a receiver
#[utoipa::path(post, path = "/api/v1/endpoints/{endpoint_id}/secret",
    operation_id = "replace_endpoint_secret", tag = "endpoints",
    params(("endpoint_id" = EndpointId, Path)),
    responses((status = 200, body = SecretMade), Refusals))]
async fn replace_endpoint_secret(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<EndpointId>,
) -> Result<Json<SecretMade>, Problem> {
    let secret = api.app.replace_endpoint_secret(&actor, id).await?;
    Ok(Json(SecretMade { secret: secret.expose_secret().to_owned() }))
}

/// Send a ping now, once; answers with what came of it
#[utoipa::path(post, path = "/api/v1/endpoints/{endpoint_id}/ping",
    operation_id = "ping_endpoint", tag = "endpoints",
    params(("endpoint_id" = EndpointId, Path)),
    responses((status = 200, body = DeliveryView), Refusals))]
async fn ping_endpoint(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<EndpointId>,
) -> Result<Json<DeliveryView>, Problem> {
    Ok(Json(api.app.ping_endpoint(&actor, id).await?))
}

/// What was sent to a receiver, newest first
#[utoipa::path(get, path = "/api/v1/endpoints/{endpoint_id}/deliveries",
    operation_id = "list_deliveries", tag = "endpoints",
    params(("endpoint_id" = EndpointId, Path), DeliveriesQuery),
    responses((status = 200, body = Page<DeliveryView>), Refusals))]
async fn list_deliveries(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<EndpointId>,
    Query(query): Query<DeliveriesQuery>,
) -> Result<Json<Page<DeliveryView>>, Problem> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let limit = page.bounded()?;
    let cursor = page.cursor.as_deref();
    Ok(Json(api.app.endpoint_deliveries(&actor, id, query.state, cursor, limit).await?.into()))
}

/// One delivery with what is sent
#[utoipa::path(get, path = "/api/v1/deliveries/{delivery_id}", operation_id = "get_delivery",
    tag = "endpoints", params(("delivery_id" = DeliveryId, Path)),
    responses((status = 200, body = DeliveryView), Refusals))]
async fn get_delivery(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<DeliveryId>,
) -> Result<Json<DeliveryView>, Problem> {
    Ok(Json(api.app.delivery(&actor, id).await?))
}

/// Send an event once more, under its first id
#[utoipa::path(post, path = "/api/v1/deliveries/{delivery_id}/replay",
    operation_id = "replay_delivery", tag = "endpoints",
    params(("delivery_id" = DeliveryId, Path)),
    responses((status = 201, body = DeliveryView), Refusals))]
async fn replay_delivery(
    State(api): State<Api>,
    As(actor): As,
    Path(id): Path<DeliveryId>,
) -> Result<(StatusCode, Json<DeliveryView>), Problem> {
    Ok((StatusCode::CREATED, Json(api.app.replay_delivery(&actor, id).await?)))
}
