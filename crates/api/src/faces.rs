//! The pages for people, made in `web/`: in a release build they are part of the binary, a debug
//! build reads `web/dist` of its clone (docs/adr/0011). A binary without pages says at their
//! addresses how they come about; the API works all the same.

use std::borrow::Cow;

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use rust_embed::Embed;

use crate::Problem;

/// One directive a line; `vite preview` gives the same policy.
const POLICY: &str = include_str!("../../../web/content-security-policy.txt");
/// Names of assets have a hash of what is in them.
const FOR_A_YEAR: &str = "public, max-age=31536000, immutable";
/// Kept, and asked about each time: a page names the assets of its own build.
const ASK_FIRST: &str = "no-cache";
/// The addresses that web/src/app.tsx draws.
const PAGES: [&str; 10] = [
    "/",
    "/login",
    "/sign-up",
    "/invite",
    "/desk",
    "/desk/",
    "/desk/{*rest}",
    "/cabinet",
    "/cabinet/",
    "/cabinet/{*rest}",
];
/// Best first: the endings of the files that `npm run build` compresses.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

#[derive(Embed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

struct File {
    bytes: Cow<'static, [u8]>,
    hash: [u8; 32],
}

/// Finds a file by its path below `web/dist`.
type Find = fn(&str) -> Option<File>;

fn built(path: &str) -> Option<File> {
    let file = Dist::get(path)?;
    Some(File { bytes: file.data, hash: file.metadata.sha256_hash() })
}

pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    routes_over(built)
}

fn routes_over<S: Clone + Send + Sync + 'static>(find: Find) -> Router<S> {
    let page = move |headers: HeaderMap| async move { page(find, &headers) };
    let asset = move |Path(path): Path<String>, headers: HeaderMap| async move {
        answer(find, &format!("assets/{path}"), &headers, FOR_A_YEAR)
    };
    let icon =
        move |headers: HeaderMap| async move { answer(find, "favicon.svg", &headers, ASK_FIRST) };
    PAGES
        .into_iter()
        .fold(Router::new(), |router, address| router.route(address, get(page)))
        .route("/assets/{*path}", get(asset))
        .route("/favicon.svg", get(icon))
}

fn page(find: Find, headers: &HeaderMap) -> Response {
    if find("index.html").is_none() {
        return Html(include_str!("home.html")).into_response();
    }
    let mut response = answer(find, "index.html", headers, ASK_FIRST);
    let policy: Vec<&str> = POLICY.lines().collect();
    if let Ok(policy) = HeaderValue::try_from(policy.join("; ")) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A file in the best encoding that the client takes, or word that the client's copy is good.
fn answer(find: Find, path: &str, headers: &HeaderMap, keep: &'static str) -> Response {
    let Some(plain) = is_address(path).then(|| find(path)).flatten() else {
        return Problem::not_found().into_response();
    };
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let packed = ENCODINGS
        .into_iter()
        .filter(|(encoding, _)| accepts(accepted.unwrap_or_default(), encoding))
        .find_map(|(encoding, ending)| Some((encoding, find(&format!("{path}{ending}"))?)));
    let (encoding, file) = match packed {
        Some((encoding, file)) => (Some(encoding), file),
        None => (None, plain),
    };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let tag = tag(&file);
    let is_known = known.is_some_and(|known| known.split(',').any(|one| same(one.trim(), &tag)));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type(path))], Body::from(file.bytes)).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    if let (Some(encoding), false) = (encoding, is_known) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// What lies beside a file is another form of it and has no address; and no way leads upwards.
fn is_address(path: &str) -> bool {
    !ENCODINGS.iter().any(|(_, ending)| path.ends_with(ending))
        && !path.split('/').any(|part| part == "..")
}

/// Each encoding of a file has bytes of its own, and so a tag of its own.
fn tag(file: &File) -> String {
    let half: Vec<u8> = file.hash.iter().copied().take(16).collect();
    format!("\"{}\"", hex::encode(half))
}

/// The weak comparison that If-None-Match asks for (RFC 9110, section 13.1.2): proxies that
/// recompress make tags weak.
fn same(told: &str, tag: &str) -> bool {
    told == "*" || told.strip_prefix("W/").unwrap_or(told) == tag
}

