//! Tokens: consent, the first pair, the next pairs, and the message that we were switched off.
//! Source: <https://www.amocrm.ru/developers/content/oauth/step-by-step>.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::DateTime;
use crm::{AppKeys, CrmError, Grant, GrantError, Returned, TokenSays};
use domain::crm::PortalTrouble;
use futures::{FutureExt, future::BoxFuture};
use hmac::{Hmac, KeyInit, Mac};
use net::http::Client;
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    HttpRequest, HttpResponse, RedirectUrl, RefreshToken, RequestTokenError, TokenResponse,
    TokenUrl,
    basic::{BasicClient, BasicErrorResponse, BasicTokenResponse},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use sha2::Sha256;
use url::{Url, form_urlencoded};

use crate::{
    api::{is_113, rejected},
    options::{Options, below},
};

/// Of an access token, where the answer does not say.
const USUAL_LIFE: Duration = Duration::from_secs(86_400);

/// Where the browser goes. `mode=popup` brings it back by a plain redirect.
pub(crate) fn consent(options: &Options, app: &AppKeys, state: &str) -> Url {
    let state = CsrfToken::new(state.to_owned());
    BasicClient::new(ClientId::new(app.client_id.clone()))
        .set_auth_uri(AuthUrl::from_url(options.consent.clone()))
        .authorize_url(|| state)
        .add_extra_param("mode", "popup")
        .url()
        .0
}

/// What the browser brought back: `code`, `referer` (the portal's host, which anybody can forge),
/// `state`; or `error`.
pub(crate) fn returned(
    options: &Options,
    query: &BTreeMap<String, String>,
) -> Result<Returned, CrmError> {
    if query.contains_key("error") {
        return Ok(Returned::Denied);
    }
    let code = query.get("code").filter(|code| !code.is_empty()).ok_or_else(|| {
        rejected(
            "amoCRM не вернула код доступа. Начните подключение заново.",
            "amoCRM has not returned an access code. Start connecting again.",
        )
    })?;
    let host = query.get("referer").and_then(|host| options.portal_host(host));
    let base = host.and_then(|host| options.base(&host)).ok_or_else(|| {
        rejected(
            "Адрес аккаунта не принадлежит amoCRM. Начните подключение заново.",
            "The account's address is not amoCRM's. Start connecting again.",
        )
    })?;
    Ok(Returned::Code { code: code.clone(), site: base.clone(), base })
}

pub(crate) async fn exchange(
    http: &Client,
    app: &AppKeys,
    base: &Url,
    code: &str,
) -> Result<Grant, GrantError> {
    let client = client(app, base);
    let code = AuthorizationCode::new(code.to_owned());
    grant(client.exchange_code(code).request_async(&Tokens(http)).await)
}

pub(crate) async fn refresh(
    http: &Client,
    app: &AppKeys,
    base: &Url,
    refresh: &SecretString,
) -> Result<Grant, GrantError> {
    let client = client(app, base);
    let refresh = RefreshToken::new(refresh.expose_secret().to_owned());
    // Of a refresh the standard has no address of return, and amoCRM wants one.
    let request = client
        .exchange_refresh_token(&refresh)
        .add_extra_param("redirect_uri", app.redirect_uri.as_str());
    grant(request.request_async(&Tokens(http)).await)
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

fn client(app: &AppKeys, base: &Url) -> Known {
    BasicClient::new(ClientId::new(app.client_id.clone()))
        .set_client_secret(ClientSecret::new(app.client_secret.expose_secret().to_owned()))
        .set_auth_type(AuthType::RequestBody)
        .set_redirect_uri(RedirectUrl::from_url(app.redirect_uri.clone()))
        .set_token_uri(TokenUrl::from_url(below(base, "oauth2/access_token")))
}

type Asked = Result<BasicTokenResponse, RequestTokenError<GrantError, BasicErrorResponse>>;

fn grant(asked: Asked) -> Result<Grant, GrantError> {
    match asked {
        Ok(answer) => Ok(Grant {
            access: answer.access_token().secret().clone().into(),
            refresh: answer.refresh_token().map(|token| token.secret().clone().into()),
            expires_in: answer.expires_in().unwrap_or(USUAL_LIFE),
        }),
        Err(RequestTokenError::Request(error)) => Err(error),
        // A good status with a body that is no pair: whatever was sent is spent.
        Err(_) => Err(GrantError::Lost("the answer is not a pair of tokens".to_owned())),
    }
}

/// Our client in the library's words. amoCRM takes JSON where the standard has a form, and its errors
/// are not those of the standard, so the status is judged here.
struct Tokens<'a>(&'a Client);

impl<'c> AsyncHttpClient<'c> for Tokens<'_> {
    type Error = GrantError;
    type Future = BoxFuture<'c, Result<HttpResponse, GrantError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        ask(self.0, request).boxed()
    }
}

