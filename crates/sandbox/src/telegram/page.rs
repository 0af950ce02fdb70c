//! The page where a person plays the customer, and the JSON calls beneath it, which serve tests of
//! another process and people with curl as well:
//!
//! | call | what it does |
//! | ---- | ------------ |
//! | `GET /sandbox/state` | bots with tokens, webhooks, queues and faults; customers |
//! | `GET /sandbox/events` | server-sent events, one for each change |
//! | `POST /sandbox/bots` `{username}` | a new bot: `{id, username, token}` |
//! | `POST /sandbox/bots/{bot}/renew`, `/revoke` | a new token; a dead one |
//! | `GET`, `POST /sandbox/bots/{bot}/faults` | [`Faults`]; what is left out is off |
//! | `POST /sandbox/bots/{bot}/steal` `{url}` | somebody else's webhook |
//! | `POST /sandbox/bots/{bot}/inject` | an update as it stands |
//! | `GET /sandbox/bots/{bot}/calls?last=n`, `/deliveries`, `/repeats` | the sandbox's half of a ledger |
//! | `POST /sandbox/customers` `{first_name, username?, id?}` | a person: `{id}` |
//! | `GET /sandbox/chats/{bot}/{customer}` | what the phone shows |
//! | `POST /sandbox/chats/{bot}/{customer}/text` `{text, reply_to?}` | and `start` `{payload?}`, `edit` `{message_id, text}`, `block`, `unblock`, `location`, `phone`, `contact`, `press` `{message_id, data}`, `unknown` `{kind, update}`, `deactivate` |
//! | `POST /sandbox/chats/{bot}/{customer}/file?kind=&name=&caption=` | the body is the file |
//! | `GET /sandbox/files/{file_id}` | bytes of a file |

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

use super::{
    Bot, Customer, Faults, Media, MediaKind, Sent, add_bot, customer,
    world::{Shared, World},
};
use crate::page::{self, Problem, Said, missing, wrong};

type App = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    page::routes(include_str!("page.html"))
        .route("/sandbox/state", get(state))
        .route("/sandbox/bots", post(new_bot))
        .route("/sandbox/bots/{bot}/renew", post(renew_token))
        .route("/sandbox/bots/{bot}/revoke", post(revoke_token))
        .route("/sandbox/bots/{bot}/faults", get(faults).post(set_faults))
        .route("/sandbox/bots/{bot}/steal", post(steal))
        .route("/sandbox/bots/{bot}/inject", post(inject))
        .route("/sandbox/bots/{bot}/calls", get(calls))
        .route("/sandbox/bots/{bot}/deliveries", get(deliveries))
        .route("/sandbox/bots/{bot}/repeats", get(repeats))
        .route("/sandbox/customers", post(new_customer))
        .route("/sandbox/chats/{bot}/{customer}", get(transcript))
        .route("/sandbox/chats/{bot}/{customer}/{act}", post(act))
        .route("/sandbox/files/{file_id}", get(file))
}

fn bot_of(shared: &Arc<Shared>, id: i64) -> Result<Bot, Problem> {
    let world = shared.world();
    let bot = world.bots.get(&id).ok_or_else(|| missing("нет такого бота"))?;
    Ok(Bot {
        id,
        username: bot.username.clone(),
        token: bot.token.clone(),
        shared: Arc::clone(shared),
    })
}

async fn state(State(shared): App) -> Json<Value> {
    let world = shared.world();
    let bots: Vec<Value> = world.bots.keys().map(|id| bot_json(&world, *id)).collect();
    let people: Vec<Value> = world
        .people
        .iter()
        .map(|(id, person)| {
            json!({"id": id, "first_name": person.first_name, "username": person.username})
        })
        .collect();
    Json(json!({"url": shared.url, "bots": bots, "customers": people}))
}

fn bot_json(world: &World, id: i64) -> Value {
    let Some(bot) = world.bots.get(&id) else { return Value::Null };
    json!({
        "id": id,
        "username": bot.username,
        "token": bot.token,
        "token_alive": world.tokens.contains_key(&bot.token),
        "webhook": bot.hook.as_ref().map(|hook| &hook.url),
        "webhook_secret": bot.hook.as_ref().and_then(|hook| hook.secret.as_ref()),
        "stolen": bot.hook.as_ref().is_some_and(|hook| hook.stolen),
        "polls": bot.last_poll.map(|(_, at)| at.elapsed().as_secs() < 60).unwrap_or(false),
        "pending": bot.queue.len(),
        "last_error": bot.last_error.as_ref().map(|(_, what)| what),
        "faults": bot.faults,
    })
}

