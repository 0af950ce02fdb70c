//! S26: known secrets and personal data are planted everywhere they can be put, then looked for in
//! everything that the server leaves behind: every row of the database, its log at the level
//! `debug` in both forms, its figures, and every answer to a GET.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Method;
use sandbox::telegram::{Faults, Media, Options, Telegram};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row};
use tests::{
    Client, Database, PATIENCE, Place, ProcessServer, Session, Visitor, at_conversation, connect,
    free_address, until, widget,
};

const EMAIL: &str = "canary-owner@canary-house.test";
const PASSWORD: &str = "canary-password-5f1c";
const GUESS: &str = "canary-wrong-guess-77aa";
const GUESSED_EMAIL: &str = "canary-guessed@canary-house.test";
const MAILBOX_PASSWORD: &str = "canary-mailbox-password-9e";
const MAILBOX: &str = "canary-mailbox@canary-house.test";
const DEAD_TOKEN: &str = "7000000099:AAcanary-dead-bot-token-000000000001";
const FORGED: &str = "canary-forged-webhook-secret";
const SAID: &str = "canarywordofthecustomer";
const ANSWERED: &str = "canarywordoftheoperator";
const NAME: &str = "Canaryname";
const PHONE: &str = "79995550123";
const CUSTOMER_EMAIL: &str = "canary-customer@canary-mail.test";
const FIELD: &str = "canaryfieldvalue";
const MASTER: &str = "Y2FuYXJ5LW1hc3Rlci1rZXktY2FuYXJ5LW1hc3Rlci0=";

/// What was planted.
struct Canaries {
    /// To be found nowhere but where they were first told.
    secrets: BTreeMap<&'static str, String>,
    /// To be found in the database and the answers to those who may see it, and not in logs.
    personal: BTreeMap<&'static str, String>,
}

/// A text as it may stand somewhere: plain, in hex (as Postgres writes bytes), in base64.
fn faces(canary: &str) -> [String; 3] {
    let hex = canary.bytes().map(|b| format!("{b:02x}")).collect();
    let base64 = BASE64_STANDARD.encode(canary).trim_end_matches('=').to_owned();
    [canary.to_owned(), hex, base64]
}

fn seen(canaries: &BTreeMap<&'static str, String>, place: &str, text: &str) -> Vec<String> {
    let holds = |canary: &str| faces(canary).iter().any(|face| text.contains(face));
    let found = canaries.iter().filter(|(_, canary)| holds(canary));
    found.map(|(what, _)| format!("{what} in {place}")).collect()
}

struct Stage {
    /// Before the place, so that the server goes first.
    server: ProcessServer,
    _place: Place,
    database: Database,
    telegram: Telegram,
}

impl Stage {
    async fn start(format: &str) -> Self {
        let address = free_address();
        let (place, database) = (Place::new(), Database::create().await);
        let mut command = place.command(&["serve"]);
        command
            .env("BESEDA_HTTP__LISTEN", address.to_string())
            .env("BESEDA_PUBLIC_URL", format!("http://{address}"))
            .env("BESEDA_OUTGOING__ALLOW_LOOPBACK", "true")
            .env("BESEDA_DEMO_COMPANY", "false")
            .env("BESEDA_KEYS__MASTER", MASTER)
            .env("BESEDA_LOG__LEVEL", "debug")
            .env("BESEDA_LOG__FORMAT", format)
            .env("DATABASE_URL", database.url());
        let server = ProcessServer::start(command);
        let telegram = Telegram::start(Options::quick()).await.unwrap();
        Self { server, _place: place, database, telegram }
    }

