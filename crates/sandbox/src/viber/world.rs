//! The state of one sandbox: bots, people, chats, files. Plain memory, no IO.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use rand::{Rng, distr::Alphanumeric};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{runtime::Handle, sync::mpsc::UnboundedSender};

use super::{Call, Delivery, Faults, Options, Standing, deliver::Callback};
use crate::serving;

/// What every handle and task of one sandbox holds.
pub(super) type Shared = serving::Shared<Options, World, Handle>;

impl Shared {
    /// Customers act from any thread.
    pub(super) fn runtime(&self) -> &Handle {
        &self.beside
    }

    pub(super) fn violated(&self, what: String) {
        tracing::warn!(what, "the Viber sandbox was asked for what is not documented");
        self.change(|world| world.violations.push(what));
    }
}

#[derive(Default)]
pub(super) struct World {
    pub bots: BTreeMap<u64, BotState>,
    pub people: BTreeMap<u64, Person>,
    pub chats: HashMap<(u64, u64), Chat>,
    pub files: VecDeque<StoredFile>,
    pub calls: VecDeque<Call>,
    pub deliveries: VecDeque<Delivery>,
    pub violations: Vec<String>,
    /// First tries of one chat's callbacks go one after another.
    pub lanes: HashMap<(u64, u64), UnboundedSender<Callback>>,
    tokens_given: u64,
}

pub(super) struct BotState {
    /// `pa:` and a number.
    pub id: String,
    pub name: String,
    pub uri: String,
    /// `None`: revoked.
    pub token: Option<String>,
    pub hook: Option<Hook>,
    pub standing: Standing,
    pub faults: Faults,
    /// The last callback as it was sent, to be sent again.
    pub last_sent: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Hook {
    pub url: String,
    pub events: Vec<String>,
    /// Set by somebody else: callbacks go there, and are gone.
    pub stolen: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Person {
    pub name: String,
    /// Deleted the account.
    pub gone: bool,
    /// The phone is switched off: nothing is delivered.
    pub offline: bool,
}

#[derive(Default)]
pub(super) struct Chat {
    pub subscribed: bool,
    pub messages: VecDeque<Shown>,
    /// When messages went that the person has not answered yet.
    pub unanswered: VecDeque<Instant>,
}

/// How far a message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Sent,
    Delivered,
    Seen,
    Failed,
}

/// One message on the person's phone.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// As text, because browsers hold no 64 bits.
    pub token: String,
    pub from_customer: bool,
    /// The name above it.
    pub sender: String,
    /// `text`, `picture` …
    pub kind: String,
    /// Text or caption.
    pub text: Option<String>,
    pub file: Option<ShownFile>,
    pub state: State,
    /// Unix milliseconds.
    pub at: u64,
    /// The message as the API writes it; location, contact and the like are here.
    pub raw: Value,
}

#[derive(Clone, Debug, Serialize)]
pub struct ShownFile {
    pub name: String,
    pub mime: String,
    pub size: usize,
    #[serde(skip)]
    pub bytes: Bytes,
}

/// A file at an address.
pub(super) struct StoredFile {
    /// The unguessable part of its address.
    pub key: String,
    pub name: String,
    pub mime: String,
    pub bytes: Bytes,
    pub until: Instant,
}

impl BotState {
    pub(super) fn new(number: u64, name: &str, uri: &str, token: &str) -> Self {
        Self {
            id: format!("pa:75346594275468546{number:03}"),
            name: name.to_owned(),
            uri: uri.to_owned(),
            token: Some(token.to_owned()),
            hook: None,
            standing: Standing::Good,
            faults: Faults::default(),
            last_sent: None,
        }
    }
}

impl World {
    pub(super) fn add_person(&mut self, name: &str) -> u64 {
        let number = self.people.last_key_value().map_or(1, |(last, _)| last + 1);
        let person = Person { name: name.to_owned(), gone: false, offline: false };
        self.people.insert(number, person);
        number
    }

    pub(super) fn bot_of_token(&self, token: &str) -> Option<u64> {
        let mut bots = self.bots.iter();
        bots.find(|(_, bot)| bot.token.as_deref() == Some(token)).map(|(number, _)| *number)
    }

    pub(super) fn person_at(&self, bot: u64, user_id: &str) -> Option<u64> {
        self.people.keys().find(|person| user_id_of(bot, **person) == user_id).copied()
    }

    pub(super) fn chat(&mut self, bot: u64, person: u64) -> &mut Chat {
        self.chats.entry((bot, person)).or_default()
    }

    /// Larger than what a floating-point number holds exactly, as the real ones.
    pub(super) fn next_token(&mut self) -> u64 {
        self.tokens_given += 1;
        5_741_311_803_571_700_001 + self.tokens_given * 2
    }

    pub(super) fn show(&mut self, bot: u64, person: u64, message: Shown, kept: usize) {
        let messages = &mut self.chat(bot, person).messages;
        messages.push_back(message);
        while messages.len() > kept {
            messages.pop_front();
        }
    }

    pub(super) fn message(&mut self, bot: u64, person: u64, token: &str) -> Option<&mut Shown> {
        let chat = self.chats.get_mut(&(bot, person))?;
        chat.messages.iter_mut().rev().find(|message| message.token == token)
    }

    pub(super) fn note_call(&mut self, call: Call, kept: usize) {
        self.calls.push_back(call);
        while self.calls.len() > kept {
            self.calls.pop_front();
        }
    }

    pub(super) fn note_delivery(&mut self, delivery: Delivery, kept: usize) {
        self.deliveries.push_back(delivery);
        while self.deliveries.len() > kept {
            self.deliveries.pop_front();
        }
    }

    /// Puts a file under an address of its own, and answers with the address's last two parts.
    pub(super) fn keep_file(&mut self, mut file: StoredFile, bound: usize) -> String {
        file.key = rand::rng().sample_iter(Alphanumeric).take(24).map(char::from).collect();
        let path = format!("{}/{}", file.key, url_part(&file.name));
        self.files.push_back(file);
        let mut total: usize = self.files.iter().map(|file| file.bytes.len()).sum();
        while total > bound
            && let Some(oldest) = self.files.pop_front()
        {
            total -= oldest.bytes.len();
        }
        path
    }

    /// The person as callbacks tell of them.
    pub(super) fn user_json(&self, bot: u64, person: u64) -> Value {
        let name = self.people.get(&person).map_or("", |person| person.name.as_str());
        json!({
            "id": user_id_of(bot, person),
            "name": name,
            "avatar": "https://media-direct.cdn.viber.com/download_photo?dlid=sandbox",
            "country": "RU",
            "language": "ru-RU",
            "api_version": 10,
        })
    }
}

/// The same person has another id at each bot: base64 with all that can be in it.
pub(super) fn user_id_of(bot: u64, person: u64) -> String {
    let digest = Sha256::digest(format!("sandbox:{bot}:{person}").as_bytes());
    BASE64_STANDARD.encode(digest.get(..16).unwrap_or_default())
}

pub(super) fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn url_part(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}
