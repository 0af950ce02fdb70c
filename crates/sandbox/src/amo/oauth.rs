//! Consent, codes and tokens: who may call an account, and for how long.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Form, Json, Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::{
    answer::Refusal,
    world::{Access, Code, Install, Integration, Refresh, Shared, World},
};

type App = State<Arc<Shared>>;

const CODE_LIFE: i64 = 20 * 60;
const ACCESS_LIFE: i64 = 86_400;
/// Three months.
const REFRESH_LIFE: i64 = 90 * 86_400;
/// What the sandbox signs tokens with; a client takes them as text.
const SIGNING_KEY: &[u8] = b"the amoCRM sandbox signs with this";

/// Inside the account.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/oauth2/access_token", post(exchange))
}

/// On the host of all accounts.
pub(super) fn consent_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/oauth", get(ask).post(decide))
        .route("/oauth2/account/current/subdomain", get(subdomain))
}

// Consent

#[derive(Deserialize)]
struct Asked {
    client_id: String,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    mode: Option<String>,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

async fn ask(State(shared): App, Query(asked): Query<Asked>) -> Response {
    let world = shared.world();
    let Some(integration) = world.integrations.get(&asked.client_id) else {
        let page = "<!doctype html><meta charset=utf-8><title>amoCRM</title>\
                    <p>Интеграция не найдена: проверьте client_id.</p>";
        return (StatusCode::NOT_FOUND, Html(page)).into_response();
    };
    let accounts: String = world
        .accounts
        .values()
        .map(|account| {
            let (subdomain, name) = (escaped(&account.subdomain), escaped(&account.name));
            format!("<option value=\"{subdomain}\">{name} ({subdomain}.amocrm.ru)</option>")
        })
        .collect();
    let page = include_str!("consent.html")
        .replace("{name}", &escaped(&integration.name))
        .replace("{accounts}", &accounts)
        .replace("{client_id}", &escaped(&asked.client_id))
        .replace("{state}", &escaped(asked.state.as_deref().unwrap_or_default()))
        .replace("{mode}", &escaped(asked.mode.as_deref().unwrap_or_default()));
    Html(page).into_response()
}

#[derive(Deserialize)]
struct Decided {
    client_id: String,
    #[serde(default)]
    state: String,
    account: String,
    decision: String,
}

async fn decide(State(shared): App, Form(decided): Form<Decided>) -> Response {
    let Decided { client_id, state, account, decision } = &decided;
    let back = if decision == "allow" {
        allowed(&shared, client_id, state, account)
    } else {
        way_back(&shared, client_id, &[("error", "access_denied")], state)
    };
    match back {
        Some(back) => (StatusCode::FOUND, [(header::LOCATION, back.to_string())]).into_response(),
        None => Refusal::new(400, "No such account, or redirect_uri is no address").into_response(),
    }
}

/// Where the person is sent with the code.
pub(super) fn allowed(
    shared: &Shared,
    client_id: &str,
    state: &str,
    subdomain: &str,
) -> Option<Url> {
    let code = give_code(shared, client_id, subdomain)?;
    let referer = format!("{subdomain}.amocrm.ru");
    let told = [
        ("code", code.as_str()),
        ("referer", &referer),
        ("platform", "1"),
        ("client_id", client_id),
    ];
    way_back(shared, client_id, &told, state)
}

fn way_back(shared: &Shared, client_id: &str, told: &[(&str, &str)], state: &str) -> Option<Url> {
    let world = shared.world();
    let mut back = Url::parse(&world.integrations.get(client_id)?.redirect_uri).ok()?;
    back.query_pairs_mut().extend_pairs(told);
    // Absent if it was not passed.
    if !state.is_empty() {
        back.query_pairs_mut().append_pair("state", state);
    }
    Some(back)
}

/// An admin of the account lets the integration in.
pub(super) fn give_code(shared: &Shared, client_id: &str, subdomain: &str) -> Option<String> {
    let now = shared.clock().now();
    shared.change(|world| {
        if !world.integrations.contains_key(client_id) {
            return None;
        }
        let account = world.account_of_mut(subdomain)?;
        let admin = account.users.values().find(|user| user.is_admin && user.is_active)?.id;
        let account_id = account.id;
        account.installs.insert(client_id.to_owned(), Install { active: true });
        let code = format!("def502{}", hex::encode(rand::random::<[u8; 48]>()));
        world.codes.retain(|_, code| code.expires_at > now - CODE_LIFE);
        let given = Code {
            client_id: client_id.to_owned(),
            account_id,
            user_id: admin,
            expires_at: now + CODE_LIFE,
            used: false,
        };
        world.codes.insert(code.clone(), given);
        Some(code)
    })
}

// Tokens

/// Pairs of tokens an account was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Grants {
    pub by_code: u64,
    pub by_refresh: u64,
    pub refused: u64,
}

