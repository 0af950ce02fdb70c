//! Connecting CRM accounts, keeping their access and setting integrations, with a CRM that counts what
//! it is asked.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use app::{Actor, App, IntegrationForm, PortalToken, SignUp};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use crm::{
    AppKeys, Caller, Connect, ConnectHints, Crm, CrmError, Grant, GrantError, PortalInfo, Returned,
};
use domain::{
    channel::ChannelKind,
    clock::Clock,
    crm::{
        Action, Answer, CrmId, CrmKind, CrmUser, Directory, Effect, Entity, PortalMode,
        PortalState, PortalTrouble, Question,
    },
    crm_view::PortalView,
    ids::{ChannelId, Ids, PortalId},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use store::NewChannel;
use tests::Database;
use url::Url;
use uuid::Uuid;

struct RandomIds;

impl Ids for RandomIds {
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

struct HandClock(Mutex<DateTime<Utc>>);

impl Clock for HandClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// A CRM with one account and single-use refresh tokens.
#[derive(Default)]
struct Fake {
    /// The pair of this number is the good one.
    pair: AtomicUsize,
    refreshes: AtomicUsize,
    exchanges: AtomicUsize,
    hooks: Mutex<Vec<String>>,
    /// What the next refresh comes to instead of a pair.
    trouble: Mutex<Option<GrantError>>,
    silent: Mutex<bool>,
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

    async fn exchange(&self, _: &AppKeys, _: &Url, code: &str) -> Result<Grant, GrantError> {
        self.exchanges.fetch_add(1, Ordering::SeqCst);
        match code {
            "good" => Ok(self.grant()),
            _ => Err(GrantError::Refused("code".to_owned())),
        }
    }

    async fn refresh(
        &self,
        _: &AppKeys,
        _: &Url,
        refresh: &SecretString,
    ) -> Result<Grant, GrantError> {
        self.refreshes.fetch_add(1, Ordering::SeqCst);
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
        if *self.silent.lock().unwrap() {
            return Err(CrmError::Retry { after: None, why: "down".to_owned() });
        }
        let token = caller.portal.token.expose_secret();
        if token != self.good("access") && token != "long-lived" {
            return Err(CrmError::TokenExpired);
        }
        let host = caller.portal.site.host_str().unwrap_or_default();
        Ok(PortalInfo {
            external_id: host.to_owned(),
            title: "Школа".to_owned(),
            user_id: Some("1".to_owned()),
            chats_id: None,
            drive: None,
            filters: true,
            unsorted_on: true,
        })
    }

    async fn subscribe(&self, _: &Caller<'_>, hook: &Url) -> Result<(), CrmError> {
        self.hooks.lock().unwrap().push(hook.to_string());
        Ok(())
    }

    async fn unsubscribe(&self, _: &Caller<'_>, hook: &Url) -> Result<(), CrmError> {
        self.hooks.lock().unwrap().retain(|known| *known != hook.to_string());
        Ok(())
    }

    fn switched_off(
        &self,
        _: &AppKeys,
        query: &BTreeMap<String, String>,
    ) -> Result<String, PortalTrouble> {
        let signed = query.get("signature").is_some_and(|s| s == "right");
        signed.then(|| query.get("account_id").unwrap().clone()).ok_or(PortalTrouble::NoRights)
    }
}

#[async_trait]
impl Crm for Fake {
    fn kind(&self) -> CrmKind {
        CrmKind::Amo
    }

    fn connect(&self) -> &dyn Connect {
        self
    }

    async fn directory(&self, _: &Caller<'_>) -> Result<Directory, CrmError> {
        let boss = CrmUser {
            id: "1".into(),
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

struct Stage {
    app: App,
    crm: Arc<Fake>,
    clock: Arc<HandClock>,
    boss: Actor,
    database: Database,
}

impl Stage {
    async fn set() -> Self {
        let database = Database::create().await;
        let clock = Arc::new(HandClock(Mutex::new(Utc::now())));
        let crm = Arc::new(Fake::default());
        let keys = AppKeys {
            client_id: "our-app".to_owned(),
            client_secret: "our-secret".to_owned().into(),
            redirect_uri: Url::parse("https://beseda.test/api/v1/crm/oauth/amo").unwrap(),
        };
        let app = App::new(
            database.store(),
            channel::Registry::default(),
            clock.clone(),
            Arc::new(RandomIds),
            app::Objects::new(Arc::new(object_store::memory::InMemory::new())),
            app::Settings {
                public_url: Url::parse("https://beseda.test/").ok(),
                crm: app::CrmSettings {
                    apps: [(CrmKind::Amo, keys)].into(),
                    ..app::CrmSettings::default()
                },
            },
        );
        let app = app.with_crms(crm::Registry::new([crm.clone() as Arc<dyn Crm>]));
        let boss = person(&app).await;
        Self { app, crm, clock, boss, database }
    }

    /// What the browser carries to the CRM and back.
    async fn state(&self, portal: Option<PortalId>) -> String {
        let url = self.app.portal_consent(&self.boss, CrmKind::Amo, portal).await.unwrap();
        url.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned()
    }

    async fn back(&self, state: &str, host: &str) -> Result<PortalId, &'static str> {
        self.back_as(Some(&self.boss), state, host, "good").await
    }

    async fn back_as(
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

    async fn connect(&self) -> PortalId {
        let id = self.back(&self.state(None).await, "ecoles.crm.test").await.unwrap();
        self.work(id).await;
        id
    }

    /// Does what a worker does for a new portal.
    async fn work(&self, id: PortalId) {
        let job = json!({ "job": "connect_portal", "portal": id });
        self.app.run(self.boss.account, &job, 0).await.unwrap();
    }

    async fn check(&self, id: PortalId) -> PortalView {
        self.app.check_portal(&self.boss, id).await.unwrap()
    }

    fn days(&self, n: i64) {
        *self.clock.0.lock().unwrap() += TimeDelta::days(n);
    }

    async fn channel(&self, name: &str) -> ChannelId {
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

async fn person(app: &App) -> Actor {
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

/// AMO-1: consent makes a portal, its webhook is registered and its lists are there; the state that
/// was used is worthless, and so is one of another person's browser.
#[tokio::test]
async fn amo_1_consent_connects_a_portal_once() {
    let stage = Stage::set().await;
    let state = stage.state(None).await;
    let id = stage.back(&state, "ecoles.crm.test").await.unwrap();
    assert_eq!(stage.back(&state, "ecoles.crm.test").await, Err("state"), "used");
    assert_eq!(stage.back("made-up", "ecoles.crm.test").await, Err("state"));
    stage.work(id).await;
    let view = stage.app.portal(&stage.boss, id).await.unwrap();
    assert_eq!(
        (view.state, view.mode, view.title.as_str()),
        (PortalState::Connected, PortalMode::Full, "Школа")
    );
    assert_eq!((view.user_name.as_deref(), view.unsorted_on), (Some("Анна"), true));
    let hooks = stage.crm.hooks.lock().unwrap().clone();
    assert!(
        hooks.len() == 1 && hooks[0].starts_with("https://beseda.test/hooks/crm/"),
        "{hooks:?}"
    );

    let lured = stage.state(None).await;
    let victim = person(&stage.app).await;
    let taken = stage.back_as(Some(&victim), &lured, "victim.crm.test", "good").await;
    assert_eq!(taken, Err("state"), "a prepared link connects nobody else's CRM");
    let nobody = stage.back_as(None, &stage.state(None).await, "victim.crm.test", "good").await;
    assert_eq!(nobody, Err("state"));
    assert_eq!(stage.crm.exchanges.load(Ordering::SeqCst), 1, "no code was sent anywhere");
}

/// AMO-1: a host that is not on the list gets neither our secret nor the code.
#[tokio::test]
async fn amo_1_a_foreign_host_is_refused_before_anything_is_sent() {
    let stage = Stage::set().await;
    for host in ["evil.test", "crm.test.evil.test", "evil.test/ecoles.crm.test"] {
        let state = stage.state(None).await;
        assert_eq!(stage.back(&state, host).await, Err("host"), "{host}");
        assert_eq!(stage.back(&state, "ecoles.crm.test").await, Err("state"), "used up");
    }
    assert_eq!(stage.crm.exchanges.load(Ordering::SeqCst), 0);
    let state = stage.state(None).await;
    let wrong = stage.back_as(Some(&stage.boss), &state, "ecoles.crm.test", "bad").await;
    assert_eq!(wrong, Err("code"));
    assert!(stage.app.portals(&stage.boss).await.unwrap().is_empty());
}

/// The same account of the CRM again is the same portal; another one is not taken for it.
#[tokio::test]
async fn amo_1_connecting_again_keeps_the_portal() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    assert_eq!(stage.back(&stage.state(Some(id)).await, "ecoles.crm.test").await, Ok(id));
    let other = stage.back(&stage.state(Some(id)).await, "other.crm.test").await;
    assert_eq!(other, Err("other_account"));
    let another = stage.back(&stage.state(None).await, "other.crm.test").await.unwrap();
    assert_ne!(another, id);
    assert_eq!(stage.app.portals(&stage.boss).await.unwrap().len(), 2);
}

/// CRM-7: eight at once meet a token at its end; one of them spends the refresh token, all go on.
#[tokio::test]
async fn crm_7_one_refresher_over_all() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    for round in 1..=3 {
        stage.days(2);
        let checks = (0..8).map(|_| stage.check(id));
        for view in futures::future::join_all(checks).await {
            assert_eq!(view.state, PortalState::Connected);
        }
        assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), round);
    }
    stage.check(id).await;
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 3, "a fresh token is left alone");
    // The CRM takes a token back before its time: 401, one refresh, and on.
    stage.crm.pair.fetch_add(1, Ordering::SeqCst);
    let view = stage.check(id).await;
    let trouble = PortalTrouble::ConnectAgain.reason();
    assert_eq!(
        (view.state, view.reason),
        (PortalState::Stopped, Some(trouble)),
        "revoked for good"
    );
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 4);
    assert_eq!(stage.back(&stage.state(Some(id)).await, "ecoles.crm.test").await, Ok(id));
    stage.work(id).await;
    assert_eq!(stage.check(id).await.state, PortalState::Connected);
}

/// CRM-7: a process that dies between the call and its answer leaves a portal that says 'connect
/// again', and nobody guesses with the spent token. A service that was not reached spends nothing.
#[tokio::test]
async fn crm_7_a_lost_answer_stops_the_portal_with_its_reason() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    stage.days(2);
    *stage.crm.trouble.lock().unwrap() = Some(GrantError::NotReached("refused".to_owned()));
    assert_eq!(stage.check(id).await.state, PortalState::Interrupted);
    assert_eq!(stage.check(id).await.state, PortalState::Connected, "tried again, with success");
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 2);

    stage.days(2);
    let mut conn = stage.database.connect().await;
    sqlx::query("update portals set refreshing_until = now() - interval '1 second'")
        .execute(&mut conn)
        .await
        .unwrap();
    let view = stage.check(id).await;
    assert_eq!(
        (view.state, view.remedy),
        (PortalState::Stopped, Some(PortalTrouble::ConnectAgain.remedy()))
    );
    assert_eq!(stage.check(id).await.state, PortalState::Stopped);
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 2, "the spent token is not tried");

    assert_eq!(stage.back(&stage.state(Some(id)).await, "ecoles.crm.test").await, Ok(id));
    stage.work(id).await;
    stage.days(2);
    *stage.crm.trouble.lock().unwrap() = Some(GrantError::Lost("time-out".to_owned()));
    assert_eq!(stage.check(id).await.state, PortalState::Stopped);
    assert_eq!(stage.check(id).await.state, PortalState::Stopped);
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 3);
}

