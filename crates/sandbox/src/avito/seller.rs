//! A seller, as a test holds them.

use std::{sync::Arc, time::Duration};

use super::{
    Chat, Delivery, Faults, Tariff, deliver,
    world::{ChatState, Item, Shared, token},
};
use crate::Error;

/// An account at Avito. Cheap to clone.
#[derive(Clone)]
pub struct Seller {
    pub id: i64,
    pub(super) shared: Arc<Shared>,
}

impl Seller {
    /// The seller's own keys: `client_id` and `client_secret`.
    #[must_use]
    pub fn keys(&self) -> (String, String) {
        let world = self.shared.world();
        world
            .sellers
            .get(&self.id)
            .map(|seller| (seller.client_id.clone(), seller.client_secret.clone()))
            .unwrap_or_default()
    }

    /// The keys are replaced: the old ones give no tokens any more.
    pub fn renew_keys(&self) {
        self.shared.change(|world| {
            if let Some(seller) = world.sellers.get_mut(&self.id) {
                seller.client_secret = token();
            }
        });
    }

    /// Access tokens are past their 24 hours.
    pub fn expire_tokens(&self) {
        self.shared.change(|world| {
            let now = world.now();
            for token in world.tokens.values_mut().filter(|token| token.seller == self.id) {
                token.expires = now;
            }
        });
    }

    /// The seller took their consent back, or the keys away: no token of theirs works or is renewed.
    pub fn revoke(&self) {
        self.expire_tokens();
        self.renew_keys();
        self.shared.change(|world| world.refreshes.retain(|_, r| r.seller != self.id));
    }

    pub fn set_tariff(&self, tariff: Tariff) {
        self.shared.change(|world| {
            if let Some(seller) = world.sellers.get_mut(&self.id) {
                seller.tariff = tariff;
            }
        });
    }

    pub fn set_faults(&self, faults: Faults) {
        self.shared.change(|world| {
            if let Some(seller) = world.sellers.get_mut(&self.id) {
                seller.faults = faults;
            }
        });
    }

    /// Registered webhook addresses.
    #[must_use]
    pub fn hooks(&self) -> Vec<String> {
        let world = self.shared.world();
        let seller = world.sellers.get(&self.id);
        seller.map(|s| s.hooks.iter().map(|h| h.url.clone()).collect()).unwrap_or_default()
    }

    /// Numbers of the buyers on this seller's black list.
    #[must_use]
    pub fn blacklist(&self) -> Vec<i64> {
        let world = self.shared.world();
        world
            .sellers
            .get(&self.id)
            .map(|s| s.blacklist.iter().copied().collect())
            .unwrap_or_default()
    }

    /// Avito no longer knows the webhooks.
    pub fn forget_hooks(&self) {
        self.shared.change(|world| {
            if let Some(seller) = world.sellers.get_mut(&self.id) {
                seller.hooks.clear();
            }
        });
    }

    /// Webhooks so far, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        let world = self.shared.world();
        let seller = world.sellers.get(&self.id);
        seller.map(|s| s.deliveries.iter().cloned().collect()).unwrap_or_default()
    }

    /// Sends the last webhook once more.
    pub fn repeat_last(&self) {
        deliver::again(&self.shared, self.id);
    }

    /// Puts up an advertisement.
    pub fn add_item(&self, title: &str, price: &str) -> i64 {
        self.shared.change(|world| {
            let id = world.items.last_key_value().map_or(1_768_287_444, |(id, _)| id + 1);
            let (title, price) = (title.to_owned(), price.to_owned());
            world.items.insert(id, Item { seller: self.id, title, price });
            id
        })
    }

    /// A buyer presses "write to the seller" at an advertisement (`u2i`), or in the seller's profile
    /// (`u2u`). The same buyer at the same advertisement is the same chat.
    pub fn chat_with(&self, buyer: i64, name: &str, item: Option<i64>) -> Chat {
        let id = self.shared.change(|world| {
            world.buyers.insert(buyer, name.to_owned());
            let known = world
                .chats
                .iter()
                .find(|(_, chat)| (chat.seller, chat.buyer, chat.item) == (self.id, buyer, item));
            if let Some((id, _)) = known {
                return id.clone();
            }
            let kind = if item.is_some() { "u2i" } else { "u2u" };
            let id = format!("{kind}-{}~{}", token(), world.next());
            let now = world.now();
            let chat = ChatState {
                seller: self.id,
                buyer,
                kind,
                item,
                created: now,
                updated: now,
                messages: std::collections::VecDeque::new(),
                broken: None,
            };
            world.chats.insert(id.clone(), chat);
            id
        });
        Chat { id, seller: self.id, buyer, shared: Arc::clone(&self.shared) }
    }

    /// Waits until a webhook was answered with 2xx so many times.
    pub async fn wait_for_deliveries(&self, count: usize, timeout: Duration) -> Result<(), Error> {
        let look = || {
            let taken = self.deliveries().iter().filter(|d| d.answer == Ok(200)).count();
            (taken >= count).then_some(())
        };
        self.shared.until(timeout, look, || format!("{:?}", self.deliveries().last())).await
    }
}
