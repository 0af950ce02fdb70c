//! Whether a phone can be written to (WA-1): asked with a click, answered later, kept and shown to all.

use std::time::Duration;

use app::{CheckNumber, ContactForm};
use channel::{SendError, Told};
use chrono::TimeDelta;
use domain::{
    channel::{ChannelState, StateReport},
    ids::{AccountId, ContactId},
    number_check::{NumberCheckView, NumberState, Wanted},
    text::Words,
};
use sandbox::sms::{Account, Faults, Options, Provider, Sms};
use serde_json::{Value, json};
use tests::{Session, TestServer, bare_portal, until};
use uuid::Uuid;

use crate::sent_messages::stage::Stage as PuppetStage;

const PATIENCE: Duration = Duration::from_secs(20);
const THERE: &str = "+79161234567";
/// The demo channel knows nobody whose number ends so.
const NOBODY: &str = "+79161234560";

/// A company with a demo channel and a customer of two phones.
struct Stage {
    server: TestServer,
    owner: Session,
    channel: String,
    contact: String,
}

impl Stage {
    async fn start() -> Self {
        let server = TestServer::start().await;
        let owner = server.sign_up().await;
        let form = json!({ "kind": "demo", "name": "Демо", "settings": { "greets": false } });
        let channel = connected(&owner, &form).await;
        let contact = contact(&owner, &[THERE, NOBODY]).await;
        Self { server, owner, channel, contact }
    }

    async fn list(&self) -> Vec<Value> {
        list(&self.owner, &self.contact).await
    }

    async fn known(&self, phone: &str) -> Value {
        of(&self.list().await, phone)
    }

    fn ask(&self, phone: &str) -> Value {
        json!({ "channel_id": self.channel, "phone": phone })
    }

    fn path(&self) -> String {
        format!("/api/v1/contacts/{}/number-checks", self.contact)
    }

    async fn until(&self, phone: &str, state: &str) -> Value {
        until_state(&self.owner, &self.contact, phone, state).await
    }
}

async fn connected(owner: &Session, form: &Value) -> String {
    let channel = owner.connects(form).await;
    channel["channel_id"].as_str().expect("an id").to_owned()
}

async fn contact(owner: &Session, phones: &[&str]) -> String {
    let form = json!({ "name": "Ольга", "phones": phones });
    let made = owner.post("/api/v1/contacts", &form, 201).await.json();
    made["contact_id"].as_str().expect("an id").to_owned()
}

async fn list(owner: &Session, contact: &str) -> Vec<Value> {
    let path = format!("/api/v1/contacts/{contact}/number-checks");
    let page = owner.get(&path, 200).await.json();
    page["items"].as_array().expect("items").clone()
}

fn of(items: &[Value], phone: &str) -> Value {
    items.iter().find(|item| item["phone"] == phone).cloned().unwrap_or(Value::Null)
}

async fn until_state(owner: &Session, contact: &str, phone: &str, state: &str) -> Value {
    until(&format!("{phone} is {state}"), async || {
        let now = of(&list(owner, contact).await, phone);
        (now["state"] == state).then_some(now)
    })
    .await
}

/// Not checked, being checked, exists, does not exist; the answer comes later and shows by itself.
#[tokio::test(flavor = "multi_thread")]
async fn wa_1_a_click_checks_and_the_answer_shows_by_itself() {
    let stage = Stage::start().await;
    let mut socket = stage.owner.socket(None).await;
    for phone in [THERE, NOBODY] {
        let before = stage.known(phone).await;
        assert_eq!((&before["state"], &before["price"]), (&json!("not_checked"), &json!("free")));
        assert_eq!(before["channel_id"], stage.channel.as_str());
    }
    // However the phone is written.
    let said = stage.owner.post(&stage.path(), &stage.ask("8 (916) 123-45-67"), 200).await.json();
    assert_eq!((&said["state"], &said["phone"]), (&json!("checking"), &json!(THERE)));
    assert_eq!(said["employee_id"], stage.owner.employee.as_str());
    let told = socket.next_event("number.checked", PATIENCE).await;
    assert_eq!(told["data"]["check"]["state"], "checking");
    let told = socket.next_event("number.checked", PATIENCE).await;
    assert_eq!(told["data"]["check"]["state"], "exists", "{told}");
    assert_eq!(told["data"]["check"]["phone"], THERE);
    let known = stage.known(THERE).await;
    assert_eq!((&known["state"], &known["answer"]), (&json!("exists"), &json!("exists")));
    assert!(known["answered_at"].is_string(), "{known}");

    stage.owner.post(&stage.path(), &stage.ask(NOBODY), 200).await;
    let known = stage.until(NOBODY, "does_not_exist").await;
    assert_eq!(known["answer"], "does_not_exist");
    // Whoever is to write first is told before, in whatever form the phone is typed.
    let query = "/api/v1/number-checks?phone=8%20916%20123-45-60";
    let page = stage.owner.get(query, 200).await.json();
    assert_eq!(of(page["items"].as_array().expect("items"), NOBODY)["answer"], "does_not_exist");
    let stranger = "/api/v1/number-checks?phone=%2B79990000001";
    let page = stage.owner.get(stranger, 200).await.json();
    assert_eq!(page["items"][0]["state"], "not_checked");
    stage.owner.get("/api/v1/number-checks?phone=x", 422).await;
}

