//! A counterpart of amoCRM: accounts with people in them, the account API v4, tokens, webhooks,
//! files, and the chats API.
//!
//! Rules follow <https://www.amocrm.ru/developers/content>; where it is silent, a comment says which
//! reading was taken. It enforces what the service enforces: single use of codes and refresh tokens,
//! 7 requests a second, strict validation of writes with whole batches refused, empty lists as 204.
//! What it does not know: customers, catalogs, events, mail, widgets.

mod answer;
mod chats;
mod clock;
mod drive;
mod faults;
mod gate;
mod hooks;
mod http;
mod journal;
mod limits;
mod options;
mod page;
mod world;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;

pub use faults::{Faults, Outage, Scope, Switches};
pub use journal::Entry;
pub use options::{Limits, Options};
pub use world::Kind;

use crate::{Error, cut};
use world::Shared;

/// How long [`Amo::stop`] waits for what is under way.
const STOP_WAIT: Duration = Duration::from_secs(3);

/// A running server. Dropping it stops it; the handles stay usable but reach nobody.
pub struct Amo {
    shared: Arc<Shared>,
    _stop_on_drop: DropGuard,
}

impl Amo {
    pub async fn start(options: Options) -> Result<Self, Error> {
        let address = options.listen;
        if !address.ip().is_loopback() {
            return Err(Error::NotLoopback(address));
        }
        let failed = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        // A proxy of the environment would carry webhooks off this machine.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("amoCRM-Webhooks/3.0")
            .build()?;
        let shared = Arc::new(Shared::new(options, url, client));
        let service = http::router(Arc::clone(&shared))
            .into_make_service_with_connect_info::<cut::Scissors>();
        let stop = shared.stop.clone();
        let serving = axum::serve(cut::CuttableListener(listener), service)
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        shared.tasks.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the amoCRM sandbox stopped serving");
            }
        });
        Ok(Self { _stop_on_drop: stop.drop_guard(), shared })
    }

    /// Base URL of everything: `{url}/a/{subdomain}/api/v4/…`, `{url}/oauth`, `{url}/amojo/v2/…`,
    /// and the page for people.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Stops taking calls and sending webhooks, and waits for what is under way.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        let _ = tokio::time::timeout(STOP_WAIT, self.shared.tasks.wait()).await;
    }

    /// Skips time on the sandbox's clock: tokens grow old, webhooks are tried again.
    pub fn advance(&self, by: Duration) {
        self.shared.advance(by);
    }

    /// Unix seconds of the sandbox's clock.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.shared.clock.now()
    }

    /// Waits for anything that a handle can tell, looked at after each change of this sandbox.
    pub async fn until<T>(
        &self,
        timeout: Duration,
        look: impl FnMut() -> Option<T>,
    ) -> Result<T, Error> {
        until(&self.shared, timeout, look).await
    }

    /// Requests to all accounts, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.shared.world().journal.entries().cloned().collect()
    }
}

async fn until<T>(
    shared: &Shared,
    timeout: Duration,
    mut look: impl FnMut() -> Option<T>,
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
        Err(_) => Err(Error::TimedOut {
            waited_ms: started.elapsed().as_millis(),
            seen: "see the journal".to_owned(),
        }),
    }
}
