//! The state of one sandbox: dealers, their cars, buyers, chats. Plain memory, no IO.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::SystemTime,
};

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Call, Delivery, Faults, Options};
use crate::serving;

/// Violations kept; one is enough to fail a test.
const VIOLATIONS_KEPT: usize = 1000;

/// What every handle and task of one sandbox holds.
pub(super) type Shared = serving::Shared<Options, World>;

#[derive(Default)]
pub(super) struct World {
    pub dealers: BTreeMap<u64, DealerState>,
    pub buyers: BTreeMap<String, String>,
    pub chats: HashMap<(u64, String), VecDeque<Line>>,
    pub pictures: Pictures,
    pub violations: VecDeque<String>,
    pub made: u64,
}

pub(super) struct DealerState {
    pub name: String,
    pub cars: Vec<Car>,
    /// As entered in the cabinet; empty: nothing.
    pub chat_id: String,
    pub hook: String,
    pub faults: Faults,
    pub calls: VecDeque<Call>,
    pub deliveries: VecDeque<Delivery>,
    /// Ids of operators' messages that took effect, with what they said.
    pub known: HashMap<String, String>,
    /// The last request to the dealer's system, for 'once more'.
    pub last: Option<Value>,
}

/// An offer of a dealer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Car {
    /// Model and price, as Auto.ru writes them.
    pub title: String,
    pub url: String,
    pub photo: String,
}

/// A message as the buyer's phone shows it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    pub id: String,
    pub mine: bool,
    pub kind: String,
    pub text: Option<String>,
    /// Name of a picture kept here.
    pub picture: Option<String>,
    pub car: Option<String>,
    pub sender: Option<String>,
    pub seen: bool,
    #[serde(serialize_with = "super::record::unix_millis")]
    pub at: SystemTime,
}

/// Bytes by name; the oldest go first.
#[derive(Default)]
pub(super) struct Pictures {
    kept: VecDeque<(String, String, Bytes)>,
    bytes: usize,
}

impl Pictures {
    pub(super) fn keep(&mut self, name: &str, mime: &str, bytes: Bytes, limit: usize) {
        self.bytes += bytes.len();
        self.kept.push_back((name.to_owned(), mime.to_owned(), bytes));
        while self.bytes > limit
            && let Some((_, _, gone)) = self.kept.pop_front()
        {
            self.bytes -= gone.len();
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<(String, Bytes)> {
        let found = self.kept.iter().find(|(known, _, _)| known == name);
        found.map(|(_, mime, bytes)| (mime.clone(), bytes.clone()))
    }
}

impl World {
    /// A new id in Auto.ru's style: short and hexadecimal.
    pub(super) fn new_id(&mut self) -> String {
        self.made += 1;
        format!("{:08x}", 0x2b17_0000_u64 + self.made)
    }

    pub(super) fn dealer_of(&mut self, chat_id: &str) -> Option<u64> {
        let of = |(id, dealer): (&u64, &DealerState)| (dealer.chat_id == chat_id).then_some(*id);
        if chat_id.is_empty() { None } else { self.dealers.iter().find_map(of) }
    }

    pub(super) fn violated(&mut self, what: String) {
        push(&mut self.violations, what, VIOLATIONS_KEPT);
    }
}

/// Adds to a list that keeps so many.
pub(super) fn push<T>(list: &mut VecDeque<T>, item: T, kept: usize) {
    if list.len() >= kept {
        list.pop_front();
    }
    list.push_back(item);
}

/// The body of a buyer's message, as documented.
pub(super) fn body(buyer: &str, name: &str, car: Option<&Car>, message: &Value) -> Value {
    let mut sender = json!({"id": buyer, "name": name});
    if let Some(car) = car {
        sender["photo"] = json!(car.photo);
        sender["url"] = json!(car.url);
        sender["title"] = json!(car.title);
    }
    json!({"sender": sender, "message": message})
}
