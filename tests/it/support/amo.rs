//! A company with a Telegram bot and an amoCRM account in the sandbox, connected and ready.

use std::net::TcpListener;

use sandbox::{
    amo::{self, Account, Amo, Integration, Limits},
    telegram::{self, Bot, Customer, Telegram},
};
use serde_json::{Value, json};

use crate::{Session, TestServer, Way, connect, until};

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
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let options = amo::Options {
            limits: Limits::off(),
            search_lag: std::time::Duration::ZERO,
            ..amo::Options::default()
        };
        let amo = Amo::start(options).await.unwrap();
        let account = amo.add_account("acme");
        let back = format!("{url}/api/v1/crm/oauth/amo");
        let off = format!("{url}/hooks/crm-off/amo");
        let app = amo.add_integration(Integration::named("Беседа", &back).with_disable_hook(&off));
        let server = TestServer::start_with(|config| {
            config.http.listen = ([127, 0, 0, 1], port).into();
            config.public_url = Some(format!("{url}/").parse().unwrap());
            config.crm.longest_pause = std::time::Duration::from_millis(300);
            let ours = &mut config.crm.amo;
            ours.client_id = Some(app.client_id.clone());
            ours.client_secret = Some(app.client_secret.clone().into());
            ours.api = format!("{}/a/{{subdomain}}", amo.url());
            ours.consent = format!("{}/oauth", amo.url()).parse().unwrap();
            ours.chats = format!("{}/amojo", amo.url()).parse().unwrap();
            ours.search_lag = std::time::Duration::from_millis(200);
        })
        .await;
        let telegram = Telegram::start(telegram::Options::quick()).await.unwrap();
        let bot = telegram.add_bot("shop_bot");
        let owner = server.sign_up().await;
        let channel = connect(&owner, &telegram, &bot, Way::Webhook).await;
        let channel = channel["channel_id"].as_str().unwrap().to_owned();
        let portal = consent(&owner, &amo, &app, &url).await;
        let mut stage = Self {
            server,
            telegram,
            bot,
            amo,
            account,
            app,
            owner,
            channel,
            portal,
            integration: String::new(),
        };
        let form = json!({"portal_id": stage.portal, "name": "Продажи", "enabled": true,
            "settings": stage.settings(more)});
        let made = stage.owner.post("/api/v1/crm/integrations", &form, 201).await.json();
        let id = made["integration_id"].as_str().unwrap();
        stage.integration = format!("/api/v1/crm/integrations/{id}");
        stage
    }

    pub fn settings(&self, more: Value) -> Value {
        let mut settings = json!({"crm": "amo", "channels": [{"channel": self.channel}]});
        for (key, value) in more.as_object().unwrap() {
            settings[key] = value.clone();
        }
        settings
    }

    pub async fn save(&self, more: Value) {
        let now = self.owner.get(&self.integration, 200).await.json();
        let form = json!({"revision": now["revision"], "name": "Продажи", "enabled": true,
            "settings": self.settings(more)});
        self.owner.put(&self.integration, &form, 200).await;
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

/// Gives consent in the browser of the owner, and waits until users and funnels are known.
async fn consent(owner: &Session, amo: &Amo, app: &Integration, url: &str) -> String {
    let asked = owner.post("/api/v1/crm/portals/consent", &json!({"kind": "amo"}), 200).await;
    let page = url::Url::parse(asked.json()["url"].as_str().unwrap()).unwrap();
    let (_, state) = page.query_pairs().find(|(name, _)| name == "state").unwrap();
    let back = amo.consent_redirect(&app.client_id, &state, "acme").unwrap();
    owner.get(back.strip_prefix(url).unwrap(), 303).await;
    until("the lists are pulled", async || {
        let page = owner.get("/api/v1/crm/portals", 200).await.json();
        let id = page["items"][0]["portal_id"].as_str()?.to_owned();
        let lists = owner.get(&format!("/api/v1/crm/portals/{id}/directory"), 200).await.json();
        let users = lists["users"].as_array().is_some_and(|users| !users.is_empty());
        (users && page["items"][0]["state"] == "connected").then_some(id)
    })
    .await
}
