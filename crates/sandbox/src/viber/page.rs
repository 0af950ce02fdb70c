//! The page where a person plays the customer, and the JSON calls beneath it, which serve tests of
//! another process and people with curl as well:
//!
//! | call | what it does |
//! | ---- | ------------ |
//! | `GET /sandbox/state` | bots with tokens, webhooks and faults; customers; violations |
//! | `GET /sandbox/events` | server-sent events, one for each change |
//! | `POST /sandbox/bots` `{name, uri}` | a new bot |
//! | `POST /sandbox/bots/{bot}/{act}` | `renew`, `revoke`, `steal` `{url}`, `repeat`, `forge` `{customer, text}`, `standing` `{standing}`, `faults` [`Faults`] |
//! | `GET /sandbox/bots/{bot}/calls`, `/deliveries` | the sandbox's half of a ledger |
//! | `POST /sandbox/customers` `{name}` | a person |
//! | `GET /sandbox/chats/{bot}/{customer}` | what the phone shows |
//! | `POST /sandbox/chats/{bot}/{customer}/{act}` | `text` `{text}`, `open` `{context}`, `subscribe`, `unsubscribe`, `location`, `contact`, `link` `{text}`, `unknown`, `read`, `offline`, `online`, `delete` |
//! | `POST /sandbox/chats/{bot}/{customer}/file?name=&caption=` | the body is the file |
//! | `GET /sandbox/chats/{bot}/{customer}/files/{token}` | bytes of a file in the chat |

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Bot, Customer, Faults, Media, Standing, add_bot, customer, new_token, world::Shared};
use crate::page::{self, Problem, Said, missing, wrong};

type App = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    page::routes(include_str!("page.html"))
        .route("/sandbox/state", get(state))
        .route("/sandbox/bots", post(new_bot))
        .route("/sandbox/bots/{bot}/calls", get(calls))
        .route("/sandbox/bots/{bot}/deliveries", get(deliveries))
        .route("/sandbox/bots/{bot}/{act}", post(befall))
        .route("/sandbox/customers", post(new_customer))
        .route("/sandbox/chats/{bot}/{customer}", get(chat))
        .route("/sandbox/chats/{bot}/{customer}/{act}", post(act))
        .route("/sandbox/chats/{bot}/{customer}/files/{token}", get(file))
        .layer(DefaultBodyLimit::max(64 << 20))
}

fn bot_of(shared: &Arc<Shared>, number: u64) -> Result<Bot, Problem> {
    let there = shared.world().bots.contains_key(&number);
    let bot = Bot { number, shared: Arc::clone(shared) };
    there.then_some(bot).ok_or_else(|| missing("нет такого бота"))
}

fn person(shared: &Arc<Shared>, number: u64) -> Result<Customer, Problem> {
    let there = shared.world().people.contains_key(&number);
    let customer = Customer { number, shared: Arc::clone(shared) };
    there.then_some(customer).ok_or_else(|| missing("нет такого клиента"))
}

async fn state(State(shared): App) -> Json<Value> {
    let world = shared.world();
    let bots = world.bots.iter().map(|(number, bot)| {
        json!({
            "number": number,
            "name": bot.name,
            "uri": bot.uri,
            "token": bot.token,
            "webhook": bot.hook.as_ref().map(|hook| &hook.url),
            "stolen": bot.hook.as_ref().is_some_and(|hook| hook.stolen),
            "standing": bot.standing,
            "faults": bot.faults,
        })
    });
    let people = world.people.iter().map(|(number, person)| {
        json!({
            "number": number, "name": person.name,
            "gone": person.gone, "offline": person.offline,
        })
    });
    Json(json!({
        "url": shared.url,
        "bots": bots.collect::<Vec<_>>(),
        "customers": people.collect::<Vec<_>>(),
        "violations": world.violations,
    }))
}

#[derive(Deserialize)]
struct NewBot {
    name: String,
    uri: String,
}

async fn new_bot(State(shared): App, Json(new): Json<NewBot>) -> Said {
    let (name, uri) = (new.name.trim(), new.uri.trim());
    if name.is_empty() || uri.is_empty() {
        return Err(wrong("у бота должны быть имя и адрес"));
    }
    let bot = add_bot(&shared, name, uri, &new_token());
    Ok(Json(json!({ "number": bot.number, "token": bot.token() })))
}

#[derive(Deserialize)]
struct NewCustomer {
    name: String,
}

async fn new_customer(State(shared): App, Json(new): Json<NewCustomer>) -> Said {
    match new.name.trim() {
        "" => Err(wrong("у клиента должно быть имя")),
        name => Ok(Json(json!({ "number": customer(&shared, name).number }))),
    }
}

async fn calls(State(shared): App, Path(bot): Path<u64>) -> Said {
    Ok(Json(json!(bot_of(&shared, bot)?.calls())))
}

async fn deliveries(State(shared): App, Path(bot): Path<u64>) -> Said {
    Ok(Json(json!(bot_of(&shared, bot)?.deliveries())))
}

