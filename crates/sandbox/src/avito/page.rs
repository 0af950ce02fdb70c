//! The page where a person plays the buyer, and the JSON calls beneath it:
//!
//! | call | what it does |
//! | ---- | ------------ |
//! | `GET /sandbox/state` | sellers with keys, webhooks and faults; advertisements; chats |
//! | `GET /sandbox/events` | server-sent events, one for each change |
//! | `GET /sandbox/calls`, `/violations` | what was asked, and what of it was not as documented |
//! | `POST /sandbox/sellers/{seller}/{act}` | `expire`, `revoke`, `renew_keys`, `forget_hooks`, `repeat`, `faults`, `tariff` `{tariff}`, `item` `{title, price}`, `forge` |
//! | `POST /sandbox/chats` `{seller, name, buyer?, item?}` | the buyer opens a chat: `{chat}` |
//! | `GET /sandbox/chats/{chat}` | what the phone shows |
//! | `POST /sandbox/chats/{chat}/{act}` | `text` `{text, quote?}`, `seller` `{text}`, `location`, `link`, `item`, `kind` `{kind}`, `system`, `delete` `{id}`, `read` |
//! | `POST /sandbox/chats/{chat}/file` | the body is a picture, or a voice message if its type is audio |
//! | `GET /files/{id}` | bytes of a file |

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Chat, Faults, Seller, Tariff, world::Shared};
use crate::page::{self, Problem, Said, missing, wrong};

type App = State<Arc<Shared>>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    page::routes(include_str!("page.html"))
        .route("/sandbox/state", get(state))
        .route("/sandbox/calls", get(calls))
        .route("/sandbox/violations", get(violations))
        .route("/sandbox/sellers/{seller}/{act}", post(seller_act))
        .route("/sandbox/chats", post(open_chat))
        .route("/sandbox/chats/{chat}", get(transcript))
        .route("/sandbox/chats/{chat}/{act}", post(chat_act))
        .route("/files/{id}", get(file))
        .route("/items/{id}", get(item))
}

async fn state(State(shared): App) -> Json<Value> {
    let world = shared.world();
    let now = world.now();
    let sellers: Vec<Value> = world
        .sellers
        .iter()
        .map(|(id, seller)| {
            let mut tokens = world.tokens.values().filter(|t| t.seller == *id);
            let hooks: Vec<&str> = seller.hooks.iter().map(|h| h.url.as_str()).collect();
            let last = seller.deliveries.back();
            json!({
                "id": id, "name": seller.name, "client_id": seller.client_id,
                "client_secret": seller.client_secret, "tariff": seller.tariff,
                "hooks": hooks, "faults": seller.faults,
                "token_alive": tokens.any(|token| token.expires > now),
                "last_delivery": last, "blacklist": seller.blacklist,
            })
        })
        .collect();
    let items: Vec<Value> = world
        .items
        .iter()
        .map(|(id, item)| {
            json!({"id": id, "seller": item.seller, "title": item.title, "price": item.price})
        })
        .collect();
    let chats: Vec<Value> = world
        .chats
        .iter()
        .map(|(id, chat)| {
            let buyer = world.buyers.get(&chat.buyer);
            json!({"id": id, "seller": chat.seller, "buyer": chat.buyer, "name": buyer,
                "item": chat.item, "updated": chat.updated, "read": !chat.is_unread()})
        })
        .collect();
    Json(json!({
        "url": shared.url, "sellers": sellers, "items": items, "chats": chats,
        "violations": world.violations,
    }))
}

async fn calls(State(shared): App) -> Json<Value> {
    Json(json!(shared.world().calls))
}

