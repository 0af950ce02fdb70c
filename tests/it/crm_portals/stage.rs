//! A company, and a CRM that counts what it is asked.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use app::{Actor, App, PortalApp, SignUp};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use crm::{
    AppKeys, Caller, Connect, ConnectHints, Crm, CrmError, Grant, GrantError, PortalInfo, Returned,
    TokenSays, Whereabouts,
};
use domain::{
    attribution::Attribution,
    channel::ChannelKind,
    clock::Clock,
    content::Content,
    conversation::{ConversationKind, Direction},
    crm::{
        Action, Answer, CrmId, CrmKind, CrmUser, Directory, Effect, Entity, PortalTrouble, Question,
    },
    crm_view::PortalView,
    ids::{
        ChannelId, ContactId, ConversationId, IdentityId, Ids, IntegrationId, MessageId, PortalId,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use store::{
    LinkData, LinkState, LinkWritten, NewChannel, NewJob, NewLink,
    intake::{Item, Person, Stored},
};
use tests::Database;
use url::Url;
use uuid::Uuid;

struct RandomIds;

impl Ids for RandomIds {
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

pub struct HandClock(pub Mutex<DateTime<Utc>>);

impl Clock for HandClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// A CRM with one account and single-use refresh tokens.
#[derive(Default)]
pub struct Fake {
    /// The pair of this number is the good one.
    pub pair: AtomicUsize,
    pub refreshes: AtomicUsize,
    pub exchanges: AtomicUsize,
    pub hooks: Mutex<Vec<String>>,
    /// What the next refresh comes to instead of a pair.
    pub trouble: Mutex<Option<GrantError>>,
    pub silent: Mutex<bool>,
    /// By which app it was asked for tokens, in order.
    pub asked_by: Mutex<Vec<String>>,
    /// What looking at an account comes to instead, the next ones first.
    pub looks: Mutex<Vec<CrmError>>,
    /// The only host at which the account answers, if it has moved.
    pub home: Mutex<Option<String>>,
    /// What registering a webhook comes to instead.
    pub no_hooks: Mutex<Option<CrmError>>,
}

impl Fake {
    fn grant(&self) -> Grant {
        let n = self.pair.fetch_add(1, Ordering::SeqCst) + 1;
        Grant {
            access: format!("access-{n}").into(),
            refresh: Some(format!("refresh-{n}").into()),
            expires_in: Duration::from_secs(86_400),
        }
    }

    fn is_elsewhere(&self, base: &Url) -> bool {
        let home = self.home.lock().unwrap();
        home.as_ref().is_some_and(|home| base.host_str() != Some(home))
    }

    fn good(&self, what: &str) -> String {
        format!("{what}-{}", self.pair.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Connect for Fake {
    fn hints(&self) -> ConnectHints {
        ConnectHints { hosts: vec!["crm.test".to_owned()], chats: None }
    }

    fn consent(&self, app: &AppKeys, state: &str) -> Url {
        let url = format!("https://crm.test/oauth?client_id={}&state={state}", app.client_id);
        Url::parse(&url).unwrap()
    }

    fn returned(&self, query: &BTreeMap<String, String>) -> Result<Returned, CrmError> {
        if query.contains_key("error") {
            return Ok(Returned::Denied);
        }
        let host = query.get("referer").map(String::as_str).unwrap_or_default();
        let Some((base, site)) = self.portal(host) else {
            let words = domain::text::Words::new("чужой адрес", "a foreign host");
            return Err(CrmError::Rejected { words });
        };
        Ok(Returned::Code { code: query.get("code").unwrap().clone(), base, site })
    }

    fn portal(&self, address: &str) -> Option<(Url, Url)> {
        let url = Url::parse(&format!("https://{address}/")).ok()?;
        url.host_str()?.ends_with(".crm.test").then(|| (url.clone(), url))
    }

    async fn exchange(&self, app: &AppKeys, _: &Url, code: &str) -> Result<Grant, GrantError> {
        self.exchanges.fetch_add(1, Ordering::SeqCst);
        self.asked_by.lock().unwrap().push(app.client_id.clone());
        if app.client_secret.expose_secret() == "wrong" {
            return Err(GrantError::Keys("HTTP 401".to_owned()));
        }
        match code {
            "good" => Ok(self.grant()),
            _ => Err(GrantError::Refused("code".to_owned())),
        }
    }

    async fn refresh(
        &self,
        app: &AppKeys,
        base: &Url,
        refresh: &SecretString,
    ) -> Result<Grant, GrantError> {
        if self.is_elsewhere(base) {
            return Err(GrantError::Elsewhere("HTTP 302".to_owned()));
        }
        self.refreshes.fetch_add(1, Ordering::SeqCst);
        self.asked_by.lock().unwrap().push(app.client_id.clone());
        tokio::time::sleep(Duration::from_millis(300)).await;
        if let Some(trouble) = self.trouble.lock().unwrap().take() {
            return Err(trouble);
        }
        if refresh.expose_secret() != self.good("refresh") {
            return Err(GrantError::Refused("Token has been revoked".to_owned()));
        }
        Ok(self.grant())
    }

    async fn about(&self, caller: &Caller<'_>) -> Result<PortalInfo, CrmError> {
        caller.gate.admit().await?;
        let trouble = self.looks.lock().unwrap().pop();
        if let Some(trouble) = trouble {
            return Err(trouble);
        }
        if self.is_elsewhere(&caller.portal.base) {
            return Err(CrmError::Disconnected { trouble: PortalTrouble::ConnectAgain });
        }
        if *self.silent.lock().unwrap() {
            return Err(CrmError::Retry { after: None, why: "down".to_owned() });
        }
        let token = caller.portal.token.expose_secret();
        if token != self.good("access") && token != "long-lived" {
            return Err(CrmError::TokenExpired);
        }
        let host = caller.portal.site.host_str().unwrap_or_default();
        let has_moved = self.home.lock().unwrap().is_some();
        Ok(PortalInfo {
            external_id: if has_moved { "ecoles.crm.test" } else { host }.to_owned(),
            title: "Школа".to_owned(),
            user_id: Some("1".to_owned()),
            chats_id: None,
            drive: None,
            filters: true,
            unsorted_on: true,
        })
    }

    async fn subscribe(&self, _: &Caller<'_>, hook: &Url) -> Result<(), CrmError> {
        if let Some(trouble) = self.no_hooks.lock().unwrap().clone() {
            return Err(trouble);
        }
        self.hooks.lock().unwrap().push(hook.to_string());
        Ok(())
    }

    async fn unsubscribe(&self, _: &Caller<'_>, hook: &Url) -> Result<(), CrmError> {
        self.hooks.lock().unwrap().retain(|known| *known != hook.to_string());
        Ok(())
    }

    async fn whereabouts(
        &self,
        _: &SecretString,
        refresh: &SecretString,
    ) -> Result<Option<Whereabouts>, GrantError> {
        let home = self.home.lock().unwrap().clone();
        if refresh.expose_secret() != self.good("refresh") {
            return Ok(None);
        }
        Ok(home.and_then(|host| self.portal(&host)).map(|(base, site)| {
            let external_id = "ecoles.crm.test".to_owned();
            Whereabouts { external_id, base, site }
        }))
    }

    fn token_says(&self, token: &SecretString) -> TokenSays {
        let ends_at = (token.expose_secret() == "long-lived").then(token_end);
        TokenSays { client_id: None, ends_at }
    }

    fn switched_off_account(&self, query: &BTreeMap<String, String>) -> Option<String> {
        query.get("account_id").cloned()
    }

    fn switched_off(
        &self,
        app: &AppKeys,
        query: &BTreeMap<String, String>,
    ) -> Result<String, PortalTrouble> {
        let right = format!("signed by {}", app.client_secret.expose_secret());
        let signed = query.get("signature").is_some_and(|s| *s == right);
        signed.then(|| query.get("account_id").unwrap().clone()).ok_or(PortalTrouble::NoRights)
    }
}

/// When the long-lived token ends.
pub fn token_end() -> DateTime<Utc> {
    "2031-05-01T00:00:00Z".parse().unwrap()
}

#[async_trait]
impl Crm for Fake {
    fn kind(&self) -> CrmKind {
        CrmKind::Amo
    }

    fn connect(&self) -> &dyn Connect {
        self
    }

    /// Each account has one user of its own.
    async fn directory(&self, caller: &Caller<'_>) -> Result<Directory, CrmError> {
        let is_first = caller.portal.external_id == "ecoles.crm.test";
        let boss = CrmUser {
            id: if is_first { "1" } else { "2" }.into(),
            name: "Анна".to_owned(),
            email: String::new(),
            active: true,
            admin: true,
            chat_id: None,
        };
        Ok(Directory { users: vec![boss], ..Directory::default() })
    }

    async fn ask(&self, _: &Caller<'_>, _: &Question) -> Result<Answer, CrmError> {
        unreachable!("nothing is asked here")
    }

    async fn perform(&self, _: &Caller<'_>, _: &Action) -> Result<Effect, CrmError> {
        unreachable!("nothing is done here")
    }

    async fn find_done(
        &self,
        _: &Caller<'_>,
        _: &Action,
        _: &[CrmId],
    ) -> Result<Option<Effect>, CrmError> {
        Ok(None)
    }

    fn settles_after(&self) -> Duration {
        Duration::ZERO
    }

    fn card_url(&self, _: &crm::Portal, _: Entity, _: &CrmId) -> Option<Url> {
        None
    }
}

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

impl Stage {
    pub async fn set() -> Self {
        Self::with(Some(keys())).await
    }

    /// `keys`: of the installation's own app.
    pub async fn with(keys: Option<AppKeys>) -> Self {
        let database = Database::create().await;
        let clock = Arc::new(HandClock(Mutex::new(Utc::now())));
        let crm = Arc::new(Fake::default());
        let app = App::new(
            database.store(),
            channel::Registry::default(),
            clock.clone(),
            Arc::new(RandomIds),
            app::Objects::new(Arc::new(object_store::memory::InMemory::new())),
            app::Settings {
                public_url: Url::parse("https://beseda.test/").ok(),
                crm: app::CrmSettings {
                    apps: keys.map(|keys| (CrmKind::Amo, keys)).into_iter().collect(),
                    ..app::CrmSettings::default()
                },
            },
        );
        let app = app.with_crms(crm::Registry::new([crm.clone() as Arc<dyn Crm>]));
        let boss = person(&app).await;
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
        *self.clock.0.lock().unwrap() += TimeDelta::days(n);
    }

    pub async fn channel(&self, name: &str) -> ChannelId {
        let id = ChannelId(Uuid::now_v7());
        let mut tx = self.app.store.tenant(self.boss.account).await.unwrap();
        let new = NewChannel {
            channel_id: id,
            kind: ChannelKind("demo".to_owned()),
            name: name.to_owned(),
            settings: serde_json::Map::new(),
            secrets: BTreeMap::new(),
            hook_secret: String::new().into(),
            hook_key: id.to_string(),
            pinned_employee_id: None,
            scenario_id: None,
            auto_close_minutes: None,
            use_in_widget: false,
        };
        tx.insert_channel(&new).await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}

/// What stands in the database.
impl Stage {
    /// The same company on a server that has no keys.
    pub fn without_keys(&self) -> App {
        let settings = app::Settings {
            public_url: Url::parse("https://beseda.test/").ok(),
            crm: app::CrmSettings::default(),
        };
        let app = App::new(
            self.app.store.clone(),
            channel::Registry::default(),
            self.clock.clone(),
            Arc::new(RandomIds),
            app::Objects::new(Arc::new(object_store::memory::InMemory::new())),
            settings,
        );
        app.with_crms(crm::Registry::new([self.crm.clone() as Arc<dyn Crm>]))
    }

    /// A customer's first words.
    pub async fn conversation(&self, channel: ChannelId) -> (ConversationId, ContactId) {
        let now = Utc::now();
        let item = Item {
            account: self.boss.account,
            channel,
            message_id: MessageId(Uuid::now_v7()),
            new_contact: ContactId(Uuid::now_v7()),
            new_identity: IdentityId(Uuid::now_v7()),
            new_conversation: ConversationId(Uuid::now_v7()),
            person: Person {
                key: None,
                external_id: Uuid::now_v7().to_string(),
                name: "Мария".to_owned(),
                username: String::new(),
                language: None,
                phones: vec![],
                emails: vec![],
            },
            external_id: Uuid::now_v7().to_string(),
            aliases: vec![],
            direction: Direction::Inbound,
            content: Content::text("Здравствуйте".to_owned()),
            files: vec![],
            reply_to: None,
            thread: vec![],
            album: None,
            kind: ConversationKind::Chat,
            automatic: false,
            attribution: Attribution::default(),
            look_up: store::intake::LookUp::default(),
            occurred_at: now,
            now,
            raw: None,
        };
        let contact = item.new_contact;
        let stored = self.app.store.accept(&[item]).await.unwrap().pop();
        let Some(Stored::New { conversation, .. }) = stored else { panic!("{stored:?}") };
        (conversation, contact)
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

pub async fn person(app: &App) -> Actor {
    let form = SignUp {
        company: "Школа".to_owned(),
        name: "Анна".to_owned(),
        email: format!("{}@example.test", Uuid::now_v7().simple()),
        password: "a-long-password-of-hers".to_owned().into(),
        language: "ru".to_owned(),
        user_agent: String::new(),
    };
    let opened = app.sign_up(form).await.unwrap();
    app.authenticate(opened.token.expose_secret()).await.unwrap()
}
