//! The documented operations: which there are, and what those do that write no message.

use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    answer::{Answer, Refusal},
    check::{self, Query},
    deliver, http, oauth, send,
    world::{Hook, Shared, World},
};

/// A voice message's link lives so long.
const VOICE_LIFE: i64 = 3_600;
const MOST_OFFSET: usize = 1_000;

pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

pub(super) enum Operation {
    Token,
    Myself,
    Chats { user: i64 },
    Chat { user: i64, chat: String },
    Messages { user: i64, chat: String },
    Send { user: i64, chat: String },
    SendImage { user: i64, chat: String },
    Delete { user: i64, chat: String, message: String },
    Read { user: i64, chat: String },
    Voices { user: i64 },
    Upload { user: i64 },
    Blacklist { user: i64 },
    Subscribe,
    Subscriptions,
    Unsubscribe,
}

impl Operation {
    pub(super) fn of(method: &Method, path: &str) -> Option<Self> {
        let parts = http::segments(path);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let user = |text: &str| text.parse::<i64>().ok();
        let own = str::to_owned;
        Some(match (http::is_post(method), parts.as_slice()) {
            (true, ["token"]) => Self::Token,
            (false, ["core", "v1", "accounts", "self"]) => Self::Myself,
            (false, ["messenger", "v2", "accounts", u, "chats"]) => Self::Chats { user: user(u)? },
            (false, ["messenger", "v2", "accounts", u, "chats", c]) => {
                Self::Chat { user: user(u)?, chat: own(c) }
            }
            (false, ["messenger", "v3", "accounts", u, "chats", c, "messages"]) => {
                Self::Messages { user: user(u)?, chat: own(c) }
            }
            (true, ["messenger", "v1", "accounts", u, "chats", c, "messages"]) => {
                Self::Send { user: user(u)?, chat: own(c) }
            }
            (true, ["messenger", "v1", "accounts", u, "chats", c, "messages", "image"]) => {
                Self::SendImage { user: user(u)?, chat: own(c) }
            }
            (true, ["messenger", "v1", "accounts", u, "chats", c, "messages", m]) => {
                Self::Delete { user: user(u)?, chat: own(c), message: own(m) }
            }
            (true, ["messenger", "v1", "accounts", u, "chats", c, "read"]) => {
                Self::Read { user: user(u)?, chat: own(c) }
            }
            (false, ["messenger", "v1", "accounts", u, "getVoiceFiles"]) => {
                Self::Voices { user: user(u)? }
            }
            (true, ["messenger", "v1", "accounts", u, "uploadImages"]) => {
                Self::Upload { user: user(u)? }
            }
            (true, ["messenger", "v2", "accounts", u, "blacklist"]) => {
                Self::Blacklist { user: user(u)? }
            }
            (true, ["messenger", "v3", "webhook"]) => Self::Subscribe,
            (true, ["messenger", "v1", "subscriptions"]) => Self::Subscriptions,
            (true, ["messenger", "v1", "webhook", "unsubscribe"]) => Self::Unsubscribe,
            _ => return None,
        })
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Myself => "self",
            Self::Chats { .. } => "chats",
            Self::Chat { .. } => "chat",
            Self::Messages { .. } => "messages",
            Self::Send { .. } => "send",
            Self::SendImage { .. } => "send_image",
            Self::Delete { .. } => "delete",
            Self::Read { .. } => "read",
            Self::Voices { .. } => "voices",
            Self::Upload { .. } => "upload",
            Self::Blacklist { .. } => "blacklist",
            Self::Subscribe => "subscribe",
            Self::Subscriptions => "subscriptions",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    pub(super) fn scope(&self) -> &'static str {
        match self {
            Self::Token | Self::Myself => "user:read",
            Self::Chats { .. }
            | Self::Chat { .. }
            | Self::Messages { .. }
            | Self::Voices { .. }
            | Self::Subscribe
            | Self::Subscriptions
            | Self::Unsubscribe => "messenger:read",
            Self::Send { .. }
            | Self::SendImage { .. }
            | Self::Delete { .. }
            | Self::Read { .. }
            | Self::Upload { .. }
            | Self::Blacklist { .. } => "messenger:write",
        }
    }

    pub(super) fn is_of_messenger(&self) -> bool {
        !matches!(self, Self::Token | Self::Myself)
    }

