//! Whether a browser's request comes from our own pages. A cookie travels with any site's request,
//! so it counts only when the browser says that the request is ours (Fetch Metadata, or Origin as
//! RFC 6454 defines it). Personal tokens do not travel by themselves and need no such proof.

use axum::http::{HeaderMap, header};
use url::Url;

/// Whether the browser says so. No word of it is no proof.
pub fn is_own(headers: &HeaderMap, public_url: Option<&Url>) -> bool {
    match headers.get("sec-fetch-site").map(|v| v.as_bytes()) {
        Some(b"same-origin" | b"none") => return true,
        Some(_) => return false,
        None => {}
    }
    matches!(told_origin(headers, public_url), Some(true))
}

/// Whether nothing says the contrary: for requests that carry no cookie yet (log-in), which
/// programs without a browser send too.
pub fn is_not_foreign(headers: &HeaderMap, public_url: Option<&Url>) -> bool {
    if headers.contains_key("sec-fetch-site") {
        return is_own(headers, public_url);
    }
    told_origin(headers, public_url) != Some(false)
}

fn told_origin(headers: &HeaderMap, public_url: Option<&Url>) -> Option<bool> {
    let origin = headers.get(header::ORIGIN)?;
    let Some(origin) = origin.to_str().ok().and_then(|o| Url::parse(o).ok()) else {
        return Some(false);
    };
    if public_url.is_some_and(|ours| ours.origin() == origin.origin()) {
        return Some(true);
    }
    let Some(host) = headers.get(header::HOST).and_then(|h| h.to_str().ok()) else {
        return Some(false);
    };
    // The same scheme is supposed: behind a proxy we do not see it.
    let here = Url::parse(&format!("{}://{host}", origin.scheme()));
    Some(here.is_ok_and(|here| here.origin() == origin.origin()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().expect("name"), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn only_our_own_pages_may_use_the_cookie() {
        let public = Url::parse("https://chat.example.ru").ok();
        for (pairs, own, not_foreign) in [
            (&[][..], false, true),
            (&[("sec-fetch-site", "same-origin")], true, true),
            (
                &[("sec-fetch-site", "cross-site"), ("origin", "https://chat.example.ru")],
                false,
                false,
            ),
            (&[("sec-fetch-site", "same-site")], false, false),
            (&[("origin", "https://chat.example.ru"), ("host", "inside:80")], true, true),
            (&[("origin", "http://localhost:8080"), ("host", "localhost:8080")], true, true),
            (&[("origin", "http://localhost:8081"), ("host", "localhost:8080")], false, false),
            (&[("origin", "https://evil.ru"), ("host", "chat.example.ru")], false, false),
            (&[("origin", "null"), ("host", "chat.example.ru")], false, false),
        ] {
            let headers = headers(pairs);
            assert_eq!(is_own(&headers, public.as_ref()), own, "{pairs:?}");
            assert_eq!(is_not_foreign(&headers, public.as_ref()), not_foreign, "{pairs:?}");
        }
    }
}