/// A browser that goes away while the tokens are being changed takes nothing along.
#[tokio::test]
async fn crm_7_a_caller_that_leaves_loses_no_token() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    stage.days(2);
    let gone = tokio::time::timeout(Duration::from_millis(150), stage.check(id)).await;
    assert!(gone.is_err(), "left in the middle of the call");
    assert_eq!(stage.check(id).await.state, PortalState::Connected);
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 1);
}

/// CRM-7 LITE: a long-lived token is tried at once; no webhook is registered with it; when it is no
/// longer taken, a person must give another one.
#[tokio::test]
async fn crm_7_lite_connects_by_a_token() {
    let stage = Stage::set().await;
    let given = |address: &str, token: &str| PortalToken {
        kind: CrmKind::Amo,
        address: address.to_owned(),
        token: token.to_owned().into(),
    };
    let field = |error| match error {
        app::Error::Invalid(wrong) => wrong[0].field.clone(),
        other => panic!("{other}"),
    };
    let connect = |form| stage.app.connect_portal_by_token(&stage.boss, form);
    let foreign = connect(given("ecoles.evil.test", "long-lived")).await;
    assert_eq!(field(foreign.unwrap_err()), "address");
    assert_eq!(field(connect(given("ecoles.crm.test", "typo")).await.unwrap_err()), "token");
    let view = connect(given("ecoles.crm.test", "long-lived")).await.unwrap();
    assert_eq!(view.mode, PortalMode::Lite);
    stage.work(view.portal_id).await;
    assert_eq!(stage.check(view.portal_id).await.state, PortalState::Connected);
    assert!(stage.crm.hooks.lock().unwrap().is_empty());
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 0);
}

