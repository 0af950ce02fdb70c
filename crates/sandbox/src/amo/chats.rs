//! The chats API (amojo): `/amojo/v2/origin/custom/…` of the same listener.
//!
//! The prefix stands for the host `amojo.amocrm.ru`, so the signed path begins after it:
//! `/v2/origin/custom/…`. The bodies of refusals are not documented; these are plain words, and a
//! client has to decide by the status.

mod desk;
mod draft;
mod hook;
mod payload;
mod receive;
mod shown;
mod signature;
mod state;
mod talks;
mod unsorted;

use std::{sync::Arc, time::SystemTime};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{ConnectInfo, Request, State},
    http::{Method, StatusCode, request::Parts},
    response::{IntoResponse, Response},
    routing::any,
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) use desk::{writes, writes_first};
pub use draft::Draft;
pub use payload::{Card, Kind, Location};
pub use shown::ChatShown;
pub(super) use shown::{linked_contact, shown_one};
pub use signature::{content_md5, sign_body};
pub(super) use state::Chats;
pub use state::{Author, Client, Delivery, Hook, Message, Origin, Reaction, Refused};
pub(super) use talks::routes as account_routes;

use super::{
    acts::Acting,
    faults::{Blow, Faults, Outage, Scope},
    journal::Entry,
    world::{Shared, World},
};
use crate::cut::Scissors;
use receive::{Answer, Caller};
use state::Connection;

const PREFIX: &str = "/amojo";
const BODY_LIMIT: usize = 1 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    why: String,
}

impl Refusal {
    fn wrong(why: impl Into<String>) -> Self {
        Self { status: 400, why: why.into() }
    }

    fn forbidden(why: impl Into<String>) -> Self {
        Self { status: 403, why: why.into() }
    }

    fn unknown(why: impl Into<String>) -> Self {
        Self { status: 404, why: why.into() }
    }
}

fn fresh_uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/amojo/v2/origin/custom/{*rest}", any(call))
}