    /// Does everything that carries a secret or somebody's data, well and badly.
    async fn plant(&self) -> (Session, Canaries) {
        let client = self.server.client();
        let form = json!({ "company": "c", "name": "n", "email": EMAIL, "password": PASSWORD });
        let answer = client.post("/api/v1/sign-up", &form, 201).await;
        let owner = Session::opened(&client, &answer, EMAIL, PASSWORD);
        let session = owner.cookie().unwrap().split_once('=').unwrap().1.to_owned();
        let guess = json!({ "email": GUESSED_EMAIL, "password": GUESS });
        client.post("/api/v1/session", &guess, 401).await;
        let guess = json!({ "email": EMAIL, "password": GUESS });
        client.post("/api/v1/session", &guess, 401).await;
        let broken = client.request(Method::POST, "/api/v1/session");
        let broken = broken.header("content-type", "application/json");
        client.send(broken.body(format!("{{\"password\":\"{GUESS}\",")), 400).await;

        let post = async |path: &str, body: Value| {
            owner.post(&format!("/api/v1/{path}"), &body, 201).await.json()
        };
        let scopes = json!({ "name": "t", "scopes": ["read_conversations"] });
        let token = text(&post("tokens", scopes).await, "token");
        client.bearer(&token).get("/api/v1/conversations", 200).await;
        client.bearer(&format!("bsd_{GUESS}")).get("/api/v1/conversations", 401).await;
        let invite = json!({ "email": "canary-invited@canary-house.test", "role": "operator" });
        let invite = text(&post("invites", invite).await, "token");
        client.post("/api/v1/invites/open", &json!({ "token": invite }), 200).await;
        let endpoint = json!({ "url": "http://127.0.0.1:9/hook", "kinds": [] });
        let endpoint = post("endpoints", endpoint).await;
        let first = text(&endpoint, "secret");
        let path =
            format!("/api/v1/endpoints/{}/secret", text(&endpoint["endpoint"], "endpoint_id"));
        let second = text(&owner.poke(&path, 200).await.json(), "secret");

        let bot = self.telegram.add_bot("shop_bot");
        let channel = connect(&owner, &self.telegram, &bot, tests::Way::Webhook).await;
        let hook = format!("/hooks/telegram_bot/{}", text(&channel, "hook_key"));
        let forged = client.request(Method::POST, &hook).body(SAID);
        client.send(forged.header("X-Telegram-Bot-Api-Secret-Token", FORGED), 401).await;
        let secret = bot.webhook_secret().unwrap();
        let strange = client.request(Method::POST, &hook).body(format!("{{\"text\":\"{SAID}\""));
        client.send(strange.header("X-Telegram-Bot-Api-Secret-Token", &secret), 200).await;
        post(
            "channels",
            json!({ "kind": "telegram_bot", "name": "dead", "settings": {
            "token": DEAD_TOKEN, "base_url": self.telegram.url(), "receive": "polling" } }),
        )
        .await;
        post(
            "channels",
            json!({ "kind": "email", "name": "mail", "settings": {
            "email": MAILBOX, "password": MAILBOX_PASSWORD, "imap_host": "127.0.0.1",
            "imap_port": 9, "imap_security": "none", "smtp_host": "127.0.0.1", "smtp_port": 9,
            "smtp_security": "none" } }),
        )
        .await;

        let customer = self.telegram.customer(700, NAME, Some("canaryusername"));
        customer.sends_text(&bot, SAID);
        customer.shares_own_phone(&bot, &format!("+{PHONE}"));
        customer.sends(&bot, Media::photo(vec![7; 2000]).caption(SAID));
        let conversation = owner.conversation_with(NAME).await;
        bot.set_faults(Faults { server_error: 1, drop_answer: 1, ..Faults::default() });
        answers_at_last(&owner, &conversation, "a").await;
        answers_at_last(&owner, &conversation, "b").await;
        customer.wait_for_text(&bot, PATIENCE, ANSWERED).await.unwrap();
        bot.renew_token();
        answers_at_last(&owner, &conversation, "c").await;

        let form = json!({ "name": NAME, "phones": [format!("+{PHONE}")],
            "emails": [CUSTOMER_EMAIL], "fields": { "note": FIELD } });
        for _ in 0..2 {
            let request = owner.request(Method::POST, "/api/v1/contacts").json(&form);
            assert!(request.send().await.unwrap().status().as_u16() < 500);
        }
        owner.get(&format!("/api/v1/search?q={SAID}"), 200).await;
        owner.get(&format!("/api/v1/contacts?limit=x&q={CUSTOMER_EMAIL}"), 422).await;
        let site = widget(&owner, json!({})).await;
        let mut visitor = Visitor::open(self.server.url(), &site, json!({})).await;
        let person = json!({ "name": NAME, "phone": format!("+{PHONE}"), "email": CUSTOMER_EMAIL,
            "text": SAID });
        visitor
            .send(&json!({ "type": "request", "client_id": "client-id-1", "values": person }))
            .await;
        visitor.next("accepted").await;
        until("the dead bot and the mailbox are noticed", async || {
            let all = owner.get("/api/v1/channels", 200).await.json();
            let states: Vec<&str> =
                all["items"].as_array()?.iter().filter_map(|c| c["state"].as_str()).collect();
            (!states.contains(&"connecting")).then_some(())
        })
        .await;

        let mut secrets = BTreeMap::from([
            ("a password", PASSWORD.to_owned()),
            ("a guessed password", GUESS.to_owned()),
            ("a session", session),
            ("a personal token", token),
            ("an invite", invite),
            ("an endpoint's old secret", first),
            ("an endpoint's secret", second),
            ("a bot's token", bot.token.clone()),
            ("a dead bot's token", DEAD_TOKEN.to_owned()),
            ("a webhook's secret", secret),
            ("a forged webhook's secret", FORGED.to_owned()),
            ("a mailbox's password", MAILBOX_PASSWORD.to_owned()),
            ("a visitor's token", visitor.token()),
            ("the master key", MASTER.to_owned()),
        ]);
        // What is written without its prefix is no less a secret.
        for (what, of) in [
            ("a bare endpoint's secret", "an endpoint's secret"),
            ("a bare token", "a personal token"),
            ("a bare visitor's token", "a visitor's token"),
        ] {
            let bare = secrets[of].rsplit_once('_').map(|(_, bare)| bare.to_owned());
            secrets.extend(bare.map(|bare| (what, bare)));
        }
        let personal = BTreeMap::from([
            ("a customer's text", SAID.to_owned()),
            ("an operator's text", ANSWERED.to_owned()),
            ("a name", NAME.to_owned()),
            ("a phone", PHONE.to_owned()),
            ("a customer's e-mail", CUSTOMER_EMAIL.to_owned()),
            ("an employee's e-mail", EMAIL.to_owned()),
            ("a guessed e-mail", GUESSED_EMAIL.to_owned()),
            ("a mailbox", MAILBOX.to_owned()),
            ("a field", FIELD.to_owned()),
        ]);
        (owner, Canaries { secrets, personal })
    }

