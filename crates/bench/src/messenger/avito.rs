//! Avito's messenger: the proof is the address (<https://developers.avito.ru/api-catalog/messenger>).

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use async_trait::async_trait;
use sandbox::avito::{self, Chat, Faults, Limits, Options, Seller};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use url::Url;

use super::{
    Account, Apart, Call, Effect, Hook, Kind, Messenger, Names, OPENING, Said, Sending, now_ms,
};
use crate::line;

pub struct Avito {
    sandbox: Apart<avito::Avito>,
    sellers: Mutex<HashMap<String, (Seller, Names)>>,
}

impl Avito {
    pub async fn start() -> Result<Self> {
        let limits = Limits::of(1_000_000);
        let options = Options { limits, calls_kept: 1_000_000, ..Options::default() };
        let sandbox = Apart::start(avito::Avito::start(options)).await?;
        Ok(Self { sandbox, sellers: Mutex::default() })
    }

    async fn seller(&self, account: &str) -> Result<(Seller, Names)> {
        self.sellers.lock().await.get(account).cloned().context("no such seller")
    }

    async fn chat(&self, account: &str, customer: i64) -> Result<Chat> {
        let (seller, names) = self.seller(account).await?;
        let chat = seller.chat_with(customer, &format!("Клиент {customer}"), None);
        names.learn(customer, chat.id.clone());
        Ok(chat)
    }
}

#[async_trait]
impl Messenger for Avito {
    fn kind(&self) -> Kind {
        Kind::Avito
    }

    fn sending(&self) -> Sending {
        Sending::Reported
    }

    async fn account(&self, nth: usize) -> Result<Account> {
        let seller = self.sandbox.add_seller(&format!("Продавец {nth}"));
        let (client_id, client_secret) = seller.keys();
        let name = seller.id.to_string();
        let settings = json!({
            "mode": "keys", "client_id": client_id, "client_secret": client_secret,
            "base_url": self.sandbox.url(),
        });
        self.sellers.lock().await.insert(name.clone(), (seller, Names::default()));
        Ok(Account { name, settings })
    }

    async fn hook(&self, account: &str, channel: &Value) -> Result<Option<Arc<dyn Hook>>> {
        let (seller, names) = self.seller(account).await?;
        let hooks = seller.hooks();
        let (Some(url), true) = (hooks.first(), channel["state"] == "connected") else {
            return Ok(None);
        };
        let url = Url::parse(url)?;
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok(Some(Arc::new(SellerHook { path, seller: seller.id, names })))
    }

    async fn introduce(&self, account: &str, customer: i64) -> Result<()> {
        self.chat(account, customer).await.map(|_| ())
    }

    async fn meet(&self, account: &str, customer: i64) -> Result<()> {
        let chat = self.chat(account, customer).await?;
        let _entered = self.sandbox.enter();
        chat.says(OPENING);
        Ok(())
    }

    async fn lose_answer(&self, account: &str) {
        if let Ok((seller, _)) = self.seller(account).await {
            seller.set_faults(Faults { drop_answer: 1, ..Faults::default() });
        }
    }

    async fn calls(&self, account: &str) -> Result<Vec<Call>> {
        let id = self.seller(account).await?.0.id;
        let sends = self.sandbox.calls().into_iter();
        let sends = sends.filter(|call| call.seller == Some(id) && call.operation == "send");
        Ok(sends
            .map(|call| {
                let effect = match (call.answer_dropped, call.status) {
                    (true, _) => Effect::Untold,
                    (false, 200) => Effect::Told,
                    (false, _) => Effect::None,
                };
                Call { text: call.told.unwrap_or_default(), effect }
            })
            .collect())
    }
}

#[derive(Debug)]
struct SellerHook {
    path: String,
    seller: i64,
    names: Names,
}

impl Hook for SellerHook {
    fn request(&self, to: SocketAddr, said: &Said<'_>) -> Vec<u8> {
        line::post(to, &self.path, &[line::JSON], &message(self.seller, &self.names, said))
    }
}

fn message(seller: i64, names: &Names, said: &Said<'_>) -> String {
    let Said { customer, number, text } = *said;
    let chat = names.of(customer, || format!("u2u-bench~{customer}"));
    let created = now_ms() / 1000;
    format!(
        r#"{{"id":"bench-{customer}-{number}","version":"v3.0.0","timestamp":{created},"payload":{{"type":"message","value":{{"id":"b{customer}n{number}","chat_id":"{chat}","chat_type":"u2u","user_id":{seller},"author_id":{customer},"created":{created},"published_at":"2026-11-22T10:00:00Z","type":"text","content":{{"text":"{text}"}},"item_id":null,"read":null}}}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_json_of_the_documented_shape() {
        let said = Said { customer: 77, number: 9, text: "Здравствуйте" };
        let value: Value =
            serde_json::from_str(&message(5, &Names::default(), &said)).expect("JSON");
        assert_eq!(value["payload"]["value"]["author_id"], 77);
        assert_eq!(value["payload"]["value"]["user_id"], 5);
        assert_eq!(value["payload"]["value"]["content"]["text"], "Здравствуйте");
    }
}
