//! What the CRM sync stands on, on a real Postgres: the limiter, consent, decisions and their steps,
//! links, channels that go to one CRM account once.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use domain::{
    attribution::Attribution,
    content::Content,
    conversation::{ConversationKind, Direction},
    crm::{
        Action, AmoSettings, Because, ChannelRule, CrmId, CrmKind, Effect, Entity, PortalMode,
        PortalState, PortalTrouble, Settings, Step,
    },
    crm_view::{RunState, StepState},
    delivery::DeliveryStatus,
    ids::{
        AccountId, ChannelId, ContactId, ConversationId, CrmRunId, EmployeeId, IdentityId,
        IntegrationId, MergeId, MessageId, PortalId,
    },
    text::Words,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use store::{
    ChatWritten, INTEGRATION_CHANNEL_TAKEN, LinkData, LinkState, LinkWritten, NewChannel,
    NewConsent, NewIntegration, NewJob, NewLink, NewMessage, NewPortal, NewRun, OwnApp,
    PORTAL_TAKEN, PortalAbout, PortalSecrets, PortalTokens, RateLimit, Refreshing, RunFilter, Slot,
    StepEnd, Store, StoredBody,
    intake::{Item, Person, Stored},
};
use tests::{Database, TestServer};
use uuid::Uuid;

fn limit(key: &str, millis: u64) -> RateLimit {
    RateLimit { key: key.to_owned(), spacing: Duration::from_millis(millis) }
}

const PATIENT: Duration = Duration::from_secs(60);

/// CRM-7 (7 requests a second): fifty nodes ask at once, also for a limiter that nobody used before,
/// and no two calls are closer together than the spacing.
#[tokio::test]
async fn crm_7_fifty_reservations_at_once_are_spaced() {
    let database = Database::create().await;
    let store = database.store();
    let start = tokio::time::Instant::now();
    let asked = (0..50).map(|_| {
        let store = store.clone();
        async move {
            let limits = [limit("amo:1:app", 155), limit("amo:1", 20)];
            match store.reserve(&limits, PATIENT).await.unwrap() {
                Slot::Reserved { wait } => start.elapsed() + wait,
                Slot::Busy { after } => panic!("busy for {after:?}"),
            }
        }
    });
    let mut slots = futures::future::join_all(asked).await;
    slots.sort_unstable();
    // The slot is exact; the moment of the answer is known here only as late as it arrives.
    let first_to_last = *slots.last().unwrap() - *slots.first().unwrap();
    assert!(first_to_last >= Duration::from_millis(49 * 155 - 200), "{first_to_last:?}");
    let next: DateTime<Utc> =
        sqlx::query_scalar("select next_at from crm_rates where key = 'amo:1:app'")
            .fetch_one(&mut database.connect().await)
            .await
            .unwrap();
    let all: f64 = sqlx::query_scalar("select extract(epoch from $1 - now())::float8")
        .bind(next)
        .fetch_one(&mut database.connect().await)
        .await
        .unwrap();
    // Fifty slots of 155 ms were given away, and some of the time has passed.
    assert!(all + start.elapsed().as_secs_f64() + 0.1 >= 50.0 * 0.155, "{all}");
    store.close().await;
}

/// The other limiter of a call counts for all apps in the account, and a turn that is too far away
/// takes nothing.
#[tokio::test]
async fn crm_7_a_turn_too_far_away_takes_nothing() {
    let database = Database::create().await;
    let store = database.store();
    let of = |app: &str| [limit(app, 1), limit("account", 400)];
    let soon = Duration::from_millis(500);
    let ours = async |app: &str| store.reserve(&of(app), soon).await.unwrap();
    assert!(matches!(ours("one").await, Slot::Reserved { .. }));
    let Slot::Reserved { wait } = ours("two").await else { panic!("taken") };
    assert!(wait > Duration::from_millis(200), "the account's other app was first: {wait:?}");
    for _ in 0..5 {
        let Slot::Busy { after } = ours("three").await else { panic!("given away") };
        assert!(after <= Duration::from_millis(800), "a refusal takes no slot: {after:?}");
    }
    store.hold_back(&["one".to_owned()], Duration::from_secs(9)).await.unwrap();
    assert!(matches!(ours("one").await, Slot::Busy { after } if after > Duration::from_secs(8)));
    store.close().await;
}

