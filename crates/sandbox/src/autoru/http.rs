//! `POST …/aggregators/auto/hook?token=<ChatId>`, under both documented addresses.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Call, Faults, Outcome,
    check::{self, Asked, Said},
    faults::Blow,
    page,
    world::{DealerState, Line, Shared, push},
};
use crate::cut::Scissors;

/// No operator's message is near it; a picture goes by its address.
const BODY_LIMIT: usize = 256 << 10;
/// Of a picture that is fetched from the dealer's system.
const PICTURE_LIMIT: usize = 25 << 20;
const PICTURE_WAIT: Duration = Duration::from_secs(30);

pub(super) fn router(shared: Arc<Shared>) -> Router {
    page::routes()
        .route("/1.0/aggregators/auto/hook", post(hook))
        .route("/api/1.x/aggregators/auto/hook", post(hook))
        .layer(DefaultBodyLimit::max(PICTURE_LIMIT))
        .with_state(shared)
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
}

async fn hook(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    Query(Token { token }): Query<Token>,
    body: Bytes,
) -> Response {
    let Some(dealer) = shared.world().dealer_of(&token.unwrap_or_default()) else {
        return dead(&shared);
    };
    let (blow, faults) = strike(&shared, dealer);
    let read = if body.len() > BODY_LIMIT {
        Err("the body is too long".to_owned())
    } else {
        serde_json::from_slice::<Value>(&body).map_err(|error| error.to_string())
    };
    let sketch = read.as_ref().map(check::sketch).unwrap_or_default();
    let outcome = match blow {
        Blow::DropRequest => Outcome::RequestDropped,
        Blow::ServerError => refused(500, "a fault of the sandbox"),
        Blow::BadRequest => refused(400, "a fault of the sandbox"),
        Blow::None | Blow::DropAnswer | Blow::ServerErrorAfter => {
            match read.and_then(|body| check::read(&body)) {
                Ok(asked) => perform(&shared, dealer, asked),
                Err(why) => {
                    shared.change(|world| world.violated(format!("{why}: {sketch:?}")));
                    refused(400, &why)
                }
            }
        }
    };
    let lost = matches!(blow, Blow::DropAnswer | Blow::ServerErrorAfter);
    let outcome = match outcome {
        Outcome::Accepted if lost => Outcome::AnswerLost,
        outcome => outcome,
    };
    let call = Call {
        kind: sketch.kind,
        recipient: sketch.recipient,
        message_id: sketch.message_id,
        text: sketch.text,
        file: sketch.file,
        at: SystemTime::now(),
        outcome: outcome.clone(),
    };
    change(&shared, dealer, |dealer| push(&mut dealer.calls, call, shared.options.kept));
    shared.hold(faults.slow_ms).await;
    match (blow, outcome) {
        (Blow::DropRequest | Blow::DropAnswer, _) => scissors.answer(),
        (Blow::ServerErrorAfter, _) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        (_, Outcome::Refused { status, .. }) => {
            StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST).into_response()
        }
        _ => StatusCode::OK.into_response(),
    }
}

fn refused(status: u16, why: &str) -> Outcome {
    Outcome::Refused { status, why: why.to_owned() }
}

/// The ChatId of nobody. Which dealer meant is not known, so the first one's choice counts.
fn dead(shared: &Shared) -> Response {
    let chosen = shared.world().dealers.values().map(|d| d.faults.dead_status).find(|s| *s != 0);
    StatusCode::from_u16(chosen.unwrap_or(403)).unwrap_or(StatusCode::FORBIDDEN).into_response()
}

fn strike(shared: &Shared, dealer: u64) -> (Blow, Faults) {
    let mut world = shared.world();
    let Some(dealer) = world.dealers.get_mut(&dealer) else {
        return (Blow::None, Faults::default());
    };
    let faults = dealer.faults;
    (dealer.faults.strike(), faults)
}

