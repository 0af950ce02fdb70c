//! A customer with a Telegram bot on one side, people of amoCRM on the other.

use std::ops::Deref;

use sandbox::{
    amo::{Account, chats::ChatShown},
    sms::{self, Provider, Sms},
    telegram::{self, Bot, Customer, Shown, Telegram},
};
use serde_json::{Value, json};
use tests::{PATIENCE, Session, Way, amo_settings, connect};

use super::house::{House, Passing};

pub struct Stage {
    pub house: House,
    pub telegram: Telegram,
    pub bot: Bot,
    /// The bot's.
    pub channel: String,
    pub portal: String,
    integration: String,
}

impl Deref for Stage {
    type Target = House;

    fn deref(&self) -> &House {
        &self.house
    }
}

impl Stage {
    pub async fn set() -> Self {
        Self::start(|_, _| json!({})).await
    }

    /// Portal, chats channel and integration are connected; `chats`: what is set for them.
    pub async fn start(chats: impl FnOnce(&Account, &str) -> Value) -> Self {
        Self::with(|account, channel| json!({"chats": chats(account, channel)})).await
    }

    /// Chats beside unsorted records (AMO-4), with a task for each enquiry.
    pub async fn unsorted() -> Self {
        Self::with(|_, _| {
            json!({"chats": {}, "method": {"method": "unsorted"},
                "tasks": {"due_minutes": 60, "owner": "contact_card"}})
        })
        .await
    }

    /// `set`: what the integration sets beside its channel.
    pub async fn with(set: impl FnOnce(&Account, &str) -> Value) -> Self {
        let house = House::start().await;
        let telegram = Telegram::start(telegram::Options::quick()).await.unwrap();
        let bot = telegram.add_bot("shop_bot");
        let channel = bot_channel(&house.owner, &telegram, &bot).await;
        let set = set(&house.account, &channel);
        let Passing { portal, integration } = house.passes_on(&house.owner, &channel, &set).await;
        Self { house, telegram, bot, channel, portal, integration }
    }

    /// A customer has written, and it is in the CRM.
    pub async fn asked(text: &str) -> (Self, Customer, ChatShown) {
        let stage = Self::set().await;
        let customer = stage.customer();
        let chat = stage.asks(&customer, text).await;
        (stage, customer, chat)
    }

    /// Saves other settings of the integration.
    pub async fn save(&self, set: Value) {
        self.owner.sets(&self.integration, &amo_settings(&self.channel, &set)).await;
    }

    pub fn customer(&self) -> Customer {
        self.telegram.customer(77, "Иван", None)
    }

    /// The customer writes; the chat in which it is shown.
    pub async fn asks(&self, customer: &Customer, text: &str) -> ChatShown {
        customer.sends_text(&self.bot, text);
        self.shows(text).await.0
    }

    /// The customer's telephone shows this.
    pub async fn reaches(&self, customer: &Customer, text: &str) -> Shown {
        customer.wait_for_text(&self.bot, PATIENCE, text).await.unwrap()
    }

    /// A user of the CRM writes in the chat, and the customer has it; the message's id.
    pub async fn user_answers(&self, customer: &Customer, chat: &ChatShown, text: &str) -> String {
        let id = self.user_writes(chat, text);
        self.reaches(customer, text).await;
        id
    }

    /// Another company of the same account of the CRM, with a bot of its own.
    pub async fn neighbour(&self, set: impl FnOnce(&Session, &str) -> Value) -> (Session, Bot) {
        let other = self.server.sign_up().await;
        let bot = self.telegram.add_bot("other_bot");
        let channel = bot_channel(&other, &self.telegram, &bot).await;
        let set = set(&other, &channel);
        self.passes_on(&other, &channel, &set).await;
        (other, bot)
    }

    /// A number for SMS beside the bot, passed on too; `set`: what is set beside the channels.
    pub async fn with_sms(&self, set: Value) -> Line {
        const NUMBER: &str = "79160000001";
        let provider = Provider::SmsAero;
        let sms = Sms::start(sms::Options::quick()).await.unwrap();
        let ours = sms.add_account("Romashka", NUMBER);
        ours.register_sender(NUMBER);
        let phone = sms.phone("79165554433");
        let keys = ours.credentials();
        let form = json!({"kind": "sms", "name": "SMS", "settings": {
            "provider": "sms_aero", "login": keys.email, "key": keys.aero_key,
            "number": format!("+{NUMBER}"), "base_url": sms.base(provider)}});
        let made = self.owner.connects(&form).await;
        ours.set_callback(provider, made["hand_over"][0]["value"].as_str().unwrap());
        let channel = made["channel_id"].as_str().unwrap().to_owned();
        let mut both = json!({"chats": {}, "channels": [
            {"channel": self.channel}, {"channel": channel}]});
        both.as_object_mut().unwrap().extend(set.as_object().unwrap().clone());
        self.save(both).await;
        Line { channel, ours, phone, _sms: sms }
    }
}

/// Whoever has a bot's channel connected; its id.
async fn bot_channel(owner: &Session, telegram: &Telegram, bot: &Bot) -> String {
    let channel = connect(owner, telegram, bot, Way::Webhook).await;
    channel["channel_id"].as_str().unwrap().to_owned()
}

/// A number for SMS and a person who has a telephone.
pub struct Line {
    pub channel: String,
    ours: sms::Account,
    phone: sms::Phone,
    _sms: Sms,
}

impl Line {
    pub fn writes(&self, text: &str) {
        self.phone.writes(&self.ours, text);
    }

    pub async fn reaches(&self, text: &str) {
        self.phone.wait_for(&self.ours, PATIENCE, text).await.unwrap();
    }
}
