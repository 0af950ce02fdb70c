//! The sample company of a first start, and the channel that plays its customers.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::PgConnection;
use tests::{Client, Session, TestServer, at_conversation, until};

/// A server with the sample company, and its owner.
async fn stage() -> (TestServer, Session) {
    let server = TestServer::start_with(|config| config.demo_company = true).await;
    let owner = owner(&server).await;
    (server, owner)
}

async fn owner(server: &TestServer) -> Session {
    let letter = std::fs::read_to_string(server.folder().join("demo-login.txt")).unwrap();
    let password = letter.lines().find_map(|l| l.strip_prefix("password: ")).unwrap();
    Client::new(server.url()).log_in(server::DEMO_EMAIL, password).await
}

async fn count(conn: &mut PgConnection, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement).fetch_one(conn).await.unwrap()
}

/// Every screen has something to show: conversations of all states in several channels, with files,
/// tags, notes, system lines; and a second start adds nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_comes_with_weeks_of_conversations() {
    let (mut server, owner) = stage().await;
    let account = owner.get("/api/v1/account", 200).await.json();
    assert_eq!((&account["demo"], &account["demo_data"]), (&json!(true), &json!(true)));
    let mut all = 0;
    for (state, least) in [("new", 6), ("in_work", 5), ("closed", 30)] {
        let found = owner.conversations(&format!("state={state}&limit=100")).await;
        assert!(found.len() >= least, "{state}: {}", found.len());
        all += found.len();
    }
    assert!((40..=60).contains(&all), "{all}");
    let channels = owner.get("/api/v1/channels", 200).await.json();
    let looks: Vec<&str> = channels["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["looks_like"].as_str().or(c["kind"].as_str()).unwrap())
        .collect();
    assert_eq!(looks, ["widget", "telegram_bot", "whatsapp_web", "email", "vk", "avito"]);
    let mut conn = server.database().connect().await;
    for (what, statement) in [
        ("messages", "select count(*) / 350 from messages"),
        ("notes", "select count(*) from messages where direction = 'note'"),
        ("failures", "select count(*) from messages where status = 'failed'"),
        ("files", "select count(*) from attachments where storage_key is not null"),
        ("tags", "select count(*) from conversation_tags"),
        ("requests", "select count(*) from conversations where kind = 'request'"),
        ("letters", "select count(*) from conversations where subject <> ''"),
        ("campaigns", "select count(*) from conversations where attribution ? 'campaign'"),
        ("repeats", "select count(*) from conversations where not is_first"),
        ("waiting", "select count(*) from conversations where waiting_since is not null"),
        ("replies", "select count(*) from canned_replies"),
    ] {
        assert!(count(&mut conn, statement).await > 0, "{what}");
    }
    // Nothing is said in the future, and each conversation's lines stand in the order of time.
    for (what, statement) in [
        ("future", "select count(*) from messages where created_at > now()"),
        (
            "order",
            "select count(*) from messages a join messages b using (conversation_id)
             where a.position < b.position and a.created_at > b.created_at",
        ),
        (
            "numbers",
            "select count(*) from conversations a, conversations b
             where a.number < b.number and a.opened_at > b.opened_at",
        ),
        (
            "tails",
            "select count(*) from conversations c where last_position <>
                (select max(position) from messages m where m.conversation_id = c.conversation_id)",
        ),
    ] {
        assert_eq!(count(&mut conn, statement).await, 0, "{what}");
    }
    let before = count(&mut conn, "select count(*) from messages").await;
    // Killed between the company's transaction and its mark: the next start makes nothing twice.
    server.kill();
    sqlx::query("delete from installation").execute(&mut conn).await.unwrap();
    server.restart().await;
    assert_eq!(count(&mut conn, "select count(*) from messages").await, before);
    assert_eq!(count(&mut conn, "select count(*) from demo_rows where kind = 'channel'").await, 5);
}

/// A file of a sample message is served like any other.
#[tokio::test(flavor = "multi_thread")]
async fn cv_6_sample_files_can_be_opened() {
    let (server, owner) = stage().await;
    let mut conn = server.database().connect().await;
    let conversation: uuid::Uuid = sqlx::query_scalar(
        "select m.conversation_id from attachments a join messages m using (message_id)
         where a.kind = 'image' limit 1",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    let path = format!("/api/v1/conversations/cnv_{}/messages", conversation.simple());
    let messages = owner.get(&path, 200).await.json();
    let file = messages["items"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|m| m["body"]["files"].get(0).cloned())
        .expect("a file");
    assert_eq!(file["state"], "stored");
    let id = file["attachment_id"].as_str().unwrap();
    let file = owner.get(&format!("/api/v1/attachments/{id}"), 200).await.json();
    let url = file["url"].as_str().expect("an address");
    let path = url.strip_prefix(&server.url()).unwrap_or(url);
    let image = owner.get(path, 200).await;
    assert_eq!(image.header("content-type"), Some("image/png"));
}

/// An answer into a sample conversation reaches nobody and looks as it would: delivered, read, and
/// answered when it asks something.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_an_answer_into_a_sample_conversation_is_played() {
    let (_server, owner) = stage().await;
    let open = owner.conversations("state=in_work&limit=100").await;
    let talk = open.iter().find(|c| c["contact_name"] == "Ирина Колесникова").expect("hers");
    owner.answer(talk, "demo-1", "Ирина, вам позвонить перед доставкой?").await;
    owner.until_status(talk, "demo-1", "read").await;
    let last = talk["last_position"].as_i64().unwrap() + 1;
    until("she answers", async || {
        let messages = owner.messages(talk).await;
        messages.into_iter().find(|m| {
            m["direction"] == "inbound" && m["position"].as_i64().is_some_and(|p| p > last)
        })
    })
    .await;
}

