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

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rand::Rng;
use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;

pub use bot::Bot;
pub use customer::{Customer, Media};
pub use faults::{Faults, Standing};
pub use options::Options;
pub use record::{Call, Delivery, Outcome};
pub use world::{Shown, ShownFile, State};

use crate::{Error, cut};
use world::{BotState, Shared};

/// How long [`Viber::stop`] waits for what is under way.
const STOP_WAIT: Duration = Duration::from_secs(3);

/// A running server. Dropping it stops it; the handles stay usable but reach nobody.
pub struct Viber {
    shared: Arc<Shared>,
    _stop_on_drop: DropGuard,
}

impl Viber {
    pub async fn start(options: Options) -> Result<Self, Error> {
        let address = options.listen;
        if !address.ip().is_loopback() {
            return Err(Error::NotLoopback(address));
        }
        let failed = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        // A proxy of the environment would carry callbacks off this machine.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("beseda-sandbox")
            .build()?;
        let shared = Arc::new(Shared::new(options, url, client));
        let service = http::router(Arc::clone(&shared))
            .into_make_service_with_connect_info::<cut::Scissors>();
        let stop = shared.stop.clone();
        let serving = axum::serve(cut::CuttableListener(listener), service)
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        shared.tasks.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the Viber sandbox stopped serving");
            }
        });
        Ok(Self { _stop_on_drop: stop.drop_guard(), shared })
    }

    /// Base URL of the API, of the files, and of the page for people.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Stops taking calls and delivering callbacks, and waits for what is under way.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        let _ = tokio::time::timeout(STOP_WAIT, self.shared.tasks.wait()).await;
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

    /// Waits for anything that a handle can tell, looked at after each change of this sandbox.
    pub async fn until<T>(
        &self,
        timeout: Duration,
        look: impl FnMut() -> Option<T>,
    ) -> Result<T, Error> {
        until(&self.shared, timeout, look, || "see the calls and the chats".to_owned()).await
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

async fn until<T>(
    shared: &Shared,
    timeout: Duration,
    mut look: impl FnMut() -> Option<T>,
    seen: impl FnOnce() -> String,
) -> Result<T, Error> {
    let started = Instant::now();
    // Subscribed before the first look, so that no change falls between.
    let mut bell = shared.bell.subscribe();
    let waiting = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            if bell.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    match tokio::time::timeout(timeout, waiting).await {
        Ok(found) => Ok(found),
        Err(_) => Err(Error::TimedOut { waited_ms: started.elapsed().as_millis(), seen: seen() }),
    }
}
