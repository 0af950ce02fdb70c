//! Tokens from Avito. Source: <https://developers.avito.ru/api-catalog/auth/documentation>.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use net::http::{Client, header::CONTENT_TYPE};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    HttpRequest, HttpResponse, RefreshToken, RequestTokenError, Scope, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponse, BasicTokenResponse},
};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use crate::{AppKeys, account::Account, call};

/// What we ask to be allowed; Avito parts scopes by commas where the standard has spaces.
const SCOPES: &str = "messenger:read,messenger:write,user:read";
/// Of an access token, where the answer does not say.
const USUAL_LIFE: Duration = Duration::from_secs(86_400);
const TIMEOUT: Duration = Duration::from_secs(20);
const SHORTLY: Duration = Duration::from_secs(10);

/// What Avito gave.
pub(crate) struct Grant {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) life: Duration,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GrantError {
    /// For good.
    #[error("Avito refused: {0}")]
    Refused(String),
    /// Not now, or the answer was lost: asking again tells whether what was sent is spent.
    #[error("try again in {after:?}: {why}")]
    Later { after: Duration, why: String },
}

/// Where the browser goes. Avito returns it to the address that the app was registered with.
pub(crate) fn consent(page: &Url, app: &AppKeys, state: &str) -> Url {
    let state = CsrfToken::new(state.to_owned());
    BasicClient::new(ClientId::new(app.client_id.clone()))
        .set_auth_uri(AuthUrl::from_url(page.clone()))
        .authorize_url(|| state)
        .add_scope(Scope::new(SCOPES.to_owned()))
        .add_extra_param("pro_users_flow", "true")
        .url()
        .0
}

pub(crate) async fn by_code(account: &Account<'_>, code: &str) -> Result<Grant, GrantError> {
    let code = AuthorizationCode::new(code.to_owned());
    let tokens = Tokens(&account.driver.http);
    grant(client(account).exchange_code(code).request_async(&tokens).await)
}

/// The answer replaces both tokens: from then on the old ones are dead.
pub(crate) async fn refreshed(account: &Account<'_>, refresh: &str) -> Result<Grant, GrantError> {
    let refresh = RefreshToken::new(refresh.to_owned());
    let tokens = Tokens(&account.driver.http);
    let grant =
        grant(client(account).exchange_refresh_token(&refresh).request_async(&tokens).await)?;
    // Should Avito keep the refresh token one day, the old one stays good.
    let kept = grant.refresh.or_else(|| Some(refresh.into_secret()));
    Ok(Grant { refresh: kept, ..grant })
}

pub(crate) async fn by_own_keys(account: &Account<'_>) -> Result<Grant, GrantError> {
    let tokens = Tokens(&account.driver.http);
    grant(client(account).exchange_client_credentials().request_async(&tokens).await)
}

type Known = oauth2::Client<
    BasicErrorResponse,
    BasicTokenResponse,
    oauth2::basic::BasicTokenIntrospectionResponse,
    oauth2::StandardRevocableToken,
    oauth2::basic::BasicRevocationErrorResponse,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointSet,
>;

fn client(account: &Account<'_>) -> Known {
    let settings = &account.settings;
    let mut url = settings.base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("token");
    }
    BasicClient::new(ClientId::new(settings.client_id.clone()))
        .set_client_secret(ClientSecret::new(settings.client_secret.expose_secret().to_owned()))
        .set_auth_type(AuthType::RequestBody)
        .set_token_uri(TokenUrl::from_url(url))
}

type Asked = Result<BasicTokenResponse, RequestTokenError<GrantError, BasicErrorResponse>>;

fn grant(asked: Asked) -> Result<Grant, GrantError> {
    match asked {
        Ok(answer) => Ok(Grant {
            access: answer.access_token().secret().clone(),
            refresh: answer.refresh_token().map(|token| token.secret().clone()),
            life: answer.expires_in().unwrap_or(USUAL_LIFE),
        }),
        Err(RequestTokenError::Request(error)) => Err(error),
        Err(_) => Err(later("the answer is no token".to_owned())),
    }
}

fn later(why: String) -> GrantError {
    GrantError::Later { after: SHORTLY, why }
}

/// Our client in the library's words. Avito's errors are not those of the standard, so the answer is
/// judged here.
struct Tokens<'a>(&'a Client);

impl<'c> AsyncHttpClient<'c> for Tokens<'_> {
    type Error = GrantError;
    type Future = BoxFuture<'c, Result<HttpResponse, GrantError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        ask(self.0, request).boxed()
    }
}

async fn ask(http: &Client, request: HttpRequest) -> Result<HttpResponse, GrantError> {
    let answer = http
        .post(request.uri().to_string())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .timeout(TIMEOUT)
        .body(request.into_body())
        .send()
        .await
        .map_err(|error| later(net::error_text(error)))?;
    let status = answer.status();
    let body = answer.bytes().await;
    judge(status.as_u16(), body.as_deref().unwrap_or_default())?;
    let body = body.map_err(|error| later(net::error_text(error)))?;
    let mut response = HttpResponse::new(body.to_vec());
    *response.status_mut() = status;
    Ok(response)
}

/// Refusals come as 4xx, and with some gateways as 200 with an error in it.
fn judge(status: u16, body: &[u8]) -> Result<(), GrantError> {
    let told: Option<Value> = serde_json::from_slice(body).ok();
    let said = || told.as_ref().and_then(call::message).unwrap_or_else(|| format!("HTTP {status}"));
    match status {
        200..=299 => match &told {
            Some(told) if told.get("access_token").is_none() && told.get("error").is_some() => {
                Err(GrantError::Refused(said()))
            }
            _ => Ok(()),
        },
        400..=499 if status != 408 && status != 429 => Err(GrantError::Refused(said())),
        _ => Err(later(format!("HTTP {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ch_8_consent_is_asked_with_our_state_and_rights() {
        let app = AppKeys { client_id: "app-1".to_owned(), client_secret: "hush".into() };
        let page = Url::parse("https://avito.ru/oauth").expect("a fixed address");
        let url = consent(&page, &app, "s+t/1");
        let pairs: std::collections::BTreeMap<String, String> =
            url.query_pairs().into_owned().collect();
        let get = |name: &str| pairs.get(name).map(String::as_str);
        assert_eq!(url.host_str(), Some("avito.ru"));
        assert_eq!(get("response_type"), Some("code"));
        assert_eq!(get("pro_users_flow"), Some("true"));
        assert_eq!(get("client_id"), Some("app-1"));
        assert_eq!(get("scope"), Some("messenger:read,messenger:write,user:read"));
        assert_eq!(get("state"), Some("s+t/1"));
        assert!(!url.as_str().contains("hush"));
    }

    #[test]
    fn ch_13_a_spent_token_is_refused_and_a_fault_is_not() {
        for (status, body) in [
            (400, r#"{"error":{"code":400,"message":"bad"}}"#),
            (401, ""),
            (403, "<html>"),
            (200, r#"{"error":"invalid_grant","error_description":"spent"}"#),
        ] {
            assert!(
                matches!(judge(status, body.as_bytes()), Err(GrantError::Refused(_))),
                "{status}"
            );
        }
        for status in [302, 408, 429, 500, 502, 503, 504] {
            let judged = judge(status, b"{}");
            assert!(matches!(judged, Err(GrantError::Later { .. })), "{status}");
        }
        assert_eq!(judge(200, br#"{"access_token":"a"}"#), Ok(()));
    }
}