/// What an act may need; the rest is empty.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    text: String,
    context: String,
    url: String,
    customer: u64,
    standing: Standing,
}

fn details<T: Default + for<'a> Deserialize<'a>>(body: &Bytes) -> Result<T, Problem> {
    if body.is_empty() { Ok(T::default()) } else { serde_json::from_slice(body).map_err(wrong) }
}

/// What befalls a bot.
async fn befall(State(shared): App, Path((bot, name)): Path<(u64, String)>, body: Bytes) -> Said {
    let bot = bot_of(&shared, bot)?;
    if name == "faults" {
        bot.set_faults(details::<Faults>(&body)?);
        return Ok(Json(json!(bot.faults())));
    }
    let told: Details = details(&body)?;
    match name.as_str() {
        "renew" => Ok(Json(json!({ "token": bot.renew_token() }))),
        "revoke" => {
            bot.revoke_token();
            Ok(Json(json!({})))
        }
        "steal" => {
            bot.steal_webhook(&told.url);
            Ok(Json(json!({})))
        }
        "standing" => {
            bot.set_standing(told.standing);
            Ok(Json(json!({})))
        }
        "repeat" => Ok(Json(json!({ "answer": bot.repeats_last().await.map_err(wrong)? }))),
        "forge" => {
            let customer = person(&shared, told.customer)?;
            let body = json!({
                "event": "message", "timestamp": 0, "message_token": 1,
                "sender": { "id": customer.id_at(&bot), "name": "?" },
                "message": { "type": "text", "text": told.text },
            });
            let answer = bot.stranger_calls(&"0".repeat(64), &body.to_string()).await;
            Ok(Json(json!({ "answer": answer.map_err(wrong)? })))
        }
        _ => Err(missing("нет такого действия")),
    }
}

async fn chat(State(shared): App, Path((bot, customer)): Path<(u64, u64)>) -> Said {
    let (bot, customer) = (bot_of(&shared, bot)?, person(&shared, customer)?);
    Ok(Json(json!({
        "messages": customer.transcript(&bot),
        "subscribed": customer.is_subscribed(&bot),
        "id": customer.id_at(&bot),
    })))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FileQuery {
    name: String,
    caption: String,
}

/// Everything the person does in a chat; the name of the act is the last part of the path.
async fn act(
    State(shared): App,
    Path((bot, customer, name)): Path<(u64, u64, String)>,
    Query(query): Query<FileQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Said {
    let (bot, customer) = (bot_of(&shared, bot)?, person(&shared, customer)?);
    if name == "file" {
        let mime = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let token = customer.sends(&bot, media(query, mime.unwrap_or_default(), body));
        return Ok(Json(json!({ "token": token.to_string() })));
    }
    let told: Details = details(&body)?;
    match name.as_str() {
        "text" if told.text.is_empty() => return Err(wrong("пустой текст")),
        "text" => _ = customer.sends_text(&bot, &told.text),
        "open" => customer.opens(&bot, Some(told.context.as_str()).filter(|c| !c.is_empty())),
        "subscribe" => customer.subscribes(&bot),
        "unsubscribe" => customer.unsubscribes(&bot),
        "location" => _ = customer.sends_location(&bot, 55.7522, 37.6156),
        "contact" => _ = customer.sends_contact(&bot, "Знакомый", "+79007654321"),
        "link" => _ = customer.sends_link(&bot, &told.text),
        "unknown" => _ = customer.sends_raw(&bot, json!({ "type": "hologram", "depth": 3 })),
        "read" => customer.reads(&bot),
        "offline" => customer.goes_offline(),
        "online" => customer.comes_back(&bot),
        "delete" => customer.deletes_account(),
        _ => return Err(missing("нет такого действия")),
    }
    Ok(Json(json!({})))
}

fn media(query: FileQuery, mime: &str, bytes: Bytes) -> Media {
    let media = match mime {
        "image/jpeg" | "image/png" | "image/gif" => Media::picture(mime, bytes),
        "video/mp4" => Media::video(bytes),
        mime => {
            let name = if query.name.is_empty() { "file.dat" } else { &query.name };
            Media::file(name, mime, bytes)
        }
    };
    if query.caption.is_empty() { media } else { media.caption(&query.caption) }
}

async fn file(
    State(shared): App,
    Path((bot, customer, token)): Path<(u64, u64, String)>,
) -> Response {
    let mut world = shared.world();
    let Some(file) = world.message(bot, customer, &token).and_then(|m| m.file.clone()) else {
        return missing("нет такого файла").into_response();
    };
    // Only what a browser shows without running anything; the rest is offered as a download.
    let shown = ["image/jpeg", "image/png", "image/webp", "image/gif", "audio/ogg", "video/mp4"];
    let kind = shown.into_iter().find(|kind| *kind == file.mime);
    let kind = kind.unwrap_or("application/octet-stream");
    ([(header::CONTENT_TYPE, kind), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], file.bytes)
        .into_response()
}