impl Grants {
    fn note(&mut self, body: &[u8], granted: bool) {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let counter = match (granted, body["grant_type"].as_str()) {
            (false, _) => &mut self.refused,
            (true, Some("refresh_token")) => &mut self.by_refresh,
            (true, _) => &mut self.by_code,
        };
        *counter += 1;
    }
}

fn oauth_problem(status: u16, title: &str, detail: &str, hint: Option<&'static str>) -> Refusal {
    Refusal::Problem { status, title: title.to_owned(), detail: detail.to_owned(), hint }
}

fn bad_request(hint: &'static str) -> Refusal {
    let detail = "В запросе отсутствует ряд параметров или параметры невалидны";
    oauth_problem(400, "Некорректный запрос", detail, Some(hint))
}

fn revoked() -> Refusal {
    let detail = "В запросе отсутствует ряд параметров или параметры невалидны";
    oauth_problem(401, "Некорректный запрос", detail, Some("Token has been revoked"))
}

async fn exchange(
    State(shared): App,
    addressed: axum::Extension<super::http::Addressed>,
    body: Bytes,
) -> Response {
    let now = shared.clock().now();
    let answer = shared.change(|world| {
        let answer = grant(world, &addressed.subdomain, &body, now);
        if let Some(account) = world.account_of_mut(&addressed.subdomain) {
            account.grants.note(&body, answer.is_ok());
        }
        answer
    });
    match answer {
        Ok(pair) => Json(pair).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn grant(world: &mut World, subdomain: &str, body: &[u8], now: i64) -> Result<Value, Refusal> {
    let asked: HashMap<String, Value> =
        serde_json::from_slice(body).map_err(|_| bad_request("The body is not valid JSON"))?;
    let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
    let client = world.integrations.get(text("client_id")).cloned();
    let client = client.filter(|client| client.client_secret == text("client_secret"));
    let Some(client) = client else {
        let detail = "Авторизация клиента не прошла";
        return Err(oauth_problem(401, "Некорректный клиент", detail, None));
    };
    let account_id = world.account_of(subdomain).ok_or_else(Refusal::not_found)?.id;
    let user_id = match text("grant_type") {
        "authorization_code" => {
            let code = world.codes.get_mut(text("code"));
            let good = code.filter(|code| {
                code.client_id == client.client_id
                    && code.account_id == account_id
                    && code.expires_at > now
                    && !code.used
            });
            let Some(code) = good else {
                return Err(bad_request("Authorization code has expired or was used"));
            };
            if text("redirect_uri") != client.redirect_uri {
                return Err(bad_request("Check the `redirect_uri` parameter"));
            }
            code.used = true;
            code.user_id
        }
        "refresh_token" => {
            let refresh = world.refresh.get_mut(text("refresh_token")).filter(|refresh| {
                refresh.client_id == client.client_id && refresh.account_id == account_id
            });
            let Some(refresh) = refresh else { return Err(revoked()) };
            // Spent by the try itself, whatever becomes of the answer.
            let alive = !refresh.spent && refresh.expires_at > now;
            if !alive {
                return Err(revoked());
            }
            if text("redirect_uri") != client.redirect_uri {
                return Err(bad_request("Check the `redirect_uri` parameter"));
            }
            refresh.spent = true;
            refresh.user_id
        }
        _ => return Err(bad_request("Check the `grant_type` parameter")),
    };
    let account = world.accounts.get(&account_id).ok_or_else(Refusal::not_found)?;
    if !account.installs.get(&client.client_id).is_some_and(|install| install.active) {
        return Err(revoked());
    }
    Ok(pair(world, &client, account_id, user_id, now))
}

fn pair(world: &mut World, client: &Integration, account_id: i64, user_id: i64, now: i64) -> Value {
    // The old access token stays good until its own end.
    let expires_at = now + ACCESS_LIFE;
    let token = access_token(world, client, account_id, user_id, now, expires_at);
    let refresh = format!("def502{}", hex::encode(rand::random::<[u8; 200]>()));
    world.access.retain(|_, access| access.expires_at > now);
    // A spent one is remembered, to be told from an unknown one in the journal; not for ever.
    world.refresh.retain(|_, refresh| refresh.expires_at > now);
    let client_id = client.client_id.clone();
    let access = Access {
        client_id: client_id.clone(),
        account_id,
        user_id,
        expires_at,
        long_lived: false,
        revoked: false,
    };
    world.access.insert(token.clone(), access);
    let expires_at = now + REFRESH_LIFE;
    let kept = Refresh { client_id, account_id, user_id, expires_at, spent: false };
    world.refresh.insert(refresh.clone(), kept);
    json!({
        "token_type": "Bearer", "expires_in": ACCESS_LIFE, "server_time": now,
        "access_token": token, "refresh_token": refresh,
    })
}

/// A JWT as the service gives it: a client may look into it, but must not have to.
fn access_token(
    world: &World,
    client: &Integration,
    account_id: i64,
    user_id: i64,
    now: i64,
    expires_at: i64,
) -> String {
    let claims = json!({
        "aud": client.client_id, "jti": hex::encode(rand::random::<[u8; 32]>()), "iat": now,
        "nbf": now, "exp": expires_at, "sub": user_id.to_string(), "grant_type": "",
        "account_id": account_id, "base_domain": "amocrm.ru", "version": 2,
        "scopes": ["push_notifications", "files", "crm", "files_delete", "notifications"],
        "hash_uuid": world.accounts.get(&account_id).map(|account| account.uuid.clone()),
        "api_domain": "api-b.amocrm.ru",
    });
    jwt(&claims, SIGNING_KEY)
}

fn jwt(claims: &Value, key: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"typ": "JWT", "alg": "HS256"})), part(claims));
    let signature = mac(key, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// `signature` of the disable hook.
pub(super) fn disable_signature(client: &Integration, account_id: i64) -> String {
    let message = format!("{}|{account_id}", client.client_id);
    hex::encode(mac(client.client_secret.as_bytes(), message.as_bytes()))
}

/// The one-time token that the account's own pages give a widget of the integration: half an hour.
pub(super) fn widget_token(
    client: &Integration,
    account: &super::world::AccountState,
    user_id: i64,
    now: i64,
) -> String {
    let audience = Url::parse(&client.redirect_uri)
        .map_or_else(|_| client.redirect_uri.clone(), |url| url.origin().ascii_serialization());
    let claims = json!({
        "iss": format!("https://{}.amocrm.ru", account.subdomain), "aud": audience,
        "jti": uuid::Uuid::new_v4().to_string(), "iat": now, "nbf": now, "exp": now + 1_800,
        "account_id": account.id, "user_id": user_id, "subdomain": account.subdomain,
        "client_uuid": client.client_id,
    });
    jwt(&claims, client.client_secret.as_bytes())
}

/// Lets an integration in with a token that needs no refresh.
pub(super) fn give_long_lived(
    world: &mut World,
    client_id: &str,
    subdomain: &str,
    token: Option<&str>,
    admin: bool,
    expires_at: i64,
    now: i64,
) -> Option<String> {
    let client = world.integrations.get(client_id)?.clone();
    let account = world.account_of_mut(subdomain)?;
    let (account_id, user) = (account.id, account.users.values());
    let user_id = user.into_iter().find(|u| u.is_admin == admin && u.is_active)?.id;
    account.installs.insert(client_id.to_owned(), Install { active: true });
    let text = match token {
        Some(text) => text.to_owned(),
        None => access_token(world, &client, account_id, user_id, now, expires_at),
    };
    let access = Access {
        client_id: client_id.to_owned(),
        account_id,
        user_id,
        expires_at,
        long_lived: true,
        revoked: false,
    };
    world.access.insert(text.clone(), access);
    Some(text)
}

async fn subdomain(State(shared): App, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let token = headers.get("x-refresh-token").and_then(|value| value.to_str().ok());
    let world = shared.world();
    let refresh = token.and_then(|token| world.refresh.get(token)).filter(|r| !r.spent);
    let account = refresh.and_then(|refresh| world.accounts.get(&refresh.account_id));
    let account = account.ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
    Ok(Json(json!({
        "id": account.id, "subdomain": account.subdomain,
        "domain": format!("{}.amocrm.ru", account.subdomain), "top_level_domain": "ru",
    })))
}
