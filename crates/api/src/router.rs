//! All areas put together, with what every answer has: a request id, security headers, problems
//! instead of bare error texts, a panic kept inside its request.

use std::{any::Any, time::Instant};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::text::Words;
use tower::{ServiceBuilder, util::MapRequestLayer};
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    trace::{DefaultOnFailure, TraceLayer},
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    Api, COOKIE, Problem, access, account, attachments, blacklist, board, body, canned_replies,
    channel_consent, channels, contact_fields, contacts, conversations, crm, crm_hooks,
    crm_integrations, crm_log, crm_quarantine, drafts, endpoints, faces, health, hooks, invites,
    number_checks, people, preferences, problem::FieldProblem, scenarios, search, sent_messages,
    socket, tags, tokens, widget,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Beseda API", version = "1", description = "Errors are application/problem+json \
        with a stable `code`. Lists are pages: `limit`, `cursor`, answered with `next`. Programs \
        authenticate with a personal token, browsers with the session's cookie.",
        license(name = "Proprietary")),
    // A filter holds filters, and what a recursive shape names is not found by itself.
    components(schemas(Problem, FieldProblem, domain::crm::Operator)),
    security(("cookie" = []), ("bearer" = [])),
    modifiers(&Schemes),
)]
struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let cookie = ApiKeyValue::with_description(COOKIE, "The session, set by log-in.");
        let bearer = Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("bsd_…")
            .description(Some("A personal token."))
            .build();
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// The documented areas. A new one adds its line here.
fn documented() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(access::routes())
        .merge(account::routes())
        .merge(attachments::routes())
        .merge(blacklist::routes())
        .merge(board::routes())
        .merge(canned_replies::routes())
        .merge(channel_consent::routes())
        .merge(channels::routes())
        .merge(contact_fields::routes())
        .merge(contacts::routes())
        .merge(conversations::routes())
        .merge(crm::routes())
        .merge(crm_integrations::routes())
        .merge(crm_log::routes())
        .merge(crm_quarantine::routes())
        .merge(drafts::routes())
        .merge(endpoints::routes())
        .merge(invites::routes())
        .merge(number_checks::routes())
        .merge(people::routes())
        .merge(preferences::routes())
        .merge(scenarios::routes())
        .merge(search::routes())
        .merge(sent_messages::routes())
        .merge(socket::routes())
        .merge(tags::routes())
        .merge(tokens::routes())
}

/// The OpenAPI document of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    documented().into_openapi()
}

/// Everything that this process serves over HTTP.
pub fn router(api: Api) -> Router {
    let (documented, document) = documented().split_for_parts();
    let document = document.to_json().unwrap_or_default();
    let document = get(async move || ([(header::CONTENT_TYPE, "application/json")], document));
    let guarded = documented
        .route("/api/v1/openapi.json", document)
        .merge(health::routes())
        .merge(attachments::files())
        .merge(crm_hooks::routes())
        .merge(hooks::routes())
        .merge(widget::routes())
        .merge(faces::routes());
    let whole = guarded
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                Words::new("Этот адрес не принимает такой метод.", "Not a method of this address."),
            )
        })
        .with_state(api);
    let id = HeaderName::from_static("x-request-id");
    whole.layer(
        ServiceBuilder::new()
            .layer(MapRequestLayer::new(without_request_id))
            .layer(SetRequestIdLayer::new(id.clone(), NewRequestId))
            .layer(PropagateRequestIdLayer::new(id))
            .layer(
                TraceLayer::new_for_http().make_span_with(span).on_failure(DefaultOnFailure::new()),
            )
            .layer(from_fn(measured))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(with_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .layer(with_header(header::REFERRER_POLICY, "same-origin"))
            .layer(with_header(
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; frame-ancestors 'none'",
            ))
            .layer(DefaultBodyLimit::max(body::LONGEST)),
    )
}

/// A header that an area may set otherwise for its own answers.
fn with_header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// Ids are ours, whatever the client sends: its own could be as long as a header and break logs.
fn without_request_id(mut request: Request) -> Request {
    request.headers_mut().remove("x-request-id");
    request
}

#[derive(Clone)]
struct NewRequestId;

impl MakeRequestId for NewRequestId {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        let id = hex::encode(rand::random::<[u8; 12]>());
        HeaderValue::try_from(id).ok().map(RequestId::new)
    }
}

/// The matched path and not the address: ids of people and secrets of hooks stay out of the log.
fn span(request: &Request) -> tracing::Span {
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let id = request.extensions().get::<RequestId>().map(RequestId::header_value);
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::info_span!("http", method = known(request.method()), path, request.id = id)
}

/// Counts and times answers by matched path.
async fn measured(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let begun = Instant::now();
    let response = next.run(request).await;
    let path = path.as_ref().map_or("-", MatchedPath::as_str).to_owned();
    let status = response.status().as_str().to_owned();
    let labels = [("method", known(&method).to_owned()), ("path", path), ("status", status)];
    metrics::histogram!("beseda_http_seconds", &labels).record(begun.elapsed().as_secs_f64());
    response
}

/// A client may name any method (RFC 9110, section 9.1): each name of its own would be one more
/// series of figures that is never forgotten.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    Problem::from(app::Error::Internal(format!("a handler panicked: {what}"))).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_has_an_id_of_its_own_and_documents_its_refusals() {
        let document = serde_json::to_value(super::openapi()).expect("is json");
        assert_eq!(document["openapi"], "3.1.0");
        let mut ids = BTreeSet::new();
        for (path, operations) in document["paths"].as_object().expect("paths") {
            for (method, operation) in operations.as_object().expect("operations") {
                let id = operation["operationId"].as_str().unwrap_or_default();
                assert!(ids.insert(id.to_owned()), "{method} {path}: {id:?} is not its own");
                let answers = operation["responses"].as_object().expect("answers");
                for status in ["401", "429", "503"] {
                    assert!(answers.contains_key(status), "{id} does not document {status}");
                }
            }
        }
    }

    /// A reference to a shape that is not there makes the document useless for generators.
    #[test]
    fn every_reference_of_the_document_leads_somewhere() {
        let document = serde_json::to_value(super::openapi()).expect("is json");
        let mut open = vec![&document];
        while let Some(value) = open.pop() {
            if let Some(target) = value.get("$ref").and_then(|r| r.as_str()) {
                let pointer = target.trim_start_matches('#');
                assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
            }
            match value {
                serde_json::Value::Object(map) => open.extend(map.values()),
                serde_json::Value::Array(items) => open.extend(items),
                _ => {}
            }
        }
    }
}
