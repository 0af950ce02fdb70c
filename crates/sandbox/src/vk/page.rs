//! The page where a person plays the customer, and the JSON calls beneath it, which serve tests of
//! another process and people with curl as well:
//!
//! | call | what it does |
//! | ---- | ------------ |
//! | `GET /sandbox/state` | communities with keys, servers, faults; people |
//! | `GET /sandbox/events` | server-sent events, one for each change |
//! | `POST /sandbox/communities/{id}/{act}` | `renew`, `revoke`, `messages` `{on}`, `faults`, `repeat`, `delete-servers`, `expire-poll`, `forget` |
//! | `GET /sandbox/communities/{id}/calls`, `/deliveries` | the sandbox's half of a ledger |
//! | `POST /sandbox/customers` `{first_name, last_name}` | a person: `{id}` |
//! | `GET /sandbox/chats/{community}/{person}` | what the phone shows |
//! | `POST /sandbox/chats/{community}/{person}/{act}` | `text` `{text, reply_to?, ref?, ref_source?}`, `edit` `{cmid, text}`, `read`, `type`, `allow`, `deny`, `place`, `goods`, `link`, `post`, `video`, `sticker`, `unknown`, `long` `{text}`, `unheard` `{text}`, `press` `{cmid}`, `react` `{cmid, reaction}`, `admin` `{text}` |
//! | `POST /sandbox/chats/{community}/{person}/file?name=` | the body is the file |

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{
    Attachment, Community, Customer, Faults, customer,
    servers::Server,
    world::{Shared, World},
};
use crate::page::{self, Problem, Said, missing};

type App = State<Arc<Shared>>;

const FIRST_PERSON: i64 = 1001;
const SHOWN: usize = 60;

pub(super) fn routes() -> Router<Arc<Shared>> {
    page::routes(include_str!("page.html"))
        .route("/sandbox/state", get(state))
        .route("/sandbox/communities/{id}/{act}", get(told).post(community_act))
        .route("/sandbox/customers", post(new_customer))
        .route("/sandbox/chats/{community}/{person}", get(chat))
        .route("/sandbox/chats/{community}/{person}/file", post(file))
        .route("/sandbox/chats/{community}/{person}/{act}", post(act))
}

async fn state(State(shared): App) -> Json<Value> {
    let world = shared.world();
    let communities: Vec<Value> =
        world.communities.values().map(|c| {
            json!({
                "id": c.id, "name": c.name, "key": c.keys.keys().min(), "messages_on": c.messages_on,
                "servers": c.servers.iter().map(Server::json).collect::<Vec<_>>(),
                "polls": c.poll_events.is_some(), "faults": c.faults,
            })
        }).collect();
    let people: Vec<Value> = world
        .people
        .iter()
        .map(|(id, p)| json!({ "id": id, "name": format!("{} {}", p.first_name, p.last_name) }))
        .collect();
    Json(json!({ "url": shared.url, "communities": communities, "customers": people,
        "violations": world.violations }))
}

fn community(shared: &Arc<Shared>, id: i64) -> Result<Community, Problem> {
    let world: &World = &shared.world();
    let found = world.communities.get(&id).ok_or_else(|| missing("нет такого сообщества"))?;
    let key = found.keys.keys().min().cloned().unwrap_or_default();
    Ok(Community { id, name: found.name.clone(), key, shared: Arc::clone(shared) })
}

fn person(shared: &Arc<Shared>, id: i64) -> Result<Customer, Problem> {
    if !shared.world().people.contains_key(&id) {
        return Err(missing("нет такого человека"));
    }
    Ok(Customer { id, shared: Arc::clone(shared) })
}

async fn told(State(shared): App, Path((id, what)): Path<(i64, String)>) -> Said {
    match what.as_str() {
        "calls" => {
            let world = shared.world();
            let own = world.calls.iter().rev().filter(|c| c.community == id);
            Ok(Json(own.take(SHOWN).map(|call| json!(call)).collect()))
        }
        "deliveries" => Ok(Json(json!(community(&shared, id)?.deliveries()))),
        _ => Err(missing("нет такого списка")),
    }
}

async fn community_act(
    State(shared): App,
    Path((id, act)): Path<(i64, String)>,
    body: Option<Json<Value>>,
) -> Said {
    let community = community(&shared, id)?;
    let body = body.map(|Json(body)| body).unwrap_or_default();
    match act.as_str() {
        "renew" => return Ok(Json(json!({ "key": community.renew_key() }))),
        "revoke" => community.revoke_keys(),
        "messages" => community.set_messages(body["on"].as_bool().unwrap_or(true)),
        "faults" => {
            community.set_faults(serde_json::from_value::<Faults>(body).unwrap_or_default())
        }
        "repeat" => community.repeat_last(),
        "delete-servers" => community.delete_servers(),
        "expire-poll" => community.expire_poll_key(),
        "forget" => community.forget_history(),
        _ => return Err(missing("нет такого действия")),
    }
    Ok(Json(json!({ "ok": true })))
}

