//! Communities of VK: events carry the callback server's secret
//! (<https://dev.vk.com/ru/api/callback/getting-started>).

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    sync::Arc,
};

use anyhow::{Context, Result};
use async_trait::async_trait;
use sandbox::vk::{self, Community, Faults, Options, Outcome};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use url::Url;

use super::{Account, Apart, Call, Effect, Hook, Kind, Messenger, OPENING, Said, Sending, now_ms};
use crate::{company::text, line};

pub struct Vk {
    sandbox: Apart<vk::Vk>,
    communities: Mutex<HashMap<String, Community>>,
}

impl Vk {
    pub async fn start() -> Result<Self> {
        // Echoes that nobody takes while the server is down must not switch the server off.
        let options =
            Options { kept: 1_000_000, calls_per_second: None, retries: 20, ..Options::quick() };
        let sandbox = Apart::start(vk::Vk::start(options)).await?;
        Ok(Self { sandbox, communities: Mutex::default() })
    }

    async fn community(&self, account: &str) -> Result<Community> {
        self.communities.lock().await.get(account).cloned().context("no such community")
    }
}

#[async_trait]
impl Messenger for Vk {
    fn kind(&self) -> Kind {
        Kind::Vk
    }

    fn sending(&self) -> Sending {
        Sending::Idempotent
    }

    async fn account(&self, nth: usize) -> Result<Account> {
        let community = self.sandbox.add_community(&format!("Сообщество {nth}"));
        let name = community.id.to_string();
        let settings = json!({
            "token": community.key, "base_url": self.sandbox.url(), "receive": "callback",
        });
        self.communities.lock().await.insert(name.clone(), community);
        Ok(Account { name, settings })
    }

    async fn hook(&self, account: &str, channel: &Value) -> Result<Option<Arc<dyn Hook>>> {
        let community = self.community(account).await?;
        let servers = community.servers();
        let ours = servers.iter().find(|server| server["status"] == "ok");
        let (Some(ours), true) = (ours, channel["state"] == "connected") else { return Ok(None) };
        let path = Url::parse(&text(ours, "url")?)?.path().to_owned();
        let secret = text(ours, "secret_key")?;
        Ok(Some(Arc::new(CommunityHook { path, secret, community: community.id })))
    }

    async fn introduce(&self, _account: &str, customer: i64) -> Result<()> {
        self.sandbox.customer(customer, "Клиент", &customer.to_string());
        Ok(())
    }

    async fn meet(&self, account: &str, customer: i64) -> Result<()> {
        let community = self.community(account).await?;
        let _entered = self.sandbox.enter();
        let person = self.sandbox.customer(customer, "Клиент", &customer.to_string());
        person.sends_text(&community, OPENING);
        Ok(())
    }

    async fn lose_answer(&self, account: &str) {
        if let Ok(community) = self.community(account).await {
            community.set_faults(Faults { drop_answer: 1, ..Faults::default() });
        }
    }

    /// A send with a number that took effect before has none again.
    async fn calls(&self, account: &str) -> Result<Vec<Call>> {
        let id = self.community(account).await?.id;
        let mut seen = HashSet::new();
        let sends = self.sandbox.calls().into_iter();
        let sends = sends.filter(|call| call.community == id && call.method == "messages.send");
        Ok(sends
            .map(|call| {
                let number = call.params.get("random_id").map(Value::to_string);
                let effect = match call.outcome {
                    _ if call.took_effect() && !seen.insert(number) => Effect::None,
                    Outcome::Accepted => Effect::Told,
                    Outcome::AnswerDropped => Effect::Untold,
                    Outcome::RequestDropped | Outcome::Refused { .. } => Effect::None,
                };
                Call { text: call.param("message").unwrap_or_default().to_owned(), effect }
            })
            .collect())
    }
}

#[derive(Debug)]
struct CommunityHook {
    path: String,
    secret: String,
    community: i64,
}

impl Hook for CommunityHook {
    fn request(&self, to: SocketAddr, said: &Said<'_>) -> Vec<u8> {
        line::post(to, &self.path, &[line::JSON], &event(self.community, &self.secret, said))
    }
}

fn event(community: i64, secret: &str, said: &Said<'_>) -> String {
    let Said { customer, number, text } = *said;
    let id = customer * 1_000_000 + number;
    let date = now_ms() / 1000;
    format!(
        r#"{{"type":"message_new","group_id":{community},"event_id":"bench{id}","v":"5.199","object":{{"message":{{"id":{number},"conversation_message_id":{number},"date":{date},"from_id":{customer},"peer_id":{customer},"out":0,"text":"{text}","version":{id},"attachments":[],"fwd_messages":[],"important":false,"is_hidden":false,"random_id":0}},"client_info":{{"button_actions":["text"],"keyboard":true,"inline_keyboard":true,"carousel":false,"lang_id":0}}}},"secret":"{secret}"}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_json_of_the_documented_shape() {
        let text = event(22, "s", &Said { customer: 77, number: 9, text: "Здравствуйте" });
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["type"], "message_new");
        assert_eq!(value["object"]["message"]["peer_id"], 77);
        assert_eq!(value["object"]["message"]["text"], "Здравствуйте");
        assert_eq!(value["secret"], "s");
    }
}
