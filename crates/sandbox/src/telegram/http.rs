//! The HTTP face of the Bot API: `/bot<token>/<method>` and `/file/bot<token>/<path>`.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{
    Json, Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    Call, Outcome,
    answer::{Answer, Refusal},
    faults::Blow,
    methods, page,
    params::Params,
    world::Shared,
};
use crate::cut::Scissors;

/// A multipart upload of one file of 50 MB with its fields.
const BODY_LIMIT: usize = (50 << 20) + (64 << 10);
/// How long an echo may take to be acknowledged before the call is answered all the same.
const ECHO_WAIT: Duration = Duration::from_secs(2);

pub(super) fn router(shared: Arc<Shared>) -> Router {
    page::routes().fallback(bot_api).layer(DefaultBodyLimit::disable()).with_state(shared)
}

async fn bot_api(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response {
    let path = decoded(request.uri().path());
    if let Some((token, file)) = path.strip_prefix("/file/bot").and_then(|p| p.split_once('/')) {
        return download(&shared, token, file);
    }
    let Some((token, method)) = path.strip_prefix("/bot").and_then(|p| p.split_once('/')) else {
        return refuse(&Refusal::not_found("Not Found"));
    };
    let Some(bot_id) = shared.world().bot_of_token(token) else {
        return refuse(&Refusal::unauthorized());
    };
    let method = method.to_ascii_lowercase();
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return refuse(&Refusal::too_large());
    };
    let params = match Params::read(parts, body).await {
        Ok(params) => params,
        Err(refusal) => return refuse(&refusal),
    };

    let (blow, faults) = strike(&shared, bot_id, &method);
    let answer = match blow {
        Blow::DropRequest => {
            note(&shared, call(bot_id, &method, &params, Outcome::RequestDropped));
            return scissors.answer();
        }
        Blow::ServerError(code) => Err(Refusal::server_error(code)),
        Blow::TooMany(seconds) => Err(Refusal::too_many(seconds)),
        Blow::None | Blow::DropAnswer => methods::perform(&shared, bot_id, &method, &params).await,
    };
    let dropped = blow == Blow::DropAnswer && answer.is_ok();
    let outcome = match outcome(&answer) {
        Outcome::Accepted { message_ids } if dropped => Outcome::AnswerDropped { message_ids },
        outcome => outcome,
    };
    note(&shared, call(bot_id, &method, &params, outcome));
    if faults.echo_first
        && let Ok(success) = &answer
    {
        echo(&shared, bot_id, &method, &success.result).await;
    }
    shared.hold(faults.slow_ms).await;
    if dropped {
        return scissors.answer();
    }
    match answer {
        Ok(success) => Json(success.body()).into_response(),
        Err(refusal) => refuse(&refusal),
    }
}

/// A call that did not come over HTTP: the body of a webhook's answer.
pub(super) async fn perform_and_note(
    shared: &Arc<Shared>,
    bot_id: i64,
    method: &str,
    params: &Params,
) {
    let answer = methods::perform(shared, bot_id, method, params).await;
    note(shared, call(bot_id, method, params, outcome(&answer)));
}

fn strike(shared: &Shared, bot_id: i64, method: &str) -> (Blow, super::Faults) {
    let mut world = shared.world();
    let Some(bot) = world.bots.get_mut(&bot_id) else {
        return (Blow::None, super::Faults::default());
    };
    let faults = bot.faults;
    (bot.faults.strike(method), faults)
}

fn outcome(answer: &Answer) -> Outcome {
    match answer {
        Ok(success) => Outcome::Accepted { message_ids: success.message_ids.clone() },
        Err(refusal) => {
            Outcome::Refused { code: refusal.code, description: refusal.description.clone() }
        }
    }
}

fn call(bot_id: i64, method: &str, params: &Params, outcome: Outcome) -> Call {
    Call {
        number: 0,
        bot_id,
        method: method.to_owned(),
        chat_id: params.integer("chat_id"),
        text: params.text("text").or_else(|| params.text("caption")).map(str::to_owned),
        at: SystemTime::now(),
        digest: params.digest(),
        outcome,
    }
}

fn note(shared: &Shared, call: Call) {
    shared.change(|world| world.note_call(call, shared.options.calls_kept));
}

/// Sends the bot its own messages as updates and waits until they are taken.
async fn echo(shared: &Arc<Shared>, bot_id: i64, method: &str, result: &serde_json::Value) {
    if !method.starts_with("send") {
        return;
    }
    let one = std::slice::from_ref(result);
    let messages = result.as_array().map_or(one, Vec::as_slice);
    let life = shared.options.update_life();
    let mut bell = shared.bell.subscribe();
    let echoes: Vec<i64> = shared.change(|world| {
        let Some(bot) = world.bots.get_mut(&bot_id) else { return Vec::new() };
        let with_chat = messages.iter().filter_map(|m| Some((m["chat"]["id"].as_i64()?, m)));
        with_chat.map(|(chat, m)| bot.push(chat, "message", m.clone(), life)).collect()
    });
    let taken = async {
        loop {
            let waiting = shared.world().bots.get(&bot_id).is_some_and(|bot| {
                echoes.iter().any(|update_id| bot.queue.contains_key(update_id))
            });
            if !waiting || bell.changed().await.is_err() {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(ECHO_WAIT, taken).await;
}

fn download(shared: &Shared, token: &str, path: &str) -> Response {
    let world = shared.world();
    let Some(bot_id) = world.bot_of_token(token) else {
        return refuse(&Refusal::unauthorized());
    };
    match world.files.at_path(bot_id, path).and_then(|file| file.bytes.clone()) {
        // The real server names no better type either.
        Some(bytes) => {
            ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
        }
        None => refuse(&Refusal::not_found("Not Found")),
    }
}

fn refuse(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(refusal.body())).into_response();
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// Tokens hold a colon, which some clients escape.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escaped = after
            .get(..2)
            .filter(|_| *byte == b'%')
            .and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