async fn new_customer(State(shared): App, Json(body): Json<Value>) -> Json<Value> {
    let next = shared.world().people.last_key_value().map_or(FIRST_PERSON, |(id, _)| id + 1);
    let name = |key: &str| body[key].as_str().unwrap_or_default();
    let made = customer(&shared, next, name("first_name"), name("last_name"));
    Json(json!({ "id": made.id }))
}

async fn chat(State(shared): App, Path((group, id)): Path<(i64, i64)>) -> Said {
    let (community, person) = (community(&shared, group)?, person(&shared, id)?);
    let messages = person.transcript(&community);
    let world = shared.world();
    let dialogue = world.communities.get(&group).and_then(|c| c.dialogues.get(&id));
    let (allowed, typing) = dialogue.map(|d| (d.allowed, d.typing)).unwrap_or_default();
    Ok(Json(json!({ "messages": messages, "allowed": allowed, "typing": typing })))
}

async fn act(
    State(shared): App,
    Path((group, id, act)): Path<(i64, i64, String)>,
    Json(body): Json<Value>,
) -> Said {
    let (community, person) = (community(&shared, group)?, person(&shared, id)?);
    let text = |key: &str| body[key].as_str().unwrap_or_default();
    let cmid = body["cmid"].as_i64().unwrap_or_default();
    let wrong = |error: crate::Error| missing(&error.to_string());
    let attach = |attachment| person.sends(&community, text("text"), vec![attachment]);
    match act.as_str() {
        "text" => match body["reply_to"].as_i64() {
            Some(quoted) => {
                person.replies(&community, quoted, text("text")).map_err(wrong)?;
            }
            None if !text("ref").is_empty() => {
                person.comes_by_link(&community, text("ref"), text("ref_source"), text("text"));
            }
            None => {
                person.sends_text(&community, text("text"));
            }
        },
        "edit" => person.edits(&community, cmid, text("text")).map_err(wrong)?,
        "read" => person.reads(&community),
        "type" => person.types(&community),
        "allow" => person.allows(&community, text("key")),
        "deny" => person.denies(&community),
        "place" => {
            person.sends_place(&community, text("text"), 55.7522, 37.6156);
        }
        "goods" => {
            attach(Attachment::Goods {
                title: "Чайник синий".to_owned(),
                price: "900 ₽".to_owned(),
            });
        }
        "link" => {
            let (url, title) = ("https://shop.test/teapot".to_owned(), "Чайник".to_owned());
            attach(Attachment::Link { url, title });
        }
        "post" => {
            attach(Attachment::Post {
                text: "Скидки на чайники до пятницы".to_owned()
            });
        }
        "video" => {
            attach(Attachment::Video { title: "Как кипит".to_owned() });
        }
        "unknown" => {
            attach(Attachment::Raw(json!({ "type": "hologram", "hologram": { "depth": 3 } })));
        }
        "long" => {
            person.sends_long(&community, text("text"));
        }
        "unheard" => {
            person.sends_unheard(&community, text("text"));
        }
        "press" => {
            person.presses(&community, cmid, json!({ "button": "да" }));
        }
        "react" => person.reacts(&community, cmid, body["reaction"].as_i64().unwrap_or(1)),
        "admin" => {
            community.admin_writes(&person, text("text"));
        }
        _ => return Err(missing("нет такого действия")),
    }
    Ok(Json(json!({ "ok": true })))
}

async fn file(
    State(shared): App,
    Path((group, id)): Path<(i64, i64)>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Said {
    let (community, person) = (community(&shared, group)?, person(&shared, id)?);
    let mime = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let text = |key: &str| query.get(key).map(String::as_str).unwrap_or_default();
    let attachment = match (text("kind"), mime) {
        ("sticker", _) => Attachment::Sticker(bytes),
        ("doc", mime) => Attachment::doc(text("name"), mime, bytes),
        (_, mime) if mime.starts_with("image/") => Attachment::Photo(bytes),
        (_, mime) if mime.starts_with("audio/ogg") => Attachment::voice(bytes, 3),
        (_, mime) => Attachment::doc(text("name"), mime, bytes),
    };
    let cmid = person.sends(&community, text("text"), vec![attachment]);
    Ok(Json(json!({ "cmid": cmid })))
}
