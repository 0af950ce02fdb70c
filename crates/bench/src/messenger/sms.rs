//! SMS by HTTP, of MTS Exolve: the proof is a key in the address. SMPP has no webhooks.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use async_trait::async_trait;
use sandbox::sms::{self, Faults, Options, Outcome, Provider};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use url::Url;

use super::{Account, Apart, Call, Effect, Hook, Kind, Messenger, OPENING, Said, Sending};
use crate::line;

const PROVIDER: Provider = Provider::Exolve;
/// The sandbox's own ids are far above.
const IDS_FROM: i64 = 1_000_000_000;

pub struct Sms {
    sandbox: Apart<sms::Sms>,
    accounts: Mutex<HashMap<String, sms::Account>>,
}

impl Sms {
    pub async fn start() -> Result<Self> {
        let options = Options { kept: 1_000_000, tries: 20, ..Options::quick() };
        let sandbox = Apart::start(sms::Sms::start(options)).await?;
        Ok(Self { sandbox, accounts: Mutex::default() })
    }

    async fn of(&self, account: &str) -> Result<sms::Account> {
        self.accounts.lock().await.get(account).cloned().context("no such account")
    }
}

/// A phone that nobody has.
fn phone(customer: i64) -> String {
    format!("7999{customer:07}")
}

#[async_trait]
impl Messenger for Sms {
    fn kind(&self) -> Kind {
        Kind::Sms
    }

    fn sending(&self) -> Sending {
        Sending::Blind
    }

    async fn account(&self, nth: usize) -> Result<Account> {
        let number = format!("7495{nth:07}");
        let account = self.sandbox.add_account(&format!("Company {nth}"), &number);
        account.register_sender(&number);
        account.set_balance(1_000_000);
        let settings = json!({
            "provider": "exolve", "number": format!("+{number}"),
            "key": account.credentials().exolve_key, "base_url": self.sandbox.base(PROVIDER),
        });
        self.accounts.lock().await.insert(number.clone(), account);
        Ok(Account { name: number, settings })
    }

    /// A person copies the address into the provider's cabinet.
    async fn hook(&self, account: &str, channel: &Value) -> Result<Option<Arc<dyn Hook>>> {
        if channel["state"] != "connected" {
            return Ok(None);
        }
        let address = channel["hand_over"][0]["value"].as_str().context("no address to copy")?;
        self.of(account).await?.set_callback(PROVIDER, address);
        let url = Url::parse(address)?;
        let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        Ok(Some(Arc::new(NumberHook { path, number: account.to_owned() })))
    }

    async fn meet(&self, account: &str, customer: i64) -> Result<()> {
        let account = self.of(account).await?;
        let _entered = self.sandbox.enter();
        self.sandbox.phone(&phone(customer)).writes(&account, OPENING);
        Ok(())
    }

    async fn lose_answer(&self, account: &str) {
        if let Ok(account) = self.of(account).await {
            account.set_faults(Faults { drop_answer: 1, ..Faults::default() });
        }
    }

    async fn calls(&self, account: &str) -> Result<Vec<Call>> {
        let calls = self.of(account).await?.calls().into_iter();
        let effect = |outcome: &Outcome| match outcome {
            Outcome::Accepted => Effect::Told,
            Outcome::AnswerDropped => Effect::Untold,
            Outcome::RequestDropped | Outcome::Refused(_) => Effect::None,
        };
        let sends = calls.filter_map(|call| Some((call.text?, effect(&call.outcome))));
        Ok(sends.map(|(text, effect)| Call { text, effect }).collect())
    }
}

#[derive(Debug)]
struct NumberHook {
    path: String,
    number: String,
}

impl Hook for NumberHook {
    fn request(&self, to: SocketAddr, said: &Said<'_>) -> Vec<u8> {
        line::post(to, &self.path, &[line::JSON], &received(&self.number, said))
    }
}

fn received(number: &str, said: &Said<'_>) -> String {
    let Said { customer, number: nth, text } = *said;
    let (id, from) = (IDS_FROM + customer * 1_000_000 + nth, phone(customer));
    format!(
        r#"{{"message_id":"{id}","application_uuid":"5a1e7a4e-9a0c-4d5e-8f61-0c4b3b9f0001","date":"2026-11-22T10:00:00.000Z","number":"{number}","sender":"{from}","receiver":"{number}","text":"{text}","direction":1,"segments_count":1,"billing_status":2,"channel":1}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_json_of_the_documented_shape() {
        let text = received("74950000001", &Said { customer: 77, number: 9, text: "Здравствуйте" });
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["sender"], "79990000077");
        assert_eq!(value["receiver"], "74950000001");
        assert_eq!(value["direction"], 1);
    }
}