async fn ask(http: &Client, request: HttpRequest) -> Result<HttpResponse, GrantError> {
    let fields: Map<String, Value> = form_urlencoded::parse(request.body())
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    let answer =
        http.post(request.uri().to_string()).json(&fields).send().await.map_err(|error| {
            let not_sent = error.is_connect() || error.is_builder();
            let why = net::error_text(error);
            if not_sent { GrantError::NotReached(why) } else { GrantError::Lost(why) }
        })?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await;
    judge(status.as_u16(), body.as_deref().unwrap_or_default())?;
    let body = body.map_err(|error| GrantError::Lost(net::error_text(error)))?;
    let mut response = HttpResponse::new(body.to_vec());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// A spent token is 401 in life and 400 in the documentation. A server that answers with a fault has
/// given no pair away, and neither has one that shows another page for a while: asking again with the
/// same token tells whether it is spent. One that sends us elsewhere for good is not the account's any more; it is not followed, because the secret would go along. An
/// account that is blocked or not paid for says so here as it does everywhere else.
fn judge(status: u16, body: &[u8]) -> Result<(), GrantError> {
    let told: Option<Value> = serde_json::from_slice(body).ok();
    match (status, &told) {
        (200..=299, _) => Ok(()),
        (301 | 308 | 404 | 410, _) => Err(GrantError::Elsewhere(format!("HTTP {status}"))),
        (402, _) => Err(GrantError::Stopped(PortalTrouble::Unpaid)),
        (403, None) => Err(GrantError::Stopped(PortalTrouble::Blocked)),
        (403, Some(told)) if is_113(told) => {
            Err(GrantError::Stopped(PortalTrouble::AddressRefused))
        }
        (300..=399 | 408 | 429 | 500.., _) => Err(GrantError::NotReached(format!("HTTP {status}"))),
        (_, Some(told)) if is_about_keys(told) => Err(GrantError::Keys(reason(status, Some(told)))),
        (_, told) => Err(GrantError::Refused(reason(status, told.as_ref()))),
    }
}

/// Who we are is looked at before the token is: with wrong keys it is not spent. The words are the only
/// difference; `invalid_client` is the standard's.
fn is_about_keys(told: &Value) -> bool {
    let says = |name: &str, text: &str| told.get(name).is_some_and(|said| said == text);
    says("title", "Некорректный клиент") || says("error", "invalid_client")
}

/// `Token has been revoked`; never anything that was sent.
fn reason(status: u16, told: Option<&Value>) -> String {
    let said = ["hint", "detail", "title"]
        .into_iter()
        .find_map(|name| told?.get(name)?.as_str().filter(|text| !text.is_empty()));
    match said {
        Some(said) => format!("HTTP {status}: {said}"),
        None => format!("HTTP {status}"),
    }
}

/// Tokens are JWT: `aud` is the integration's id, `exp` the end. They are signed with keys that amoCRM
/// keeps to itself, so nothing of it is proved.
pub(crate) fn token_says(token: &SecretString) -> TokenSays {
    let Some(claims) = claims(token) else { return TokenSays::default() };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    TokenSays {
        client_id: text("aud").filter(|id| is_client_id(id)).map(str::to_owned),
        ends_at: claims
            .get("exp")
            .and_then(Value::as_i64)
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
    }
}

/// The middle part of a JWT.
pub(crate) fn claims(token: &SecretString) -> Option<Value> {
    let payload = token.expose_secret().split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// A UUID, as far as limits are called by it.
fn is_client_id(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// GET with `account_id`, `client_uuid` and `signature`, when an administrator switches us off. The
/// account, if the signature is ours.
pub(crate) fn switched_off(
    app: &AppKeys,
    query: &BTreeMap<String, String>,
) -> Result<String, PortalTrouble> {
    let forged = PortalTrouble::NoRights;
    let account = query.get("account_id").ok_or(forged)?;
    let signature = query.get("signature").and_then(|text| hex::decode(text).ok()).ok_or(forged)?;
    let key = app.client_secret.expose_secret().as_bytes();
    // Anybody can sign with no key at all.
    if key.is_empty() {
        return Err(forged);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| forged)?;
    mac.update(format!("{}|{account}", app.client_id).as_bytes());
    // In constant time.
    mac.verify_slice(&signature).map_err(|_| forged)?;
    Ok(account.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> AppKeys {
        AppKeys {
            client_id: "5a1b".to_owned(),
            client_secret: "secret".into(),
            redirect_uri: Url::parse("https://chat.test/api/v1/crm/oauth/amo").expect("an address"),
        }
    }

    fn query(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn amo_1_consent_is_asked_with_our_state() {
        let url = consent(&Options::default(), &app(), "s+t/1");
        assert_eq!(url.host_str(), Some("www.amocrm.ru"));
        let pairs: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(pairs.get("client_id").map(String::as_str), Some("5a1b"));
        assert_eq!(pairs.get("state").map(String::as_str), Some("s+t/1"));
        assert_eq!(pairs.get("mode").map(String::as_str), Some("popup"));
        assert!(!url.as_str().contains("secret"));
    }

    #[test]
    fn amo_1_a_return_is_taken_from_amocrm_alone() {
        let options = Options::default();
        let read = |pairs: &[(&str, &str)]| returned(&options, &query(pairs));
        assert_eq!(read(&[("error", "access_denied"), ("state", "x")]), Ok(Returned::Denied));
        let base = Url::parse("https://ecoles.amocrm.ru").expect("an address");
        assert_eq!(
            read(&[("code", "def"), ("referer", "ecoles.amocrm.ru"), ("platform", "1")]),
            Ok(Returned::Code { code: "def".to_owned(), site: base.clone(), base })
        );
        for pairs in [
            &[("referer", "ecoles.amocrm.ru")][..],
            &[("code", ""), ("referer", "ecoles.amocrm.ru")],
            &[("code", "def")],
            &[("code", "def"), ("referer", "evil-amocrm.ru")],
            &[("code", "def"), ("referer", "amocrm.ru.evil.com")],
            &[("code", "def"), ("referer", "x.amocrm.ru@evil.com")],
        ] {
            assert!(matches!(read(pairs), Err(CrmError::Rejected { .. })), "{pairs:?}");
        }
    }

    /// 400 of the documentation and 401 of life are one and the same.
    #[test]
    fn amo_1_a_spent_token_is_refused_and_a_fault_is_not_a_refusal() {
        let revoked = br#"{"hint":"Token has been revoked","title":"x","status":401}"#;
        for status in [301, 308, 404, 410] {
            assert!(matches!(judge(status, b"<html>"), Err(GrantError::Elsewhere(_))), "{status}");
        }
        for status in [400, 401, 403] {
            assert!(matches!(judge(status, revoked), Err(GrantError::Refused(_))), "{status}");
        }
        assert_eq!(
            judge(401, revoked),
            Err(GrantError::Refused("HTTP 401: Token has been revoked".to_owned()))
        );
        for status in [302, 307, 408, 429, 500, 502, 503, 504] {
            assert!(matches!(judge(status, b"<html>"), Err(GrantError::NotReached(_))));
        }
        assert_eq!(judge(200, b""), Ok(()));
        let keys = r#"{"title":"Некорректный клиент","status":401,"detail":"Авторизация клиента не прошла"}"#;
        for body in [keys, r#"{"error":"invalid_client"}"#] {
            assert!(matches!(judge(401, body.as_bytes()), Err(GrantError::Keys(_))), "{body}");
        }
    }

    /// What is said of the account is not said of the token, which is good once that is mended.
    #[test]
    fn crm_6_a_blocked_or_unpaid_account_spends_no_token() {
        for (status, body, trouble) in [
            (402, "", PortalTrouble::Unpaid),
            (402, r#"{"title":"Payment Required"}"#, PortalTrouble::Unpaid),
            (403, "<html>", PortalTrouble::Blocked),
            (403, r#"{"response":{"error_code":113}}"#, PortalTrouble::AddressRefused),
        ] {
            let stopped = Err(GrantError::Stopped(trouble));
            assert_eq!(judge(status, body.as_bytes()), stopped, "{status} {body}");
        }
    }

    /// The claims of a made-up token: `{"aud":"5a1b-77","exp":1893456000}`.
    #[test]
    fn crm_7_a_long_lived_token_tells_when_it_ends() {
        let says = |token: &str| token_says(&token.to_owned().into());
        let token = "e30.eyJhdWQiOiI1YTFiLTc3IiwiZXhwIjoxODkzNDU2MDAwfQ.c2ln";
        assert_eq!(says(token).client_id.as_deref(), Some("5a1b-77"));
        assert_eq!(
            says(token).ends_at.map(|at| at.to_rfc3339()).as_deref(),
            Some("2030-01-01T00:00:00+00:00")
        );
        // {"aud":["x"],"exp":"soon"}, {"aud":"a b"}
        let odd = [
            "",
            "x",
            "a.b.c",
            "e30.eyJhdWQiOlsieCJdLCJleHAiOiJzb29uIn0.c",
            "e30.eyJhdWQiOiJhIGIifQ.c",
        ];
        for token in odd {
            assert_eq!(says(token), TokenSays::default(), "{token}");
        }
    }

    /// The signature was computed apart from this code, by OpenSSL.
    #[test]
    fn amo_1_switching_off_is_believed_with_the_right_signature_only() {
        let signature = "207a701bacc0100a48125a4fcffbd94f60f39f7c8f080f89f9aa2c50d764da4d";
        let told = |account: &str, signature: &str| {
            let pairs =
                [("account_id", account), ("client_uuid", "5a1b"), ("signature", signature)];
            switched_off(&app(), &query(&pairs))
        };
        assert_eq!(told("31415", signature), Ok("31415".to_owned()));
        assert_eq!(told("31415", &signature.to_uppercase()), Ok("31415".to_owned()));
        assert!(told("31416", signature).is_err());
        assert!(told("31415", "").is_err());
        assert!(told("31415", "zz").is_err());
        assert!(switched_off(&app(), &query(&[("account_id", "31415")])).is_err());
        // HMAC with an empty key is anybody's.
        let empty = AppKeys { client_secret: String::new().into(), ..app() };
        let signature = "a366a328c3e9c05dcc4043fbfd4ef46f11dd5ed3571c88f80adfa4b2e95ffab6";
        let pairs = [("account_id", "31415"), ("signature", signature)];
        assert!(switched_off(&empty, &query(&pairs)).is_err());
    }
}
