//! The HTTP faces of the three providers, and what all calls have in common: credentials, faults,
//! the record.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{
    Call, Outcome, Provider, aero, callbacks, exolve, faults::Blow, page, smsc, world::Shared,
};
use crate::cut::Scissors;

const BODY_LIMIT: usize = 1 << 20;

/// A call, read as far as it can be without knowing the provider.
pub(super) struct Asked {
    pub verb: String,
    /// After the provider's base: `sms/send`, `send.php`, `messaging/v1/SendSMS`.
    pub method: String,
    pub authorization: Option<String>,
    /// Of the address and of a form.
    pub params: BTreeMap<String, String>,
    /// Null where the body is no JSON.
    pub json: Value,
}

impl Asked {
    pub(super) fn param(&self, name: &str) -> &str {
        self.params.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// What a provider answers.
pub(super) struct Answer {
    pub status: u16,
    pub body: Value,
    /// Why it was refused.
    pub refused: Option<String>,
    /// The message that came to be.
    pub sent: Option<u64>,
}

impl Answer {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, body, refused: None, sent: None }
    }

    pub(super) fn refused(status: u16, why: &str, body: Value) -> Self {
        Self { status, body, refused: Some(why.to_owned()), sent: None }
    }
}

/// What a call is about, for the faults.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Send,
    Status,
    Other,
}

pub(super) fn router(shared: Arc<Shared>) -> Router {
    page::routes().fallback(api).with_state(shared)
}

async fn api(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response {
    let path = request.uri().path().to_owned();
    let found = [
        (Provider::SmsAero, "/aero/v2/"),
        (Provider::SmscRu, "/smsc/sys/"),
        (Provider::Exolve, "/exolve/"),
    ]
    .into_iter()
    .find_map(|(provider, base)| Some((provider, path.strip_prefix(base)?)));
    let Some((provider, method)) = found else {
        return (StatusCode::NOT_FOUND, "there is nothing here").into_response();
    };
    let Some(asked) = read(request, method).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let account = {
        let world = shared.world();
        world.accounts.iter().find(|(_, a)| knows(provider, &a.credentials, &asked)).map(|a| *a.0)
    };
    let Some(account) = account else {
        let answer = unauthorized(provider);
        note(&shared, provider, None, &asked, Outcome::Refused("credentials".to_owned()));
        return whole(answer);
    };
    let (faults, blow) = strike(&shared, provider, account, &asked);
    let crowded = enter(&shared, provider, account);
    let mut answer = match blow {
        Blow::DropRequest => {
            leave(&shared, account);
            note(&shared, provider, Some(account), &asked, Outcome::RequestDropped);
            return scissors.answer();
        }
        Blow::ServerError => Answer::refused(500, "500", Value::Null),
        Blow::TooMany => too_many(provider),
        _ if crowded => too_many(provider),
        Blow::None | Blow::DropAnswer => perform(&shared, provider, account, &asked),
    };
    shared.hold(faults.slow_ms).await;
    leave(&shared, account);
    let dropped = blow == Blow::DropAnswer;
    let outcome = match answer.refused.take() {
        Some(why) => Outcome::Refused(why),
        None if dropped => Outcome::AnswerDropped,
        None => Outcome::Accepted,
    };
    note(&shared, provider, Some(account), &asked, outcome);
    if let Some(key) = answer.sent {
        callbacks::travel(&shared, key);
    }
    if dropped { scissors.answer() } else { whole(answer) }
}

async fn read(request: Request, method: &str) -> Option<Asked> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_LIMIT).await.ok()?;
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let kind = header(header::CONTENT_TYPE).unwrap_or_default();
    let mut params: BTreeMap<String, String> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let mut json = Value::Null;
    if kind.starts_with("application/json") {
        json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    } else if kind.starts_with("application/x-www-form-urlencoded") {
        params.extend(url::form_urlencoded::parse(&body).into_owned());
    }
    Some(Asked {
        verb: parts.method.as_str().to_owned(),
        method: method.trim_end_matches('/').to_owned(),
        authorization: header(header::AUTHORIZATION).map(str::to_owned),
        params,
        json,
    })
}