fn change(shared: &Shared, dealer: u64, change: impl FnOnce(&mut DealerState)) {
    shared.change(|world| world.dealers.get_mut(&dealer).map(change));
}

/// Lets a well-formed request take effect.
fn perform(shared: &Arc<Shared>, dealer: u64, asked: Asked) -> Outcome {
    let (recipient, fetch, outcome) = shared.change(|world| {
        let place = (dealer, asked.recipient.clone());
        let Some(chat) = world.chats.get_mut(&place) else {
            let why = format!("{} never wrote to this dealer", asked.recipient);
            world.violated(why.clone());
            return (place.1, None, refused(400, &why));
        };
        if asked.said == Said::Seen {
            let Some(last) = chat.iter().position(|l| l.mine && l.id == asked.message_id) else {
                let why = format!("seen: no message {}", asked.message_id);
                world.violated(why.clone());
                return (place.1, None, refused(400, &why));
            };
            for line in chat.iter_mut().take(last + 1).filter(|line| line.mine) {
                line.seen = true;
            }
            return (place.1, None, Outcome::Accepted);
        }
        let said = format!("{} {:?}", asked.recipient, asked.said);
        let Some(state) = world.dealers.get_mut(&dealer) else {
            return (place.1, None, refused(500, "the dealer is gone"));
        };
        match state.known.get(&asked.message_id) {
            Some(before) if *before == said => return (place.1, None, Outcome::Repeated),
            Some(_) => {
                world.violated(format!("{} names two messages", asked.message_id));
                return (place.1, None, Outcome::Repeated);
            }
            None => {}
        }
        state.known.insert(asked.message_id.clone(), said);
        let (kind, text, file) = match asked.said {
            Said::Text(text) => ("text", Some(text), None),
            Said::Photo(file) => ("photo", None, Some(file)),
            Said::Seen => ("seen", None, None),
        };
        let line = Line {
            id: asked.message_id.clone(),
            mine: false,
            kind: kind.to_owned(),
            text,
            picture: None,
            car: None,
            sender: Some(asked.sender),
            seen: false,
            at: SystemTime::now(),
        };
        push(chat, line, shared.options.kept);
        (place.1, file.map(|file| (asked.message_id, file)), Outcome::Accepted)
    });
    if let Some((message, file)) = fetch {
        let shared = Arc::clone(shared);
        shared.clone().tasks.spawn(async move {
            fetch_picture(&shared, (dealer, recipient), &message, &file).await;
        });
    }
    outcome
}

/// Auto.ru takes a picture from the dealer's system; a link that gives none is a violation.
async fn fetch_picture(shared: &Shared, place: (u64, String), message: &str, file: &str) {
    let fetched = tokio::select! {
        fetched = fetch(shared, file) => fetched,
        () = shared.stop.cancelled() => return,
    };
    shared.change(|world| match fetched {
        Ok((mime, bytes)) => {
            world.pictures.keep(message, &mime, bytes, shared.options.stored_bytes);
            if let Some(chat) = world.chats.get_mut(&place)
                && let Some(line) = chat.iter_mut().find(|line| line.id == message)
            {
                line.picture = Some(message.to_owned());
            }
        }
        Err(why) => world.violated(format!("the picture of {message} was not given: {why}")),
    });
}

async fn fetch(shared: &Shared, file: &str) -> Result<(String, Bytes), String> {
    let said = |error: reqwest::Error| error.without_url().to_string();
    let mut answer = shared.client.get(file).timeout(PICTURE_WAIT).send().await.map_err(said)?;
    if answer.status() != reqwest::StatusCode::OK {
        return Err(format!("HTTP {}", answer.status().as_u16()));
    }
    let mime = answer.headers().get("content-type").and_then(|v| v.to_str().ok());
    let mime = mime.unwrap_or_default().to_owned();
    if !mime.starts_with("image/") {
        return Err(format!("{mime:?} is no picture"));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(said)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > PICTURE_LIMIT {
            return Err("too large".to_owned());
        }
    }
    Ok((mime, bytes.into()))
}
