//! A counterpart of amoCRM: accounts with people in them, the account API v4, tokens, webhooks,
//! files, and the chats API.
//!
//! Rules follow <https://www.amocrm.ru/developers/content>; where it is silent, a comment says which
//! reading was taken. It enforces what the service enforces: single use of codes and refresh tokens,
//! 7 requests a second, strict validation of writes with whole batches refused, empty lists as 204.
//! What it does not know: customers, catalogs, events, mail, widgets.

mod account_api;
mod acts;
mod answer;
mod audit;
pub mod chats;
mod check;
mod clock;
mod complex;
mod contact_chats;
mod contacts;
mod draft;
mod drive;
mod events;
mod faults;
mod fields;
mod gate;
mod hooks;
mod http;
mod journal;
mod known;
mod leads;
mod limits;
mod links;
mod listing;
mod notes;
mod oauth;
mod options;
mod outbox;
mod page;
mod people;
mod php;
mod search;
mod seed;
mod shape;
mod sift;
mod sources;
mod tags;
mod tasks;
mod unsorted;
mod values;
mod world;
mod write;

use std::{sync::Arc, time::Duration};

use tokio_util::sync::DropGuard;

pub use audit::Audit;
pub use faults::{Faults, Outage, Scope, Switches};
pub use hooks::Delivery;
pub use journal::Entry;
pub use oauth::Grants;
pub use options::{Limits, Options};
pub use people::{Account, Person, Stage};
pub use world::{Channel, Integration, Kind};

use crate::{
    Error,
    serving::{Place, counterpart},
};
use clock::Clock;
use world::{Shared, World};

/// A running server, with everything below its address: `/a/{subdomain}/api/v4/…`, `/oauth`,
/// `/amojo/v2/…`. Dropping it stops it; the handles stay usable but reach nobody.
pub struct Amo {
    shared: Arc<Shared>,
    _stop_on_drop: DropGuard,
}

counterpart!(Amo, |_| "see the journal".to_owned());

impl Amo {
    pub async fn start(options: Options) -> Result<Self, Error> {
        let place =
            Place { service: "amoCRM", listen: options.listen, user_agent: "amoCRM-Webhooks/3.0" };
        let (clock, world) = (Clock::new(options.clock_speed), World::new(&options));
        let (shared, _stop_on_drop) = place.serve(options, world, clock, http::router).await?;
        Ok(Self { shared, _stop_on_drop })
    }

    /// A small Russian company: an admin, managers, one who has left; three pipelines, fields of
    /// most types. Calling again with the same name gives the same account.
    pub fn add_account(&self, subdomain: &str) -> Account {
        let (id, amojo_id) = self.shared.change(|world| {
            let known = world.account_of(subdomain);
            let known = known.map(|account| (account.id, account.amojo_id.clone()));
            known.unwrap_or_else(|| {
                let account = seed::account(&mut world.ids, subdomain);
                let told = (account.id, account.amojo_id.clone());
                world.accounts.insert(account.id, account);
                told
            })
        });
        let shared = Arc::clone(&self.shared);
        Account { id, subdomain: subdomain.to_owned(), amojo_id, shared }
    }

    /// All accounts, the oldest first.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        let ids: Vec<i64> = self.shared.world().accounts.keys().copied().collect();
        ids.into_iter().filter_map(|id| Account::of(&self.shared, id)).collect()
    }

    /// Registers an integration; the same `client_id` again replaces what was told before.
    pub fn add_integration(&self, integration: Integration) -> Integration {
        let told = integration.clone();
        self.shared.change(|world| {
            world.integrations.insert(integration.client_id.clone(), integration);
        });
        told
    }

    /// An integration with a channel of the chats API, all by one name; the same at every start.
    pub fn integration(&self, name: &str, redirect_uri: &str) -> Integration {
        self.add_integration(Integration::named(name, redirect_uri))
    }

    /// An admin of the account lets the integration in: the code that its redirect address gets.
    pub fn consent(&self, client_id: &str, subdomain: &str) -> Option<String> {
        oauth::give_code(&self.shared, client_id, subdomain)
    }

    /// The whole address that the consent page would send the admin back to.
    pub fn consent_redirect(
        &self,
        client_id: &str,
        state: &str,
        subdomain: &str,
    ) -> Option<String> {
        oauth::allowed(&self.shared, client_id, state, subdomain).map(Into::into)
    }

    /// Skips time on the sandbox's clock: tokens grow old, webhooks are tried again.
    pub fn advance(&self, by: Duration) {
        self.shared.advance(by);
    }

    /// Unix seconds of the sandbox's clock.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.shared.clock().now()
    }

    /// Requests ever made, by `METHOD /path` with `{id}` in place of ids.
    #[must_use]
    pub fn counts(&self) -> std::collections::BTreeMap<String, u64> {
        self.shared.world().journal.counts(None)
    }

    /// How often the limits of speed were broken, over all accounts.
    #[must_use]
    pub fn breaches(&self) -> u64 {
        self.shared.world().journal.breaches.values().sum()
    }

    /// Requests to all accounts, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.shared.world().journal.entries().cloned().collect()
    }
}