/// A flood of clicks is one question; a kept answer is not asked for again unless a person wants it.
#[tokio::test(flavor = "multi_thread")]
async fn wa_1_a_flood_of_clicks_is_one_check() {
    let stage = Stage::start().await;
    let colleague = stage.owner.hire("Борис", "operator").await;
    let (path, body) = (stage.path(), stage.ask(THERE));
    let fresh = json!({ "channel_id": stage.channel, "phone": THERE, "wanted": "fresh_answer" });
    let clicks = (0..20).map(|n| {
        let who = if n % 2 == 0 { &stage.owner } else { &colleague };
        let body = if n % 3 == 0 { &fresh } else { &body };
        who.post(&path, body, 200)
    });
    let said: Vec<Value> =
        futures::future::join_all(clicks).await.into_iter().map(|answer| answer.json()).collect();
    for one in &said {
        assert_eq!(one["asked_at"], said[0]["asked_at"], "the same question: {one}");
    }
    let known = stage.until(THERE, "exists").await;
    for body in [&body, &fresh] {
        let again = stage.owner.post(&path, body, 200).await.json();
        assert_eq!(again["answered_at"], known["answered_at"], "kept: {again}");
        assert_eq!(again["state"], "exists");
    }
    // Ten seconds ago: a person who wants it anew gets it anew, and the old answer stays meanwhile.
    age(&stage.server, "10 seconds").await;
    let kept = stage.owner.post(&path, &body, 200).await.json();
    assert_eq!(kept["state"], "exists");
    let asked = stage.owner.post(&path, &fresh, 200).await.json();
    assert_eq!((&asked["state"], &asked["answer"]), (&json!("checking"), &json!("exists")));
    stage.until(THERE, "exists").await;
    // A month ago: any click asks.
    age(&stage.server, "31 days").await;
    let asked = stage.owner.post(&path, &body, 200).await.json();
    assert_eq!(asked["state"], "checking");
}

/// Makes all answers older.
async fn age(server: &TestServer, by: &str) {
    let mut conn = server.database().connect().await;
    sqlx::query(
        "update number_checks set ended_at = ended_at - $1::interval,
            answered_at = answered_at - $1::interval, asked_at = asked_at - $1::interval",
    )
    .bind(by)
    .execute(&mut conn)
    .await
    .unwrap();
}

