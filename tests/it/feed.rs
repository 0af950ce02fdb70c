//! The feed and its socket: numbers without holes for whoever reads, resumption that misses and
//! doubles nothing (S21), a cursor that is too old, a reader that does not read (S22), and sight.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    event::{EventKind, NewEvent},
    ids::AccountId,
};
use futures::future::join_all;
use serde_json::{Value, json};
use sqlx::PgConnection;
use store::{FeedPage, Store};
use tests::{
    Client, Database, PATIENCE, Session, Socket, TelegramStage, TestServer, Way, at_conversation,
    until,
};

fn event(n: i64) -> NewEvent {
    NewEvent {
        kind: EventKind::EmployeeChanged,
        conversation: None,
        audience: None,
        was: None,
        payload: json!({ "n": n }),
    }
}

/// What a reader with this cursor gets.
async fn after(store: &Store, account: AccountId, cursor: i64) -> Vec<i64> {
    let mut tx = store.tenant(account).await.unwrap();
    match tx.events_after(cursor, 100).await.unwrap() {
        FeedPage::Events(events) => events.into_iter().map(|e| e.seq).collect(),
        FeedPage::TooOld { seq } => panic!("{cursor} is too old, the feed is at {seq}"),
    }
}

/// A slow transaction that began first gets its number last: a reader never passes over it.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_transaction_gets_its_number_when_it_commits() {
    let database = Database::create().await;
    let (store, account) = (database.store(), database.account().await);
    let mut slow = store.tenant(account).await.unwrap();
    slow.append(event(1));
    let mut fast = store.tenant(account).await.unwrap();
    fast.append(event(2));
    assert_eq!(fast.commit().await.unwrap(), Some(1));
    assert_eq!(after(&store, account, 0).await, vec![1]);
    assert_eq!(slow.commit().await.unwrap(), Some(2));
    assert_eq!(after(&store, account, 1).await, vec![2], "a reader at 1 gets the slow one");
}

/// The narrow place: one transaction has its number and has not committed. Whoever comes after it
/// waits, so that no number is seen before a lower one.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_never_seen_before_a_lower_one() {
    let database = Database::create().await;
    let (store, account) = (database.store(), database.account().await);
    let mut conn = database.connect().await;
    let run = async |conn: &mut PgConnection, statement: &'static str| {
        sqlx::query(statement).execute(conn).await.unwrap();
    };
    // What `events::append` does, stopped between its statement and COMMIT.
    run(&mut conn, "begin").await;
    run(&mut conn, "update account_counters set event_seq = event_seq + 1").await;
    run(
        &mut conn,
        "insert into events (account_id, seq, kind, payload)
         select account_id, event_seq, 'employee.changed', '{}' from account_counters",
    )
    .await;
    let mut second = store.tenant(account).await.unwrap();
    second.append(event(2));
    let second = tokio::spawn(second.commit());
    database.until_blocked("the second waits for the first").await;
    assert!(after(&store, account, 0).await.is_empty(), "neither is seen");
    run(&mut conn, "commit").await;
    assert_eq!(second.await.unwrap().unwrap(), Some(2));
    assert_eq!(after(&store, account, 0).await, vec![1, 2]);
}

/// Many writers and a reader that never rests: it sees 1, 2, 3 … without a hole.
#[tokio::test(flavor = "multi_thread")]
async fn a_restless_reader_sees_every_number_once() {
    const WRITERS: i64 = 6;
    const EACH: i64 = 40;
    let database = Database::create().await;
    let (store, account) = (database.store(), database.account().await);
    let writing = join_all((0..WRITERS).map(|writer| {
        let store = &store;
        async move {
            for n in 0..EACH {
                let mut tx = store.tenant(account).await.unwrap();
                for part in 0..=(n % 3) {
                    tx.append(event(writer * 1000 + n * 10 + part));
                }
                if n % 7 == 0 {
                    // Begun and given up: takes no number.
                    continue;
                }
                tx.commit().await.unwrap();
            }
        }
    }));
    let wanted = (0..EACH).filter(|n| n % 7 != 0).map(|n| n % 3 + 1).sum::<i64>() * WRITERS;
    let reading = async {
        let mut seen = Vec::new();
        until("all is read", async || {
            let cursor = i64::try_from(seen.len()).unwrap();
            seen.extend(after(&store, account, cursor).await);
            (i64::try_from(seen.len()).unwrap() >= wanted).then_some(())
        })
        .await;
        seen
    };
    let ((), seen) = tokio::join!(async { drop(writing.await) }, reading);
    assert_eq!(seen, (1..=wanted).collect::<Vec<_>>());
}

