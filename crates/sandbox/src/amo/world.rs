//! The state of one sandbox: accounts, what is in them, and who may call. Plain memory, no IO.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    time::Duration,
};

use serde::Serialize;
use serde_json::Value;

use super::{
    Faults, Options, Switches,
    chats::Chats,
    clock::Clock,
    drive::{Drive, Hung},
    hooks::{Delivery, Webhook},
    journal::Journal,
    limits::Rates,
    oauth::Grants,
    seed,
};
use crate::serving;

/// What every handle and task of one sandbox holds.
pub(super) type Shared = serving::Shared<Options, World, Clock>;

impl Shared {
    pub(super) fn clock(&self) -> &Clock {
        &self.beside
    }

    /// Everybody who sleeps on the sandbox's clock looks at it again.
    pub(super) fn advance(&self, by: Duration) {
        self.clock().advance(by);
        self.ring();
    }

    /// Sleeps on the sandbox's clock.
    pub(super) async fn sleep_until(&self, at_ms: i64) {
        let mut bell = self.bell.subscribe();
        while let Some(real) = self.clock().real_until(at_ms) {
            tokio::select! {
                () = tokio::time::sleep(real) => {}
                rung = bell.changed() => if rung.is_err() { return },
            }
        }
    }
}

pub(super) struct World {
    pub accounts: BTreeMap<i64, AccountState>,
    /// By `client_id`.
    pub integrations: BTreeMap<String, Integration>,
    pub codes: HashMap<String, Code>,
    pub access: HashMap<String, Access>,
    pub refresh: HashMap<String, Refresh>,
    pub journal: Journal,
    /// What was sent to webhooks, of all accounts.
    pub deliveries: VecDeque<Delivery>,
    pub ids: Ids,
    pub chance: Chance,
}

impl World {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            accounts: BTreeMap::new(),
            integrations: BTreeMap::new(),
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            journal: Journal::new(options.journal_kept, options.body_kept),
            deliveries: VecDeque::new(),
            ids: Ids::new(),
            chance: Chance(options.seed | 1),
        }
    }

    pub(super) fn account_of(&self, subdomain: &str) -> Option<&AccountState> {
        self.accounts.values().find(|account| account.subdomain == subdomain)
    }

    pub(super) fn account_of_mut(&mut self, subdomain: &str) -> Option<&mut AccountState> {
        self.accounts.values_mut().find(|account| account.subdomain == subdomain)
    }

    /// Whose chats those are: the uuid of the account in the chats API.
    pub(super) fn account_of_amojo(&mut self, amojo_id: &str) -> Option<&mut AccountState> {
        self.accounts.values_mut().find(|account| account.amojo_id == amojo_id)
    }
}

/// One row of numbers for all kinds of things in all accounts: an id in the wrong place never hits
/// something else by chance.
///
/// What an account is born with has the same numbers at every start; what is made later does not,
/// so that a client that remembers yesterday's run finds nothing, instead of somebody else.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    seeded: i64,
    made: i64,
}

const FIRST_MADE: i64 = 100_000_000;

impl Ids {
    fn new() -> Self {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let second = i64::try_from(since.as_secs()).unwrap_or_default();
        Self { seeded: 30_000_001, made: FIRST_MADE + second % 1_000_000_000 }
    }

    pub(super) fn seeded(&mut self) -> i64 {
        self.seeded += 1;
        self.seeded
    }

    pub(super) fn made(&mut self) -> i64 {
        self.made += 1;
        self.made
    }
}

/// A small generator of our own: the row is the same in every version of every library.
#[derive(Clone, Debug)]
pub(super) struct Chance(pub u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn percent(&mut self, percent: f64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a number below 10,000")]
        let drawn = (self.next() % 10_000) as f64 / 100.0;
        drawn < percent
    }
}

/// What the owner of an integration was told, and told, when it was registered.
#[derive(Clone, Debug)]
pub struct Integration {
    /// The same text is its uuid in the disable hook and in the channel's registration.
    pub client_id: String,
    pub client_secret: String,
    pub name: String,
    pub redirect_uri: String,
    /// GET there when an account switches the integration off.
    pub disable_hook: Option<String>,
    pub channel: Option<Channel>,
}

/// What support answers by letter when a channel of the chats API is registered.
#[derive(Clone, Debug)]
pub struct Channel {
    pub id: String,
    pub secret: String,
    /// `amo.ext.…`
    pub code: String,
    pub name: String,
    pub bot_id: String,
    pub bot_client_id: String,
    /// With `:scope_id` in it; the hook v2 goes there.
    pub hook_url: String,
}

impl Integration {
    /// Ids and secrets follow from the name, so they are the same at every start. No channel yet.
    #[must_use]
    pub fn named(name: &str, redirect_uri: &str) -> Self {
        let secret = |what: &str| seed::uuid_of(name, what).replace('-', "");
        Self {
            client_id: seed::uuid_of(name, "client id"),
            client_secret: secret("client") + &secret("secret"),
            name: name.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            disable_hook: None,
            channel: None,
        }
    }