    pub(super) fn user(&self) -> Option<i64> {
        match self {
            Self::Chats { user }
            | Self::Chat { user, .. }
            | Self::Messages { user, .. }
            | Self::Send { user, .. }
            | Self::SendImage { user, .. }
            | Self::Delete { user, .. }
            | Self::Read { user, .. }
            | Self::Voices { user }
            | Self::Upload { user }
            | Self::Blacklist { user } => Some(*user),
            Self::Token
            | Self::Myself
            | Self::Subscribe
            | Self::Subscriptions
            | Self::Unsubscribe => None,
        }
    }
}

pub(super) async fn perform(
    shared: &std::sync::Arc<Shared>,
    seller: Option<i64>,
    operation: Operation,
    asked: &Asked,
) -> Answer {
    if matches!(operation, Operation::Token) {
        return oauth::grant(shared, asked);
    }
    let Some(seller) = seller else { return Err(Refusal::new(401, "Unauthorized")) };
    match operation {
        Operation::Token => oauth::grant(shared, asked),
        Operation::Myself => {
            let world = shared.world();
            let name = world.sellers.get(&seller).map_or("", |state| state.name.as_str());
            Ok(json!({
                "id": seller, "name": name, "email": format!("{seller}@sellers.test"),
                "phone": "79990000000", "phones": ["79990000000"],
                "profile_url": format!("{}/user/{seller}/profile", shared.url),
            }))
        }
        Operation::Chats { .. } => chats(shared, seller, asked),
        Operation::Chat { chat, .. } => {
            let world = shared.world();
            owned(&world, seller, &chat)?;
            Ok(world.chat_json(&shared.url, &chat))
        }
        Operation::Messages { chat, .. } => messages(shared, seller, &chat, asked),
        Operation::Send { chat, .. } => send::text(shared, seller, &chat, asked),
        Operation::SendImage { chat, .. } => send::image(shared, seller, &chat, asked),
        Operation::Upload { .. } => send::upload(shared, seller, asked).await,
        Operation::Delete { chat, message, .. } => {
            send::delete(shared, seller, &chat, &message, asked)
        }
        Operation::Read { chat, .. } => {
            check::nothing(&asked.body)?;
            shared.change(|world| {
                owned(world, seller, &chat)?;
                let now = world.now();
                let chat = world.chats.get_mut(&chat);
                let unread = chat.into_iter().flat_map(|chat| chat.messages.iter_mut());
                for message in unread.filter(|message| message.author != seller) {
                    message.read.get_or_insert(now);
                }
                Ok(json!({"ok": true}))
            })
        }
        Operation::Voices { .. } => voices(shared, seller, asked),
        Operation::Blacklist { .. } => blacklist(shared, seller, asked),
        Operation::Subscribe => {
            let body = check::object(&asked.headers, &asked.body, &["url"])?;
            let url = check::text(&body, "url")?.to_owned();
            deliver::probe(shared, &url).await?;
            shared.change(|world| {
                let Some(state) = world.sellers.get_mut(&seller) else { return };
                let hook = Hook { url, version: "3" };
                if !state.hooks.contains(&hook) {
                    state.hooks.push(hook);
                }
            });
            Ok(json!({"ok": true}))
        }
        Operation::Subscriptions => {
            check::nothing(&asked.body)?;
            let world = shared.world();
            let hooks = world.sellers.get(&seller).map_or(&[][..], |state| &state.hooks);
            let hooks: Vec<Value> =
                hooks.iter().map(|h| json!({"url": h.url, "version": h.version})).collect();
            Ok(json!({"subscriptions": hooks}))
        }
        Operation::Unsubscribe => {
            let body = check::object(&asked.headers, &asked.body, &["url"])?;
            let url = check::text(&body, "url")?.to_owned();
            shared.change(|world| {
                if let Some(state) = world.sellers.get_mut(&seller) {
                    state.hooks.retain(|hook| hook.url != url);
                }
            });
            Ok(json!({"ok": true}))
        }
    }
}

/// A chat of this seller.
pub(super) fn owned(world: &World, seller: i64, chat: &str) -> Result<(), Refusal> {
    match world.chats.get(chat) {
        Some(found) if found.seller == seller => Ok(()),
        _ => Err(Refusal::not_found("chat")),
    }
}

