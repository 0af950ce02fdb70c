//! Viber bots: the body is signed with the bot's token
//! (<https://developers.viber.com/docs/api/rest-bot-api/#callbacks>).

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use sandbox::viber::{self, Bot, Faults, Options, Outcome};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::Mutex;
use url::Url;

use super::{
    Account, Apart, Call, Effect, Hook, Kind, Messenger, Names, OPENING, Said, Sending, now_ms,
};
use crate::line;

pub struct Viber {
    sandbox: Apart<viber::Viber>,
    bots: Mutex<HashMap<String, (Bot, Names)>>,
}

impl Viber {
    pub async fn start() -> Result<Self> {
        // Customers' messages do not go through the sandbox, so it sees nobody answer the bot.
        let options = Options { kept: 1_000_000, unanswered: 1_000_000, ..Options::quick() };
        let sandbox = Apart::start(viber::Viber::start(options)).await?;
        Ok(Self { sandbox, bots: Mutex::default() })
    }

    async fn bot(&self, account: &str) -> Result<(Bot, Names)> {
        self.bots.lock().await.get(account).cloned().context("no such bot")
    }
}

#[async_trait]
impl Messenger for Viber {
    fn kind(&self) -> Kind {
        Kind::Viber
    }

    fn sending(&self) -> Sending {
        Sending::Blind
    }

    async fn account(&self, nth: usize) -> Result<Account> {
        let bot = self.sandbox.add_bot(&format!("Бот {nth}"), &format!("bench_{nth}"));
        let name = bot.id();
        let settings = json!({ "token": bot.token(), "base_url": self.sandbox.url() });
        self.bots.lock().await.insert(name.clone(), (bot, Names::default()));
        Ok(Account { name, settings })
    }

    async fn hook(&self, account: &str, channel: &Value) -> Result<Option<Arc<dyn Hook>>> {
        let (bot, names) = self.bot(account).await?;
        let (Some(url), true) = (bot.webhook_url(), channel["state"] == "connected") else {
            return Ok(None);
        };
        let path = Url::parse(&url)?.path().to_owned();
        Ok(Some(Arc::new(BotHook { path, token: bot.token(), names })))
    }

    async fn meet(&self, account: &str, customer: i64) -> Result<()> {
        let (bot, names) = self.bot(account).await?;
        let _entered = self.sandbox.enter();
        let person = self.sandbox.customer(&format!("Клиент {customer}"));
        names.learn(customer, person.id_at(&bot));
        person.subscribes(&bot);
        person.sends_text(&bot, OPENING);
        Ok(())
    }

    async fn lose_answer(&self, account: &str) {
        if let Ok((bot, _)) = self.bot(account).await {
            bot.set_faults(Faults { drop_answer: 1, ..Faults::default() });
        }
    }

    async fn calls(&self, account: &str) -> Result<Vec<Call>> {
        let calls = self.bot(account).await?.0.calls().into_iter();
        let effect = |outcome: &Outcome| match outcome {
            Outcome::Accepted => Effect::Told,
            Outcome::AnswerDropped => Effect::Untold,
            Outcome::RequestDropped | Outcome::Refused(_) => Effect::None,
        };
        Ok(calls
            .filter(|call| call.method == "send_message")
            .map(|call| Call { effect: effect(&call.outcome), text: call.text.unwrap_or_default() })
            .collect())
    }
}

#[derive(Debug)]
struct BotHook {
    path: String,
    token: String,
    names: Names,
}

impl Hook for BotHook {
    fn request(&self, to: SocketAddr, said: &Said<'_>) -> Vec<u8> {
        let body = callback(&self.names, said);
        let signature = signature(&self.token, body.as_bytes());
        line::post(to, &self.path, &[line::JSON, ("X-Viber-Content-Signature", &signature)], &body)
    }
}

fn callback(names: &Names, said: &Said<'_>) -> String {
    let Said { customer, number, text } = *said;
    let id = names.of(customer, || format!("bench{customer:014}/+=="));
    // The sandbox's own tokens are time stamps, which are far above.
    let token = customer * 1_000_000 + number;
    let now = now_ms();
    format!(
        r#"{{"event":"message","timestamp":{now},"chat_hostname":"SN-CHAT-BENCH_","message_token":{token},"sender":{{"id":"{id}","name":"Клиент {customer}","language":"ru-RU","country":"RU","api_version":10}},"message":{{"type":"text","text":"{text}"}},"silent":false}}"#
    )
}

/// HMAC-SHA256 of the body with the token for a key, in hexadecimal digits.
fn signature(token: &str, body: &[u8]) -> String {
    // A key may have any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(token.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_json_of_the_documented_shape() {
        let said = Said { customer: 77, number: 9, text: "Здравствуйте" };
        let value: Value = serde_json::from_str(&callback(&Names::default(), &said)).expect("JSON");
        assert_eq!(value["event"], "message");
        assert_eq!(value["message_token"], 77_000_009);
        assert_eq!(value["message"]["text"], "Здравствуйте");
        let known = signature("key", b"The quick brown fox jumps over the lazy dog");
        assert_eq!(known, "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
    }
}
