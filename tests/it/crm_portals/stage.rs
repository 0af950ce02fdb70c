//! A company, and a CRM that counts what it is asked.

use std::sync::Arc;

use app::{Actor, App, PortalApp};
use chrono::{TimeDelta, Utc};
use crm::{AppKeys, Crm};
use domain::{
    crm::{CrmKind, Entity},
    crm_view::PortalView,
    ids::{ChannelId, ContactId, ConversationId, IntegrationId, PortalId},
};
use serde_json::json;
use store::{LinkData, LinkState, LinkWritten, NewJob, NewLink, Store};
use tests::{Database, HandClock, bare_channel, founder, newcomer, use_cases};
use url::Url;
use uuid::Uuid;

use super::fake::Fake;

pub struct Stage {
    pub app: App,
    pub crm: Arc<Fake>,
    pub clock: Arc<HandClock>,
    pub boss: Actor,
    pub database: Database,
}

pub fn keys() -> AppKeys {
    AppKeys {
        client_id: "our-app".to_owned(),
        client_secret: "our-secret".to_owned().into(),
        redirect_uri: Url::parse("https://beseda.test/api/v1/crm/oauth/amo").unwrap(),
    }
}

/// A server with the keys of its own app, or without.
fn server(store: Store, clock: &Arc<HandClock>, crm: &Arc<Fake>, keys: Option<AppKeys>) -> App {
    let settings = app::Settings {
        public_url: Url::parse("https://beseda.test/").ok(),
        crm: app::CrmSettings {
            apps: keys.map(|keys| (CrmKind::Amo, keys)).into_iter().collect(),
            ..app::CrmSettings::default()
        },
    };
    let app = use_cases(store, channel::Registry::default(), clock, settings);
    app.with_crms(crm::Registry::new([crm.clone() as Arc<dyn Crm>]))
}

impl Stage {
    pub async fn set() -> Self {
        Self::with(Some(keys())).await
    }

    /// `keys`: of the installation's own app.
    pub async fn with(keys: Option<AppKeys>) -> Self {
        let database = Database::create().await;
        let clock = HandClock::set();
        let crm = Arc::new(Fake::default());
        let app = server(database.store(), &clock, &crm, keys);
        let boss = founder(&app).await;
        Self { app, crm, clock, boss, database }
    }

    /// What the browser carries to the CRM and back.
    pub async fn state(&self, portal: Option<PortalId>) -> String {
        self.state_by(portal, PortalApp::Same).await
    }

    pub async fn state_by(&self, portal: Option<PortalId>, by: PortalApp) -> String {
        let url = self.app.portal_consent(&self.boss, CrmKind::Amo, portal, by).await.unwrap();
        url.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned()
    }

    pub async fn back(&self, state: &str, host: &str) -> Result<PortalId, &'static str> {
        self.back_as(Some(&self.boss), state, host, "good").await
    }

    pub async fn back_as(
        &self,
        browser: Option<&Actor>,
        state: &str,
        host: &str,
        code: &str,
    ) -> Result<PortalId, &'static str> {
        let query = [("state", state), ("referer", host), ("code", code)];
        let query = query.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let back = self.app.portal_returned(browser, CrmKind::Amo, &query).await;
        back.map_err(|fault| fault.code)
    }

    pub async fn connect(&self) -> PortalId {
        self.connect_to("ecoles.crm.test").await
    }

    pub async fn connect_to(&self, host: &str) -> PortalId {
        let id = self.back(&self.state(None).await, host).await.unwrap();
        self.work(id).await;
        id
    }

    pub async fn view(&self, id: PortalId) -> PortalView {
        self.app.portal(&self.boss, id).await.unwrap()
    }

    /// The CRM's message that its admin switched an app off.
    pub async fn told_off(&self, secret: &str) -> Result<(), app::Error> {
        let signature = format!("signed by {secret}");
        let pairs = [("account_id", "ecoles.crm.test"), ("signature", &signature)];
        let query = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        self.app.portal_switched_off(CrmKind::Amo, &query).await
    }

    /// Does what a worker does for a new portal.
    pub async fn work(&self, id: PortalId) {
        let job = json!({ "job": "connect_portal", "portal": id });
        self.app.run(self.boss.account, &job, 0).await.unwrap();
    }

    pub async fn check(&self, id: PortalId) -> PortalView {
        self.app.check_portal(&self.boss, id).await.unwrap()
    }

    pub fn days(&self, n: i64) {
        self.clock.pass(TimeDelta::days(n));
    }

    pub async fn channel(&self, name: &str) -> ChannelId {
        bare_channel(&self.app.store, self.boss.account, "demo", name).await
    }
}

