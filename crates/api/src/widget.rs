//! The site widget's files: the loader for the company's page, and the frame with its parts, which
//! only the company's sites may put around them (WG-1).

use std::sync::Arc;

use app::ChannelRow;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use channel::{Channel, Driver, Site};
use domain::channel::ChannelState;
use sha2::{Digest, Sha256};

use crate::{Api, Path, Problem, widget_files, widget_preview, widget_socket};

const LONGEST_KEY: usize = 100;

pub fn routes() -> Router<Api> {
    Router::new()
        .route("/widget/{key}", get(loader))
        .route("/widget/{key}/config", get(config))
        .route("/widget/{key}/socket", get(widget_socket::upgrade))
        .route("/widget/{key}/files", post(widget_files::upload))
        .route("/widget/{key}/{asset}", get(asset))
        .merge(widget_preview::routes())
}

/// A channel whose visitors come to us.
pub struct Place {
    pub row: Arc<ChannelRow>,
    pub ours: Channel,
    driver: Arc<dyn Driver>,
}

impl Place {
    pub async fn find(api: &Api, key: &str) -> Result<Self, Problem> {
        if key.len() > LONGEST_KEY {
            return Err(Problem::not_found());
        }
        let row = api.channels.by_hook_key(&api.app, key).await?;
        let row = row.filter(|c| c.report.state != ChannelState::Disabled);
        let row = row.ok_or_else(Problem::not_found)?;
        let driver = api.app.driver(&row)?;
        if driver.site().is_none() {
            return Err(Problem::not_found());
        }
        Ok(Self { ours: api.app.driver_channel(&row), row, driver })
    }

    pub fn site(&self) -> Result<&dyn Site, Problem> {
        self.driver.site().ok_or_else(Problem::not_found)
    }
}

/// `{key}.js`, for `<script src>` in any page.
async fn loader(
    State(api): State<Api>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = file.strip_suffix(".js").ok_or_else(Problem::not_found)?;
    let place = Place::find(&api, key).await?;
    let mut response = cached(&headers, "text/javascript; charset=utf-8", place.site()?.loader());
    let anywhere = HeaderValue::from_static("cross-origin");
    response
        .headers_mut()
        .insert(HeaderName::from_static("cross-origin-resource-policy"), anywhere);
    Ok(response)
}

async fn config(
    State(api): State<Api>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let place = Place::find(&api, &key).await?;
    let config = place.site()?.page_config(&place.ours).to_string();
    Ok(cached(&headers, "application/json", config.as_bytes()))
}

async fn asset(
    State(api): State<Api>,
    Path((key, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let place = Place::find(&api, &key).await?;
    let site = place.site()?;
    let (kind, bytes) = site.asset(&name).ok_or_else(Problem::not_found)?;
    let mut response = cached(&headers, kind, bytes);
    if kind.starts_with("text/html") {
        let config = site.page_config(&place.ours);
        let sites = config["origins"].as_array().map(Vec::as_slice).unwrap_or_default();
        let sites: Vec<&str> = sites.iter().filter_map(|site| site.as_str()).collect();
        let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
        let policy = HeaderValue::try_from(policy(host, &sites))
            .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// What the frame may do, and whose pages may put it around them. `connect-src` names the socket's
/// address, because older browsers do not count it as `'self'`.
pub fn policy(host: &str, sites: &[&str]) -> String {
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
    let socket = if !host.is_empty() && host.bytes().all(is_host) {
        format!(" ws://{host} wss://{host}")
    } else {
        String::new()
    };
    let mut ancestors = String::from("'self'");
    for site in sites {
        ancestors.push(' ');
        ancestors.push_str(site);
    }
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         media-src 'self'; connect-src 'self'{socket}; frame-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors {ancestors}"
    )
}

/// Always asked for, and answered with 304 when the browser has it.
pub fn cached(headers: &HeaderMap, kind: &'static str, bytes: &[u8]) -> Response {
    let digest: String = hex::encode(Sha256::digest(bytes)).chars().take(32).collect();
    let tag = format!("\"{digest}\"");
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|tags| tags.split(',').any(|t| t.trim().trim_start_matches("W/") == tag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, kind)], bytes.to_vec()).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wg_1_only_the_companys_sites_may_frame_it() {
        let policy = policy("chat.test:8080", &["https://shop.test", "https://*.shop.test"]);
        assert!(
            policy.ends_with("frame-ancestors 'self' https://shop.test https://*.shop.test"),
            "{policy}"
        );
        assert!(policy.contains("connect-src 'self' ws://chat.test:8080 wss://chat.test:8080;"));
        let strange = super::policy("x; script-src *", &[]);
        assert!(!strange.contains("script-src *"), "{strange}");
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let first = cached(&HeaderMap::new(), "text/css", b"a");
        let tag = first.headers().get(header::ETAG).cloned().expect("a tag");
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, tag);
        assert_eq!(cached(&headers, "text/css", b"a").status(), StatusCode::NOT_MODIFIED);
        assert_eq!(cached(&headers, "text/css", b"b").status(), StatusCode::OK);
    }
}
