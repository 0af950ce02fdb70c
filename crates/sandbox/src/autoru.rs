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

use std::sync::Arc;

use tokio_util::sync::DropGuard;

pub use buyer::{Buyer, Shown};
pub use dealer::{Dealer, Entered};
pub use faults::Faults;
pub use options::Options;
pub use record::{Call, Delivery, Outcome};
pub use world::Car;

use crate::{
    Error,
    serving::{Place, counterpart},
};
use world::{Shared, World};

/// A running counterpart. Dropping it stops it; the handles stay usable but reach nobody.
pub struct Autoru {
    shared: Arc<Shared>,
    _stop_on_drop: DropGuard,
}

counterpart!(Autoru, |_| "see the calls and the deliveries".to_owned());

impl Autoru {
    pub async fn start(options: Options) -> Result<Self, Error> {
        let place =
            Place { service: "Auto.ru", listen: options.listen, user_agent: "beseda-sandbox" };
        let (shared, _stop_on_drop) =
            place.serve(options, World::default(), (), http::router).await?;
        Ok(Self { shared, _stop_on_drop })
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

    /// A dealer with two cars on sale and nothing entered in the cabinet yet.
    pub fn add_dealer(&self, name: &str) -> Dealer {
        dealer::add(&self.shared, name)
    }

    /// Requests that no reading of the document allows. Tests hold this to be empty.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.shared.world().violations.iter().cloned().collect()
    }
}