/// What stands in the database.
impl Stage {
    /// The same company on a server that has no keys.
    pub fn without_keys(&self) -> App {
        server(self.app.store.clone(), &self.clock, &self.crm, None)
    }

    /// A customer's first words.
    pub async fn conversation(&self, channel: ChannelId) -> (ConversationId, ContactId) {
        newcomer(&self.app.store, self.boss.account, channel).await
    }

    pub async fn tx(&self) -> store::TenantTx {
        self.app.store.tenant(self.boss.account).await.unwrap()
    }

    /// A deal of ours.
    pub async fn link(&self, portal: PortalId, contact: ContactId, deal: &str) {
        let mut tx = self.tx().await;
        tx.put_crm_link(&NewLink {
            link_id: Uuid::now_v7(),
            portal_id: portal,
            entity: Entity::Deal,
            external_id: deal.into(),
            contact_id: contact,
            conversation_id: None,
            data: LinkData::default(),
            state: LinkState::Open,
            written: LinkWritten::default(),
            created_at: Utc::now(),
        })
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    /// Deals of ours at a portal.
    pub async fn links(&self, portal: PortalId, contact: ContactId) -> Vec<String> {
        let links = self.tx().await.crm_links(portal, contact).await.unwrap();
        links.into_iter().map(|link| link.external_id.to_string()).collect()
    }

    /// Who would pass this conversation on.
    pub async fn concerned(&self, conversation: ConversationId) -> Vec<IntegrationId> {
        let concerned = self.tx().await.crm_concerned(&[conversation], &[]).await.unwrap();
        concerned.into_iter().map(|c| c.integration).collect()
    }

    pub async fn passed_on(&self, by: IntegrationId, c: ConversationId, position: i64) {
        let mut tx = self.tx().await;
        let mut enquiry = tx.lock_crm_enquiry(by, c).await.unwrap();
        enquiry.passed_position = position;
        enquiry.contact_stamp = "stamp".to_owned();
        tx.save_crm_enquiry(&enquiry).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn passed(&self, by: IntegrationId, c: ConversationId) -> Option<i64> {
        let enquiry = self.tx().await.crm_enquiry(by, c).await.unwrap();
        enquiry.map(|enquiry| enquiry.passed_position)
    }

    /// A job that waits in the portal's lane.
    pub async fn queued(
        &self,
        portal: PortalId,
        contact: ContactId,
        by: IntegrationId,
        conversation: ConversationId,
    ) {
        let mut tx = self.tx().await;
        tx.push(NewJob {
            lane: format!("crm:{portal}:{contact}"),
            queue: "crm",
            payload: json!({ "job": "sync_crm", "integration": by, "conversation": conversation }),
            run_at: None,
        });
        tx.commit().await.unwrap();
    }

    /// The job that passes on what a portal missed.
    pub async fn missed(&self, portal: PortalId) -> serde_json::Value {
        sqlx::query_scalar("select payload from jobs where lane = $1")
            .bind(format!("crm-missed:{portal}"))
            .fetch_one(&mut self.database.connect().await)
            .await
            .unwrap()
    }

    /// Jobs that wait in the lanes of a portal.
    pub async fn jobs(&self, portal: PortalId) -> Vec<(IntegrationId, ConversationId)> {
        let mut conn = self.database.connect().await;
        let rows: Vec<serde_json::Value> = sqlx::query_scalar(
            "select payload from jobs where starts_with(lane, $1) order by job_id",
        )
        .bind(format!("crm:{portal}:"))
        .fetch_all(&mut conn)
        .await
        .unwrap();
        let id = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
        rows.iter()
            .map(|row| {
                (id(row, "integration").parse().unwrap(), id(row, "conversation").parse().unwrap())
            })
            .collect()
    }
}