/// Rights, other companies, phones and channels that are not there or cannot.
#[tokio::test(flavor = "multi_thread")]
async fn wa_1_foreign_is_not_found_and_what_cannot_check_says_so() {
    let stage = Stage::start().await;
    let stranger = stage.server.sign_up().await;
    let form = json!({ "kind": "demo", "name": "Чужой", "settings": { "greets": false } });
    let foreign = connected(&stranger, &form).await;
    stranger.get(&stage.path(), 404).await;
    stranger.post(&stage.path(), &json!({ "channel_id": foreign, "phone": THERE }), 404).await;
    let theirs = json!({ "channel_id": foreign, "phone": THERE });
    stage.owner.post(&stage.path(), &theirs, 404).await;
    stage.owner.post(&stage.path(), &stage.ask("+79990001122"), 404).await;
    stage.owner.nobody().get(&stage.path(), 401).await;

    let form = json!({ "kind": "widget", "name": "Сайт", "settings": {} });
    let widget = stage.owner.post("/api/v1/channels", &form, 201).await.json();
    let cannot = json!({ "channel_id": widget["channel_id"], "phone": THERE });
    let refused = stage.owner.post(&stage.path(), &cannot, 422).await;
    assert!(refused.text().contains("cannot_check_numbers"), "{}", refused.text());
    let both = stage.list().await;
    assert_eq!(both.len(), 2, "one channel can, for two phones: {both:?}");

    // One who may only read sees the states and asks nothing.
    let form = json!({ "name": "читатель", "scopes": ["read_conversations"] });
    let token = stage.owner.post("/api/v1/tokens", &form, 201).await.json();
    let reader = stage.owner.nobody().bearer(token["token"].as_str().expect("a token"));
    reader.get(&stage.path(), 200).await;
    reader.post(&stage.path(), &stage.ask(THERE), 403).await;

    let channel = format!("/api/v1/channels/{}", stage.channel);
    stage.owner.post(&format!("{channel}/disable"), &json!({}), 200).await;
    let down = stage.owner.post(&stage.path(), &stage.ask(THERE), 409).await;
    assert!(down.text().contains("channel_down"), "{}", down.text());
}

/// A channel that is removed in the middle takes its questions and answers along.
#[tokio::test(flavor = "multi_thread")]
async fn wa_1_a_channel_removed_in_the_middle() {
    let stage = Stage::start().await;
    stage.owner.post(&stage.path(), &stage.ask(NOBODY), 200).await;
    stage.until(NOBODY, "does_not_exist").await;
    stage.owner.post(&stage.path(), &stage.ask(THERE), 200).await;
    stage.owner.delete(&format!("/api/v1/channels/{}", stage.channel), 204).await;
    assert_eq!(stage.list().await, Vec::<Value>::new());
    let mut conn = stage.server.database().connect().await;
    until("nothing is left to do", async || {
        let left: i64 = sqlx::query_scalar(
            "select (select count(*) from number_checks)
                + (select count(*) from jobs where payload ->> 'job' = 'check_number')",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        (left == 0).then_some(())
    })
    .await;
    let dead: i64 =
        sqlx::query_scalar("select count(*) from dead_jobs").fetch_one(&mut conn).await.unwrap();
    assert_eq!(dead, 0);
    stage.owner.post(&stage.path(), &stage.ask(THERE), 404).await;
}

/// The switch among the settings of a CRM's chats hides the button of the channels that it shows.
#[tokio::test(flavor = "multi_thread")]
async fn wa_1_the_crm_s_switch_decides_for_the_channels_of_its_chats() {
    let stage = Stage::start().await;
    let account: AccountId = stage.owner.account.parse().unwrap();
    let new = bare_portal("31");
    let portal = new.portal_id;
    let mut tx = stage.server.database().store().tenant(account).await.unwrap();
    tx.insert_portal(&new).await.unwrap();
    tx.commit().await.unwrap();
    let channel = Uuid::try_parse(stage.channel.split('_').nth(1).unwrap()).unwrap();
    let mut conn = stage.server.database().connect().await;
    for (on, seen) in [(false, 0), (true, 2)] {
        let settings = json!({ "crm": "amo", "chats": { "check_numbers": on } });
        sqlx::query(
            "with i as (
                insert into integrations
                    (account_id, integration_id, portal_id, kind, name, enabled, settings)
                values ($1, $2, $2, 'amo', 'Продажи', true, $3)
                on conflict (account_id, integration_id) do update set settings = excluded.settings
             )
             insert into integration_channels
                (account_id, integration_id, portal_id, channel_id, since)
             values ($1, $2, $2, $4, now()) on conflict do nothing",
        )
        .bind(account.0)
        .bind(portal.0)
        .bind(&settings)
        .bind(channel)
        .execute(&mut conn)
        .await
        .unwrap();
        assert_eq!(stage.list().await.len(), seen, "{on}");
        let status = if on { 200 } else { 422 };
        stage.owner.post(&stage.path(), &stage.ask(THERE), status).await;
    }
}

/// A company with an SMS channel that pays for checks.
struct Paid {
    server: TestServer,
    owner: Session,
    _sandbox: Sms,
    account: Account,
    contact: String,
    body: Value,
}

