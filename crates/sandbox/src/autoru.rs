//! A counterpart of Auto.ru's chats: a dealer's cabinet, where a ChatId and an address are entered,
//! and buyers who write about cars.
//!
//! Rules follow the public document (<https://yandex.ru/dev/autoru/doc/ru/reference/chats/basic/>):
//! the two requests, their fields, the answers 200, 400 and 500 without a body, a repeated
//! `message.id` that has no effect. The document is silent on repeats of a failed delivery, on
//! time-outs and on what an unknown ChatId is answered with; what is done here instead stands in
//! [`Options`] and [`Faults::dead_status`].

mod buyer;
mod check;
mod dealer;
mod deliver;
mod faults;
mod http;
mod options;
mod page;
mod record;
mod world;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;

pub use buyer::{Buyer, Shown};
pub use dealer::{Dealer, Entered};
pub use faults::Faults;
pub use options::Options;
pub use record::{Call, Delivery, Outcome};
pub use world::Car;

use crate::{Error, cut};
use world::Shared;

/// How long [`Autoru::stop`] waits for what is under way.
const STOP_WAIT: Duration = Duration::from_secs(3);

/// A running counterpart. Dropping it stops it; the handles stay usable but reach nobody.
pub struct Autoru {
    shared: Arc<Shared>,
    _stop_on_drop: DropGuard,
}

impl Autoru {
    pub async fn start(options: Options) -> Result<Self, Error> {
        let address = options.listen;
        if !address.ip().is_loopback() {
            return Err(Error::NotLoopback(address));
        }
        let failed = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
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
                tracing::error!(%error, "the Auto.ru sandbox stopped serving");
            }
        });
        Ok(Self { _stop_on_drop: stop.drop_guard(), shared })
    }

    /// Where the page for people is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// What the method's text documents as `https://apiauto.ru/1.0`.
    #[must_use]
    pub fn base(&self) -> String {
        format!("{}/1.0", self.shared.url)
    }

    /// What its example documents as `https://chat-api-ext.vertis.yandex.net/api/1.x`.
    #[must_use]
    pub fn other_base(&self) -> String {
        format!("{}/api/1.x", self.shared.url)
    }

    /// Stops taking calls and delivering, and waits for what is under way.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        let _ = tokio::time::timeout(STOP_WAIT, self.shared.tasks.wait()).await;
    }

    /// A dealer with two cars on sale and nothing entered in the cabinet yet.
    pub fn add_dealer(&self, name: &str) -> Dealer {
        dealer::add(&self.shared, name)
    }

    /// Requests that no reading of the document allows. Tests hold this to be empty.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.shared.world().violations.iter().cloned().collect()
    }

    /// Waits for anything that a handle can tell, looked at after each change of this sandbox.
    pub async fn until<T>(
        &self,
        timeout: Duration,
        look: impl FnMut() -> Option<T>,
    ) -> Result<T, Error> {
        until(&self.shared, timeout, look, || "see the calls and the deliveries".to_owned()).await
    }
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