/// The CRM's admin switches us off: with the right signature alone. Taking a portal away takes its
/// webhook away in the CRM.
#[tokio::test]
async fn amo_1_switched_off_and_taken_away() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    let query = |signature: &str| {
        let pairs = [("account_id", "ecoles.crm.test"), ("signature", signature)];
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
    };
    assert!(stage.app.portal_switched_off(CrmKind::Amo, &query("wrong")).await.is_err());
    assert_eq!(stage.app.portal(&stage.boss, id).await.unwrap().state, PortalState::Connected);
    stage.app.portal_switched_off(CrmKind::Amo, &query("right")).await.unwrap();
    let view = stage.app.portal(&stage.boss, id).await.unwrap();
    let reason = PortalTrouble::SwitchedOff.reason();
    assert_eq!((view.state, view.reason), (PortalState::Stopped, Some(reason)));

    assert_eq!(stage.back(&stage.state(Some(id)).await, "ecoles.crm.test").await, Ok(id));
    stage.work(id).await;
    stage.app.delete_portal(&stage.boss, id).await.unwrap();
    assert!(stage.crm.hooks.lock().unwrap().is_empty());
    assert!(stage.app.portals(&stage.boss).await.unwrap().is_empty());
    let anew = stage.connect().await;
    assert_ne!(anew, id);
}

