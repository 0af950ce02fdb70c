//! Each rule that the Telegram counterpart enforces, asked with a plain HTTP client.
//!
//! The product's tests of Telegram (CH-5), of channel states (CH-13), of the content of messages
//! (CV-6) and of uncertain sending (CV-7) lean on what is proved here.
#![expect(
    clippy::disallowed_methods,
    reason = "a test owns its tasks and its HTTP client; the crate under test is the far side"
)]
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod amo_chats;
mod amo_page;
mod avito;
mod faults;
mod hook;
mod methods;
mod page;
mod receiver;
mod sms;
mod updates;
mod viber;
mod webhook;

use std::time::Duration;

use sandbox::telegram::{Bot, Customer, Options, Telegram};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);

/// The first bytes of a real 1x1 PNG: enough for the header check.
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

struct Api {
    telegram: Telegram,
    bot: Bot,
    anna: Customer,
    client: reqwest::Client,
}

impl Api {
    async fn start() -> Self {
        Self::with(Options::quick()).await
    }

    async fn with(options: Options) -> Self {
        let telegram = Telegram::start(options).await.unwrap();
        let bot = telegram.add_bot("shop_bot");
        let anna = telegram.customer(501, "Анна", Some("anna"));
        Self { telegram, bot, anna, client: reqwest::Client::new() }
    }

    /// With a chat that the customer has opened, and no updates left from that.
    async fn opened() -> Self {
        let api = Self::start().await;
        api.open().await;
        api
    }

    async fn open(&self) {
        let started = self.anna.starts(&self.bot, None);
        let next = json!({"offset": started.update_id + 1});
        assert_eq!(self.result("getUpdates", next).await, json!([]));
    }

    fn url(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.telegram.url(), self.bot.token)
    }

    async fn call(&self, method: &str, args: Value) -> (u16, Value) {
        let sent = self.client.post(self.url(method)).json(&args).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap())
    }

    async fn form(&self, method: &str, form: reqwest::multipart::Form) -> (u16, Value) {
        let sent = self.client.post(self.url(method)).multipart(form).send().await.unwrap();
        (sent.status().as_u16(), sent.json().await.unwrap())
    }

    #[track_caller]
    fn ok((status, body): (u16, Value)) -> Value {
        assert_eq!((status, &body["ok"]), (200, &json!(true)), "{body}");
        body["result"].clone()
    }

    async fn result(&self, method: &str, args: Value) -> Value {
        Self::ok(self.call(method, args).await)
    }

    /// Expects a refusal whose status line and body agree.
    async fn refused(&self, method: &str, args: Value) -> (u16, String) {
        refusal(self.call(method, args).await)
    }

    async fn says(&self, text: &str) -> Value {
        self.result("sendMessage", json!({"chat_id": self.anna.id, "text": text})).await
    }
}

#[track_caller]
fn refusal((status, body): (u16, Value)) -> (u16, String) {
    assert_eq!(body["ok"], json!(false), "{body}");
    assert_eq!(body["error_code"], json!(status), "{body}");
    (status, body["description"].as_str().unwrap().to_owned())
}

fn said(code: u16, description: &str) -> (u16, String) {
    (code, description.to_owned())
}