    #[must_use]
    pub fn with_disable_hook(self, address: &str) -> Self {
        Self { disable_hook: Some(address.to_owned()), ..self }
    }

    /// A channel of the chats API; `:scope_id` in the address becomes the scope.
    #[must_use]
    pub fn with_channel(self, hook_url: &str) -> Self {
        let secret: String = seed::uuid_of(&self.name, "channel secret").replace('-', "");
        let tail: String = seed::uuid_of(&self.name, "tail").chars().take(8).collect();
        let channel = Channel {
            id: seed::uuid_of(&self.name, "channel"),
            secret: secret + &tail,
            code: format!("amo.ext.{}", FIRST_MADE / 3),
            name: self.name.clone(),
            bot_id: seed::uuid_of(&self.name, "bot"),
            bot_client_id: "bot".to_owned(),
            hook_url: hook_url.to_owned(),
        };
        Self { channel: Some(channel), ..self }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Code {
    pub client_id: String,
    pub account_id: i64,
    pub user_id: i64,
    pub expires_at: i64,
    pub used: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Access {
    pub client_id: String,
    pub account_id: i64,
    pub user_id: i64,
    pub expires_at: i64,
    pub long_lived: bool,
    pub revoked: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Refresh {
    pub client_id: String,
    pub account_id: i64,
    pub user_id: i64,
    pub expires_at: i64,
    pub spent: bool,
}

/// One account of amoCRM with all that is in it.
pub(super) struct AccountState {
    pub id: i64,
    pub subdomain: String,
    pub name: String,
    /// The account's name in the chats API.
    pub amojo_id: String,
    pub uuid: String,
    pub timezone: String,
    pub users: BTreeMap<i64, User>,
    pub groups: Vec<(i64, String)>,
    pub pipelines: BTreeMap<i64, Pipeline>,
    /// Custom fields of all kinds of entities; a deleted one is gone from here.
    pub fields: BTreeMap<i64, Field>,
    pub contacts: BTreeMap<i64, Contact>,
    pub companies: BTreeMap<i64, Company>,
    pub leads: BTreeMap<i64, Lead>,
    pub tasks: BTreeMap<i64, Task>,
    pub notes: BTreeMap<i64, Note>,
    pub unsorted: BTreeMap<String, Unsorted>,
    pub sorted: SortedOut,
    pub tags: BTreeMap<i64, Tag>,
    pub loss_reasons: BTreeMap<i64, String>,
    pub sources: BTreeMap<i64, Source>,
    pub webhooks: BTreeMap<i64, Webhook>,
    pub chat_links: Vec<ChatLink>,
    pub grants: Grants,
    /// Integrations a person has let in, by `client_id`.
    pub installs: BTreeMap<String, Install>,
    pub switches: Switches,
    pub faults: Faults,
    pub rates: Rates,
    /// Too many refusals for speed: every call gets 403 until somebody lifts it.
    pub blocked: bool,
    /// What happened and is not yet on its way to the webhooks.
    pub happened: VecDeque<Event>,
    /// How many events were handed out, to lose some of them.
    pub events_told: u32,
    pub drive: Drive,
    /// Files of the drive that hang on an entity.
    pub files: BTreeMap<(Kind, i64), Vec<Hung>>,
    pub chats: Chats,
}

#[derive(Clone, Debug)]
pub(super) struct Install {
    pub active: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct User {
    pub id: i64,
    pub name: String,
    pub email: String,
    /// The user's name in the chats API; some have none.
    pub amojo_id: Option<String>,
    pub is_admin: bool,
    pub is_active: bool,
    pub is_free: bool,
    pub group_id: Option<i64>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Pipeline {
    pub id: i64,
    pub name: String,
    pub sort: i64,
    pub is_main: bool,
    pub is_unsorted_on: bool,
    pub is_archive: bool,
    pub statuses: Vec<Status>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Status {
    pub id: i64,
    pub name: String,
    pub sort: i64,
    pub color: &'static str,
    /// 1 is «Неразобранное», 0 any other.
    #[serde(rename = "type")]
    pub kind: i64,
}

/// In every pipeline of every account.
pub(super) const WON: i64 = 142;
pub(super) const LOST: i64 = 143;

impl Pipeline {
    pub(super) fn unsorted_status(&self) -> Option<i64> {
        self.statuses.iter().find(|status| status.kind == 1).map(|status| status.id)
    }

    pub(super) fn first_status(&self) -> Option<i64> {
        self.statuses.iter().find(|status| status.kind == 0).map(|status| status.id)
    }
}

/// To what a field, a tag, a note or a task belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Leads,
    Contacts,
    Companies,
}

impl Kind {
    pub(super) fn named(text: &str) -> Option<Self> {
        match text {
            "leads" => Some(Self::Leads),
            "contacts" => Some(Self::Contacts),
            "companies" => Some(Self::Companies),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Leads => "leads",
            Self::Contacts => "contacts",
            Self::Companies => "companies",
        }
    }

    /// `add_lead`, `note_contact`.
    pub(super) fn singular(self) -> &'static str {
        match self {
            Self::Leads => "lead",
            Self::Contacts => "contact",
            Self::Companies => "company",
        }
    }

    /// As the webhooks number them.
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Contacts => 1,
            Self::Leads => 2,
            Self::Companies => 3,
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Field {
    pub id: i64,
    pub kind: Kind,
    pub name: String,
    pub code: Option<String>,
    #[serde(rename = "type")]
    pub field_type: String,
    pub sort: i64,
    pub is_api_only: bool,
    pub is_predefined: bool,
    pub enums: Vec<FieldEnum>,
    /// (pipeline, status) where the field must be filled in by people.
    pub required_statuses: Vec<(i64, i64)>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct FieldEnum {
    pub id: i64,
    pub value: String,
    pub sort: i64,
}

/// One value of a custom field, as it is answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct FieldValue {
    pub value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enum_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enum_code: Option<String>,
}

pub(super) type Values = BTreeMap<i64, Vec<FieldValue>>;

/// Who made and changed it, and when; all entities have it.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Trail {
    pub created_by: i64,
    pub updated_by: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// What the full-text search knows: texts with the moment from which they count.
#[derive(Clone, Debug, Default)]
pub(super) struct Indexed(pub VecDeque<(i64, String)>);

#[derive(Clone, Debug)]
pub(super) struct Contact {
    pub id: i64,
    pub name: String,
    pub first_name: String,
    pub last_name: String,
    pub responsible_user_id: i64,
    pub trail: Trail,
    pub values: Values,
    pub tags: Vec<i64>,
    pub company_id: Option<i64>,
    /// In Unsorted, not accepted yet: its section does not show it.
    pub hidden: bool,
    pub deleted: bool,
    pub indexed: Indexed,
}

/// A company has no first name, but the rest is the same.
pub(super) type Company = Contact;

#[derive(Clone, Debug)]
pub(super) struct Lead {
    pub id: i64,
    pub name: String,
    pub price: i64,
    pub responsible_user_id: i64,
    pub status_id: i64,
    pub pipeline_id: i64,
    pub loss_reason_id: Option<i64>,
    pub source_id: Option<i64>,
    pub trail: Trail,
    pub closed_at: Option<i64>,
    pub values: Values,
    pub tags: Vec<i64>,
    /// The main one first.
    pub contacts: Vec<i64>,
    pub company_id: Option<i64>,
    pub deleted: bool,
    pub indexed: Indexed,
}

#[derive(Clone, Debug)]
pub(super) struct Task {
    pub id: i64,
    pub text: String,
    pub complete_till: i64,
    pub task_type_id: i64,
    pub responsible_user_id: i64,
    pub entity: Option<(Kind, i64)>,
    pub duration: i64,
    pub is_completed: bool,
    pub result: Option<String>,
    pub trail: Trail,
    pub deleted: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Note {
    pub id: i64,
    pub entity: (Kind, i64),
    pub note_type: String,
    pub params: Value,
    pub responsible_user_id: i64,
    pub trail: Trail,
}

#[derive(Clone, Debug)]
pub(super) struct Unsorted {
    pub uid: String,
    /// `forms`, `sip`, `chats`.
    pub category: String,
    pub source_uid: Option<String>,
    pub source_name: Option<String>,
    pub pipeline_id: i64,
    pub created_at: i64,
    pub metadata: Value,
    pub lead_id: i64,
    pub contact_ids: Vec<i64>,
    pub company_ids: Vec<i64>,
}

/// What became of what was in Unsorted.
#[derive(Clone, Debug, Default)]
pub(super) struct SortedOut {
    pub accepted: u64,
    pub declined: u64,
    pub seconds: i64,
    pub by_category: BTreeMap<String, u64>,
    /// What was once put in, so that the same is refused.
    pub seen: HashSet<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Tag {
    pub id: i64,
    pub kind: Kind,
    pub name: String,
    pub color: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Source {
    pub id: i64,
    pub client_id: String,
    pub name: String,
    pub external_id: String,
    pub pipeline_id: i64,
    pub default: bool,
    pub origin_code: Option<String>,
    pub services: Value,
}

/// A chat of the chats API that belongs to a contact.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ChatLink {
    pub id: i64,
    pub chat_id: String,
    pub contact_id: i64,
}

/// Something a webhook may want to know.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// The name in `settings`: `add_lead`.
    pub setting: &'static str,
    /// `leads`, `contacts`, `task`, `unsorted`, `message`.
    pub section: &'static str,
    /// `add`, `update`, `status`, `responsible`, `delete`, `note`.
    pub action: &'static str,
    /// The same text is the same thing: such events may be coalesced.
    pub about: String,
    pub body: Value,
}
