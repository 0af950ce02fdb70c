//! The HTTP face: `/method/<name>`, `/upload/<place>`, `/lp/<community>`, `/files/…`, `/doc/…`.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, Form, Multipart, Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use serde_json::{Map, Value, json};

use super::{
    Call, deliver,
    faults::Blow,
    methods::{self, Answer, Params, Refusal, invalid, refusal},
    page, poll,
    record::Outcome,
    shapes,
    uploads::{Place, Uploaded, is_photo, is_refused_doc},
    world::Shared,
};
use crate::cut::Scissors;

/// A document of 200 MB with what is around it.
const BODY_LIMIT: usize = (200 << 20) + (64 << 10);
/// How long an echo may take before the call is answered all the same.
const ECHO_WAIT: Duration = Duration::from_millis(500);

type App = State<Arc<Shared>>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    page::routes()
        .route("/method/{name}", any(method))
        .route("/upload/{token}", post(upload))
        .route("/lp/{community}", get(long_poll))
        .route("/files/{id}/{sign}", get(file))
        .route("/doc/{id}/{sign}", get(doc))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(shared)
}

async fn method(
    State(shared): App,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    Path(name): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let key = form.get("access_token").cloned().unwrap_or_default();
    let shown = form.into_iter().filter(|(name, _)| name != "access_token");
    let params: Map<String, Value> = shown.map(|(name, value)| (name, json!(value))).collect();
    let Some(community) = shared.world().community_of(&key) else {
        return answered(Err(refusal(27)), &params);
    };
    if let Err(refusal) = admitted(&shared, community, &key, &name, &params) {
        note(&shared, community, &name, &params, refused(&refusal));
        return answered(Err(refusal), &params);
    }
    let (blow, faults) = {
        let mut world = shared.world();
        let Some(state) = world.communities.get_mut(&community) else {
            return answered(Err(refusal(27)), &params);
        };
        (state.faults.strike(&name), state.faults)
    };
    if faults.slow_ms > 0 {
        tokio::time::sleep(Duration::from_millis(faults.slow_ms)).await;
    }
    let done = match blow {
        Blow::DropRequest => {
            note(&shared, community, &name, &params, Outcome::RequestDropped);
            return scissors.answer();
        }
        Blow::Refuse(code) => methods::Done { answer: Err(refusal(code)), event: None },
        Blow::None | Blow::DropAnswer if name == "groups.getTokenPermissions" => {
            methods::Done { answer: permissions(&shared, community, &key), event: None }
        }
        Blow::None | Blow::DropAnswer => {
            methods::perform(&shared, community, &name, &Params(&params)).await
        }
    };
    let dropped = blow == Blow::DropAnswer && done.answer.is_ok();
    let outcome = match &done.answer {
        Ok(_) if dropped => Outcome::AnswerDropped,
        Ok(_) => Outcome::Accepted,
        Err(refusal) => refused(refusal),
    };
    note(&shared, community, &name, &params, outcome);
    if let Some((kind, object)) = done.event {
        deliver::tell(&shared, community, kind, object);
        if faults.echo_first {
            tokio::time::sleep(ECHO_WAIT).await;
        }
    }
    if dropped { scissors.answer() } else { answered(done.answer, &params) }
}

/// Speed, shape, rights: in the order of the real service.
fn admitted(
    shared: &Shared,
    community: i64,
    key: &str,
    method: &str,
    params: &Map<String, Value>,
) -> Result<(), Refusal> {
    let most = shared.options.calls_per_second;
    shared.change(|world| {
        let state = world.communities.get_mut(&community).ok_or_else(|| refusal(27))?;
        let key = state.keys.get_mut(key).ok_or_else(|| refusal(27))?;
        if let Some(most) = most
            && !key.within(most, Instant::now())
        {
            return Err(refusal(6));
        }
        let Some(shape) = shapes::of(method) else {
            world.violation(format!("{method}: unknown method"));
            return Err(Refusal { code: 3, text: "Unknown method passed".to_owned() });
        };
        if let Some(right) = shape.right.filter(|right| !key.may(right)) {
            let text = format!("Access denied: no access to call this method, {right} is needed");
            return Err(Refusal { code: 15, text });
        }
        let asked = params.get("group_id").and_then(Value::as_str);
        let other = asked.filter(|_| method.starts_with("groups.") && method != "groups.getById");
        if other.is_some_and(|group| group != community.to_string()) {
            return Err(Refusal { code: 203, text: "Access to group denied".to_owned() });
        }
        let version = params.get("v").and_then(Value::as_str);
        let fault = match version {
            Some("5.199") => shape.fault(params),
            _ => Some("v is missing or another".to_owned()),
        };
        match fault {
            None => Ok(()),
            Some(fault) => {
                world.violation(format!("{method}: {fault}"));
                Err(invalid(&fault))
            }
        }
    })
}