/// The button takes away the sample data, all of it and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn the_sample_data_are_taken_away_and_nothing_else() {
    let (mut server, owner) = stage().await;
    let mut conn = server.database().connect().await;
    // Things of the person's own, some of them entangled with the sample.
    let contact = owner.post("/api/v1/contacts", &json!({ "name": "Настоящий" }), 201).await.json();
    let tag = owner.post("/api/v1/tags", &json!({ "name": "моё" }), 201).await.json();
    let mut visitor = tests::Visitor::open(&server.url(), &site(&owner).await, json!({})).await;
    visitor.says("visitor-1", "Я настоящий посетитель").await;
    let own = until("the visitor's conversation", async || {
        let new = owner.conversations("state=new&limit=100").await;
        new.into_iter().find(|c| c["preview"] == "Я настоящий посетитель")
    })
    .await;
    let people = owner.get("/api/v1/employees", 200).await.json();
    let dmitry =
        people["items"].as_array().unwrap().iter().find(|e| e["name"] == "Дмитрий Савельев");
    let dmitry = dmitry.expect("an employee of the sample")["employee_id"].clone();
    let assign = json!({ "employee_id": dmitry });
    owner.post(&at_conversation(&own, "/assign"), &assign, 200).await;
    let stored = files(&server);

    let operator = owner.hire("Борис", "operator").await;
    operator.delete("/api/v1/account/demo-data", 403).await;
    owner.delete("/api/v1/account/demo-data", 204).await;
    let account = owner.get("/api/v1/account", 200).await.json();
    assert_eq!(account["demo_data"], false);
    let left = owner.conversations("limit=100").await;
    assert_eq!(left.len(), 1, "the visitor's own: {left:?}");
    assert_eq!(left[0]["conversation_id"], own["conversation_id"]);
    assert_eq!(left[0]["assignee_id"], owner.employee.as_str(), "nobody's work is lost");
    for (table, statement, kept) in [
        ("employees", "select count(*) from employees", 2),
        ("groups", "select count(*) from groups", 0),
        ("tags", "select count(*) from tags", 1),
        ("contacts", "select count(*) from contacts", 2),
        ("channels", "select count(*) from channels", 1),
        ("scenarios", "select count(*) from scenarios", 0),
        ("schedules", "select count(*) from schedules", 0),
        ("replies", "select count(*) from canned_replies", 0),
        ("fields", "select count(*) from contact_fields", 0),
        ("attachments", "select count(*) from attachments", 0),
        ("marks", "select count(*) from demo_rows", 0),
        ("orphans", "select count(*) from messages where external_id like 'demo-%'", 0),
    ] {
        assert_eq!(count(&mut conn, statement).await, kept, "{table}");
    }
    assert!(stored > 0 && files(&server) < stored, "its objects are gone too");
    owner.get(&format!("/api/v1/contacts/{}", contact["contact_id"].as_str().unwrap()), 200).await;
    let tags = owner.get("/api/v1/tags", 200).await.json();
    assert_eq!(tags["items"][0]["tag_id"], tag["tag_id"]);
    // Gone for good, and doing it again is no fault.
    owner.delete("/api/v1/account/demo-data", 204).await;
    server.kill();
    server.restart().await;
    assert_eq!(count(&mut conn, "select count(*) from demo_rows").await, 0);
}

/// Objects below the server's folder.
fn files(server: &TestServer) -> usize {
    let mut open = vec![server.folder().join("objects")];
    let mut found = 0;
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => open.push(path),
                _ => found += 1,
            }
        }
    }
    found
}

async fn site(owner: &Session) -> Value {
    let all = owner.get("/api/v1/channel-details", 200).await.json();
    let all = all["items"].as_array().unwrap();
    all.iter().find(|c| c["kind"] == "widget").cloned().expect("the widget")
}

/// CH-2, the newcomer's path on any machine: a demo channel is connected, an invented customer writes,
/// and the answer is read.
#[tokio::test(flavor = "multi_thread")]
async fn ch_2_a_demo_channel_makes_the_whole_path_work() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let account = owner.get("/api/v1/account", 200).await.json();
    assert_eq!((&account["demo"], &account["demo_data"]), (&json!(false), &json!(false)));
    let form = json!({ "kind": "demo", "name": "Проба", "settings": {} });
    owner.post("/api/v1/channels", &form, 201).await;
    let mut socket = owner.socket(None).await;
    let came = socket.next_event("conversation.created", Duration::from_secs(60)).await;
    let conversation = came["data"]["conversation"].clone();
    owner.answer(&conversation, "d-1", "Работаем до десяти вечера.").await;
    owner.until_status(&conversation, "d-1", "read").await;
    // Her own channel is no sample: the button has nothing to take away.
    owner.delete("/api/v1/account/demo-data", 204).await;
    assert_eq!(owner.conversations("").await.len(), 1);
}
