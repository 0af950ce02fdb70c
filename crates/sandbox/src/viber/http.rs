//! The HTTP face: `/pa/<method>` for bots, `/media/<key>/<name>` for the files that customers sent.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Map, Value, json};
use std::time::Instant;

use super::{
    Call, Outcome,
    faults::Blow,
    methods, page,
    shape::{BAD_DATA, LONGEST_REQUEST, name_of},
    world::Shared,
};
use crate::cut::Scissors;

/// More than any documented request, so that a longer one is told what is wrong.
const BODY_LIMIT: usize = 1 << 20;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    page::routes()
        .route("/pa/{method}", post(call).layer(DefaultBodyLimit::max(BODY_LIMIT)))
        .route("/media/{key}/{name}", get(media))
        .with_state(shared)
}

/// One answer: its status, and what belongs to it.
pub(super) struct Answer {
    pub status: u32,
    pub why: Option<String>,
    pub fields: Map<String, Value>,
}

impl Answer {
    pub(super) fn ok(fields: Value) -> Self {
        let fields = if let Value::Object(fields) = fields { fields } else { Map::new() };
        Self { status: 0, why: None, fields }
    }

    pub(super) fn refused(status: u32) -> Self {
        Self { status, why: None, fields: Map::new() }
    }

    pub(super) fn because(status: u32, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..Self::refused(status) }
    }
}

async fn call(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let args = match serde_json::from_slice::<Value>(&body) {
        Ok(Value::Object(args)) => args,
        _ => {
            shared.violated(format!("{method}: the body is no JSON object"));
            return answer(Answer::because(BAD_DATA, "badData: no JSON object"));
        }
    };
    let token = headers.get("X-Viber-Auth-Token").and_then(|value| value.to_str().ok());
    let token = token.filter(|token| !token.is_empty());
    let token = token.or_else(|| args.get("auth_token")?.as_str()).unwrap_or_default();
    let bot = shared.world().bot_of_token(token);
    let Some(bot) = bot else {
        note(&shared, None, &method, &args, Outcome::Refused(2));
        return answer(Answer::refused(2));
    };
    let blow = match method.as_str() {
        "send_message" => shared
            .change(|world| world.bots.get_mut(&bot).map_or(Blow::None, |bot| bot.faults.strike())),
        _ => Blow::None,
    };
    match blow {
        Blow::DropRequest => {
            note(&shared, Some(bot), &method, &args, Outcome::RequestDropped);
            return scissors.answer();
        }
        Blow::GatewayError => {
            note(&shared, Some(bot), &method, &args, Outcome::RequestDropped);
            return (StatusCode::BAD_GATEWAY, "<html>502 Bad Gateway</html>").into_response();
        }
        Blow::Refuse(status) => {
            note(&shared, Some(bot), &method, &args, Outcome::Refused(status));
            return answer(Answer::refused(status));
        }
        Blow::None | Blow::DropAnswer => {}
    }
    if body.len() > LONGEST_REQUEST {
        shared.violated(format!("{method}: a request of {} bytes", body.len()));
        note(&shared, Some(bot), &method, &args, Outcome::Refused(BAD_DATA));
        return answer(Answer::because(BAD_DATA, "badData: larger than 30 KB"));
    }
    let said = methods::perform(&shared, bot, &method, &args).await;
    let dropped = blow == Blow::DropAnswer && said.status == 0;
    let outcome = match said.status {
        0 if dropped => Outcome::AnswerDropped,
        0 => Outcome::Accepted,
        status => Outcome::Refused(status),
    };
    note(&shared, Some(bot), &method, &args, outcome);
    let slow = shared.world().bots.get(&bot).map_or(0, |bot| bot.faults.slow_ms);
    shared.hold(slow).await;
    if dropped { scissors.answer() } else { answer(said) }
}

/// Errors come with HTTP 200 too.
fn answer(said: Answer) -> Response {
    let mut body = said.fields;
    body.insert("status".to_owned(), json!(said.status));
    let message = said.why.unwrap_or_else(|| name_of(said.status).to_owned());
    body.insert("status_message".to_owned(), json!(message));
    body.insert("chat_hostname".to_owned(), json!("SN-CHAT-SANDBOX_"));
    Json(Value::Object(body)).into_response()
}

fn note(
    shared: &Shared,
    bot: Option<u64>,
    method: &str,
    args: &Map<String, Value>,
    outcome: Outcome,
) {
    let text = |key: &str| args.get(key).and_then(Value::as_str).map(str::to_owned);
    let call = Call {
        bot,
        method: method.to_owned(),
        receiver: text("receiver"),
        kind: text("type"),
        text: text("text"),
        outcome,
    };
    shared.change(|world| world.note_call(call, shared.options.kept));
}

async fn media(
    State(shared): State<Arc<Shared>>,
    Path((key, _)): Path<(String, String)>,
) -> Response {
    let world = shared.world();
    let found = world.files.iter().find(|file| file.key == key && file.until > Instant::now());
    match found {
        Some(file) => {
            let types = [(header::CONTENT_TYPE, file.mime.clone())];
            (types, file.bytes.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