fn permissions(shared: &Shared, community: i64, key: &str) -> Answer {
    let world = shared.world();
    let key = world.communities.get(&community).and_then(|c| c.keys.get(key));
    let rights = key.map(|key| key.rights.clone()).unwrap_or_default();
    let list: Vec<Value> =
        rights.iter().map(|right| json!({ "name": right, "setting": 1 })).collect();
    Ok(json!({ "mask": 1, "permissions": list }))
}

fn refused(refusal: &Refusal) -> Outcome {
    Outcome::Refused { code: refusal.code, text: refusal.text.clone() }
}

fn note(
    shared: &Shared,
    community: i64,
    name: &str,
    params: &Map<String, Value>,
    outcome: Outcome,
) {
    let call = Call { community, method: name.to_owned(), params: params.clone(), outcome };
    shared.change(|world| world.note(call, shared.options.kept));
}

/// HTTP 200, whatever the answer.
fn answered(answer: Answer, params: &Map<String, Value>) -> Response {
    match answer {
        Ok(response) => Json(json!({ "response": response })).into_response(),
        Err(Refusal { code, text }) => {
            let asked: Vec<Value> =
                params.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
            let error = json!({ "error_code": code, "error_msg": text, "request_params": asked });
            Json(json!({ "error": error })).into_response()
        }
    }
}

/// Nothing of this answer leaves: the connection is cut first.
/// One file in the field that the kind of upload wants.
async fn upload(State(shared): App, Path(token): Path<String>, mut form: Multipart) -> Response {
    let Some(place) = shared.change(|world| world.files.places.remove(&token)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let wanted = if place == Place::Photo { "photo" } else { "file" };
    let mut found = None;
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some(wanted) {
            let name = field.file_name().unwrap_or_default().to_owned();
            let mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
            found = field.bytes().await.ok().map(|bytes| (name, mime, bytes));
        }
    }
    let Some((name, mime, bytes)) = found else {
        shared.change(|world| world.violation(format!("upload without the field {wanted}")));
        return Json(json!({ "error": "no file" })).into_response();
    };
    let answer = shared.change(|world| put_up(&shared, world, place, (&name, &mime, bytes)));
    Json(answer).into_response()
}

fn put_up(
    shared: &Shared,
    world: &mut super::world::World,
    place: Place,
    (name, mime, bytes): (&str, &str, Bytes),
) -> Value {
    let bound = shared.options.stored_bytes;
    match place {
        Place::Photo if !is_photo(&bytes) => {
            json!({ "server": 1, "photo": "[]", "hash": "hash" })
        }
        Place::Photo => {
            let file = world.files.add(name, mime, bytes, bound);
            let token = world.files.put_up(Uploaded::Photo(file.id));
            json!({ "server": 626, "photo": token, "hash": "hash" })
        }
        Place::Doc | Place::Voice if is_refused_doc(name) => {
            json!({ "error": "no_file", "error_descr": "this type of file is not allowed" })
        }
        Place::Doc | Place::Voice => {
            let file = world.files.add(name, mime, bytes, bound);
            let voice = place == Place::Voice;
            let token = world.files.put_up(Uploaded::Doc { file: file.id, voice });
            json!({ "file": token })
        }
    }
}

async fn long_poll(
    State(shared): App,
    Path(community): Path<i64>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    Json(poll::check(&shared, community, &query).await)
}

async fn file(State(shared): App, Path((id, sign)): Path<(i64, String)>) -> Response {
    let world = shared.world();
    match world.files.get(id).filter(|file| file.sign == sign) {
        Some(file) => match &file.bytes {
            Some(bytes) => {
                ([(header::CONTENT_TYPE, file.mime.clone())], bytes.clone()).into_response()
            }
            None => StatusCode::GONE.into_response(),
        },
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Documents lie on another server than their address names.
async fn doc(State(shared): App, Path((id, sign)): Path<(i64, String)>) -> Response {
    let world = shared.world();
    match world.files.get(id).filter(|file| file.sign == sign) {
        Some(file) => (StatusCode::FOUND, [(header::LOCATION, file.path())]).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
