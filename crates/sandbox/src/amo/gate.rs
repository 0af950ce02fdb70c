//! What every call of an account's API passes before it takes effect: faults, the token, the pace;
//! and what becomes of its answer. Each call ends in the journal.

use std::{sync::Arc, time::Instant};

use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    answer::Refusal,
    faults::Blow,
    http::Addressed,
    journal::Entry,
    known,
    limits::Pace,
    php::Query,
    world::{Shared, World},
};
use crate::cut::Scissors;

/// Parts of a file are at most 512 KB, batches of 250 leads about as much.
const BODY_LIMIT: usize = 8 << 20;

/// Who calls, and whose account it is.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub account_id: i64,
    pub client_id: String,
    pub user_id: i64,
    pub is_admin: bool,
    pub now: i64,
    pub now_ms: i64,
    /// `…/api/v4`, as the caller wrote it.
    pub base: String,
}

impl Caller {
    pub(super) fn admin(&self) -> Result<(), Refusal> {
        if self.is_admin { Ok(()) } else { Err(Refusal::forbidden()) }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Refusal::not_found)
    }
}

/// Around all of `/api/v4` and of the files.
pub(super) async fn account_api(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
    next: Next,
) -> Response {
    pass(&shared, &scissors, request, next, admit).await
}

/// Around the tokens: nobody is known yet, but an outage and faults hit them all the same, and an
/// account that is blocked or not paid for answers nothing else to any call.
pub(super) async fn token_api(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
    next: Next,
) -> Response {
    let admit: Admit = |_, world, account_id, _| match world.accounts.get(&account_id) {
        Some(account) if account.blocked => Err(Refusal::Page(403)),
        Some(account) if account.switches.unpaid => Err(Refusal::new(402, "Payment Required")),
        _ => Ok(None),
    };
    pass(&shared, &scissors, request, next, admit).await
}

type Admit = fn(&Shared, &mut World, i64, &Parts) -> Result<Option<Caller>, Refusal>;

async fn pass(
    shared: &Arc<Shared>,
    scissors: &Scissors,
    request: Request,
    next: Next,
    admit: Admit,
) -> Response {
    let Some(Addressed { subdomain, base }) = request.extensions().get::<Addressed>().cloned()
    else {
        return Refusal::not_found().into_response();
    };
    let (mut parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return Refusal::new(413, "Request Entity Too Large").into_response();
    };
    let mut entry = first_lines(shared, &subdomain, &parts, &body);
    let (blow, slow, admitted) = {
        let mut world = shared.world();
        let World { accounts, chance, .. } = &mut *world;
        let Some(account) = accounts.values_mut().find(|a| a.subdomain == subdomain) else {
            return Refusal::new(404, "Account not found").into_response();
        };
        let (id, slow) = (account.id, account.faults.slow_ms);
        let blow = account.faults.strike(parts.method.as_str(), parts.uri.path(), chance);
        // A refused call is its integration's as well.
        let access = token_of(&parts).and_then(|token| world.access.get(token));
        entry.client_id = access.map(|access| access.client_id.clone());
        // A call that a fault hits fills the windows of the limits like any other.
        let admitted = admit(shared, &mut world, id, &parts);
        let admitted = match blow {
            Blow::Status(status) => Err(Refusal::Page(status)),
            Blow::TooMany => admitted.and(Err(Refusal::Page(429))),
            _ => admitted,
        };
        (blow, slow, admitted)
    };
    if blow == Blow::DropRequest {
        entry.answer_lost = true;
        note(shared, entry);
        return scissors.answer();
    }
    let response = match admitted {
        Err(refusal) => refusal.into_response(),
        Ok(caller) => {
            if let Some(mut caller) = caller {
                caller.base = format!("{base}/api/v4");
                parts.extensions.insert(caller);
            }
            next.run(Request::from_parts(parts, Body::from(body))).await
        }
    };
    entry.status = response.status().as_u16();
    entry.answer_lost = matches!(blow, Blow::DropAnswer | Blow::Hang(_));
    note(shared, entry);
    let held = if let Blow::Hang(ms) = blow { ms } else { slow };
    shared.hold(held).await;
    match blow {
        Blow::DropAnswer => scissors.answer(),
        Blow::StatusAfter(status) => Refusal::Page(status).into_response(),
        _ => response,
    }
}

