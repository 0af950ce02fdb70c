//! A counterpart of VK's API for communities, with people at their phones behind it.
//!
//! Rules follow VK's JSON schema 5.199 and <https://dev.vk.com/ru/api/callback/getting-started>,
//! <https://dev.vk.com/ru/api/bots-long-poll/getting-started>. It speaks of dialogues of one person
//! and one community. What it does not know: chats of many people, `execute`, templates, user keys.

mod customer;
mod deliver;
mod dialogue;
mod faults;
mod http;
mod methods;
mod options;
mod page;
mod poll;
mod record;
mod servers;
mod shapes;
mod uploads;
mod world;

use std::sync::Arc;

use rand::{Rng, distr::Alphanumeric};
use serde_json::Value;
use tokio_util::sync::DropGuard;

pub use customer::{Attachment, Customer};
pub use faults::Faults;
pub use options::Options;
pub use record::{Call, Delivery, Outcome};
pub use world::Shown;

use crate::{
    Error,
    serving::{Place, counterpart},
};
use world::{CommunityState, Key, Person, Shared, World};

const FIRST_COMMUNITY: i64 = 220_000_001;

/// All that Beseda asks for.
pub const RIGHTS: [&str; 4] = ["manage", "messages", "photos", "docs"];

/// A running server. Dropping it stops it; the handles stay usable but reach nobody.
pub struct Vk {
    shared: Arc<Shared>,
    _stop_on_drop: DropGuard,
}

counterpart!(Vk, |_| "see the calls and the transcript".to_owned());

/// A community, as its administrator has it before them.
#[derive(Clone)]
pub struct Community {
    pub id: i64,
    pub name: String,
    /// The key it was made with.
    pub key: String,
    shared: Arc<Shared>,
}

impl Vk {
    pub async fn start(options: Options) -> Result<Self, Error> {
        let place = Place { service: "VK", listen: options.listen, user_agent: "beseda-sandbox" };
        let (shared, _stop_on_drop) =
            place.serve(options, World::default(), (), http::router).await?;
        Ok(Self { shared, _stop_on_drop })
    }

    /// A community whose key has all [`RIGHTS`].
    pub fn add_community(&self, name: &str) -> Community {
        let key = new_key();
        self.add_community_with_key(name, &key)
    }

    /// A community with a key of the caller's choice.
    pub fn add_community_with_key(&self, name: &str, key: &str) -> Community {
        add_community(&self.shared, name, key)
    }

    /// A person; calling again with the same number renames them.
    pub fn customer(&self, id: i64, first_name: &str, last_name: &str) -> Customer {
        customer(&self.shared, id, first_name, last_name)
    }

    /// Calls of all communities, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.world().calls.iter().cloned().collect()
    }

    /// Calls that were not as VK's schema has them; a good client makes none.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.shared.world().violations.clone()
    }
}

impl Community {
    /// Every key of before is dead from now on; the answer is the only one that works.
    pub fn renew_key(&self) -> String {
        let key = new_key();
        self.change(|community| {
            community.keys.clear();
            community.keys.insert(key.clone(), Key::with(&RIGHTS));
        });
        key
    }

    /// No key works any more.
    pub fn revoke_keys(&self) {
        self.change(|community| community.keys.clear());
    }

    /// One more key, with these rights only.
    pub fn key_with(&self, rights: &[&str]) -> String {
        let key = new_key();
        self.change(|community| community.keys.insert(key.clone(), Key::with(rights)));
        key
    }

    /// Switches community messages on or off.
    pub fn set_messages(&self, on: bool) {
        self.change(|community| community.messages_on = on);
    }

    /// The confirmation code becomes another one, as VK sometimes does.
    pub fn change_code(&self) {
        let code = code();
        self.change(|community| community.code = code);
    }

    /// Callback servers of other products.
    pub fn add_foreign_servers(&self, count: usize) {
        self.change(|community| {
            for n in 0..count {
                let url = format!("https://other-{n}.test/hook");
                let id = community.next_server();
                community.servers.push(servers::Server::foreign(id, &url));
            }
        });
    }

