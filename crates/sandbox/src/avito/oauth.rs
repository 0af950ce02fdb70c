//! Consent, codes and tokens: who may call for a seller, and for how long.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{
    answer::{Answer, Refusal},
    api::Asked,
    check,
    world::{Access, Code, Refresh, Shared, World, token},
};

type App = State<Arc<Shared>>;

const ACCESS_LIFE: i64 = 86_400;
const CODE_LIFE: i64 = 600;
const SCOPES: [&str; 15] = [
    "messenger:read",
    "messenger:write",
    "user_balance:read",
    "job:write",
    "job:cv",
    "job:vacancy",
    "job:applications",
    "user_operations:read",
    "user:read",
    "autoload:reports",
    "items:info",
    "items:apply_vas",
    "short_term_rent:read",
    "short_term_rent:write",
    "stats:read",
];

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/oauth", get(ask).post(decide))
}

#[derive(Deserialize)]
struct Question {
    client_id: String,
    #[serde(default)]
    response_type: String,
    #[serde(default)]
    pro_users_flow: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    state: String,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

async fn ask(State(shared): App, Query(asked): Query<Question>) -> Response {
    let refuse = |what: &str| {
        shared.change(|world| world.violation(format!("GET /oauth: {what}")));
        let page = format!("<!doctype html><meta charset=utf-8><title>Авито</title><p>{what}</p>");
        (StatusCode::BAD_REQUEST, Html(page)).into_response()
    };
    if asked.response_type != "code" {
        return refuse("response_type должен быть code");
    }
    if asked.pro_users_flow != "true" {
        return refuse("нет pro_users_flow=true");
    }
    let unknown = asked.scope.split(',').find(|scope| !SCOPES.contains(scope));
    if let Some(unknown) = unknown {
        return refuse(&format!("неизвестный scope {}", escaped(unknown)));
    }
    let world = shared.world();
    let Some(app) = world.apps.get(&asked.client_id) else {
        drop(world);
        return refuse("приложение не зарегистрировано: проверьте client_id");
    };
    let sellers: String = world
        .sellers
        .iter()
        .map(|(id, seller)| format!("<option value=\"{id}\">{}</option>", escaped(&seller.name)))
        .collect();
    let page = include_str!("consent.html")
        .replace("{name}", &escaped(&app.name))
        .replace("{sellers}", &sellers)
        .replace("{client_id}", &escaped(&asked.client_id))
        .replace("{scope}", &escaped(&asked.scope))
        .replace("{state}", &escaped(&asked.state));
    Html(page).into_response()
}

#[derive(Deserialize)]
struct Decided {
    client_id: String,
    scope: String,
    #[serde(default)]
    state: String,
    seller: i64,
    decision: String,
}

async fn decide(State(shared): App, Form(decided): Form<Decided>) -> Response {
    let Decided { client_id, scope, state, seller, decision } = &decided;
    let back = if decision == "allow" {
        allowed(&shared, client_id, *seller, scope, state)
    } else {
        way_back(&shared.world(), client_id, ("error", "access_denied"), state)
    };
    match back {
        Some(back) => (StatusCode::FOUND, [(header::LOCATION, back)]).into_response(),
        None => Refusal::new(400, "no such app or seller").into_response(),
    }
}

/// Where the browser is sent with the code.
pub(super) fn allowed(
    shared: &Shared,
    client_id: &str,
    seller: i64,
    scope: &str,
    state: &str,
) -> Option<String> {
    shared.change(|world| {
        if !world.sellers.contains_key(&seller) {
            return None;
        }
        let code = token();
        let back = way_back(world, client_id, ("code", &code), state)?;
        let expires = world.now() + CODE_LIFE;
        let (client_id, scope) = (client_id.to_owned(), scope.to_owned());
        world.codes.insert(code, Code { client_id, seller, scope, expires });
        Some(back)
    })
}

fn way_back(world: &World, client_id: &str, told: (&str, &str), state: &str) -> Option<String> {
    let mut back = Url::parse(&world.apps.get(client_id)?.redirect_uri).ok()?;
    back.query_pairs_mut().append_pair(told.0, told.1);
    if !state.is_empty() {
        back.query_pairs_mut().append_pair("state", state);
    }
    Some(back.into())
}

/// Whose faults a call for tokens meets.
pub(super) fn seller_of(world: &World, body: &[u8]) -> Option<i64> {
    let field = |name: &str| {
        url::form_urlencoded::parse(body).find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
    };
    let by_keys = field("client_id")
        .and_then(|id| world.sellers.iter().find(|(_, seller)| seller.client_id == id))
        .map(|(id, _)| *id);
    by_keys
        .or_else(|| world.codes.get(&field("code")?).map(|code| code.seller))
        .or_else(|| world.refreshes.get(&field("refresh_token")?).map(|refresh| refresh.seller))
}

/// `POST /token`, whose document knows three grants.
pub(super) fn grant(shared: &Shared, asked: &Asked) -> Answer {
    let form = check::form(&asked.headers, &asked.body)?;
    let field = |name: &str| {
        let missing = || Refusal::new(400, format!("the field {name} is missing"));
        form.get(name).filter(|value| !value.is_empty()).cloned().ok_or_else(missing)
    };
    let (client_id, secret) = (field("client_id")?, field("client_secret")?);
    let grant = field("grant_type")?;
    let known: &[&str] = match grant.as_str() {
        "client_credentials" => &["grant_type", "client_id", "client_secret"],
        "authorization_code" => &["grant_type", "client_id", "client_secret", "code"],
        "refresh_token" => &["grant_type", "client_id", "client_secret", "refresh_token"],
        _ => return Err(Refusal::new(400, "grant_type is not documented")),
    };
    if let Some(name) = form.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(Refusal::new(400, format!("the field {name} is not documented")));
    }
    let refused = |what: &str| Refusal::new(401, what);
    shared.change(|world| {
        let now = world.now();
        if grant == "client_credentials" {
            let seller = world.sellers.iter().find(|(_, seller)| {
                seller.client_id == client_id && seller.client_secret == secret
            });
            let seller = seller.map(|(id, _)| *id).ok_or_else(|| refused("invalid client"))?;
            let access = token();
            let expires = now + ACCESS_LIFE;
            world.tokens.insert(access.clone(), Access { seller, scope: None, expires });
            return Ok(json!({
                "access_token": access, "expires_in": ACCESS_LIFE, "token_type": "Bearer",
            }));
        }
        let app = world.apps.get(&client_id).filter(|app| app.client_secret == secret);
        if app.is_none() {
            return Err(refused("invalid client"));
        }
        let (seller, scope) = if grant == "authorization_code" {
            let code = world.codes.remove(&field("code")?);
            let code = code.filter(|code| code.client_id == client_id && code.expires > now);
            code.map(|code| (code.seller, code.scope)).ok_or_else(|| refused("invalid code"))?
        } else {
            // Both tokens are replaced: the old pair is dead from here on.
            let old = world.refreshes.remove(&field("refresh_token")?);
            let old = old.filter(|old| old.client_id == client_id);
            let old = old.ok_or_else(|| refused("invalid refresh token"))?;
            world.tokens.remove(&old.access);
            (old.seller, old.scope)
        };
        let (access, refresh) = (token(), format!("{}{}", token(), token()));
        let expires = now + ACCESS_LIFE;
        let granted = Some(scope.clone());
        world.tokens.insert(access.clone(), Access { seller, scope: granted, expires });
        let kept = Refresh { client_id, seller, scope: scope.clone(), access: access.clone() };
        world.refreshes.insert(refresh.clone(), kept);
        Ok(json!({
            "access_token": access, "expires_in": ACCESS_LIFE, "refresh_token": refresh,
            "scope": scope, "token_type": "Bearer",
        }))
    })
}