fn chats(shared: &Shared, seller: i64, asked: &Asked) -> Answer {
    let known = ["item_ids", "unread_only", "chat_types", "limit", "offset"];
    let query = Query::read(&asked.query, &known)?;
    let limit = query.number("limit", 1..=100, 100)?;
    let offset = query.number("offset", 0..=MOST_OFFSET, 0)?;
    let mut kinds = query.list("chat_types");
    if kinds.is_empty() {
        kinds.push("u2i".to_owned());
    }
    if let Some(kind) = kinds.iter().find(|kind| !["u2i", "u2u", "a2u"].contains(&kind.as_str())) {
        return Err(Refusal::new(400, format!("chat_types: {kind} is not documented")));
    }
    let unread_only = match query.get("unread_only") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Refusal::new(400, "unread_only must be true or false")),
    };
    let items = query.list("item_ids");
    let world = shared.world();
    let mut found: Vec<(&String, i64)> = world
        .chats
        .iter()
        .filter(|(_, chat)| chat.seller == seller && kinds.iter().any(|kind| kind == chat.kind))
        .filter(|(_, chat)| !unread_only || chat.is_unread())
        .filter(|(_, chat)| {
            items.is_empty() || chat.item.is_some_and(|id| items.contains(&id.to_string()))
        })
        .map(|(id, chat)| (id, chat.updated))
        .collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let page = found.iter().skip(offset).take(limit);
    let page: Vec<Value> = page.map(|(id, _)| world.chat_json(&shared.url, id)).collect();
    Ok(json!({"chats": page}))
}

/// The newest first.
fn messages(shared: &Shared, seller: i64, chat: &str, asked: &Asked) -> Answer {
    let query = Query::read(&asked.query, &["limit", "offset"])?;
    let limit = query.number("limit", 1..=100, 100)?;
    let offset = query.number("offset", 0..=MOST_OFFSET, 0)?;
    let world = shared.world();
    owned(&world, seller, chat)?;
    let Some(chat) = world.chats.get(chat) else { return Err(Refusal::not_found("chat")) };
    if let Some(status) = chat.broken {
        return Err(Refusal::new(status, "Error while processing request"));
    }
    let page = chat.messages.iter().rev().skip(offset).take(limit);
    Ok(page.map(|message| world.message_json(chat, message)).collect())
}

fn voices(shared: &Shared, seller: i64, asked: &Asked) -> Answer {
    let ids = Query::read(&asked.query, &["voice_ids"])?.list("voice_ids");
    if ids.is_empty() {
        return Err(Refusal::new(400, "voice_ids is missing"));
    }
    shared.change(|world| {
        let until = world.now() + VOICE_LIFE;
        let mut urls = serde_json::Map::new();
        for id in ids {
            let in_a_chat = world.chats.values().any(|chat| {
                chat.seller == seller
                    && chat.messages.iter().any(|m| m.content["voice"]["voice_id"] == id.as_str())
            });
            if let Some(file) = world.files.get(&id).cloned().filter(|_| in_a_chat) {
                let link = world.keep_file(&file.mime, file.bytes, Some(until));
                urls.insert(id, json!(format!("{}/files/{link}", shared.url)));
            }
        }
        Ok(json!({"voices_urls": urls}))
    })
}

fn blacklist(shared: &Shared, seller: i64, asked: &Asked) -> Answer {
    let mut body = check::object(&asked.headers, &asked.body, &["users"])?;
    let wrong = |what: &str| Refusal::new(400, what);
    let Some(Value::Array(users)) = body.remove("users") else {
        return Err(wrong("users must be a list"));
    };
    let mut ids = Vec::new();
    for user in users {
        let user = check::keyed(user, &["user_id", "context"])?;
        let id = user.get("user_id").and_then(Value::as_i64);
        ids.push(id.ok_or_else(|| wrong("user_id must be a number"))?);
        let Some(Value::Object(context)) = user.get("context") else {
            return Err(wrong("context must be an object"));
        };
        if let Some(key) =
            context.keys().find(|key| !["item_id", "reason_id"].contains(&key.as_str()))
        {
            return Err(wrong(&format!("context.{key} is not documented")));
        }
        if context.get("item_id").is_some_and(|id| !id.is_i64()) {
            return Err(wrong("item_id must be a number"));
        }
        let reason = context.get("reason_id").and_then(Value::as_i64);
        if !reason.is_some_and(|reason| (1..=4).contains(&reason)) {
            return Err(wrong("reason_id must be 1 to 4"));
        }
    }
    shared.change(|world| {
        if let Some(state) = world.sellers.get_mut(&seller) {
            state.blacklist.extend(ids);
        }
    });
    Ok(Value::Null)
}