async fn call(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let Some(path) = parts.uri.path().strip_prefix(PREFIX) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let rest = path.strip_prefix("/v2/origin/custom/").unwrap_or_default();
    let (named, act) = rest.split_once('/').unwrap_or((rest, ""));

    let account = shared.change(|world| addressed(world, named, &body));
    let (blow, slow) = strike(&shared, account, &parts);
    let answer = match blow {
        Blow::DropRequest => Err(Refusal { status: 0, why: "the connection was cut".to_owned() }),
        Blow::Status(status) => Err(Refusal { status, why: "a fault".to_owned() }),
        Blow::TooMany => Err(Refusal { status: 429, why: "a fault".to_owned() }),
        Blow::None | Blow::DropAnswer | Blow::StatusAfter(_) | Blow::Hang(_) => {
            let signed = signature::Signed {
                method: parts.method.as_str(),
                path,
                headers: &parts.headers,
                body: &body,
            };
            caller_of(&shared, named, &signed).and_then(|caller| {
                let call = Call { caller, named };
                let done = account.and_then(|id| {
                    shared.act(id, 0, |acting| perform(acting, &call, act, &parts, &body))
                });
                done.unwrap_or_else(|| Err(Refusal::wrong("no such account")))
            })
        }
    };
    let lost = matches!(blow, Blow::DropRequest | Blow::DropAnswer | Blow::Hang(_));
    let empty = act == "typing" || parts.method == Method::GET;
    let status = match &answer {
        Ok(None) if empty => 204,
        Ok(_) => 200,
        Err(refusal) => refusal.status,
    };
    note(&shared, account, &parts, &body, &answer, (status, lost));
    let held = if let Blow::Hang(ms) = blow { ms } else { slow };
    shared.hold(held).await;
    match (blow, answer) {
        (Blow::DropRequest | Blow::DropAnswer, _) => scissors.answer(),
        (Blow::StatusAfter(status), _) => status_only(status),
        (_, Ok(Some(body))) => Json(body).into_response(),
        (_, Ok(None)) => status_only(status),
        (_, Err(refusal)) => {
            let body = json!({"error_code": refusal.status, "error_description": refusal.why});
            (code(refusal.status), Json(body)).into_response()
        }
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn status_only(status: u16) -> Response {
    code(status).into_response()
}

/// `scope_id` is `{channel id}_{amojo id of the account}`; connecting tells the account in the body.
fn addressed(world: &mut World, named: &str, body: &[u8]) -> Option<i64> {
    #[derive(Deserialize)]
    struct OfAccount {
        account_id: String,
    }
    let amojo_id = match named.split_once('_') {
        Some((_, amojo_id)) => amojo_id.to_owned(),
        None => serde_json::from_slice::<OfAccount>(body).ok()?.account_id,
    };
    world.account_of_amojo(&amojo_id).map(|account| account.id)
}

/// The channel that the path names, if the request is signed with its secret.
fn caller_of(
    shared: &Shared,
    named: &str,
    signed: &signature::Signed<'_>,
) -> Result<Caller, Refusal> {
    let id = named.split_once('_').map_or(named, |(channel, _)| channel);
    let caller = caller_through(&shared.world(), id);
    let caller = caller.ok_or_else(|| Refusal::unknown(format!("no channel {id}")))?;
    let real = DateTime::<Utc>::from(SystemTime::now()).timestamp();
    let now = [shared.clock().now(), real];
    signature::verify(signed, &caller.channel.secret, now).map_err(Refusal::forbidden)?;
    Ok(caller)
}

fn caller_through(world: &World, channel_id: &str) -> Option<Caller> {
    world.integrations.values().find_map(|integration| {
        let channel = integration.channel.as_ref().filter(|channel| channel.id == channel_id)?;
        Some(Caller { channel: channel.clone(), integration: integration.client_id.clone() })
    })
}

/// An outage takes the chats along; the other faults do only where they are said to hit everything.
fn strike(shared: &Shared, account: Option<i64>, parts: &Parts) -> (Blow, u64) {
    let mut world = shared.world();
    let World { accounts, chance, .. } = &mut *world;
    let Some(account) = account.and_then(|id| accounts.get_mut(&id)) else {
        return (Blow::None, 0);
    };
    let Faults { outage, scope, slow_ms, .. } = account.faults;
    if outage == Outage::No && scope != Scope::Everything {
        return (Blow::None, slow_ms);
    }
    (account.faults.strike(parts.method.as_str(), parts.uri.path(), chance), slow_ms)
}

/// A call whose signature is good.
struct Call<'a> {
    caller: Caller,
    /// The part of the path that names the channel, or the scope.
    named: &'a str,
}

fn perform(
    acting: &mut Acting<'_>,
    call: &Call<'_>,
    act: &str,
    parts: &Parts,
    body: &[u8],
) -> Answer {
    let get = parts.method == Method::GET;
    match (parts.method.as_str(), act) {
        ("POST", "connect") => return connect(acting, call, body),
        ("DELETE", "disconnect") => {
            acting.account.chats.disconnect(&call.caller.channel.id);
            return Ok(None);
        }
        ("POST" | "GET", _) => {}
        _ => return Err(Refusal { status: 405, why: "no such method".to_owned() }),
    }
    check_connected(acting, call)?;
    let caller = &call.caller;
    match act.split('/').collect::<Vec<_>>().as_slice() {
        [""] if !get => receive::event(acting, caller, body),
        ["chats"] if !get => receive::create_chat(acting, caller, body),
        ["typing"] if !get => receive::typing(acting, caller, body),
        ["react"] if !get => receive::react(acting, caller, body),
        [msgid, "delivery_status"] if !get => receive::delivery_status(acting, caller, msgid, body),
        ["chats", chat, "history"] if get => {
            let number = |name: &str| {
                let query = parts.uri.query().unwrap_or_default();
                let mut pairs = url::form_urlencoded::parse(query.as_bytes());
                let found = pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
                found.map(|value| value.parse::<usize>()).transpose()
            };
            let wrong = |_| Refusal::wrong("offset and limit are whole numbers");
            let offset = number("offset").map_err(wrong)?.unwrap_or(0);
            let limit = number("limit").map_err(wrong)?.unwrap_or(50);
            receive::history(acting, caller, chat, offset, limit)
        }
        _ => Err(Refusal::unknown("no such method")),
    }
}

/// An integration that was switched off has lost its connection, and gets it back by `connect` only.
fn check_connected(acting: &mut Acting<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    let Caller { channel, integration } = &call.caller;
    let account = &mut acting.account;
    if !account.installs.get(integration).is_some_and(|install| install.active) {
        account.chats.disconnect(&channel.id);
    }
    let named = call.named == format!("{}_{}", channel.id, account.amojo_id);
    match named && account.chats.connections.contains_key(&channel.id) {
        true => Ok(()),
        false => Err(Refusal::forbidden("the account is not connected to this channel")),
    }
}

#[derive(Deserialize)]
struct Connect {
    account_id: String,
    title: Option<String>,
    hook_api_version: Option<String>,
    #[serde(default)]
    is_time_window_disabled: bool,
}

fn connect(acting: &mut Acting<'_>, call: &Call<'_>, body: &[u8]) -> Answer {
    let told: Connect = payload::parse(body)?;
    let Caller { channel, integration } = &call.caller;
    let account = &mut acting.account;
    if !account.installs.get(integration).is_some_and(|install| install.active) {
        return Err(Refusal::forbidden("the integration of this channel is not installed there"));
    }
    // Without it the hooks would come in the first version, which this sandbox does not speak.
    if told.hook_api_version.as_deref() != Some("v2") {
        return Err(Refusal::wrong("hook_api_version has to be v2"));
    }
    let connection = Connection {
        title: told.title.clone(),
        hook_api_version: "v2".to_owned(),
        is_time_window_disabled: told.is_time_window_disabled,
    };
    account.chats.connections.insert(channel.id.clone(), connection);
    Ok(Some(json!({
        "account_id": told.account_id,
        "scope_id": format!("{}_{}", channel.id, told.account_id),
        "title": told.title.unwrap_or_default(),
        "hook_api_version": "v2",
        "is_time_window_disabled": told.is_time_window_disabled,
    })))
}

fn note(
    shared: &Shared,
    account: Option<i64>,
    parts: &Parts,
    body: &Bytes,
    answer: &Result<Option<Value>, Refusal>,
    (status, answer_lost): (u16, bool),
) {
    let path = parts.uri.path();
    shared.change(|world| {
        let account = account.and_then(|id| world.accounts.get_mut(&id));
        let subdomain = account.as_ref().map(|account| account.subdomain.clone());
        if let Err(refusal) = answer {
            let refused = Refused {
                method: parts.method.to_string(),
                path: path.to_owned(),
                status,
                why: refusal.why.clone(),
            };
            if let Some(account) = account {
                account.chats.note_refusal(refused);
            }
        }
        let body = world.journal.shown(body);
        world.journal.note(Entry {
            number: 0,
            at_ms: shared.clock().now_ms(),
            method: parts.method.to_string(),
            path: path.to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            body,
            status,
            answer_lost,
            account: subdomain.unwrap_or_default(),
            client_id: None,
            oddities: Vec::new(),
        });
    });
}
