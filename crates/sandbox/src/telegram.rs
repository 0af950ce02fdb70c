//! A counterpart of the Telegram Bot API server, with people at their phones behind it.
//!
//! Rules follow <https://core.telegram.org/bots/api> (10.1) and, where the document is silent, the
//! official server's source (tdlib/telegram-bot-api, version 10.0). It speaks of private chats only.
//! What it does not know: Markdown, inline mode, payments, groups, fetching files by URL.

mod answer;
mod bot;
mod customer;
mod deliver;
mod faults;
mod files;
mod http;
mod lanes;
mod limits;
mod methods;
mod options;
mod page;
mod params;
mod record;
mod shown;
mod text;
mod world;

use std::sync::Arc;

use rand::{Rng, distr::Alphanumeric};
use tokio_util::sync::DropGuard;

pub use bot::Bot;
pub use customer::{Customer, Media, Sent};
pub use faults::{Faults, Scope};
pub use files::MediaKind;
pub use options::{Limits, Options, Rate};
pub use record::{Call, Delivery, Outcome, Repeat};
pub use shown::{Direction, Shown, ShownMedia};

use crate::{
    Error,
    serving::{Place, counterpart},
};
use world::{BotState, Person, Shared, World};

const FIRST_BOT: i64 = 7_000_000_100;

/// A running server. Dropping it stops it; the handles stay usable but reach nobody.
pub struct Telegram {
    shared: Arc<Shared>,
    _stop_on_drop: DropGuard,
}

counterpart!(Telegram, |_| "see the calls and the transcript".to_owned());

impl Telegram {
    pub async fn start(options: Options) -> Result<Self, Error> {
        let place =
            Place { service: "Telegram", listen: options.listen, user_agent: "beseda-sandbox" };
        let (shared, _stop_on_drop) =
            place.serve(options, World::default(), (), http::router).await?;
        Ok(Self { shared, _stop_on_drop })
    }

    /// A bot with a token of its own.
    pub fn add_bot(&self, username: &str) -> Bot {
        add_bot(&self.shared, username)
    }

    /// A bot with a token of the caller's choice; its number is the part before the colon.
    pub fn add_bot_with_token(&self, username: &str, token: &str) -> Result<Bot, Error> {
        let bad = || Error::BadToken(token.to_owned());
        let (id, secret) = token.split_once(':').ok_or_else(bad)?;
        let id: i64 = id.parse().map_err(|_| bad())?;
        let good = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if id <= 0 || secret.len() < 20 || !secret.bytes().all(good) {
            return Err(bad());
        }
        if self.shared.world().bots.contains_key(&id) {
            return Err(Error::BotExists(id));
        }
        Ok(register(&self.shared, id, username, token))
    }

    /// The token is dead from now on: every call with it gets 401.
    pub fn revoke_token(&self, token: &str) {
        self.shared.change(|world| world.tokens.remove(token));
    }

    /// A person; calling again with the same number renames them.
    pub fn customer(&self, id: i64, first_name: &str, username: Option<&str>) -> Customer {
        customer(&self.shared, id, first_name, username)
    }

    #[must_use]
    pub fn transcript(&self, bot: &Bot, customer: &Customer) -> Vec<Shown> {
        customer.transcript(bot)
    }

    /// Calls of all bots, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.world().calls.iter().cloned().collect()
    }
}

fn add_bot(shared: &Arc<Shared>, username: &str) -> Bot {
    let next = shared.world().bots.last_key_value().map_or(FIRST_BOT, |(id, _)| id + 1);
    let secret: String = rand::rng().sample_iter(Alphanumeric).take(35).map(char::from).collect();
    register(shared, next.max(FIRST_BOT), username, &format!("{}:{secret}", next.max(FIRST_BOT)))
}

fn register(shared: &Arc<Shared>, id: i64, username: &str, token: &str) -> Bot {
    shared.change(|world| {
        world.bots.insert(id, BotState::new(id, username, token));
        world.tokens.insert(token.to_owned(), id);
    });
    Bot { id, username: username.to_owned(), token: token.to_owned(), shared: Arc::clone(shared) }
}

fn customer(shared: &Arc<Shared>, id: i64, first_name: &str, username: Option<&str>) -> Customer {
    let person = Person {
        first_name: first_name.to_owned(),
        username: username.map(str::to_owned),
        deactivated: false,
    };
    shared.change(|world| world.people.insert(id, person));
    Customer { id, shared: Arc::clone(shared) }
}
