//! The way of one call: who asks, may they, what goes wrong, what is noted of it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request, State},
    http::{HeaderValue, Method},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use super::{
    answer::{Answer, Refusal},
    api::{self, Asked, Operation},
    check,
    faults::Blow,
    oauth, page,
    world::{Shared, Tariff},
};
use crate::cut::Scissors;

/// A picture of 24 MB with what stands around it.
const BODY_LIMIT: usize = (24 << 20) + (256 << 10);
const MINUTE: i64 = 60;

/// One call of the API.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// `token`, `self`, `chats`, `chat`, `messages`, `send`, `send_image`, `delete`, `read`, `voices`,
    /// `upload`, `blacklist`, `subscribe`, `subscriptions`, `unsubscribe`; `?` for anything else.
    pub operation: &'static str,
    pub seller: Option<i64>,
    pub path: String,
    /// As it was given: the text of a message, the grant of a token.
    pub told: Option<String>,
    /// What was answered; 0: the connection was cut before anything was done.
    pub status: u16,
    /// It was done, and the caller was not told.
    pub answer_dropped: bool,
    pub at: i64,
}

pub(super) fn router(shared: Arc<Shared>) -> Router {
    page::routes()
        .merge(oauth::routes())
        .fallback(call)
        .layer(DefaultBodyLimit::disable())
        .with_state(shared)
}

async fn call(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return Refusal::new(413, "Request Entity Too Large").into_response();
    };
    let path = parts.uri.path().to_owned();
    let asked = Asked {
        method: parts.method,
        path: path.clone(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    let (operation, seller, refused) = enter(&shared, &asked);
    let name = operation.as_ref().map_or("?", Operation::name);
    let (blow, slow) = match seller.filter(|_| refused.is_none()) {
        Some(seller) => strike(&shared, seller, name),
        None => (Blow::None, 0),
    };
    let answer: Answer = match (refused, blow, operation) {
        (Some(refusal), _, _) => Err(refusal),
        (None, Blow::DropRequest, _) => Err(Refusal::new(0, "cut")),
        (None, Blow::ServerError, _) => {
            Err(Refusal::new(500, "Error while processing request. Please, contact support"))
        }
        (None, Blow::TooMany, _) => Err(Refusal::new(429, "Too Many Requests")),
        (None, Blow::None | Blow::DropAnswer, Some(operation)) => {
            api::perform(&shared, seller, operation, &asked).await
        }
        (None, _, None) => Err(Refusal::not_found("Method")),
    };
    if let Err(refusal) = &answer
        && refusal.status == 400
    {
        shared.change(|w| w.violation(format!("{} {path}: {}", asked.method, refusal.message)));
    }
    let dropped = blow == Blow::DropAnswer && answer.is_ok();
    let status = answer.as_ref().map_or_else(|refusal| refusal.status, |_| 200);
    shared.change(|world| {
        let call = Call {
            operation: name,
            seller,
            path,
            told: told(name, &asked.body),
            status,
            answer_dropped: dropped,
            at: world.now(),
        };
        world.note_call(call, shared.options.calls_kept);
    });
    shared.hold(slow).await;
    if dropped || status == 0 {
        return scissors.answer();
    }
    let mut response = match answer {
        Ok(Value::Null) => ().into_response(),
        Ok(body) => Json(body).into_response(),
        Err(refusal) => refusal.into_response(),
    };
    if let Some(seller) = seller {
        let left = left(&shared, seller, name);
        let headers = response.headers_mut();
        headers.insert("x-ratelimit-limit", HeaderValue::from(shared.options.limits.per_minute));
        headers.insert("x-ratelimit-remaining", HeaderValue::from(left));
    }
    response
}

/// What is asked, by whom, and whether they may.
fn enter(shared: &Shared, asked: &Asked) -> (Option<Operation>, Option<i64>, Option<Refusal>) {
    let Some(operation) = Operation::of(&asked.method, &asked.path) else {
        let what = format!("{} {} is not documented", asked.method, asked.path);
        shared.change(|world| world.violation(what));
        return (None, None, Some(Refusal::not_found("Method")));
    };
    if matches!(operation, Operation::Token) {
        let seller = oauth::seller_of(&shared.world(), &asked.body);
        return (Some(operation), seller, None);
    }
    let Some(token) = check::bearer(&asked.headers) else {
        return (Some(operation), None, Some(Refusal::new(401, "Unauthorized")));
    };
    let refused = |seller, status, message: &str| {
        let refusal = Refusal::new(status, message);
        (seller, Some(refusal))
    };
    let (seller, refusal) = shared.change(|world| {
        let now = world.now();
        let Some(access) = world.tokens.get(token) else {
            return refused(None, 401, "Unauthorized");
        };
        let seller = Some(access.seller);
        if access.expires <= now {
            return refused(seller, 403, "access token expired");
        }
        let granted = access.scope.as_ref();
        if granted.is_some_and(|s| !s.split([',', ' ']).any(|one| one == operation.scope())) {
            return refused(seller, 403, "invalid oauth scope");
        }
        let Some(state) = world.sellers.get_mut(&access.seller) else {
            return refused(None, 401, "Unauthorized");
        };
        if operation.is_of_messenger() {
            match state.tariff {
                Tariff::Paid => {}
                Tariff::Unpaid => return refused(seller, 402, "Payment required"),
                Tariff::Forbidden => return refused(seller, 403, "Forbidden"),
            }
        }
        if operation.user().is_some_and(|user| Some(user) != seller) {
            return refused(seller, 403, "Forbidden: this is another user's account");
        }
        let used = state.used.entry(operation.name()).or_insert((now, 0));
        // A minute begins with the first call in it.
        if now - used.0 >= MINUTE {
            *used = (now, 0);
        }
        if used.1 >= shared.options.limits.per_minute {
            return refused(seller, 429, "Too Many Requests");
        }
        used.1 += 1;
        (seller, None)
    });
    (Some(operation), seller, refusal)
}

fn left(shared: &Shared, seller: i64, operation: &'static str) -> u32 {
    let world = shared.world();
    let now = world.now();
    let used = world.sellers.get(&seller).and_then(|seller| seller.used.get(operation));
    let used = used.filter(|(begun, _)| now - begun < MINUTE).map_or(0, |(_, calls)| *calls);
    shared.options.limits.per_minute.saturating_sub(used)
}

fn strike(shared: &Shared, seller: i64, operation: &str) -> (Blow, u64) {
    let mut world = shared.world();
    let Some(seller) = world.sellers.get_mut(&seller) else { return (Blow::None, 0) };
    (seller.faults.strike(operation), seller.faults.slow_ms)
}

/// What a person reading the record wants to know. Never a token or a secret.
fn told(operation: &str, body: &Bytes) -> Option<String> {
    match operation {
        "send" => {
            let body: Value = serde_json::from_slice(body).ok()?;
            body["message"]["text"].as_str().map(str::to_owned)
        }
        "token" => url::form_urlencoded::parse(body)
            .find(|(name, _)| name == "grant_type")
            .map(|(_, grant)| grant.into_owned()),
        _ => None,
    }
}

/// Paths of the documents and of life end with a slash or without.
pub(super) fn segments(path: &str) -> Vec<String> {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').skip(1).map(decoded).collect()
}

/// Ids of chats hold `~`, which some clients escape.
fn decoded(part: &str) -> String {
    let pair = format!("x={}", part.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map_or_else(|| part.to_owned(), |(_, value)| value.into_owned())
}

pub(super) fn is_post(method: &Method) -> bool {
    method == Method::POST
}