    /// Every row of every table, by table.
    async fn rows(&self) -> Vec<(String, String)> {
        let mut conn = self.database.connect().await;
        let tables = "select format('%I.%I', schemaname, tablename) from pg_tables \
             where schemaname not in ('pg_catalog', 'information_schema')";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut conn).await.unwrap();
        let mut dump = Vec::new();
        for table in tables {
            let rows = format!("select t::text from {table} t");
            let rows = sqlx::query(AssertSqlSafe(rows)).fetch_all(&mut conn).await.unwrap();
            let text: Vec<String> = rows.iter().map(|row| row.get::<String, _>(0)).collect();
            dump.push((table, text.join("\n")));
        }
        dump
    }
}

/// Who meets the customer's own messages in the database is told to come again.
async fn answers_at_last(owner: &Session, conversation: &Value, client_id: &str) {
    let body = json!({ "client_id": client_id, "text": ANSWERED });
    let path = at_conversation(conversation, "/messages");
    until("the answer is taken", async || {
        let answer = owner.request(Method::POST, &path).json(&body).send().await.unwrap();
        match answer.status().as_u16() {
            201 => Some(()),
            503 => None,
            other => panic!("{other}: {:?}", answer.text().await),
        }
    })
    .await;
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}")).to_owned()
}