/// AMO-1: a channel that another integration of the account passes on is refused with its name; what
/// somebody else saved is not overwritten; an integration that is off takes no channel.
#[tokio::test]
async fn amo_1_integrations_share_no_channel() {
    let stage = Stage::set().await;
    let portal = stage.connect().await;
    let (shop, school) = (stage.channel("Магазин").await, stage.channel("Школа").await);
    let form = |name: &str, enabled, channels: &[ChannelId]| {
        let rules: Vec<_> = channels.iter().map(|c| json!({ "channel": c })).collect();
        IntegrationForm { name: name.to_owned(), enabled, settings: json!({ "channels": rules }) }
    };
    let create = |form| stage.app.create_integration(&stage.boss, portal, form);
    let sales = create(form("Продажи", true, &[shop, school])).await.unwrap();
    assert_eq!((sales.channels.len(), sales.revision), (2, 1));
    let refused = create(form("Вторая", true, &[school])).await;
    let Err(app::Error::Invalid(wrong)) = refused else { panic!("{refused:?}") };
    assert_eq!(
        (wrong[0].field.as_str(), wrong[0].code),
        ("settings/channels/0/channel", "double_transfer")
    );
    assert!(wrong[0].message.ru.contains("«Школа»") && wrong[0].message.ru.contains("«Продажи»"));
    let second = create(form("Вторая", false, &[school])).await.unwrap();

    let save = |id, revision, form| stage.app.save_integration(&stage.boss, id, revision, form);
    let saved = save(sales.integration_id, 1, form("Продажи", true, &[shop])).await.unwrap();
    assert_eq!(saved.revision, 2);
    let stale = save(sales.integration_id, 1, form("Поздно", true, &[])).await;
    assert!(matches!(stale, Err(app::Error::Conflict { code: "changed_meanwhile", .. })));
    save(second.integration_id, 1, form("Вторая", true, &[school])).await.unwrap();
    let gone = ChannelId(Uuid::now_v7());
    let unknown = save(second.integration_id, 2, form("Вторая", true, &[gone])).await;
    let Err(app::Error::Invalid(wrong)) = unknown else { panic!("{unknown:?}") };
    assert_eq!(wrong[0].code, "unknown_channel");

    let feeds = async || -> i64 {
        let mut conn = stage.database.connect().await;
        sqlx::query_scalar("select count(*) from crm_feeds").fetch_one(&mut conn).await.unwrap()
    };
    assert_eq!(feeds().await, 1);
    stage.app.delete_integration(&stage.boss, second.integration_id).await.unwrap();
    assert_eq!(feeds().await, 1);
    save(sales.integration_id, 2, form("Продажи", false, &[shop])).await.unwrap();
    assert_eq!(feeds().await, 0, "nobody reads the feed for nothing");
}

/// AMO-12: lists are due at midnight of Moscow while an integration wants them, and a pull that failed
/// is tried again in a quarter of an hour.
#[tokio::test]
async fn amo_12_lists_are_pulled_daily() {
    let stage = Stage::set().await;
    let portal = stage.connect().await;
    let form = |daily: bool| IntegrationForm {
        name: "Продажи".to_owned(),
        enabled: true,
        settings: json!({ "directory_daily": daily }),
    };
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0);
    stage.days(30);
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0, "nobody wants them");
    let made = stage.app.create_integration(&stage.boss, portal, form(true)).await.unwrap();
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0, "not yet");
    stage.days(1);
    *stage.crm.trouble.lock().unwrap() = Some(GrantError::NotReached("refused".to_owned()));
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 1);
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0, "not at once");
    *stage.clock.0.lock().unwrap() += TimeDelta::minutes(15);
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 1);
    let view = stage.app.portal(&stage.boss, portal).await.unwrap();
    assert_eq!(view.directory_at.map(|at| at.timestamp()), Some(stage.clock.now().timestamp()));
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0);
    let id = made.integration_id;
    stage.app.save_integration(&stage.boss, id, 1, form(false)).await.unwrap();
    stage.days(3);
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0);
}
