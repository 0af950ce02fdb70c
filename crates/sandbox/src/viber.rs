//! A counterpart of Viber's REST Bot API, with people at their phones behind it.
//!
//! Rules follow <https://developers.viber.com/docs/api/rest-bot-api/> (7.3): one webhook per bot with
//! its probe, a signature over each callback, errors with HTTP 200, subscriptions, one welcome
//! message, limits of each type, 100 messages to a person who does not answer. What the document
//! leaves open is said where it is decided. It does not know keyboards, rich media and broadcasts.

mod bot;
mod customer;
mod deliver;
mod faults;
mod http;
mod methods;
mod options;
mod page;
mod phone;
mod record;
mod shape;
mod world;

use std::sync::Arc;

use rand::Rng;
use tokio::runtime::Handle;
use tokio_util::sync::DropGuard;

pub use bot::Bot;
pub use customer::{Customer, Media};
pub use faults::{Faults, Standing};
pub use options::Options;
pub use record::{Call, Delivery, Outcome};
pub use world::{Shown, ShownFile, State};

use crate::{
    Error,
    serving::{Place, counterpart},
};
use world::{BotState, Shared, World};

/// A running server. Dropping it stops it; the handles stay usable but reach nobody.
pub struct Viber {
    shared: Arc<Shared>,
    _stop_on_drop: DropGuard,
}

counterpart!(Viber, |_| "see the calls and the chats".to_owned());

impl Viber {
    pub async fn start(options: Options) -> Result<Self, Error> {
        let place =
            Place { service: "Viber", listen: options.listen, user_agent: "beseda-sandbox" };
        let (shared, _stop_on_drop) =
            place.serve(options, World::default(), Handle::current(), http::router).await?;
        Ok(Self { shared, _stop_on_drop })
    }

    /// A bot with a token of its own; `uri` is its name in links.
    pub fn add_bot(&self, name: &str, uri: &str) -> Bot {
        add_bot(&self.shared, name, uri, &new_token())
    }

    /// A bot with a token of the caller's choice.
    pub fn add_bot_with_token(&self, name: &str, uri: &str, token: &str) -> Bot {
        add_bot(&self.shared, name, uri, token)
    }

    /// A person; each call makes another one.
    pub fn customer(&self, name: &str) -> Customer {
        customer(&self.shared, name)
    }

    /// What callers did that the documentation does not allow. Empty after a good test.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.shared.world().violations.clone()
    }
}

fn add_bot(shared: &Arc<Shared>, name: &str, uri: &str, token: &str) -> Bot {
    let number = shared.change(|world| {
        let number = world.bots.last_key_value().map_or(1, |(last, _)| last + 1);
        world.bots.insert(number, BotState::new(number, name, uri, token));
        number
    });
    Bot { number, shared: Arc::clone(shared) }
}

fn customer(shared: &Arc<Shared>, name: &str) -> Customer {
    let number = shared.change(|world| world.add_person(name));
    Customer { number, shared: Arc::clone(shared) }
}

/// Three parts of sixteen hexadecimal digits, as Viber's.
fn new_token() -> String {
    let mut random = rand::rng();
    let parts: Vec<String> = (0..3).map(|_| format!("{:016x}", random.random::<u64>())).collect();
    parts.join("-")
}
