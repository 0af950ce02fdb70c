//! Access to CRMs and the integrations that use it, in short forms.

use chrono::Utc;
use domain::{
    crm::{CrmKind, PortalMode},
    ids::PortalId,
};
use sandbox::amo::{Amo, Integration};
use serde_json::{Value, json};
use store::{NewPortal, PortalAbout, PortalSecrets};
use url::Url;
use uuid::Uuid;

use crate::{Answer, Session, until};

/// Settings of an integration that passes a channel on; `more`: what it sets beside that, or instead.
pub fn amo_settings(channel: &str, more: &Value) -> Value {
    let mut settings = json!({"crm": "amo", "channels": [{"channel": channel}]});
    for (key, value) in more.as_object().expect("settings") {
        settings[key] = value.clone();
    }
    settings
}

/// A portal of amoCRM where nobody answers.
pub fn bare_portal(external_id: &str) -> NewPortal {
    let id = PortalId(Uuid::now_v7());
    NewPortal {
        portal_id: id,
        kind: CrmKind::Amo,
        mode: PortalMode::Full,
        external_id: external_id.to_owned(),
        base: "http://127.0.0.1:9/".to_owned(),
        site: "https://secret.amocrm.ru/".to_owned(),
        secrets: PortalSecrets::default(),
        token_expires_at: None,
        about: PortalAbout::default(),
        hook_key: id.to_string(),
        created_at: Utc::now(),
    }
}

impl Session {
    /// Allows our app in the browser, at the account's own page; `form`: how consent is asked for.
    /// What we answer when the browser is back.
    pub async fn consents(
        &self,
        amo: &Amo,
        app: &Integration,
        account: &str,
        form: &Value,
    ) -> Answer {
        let asked = self.post("/api/v1/crm/portals/consent", form, 200).await.json();
        let page = Url::parse(asked["url"].as_str().expect("a page")).expect("an address");
        let given = |name: &str| {
            let found = page.query_pairs().find(|(key, _)| key == name);
            found.expect("a parameter").1.into_owned()
        };
        assert_eq!(given("client_id"), app.client_id);
        let back = amo.consent_redirect(&app.client_id, &given("state"), account).expect("allowed");
        self.get(back.strip_prefix(self.url()).expect("our own address"), 303).await
    }

    /// Connects the account `acme` by consent and waits for its lists; the portal's id.
    pub async fn joins(&self, amo: &Amo, app: &Integration) -> String {
        self.consents(amo, app, "acme", &json!({"kind": "amo"})).await;
        until("the lists are pulled", async || {
            let page = self.get("/api/v1/crm/portals", 200).await.json();
            let id = page["items"][0]["portal_id"].as_str()?.to_owned();
            let lists = self.get(&format!("/api/v1/crm/portals/{id}/directory"), 200).await.json();
            let users = lists["users"].as_array().is_some_and(|users| !users.is_empty());
            (users && page["items"][0]["state"] == "connected").then_some(id)
        })
        .await
    }

    /// Enters the keys of our channel of chats.
    pub async fn connects_chats(&self, portal: &str, app: &Integration) {
        let channel = app.channel.as_ref().expect("a channel of chats");
        let form =
            json!({"channel_id": channel.id, "secret": channel.secret, "bot_id": channel.bot_id});
        self.put(&format!("/api/v1/crm/portals/{portal}/chats"), &form, 200).await;
    }

    /// Adds an integration of a portal; its path.
    pub async fn integrates(&self, portal: &str, name: &str, settings: &Value) -> String {
        let form = json!({"portal_id": portal, "name": name, "enabled": true,
            "settings": settings});
        let made = self.post("/api/v1/crm/integrations", &form, 201).await.json();
        format!("/api/v1/crm/integrations/{}", made["integration_id"].as_str().expect("an id"))
    }

    /// Saves other settings of an integration.
    pub async fn sets(&self, integration: &str, settings: &Value) {
        let now = self.get(integration, 200).await.json();
        let form = json!({"revision": now["revision"], "name": now["name"], "enabled": true,
            "settings": settings});
        self.put(integration, &form, 200).await;
    }
}