    /// Callback servers as `groups.getCallbackServers` tells them.
    #[must_use]
    pub fn servers(&self) -> Vec<Value> {
        self.change(|community| community.servers.iter().map(servers::Server::json).collect())
    }

    /// Deletes every callback server, as an administrator may.
    pub fn delete_servers(&self) {
        self.change(|community| community.servers.clear());
    }

    pub fn set_faults(&self, faults: Faults) {
        self.change(|community| community.faults = faults);
    }

    /// An administrator answers in VK itself. The number of the message in the dialogue.
    pub fn admin_writes(&self, to: &Customer, text: &str) -> i64 {
        dialogue::admin_writes(&self.shared, self.id, to.id, text)
    }

    /// Puts a person on the community's black list.
    pub fn blacklist(&self, person: &Customer) {
        self.change(|community| community.dialogue(person.id).blacklisted = true);
    }

    /// Delivers the last event once more, as VK does when it did not see our answer.
    pub fn repeat_last(&self) {
        let last = self.change(|community| community.log.back().map(|(_, event)| event.clone()));
        if let Some(event) = last {
            deliver::to_servers(&self.shared, self.id, &event);
        }
    }

    /// An event as it stands, told by callback and long poll like any other.
    pub fn inject(&self, kind: &str, object: Value) {
        deliver::tell(&self.shared, self.id, kind, object);
    }

    /// The long poll's key runs out: `failed: 2`.
    pub fn expire_poll_key(&self) {
        self.change(|community| community.poll_key.clear());
    }

    /// The long poll forgets all that happened: `failed: 1` for whoever asks from before.
    pub fn forget_history(&self) {
        self.change(CommunityState::forget_history);
    }

    /// VK knows no `random_id` again, as after an hour.
    pub fn forget_random_ids(&self) {
        self.change(|community| {
            community.dialogues.values_mut().for_each(|dialogue| dialogue.random_ids.clear());
        });
    }

    /// The long poll knows nothing any more: `failed: 3`.
    pub fn lose_poll(&self) {
        self.change(|community| community.poll_lost = true);
    }

    /// Tries to hand events to callback servers, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.change(|community| community.deliveries.iter().cloned().collect())
    }

    /// Calls of one method that took effect.
    #[must_use]
    pub fn count(&self, method: &str) -> usize {
        let world = self.shared.world();
        world
            .calls
            .iter()
            .filter(|c| c.community == self.id && c.method == method && c.took_effect())
            .count()
    }

    /// What the community's typing sign shows to the person.
    #[must_use]
    pub fn is_typing_to(&self, person: &Customer) -> bool {
        self.change(|community| community.dialogue(person.id).typing)
    }

    fn change<T>(&self, change: impl FnOnce(&mut CommunityState) -> T) -> T
    where
        T: Default,
    {
        self.shared
            .change(|world| world.communities.get_mut(&self.id).map(change).unwrap_or_default())
    }
}

fn letters(count: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(count).map(char::from).collect()
}

fn new_key() -> String {
    format!("vk1.a.{}", letters(64))
}

fn code() -> String {
    letters(8).to_lowercase()
}

fn add_community(shared: &Arc<Shared>, name: &str, key: &str) -> Community {
    let id = shared.change(|world| {
        let id = world.communities.last_key_value().map_or(FIRST_COMMUNITY, |(id, _)| id + 1);
        let mut community = CommunityState::new(id, name, &code());
        community.keys.insert(key.to_owned(), Key::with(&RIGHTS));
        world.communities.insert(id, community);
        id
    });
    Community { id, name: name.to_owned(), key: key.to_owned(), shared: Arc::clone(shared) }
}

fn customer(shared: &Arc<Shared>, id: i64, first_name: &str, last_name: &str) -> Customer {
    let person = Person { first_name: first_name.to_owned(), last_name: last_name.to_owned() };
    shared.change(|world| world.people.insert(id, person));
    Customer { id, shared: Arc::clone(shared) }
}