/// Answers to every GET that there is, with ids of things that exist where ids are asked for.
async fn answers(owner: &Session) -> Vec<(String, String)> {
    let mut ids = BTreeMap::new();
    let mut learn = |name: &str, items: &Value| {
        let id = items["items"][0][name].as_str().map(str::to_owned);
        ids.extend(id.map(|id| (format!("{{{name}}}"), id)));
    };
    for (list, name) in [
        ("channels", "channel_id"),
        ("contacts", "contact_id"),
        ("conversations", "conversation_id"),
        ("employees", "employee_id"),
        ("endpoints", "endpoint_id"),
        ("scenarios", "scenario_id"),
        ("quarantine", "quarantine_id"),
        ("me/sessions", "session_id"),
    ] {
        learn(name, &owner.get(&format!("/api/v1/{list}"), 200).await.json());
    }
    let conversation = owner.conversation_with(NAME).await;
    let messages = owner.get(&at_conversation(&conversation, "/messages"), 200).await.json();
    learn("message_id", &messages);
    let endpoint = ids["{endpoint_id}"].clone();
    let deliveries = owner.get(&format!("/api/v1/endpoints/{endpoint}/deliveries"), 200).await;
    let mut learn = |name: &str, items: &Value| {
        let id = items["items"][0][name].as_str().map(str::to_owned);
        ids.extend(id.map(|id| (format!("{{{name}}}"), id)));
    };
    learn("delivery_id", &deliveries.json());
    let document = owner.get("/api/v1/openapi.json", 200).await.json();
    let mut answers = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        if operations.get("get").is_none() {
            continue;
        }
        let mut address = path.clone();
        for (name, id) in &ids {
            address = address.replace(name, id);
        }
        let answer = owner.request(Method::GET, &address).send().await.unwrap();
        assert!(answer.status().as_u16() < 500, "{address}: {}", answer.status());
        let headers = format!("{:?}", answer.headers());
        answers.push((path.clone(), headers + &answer.text().await.unwrap()));
    }
    answers
}

async fn scan(format: &str) {
    let stage = Stage::start(format).await;
    let (owner, canaries) = stage.plant().await;
    let answers = answers(&owner).await;
    assert!(answers.len() > 35, "{} answers", answers.len());
    let nobody: Client = owner.nobody();
    let figures = nobody.get("/metrics", 200).await.text();
    let rows = stage.rows().await;
    let log = stage.server.said();
    let mut found = Vec::new();
    for (place, text) in rows.iter().chain(&answers) {
        found.extend(seen(&canaries.secrets, place, text));
    }
    for (place, text) in [("the log", &log), ("the figures", &figures)] {
        found.extend(seen(&canaries.secrets, place, text));
        found.extend(seen(&canaries.personal, place, text));
    }
    // What must be somewhere is found there: the scan sees.
    let dump: String = rows.iter().map(|(_, text)| text.as_str()).collect();
    for what in ["a customer's text", "an operator's text", "a phone", "a customer's e-mail"] {
        let one = BTreeMap::from([(what, canaries.personal[what].clone())]);
        assert!(!seen(&one, "the database", &dump).is_empty(), "{what} is not in the database");
    }
    assert!(log.contains("channel state changed") && figures.contains("beseda_http_seconds"));
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| {
            !seen(&canaries.secrets, "", line).is_empty()
                || !seen(&canaries.personal, "", line).is_empty()
        })
        .take(20)
        .collect();
    println!(
        "{} secrets and {} personal texts looked for in {} tables ({} bytes), {} answers, {} lines \
         of log: {} found",
        canaries.secrets.len(),
        canaries.personal.len(),
        rows.len(),
        dump.len(),
        answers.len(),
        log.lines().count(),
        found.len(),
    );
    assert!(found.is_empty(), "{}\n{}", found.join("\n"), lines.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s26_no_secret_is_left_behind_and_the_json_log_knows_nobody() {
    scan("json").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s26_no_secret_is_left_behind_and_the_human_log_knows_nobody() {
    scan("human").await;
}
