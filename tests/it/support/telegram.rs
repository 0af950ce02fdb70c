//! A company with a Telegram bot in the sandbox, connected and ready.

use sandbox::telegram::{Bot, Options, Telegram};
use serde_json::{Value, json};

use crate::{Session, TestServer, at_channel, until};

/// Customers on one side, operators on the other.
pub struct TelegramStage {
    pub server: TestServer,
    pub telegram: Telegram,
    pub bot: Bot,
    pub owner: Session,
    /// As the API answers it.
    pub channel: Value,
}

/// How the bot's messages come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Webhook,
    Polling,
}

impl TelegramStage {
    pub async fn start(way: Way) -> Self {
        let server = TestServer::reachable().await;
        let telegram = Telegram::start(Options::quick()).await.expect("the sandbox starts");
        let bot = telegram.add_bot("shop_bot");
        let owner = server.sign_up().await;
        let channel = connect(&owner, &telegram, &bot, way).await;
        Self { server, telegram, bot, owner, channel }
    }

    pub fn channel_id(&self) -> &str {
        self.channel["channel_id"].as_str().expect("an id")
    }
}

/// Connects a bot and waits until it is connected.
pub async fn connect(owner: &Session, telegram: &Telegram, bot: &Bot, way: Way) -> Value {
    let receive = match way {
        Way::Webhook => "webhook",
        Way::Polling => "polling",
    };
    let form = json!({
        "kind": "telegram_bot", "name": "Бот магазина",
        "settings": { "token": bot.token, "base_url": telegram.url(), "receive": receive },
    });
    let made = owner.post("/api/v1/channels", &form, 201).await.json();
    let path = at_channel(&made);
    until("the bot is connected", async || {
        let channel = owner.get(&path, 200).await.json();
        match channel["state"].as_str() {
            Some("connected") => Some(channel),
            Some("connecting" | "interrupted") => None,
            other => panic!("the bot was not connected: {other:?} {channel}"),
        }
    })
    .await
}
