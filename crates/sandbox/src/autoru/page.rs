//! The page with the dealer's cabinet and the buyers, and the JSON calls beneath it:
//!
//! | call | what it does |
//! | ---- | ------------ |
//! | `GET /sandbox/state` | dealers with what they entered, cars, faults; buyers; violations |
//! | `GET /sandbox/events` | server-sent events, one for each change |
//! | `POST /sandbox/dealers` `{name}` | a new dealer: `{id}` |
//! | `POST /sandbox/dealers/{dealer}/enter` `{chat_id, hook}` | the cabinet's form |
//! | `POST /sandbox/dealers/{dealer}/faults` | [`Faults`]; what is left out is off |
//! | `POST /sandbox/dealers/{dealer}/repeat`, `/forge` | the last delivery again; one with a wrong `chat_id` |
//! | `GET /sandbox/dealers/{dealer}/log?last=n` | calls and deliveries |
//! | `POST /sandbox/buyers` `{name, id?}` | a person: `{id}` |
//! | `GET /sandbox/chats/{dealer}/{buyer}` | what the phone shows |
//! | `POST /sandbox/chats/{dealer}/{buyer}/text` `{car, text}` | and `other` `{message}` |
//! | `POST /sandbox/chats/{dealer}/{buyer}/photo?car=` | the body is the picture |
//! | `GET /sandbox/pictures/{name}` | its bytes |

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Buyer, Dealer, Entered, Faults, dealer, world::Shared};
use crate::page::{self, Problem, Said, missing, wrong};

type App = State<Arc<Shared>>;

/// Lines of a chat that the page shows.
const SHOWN: usize = 300;

pub(super) fn routes() -> Router<Arc<Shared>> {
    page::routes(include_str!("page.html"))
        .route("/sandbox/state", get(state))
        .route("/sandbox/dealers", post(new_dealer))
        .route("/sandbox/dealers/{dealer}/enter", post(enter))
        .route("/sandbox/dealers/{dealer}/faults", post(set_faults))
        .route("/sandbox/dealers/{dealer}/repeat", post(repeat))
        .route("/sandbox/dealers/{dealer}/forge", post(forge))
        .route("/sandbox/dealers/{dealer}/log", get(log))
        .route("/sandbox/buyers", post(new_buyer))
        .route("/sandbox/chats/{dealer}/{buyer}", get(transcript))
        .route("/sandbox/chats/{dealer}/{buyer}/text", post(text))
        .route("/sandbox/chats/{dealer}/{buyer}/other", post(other))
        .route("/sandbox/chats/{dealer}/{buyer}/photo", post(photo))
        .route("/sandbox/pictures/{name}", get(picture))
        .route("/sandbox/car.svg", get(car))
}

fn dealer_of(shared: &Arc<Shared>, id: u64) -> Result<Dealer, Problem> {
    let known = shared.world().dealers.contains_key(&id);
    known
        .then(|| Dealer { id, shared: Arc::clone(shared) })
        .ok_or_else(|| missing("нет такого дилера"))
}

fn buyer_of(shared: &Arc<Shared>, (dealer, buyer): (u64, String)) -> Result<Buyer, Problem> {
    let dealer = dealer_of(shared, dealer)?;
    let known = shared.world().buyers.contains_key(&buyer);
    known.then_some(Buyer { id: buyer, dealer }).ok_or_else(|| missing("нет такого покупателя"))
}

async fn state(State(shared): App) -> Json<Value> {
    let world = shared.world();
    let dealers: Vec<Value> = world
        .dealers
        .iter()
        .map(|(id, dealer)| {
            json!({"id": id, "name": dealer.name, "chat_id": dealer.chat_id, "hook": dealer.hook,
                "cars": dealer.cars, "faults": dealer.faults})
        })
        .collect();
    let buyers: Vec<Value> =
        world.buyers.iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
    Json(json!({
        "url": shared.url, "base": format!("{}/1.0", shared.url), "dealers": dealers,
        "buyers": buyers, "violations": world.violations.iter().rev().take(20).collect::<Vec<_>>(),
    }))
}

#[derive(Deserialize)]
struct Named {
    name: String,
    id: Option<String>,
}

async fn new_dealer(State(shared): App, Json(new): Json<Named>) -> Said {
    let name = new.name.trim();
    if name.is_empty() {
        return Err(wrong("у дилера должно быть имя"));
    }
    Ok(Json(json!({"id": dealer::add(&shared, name).id})))
}

#[derive(Deserialize)]
struct Entry {
    chat_id: String,
    hook: String,
}