/// A sequence of its own, so that a failure can be run again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        // Numerical Recipes' linear congruence.
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % most
    }
}

async fn last_seq(conn: &mut PgConnection, account: &str) -> i64 {
    let account: AccountId = account.parse().unwrap();
    sqlx::query_scalar("select event_seq from account_counters where account_id = $1")
        .bind(account.0)
        .fetch_one(conn)
        .await
        .unwrap()
}

/// A window of an operator that is cut off again and again. Returns the number of each text seen.
async fn cut_reader(
    owner: &Session,
    seed: u64,
    from: i64,
    messages: usize,
) -> BTreeMap<String, u32> {
    let mut chance = Chance(seed);
    let mut cursor = from;
    let mut texts: BTreeMap<String, u32> = BTreeMap::new();
    while texts.len() < messages {
        // A server that is away is asked again.
        let socket = until("the socket opens", async || Socket::try_open(owner, cursor).await);
        let mut socket = socket.await;
        let frames = chance.below(60) + 20;
        for _ in 0..frames {
            // Long enough that each life of a socket brings something, also on a busy machine.
            let patience = Duration::from_millis(1000 + chance.below(500));
            let Some(frame) = socket.next(patience).await else { break };
            assert_ne!(frame["type"], "resync", "the cursor {cursor} is young: {frame}");
            if frame["type"] != "event" {
                continue;
            }
            let seq = frame["seq"].as_i64().expect("a number");
            assert_eq!(seq, cursor + 1, "no hole and no double: {frame}");
            cursor = seq;
            if frame["kind"] == "message.created"
                && let Some(text) = frame["data"]["message"]["body"]["text"].as_str()
            {
                *texts.entry(text.to_owned()).or_default() += 1;
            }
        }
        // Half of them close; the others vanish.
        if chance.below(2) == 0 {
            socket.close().await;
        }
    }
    texts
}

/// S21, the short form: 20 windows, 300 messages, cuts at random; missed 0, doubled 0.
#[tokio::test(flavor = "multi_thread")]
async fn s21_cut_sockets_miss_and_double_nothing() {
    const MESSAGES: usize = 300;
    let stage = TelegramStage::start(Way::Webhook).await;
    let mut conn = stage.server.database().connect().await;
    let from = last_seq(&mut conn, &stage.owner.account).await;
    let url = stage.bot.webhook_url().expect("a webhook");
    let secret = stage.bot.webhook_secret().expect("a secret");
    let client = stage.owner.nobody();
    let path = url.strip_prefix(client.url()).expect("our own address");
    let writing = async {
        for part in 0..MESSAGES / 10 {
            join_all((0..10).map(|k| deliver(&client, path, &secret, part * 10 + k))).await;
        }
    };
    let reading = join_all((0..20).map(|n| cut_reader(&stage.owner, 0xBE5EDA + n, from, MESSAGES)));
    let ((), readers) = tokio::join!(writing, reading);
    for texts in readers {
        assert_eq!(texts.len(), MESSAGES, "missed 0");
        assert!(texts.values().all(|times| *times == 1), "doubled 0");
    }
}

/// A customer's message, one of twelve customers in turn.
fn update(n: usize) -> Value {
    let person = 7000 + n % 12;
    json!({ "update_id": 50_000 + n, "message": {
        "message_id": 100 + n, "date": 1_790_000_000, "text": format!("письмо {n}"),
        "chat": { "id": person, "type": "private", "first_name": "Ирина" },
        "from": { "id": person, "is_bot": false, "first_name": "Ирина" } } })
}

/// Delivers a message as a messenger does: again and again until the answer is 200.
async fn deliver(client: &Client, path: &str, secret: &str, n: usize) {
    until("the messenger is answered", async || {
        let request = client.request(reqwest::Method::POST, path);
        let request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
        let answer = request.json(&update(n)).send().await.ok()?;
        (answer.status() == 200).then_some(())
    })
    .await;
}

