//! Who asks: the extractor that a handler cannot forget, because without it there is no `Actor` to
//! pass on.

use app::{API_TOKEN_PREFIX, Actor};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use domain::text::Words;
use secrecy::{ExposeSecret, SecretString};

use crate::{Api, Problem, origin};

/// The session's cookie.
pub const COOKIE: &str = "beseda_session";

/// The authenticated employee of this request.
pub struct As(pub Actor);

impl FromRequestParts<Api> for As {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        authenticate(api, &parts.method, &parts.headers).await.map(Self)
    }
}

/// Authenticates by `Authorization: Bearer bsd_…` or by the session's cookie. A cookie with a method
/// that changes something must come from our own pages.
pub async fn authenticate(
    api: &Api,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Actor, Problem> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        // A wrong token is not covered up by a good cookie.
        let token = bearer(value).ok_or(app::Error::Unauthenticated)?;
        return Ok(api.app.authenticate(token).await?);
    }
    let jar = CookieJar::from_headers(headers);
    let cookie = jar.get(COOKIE).ok_or(app::Error::Unauthenticated)?;
    // A personal token has no business in a cookie.
    if cookie.value().starts_with(API_TOKEN_PREFIX) {
        return Err(app::Error::Unauthenticated.into());
    }
    if !method.is_safe() && !origin::is_own(headers, api.app.settings.public_url.as_ref()) {
        return Err(foreign());
    }
    Ok(api.app.authenticate(cookie.value()).await?)
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with(API_TOKEN_PREFIX)).then_some(token)
}

/// The request comes from another site.
pub(crate) fn foreign() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "csrf",
        Words::new(
            "Запрос пришёл не со страниц Беседы. Для программ есть личные токены.",
            "The request did not come from Beseda's pages. Programs use personal tokens.",
        ),
    )
}

fn cookie(api: &Api, value: String) -> Cookie<'static> {
    let secure = api.app.settings.public_url.as_ref().is_some_and(|url| url.scheme() == "https");
    Cookie::build((COOKIE, value))
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .path("/")
        .build()
}

/// The cookie of a session that was just opened; the server ends it, so it may outlive that.
pub(crate) fn session_cookie(api: &Api, token: &SecretString) -> CookieJar {
    let mut cookie = cookie(api, token.expose_secret().to_owned());
    cookie.make_permanent();
    CookieJar::new().add(cookie)
}

/// Takes the cookie away.
pub(crate) fn no_cookie(api: &Api) -> CookieJar {
    let mut cookie = cookie(api, String::new());
    cookie.make_removal();
    CookieJar::new().add(cookie)
}