async fn enter(State(shared): App, Path(dealer): Path<u64>, Json(entry): Json<Entry>) -> Said {
    if entry.chat_id.trim().chars().count() < 4 {
        return Err(wrong("ChatId длиннее трёх символов"));
    }
    if url::Url::parse(entry.hook.trim()).is_err() {
        return Err(wrong("адрес начинается с http:// или https://"));
    }
    match dealer_of(&shared, dealer)?.enter(&entry.chat_id, &entry.hook) {
        Entered::Saved => Ok(Json(json!({}))),
        Entered::Taken => Err(wrong("этот ChatId занят другим дилером")),
    }
}

async fn set_faults(
    State(shared): App,
    Path(dealer): Path<u64>,
    Json(faults): Json<Faults>,
) -> Said {
    dealer_of(&shared, dealer)?.set_faults(faults);
    Ok(Json(json!(faults)))
}

async fn repeat(State(shared): App, Path(dealer): Path<u64>) -> Said {
    if dealer_of(&shared, dealer)?.repeat_last() {
        Ok(Json(json!({})))
    } else {
        Err(wrong("ещё ничего не доставлялось"))
    }
}

async fn forge(State(shared): App, Path(dealer): Path<u64>) -> Said {
    let dealer = dealer_of(&shared, dealer)?;
    let body = json!({"sender": {"id": "forger", "name": "Самозванец"},
        "message": {"type": "text", "id": "forged", "text": "Это письмо с чужим chat_id"}});
    Ok(Json(json!({"answer": dealer.forge(Some("not-the-chat-id"), &body).await})))
}

#[derive(Deserialize)]
struct Last {
    last: Option<usize>,
}

async fn log(
    State(shared): App,
    Path(dealer): Path<u64>,
    Query(Last { last }): Query<Last>,
) -> Said {
    let dealer = dealer_of(&shared, dealer)?;
    let last = last.unwrap_or(20);
    let (calls, deliveries) = (dealer.calls(), dealer.deliveries());
    Ok(Json(json!({
        "calls": calls.iter().rev().take(last).collect::<Vec<_>>(),
        "deliveries": deliveries.iter().rev().take(last).collect::<Vec<_>>(),
    })))
}

async fn new_buyer(State(shared): App, Json(new): Json<Named>) -> Said {
    let name = new.name.trim();
    if name.is_empty() {
        return Err(wrong("у покупателя должно быть имя"));
    }
    let id = shared.change(|world| {
        let id = new.id.clone().unwrap_or_else(|| world.new_id());
        world.buyers.insert(id.clone(), name.to_owned());
        id
    });
    Ok(Json(json!({"id": id})))
}

async fn transcript(State(shared): App, Path(place): Path<(u64, String)>) -> Said {
    buyer_of(&shared, place.clone())?;
    let world = shared.world();
    let chat = world.chats.get(&place);
    let lines: Vec<_> = chat.iter().flat_map(|chat| chat.iter().rev().take(SHOWN)).collect();
    Ok(Json(json!({"lines": lines.into_iter().rev().collect::<Vec<_>>()})))
}

#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    car: usize,
    text: String,
}

async fn text(
    State(shared): App,
    Path(place): Path<(u64, String)>,
    Json(said): Json<Text>,
) -> Said {
    if said.text.trim().is_empty() {
        return Err(wrong("пустой текст"));
    }
    Ok(Json(json!({"id": buyer_of(&shared, place)?.writes(said.car, &said.text)})))
}

async fn other(
    State(shared): App,
    Path(place): Path<(u64, String)>,
    Json(said): Json<Value>,
) -> Said {
    if !said.is_object() {
        return Err(wrong("сообщение должно быть объектом JSON"));
    }
    Ok(Json(json!({"id": buyer_of(&shared, place)?.sends_other(said)})))
}

#[derive(Deserialize)]
struct Of {
    #[serde(default)]
    car: usize,
}

async fn photo(
    State(shared): App,
    Path(place): Path<(u64, String)>,
    Query(Of { car }): Query<Of>,
    headers: HeaderMap,
    body: Bytes,
) -> Said {
    let mime = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mime = mime.unwrap_or("image/jpeg");
    if !mime.starts_with("image/") || body.is_empty() {
        return Err(wrong("Авто.ру передаёт только картинки"));
    }
    Ok(Json(json!({"id": buyer_of(&shared, place)?.sends_photo(car, mime, body)})))
}

async fn picture(State(shared): App, Path(name): Path<String>) -> Response {
    let found = shared.world().pictures.get(&name);
    let Some((mime, bytes)) = found else {
        return missing("нет такой картинки").into_response();
    };
    // Only what a browser shows without running anything.
    let shown = ["image/jpeg", "image/png", "image/webp", "image/gif"];
    let kind = shown.into_iter().find(|kind| *kind == mime).unwrap_or("application/octet-stream");
    ([(header::CONTENT_TYPE, kind), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], bytes)
        .into_response()
}

async fn car() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("car.svg"))
}