/// S21 with kills of the server while messages flow and the messenger repeats until it is answered:
/// lost 0, doubled 0, on the sockets as in the database.
#[tokio::test(flavor = "multi_thread")]
async fn s21_kills_of_the_server_lose_and_double_nothing() {
    const MESSAGES: usize = 120;
    let mut stage = TelegramStage::start(Way::Webhook).await;
    let mut conn = stage.server.database().connect().await;
    let owner = stage.owner.clone();
    let from = last_seq(&mut conn, &owner.account).await;
    let url = stage.bot.webhook_url().expect("a webhook");
    let secret = stage.bot.webhook_secret().expect("a secret");
    let client = owner.nobody();
    let path = url.strip_prefix(client.url()).expect("our own address");
    let writing = async {
        for part in 0..MESSAGES / 10 {
            let tens = join_all((0..10).map(|k| deliver(&client, path, &secret, part * 10 + k)));
            let killing = async {
                if part % 4 == 2 {
                    // Among the deliveries; what was not answered is repeated.
                    tokio::task::yield_now().await;
                    stage.server.restart().await;
                }
            };
            tokio::join!(tens, killing);
        }
    };
    let reading = join_all((0..8).map(|n| cut_reader(&owner, 0xC0FFEE + n, from, MESSAGES)));
    let ((), readers) = tokio::join!(writing, reading);
    for texts in readers {
        assert_eq!(texts.len(), MESSAGES, "missed 0");
        assert!(texts.values().all(|times| *times == 1), "doubled 0");
    }
    let stored: (i64, i64) = sqlx::query_as(
        "select count(*), count(distinct external_id) from messages where direction = 'inbound'",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    let messages = i64::try_from(MESSAGES).unwrap();
    assert_eq!(stored, (messages, messages));
}

/// S21: a cursor whose events are gone, or of another life of the database, gets 'resync', and what
/// comes after it flows.
#[tokio::test(flavor = "multi_thread")]
async fn s21_a_cursor_that_is_too_old_is_told_to_read_anew() {
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    for presence in ["online", "break", "online", "off"] {
        owner.is_now(presence).await;
    }
    let mut conn = server.database().connect().await;
    let last = last_seq(&mut conn, &owner.account).await;
    assert!(last >= 4, "{last} events");
    sqlx::query("delete from events where seq <= 2").execute(&mut conn).await.unwrap();
    for cursor in [0, 1, last + 1000] {
        let mut socket = owner.socket(Some(cursor)).await;
        let resync = socket.next_event("resync", PATIENCE).await;
        assert_eq!(resync["seq"], last, "from cursor {cursor}");
        socket.close().await;
    }
    let mut socket = owner.socket(Some(2)).await;
    let first = socket.next(PATIENCE).await.expect("a frame");
    assert_eq!((first["type"].as_str(), first["seq"].as_i64()), (Some("event"), Some(3)));
    let mut late = owner.socket(Some(0)).await;
    late.next_event("resync", PATIENCE).await;
    owner.is_now("online").await;
    let next = late.next_event("employee.changed", PATIENCE).await;
    assert_eq!(next["seq"], last + 1, "goes on behind the resync");
}

/// S22: a reader that takes nothing is closed with the code that means 'resume', others are served
/// meanwhile, and after resuming it has missed nothing.
#[tokio::test(flavor = "multi_thread")]
async fn s22_a_reader_that_does_not_read_is_told_to_resume() {
    const EVENTS: i64 = 3000;
    const RESUME: u16 = 4008;
    let server = TestServer::start().await;
    let owner = server.sign_up().await;
    let account: AccountId = owner.account.parse().unwrap();
    let mut conn = server.database().connect().await;
    let from = last_seq(&mut conn, &owner.account).await;
    let mut stalled = owner.socket(Some(from)).await;
    let mut healthy = owner.socket(Some(from)).await;
    // Larger than what TCP holds between two ends of this machine.
    let padding = "x".repeat(10_000);
    let store = server.database().store();
    let writing = async {
        for part in 0..EVENTS / 100 {
            let mut tx = store.tenant(account).await.unwrap();
            for n in 0..100 {
                let payload = json!({ "n": part * 100 + n, "padding": padding });
                tx.append(NewEvent { payload, ..event(0) });
            }
            tx.commit().await.unwrap();
        }
    };
    let reading = async {
        let mut cursor = from;
        while cursor < from + EVENTS {
            match healthy.next(PATIENCE).await {
                Some(frame) if frame["type"] == "event" => {
                    assert_eq!(frame["seq"], cursor + 1);
                    cursor += 1;
                }
                Some(_) => {}
                // A page of the feed is larger than the queue of a socket: the healthy one may
                // have to resume as well, and misses as little.
                None => healthy = owner.socket(Some(cursor)).await,
            }
        }
    };
    tokio::join!(writing, reading);

    let mut cursor = from;
    let closed = loop {
        match stalled.next_or_closed(PATIENCE).await {
            Ok(frame) if frame["type"] == "event" => {
                assert_eq!(frame["seq"], cursor + 1);
                cursor += 1;
            }
            Ok(_) => {}
            Err(closed) => break closed,
        }
    };
    assert_eq!(closed.map(|(code, _)| code), Some(RESUME), "at {cursor}");
    assert!(cursor < from + EVENTS, "it was behind");
    while cursor < from + EVENTS {
        let mut again = owner.socket(Some(cursor)).await;
        while let Some(frame) = again.next(Duration::from_secs(2)).await {
            if frame["type"] == "event" {
                assert_eq!(frame["seq"], cursor + 1, "missed 0, doubled 0");
                cursor += 1;
            }
            if cursor == from + EVENTS {
                break;
            }
        }
    }
}

async fn frames_until(socket: &mut Socket, kind: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    loop {
        let frame = socket.next(PATIENCE).await.unwrap_or_else(|| panic!("no {kind}: {seen:?}"));
        let found = frame["kind"] == kind;
        seen.push(frame);
        if found {
            return seen;
        }
    }
}

/// OW-4: what is given to a colleague vanishes for an operator who sees their own alone: on the
/// socket, in the list, at its address; and nothing of it comes any more.
#[tokio::test(flavor = "multi_thread")]
async fn ow_4_what_goes_to_a_colleague_goes_out_of_sight() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let boris = stage.owner.hire("Борис", "operator").await;
    let vera = stage.owner.hire("Вера", "operator").await;
    let own = json!({ "visibility": "own" });
    stage.owner.patch(&format!("/api/v1/employees/{}", boris.employee), &own, 200).await;
    let mut socket = boris.socket(None).await;

    let customer = stage.telegram.customer(801, "Ольга", None);
    customer.sends_text(&stage.bot, "вопрос");
    let created = socket.next_event("conversation.created", PATIENCE).await;
    let conversation = created["data"]["conversation"].clone();
    assert_eq!(boris.conversations("").await.len(), 1, "what waits for anybody is seen");

    let body = json!({ "employee_id": vera.employee });
    stage.owner.post(&at_conversation(&conversation, "/assign"), &body, 200).await;
    let seen = frames_until(&mut socket, "conversation.hidden").await;
    let hidden = seen.last().expect("the last");
    assert_eq!(hidden["data"]["conversation_id"], conversation["conversation_id"]);
    let text = json!(seen).to_string();
    assert!(!text.contains(&vera.employee), "whose it is now is not told: {text}");

    boris.get(&at_conversation(&conversation, ""), 404).await;
    boris.get(&at_conversation(&conversation, "/messages"), 404).await;
    assert!(boris.conversations("").await.is_empty());
    let counts = boris.get("/api/v1/conversations/counts", 200).await.json();
    assert_eq!((counts["new"].as_i64(), counts["in_work"].as_i64()), (Some(0), Some(0)));

    customer.sends_text(&stage.bot, "тайна");
    vera.until_conversation(&conversation, "the second message", |c| c["preview"] == "тайна").await;
    // Something that Boris does see marks the end of what he could have seen.
    stage.telegram.customer(802, "Пётр", None).sends_text(&stage.bot, "другое");
    let seen = frames_until(&mut socket, "conversation.created").await;
    assert!(!json!(seen).to_string().contains("тайна"), "{seen:?}");
}
