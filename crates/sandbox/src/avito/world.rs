//! Everything the sandbox knows, in memory and with bounds.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    time::SystemTime,
};

use bytes::Bytes;
use rand::{Rng, distr::Alphanumeric};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Call, Delivery, Faults, Options};
use crate::serving;

const MESSAGES_KEPT: usize = 2_000;
const VIOLATIONS_KEPT: usize = 200;
const DELIVERIES_KEPT: usize = 5_000;

/// What every handle and task of one sandbox holds.
pub(super) type Shared = serving::Shared<Options, World>;

#[derive(Default)]
pub(super) struct World {
    pub(super) skew: i64,
    pub(super) sellers: BTreeMap<i64, SellerState>,
    pub(super) apps: HashMap<String, App>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) tokens: HashMap<String, Access>,
    pub(super) refreshes: HashMap<String, Refresh>,
    pub(super) items: BTreeMap<i64, Item>,
    pub(super) buyers: BTreeMap<i64, String>,
    pub(super) chats: BTreeMap<String, ChatState>,
    pub(super) files: HashMap<String, File>,
    pub(super) calls: VecDeque<Call>,
    pub(super) violations: Vec<String>,
    made: i64,
}

/// A registered application of a partner.
#[derive(Clone, Debug)]
pub struct App {
    pub name: String,
    pub client_id: String,
    pub client_secret: String,
    /// Told at registration; the consent page knows no other.
    pub redirect_uri: String,
}

/// What a seller's subscription lets them do with the messenger's API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tariff {
    #[default]
    Paid,
    /// 402 Payment required.
    Unpaid,
    /// 403 without another word.
    Forbidden,
}

pub(super) struct SellerState {
    pub(super) name: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) tariff: Tariff,
    pub(super) hooks: Vec<Hook>,
    pub(super) blacklist: BTreeSet<i64>,
    pub(super) faults: Faults,
    /// By operation: when the minute began, and the calls in it.
    pub(super) used: HashMap<&'static str, (i64, u32)>,
    pub(super) deliveries: VecDeque<Delivery>,
    pub(super) last_hook: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hook {
    pub(super) url: String,
    pub(super) version: &'static str,
}

pub(super) struct Code {
    pub(super) client_id: String,
    pub(super) seller: i64,
    pub(super) scope: String,
    pub(super) expires: i64,
}

pub(super) struct Access {
    pub(super) seller: i64,
    /// `None`: everything, as a seller's own keys give.
    pub(super) scope: Option<String>,
    pub(super) expires: i64,
}

pub(super) struct Refresh {
    pub(super) client_id: String,
    pub(super) seller: i64,
    pub(super) scope: String,
    /// The token that goes with it.
    pub(super) access: String,
}

pub(super) struct Item {
    pub(super) seller: i64,
    pub(super) title: String,
    pub(super) price: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) mime: String,
    pub(super) bytes: Bytes,
    /// Unix seconds after which its link is dead.
    pub(super) until: Option<i64>,
}

pub(super) struct ChatState {
    pub(super) seller: i64,
    pub(super) buyer: i64,
    pub(super) kind: &'static str,
    pub(super) item: Option<i64>,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) messages: VecDeque<Message>,
    /// Whoever asks for its messages is answered with this status.
    pub(super) broken: Option<u16>,
}

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) author: i64,
    pub(super) created: i64,
    pub(super) kind: String,
    pub(super) content: Value,
    /// When the other side read it.
    pub(super) read: Option<i64>,
    pub(super) quote: Option<String>,
}

pub(super) fn token() -> String {
    rand::rng().sample_iter(Alphanumeric).take(22).map(char::from).collect()
}

