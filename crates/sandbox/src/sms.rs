//! A counterpart of three SMS providers with HTTP APIs (SMS Aero, SMSC.ru, MTS Exolve), with people
//! and their phones behind it.
//!
//! One account has credentials, senders, a number and money at each of the three. What the providers'
//! own documents tell is enforced, and a request outside of it is noted as a violation; where they
//! are silent (bodies of most callbacks, words of refusals) the shapes here are a guess, and a
//! driver must not depend on them. Rules: <https://smsc.ru/api/http/>, smsaero_python (the vendor's
//! client), <https://docs.exolve.ru/docs/ru/api-reference/sms-api/>.

mod account;
mod aero;
mod callbacks;
mod exolve;
mod faults;
mod http;
mod options;
mod page;
mod parts;
mod phone;
mod record;
mod smsc;
mod world;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;

pub use account::{Account, Credentials};
pub use faults::Faults;
pub use options::{Limits, Options};
pub use phone::{Phone, Shown};
pub use record::{Call, Delivery, Outcome};
pub use world::{Provider, Status};

use crate::{Error, cut};
use world::Shared;

/// How long [`Sms::stop`] waits for what is under way.
const STOP_WAIT: Duration = Duration::from_secs(3);

/// A running server. Dropping it stops it; the handles stay usable but reach nobody.
pub struct Sms {
    shared: Arc<Shared>,
    _stop_on_drop: DropGuard,
}

impl Sms {
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
                tracing::error!(%error, "the SMS sandbox stopped serving");
            }
        });
        Ok(Self { _stop_on_drop: stop.drop_guard(), shared })
    }

    /// The page for people; the providers' APIs are below it: [`Self::base`].
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// What stands for a provider's own address (`https://gate.smsaero.ru/v2/`,
    /// `https://smsc.ru/sys/`, `https://api.exolve.ru/`).
    #[must_use]
    pub fn base(&self, provider: Provider) -> String {
        self.shared.base(provider)
    }

    /// Stops taking calls and delivering, and waits for what is under way.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        let _ = tokio::time::timeout(STOP_WAIT, self.shared.tasks.wait()).await;
    }

    /// A company with an account at each provider; its number in digits.
    pub fn add_account(&self, name: &str, number: &str) -> Account {
        account::add(&self.shared, name, number, Credentials::random(name))
    }

    /// The same with credentials of the caller's choice.
    pub fn add_account_with(&self, name: &str, number: &str, credentials: Credentials) -> Account {
        account::add(&self.shared, name, number, credentials)
    }

    /// A person's phone; its number in digits.
    pub fn phone(&self, number: &str) -> Phone {
        phone::of(&self.shared, number)
    }

    /// Waits for anything that a handle can tell, looked at after each change of this sandbox.
    pub async fn until<T>(
        &self,
        timeout: Duration,
        look: impl FnMut() -> Option<T>,
    ) -> Result<T, Error> {
        until(&self.shared, timeout, look).await
    }

    /// Calls of all accounts, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.world().calls.iter().cloned().collect()
    }

    /// Requests that the providers' documents do not know. Tests assert that there are none.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.shared.world().violations.clone()
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
        Err(_) => {
            let waited_ms = started.elapsed().as_millis();
            let last = shared.world().calls.back().map(|call| format!("{call:?}"));
            Err(Error::TimedOut { waited_ms, seen: last.unwrap_or_default() })
        }
    }
}
