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
mod register;
mod smsc;
mod world;

use std::sync::Arc;

use tokio_util::sync::DropGuard;

pub use account::{Account, Credentials};
pub use faults::Faults;
pub use options::{Limits, Options};
pub use phone::{Phone, Shown};
pub use record::{Call, Delivery, Outcome};
pub use world::{Provider, Status};

use crate::{
    Error,
    serving::{Place, counterpart},
};
use world::{Shared, World};

/// A running server; the providers' APIs are at [`Self::base`]. Dropping it stops it; the handles stay
/// usable but reach nobody.
pub struct Sms {
    shared: Arc<Shared>,
    _stop_on_drop: DropGuard,
}

counterpart!(Sms, last_call);

impl Sms {
    pub async fn start(options: Options) -> Result<Self, Error> {
        let place = Place { service: "SMS", listen: options.listen, user_agent: "beseda-sandbox" };
        let (shared, _stop_on_drop) =
            place.serve(options, World::default(), (), http::router).await?;
        Ok(Self { shared, _stop_on_drop })
    }

    /// What stands for a provider's own address (`https://gate.smsaero.ru/v2/`,
    /// `https://smsc.ru/sys/`, `https://api.exolve.ru/`).
    #[must_use]
    pub fn base(&self, provider: Provider) -> String {
        self.shared.base(provider)
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

/// The last call, for the text of a time-out.
fn last_call(shared: &Shared) -> String {
    shared.world().calls.back().map(|call| format!("{call:?}")).unwrap_or_default()
}