impl World {
    pub(super) fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX) + self.skew
    }

    pub(super) fn next(&mut self) -> i64 {
        self.made += 1;
        self.made
    }

    pub(super) fn add_seller(&mut self, id: i64, name: &str, client_id: &str, secret: &str) {
        self.sellers.insert(
            id,
            SellerState {
                name: name.to_owned(),
                client_id: client_id.to_owned(),
                client_secret: secret.to_owned(),
                tariff: Tariff::Paid,
                hooks: Vec::new(),
                blacklist: BTreeSet::new(),
                faults: Faults::default(),
                used: HashMap::new(),
                deliveries: VecDeque::new(),
                last_hook: None,
            },
        );
    }

    pub(super) fn violation(&mut self, what: String) {
        if self.violations.len() < VIOLATIONS_KEPT {
            self.violations.push(what);
        }
    }

    pub(super) fn note_call(&mut self, call: Call, bound: usize) {
        while self.calls.len() >= bound.max(1) {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    pub(super) fn note_delivery(&mut self, seller: i64, delivery: Delivery) {
        let Some(seller) = self.sellers.get_mut(&seller) else { return };
        while seller.deliveries.len() >= DELIVERIES_KEPT {
            seller.deliveries.pop_front();
        }
        seller.deliveries.push_back(delivery);
    }

    /// Puts a message into a chat; whoever writes has read what stood before.
    pub(super) fn put(
        &mut self,
        chat: &str,
        author: i64,
        kind: &str,
        content: Value,
        quote: Option<String>,
    ) -> Option<Message> {
        let now = self.now();
        let id = format!("{:08x}{}", self.next(), hex::encode(rand::random::<[u8; 12]>()));
        let chat = self.chats.get_mut(chat)?;
        for message in chat.messages.iter_mut().filter(|m| m.author != author) {
            message.read.get_or_insert(now);
        }
        let message =
            Message { id, author, created: now, kind: kind.to_owned(), content, read: None, quote };
        while chat.messages.len() >= MESSAGES_KEPT {
            chat.messages.pop_front();
        }
        chat.messages.push_back(message.clone());
        chat.updated = now;
        Some(message)
    }

    pub(super) fn item_json(&self, url: &str, id: i64) -> Value {
        let Some(item) = self.items.get(&id) else { return Value::Null };
        json!({
            "type": "item",
            "value": {
                "id": id, "title": item.title, "price_string": item.price, "status_id": 10,
                "url": format!("{url}/items/{id}"), "user_id": item.seller,
                "images": {"count": 1, "main": {"140x105": format!("{url}/items/{id}.png")}},
            },
        })
    }

    pub(super) fn chat_json(&self, url: &str, id: &str) -> Value {
        let Some(chat) = self.chats.get(id) else { return Value::Null };
        let user = |id: i64, name: &str| {
            let profile = format!("{url}/user/{id}/profile");
            json!({"id": id, "name": name, "public_user_profile": {
                "user_id": id, "url": profile,
                "avatar": {"default": format!("{url}/stub.png"), "images": {}}}})
        };
        let buyer = self.buyers.get(&chat.buyer).map_or("", String::as_str);
        let seller = self.sellers.get(&chat.seller).map_or("", |s| s.name.as_str());
        let mut told = json!({
            "id": id, "created": chat.created, "updated": chat.updated,
            "users": [user(chat.buyer, buyer), user(chat.seller, seller)],
        });
        if let Some(item) = chat.item {
            told["context"] = self.item_json(url, item);
        }
        if let Some(last) = chat.messages.back() {
            told["last_message"] = json!({
                "id": last.id, "author_id": last.author, "created": last.created,
                "type": last.kind, "content": last.content,
                "direction": direction(chat, last),
            });
        }
        told
    }

    /// A message as the list of messages tells it.
    pub(super) fn message_json(&self, chat: &ChatState, message: &Message) -> Value {
        let mut told = json!({
            "id": message.id, "author_id": message.author, "created": message.created,
            "type": message.kind, "content": message.content, "direction": direction(chat, message),
            "is_read": message.author == chat.seller || message.read.is_some(),
            "read": message.read,
        });
        let quoted = message.quote.as_ref().and_then(|id| chat.message(id));
        if let Some(quoted) = quoted {
            told["quote"] = json!({
                "id": quoted.id, "author_id": quoted.author, "created": quoted.created,
                "type": quoted.kind, "content": quoted.content,
            });
        }
        told
    }

    /// A message as a webhook tells it.
    pub(super) fn hook_json(&self, chat_id: &str, message: &Message) -> Value {
        let Some(chat) = self.chats.get(chat_id) else { return Value::Null };
        let published = chrono::DateTime::from_timestamp(message.created, 0)
            .map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
        json!({
            "id": hex::encode(rand::random::<[u8; 16]>()),
            "version": "v3.0.0",
            "timestamp": self.now(),
            "payload": {"type": "message", "value": {
                "id": message.id, "chat_id": chat_id, "chat_type": chat.kind,
                "user_id": chat.seller, "author_id": message.author,
                "created": message.created, "published_at": published,
                "type": message.kind, "content": message.content,
                "item_id": chat.item, "read": message.read,
            }},
        })
    }

    /// Puts bytes where `/files/…` gives them out.
    pub(super) fn keep_file(&mut self, mime: &str, bytes: Bytes, until: Option<i64>) -> String {
        let id = format!("{}.{}", self.next(), token());
        self.files.insert(id.clone(), File { mime: mime.to_owned(), bytes, until });
        id
    }
}

pub(super) fn direction(chat: &ChatState, message: &Message) -> &'static str {
    if message.author == chat.seller { "out" } else { "in" }
}

/// Addresses of a picture in the documented sizes.
pub(super) fn sizes(url: &str, file: &str) -> Value {
    let sizes = ["1280x960", "640x480", "140x105", "32x32"];
    let sizes: Map<String, Value> = sizes
        .iter()
        .map(|size| ((*size).to_owned(), json!(format!("{url}/files/{file}?{size}"))))
        .collect();
    Value::Object(sizes)
}

impl ChatState {
    pub(super) fn message(&self, id: &str) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    pub(super) fn message_mut(&mut self, id: &str) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.id == id)
    }

    pub(super) fn is_unread(&self) -> bool {
        self.messages.iter().any(|m| m.author != self.seller && m.read.is_none())
    }
}