fn admit(
    shared: &Shared,
    world: &mut World,
    account_id: i64,
    parts: &Parts,
) -> Result<Option<Caller>, Refusal> {
    let unauthorized = || Refusal::new(401, "Unauthorized");
    let token = token_of(parts).ok_or_else(unauthorized)?;
    let (now, now_ms) = (shared.clock().now(), shared.clock().now_ms());
    let access = world.access.get(token).ok_or_else(unauthorized)?.clone();
    let account = world.accounts.get_mut(&account_id).ok_or_else(Refusal::not_found)?;
    let installed = account.installs.get(&access.client_id).is_some_and(|install| install.active);
    let alive = !access.revoked && access.expires_at > now && installed;
    if access.account_id != account_id || !alive {
        return Err(unauthorized());
    }
    if account.blocked {
        return Err(Refusal::Page(403));
    }
    // The files service counts by itself, and tells no limit.
    if parts.uri.path().starts_with("/api/") {
        match account.rates.admit(&access.client_id, &shared.options.limits, Instant::now()) {
            Pace::Kept => {}
            pace => {
                account.blocked = pace == Pace::Block;
                *world.journal.breaches.entry(account.subdomain.clone()).or_default() += 1;
                return Err(Refusal::Page(429));
            }
        }
    }
    if account.switches.unpaid {
        return Err(Refusal::new(402, "Payment Required"));
    }
    if !account.switches.files_scope && is_of_files(parts.uri.path()) {
        return Err(Refusal::new(403, "The scope of files is missing"));
    }
    let heavy = i64::from(account.switches.heavy_above);
    if heavy > 0 && parts.method == Method::GET && limit_of(parts).is_some_and(|it| it > heavy) {
        return Err(Refusal::Page(504));
    }
    let mut user = account.users.get(&access.user_id).ok_or_else(unauthorized)?;
    if let Some(other) = parts.headers.get("x-context-user-id") {
        let id = other.to_str().ok().and_then(|id| id.parse::<i64>().ok());
        let named = id.and_then(|id| account.users.get(&id));
        let named = named.filter(|named| user.is_admin && !named.is_free && named.is_active);
        user = named.ok_or_else(|| Refusal::new(403, "Forbidden"))?;
    }
    Ok(Some(Caller {
        account_id,
        client_id: access.client_id,
        user_id: user.id,
        is_admin: user.is_admin,
        now,
        now_ms,
        base: String::new(),
    }))
}

/// The files service, and the files of an entity.
fn is_of_files(path: &str) -> bool {
    path.starts_with("/v1.0/") || path.ends_with("/files")
}

fn limit_of(parts: &Parts) -> Option<i64> {
    let query = Query::read(parts.uri.query().unwrap_or_default());
    query.integer("limit")
}

fn token_of(parts: &Parts) -> Option<&str> {
    parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn first_lines(shared: &Shared, subdomain: &str, parts: &Parts, raw: &Bytes) -> Entry {
    // Tokens and secrets stay out of what a person reads.
    let secret = parts.uri.path().starts_with("/oauth2/");
    let bytes = parts.uri.path().starts_with("/v1.0/sessions/upload");
    let body = match (secret, bytes) {
        (true, _) => String::new(),
        (_, true) => format!("{} bytes", raw.len()),
        _ => shared.world().journal.shown(raw),
    };
    Entry {
        number: 0,
        at_ms: shared.clock().now_ms(),
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body,
        status: 0,
        answer_lost: false,
        account: subdomain.to_owned(),
        client_id: None,
        oddities: known::oddities(parts.method.as_str(), parts.uri.path(), raw),
    }
}

fn note(shared: &Shared, entry: Entry) {
    shared.change(|world| world.journal.note(entry));
}
