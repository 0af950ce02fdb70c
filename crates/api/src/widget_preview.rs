//! The widget as its settings would make it, before they are saved: a pretend site on which the real
//! loader and frame run without a channel, a socket or anything stored. The cabinet shows it in a
//! frame and tells it the settings by message (`preview.js` of the driver's assets); only our own
//! pages may.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use channel::{Channel, Driver, Site};
use domain::ids::{AccountId, ChannelId};
use serde_json::{Map, Value};

use crate::{
    Api, Json, Path, Problem,
    widget::{cached, policy},
};

pub fn routes() -> Router<Api> {
    Router::new()
        .route("/widget/preview.js", get(loader))
        .route("/widget/preview/config", get(plain).post(config))
        .route("/widget/preview/{asset}", get(asset))
}

/// The kind that visitors of a site talk to.
fn driver(api: &Api) -> Result<Arc<dyn Driver>, Problem> {
    let found = api.app.drivers.iter().find(|driver| driver.site().is_some());
    found.cloned().ok_or_else(Problem::not_found)
}

fn site(driver: &Arc<dyn Driver>) -> Result<&dyn Site, Problem> {
    driver.site().ok_or_else(Problem::not_found)
}

/// A channel that is nowhere.
fn imagined(api: &Api, settings: Map<String, Value>) -> Channel {
    Channel {
        id: ChannelId::new(&*api.app.ids),
        account: AccountId::new(&*api.app.ids),
        name: String::new(),
        settings,
        secrets: Default::default(),
        hook_secret: String::new().into(),
        external_id: None,
        memory: std::sync::Arc::new(channel::Forgetful),
    }
}

async fn loader(State(api): State<Api>, headers: HeaderMap) -> Result<Response, Problem> {
    let driver = driver(&api)?;
    Ok(cached(&headers, "text/javascript; charset=utf-8", site(&driver)?.loader()))
}

async fn plain(State(api): State<Api>) -> Result<Response, Problem> {
    configured(&api, Map::new())
}

/// What the page would be told with these settings. Wrong ones fall back to what is usual, as a
/// page of a saved channel does.
async fn config(
    State(api): State<Api>,
    Json(settings): Json<Map<String, Value>>,
) -> Result<Response, Problem> {
    configured(&api, settings)
}

fn configured(api: &Api, settings: Map<String, Value>) -> Result<Response, Problem> {
    let driver = driver(api)?;
    let mut config = site(&driver)?.page_config(&imagined(api, settings));
    config["preview"] = true.into();
    let mut response = axum::Json(config).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn asset(
    State(api): State<Api>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let driver = driver(&api)?;
    let (kind, bytes) = site(&driver)?.asset(&name).ok_or_else(Problem::not_found)?;
    let mut response = cached(&headers, kind, bytes);
    if kind.starts_with("text/html") {
        let policy = HeaderValue::try_from(policy("", &[]))
            .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let robots = HeaderName::from_static("x-robots-tag");
    response.headers_mut().insert(robots, HeaderValue::from_static("noindex"));
    Ok(response)
}
