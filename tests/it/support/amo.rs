//! A company with a Telegram bot and an amoCRM account in the sandbox, connected and ready.

use std::time::Duration;

use sandbox::{
    amo::{self, Account, Amo, Integration, Limits},
    telegram::{self, Bot, Customer, Telegram},
};
use serde_json::Value;
use server::Config;

use crate::{Session, TestServer, Way, amo_settings, connect, free_address, until};

/// A server beside an account of amoCRM that knows it.
pub struct AmoHouse {
    pub server: TestServer,
    pub amo: Amo,
    pub account: Account,
    /// Our integration there.
    pub app: Integration,
}

impl AmoHouse {
    /// Without limits of the CRM. `app`: what our integration has beside its name, by the address of the
    /// server; `more`: what else the server is told.
    pub async fn start(
        options: amo::Options,
        app: impl FnOnce(Integration, &str) -> Integration,
        more: impl FnOnce(&mut Config),
    ) -> Self {
        let address = free_address();
        let url = format!("http://{address}");
        let options = amo::Options { limits: Limits::off(), ..options };
        let amo = Amo::start(options).await.unwrap();
        let account = amo.add_account("acme");
        let named = Integration::named("Беседа", &format!("{url}/api/v1/crm/oauth/amo"));
        let app = amo.add_integration(app(named, &url));
        let server = TestServer::reachable_at(address, |config| {
            let ours = &mut config.crm.amo;
            ours.client_id = Some(app.client_id.clone());
            ours.client_secret = Some(app.client_secret.clone().into());
            ours.api = format!("{}/a/{{subdomain}}", amo.url());
            ours.consent = format!("{}/oauth", amo.url()).parse().unwrap();
            ours.chats = format!("{}/amojo", amo.url());
            more(config);
        })
        .await;
        Self { server, amo, account, app }
    }

    /// The same with a channel of chats that is registered for us.
    pub async fn with_chats(more: impl FnOnce(&mut Config)) -> Self {
        let with_chats = |app: Integration, url: &str| {
            app.with_channel(&format!("{url}/hooks/crm-chats/:scope_id"))
        };
        Self::start(amo::Options::default(), with_chats, more).await
    }
}

/// Customers on one side, people of the CRM on the other.
pub struct AmoStage {
    pub server: TestServer,
    pub telegram: Telegram,
    pub bot: Bot,
    pub amo: Amo,
    pub account: Account,
    pub app: Integration,
    pub owner: Session,
    pub channel: String,
    pub portal: String,
    /// Where its settings are saved.
    pub integration: String,
}

impl AmoStage {
    /// The channel is passed on; `more`: settings beside that.
    pub async fn start(more: Value) -> Self {
        let options = amo::Options { search_lag: Duration::ZERO, ..amo::Options::default() };
        let with_hook = |app: Integration, url: &str| {
            app.with_disable_hook(&format!("{url}/hooks/crm-off/amo"))
        };
        let house = AmoHouse::start(options, with_hook, |config| {
            config.crm.longest_pause = Duration::from_millis(300);
            config.crm.amo.search_lag = Duration::from_millis(200);
        })
        .await;
        let AmoHouse { server, amo, account, app } = house;
        let telegram = Telegram::start(telegram::Options::quick()).await.unwrap();
        let bot = telegram.add_bot("shop_bot");
        let owner = server.sign_up().await;
        let channel = connect(&owner, &telegram, &bot, Way::Webhook).await;
        let channel = channel["channel_id"].as_str().unwrap().to_owned();
        let portal = owner.joins(&amo, &app).await;
        let integration =
            owner.integrates(&portal, "Продажи", &amo_settings(&channel, &more)).await;
        Self { server, telegram, bot, amo, account, app, owner, channel, portal, integration }
    }

    pub async fn save(&self, more: Value) {
        self.owner.sets(&self.integration, &amo_settings(&self.channel, &more)).await;
    }

    pub fn customer(&self, id: i64, name: &str) -> Customer {
        self.telegram.customer(id, name, None)
    }

    /// As the API answers it, once it is there.
    pub async fn conversation(&self, name: &str) -> Value {
        self.owner.conversation_with(name).await
    }

    /// The newest lines of a conversation about the CRM: what happened, in order.
    pub async fn lines(&self, conversation: &Value) -> Vec<Value> {
        let id = conversation["conversation_id"].as_str().unwrap();
        let path = format!("/api/v1/conversations/{id}/messages?limit=100");
        let page = self.owner.get(&path, 200).await.json();
        let messages = page["items"].as_array().cloned().unwrap_or_default();
        messages
            .into_iter()
            .filter(|m| m["body"]["happened"] == "crm")
            .flat_map(|m| m["body"]["items"].as_array().cloned().unwrap_or_default())
            .collect()
    }

    pub async fn line(&self, conversation: &Value, what: &str) -> Value {
        until(&format!("a line about {what}"), async || {
            self.lines(conversation).await.into_iter().find(|line| line["what"] == what)
        })
        .await
    }

    pub async fn runs(&self, query: &str) -> Vec<Value> {
        let path = format!("/api/v1/crm/runs?{query}");
        self.owner.get(&path, 200).await.json()["items"].as_array().unwrap().clone()
    }

    /// Until all work for the CRM is done.
    pub async fn settled(&self) {
        until("all CRM work is done", async || {
            let path = format!("/api/v1/crm/portals/{}", self.portal);
            let portal = self.owner.get(&path, 200).await.json();
            (portal["waiting"] == 0).then_some(())
        })
        .await;
    }

    pub async fn portal_state(&self, wanted: &str) -> Value {
        until(&format!("the portal is {wanted}"), async || {
            let path = format!("/api/v1/crm/portals/{}", self.portal);
            let portal = self.owner.get(&path, 200).await.json();
            (portal["state"] == wanted).then_some(portal)
        })
        .await
    }
}
