//! A counterpart of Avito's messenger API, with buyers who look at advertisements behind it.
//!
//! Rules follow Avito's own OpenAPI documents (developers.avito.ru: messenger, authorization, user).
//! Where they are silent it is strict, and says so where it is: webhooks are never repeated by
//! themselves, and a request outside of the documented shape is refused and noted as a violation.

mod answer;
mod api;
mod buyer;
mod check;
mod deliver;
mod faults;
mod http;
mod oauth;
mod options;
mod page;
mod seller;
mod send;
mod world;

use std::{sync::Arc, time::Duration};

use tokio_util::sync::DropGuard;

pub use buyer::{Chat, Shown};
pub use deliver::Delivery;
pub use faults::{Faults, Scope};
pub use http::Call;
pub use options::{Limits, Options};
pub use seller::Seller;
pub use world::{App, Tariff};

use crate::{
    Error,
    serving::{Place, counterpart},
};
use world::{Shared, World};

/// A running server, with the consent page at `/oauth`. Dropping it stops it; the handles stay usable but reach nobody.
pub struct Avito {
    shared: Arc<Shared>,
    _stop_on_drop: DropGuard,
}

counterpart!(Avito, |_| "see the calls and the chats".to_owned());

impl Avito {
    pub async fn start(options: Options) -> Result<Self, Error> {
        let place =
            Place { service: "Avito", listen: options.listen, user_agent: "Go-http-client/1.1" };
        let (shared, _stop_on_drop) =
            place.serve(options, World::default(), (), http::router).await?;
        Ok(Self { shared, _stop_on_drop })
    }

    /// A seller with keys of their own and the subscription that the messenger's API needs.
    pub fn add_seller(&self, name: &str) -> Seller {
        let id = self.shared.world().sellers.last_key_value().map_or(94_235_311, |(id, _)| id + 7);
        self.add_seller_with(id, name, &format!("seller-{id}"), &world::token())
    }

    /// A seller of the caller's choice of number and keys: the same at every start.
    pub fn add_seller_with(&self, id: i64, name: &str, client_id: &str, secret: &str) -> Seller {
        self.shared.change(|world| world.add_seller(id, name, client_id, secret));
        Seller { id, shared: Arc::clone(&self.shared) }
    }

    /// An app that asks sellers for their consent, known by these keys.
    pub fn add_app(&self, name: &str, redirect_uri: &str) -> App {
        self.add_app_with(App {
            name: name.to_owned(),
            client_id: format!("app-{}", world::token()),
            client_secret: world::token(),
            redirect_uri: redirect_uri.to_owned(),
        })
    }

    pub fn add_app_with(&self, app: App) -> App {
        self.shared.change(|world| world.apps.insert(app.client_id.clone(), app.clone()));
        app
    }

    /// The whole address to which the consent page sends the seller's browser back.
    pub fn consent(&self, app: &App, seller: &Seller, scope: &str, state: &str) -> Option<String> {
        oauth::allowed(&self.shared, &app.client_id, seller.id, scope, state)
    }

    /// Skips time on the sandbox's clock: tokens grow old, messages can no longer be deleted.
    pub fn advance(&self, by: Duration) {
        self.shared.change(|world| world.skew += by.as_secs() as i64);
    }

    /// Requests that are not as the documents say; a driver's tests want none.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.shared.world().violations.clone()
    }

    /// Calls so far, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.world().calls.iter().cloned().collect()
    }

    /// How many calls of an operation took effect: `send`, `token`, `chats` … ([`Call::operation`]).
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        let world = self.shared.world();
        world.calls.iter().filter(|c| c.operation == operation && c.status == 200).count()
    }
}
