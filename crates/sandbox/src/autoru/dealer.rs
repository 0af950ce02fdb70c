//! The dealer's cabinet.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde_json::Value;

use super::{
    Buyer, Call, Car, Delivery, Faults, Outcome, deliver,
    world::{DealerState, Shared},
};
use crate::Error;

/// A dealer of the sandbox.
#[derive(Clone)]
pub struct Dealer {
    pub id: u64,
    pub(super) shared: Arc<Shared>,
}

/// Whether the cabinet takes what was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    Saved,
    /// Another dealer has this ChatId.
    Taken,
}

pub(super) fn add(shared: &Arc<Shared>, name: &str) -> Dealer {
    let id = shared.change(|world| {
        let id = world.dealers.last_key_value().map_or(1, |(id, _)| id + 1);
        let car = |n: u64, title: &str| Car {
            title: title.to_owned(),
            url: format!(
                "https://auto.ru/cars/used/sale/{}-{id}{n}/",
                1_100_000_000 + id * 100 + n
            ),
            photo: format!("{}/sandbox/car.svg", shared.url),
        };
        let cars = vec![
            car(1, "Lada (ВАЗ) Vesta I Рестайлинг, 1250000 руб"),
            car(2, "Kia Rio IV, 1490000 руб"),
        ];
        let dealer = DealerState {
            name: name.to_owned(),
            cars,
            chat_id: String::new(),
            hook: String::new(),
            faults: Faults::default(),
            calls: std::collections::VecDeque::new(),
            deliveries: std::collections::VecDeque::new(),
            known: HashMap::new(),
            last: None,
        };
        world.dealers.insert(id, dealer);
        id
    });
    Dealer { id, shared: Arc::clone(shared) }
}

impl Dealer {
    fn look<T: Default>(&self, look: impl FnOnce(&DealerState) -> T) -> T {
        self.shared.world().dealers.get(&self.id).map(look).unwrap_or_default()
    }

    fn change(&self, change: impl FnOnce(&mut DealerState)) {
        self.shared.change(|world| world.dealers.get_mut(&self.id).map(change));
    }

    /// Puts both values into the cabinet, as a person copies them. A ChatId must name one dealer.
    pub fn enter(&self, chat_id: &str, hook: &str) -> Entered {
        let taken = self.shared.world().dealer_of(chat_id).is_some_and(|other| other != self.id);
        if taken {
            return Entered::Taken;
        }
        self.change(|dealer| {
            chat_id.trim().clone_into(&mut dealer.chat_id);
            hook.trim().clone_into(&mut dealer.hook);
        });
        Entered::Saved
    }

    #[must_use]
    pub fn chat_id(&self) -> String {
        self.look(|dealer| dealer.chat_id.clone())
    }

    /// The address as entered, without `chat_id`.
    #[must_use]
    pub fn hook(&self) -> String {
        self.look(|dealer| dealer.hook.clone())
    }

    #[must_use]
    pub fn cars(&self) -> Vec<Car> {
        self.look(|dealer| dealer.cars.clone())
    }

    /// A person who writes to dealers; calling again with the same id renames them.
    pub fn buyer(&self, id: &str, name: &str) -> Buyer {
        self.shared.change(|world| world.buyers.insert(id.to_owned(), name.to_owned()));
        Buyer { id: id.to_owned(), dealer: self.clone() }
    }

    pub fn set_faults(&self, faults: Faults) {
        self.change(|dealer| dealer.faults = faults);
    }

    #[must_use]
    pub fn faults(&self) -> Faults {
        self.look(|dealer| dealer.faults)
    }

    /// Sends the last delivery once more, as it was.
    pub fn repeat_last(&self) -> bool {
        let Some(last) = self.look(|dealer| dealer.last.clone()) else { return false };
        deliver::start(&self.shared, self.id, last);
        true
    }

    /// Sends a body as it stands, with a `chat_id` of the caller's choice, and tells the answer:
    /// what somebody may do who found the address out.
    pub async fn forge(&self, chat_id: Option<&str>, body: &Value) -> Result<u16, String> {
        deliver::post(&self.shared, &self.hook(), chat_id, body).await
    }

    /// Calls with this dealer's ChatId, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.look(|dealer| dealer.calls.iter().cloned().collect())
    }

    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.look(|dealer| dealer.deliveries.iter().cloned().collect())
    }

    /// Calls of one kind that buyers saw the effect of.
    #[must_use]
    pub fn took_effect(&self, kind: &str) -> usize {
        let effective = |call: &&Call| {
            call.kind == kind && matches!(call.outcome, Outcome::Accepted | Outcome::AnswerLost)
        };
        self.look(|dealer| dealer.calls.iter().filter(effective).count())
    }

    /// Waits until a delivery of this message was answered with 200.
    pub async fn delivered(&self, message: &str, timeout: Duration) -> Result<u32, Error> {
        let look = || {
            self.deliveries()
                .into_iter()
                .find(|d| d.message_id == message && d.answer == Ok(200))
                .map(|d| d.attempt)
        };
        self.shared.until(timeout, look, || format!("{:?}", self.deliveries().last())).await
    }
}