async fn violations(State(shared): App) -> Json<Value> {
    Json(json!(shared.world().violations))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Act {
    text: String,
    id: String,
    quote: Option<String>,
    kind: String,
    url: String,
    title: String,
    price: String,
    tariff: Tariff,
}

/// An act that needs nothing may come with an empty body.
fn act_of(body: &Bytes) -> Result<Act, Problem> {
    if body.is_empty() {
        return Ok(Act::default());
    }
    serde_json::from_slice(body).map_err(wrong)
}

async fn seller_act(
    State(shared): App,
    Path((seller, name)): Path<(i64, String)>,
    body: Bytes,
) -> Said {
    if !shared.world().sellers.contains_key(&seller) {
        return Err(missing("нет такого продавца"));
    }
    let seller = Seller { id: seller, shared: Arc::clone(&shared) };
    if name == "faults" {
        let faults: Faults = serde_json::from_slice(&body).map_err(wrong)?;
        seller.set_faults(faults);
        return Ok(Json(json!(faults)));
    }
    let act = act_of(&body)?;
    match name.as_str() {
        "expire" => seller.expire_tokens(),
        "revoke" => seller.revoke(),
        "renew_keys" => seller.renew_keys(),
        "forget_hooks" => seller.forget_hooks(),
        "repeat" => seller.repeat_last(),
        "tariff" => seller.set_tariff(act.tariff),
        "forge" => return forge(&shared, &seller).await,
        "item" if act.title.is_empty() => return Err(wrong("у объявления должно быть название")),
        "item" => return Ok(Json(json!({"item": seller.add_item(&act.title, &act.price)}))),
        _ => return Err(missing("нет такого действия")),
    }
    Ok(Json(json!({})))
}

/// The last webhook as somebody would send it who does not know the whole address.
async fn forge(shared: &Arc<Shared>, seller: &Seller) -> Said {
    let body = shared.world().sellers.get(&seller.id).and_then(|s| s.last_hook.clone());
    let body = body.ok_or_else(|| wrong("вебхуков ещё не было"))?;
    let mut answers = Vec::new();
    for hook in seller.hooks() {
        let Ok(mut url) = url::Url::parse(&hook) else { continue };
        url.set_query(Some("s=guessed"));
        let answer = shared.client.post(url).json(&body).send().await;
        answers.push(answer.map_or(0, |answer| answer.status().as_u16()));
    }
    Ok(Json(json!({"answers": answers})))
}

#[derive(Deserialize)]
struct NewChat {
    seller: i64,
    name: String,
    buyer: Option<i64>,
    item: Option<i64>,
}

async fn open_chat(State(shared): App, Json(new): Json<NewChat>) -> Said {
    let name = new.name.trim();
    if name.is_empty() {
        return Err(wrong("у покупателя должно быть имя"));
    }
    let next = {
        let world = shared.world();
        if !world.sellers.contains_key(&new.seller) {
            return Err(missing("нет такого продавца"));
        }
        if new.item.is_some_and(|item| !world.items.contains_key(&item)) {
            return Err(missing("нет такого объявления"));
        }
        world.buyers.last_key_value().map_or(141_906_442, |(id, _)| id + 1)
    };
    let seller = Seller { id: new.seller, shared };
    let chat = seller.chat_with(new.buyer.unwrap_or(next), name, new.item);
    Ok(Json(json!({"chat": chat.id, "buyer": chat.buyer})))
}

fn chat_of(shared: &Arc<Shared>, id: String) -> Result<Chat, Problem> {
    let world = shared.world();
    let chat = world.chats.get(&id).ok_or_else(|| missing("нет такого чата"))?;
    let (seller, buyer) = (chat.seller, chat.buyer);
    Ok(Chat { id, seller, buyer, shared: Arc::clone(shared) })
}

async fn transcript(State(shared): App, Path(chat): Path<String>) -> Said {
    Ok(Json(json!(chat_of(&shared, chat)?.transcript())))
}

async fn chat_act(
    State(shared): App,
    Path((chat, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Said {
    let chat = chat_of(&shared, chat)?;
    let said = |id: String| Ok(Json(json!({"id": id})));
    if name == "file" {
        let mime = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let mime = mime.unwrap_or("image/jpeg");
        return said(match mime.starts_with("audio/") {
            true => chat.sends_voice(body),
            false => chat.sends_image(mime, body),
        });
    }
    let act = act_of(&body)?;
    match name.as_str() {
        "text" | "seller" if act.text.is_empty() => Err(wrong("пустой текст")),
        "text" => match &act.quote {
            Some(quoted) => said(chat.quotes(quoted, &act.text)),
            None => said(chat.says(&act.text)),
        },
        "seller" => said(chat.seller_says(&act.text)),
        "location" => said(chat.sends_location(55.599_799, 37.603_954, "Москва, Варшавское шоссе")),
        "link" => said(chat.sends_link(&act.text, &act.url)),
        "item" => said(chat.sends_item(&act.title, &act.price, &act.url)),
        "system" => said(chat.system_says(&act.text)),
        "kind" => {
            let content = match act.kind.as_str() {
                "call" => json!({"call": {"status": "missed", "target_user_id": chat.seller}}),
                _ => json!({}),
            };
            said(chat.sends(&act.kind, content))
        }
        "delete" => {
            chat.deletes(&act.id);
            said(act.id)
        }
        "read" => {
            chat.reads();
            said(String::new())
        }
        _ => Err(missing("нет такого действия")),
    }
}

async fn file(State(shared): App, Path(id): Path<String>) -> Response {
    let world = shared.world();
    let now = world.now();
    let Some(file) = world.files.get(&id) else {
        return missing("нет файла").into_response();
    };
    if file.until.is_some_and(|until| until <= now) {
        return (StatusCode::FORBIDDEN, "the link is too old").into_response();
    }
    // Only what a browser shows without running anything; the rest is offered as a download.
    let shown = ["image/jpeg", "image/png", "image/gif", "image/bmp", "audio/mp4"];
    let kind = shown.into_iter().find(|kind| *kind == file.mime);
    let kind = kind.unwrap_or("application/octet-stream");
    let headers = [(header::CONTENT_TYPE, kind), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, file.bytes.clone()).into_response()
}

async fn item(State(shared): App, Path(id): Path<String>) -> Response {
    let world = shared.world();
    let found = id.parse().ok().and_then(|id: i64| world.items.get(&id));
    let Some(item) = found else {
        return missing("нет такого объявления").into_response();
    };
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let (title, price) = (escape(&item.title), escape(&item.price));
    Html(format!(
        "<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1><p>{price}</p>"
    ))
    .into_response()
}
