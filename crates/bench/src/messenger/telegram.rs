//! Telegram bots (<https://core.telegram.org/bots/api#update>). The counterpart is the program's own
//! `sandbox` command, as a person would start it.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use async_trait::async_trait;
use reqwest::Client;
use serde_json::{Value, json};
use url::Url;

use super::{Account, Call, Effect, Hook, Kind, Messenger, Said, Sending};
use crate::{
    company::text,
    line,
    stage::{Stage, plain_client},
};

/// Bots of the sandbox, by their numbers.
pub struct Telegram {
    client: Client,
    sandbox: String,
}

impl Telegram {
    pub fn of(stage: &Stage) -> Result<Self> {
        Ok(Self { client: plain_client()?, sandbox: stage.sandbox_url() })
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.client.get(format!("{}{path}", self.sandbox)).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.client.post(format!("{}{path}", self.sandbox)).json(body).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }
}

#[async_trait]
impl Messenger for Telegram {
    fn kind(&self) -> Kind {
        Kind::TelegramBot
    }

    fn sending(&self) -> Sending {
        Sending::Blind
    }

    async fn account(&self, nth: usize) -> Result<Account> {
        let new = json!({ "username": format!("company_{nth}_bot") });
        let bot = self.post("/sandbox/bots", &new).await?;
        let id = bot["id"].as_i64().context("the sandbox made a bot without an id")?;
        let settings = json!({
            "token": bot["token"], "base_url": self.sandbox, "receive": "webhook",
        });
        Ok(Account { name: id.to_string(), settings })
    }

    /// There once our server told the sandbox where updates go.
    async fn hook(&self, account: &str, _channel: &Value) -> Result<Option<Arc<dyn Hook>>> {
        let state = self.get("/sandbox/state").await?;
        let bots = state["bots"].as_array().cloned().unwrap_or_default();
        let id: i64 = account.parse()?;
        let bot = bots.iter().find(|bot| bot["id"] == id).context("the bot is gone")?;
        let Some(url) = bot["webhook"].as_str() else { return Ok(None) };
        let path = Url::parse(url)?.path().to_owned();
        Ok(Some(Arc::new(BotHook { path, secret: text(bot, "webhook_secret")? })))
    }

    async fn meet(&self, account: &str, customer: i64) -> Result<()> {
        let person = json!({ "id": customer, "first_name": name(customer) });
        self.post("/sandbox/customers", &person).await?;
        self.post(&format!("/sandbox/chats/{account}/{customer}/start"), &json!({})).await?;
        Ok(())
    }

    async fn lose_answer(&self, account: &str) {
        let faults = format!("/sandbox/bots/{account}/faults");
        // A fault that cannot be set shows as too few answers lost.
        let _ = self.post(&faults, &json!({ "drop_answer": 1 })).await;
    }

    async fn calls(&self, account: &str) -> Result<Vec<Call>> {
        let calls = self.get(&format!("/sandbox/bots/{account}/calls")).await?;
        Ok(calls.as_array().into_iter().flatten().filter_map(call).collect())
    }
}

fn call(call: &Value) -> Option<Call> {
    if call["method"] != "sendmessage" {
        return None;
    }
    let outcome = &call["outcome"];
    let effect = if outcome["accepted"].is_object() {
        Effect::Told
    } else if outcome["answer_dropped"].is_object() {
        Effect::Untold
    } else {
        Effect::None
    };
    Some(Call { text: call["text"].as_str().unwrap_or_default().to_owned(), effect })
}

/// How a customer is called: in the CRM too.
pub fn name(customer: i64) -> String {
    format!("Клиент {customer}")
}

/// Where updates of one bot go.
#[derive(Debug)]
struct BotHook {
    /// Path of the webhook's URL.
    path: String,
    /// The `secret_token` that was given to `setWebhook`.
    secret: String,
}

impl Hook for BotHook {
    fn request(&self, to: SocketAddr, said: &Said<'_>) -> Vec<u8> {
        let header = ("X-Telegram-Bot-Api-Secret-Token", self.secret.as_str());
        line::post(to, &self.path, &[line::JSON, header], &update(said))
    }
}

/// A text message of a private chat.
fn update(said: &Said<'_>) -> String {
    let Said { customer, number, text } = *said;
    let update = customer * 1_000_000 + number;
    let date = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let name = name(customer);
    format!(
        r#"{{"update_id":{update},"message":{{"message_id":{number},"from":{{"id":{customer},"is_bot":false,"first_name":"{name}","username":"customer_{customer}","language_code":"ru"}},"chat":{{"id":{customer},"first_name":"{name}","username":"customer_{customer}","type":"private"}},"date":{date},"text":"{text}"}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_json_of_the_documented_shape() {
        let text = update(&Said { customer: 77, number: 9, text: "Здравствуйте" });
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["update_id"], 77_000_009);
        assert_eq!(value["message"]["message_id"], 9);
        assert_eq!(value["message"]["chat"]["type"], "private");
        assert_eq!(value["message"]["from"]["id"], 77);
        assert_eq!(value["message"]["text"], "Здравствуйте");
    }

    #[test]
    fn outcomes_of_the_sandbox_are_told_apart() {
        let of = |outcome: Value| {
            call(&json!({ "method": "sendmessage", "text": "x", "outcome": outcome }))
                .map(|call| call.effect)
        };
        assert_eq!(of(json!({ "accepted": { "message_ids": [1] } })), Some(Effect::Told));
        assert_eq!(of(json!({ "answer_dropped": { "message_ids": [1] } })), Some(Effect::Untold));
        assert_eq!(of(json!("request_dropped")), Some(Effect::None));
        assert_eq!(of(json!({ "refused": { "code": 429 } })), Some(Effect::None));
        assert_eq!(call(&json!({ "method": "getme" })), None);
    }
}