impl Paid {
    async fn start(provider: Provider) -> Self {
        let server = TestServer::start().await;
        let sandbox = Sms::start(Options::quick()).await.expect("the sandbox starts");
        let account = sandbox.add_account("Romashka", "79160000001");
        let owner = server.sign_up().await;
        let keys = account.credentials();
        let (name, login, key) = match provider {
            Provider::SmsAero => ("sms_aero", keys.email, keys.aero_key),
            Provider::SmscRu => ("smsc_ru", keys.login, keys.password),
            Provider::Exolve => ("exolve", String::new(), keys.exolve_key),
        };
        let settings = json!({ "provider": name, "login": login, "key": key, "number": "SHOP",
            "check_numbers": true, "base_url": sandbox.base(provider) });
        let form = json!({ "kind": "sms", "name": "SMS", "settings": settings });
        let channel = connected(&owner, &form).await;
        let contact = contact(&owner, &[THERE]).await;
        let body = json!({ "channel_id": channel, "phone": THERE, "wanted": "fresh_answer" });
        Self { server, owner, _sandbox: sandbox, account, contact, body }
    }

    async fn click(&self, expect: u16) -> Value {
        let path = format!("/api/v1/contacts/{}/number-checks", self.contact);
        self.owner.post(&path, &self.body, expect).await.json()
    }

    async fn until(&self, state: &str) -> Value {
        until_state(&self.owner, &self.contact, THERE, state).await
    }
}

/// Both providers: a look into the network's register, paid once.
#[tokio::test(flavor = "multi_thread")]
async fn wa_1_sms_providers_look_into_the_network_s_register() {
    for provider in [Provider::SmsAero, Provider::SmscRu] {
        let paid = Paid::start(provider).await;
        let before = paid.account.balance();
        let said = paid.click(200).await;
        assert_eq!((&said["state"], &said["price"]), (&json!("checking"), &json!("paid")));
        for _ in 0..5 {
            paid.click(200).await;
        }
        paid.until("exists").await;
        assert_eq!(paid.account.lookups(), ["79161234567"], "{provider:?}: once");
        assert!(paid.account.balance() < before);
        paid._sandbox.phone("79161234567").is_gone();
        age(&paid.server, "1 minute").await;
        paid.click(200).await;
        paid.until("does_not_exist").await;
        assert_eq!(paid.account.lookups().len(), 2, "{provider:?}");
        assert_eq!(paid._sandbox.violations(), Vec::<String>::new());
    }
}

/// A failure is shown with its remedy, and nobody pays twice for a lost answer.
#[tokio::test(flavor = "multi_thread")]
async fn wa_1_a_failure_says_what_to_do() {
    let paid = Paid::start(Provider::SmsAero).await;
    paid.account.set_faults(Faults { drop_answer: 1, ..Faults::default() });
    paid.click(200).await;
    let lost = paid.until("failed").await;
    assert!(lost["reason"]["ru"].as_str().is_some_and(|r| r.contains("потерялся")), "{lost}");
    assert!(lost["remedy"]["en"].as_str().is_some_and(|r| r.contains("again")), "{lost}");
    assert_eq!(paid.account.lookups().len(), 1, "asked once");
    // No money.
    age(&paid.server, "1 minute").await;
    paid.account.set_balance(0);
    paid.click(200).await;
    let poor = paid.until("failed").await;
    assert!(poor["remedy"]["ru"].as_str().is_some_and(|r| r.contains("Пополните")), "{poor}");
    // Paid at last; then a dead key, which leaves the answer where it was.
    age(&paid.server, "1 minute").await;
    paid.account.set_balance(1000);
    paid.click(200).await;
    paid.until("exists").await;
    age(&paid.server, "1 minute").await;
    paid.account.renew_keys();
    paid.click(200).await;
    let dead = paid.until("failed").await;
    assert_eq!(dead["answer"], "exists", "the answer stays: {dead}");
    assert!(dead["remedy"]["ru"].as_str().is_some_and(|r| r.contains("ключ")), "{dead}");
}

/// A company whose channel says of phones what the test says.
struct Asked {
    stage: PuppetStage,
    contact: ContactId,
}

impl Asked {
    async fn start() -> Self {
        let stage = PuppetStage::set().await;
        let form = ContactForm {
            name: "Ольга".to_owned(),
            phones: vec![THERE.to_owned()],
            ..ContactForm::default()
        };
        let contact = stage.app.create_contact(&stage.anna, form, None).await.unwrap().contact_id;
        Self { stage, contact }
    }