/// Whether an Accept-Encoding names the encoding and does not refuse it by `q=0` (RFC 9110, section
/// 12.5.3). The star is not taken for a yes: who means an encoding names it.
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding))
            && !parts.any(|part| {
                let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
                weight.and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0)
            })
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::to_bytes, http::Request};
    use tower::ServiceExt;

    use super::*;

    fn dist(path: &str) -> Option<File> {
        let (number, text) = match path {
            "index.html" => (1, "<!doctype html>"),
            "index.html.br" => (2, "br of the page"),
            "assets/desk-1a2b.js" => (3, "plain"),
            "assets/desk-1a2b.js.br" => (4, "br"),
            "assets/desk-1a2b.js.gz" => (5, "gz"),
            "assets/golos-3c.woff2" => (6, "font"),
            "favicon.svg" => (7, "<svg/>"),
            _ => return None,
        };
        Some(File { bytes: text.as_bytes().into(), hash: [number; 32] })
    }

    async fn get(find: Find, path: &str, headers: &[(&str, &str)]) -> (Response, String) {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = routes_over::<()>(find)
            .fallback(async || Problem::not_found())
            .oneshot(request)
            .await
            .expect("infallible");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        let body = String::from_utf8(body.to_vec()).expect("text");
        (Response::from_parts(parts, Body::empty()), body)
    }

    fn told<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().expect("ascii"))
    }

    #[tokio::test]
    async fn every_address_of_the_pages_is_the_page_with_its_policy() {
        let addresses =
            ["/", "/login", "/sign-up", "/invite", "/desk", "/desk/", "/cabinet", "/cabinet/"];
        for path in addresses.into_iter().chain(["/desk/new/cnv_1", "/cabinet/channels/new/widget"])
        {
            let (response, body) = get(dist, path, &[]).await;
            assert_eq!(
                (response.status(), body.as_str()),
                (StatusCode::OK, "<!doctype html>"),
                "{path}"
            );
            assert_eq!(told(&response, "content-type"), "text/html; charset=utf-8");
            assert_eq!(told(&response, "cache-control"), "no-cache");
            let policy = told(&response, "content-security-policy");
            assert!(policy.starts_with("default-src 'self'; script-src 'self'; "), "{policy}");
            assert!(policy.ends_with("; frame-ancestors 'none'"), "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
        }
        for path in ["/index.html", "/nonsense", "/desks", "/api/v1/nonsense", "/login/x"] {
            let (response, _) = get(dist, path, &[]).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(told(&response, "content-type"), "application/problem+json", "{path}");
        }
    }

    #[tokio::test]
    async fn an_asset_is_kept_for_a_year_in_the_encoding_that_was_asked_for() {
        for (accepted, encoding, body) in [
            ("gzip, deflate, br, zstd", "br", "br"),
            ("gzip", "gzip", "gz"),
            ("GZIP;q=0.5, br;q=0", "gzip", "gz"),
            ("identity", "", "plain"),
            ("*", "", "plain"),
            ("", "", "plain"),
        ] {
            let asked = [("accept-encoding", accepted)];
            let (response, got) = get(dist, "/assets/desk-1a2b.js", &asked).await;
            assert_eq!((told(&response, "content-encoding"), got.as_str()), (encoding, body));
            assert_eq!(told(&response, "content-type"), "text/javascript; charset=utf-8");
            assert_eq!(told(&response, "cache-control"), "public, max-age=31536000, immutable");
            assert_eq!(told(&response, "vary"), "accept-encoding");
        }
        let (response, got) =
            get(dist, "/assets/golos-3c.woff2", &[("accept-encoding", "br")]).await;
        assert_eq!((told(&response, "content-type"), got.as_str()), ("font/woff2", "font"));
        assert_eq!(told(&response, "content-encoding"), "");
    }

    #[tokio::test]
    async fn what_a_client_has_is_not_sent_again() {
        let asked = ("accept-encoding", "br");
        let (first, _) = get(dist, "/", &[asked]).await;
        let tag = told(&first, "etag").to_owned();
        assert_eq!(tag, format!("\"{}\"", "02".repeat(16)));
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let (again, body) = get(dist, "/", &[asked, ("if-none-match", &known)]).await;
            assert_eq!((again.status(), body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
            assert_eq!(told(&again, "etag"), tag);
        }
        let (other, _) = get(dist, "/", &[("if-none-match", &tag)]).await;
        assert_eq!(other.status(), StatusCode::OK, "another encoding has another tag");
    }

    #[tokio::test]
    async fn only_files_of_the_build_have_addresses() {
        for path in [
            "/assets/gone-9z.js",
            "/assets/desk-1a2b.js.br",
            "/assets/../index.html",
            "/assets/%2e%2e/index.html",
            "/assets/..%2findex.html",
        ] {
            for find in [dist as Find, built] {
                let (response, _) = get(find, path, &[]).await;
                assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
                assert_ne!(told(&response, "cache-control"), FOR_A_YEAR, "{path}");
            }
        }
    }

    #[tokio::test]
    async fn a_build_without_pages_says_what_to_do() {
        for path in ["/", "/login", "/desk/new"] {
            let (response, body) = get(|_| None, path, &[]).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert!(body.contains("./dev run") && body.contains("npm run build"), "{body}");
        }
        let (response, _) = get(|_| None, "/favicon.svg", &[]).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }
}
