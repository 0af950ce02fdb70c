//! The state of one sandbox: communities, people, dialogues, events. Plain memory, no IO.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Call, Delivery, Faults, Options, letters, servers::Server, uploads::Files};
use crate::serving;

/// Bounds that only a runaway test meets.
const DELIVERIES_KEPT: usize = 20_000;
const VIOLATIONS_KEPT: usize = 200;

/// What every handle and task of one sandbox holds.
pub(super) type Shared = serving::Shared<Options, World>;

#[derive(Default)]
pub(super) struct World {
    pub communities: BTreeMap<i64, CommunityState>,
    pub people: BTreeMap<i64, Person>,
    pub files: Files,
    pub calls: VecDeque<Call>,
    pub violations: Vec<String>,
}

impl World {
    pub(super) fn community_of(&self, key: &str) -> Option<i64> {
        self.communities.iter().find(|(_, c)| c.keys.contains_key(key)).map(|(id, _)| *id)
    }

    pub(super) fn note(&mut self, call: Call, kept: usize) {
        self.calls.push_back(call);
        while self.calls.len() > kept {
            self.calls.pop_front();
        }
    }

    pub(super) fn violation(&mut self, what: String) {
        if self.violations.len() < VIOLATIONS_KEPT {
            self.violations.push(what);
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Person {
    pub first_name: String,
    pub last_name: String,
}

/// A key with its rights and the calls of its last second.
#[derive(Default)]
pub(super) struct Key {
    pub rights: Vec<String>,
    pub calls: VecDeque<Instant>,
}

impl Key {
    pub(super) fn with(rights: &[&str]) -> Self {
        let rights = rights.iter().map(|right| (*right).to_owned()).collect();
        Self { rights, calls: VecDeque::new() }
    }

    pub(super) fn may(&self, right: &str) -> bool {
        self.rights.iter().any(|own| own == right)
    }

    /// Counts a call; whether it is within so many in a second.
    pub(super) fn within(&mut self, most: u32, now: Instant) -> bool {
        while self.calls.front().is_some_and(|at| now.duration_since(*at) >= Duration::from_secs(1))
        {
            self.calls.pop_front();
        }
        let free = self.calls.len() < usize::try_from(most).unwrap_or(usize::MAX);
        if free {
            self.calls.push_back(now);
        }
        free
    }
}

pub(super) struct CommunityState {
    pub id: i64,
    pub name: String,
    pub keys: HashMap<String, Key>,
    pub code: String,
    pub messages_on: bool,
    pub servers: Vec<Server>,
    pub poll_events: Option<Vec<String>>,
    pub poll_key: String,
    pub poll_lost: bool,
    /// Events by their place, oldest first; `ts` is the place of the next one.
    pub log: VecDeque<(u64, Value)>,
    pub next_ts: u64,
    /// The earliest `ts` from which nothing is missing.
    pub first_ts: u64,
    pub dialogues: BTreeMap<i64, Dialogue>,
    pub faults: Faults,
    pub deliveries: VecDeque<Delivery>,
    pub answered_presses: Vec<String>,
    servers_made: i64,
    messages_made: i64,
}

impl CommunityState {
    pub(super) fn new(id: i64, name: &str, code: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            keys: HashMap::new(),
            code: code.to_owned(),
            messages_on: true,
            servers: Vec::new(),
            poll_events: None,
            poll_key: letters(40),
            poll_lost: false,
            log: VecDeque::new(),
            next_ts: 1,
            first_ts: 1,
            dialogues: BTreeMap::new(),
            faults: Faults::default(),
            deliveries: VecDeque::new(),
            answered_presses: Vec::new(),
            servers_made: 0,
            messages_made: 0,
        }
    }

    pub(super) fn next_server(&mut self) -> i64 {
        self.servers_made += 1;
        self.servers_made
    }

    pub(super) fn next_message(&mut self) -> i64 {
        self.messages_made += 1;
        self.messages_made
    }

    pub(super) fn last_message(&self) -> i64 {
        self.messages_made
    }

    pub(super) fn dialogue(&mut self, peer: i64) -> &mut Dialogue {
        self.dialogues.entry(peer).or_default()
    }

    pub(super) fn log(&mut self, event: Value, kept: usize) {
        self.log.push_back((self.next_ts, event));
        self.next_ts += 1;
        while self.log.len() > kept {
            self.log.pop_front();
            self.first_ts = self.log.front().map_or(self.next_ts, |(ts, _)| *ts);
        }
    }

    pub(super) fn forget_history(&mut self) {
        self.log.clear();
        self.first_ts = self.next_ts;
    }

    pub(super) fn note_delivery(&mut self, delivery: Delivery) {
        self.deliveries.push_back(delivery);
        while self.deliveries.len() > DELIVERIES_KEPT {
            self.deliveries.pop_front();
        }
    }
}

/// What one person and the community have written.
#[derive(Default)]
pub(super) struct Dialogue {
    pub messages: Vec<Stored>,
    /// The person wrote or allowed messages, and did not forbid them since.
    pub allowed: bool,
    pub blacklisted: bool,
    pub typing: bool,
    /// Up to which of the person's messages the community has read.
    pub in_read: i64,
    /// Up to which of the community's messages the person has read.
    pub out_read: i64,
    /// Numbers that the community's messages had, with the messages they made.
    pub random_ids: HashMap<i64, i64>,
    pub made: i64,
}

impl Dialogue {
    pub(super) fn message(&self, cmid: i64) -> Option<&Stored> {
        self.messages.iter().find(|m| m.cmid == cmid && !m.deleted)
    }

    pub(super) fn message_mut(&mut self, cmid: i64) -> Option<&mut Stored> {
        self.messages.iter_mut().find(|m| m.cmid == cmid && !m.deleted)
    }

    pub(super) fn unread(&self) -> usize {
        self.messages.iter().filter(|m| !m.out && !m.deleted && m.cmid > self.in_read).count()
    }
}

/// A message as VK keeps it.
#[derive(Clone)]
pub(super) struct Stored {
    pub cmid: i64,
    pub out: bool,
    pub deleted: bool,
    pub at: Instant,
    /// As the API tells it.
    pub json: Value,
    pub reaction: Option<i64>,
}

/// One message on the person's phone; deleted ones are not shown.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Of the community.
    pub out: bool,
    /// The number of the message in the dialogue.
    pub cmid: i64,
    pub text: String,
    /// Kinds of the attachments.
    pub kinds: Vec<String>,
    pub edited: bool,
    /// The person's message was read by the community.
    pub read: bool,
    pub reply_to: Option<i64>,
    /// The community's reaction on it.
    pub reaction: Option<i64>,
    /// The message as the API tells it.
    pub raw: Value,
}

impl Shown {
    pub(super) fn of(message: &Stored, dialogue: &Dialogue) -> Self {
        let json = &message.json;
        let attachments = json["attachments"].as_array().map(Vec::as_slice).unwrap_or_default();
        let kinds = attachments.iter().filter_map(|a| a["type"].as_str());
        Self {
            out: message.out,
            cmid: message.cmid,
            text: json["text"].as_str().unwrap_or_default().to_owned(),
            kinds: kinds.map(str::to_owned).collect(),
            edited: json.get("update_time").is_some(),
            read: !message.out && message.cmid <= dialogue.in_read,
            reply_to: json["reply_message"]["conversation_message_id"].as_i64(),
            reaction: message.reaction,
            raw: json.clone(),
        }
    }
}

pub(super) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|d| d.as_secs()).unwrap_or_default()
}

/// The head of every message.
pub(super) fn message_json(
    from: i64,
    peer: i64,
    out: bool,
    id: i64,
    cmid: i64,
    text: &str,
) -> Value {
    json!({
        "id": id, "conversation_message_id": cmid, "date": unix_now(), "from_id": from,
        "peer_id": peer, "out": i32::from(out), "text": text, "version": 10_000_000 + id,
        "attachments": [], "fwd_messages": [], "important": false, "is_hidden": false,
        "random_id": 0,
    })
}