    async fn click(&self) {
        let Self { stage, contact } = self;
        let asked = CheckNumber {
            channel: stage.channel.channel_id,
            phone: THERE.to_owned(),
            wanted: Wanted::FreshAnswer,
        };
        stage.app.check_number(&stage.anna, *contact, asked).await.unwrap();
    }

    async fn known(&self) -> NumberCheckView {
        let Self { stage, contact } = self;
        stage.app.number_checks(&stage.anna, *contact).await.unwrap().remove(0)
    }
}

/// A click of anybody ends with the service's words, and leaves the channel as it was: a key that is
/// not let into the register may well send.
#[tokio::test]
async fn wa_1_a_question_never_stops_the_channel() {
    let asked = Asked::start().await;
    let stage = &asked.stage;
    for state in [ChannelState::BadCredentials, ChannelState::Failed, ChannelState::Interrupted] {
        let why = Words::new("Ключ не подходит.", "The key does not fit.");
        let report = StateReport::new(state, why.clone(), why.clone());
        stage.puppet.will_say([SendError::Disconnected(report)]);
        asked.click().await;
        stage.work().await;
        let known = asked.known().await;
        assert_eq!((known.state, known.reason), (NumberState::Failed, Some(why.clone())));
        assert_eq!(known.remedy, Some(why));
        let id = stage.channel.channel_id;
        let channel = stage.app.channel_row(stage.anna.account, id).await.unwrap().unwrap();
        assert_eq!(channel.report.state, ChannelState::Connected, "after {state:?}");
        stage.pass(TimeDelta::minutes(1));
    }
}

/// What the service has said is paid for: it is written however long the database takes.
#[tokio::test]
async fn wa_1_an_answer_waits_for_the_database() {
    let asked = Asked::start().await;
    asked
        .stage
        .database
        .goes_down(2, "update on number_checks for each row when (new.stage = 'over')")
        .await;
    asked.click().await;
    assert!(asked.stage.work().await.is_empty(), "in one run");
    assert_eq!(asked.known().await.state, NumberState::Exists);
    assert_eq!(asked.stage.puppet.asked(), ["exists First"], "asked once");
}

/// What the service has taken is looked for to its end, however late we come to it; what never answers
/// ends with half an hour's patience.
#[tokio::test]
async fn wa_1_a_question_that_was_taken_is_looked_for_to_its_end() {
    for answers in [true, false] {
        let asked = Asked::start().await;
        let stage = &asked.stage;
        let later = || Told::Later { ticket: "7".to_owned(), after: Duration::from_secs(60) };
        stage.puppet.told.lock().unwrap().push_back(later());
        asked.click().await;
        stage.work().await;
        assert_eq!(asked.known().await.state, NumberState::Checking);
        stage.pass(TimeDelta::minutes(40));
        if !answers {
            stage.puppet.told.lock().unwrap().push_back(later());
        }
        stage.ripe().await;
        stage.work().await;
        let known = asked.known().await;
        assert_eq!(stage.puppet.asked(), ["exists First", "exists Taken(\"7\")"]);
        match answers {
            true => assert_eq!(known.state, NumberState::Exists),
            false => assert!(known.reason.expect("words").en.contains("took the check")),
        }
    }
}

/// A server killed after it asked: the question is found by our own id, and paid once.
#[tokio::test(flavor = "multi_thread")]
async fn wa_1_a_kill_in_the_middle_pays_once() {
    let mut paid = Paid::start(Provider::SmscRu).await;
    paid.account.set_faults(Faults { slow_ms: 2_000, ..Faults::default() });
    paid.click(200).await;
    until("the provider has the question", async || {
        (!paid.account.lookups().is_empty()).then_some(())
    })
    .await;
    paid.server.kill();
    paid.account.set_faults(Faults::default());
    paid.server.restart().await;
    let owner = paid.owner.at(paid.server.url());
    let contact = paid.contact.clone();
    let wait = Duration::from_secs(60);
    let found = tokio::time::timeout(wait, async {
        loop {
            let now = of(&list(&owner, &contact).await, THERE);
            if now["state"] == "exists" {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    found.await.expect("it is answered");
    assert_eq!(paid.account.lookups().len(), 1, "paid once");
}
