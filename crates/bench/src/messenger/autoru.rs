//! Chats of Auto.ru: a dealer for each company, whose ChatId is the proof.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use async_trait::async_trait;
use sandbox::autoru::{self, Dealer, Faults, Options, Outcome};
use serde_json::{Value, json};
use url::Url;

use super::{Account, Apart, Call, Effect, Hook, Kind, Messenger, OPENING, Said, Sending};
use crate::line;

pub struct Autoru {
    sandbox: Apart<autoru::Autoru>,
    dealers: Mutex<Vec<Dealer>>,
}

impl Autoru {
    pub async fn start() -> Result<Self> {
        let options = Options { kept: 1_000_000, ..Options::quick() };
        let sandbox = Apart::start(autoru::Autoru::start(options)).await?;
        Ok(Self { sandbox, dealers: Mutex::default() })
    }

    fn dealer(&self, account: &str) -> Result<Dealer> {
        let dealers = self.dealers.lock().unwrap_or_else(PoisonError::into_inner);
        let found = dealers.iter().find(|dealer| chat_id(dealer) == account).cloned();
        found.context("no such dealer")
    }
}

/// As the dealer chooses it.
fn chat_id(dealer: &Dealer) -> String {
    format!("bench-dealer-{}", dealer.id)
}

fn buyer(customer: i64) -> String {
    format!("b{customer}")
}

#[async_trait]
impl Messenger for Autoru {
    fn kind(&self) -> Kind {
        Kind::Autoru
    }

    fn sending(&self) -> Sending {
        Sending::Idempotent
    }

    async fn account(&self, nth: usize) -> Result<Account> {
        let dealer = self.sandbox.add_dealer(&format!("Автосалон {nth}"));
        let name = chat_id(&dealer);
        self.dealers.lock().unwrap_or_else(PoisonError::into_inner).push(dealer);
        let settings = json!({ "chat_id": name, "base_url": self.sandbox.base() });
        Ok(Account { name, settings })
    }

    /// A person copies the address into the dealer's cabinet.
    async fn hook(&self, account: &str, channel: &Value) -> Result<Option<Arc<dyn Hook>>> {
        if channel["state"] != "connected" {
            return Ok(None);
        }
        let values = channel["hand_over"].as_array().cloned().unwrap_or_default();
        let addresses = values.iter().filter_map(|one| one["value"].as_str());
        let mut addresses = addresses.filter_map(|value| Some((value, Url::parse(value).ok()?)));
        let (address, url) = addresses.next().context("no address to copy")?;
        self.dealer(account)?.enter(account, address);
        let path = format!("{}?chat_id={account}", url.path());
        Ok(Some(Arc::new(DealerHook { path })))
    }

    async fn meet(&self, account: &str, customer: i64) -> Result<()> {
        // Deliveries are spawned on the counterpart's own threads.
        let dealer = self.dealer(account)?;
        let _entered = self.sandbox.enter();
        dealer.buyer(&buyer(customer), &format!("Клиент {customer}")).writes(0, OPENING);
        Ok(())
    }

    async fn lose_answer(&self, account: &str) {
        if let Ok(dealer) = self.dealer(account) {
            dealer.set_faults(Faults { drop_answer: 1, ..Faults::default() });
        }
    }

    async fn calls(&self, account: &str) -> Result<Vec<Call>> {
        let calls = self.dealer(account)?.calls().into_iter().filter(|call| call.kind == "text");
        let effect = |outcome: &Outcome| match outcome {
            Outcome::Accepted => Effect::Told,
            Outcome::AnswerLost => Effect::Untold,
            Outcome::Repeated | Outcome::RequestDropped | Outcome::Refused { .. } => Effect::None,
        };
        Ok(calls
            .map(|call| Call { effect: effect(&call.outcome), text: call.text.unwrap_or_default() })
            .collect())
    }
}

/// Where messages of buyers go, with the ChatId in the query.
#[derive(Debug)]
struct DealerHook {
    path: String,
}

impl Hook for DealerHook {
    fn request(&self, to: SocketAddr, said: &Said<'_>) -> Vec<u8> {
        line::post(to, &self.path, &[line::JSON], &message(said))
    }
}

fn message(said: &Said<'_>) -> String {
    let Said { customer, number, text } = *said;
    let buyer = buyer(customer);
    format!(
        r#"{{"sender":{{"id":"{buyer}","name":"Клиент {customer}","photo":"https://images.example.test/1.jpg","url":"https://auto.ru/cars/used/sale/1-1/","title":"Kia Rio IV, 1490000 руб"}},"message":{{"type":"text","id":"n{number}","text":"{text}"}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_json_of_the_documented_shape() {
        let text = message(&Said { customer: 77, number: 9, text: "Здравствуйте" });
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["sender"]["id"], "b77");
        assert_eq!(value["message"]["id"], "n9");
        assert_eq!(value["message"]["type"], "text");
        assert_eq!(value["message"]["text"], "Здравствуйте");
    }
}