#[derive(Deserialize)]
struct NewBot {
    username: String,
}

async fn new_bot(State(shared): App, Json(new): Json<NewBot>) -> Said {
    let name = new.username.trim();
    if name.is_empty() {
        return Err(wrong("у бота должно быть имя"));
    }
    let bot = add_bot(&shared, name);
    Ok(Json(json!({"id": bot.id, "username": bot.username, "token": bot.token})))
}

async fn renew_token(State(shared): App, Path(bot): Path<i64>) -> Said {
    Ok(Json(json!({"token": bot_of(&shared, bot)?.renew_token()})))
}

async fn revoke_token(State(shared): App, Path(bot): Path<i64>) -> Said {
    let bot = bot_of(&shared, bot)?;
    shared.change(|world| world.tokens.remove(&bot.token));
    Ok(Json(json!({})))
}

async fn faults(State(shared): App, Path(bot): Path<i64>) -> Result<Json<Faults>, Response> {
    bot_of(&shared, bot).map(|bot| Json(bot.faults())).map_err(IntoResponse::into_response)
}

async fn set_faults(State(shared): App, Path(bot): Path<i64>, Json(faults): Json<Faults>) -> Said {
    bot_of(&shared, bot)?.set_faults(faults);
    Ok(Json(json!(faults)))
}

#[derive(Deserialize)]
struct Steal {
    url: String,
}

async fn steal(State(shared): App, Path(bot): Path<i64>, Json(steal): Json<Steal>) -> Said {
    bot_of(&shared, bot)?.steal_webhook(&steal.url);
    Ok(Json(json!({})))
}

async fn inject(State(shared): App, Path(bot): Path<i64>, Json(update): Json<Value>) -> Said {
    if !update.is_object() {
        return Err(wrong("обновление должно быть объектом JSON"));
    }
    Ok(Json(json!({"update_id": bot_of(&shared, bot)?.inject(update)})))
}

#[derive(Deserialize)]
struct Last {
    last: Option<usize>,
}

async fn calls(
    State(shared): App,
    Path(bot): Path<i64>,
    Query(Last { last }): Query<Last>,
) -> Said {
    let calls = bot_of(&shared, bot)?.calls();
    let from = calls.len().saturating_sub(last.unwrap_or(usize::MAX));
    Ok(Json(json!(calls.get(from..))))
}

async fn deliveries(State(shared): App, Path(bot): Path<i64>) -> Said {
    Ok(Json(json!(bot_of(&shared, bot)?.deliveries())))
}

async fn repeats(State(shared): App, Path(bot): Path<i64>) -> Said {
    Ok(Json(json!(bot_of(&shared, bot)?.repeats())))
}

#[derive(Deserialize)]
struct NewCustomer {
    id: Option<i64>,
    first_name: String,
    username: Option<String>,
}

async fn new_customer(State(shared): App, Json(new): Json<NewCustomer>) -> Said {
    let name = new.first_name.trim();
    if name.is_empty() {
        return Err(wrong("у клиента должно быть имя"));
    }
    let next = shared.world().people.last_key_value().map_or(100_001, |(id, _)| id + 1);
    let id = new.id.unwrap_or(next);
    let username = new.username.as_deref().map(str::trim).filter(|name| !name.is_empty());
    customer(&shared, id, name, username);
    Ok(Json(json!({"id": id})))
}

async fn transcript(State(shared): App, Path((bot, customer)): Path<(i64, i64)>) -> Said {
    let bot = bot_of(&shared, bot)?;
    let customer = person(&shared, customer)?;
    let messages = customer.transcript(&bot);
    let world = shared.world();
    let chat = world.chats.get(&(bot.id, customer.id));
    Ok(Json(json!({
        "messages": messages,
        "blocked": chat.is_some_and(|chat| chat.blocked),
        "action": chat.and_then(|chat| chat.action.as_deref()),
    })))
}