struct Company {
    server: TestServer,
    store: Store,
    account: AccountId,
    employee: EmployeeId,
}

impl Company {
    async fn found() -> Self {
        let server = TestServer::start().await;
        let owner = server.sign_up().await;
        let store = server.database().store();
        Self {
            account: owner.account.parse().unwrap(),
            employee: owner.employee.parse().unwrap(),
            store,
            server,
        }
    }

    async fn portal(&self, external_id: &str) -> PortalId {
        let mut tx = self.store.tenant(self.account).await.unwrap();
        let new = portal(external_id);
        tx.insert_portal(&new).await.unwrap();
        tx.commit().await.unwrap();
        new.portal_id
    }

    async fn channel(&self) -> ChannelId {
        let id = ChannelId(Uuid::now_v7());
        let mut tx = self.store.tenant(self.account).await.unwrap();
        tx.insert_channel(&NewChannel {
            channel_id: id,
            kind: domain::channel::ChannelKind("demo".to_owned()),
            name: "Канал".to_owned(),
            settings: serde_json::Map::new(),
            secrets: BTreeMap::new(),
            hook_secret: String::new().into(),
            hook_key: id.to_string(),
            pinned_employee_id: None,
            scenario_id: None,
            auto_close_minutes: None,
            use_in_widget: false,
        })
        .await
        .unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn integration(
        &self,
        portal: PortalId,
        channels: &[ChannelId],
    ) -> Result<IntegrationId, store::Error> {
        let id = IntegrationId(Uuid::now_v7());
        let rules = channels.iter().map(|c| ChannelRule::recommended(*c)).collect();
        let mut tx = self.store.tenant(self.account).await?;
        tx.insert_integration(&NewIntegration {
            integration_id: id,
            portal_id: portal,
            kind: CrmKind::Amo,
            name: "Продажи".to_owned(),
            enabled: true,
            settings: Settings::Amo(AmoSettings { channels: rules, ..AmoSettings::default() }),
        })
        .await?;
        tx.set_integration_channels(id, portal, channels).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn conversation(&self, channel: ChannelId) -> (ConversationId, ContactId) {
        let now = Utc::now();
        let item = Item {
            account: self.account,
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
        let stored = self.store.accept(&[item]).await.unwrap().pop();
        let Some(Stored::New { conversation, .. }) = stored else { panic!("{stored:?}") };
        (conversation, contact)
    }
}

fn portal(external_id: &str) -> NewPortal {
    let id = PortalId(Uuid::now_v7());
    NewPortal {
        portal_id: id,
        kind: CrmKind::Amo,
        mode: PortalMode::Full,
        external_id: external_id.to_owned(),
        base: "https://ecoles.amocrm.ru/".to_owned(),
        site: "https://ecoles.amocrm.ru/".to_owned(),
        secrets: PortalSecrets {
            access: "canary-access".to_owned().into(),
            refresh: Some("canary-refresh".to_owned().into()),
            ..PortalSecrets::default()
        },
        token_expires_at: Some(Utc::now() + TimeDelta::days(1)),
        about: PortalAbout { title: "Школа".to_owned(), ..PortalAbout::default() },
        hook_key: id.to_string(),
        created_at: Utc::now(),
    }
}

/// AMO-1: of two browsers that come back with one state one is let in, and nobody after them.
#[tokio::test]
async fn amo_1_a_state_of_consent_is_good_once() {
    let company = Company::found().await;
    let hash = [7; 32];
    let mut tx = company.store.tenant(company.account).await.unwrap();
    let new = NewConsent {
        state_hash: hash,
        employee: company.employee,
        kind: CrmKind::Amo,
        portal: None,
        app: Some(OwnApp {
            client_id: "5a1b".to_owned(),
            client_secret: "canary-of-the-app".to_owned().into(),
        }),
    };
    tx.insert_consent(&new).await.unwrap();
    tx.insert_consent(&NewConsent { state_hash: [8; 32], app: None, ..new }).await.unwrap();
    tx.commit().await.unwrap();
    let none = company.store.use_consent(CrmKind::Bitrix, &hash).await.unwrap();
    assert_eq!(none, None, "a state is of one CRM");
    let tries = (0..10).map(|_| company.store.use_consent(CrmKind::Amo, &hash));
    let used = futures::future::join_all(tries).await;
    let got: Vec<_> = used.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(got.len(), 1);
    assert_eq!((got[0].account, got[0].employee), (company.account, company.employee));
    let app = got[0].app.as_ref().expect("the app that it was asked for");
    assert_eq!(app.client_secret.expose_secret(), "canary-of-the-app");
    let mut conn = company.server.database().connect().await;
    let kept: Vec<Option<Vec<u8>>> =
        sqlx::query_scalar("select app from crm_consents").fetch_all(&mut conn).await.unwrap();
    assert_eq!(kept, [None, None], "its keys went with the state");
    sqlx::query("update crm_consents set expires_at = now() - interval '1 second'")
        .execute(&mut conn)
        .await
        .unwrap();
    assert_eq!(company.store.use_consent(CrmKind::Amo, &[8; 32]).await.unwrap(), None, "too old");
}

/// AMO-1: the database itself refuses to pass a channel to one CRM account twice; another account of
/// the CRM may get it, and one that let go of it leaves it to others.
#[tokio::test]
async fn amo_1_a_channel_goes_to_one_crm_account_once() {
    let company = Company::found().await;
    let (portal, other) = (company.portal("100").await, company.portal("200").await);
    let (one, two) = (company.channel().await, company.channel().await);
    let first = company.integration(portal, &[one, two]).await.unwrap();
    let twice = company.integration(portal, &[two]).await;
    assert!(
        matches!(&twice, Err(store::Error::Constraint(name)) if name == INTEGRATION_CHANNEL_TAKEN),
        "{twice:?}"
    );
    company.integration(other, &[two]).await.unwrap();
    let mut tx = company.store.tenant(company.account).await.unwrap();
    tx.set_integration_channels(first, portal, &[one]).await.unwrap();
    tx.commit().await.unwrap();
    let second = company.integration(portal, &[two]).await.unwrap();
    let mut tx = company.store.tenant(company.account).await.unwrap();
    let passing = tx.integrations_of_channel(two).await.unwrap();
    assert_eq!(passing.len(), 2, "one of each account");
    assert!(passing.iter().any(|i| i.integration_id == second));
    // The same account of the CRM cannot be connected twice.
    let again = tx.insert_portal(&self::portal("100")).await;
    assert!(matches!(&again, Err(store::Error::Constraint(name)) if name == PORTAL_TAKEN));
}

/// Tokens lie sealed; a change of them shows to others while it is under way and after it was lost.
#[tokio::test]
async fn crm_7_secrets_are_sealed_and_a_change_of_tokens_is_seen() {
    let company = Company::found().await;
    let id = company.portal("100").await;
    let mut conn = company.server.database().connect().await;
    let row: String =
        sqlx::query_scalar("select t::text from portals t").fetch_one(&mut conn).await.unwrap();
    let hex: String = b"canary".iter().map(|b| format!("{b:02x}")).collect();
    assert!(!row.contains("canary") && !row.contains(&hex), "{row}");
    let mut tx = company.store.tenant(company.account).await.unwrap();
    let before = tx.lock_portal(id).await.unwrap().unwrap();
    assert_eq!(before.refreshing, Refreshing::No);
    tx.begin_refresh(id, Duration::from_secs(60)).await.unwrap();
    assert_eq!(tx.portal(id).await.unwrap().unwrap().refreshing, Refreshing::Running);
    tx.begin_refresh(id, Duration::ZERO).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = company.store.tenant(company.account).await.unwrap();
    assert_eq!(tx.portal(id).await.unwrap().unwrap().refreshing, Refreshing::Stale);
    let tokens = PortalTokens {
        access: "next".to_owned().into(),
        refresh: Some("after-it".to_owned().into()),
        expires_at: None,
    };
    tx.write_portal_tokens(&before, &tokens).await.unwrap();
    let after = tx.portal(id).await.unwrap().unwrap();
    assert_eq!(after.refreshing, Refreshing::No);
    assert_eq!(after.secrets.access.expose_secret(), "next");
    assert!(tx.set_portal_state(id, PortalState::Connected, None).await.unwrap());
    assert!(!tx.set_portal_state(id, PortalState::Connected, None).await.unwrap(), "no news");
    let trouble = Some(PortalTrouble::SwitchedOff);
    assert!(tx.set_portal_state(id, PortalState::Stopped, trouble).await.unwrap());
    tx.commit().await.unwrap();
    let found = company.store.portal_by_hook_key(&after.hook_key).await.unwrap();
    assert_eq!(found, Some((company.account, id, CrmKind::Amo)));
    let shared = company.store.portals_by_external(CrmKind::Amo, "100").await.unwrap();
    assert_eq!(shared, [(company.account, id)]);
    let mut tx = company.store.tenant(company.account).await.unwrap();
    assert!(!tx.delete_portal(id, Utc::now()).await.unwrap(), "it is connected");
    let kept = PortalSecrets { access: SecretString::default(), refresh: None, ..after.secrets };
    tx.disconnect_portal(id, &kept).await.unwrap();
    assert!(!tx.set_portal_state(id, PortalState::Stopped, trouble).await.unwrap(), "it stays so");
    assert!(tx.delete_portal(id, Utc::now()).await.unwrap());
    assert!(tx.portal(id).await.unwrap().is_none());
    tx.commit().await.unwrap();
    assert_eq!(company.store.portal_by_hook_key(&after.hook_key).await.unwrap(), None);
}

fn action(up_to: i64) -> Action {
    Action::AddNote {
        to: Entity::Deal,
        id: domain::crm::Ref::Id("31".into()),
        body: domain::crm::NoteBody::Text { text: "Здравствуйте".to_owned() },
        up_to,
    }
}

fn because() -> Because {
    Because::new("AMO-3", "first", "Первое обращение", "A first enquiry")
}

fn decision(
    portal_id: PortalId,
    integration_id: IntegrationId,
    conversation_id: ConversationId,
    contact_id: ContactId,
    created_at: DateTime<Utc>,
) -> NewRun {
    NewRun {
        run_id: CrmRunId(Uuid::now_v7()),
        portal_id,
        integration_id,
        conversation_id,
        contact_id,
        cause: Words::new("Новое сообщение", "A new message"),
        state: RunState::Planned,
        settings_revision: 1,
        facts: json!({ "now": "…" }),
        left_out: vec![because()],
        calls: vec![json!({ "method": "GET" })],
        steps: [1, 2].map(|n| Step { action: action(n), because: because() }).into(),
        created_at,
    }
}

/// CRM-2: who was merged twice, or back again, is waited for while the lane that they were in before is
/// alive, and no longer.
#[tokio::test]
async fn crm_2_a_decision_is_waited_for_over_all_merges_and_over_an_undone_one() {
    let company = Company::found().await;
    let portal = company.portal("100").await;
    let channel = company.channel().await;
    // It passes no channel, so the server's own jobs stay out of the lane.
    let integration = company.integration(portal, &[]).await.unwrap();
    let (conversation, first) = company.conversation(channel).await;
    let (_, second) = company.conversation(channel).await;
    let (_, third) = company.conversation(channel).await;
    let now = Utc::now().trunc_subsecs(6);
    let mut tx = company.store.tenant(company.account).await.unwrap();
    let new = decision(portal, integration, conversation, first, now);
    tx.insert_crm_run(&new).await.unwrap();
    tx.push(NewJob {
        lane: format!("crm:{portal}:{first}"),
        queue: "crm",
        payload: json!({ "job": "sync_crm", "integration": integration,
            "conversation": conversation, "contact": first }),
        // Far enough ahead for the server's own runner to leave it alone.
        run_at: Some(now + TimeDelta::days(1)),
    });
    tx.commit().await.unwrap();

    let mut tx = company.store.tenant(company.account).await.unwrap();
    assert_eq!(tx.crm_run_of_former(portal, first).await.unwrap(), None, "it is their own");
    let mut merges = Vec::new();
    for (kept, merged) in [(second, first), (third, second)] {
        let merge = MergeId(Uuid::now_v7());
        tx.lock_contacts([kept, merged]).await.unwrap();
        tx.merge_contacts(merge, kept, merged, company.employee, Utc::now()).await.unwrap();
        assert_eq!(tx.crm_run_of_former(portal, kept).await.unwrap(), Some(now));
        merges.push(merge);
    }
    assert_eq!(tx.crm_run_of_former(portal, second).await.unwrap(), None, "they have nothing left");
    let last = tx.merge(merges[1]).await.unwrap().unwrap();
    assert!(tx.undo_merge(&last, Utc::now()).await.unwrap());
    assert_eq!(tx.crm_run_of_former(portal, third).await.unwrap(), None);
    assert_eq!(tx.crm_run_of_former(portal, second).await.unwrap(), Some(now));
    tx.set_crm_run(new.run_id, RunState::Done, None, now).await.unwrap();
    assert_eq!(tx.crm_run_of_former(portal, second).await.unwrap(), None, "it is carried out");
}

/// CRM-5, CRM-6: decisions that nobody will carry out end: one by rules in silence, because it is made
/// anew where it is needed, a person's order with the reason.
#[tokio::test]
async fn crm_5_an_order_that_will_not_be_carried_out_fails_and_says_why() {
    let company = Company::found().await;
    let portal = company.portal("100").await;
    let channel = company.channel().await;
    let integration = company.integration(portal, &[channel]).await.unwrap();
    let (here, contact) = company.conversation(channel).await;
    let (there, other) = company.conversation(channel).await;
    let now = Utc::now().trunc_subsecs(6);
    let by_rules = |c, p| {
        let facts = json!({ "enquiry": {}, "passed": {} });
        NewRun { facts, ..decision(portal, integration, c, p, now) }
    };
    let (decided, order) =
        (by_rules(here, contact), decision(portal, integration, here, contact, now));
    let elsewhere = by_rules(there, other);
    let mut tx = company.store.tenant(company.account).await.unwrap();
    for new in [&decided, &order, &elsewhere] {
        tx.insert_crm_run(new).await.unwrap();
    }
    assert!(tx.begin_crm_step(order.run_id, 1, now).await.unwrap());
    let why = Words::new("Выключена", "Off");
    let ended = tx.end_crm_runs(integration, Some(here), &why, now).await.unwrap();
    assert_eq!(ended, [here]);
    let mut states = Vec::new();
    for new in [&decided, &order, &elsewhere] {
        let row = tx.crm_run(new.run_id).await.unwrap().unwrap();
        states.push((row.state, row.error, row.finished_at.is_some()));
    }
    assert_eq!(
        states,
        [
            (RunState::Replanned, None, true),
            (RunState::Failed, Some(why.clone()), true),
            (RunState::Planned, None, false)
        ]
    );
    let steps = tx.crm_steps(&[decided.run_id, order.run_id]).await.unwrap();
    assert!(steps[&decided.run_id].iter().all(|step| step.state == StepState::Waiting));
    let refused = |step: &store::StepRow| (step.state, step.error.clone());
    assert!(
        steps[&order.run_id].iter().all(|s| refused(s) == (StepState::Failed, Some(why.clone())))
    );
    let ended = tx.end_crm_runs(integration, None, &why, now).await.unwrap();
    assert_eq!(ended, [there], "of all conversations");
}

/// BY-6, CRM-6: a decision is kept with its steps and read back as it was; each step is begun once,
/// and what came of it stands beside it.
#[tokio::test]
async fn crm_6_a_decision_and_its_steps_are_kept() {
    let company = Company::found().await;
    let portal = company.portal("100").await;
    let channel = company.channel().await;
    let integration = company.integration(portal, &[channel]).await.unwrap();
    let (conversation, contact) = company.conversation(channel).await;
    let because = because();
    let now = Utc::now().trunc_subsecs(6);
    let new = decision(portal, integration, conversation, contact, now);
    let run = new.run_id;
    let mut tx = company.store.tenant(company.account).await.unwrap();
    tx.insert_crm_run(&new).await.unwrap();
    let row = tx.unfinished_crm_run(integration, conversation).await.unwrap().unwrap();
    assert_eq!(
        (row.run_id, row.state, row.contact_name.as_str()),
        (run, RunState::Planned, "Мария")
    );
    assert_eq!((row.left_out, row.calls.len(), row.number), (vec![because], 1, 1));
    assert!(tx.begin_crm_step(run, 0, now).await.unwrap());
    assert!(!tx.begin_crm_step(run, 0, now).await.unwrap(), "it is under way");
    let end = StepEnd {
        state: StepState::Uncertain,
        effect: None,
        calls: vec![json!({ "n": 1 })],
        error: None,
        at: now,
    };
    tx.end_crm_step(run, 0, &end).await.unwrap();
    assert!(tx.begin_crm_step(run, 0, now).await.unwrap(), "again, after a look");
    let effect = Effect { id: Some("77".into()), ..Effect::default() };
    let done = StepEnd { state: StepState::Done, effect: Some(effect.clone()), ..end };
    assert!(tx.end_crm_step(run, 0, &done).await.unwrap());
    // Whoever held the lane before wrote its end after it was read here.
    for state in [StepState::Uncertain, StepState::Waiting] {
        let late = StepEnd { state, effect: None, calls: Vec::new(), error: None, at: now };
        assert!(!tx.end_crm_step(run, 0, &late).await.unwrap(), "it has ended");
    }
    assert!(!tx.begin_crm_step(run, 0, now).await.unwrap(), "and is not done again");
    let steps = tx.crm_steps(&[run]).await.unwrap().remove(&run).unwrap();
    assert_eq!((steps[0].effect.as_ref(), steps[0].calls.len()), (Some(&effect), 2));
    assert_eq!((steps[1].state, &steps[1].action), (StepState::Waiting, &action(2)));
    let words = Words::new("Нет поля", "No field");
    tx.set_crm_run(run, RunState::Failed, Some(&words), now).await.unwrap();
    assert!(tx.unfinished_crm_run(integration, conversation).await.unwrap().is_none());
    assert_eq!(tx.failed_crm_runs(portal, 10).await.unwrap().len(), 1);
    assert_eq!(tx.crm_run_counts().await.unwrap().get(&portal), Some(&(1, 0)));
    for filter in [
        RunFilter::default(),
        RunFilter { portal: Some(portal), state: Some(RunState::Failed), ..RunFilter::default() },
        RunFilter { conversation: Some(conversation), ..RunFilter::default() },
    ] {
        let listed = tx.crm_runs(&filter, None, 10).await.unwrap();
        assert_eq!(listed.iter().map(|r| r.run_id).collect::<Vec<_>>(), [run], "{filter:?}");
        let rest = tx.crm_runs(&filter, Some((now, run)), 10).await.unwrap();
        assert!(rest.is_empty(), "the cursor stands behind it");
    }
    let other = RunFilter { state: Some(RunState::Done), ..RunFilter::default() };
    assert!(tx.crm_runs(&other, None, 10).await.unwrap().is_empty());
    tx.commit().await.unwrap();
    // Another company sees none of it.
    let stranger: AccountId = company.server.sign_up().await.account.parse().unwrap();
    let mut tx = company.store.tenant(stranger).await.unwrap();
    assert!(tx.crm_run(run).await.unwrap().is_none() && tx.portals().await.unwrap().is_empty());
    assert!(tx.crm_links(portal, contact).await.unwrap().is_empty());
    drop(tx);
    assert_eq!(company.store.prune_crm_runs(Duration::from_secs(3600)).await.unwrap(), 0);
}

/// AMO-3: an entity is linked once per person; what this conversation belongs to is found from the
/// CRM's side; a merge of two people takes their links along and back.
#[tokio::test]
async fn amo_3_links_are_kept_once_and_follow_a_merge() {
    let company = Company::found().await;
    let portal = company.portal("100").await;
    let channel = company.channel().await;
    let integration = company.integration(portal, &[channel]).await.unwrap();
    let (conversation, contact) = company.conversation(channel).await;
    let (theirs, other) = company.conversation(channel).await;
    let link = |entity, id: &str, contact_id, state| NewLink {
        link_id: Uuid::now_v7(),
        portal_id: portal,
        entity,
        external_id: id.into(),
        contact_id,
        conversation_id: None,
        data: LinkData { name: Some(format!("{id}!")), ..LinkData::default() },
        state,
        written: LinkWritten::default(),
        created_at: Utc::now(),
    };
    let mut tx = company.store.tenant(company.account).await.unwrap();
    tx.put_crm_link(&link(Entity::Deal, "31", contact, LinkState::Open)).await.unwrap();
    tx.put_crm_link(&link(Entity::Deal, "31", contact, LinkState::Closed)).await.unwrap();
    tx.put_crm_link(&link(Entity::Contact, "8", other, LinkState::Open)).await.unwrap();
    let rows = tx.crm_links(portal, contact).await.unwrap();
    assert_eq!(rows.iter().map(|r| r.state).collect::<Vec<_>>(), [LinkState::Closed]);
    let mut enquiry = tx.lock_crm_enquiry(integration, conversation).await.unwrap();
    enquiry.uses.insert(Entity::Deal, "31".into());
    enquiry.passed_position = 4;
    tx.save_crm_enquiry(&enquiry).await.unwrap();
    tx.choose_crm_deal(integration, conversation, &CrmId::from("32")).await.unwrap();
    tx.save_crm_enquiry(&enquiry).await.unwrap();
    tx.took_chosen_crm_deal(integration, conversation, &CrmId::from("31")).await.unwrap();
    let kept = tx.crm_enquiry(integration, conversation).await.unwrap().unwrap();
    assert_eq!((kept.passed_position, kept.chosen_deal), (4, Some("32".into())), "a choice stays");
    let using = tx.conversation_using(portal, contact, Entity::Deal, &"31".into()).await.unwrap();
    assert_eq!(using, Some(conversation));
    let using = tx.conversation_using(portal, other, Entity::Deal, &"31".into()).await.unwrap();
    assert_eq!(using, None, "each person is told of their own conversation");
    tx.lock_contacts([contact, other]).await.unwrap();
    let merge = MergeId(Uuid::now_v7());
    tx.merge_contacts(merge, contact, other, company.employee, Utc::now()).await.unwrap();
    assert_eq!(tx.crm_links(portal, contact).await.unwrap().len(), 2);
    assert_eq!(tx.hold_crm_person(theirs).await.unwrap(), Some(contact));
    // A deal that was made meanwhile for the conversation that goes back, and one of the kept person.
    let mut made_since = link(Entity::Deal, "55", contact, LinkState::Open);
    made_since.conversation_id = Some(theirs);
    tx.put_crm_link(&made_since).await.unwrap();
    let made = tx.merge(merge).await.unwrap().unwrap();
    assert!(tx.undo_merge(&made, Utc::now()).await.unwrap());
    assert_eq!(tx.crm_links(portal, contact).await.unwrap().len(), 2);
    let back = tx.crm_ids_of(portal, other, Entity::Deal).await.unwrap();
    assert_eq!(back, [CrmId::from("55")], "or the next message would make it again");
    let told = [(Entity::Deal, "55".into()), (Entity::Deal, "56".into())];
    let ours = tx.crm_linked(portal, &told).await.unwrap();
    assert_eq!(ours.into_iter().collect::<Vec<_>>(), [(Entity::Deal, CrmId::from("55"))]);
    assert_eq!(tx.crm_ids_of(portal, other, Entity::Contact).await.unwrap(), [CrmId::from("8")]);
    tx.commit().await.unwrap();
}

/// AMO-13: with another channel there are other chats, and the records of those are to be looked for.
#[tokio::test]
async fn amo_13_what_was_known_of_chats_goes_with_their_channel() {
    let company = Company::found().await;
    let portal = company.portal("100").await;
    let channel = company.channel().await;
    let integration = company.integration(portal, &[channel]).await.unwrap();
    let (conversation, _) = company.conversation(channel).await;
    let mut tx = company.store.tenant(company.account).await.unwrap();
    let known = json!({"name": "one", "record": "uid"});
    tx.note_crm_chat(integration, conversation, &known).await.unwrap();
    tx.save_crm_chat(integration, conversation, 4).await.unwrap();
    let row = tx.crm_enquiry(integration, conversation).await.unwrap().unwrap();
    assert_eq!((row.chat_position, row.chat), (4, Some(known)), "a position takes nothing away");
    tx.forget_crm_chats(portal).await.unwrap();
    let row = tx.crm_enquiry(integration, conversation).await.unwrap().unwrap();
    assert_eq!((row.chat_position, row.chat), (4, None));
    tx.commit().await.unwrap();
}

/// AMO-12: lists that are due are taken by one node, and again when nobody brought them.
#[tokio::test]
async fn amo_12_lists_that_are_due_are_taken_once() {
    let company = Company::found().await;
    let id = company.portal("100").await;
    let now = Utc::now();
    let take = |at: DateTime<Utc>| {
        let store = company.store.clone();
        async move { store.take_due_directories(at, at + TimeDelta::minutes(15), 10).await.unwrap() }
    };
    // Far enough ahead for the server's own sweep to leave it alone.
    let due = now + TimeDelta::days(10);
    assert!(take(due).await.is_empty(), "nobody wants it");
    let mut tx = company.store.tenant(company.account).await.unwrap();
    tx.set_directory_due(id, Some(due)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(take(due - TimeDelta::seconds(1)).await.is_empty());
    let (one, two) = tokio::join!(take(due), take(due));
    assert_eq!(one.len() + two.len(), 1);
    assert!(take(due + TimeDelta::minutes(14)).await.is_empty());
    assert_eq!(take(due + TimeDelta::minutes(15)).await, [(company.account, id)]);
}

/// WA-2: a file of the CRM's chat whose words went after it got as far as the worse of the two.
#[tokio::test]
async fn wa_2_a_file_whose_words_failed_is_told_to_have_failed() {
    use DeliveryStatus::{Delivered, Failed, Read, Sent};
    let company = Company::found().await;
    let portal = company.portal("31415").await;
    let channel = company.channel().await;
    let integration = company.integration(portal, &[channel]).await.unwrap();
    let (conversation, _) = company.conversation(channel).await;
    let mut tx = company.store.tenant(company.account).await.unwrap();
    let mut position = 100;
    for (file, words, told) in [
        (Delivered, Some(Failed), Some(Failed)),
        (Failed, Some(Read), Some(Failed)),
        (Read, Some(Delivered), Some(Delivered)),
        (Delivered, Some(Sent), None),
        (Read, None, Some(Read)),
    ] {
        let mut ids = Vec::new();
        for status in [Some(file), words].into_iter().flatten() {
            position += 1;
            let message_id = MessageId(Uuid::now_v7());
            tx.insert_message(&NewMessage {
                message_id,
                conversation_id: conversation,
                position,
                channel_id: channel,
                direction: Direction::Outbound,
                author_id: None,
                automatic: false,
                body: StoredBody::Said(Content::text("Вот".to_owned())),
                words: String::new(),
                reply_to: None,
                status: Some(status),
                client_id: None,
                mentions: vec![],
                at: Utc::now(),
            })
            .await
            .unwrap();
            ids.push(message_id);
        }
        let name = format!("{position}");
        assert!(tx.receive_crm_chat(portal, &name, &json!({})).await.unwrap());
        let written = ChatWritten {
            portal,
            external_id: name.clone(),
            author: String::new(),
            signature: String::new(),
        };
        tx.crm_chat_became(conversation, ids[0], ids.get(1).copied(), &written).await.unwrap();
        let fates = tx.crm_chat_fates(portal, integration, conversation, 100).await.unwrap();
        let fate = fates.iter().find(|fate| fate.external_id == name).map(|fate| fate.status);
        assert_eq!(fate, told, "{file:?} {words:?}");
        if let Some(told) = told {
            tx.told_crm_chat(portal, &name, told).await.unwrap();
        }
    }
    let left = tx.crm_chat_fates(portal, integration, conversation, 100).await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}