fn knows(provider: Provider, credentials: &super::Credentials, asked: &Asked) -> bool {
    match provider {
        Provider::SmsAero => aero::knows(credentials, asked),
        Provider::SmscRu => smsc::knows(credentials, asked),
        Provider::Exolve => exolve::knows(credentials, asked),
    }
}

fn unauthorized(provider: Provider) -> Answer {
    match provider {
        Provider::SmsAero => aero::unauthorized(),
        Provider::SmscRu => smsc::unauthorized(),
        Provider::Exolve => exolve::unauthorized(),
    }
}

fn too_many(provider: Provider) -> Answer {
    match provider {
        Provider::SmsAero => aero::too_many(),
        Provider::SmscRu => smsc::too_many(),
        Provider::Exolve => exolve::too_many(),
    }
}

fn kind(provider: Provider, asked: &Asked) -> Kind {
    match provider {
        Provider::SmsAero => aero::kind(asked),
        Provider::SmscRu => smsc::kind(asked),
        Provider::Exolve => exolve::kind(asked),
    }
}

fn perform(shared: &Shared, provider: Provider, account: u64, asked: &Asked) -> Answer {
    let options = &shared.options;
    shared.change(|world| match provider {
        Provider::SmsAero => aero::perform(world, options, account, asked),
        Provider::SmscRu => smsc::perform(world, options, account, asked),
        Provider::Exolve => exolve::perform(world, options, account, asked),
    })
}

fn strike(shared: &Shared, provider: Provider, id: u64, asked: &Asked) -> (super::Faults, Blow) {
    let kind = kind(provider, asked);
    let mut world = shared.world();
    let Some(account) = world.accounts.get_mut(&id) else {
        return (super::Faults::default(), Blow::None);
    };
    let faults = account.faults;
    let blow = match kind {
        Kind::Send => account.faults.strike_send(),
        Kind::Status => account.faults.strike_status(),
        Kind::Other => Blow::None,
    };
    (faults, blow)
}

/// SMSC.ru counts requests of one login at the same time.
fn enter(shared: &Shared, provider: Provider, id: u64) -> bool {
    let limit = shared.options.limits.at_once.filter(|_| provider == Provider::SmscRu);
    let mut world = shared.world();
    let Some(account) = world.accounts.get_mut(&id) else { return false };
    account.at_once += 1;
    limit.is_some_and(|limit| account.at_once > limit)
}

fn leave(shared: &Shared, id: u64) {
    if let Some(account) = shared.world().accounts.get_mut(&id) {
        account.at_once = account.at_once.saturating_sub(1);
    }
}

fn note(
    shared: &Shared,
    provider: Provider,
    account: Option<u64>,
    asked: &Asked,
    outcome: Outcome,
) {
    let field = |json: &str, param: &str| {
        let from_json = asked.json.get(json).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        from_json.or_else(|| asked.params.get(param).cloned())
    };
    let sends = kind(provider, asked) == Kind::Send;
    let to = match provider {
        Provider::SmsAero => field("number", "number"),
        Provider::SmscRu => field("phones", "phones"),
        Provider::Exolve => field("destination", "destination"),
    };
    let text = match provider {
        Provider::SmscRu => field("mes", "mes"),
        Provider::SmsAero | Provider::Exolve => field("text", "text"),
    };
    let call = Call {
        number: 0,
        provider,
        method: asked.method.clone(),
        account,
        to: to.filter(|_| sends),
        text: text.filter(|_| sends),
        outcome,
    };
    shared.change(|world| world.note_call(call, shared.options.kept));
}

fn whole(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match answer.body {
        Value::Null => status.into_response(),
        body => (status, Json(body)).into_response(),
    }
}

/// A phone number in digits as the networks know it: 7 to 15 of them.
pub(super) fn is_phone(text: &str) -> bool {
    (7..=15).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_digit())
        && !text.starts_with('0')
}