fn person(shared: &Arc<Shared>, id: i64) -> Result<Customer, Problem> {
    if !shared.world().people.contains_key(&id) {
        return Err(missing("нет такого клиента"));
    }
    Ok(Customer { id, shared: Arc::clone(shared) })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Act {
    text: String,
    payload: Option<String>,
    reply_to: Option<i64>,
    message_id: i64,
    latitude: f64,
    longitude: f64,
    phone: String,
    name: String,
    data: String,
    kind: String,
    update: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FileQuery {
    kind: Option<MediaKind>,
    name: Option<String>,
    caption: Option<String>,
}

/// Everything the person does in a chat; the name of the act is the last part of the path.
async fn act(
    State(shared): App,
    Path((bot, customer, name)): Path<(i64, i64, String)>,
    Query(query): Query<FileQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Said {
    let bot = bot_of(&shared, bot)?;
    let customer = person(&shared, customer)?;
    if name == "file" {
        let mime = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        return Ok(sent(customer.sends(&bot, uploaded(query, mime, body))));
    }
    // An act that needs nothing may come with an empty body or with `null`.
    let act: Option<Act> = match body.is_empty() {
        true => None,
        false => serde_json::from_slice(&body).map_err(wrong)?,
    };
    let act = act.unwrap_or_default();
    match name.as_str() {
        "text" => match act.reply_to {
            Some(to) => customer.replies(&bot, to, &act.text).map(sent).map_err(wrong),
            None if act.text.is_empty() => Err(wrong("пустой текст")),
            None => Ok(sent(customer.sends_text(&bot, &act.text))),
        },
        "start" => {
            let payload = act.payload.as_deref().filter(|payload| !payload.is_empty());
            Ok(sent(customer.starts(&bot, payload)))
        }
        "edit" => customer.edits(&bot, act.message_id, &act.text).map(sent).map_err(wrong),
        "react" => customer
            .reacts(&bot, act.message_id, Some(act.text.trim()).filter(|emoji| !emoji.is_empty()))
            .map(|update_id| Json(json!({"update_id": update_id})))
            .map_err(wrong),
        "block" => Ok(Json(json!({"update_id": customer.blocks(&bot)}))),
        "unblock" => Ok(Json(json!({"update_id": customer.unblocks(&bot)}))),
        "location" => Ok(sent(customer.sends_location(&bot, act.latitude, act.longitude))),
        "phone" => Ok(sent(customer.shares_own_phone(&bot, &act.phone))),
        "contact" => Ok(sent(customer.shares_contact(&bot, &act.phone, &act.name, None))),
        "press" => customer
            .presses(&bot, act.message_id, &act.data)
            .map(|update_id| Json(json!({"update_id": update_id})))
            .map_err(wrong),
        "unknown" => {
            let update_id = customer.sends_unknown(&bot, &act.kind, act.update);
            Ok(Json(json!({"update_id": update_id})))
        }
        "deactivate" => {
            customer.deactivates();
            Ok(Json(json!({})))
        }
        _ => Err(missing("нет такого действия")),
    }
}

fn uploaded(query: FileQuery, mime: Option<&str>, body: Bytes) -> Media {
    let by_type = match mime {
        Some("image/jpeg" | "image/png") => MediaKind::Photo,
        Some("image/webp") => MediaKind::Sticker,
        Some(mime) if mime.starts_with("audio/ogg") => MediaKind::Voice,
        Some(mime) if mime.starts_with("audio/") => MediaKind::Audio,
        Some("video/mp4") => MediaKind::Video,
        _ => MediaKind::Document,
    };
    let kind = query.kind.unwrap_or(by_type);
    let mut media = Media::new(kind, body);
    if let Some(mime) = mime {
        media = media.mime(mime);
    }
    if let Some(name) = query.name.filter(|_| kind != MediaKind::Photo) {
        media = media.named(&name);
    }
    match query.caption.filter(|caption| !caption.is_empty()) {
        Some(caption) => media.caption(&caption),
        None => media,
    }
}

fn sent(sent: Sent) -> Json<Value> {
    Json(json!({"update_id": sent.update_id, "message_id": sent.message_id}))
}

async fn file(State(shared): App, Path(file_id): Path<String>) -> Response {
    let world = shared.world();
    let Some(file) = world.files.get(&file_id) else {
        return missing("нет такого файла").into_response();
    };
    let bytes = file.bytes.clone().unwrap_or_default();
    // Only what a browser shows without running anything; the rest is offered as a download.
    let shown = ["image/jpeg", "image/png", "image/webp", "image/gif", "audio/ogg", "video/mp4"];
    let kind = shown.into_iter().find(|kind| *kind == file.mime);
    let kind = kind.unwrap_or("application/octet-stream");
    ([(header::CONTENT_TYPE, kind), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], bytes)
        .into_response()
}
