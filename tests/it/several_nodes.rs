//! Several nodes on one database: events reach every node's sockets, a killed node's jobs and held
//! connections are taken over in under 15 seconds, a held connection has one owner.

use std::time::{Duration, Instant};

use sandbox::telegram::{Customer, Faults, Options, Telegram};
use serde_json::json;
use tests::{Client, PATIENCE, Session, Socket, TelegramStage, TestServer, Way, connect, until};

const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(15);

/// The owner's client with a personal token: it is good at every node's address.
async fn with_token(owner: &Session) -> Client {
    let form = json!({ "name": "проба", "scopes": ["read_conversations", "see_all"] });
    let made = owner.post("/api/v1/tokens", &form, 201).await.json();
    owner.bearer(made["token"].as_str().expect("a token"))
}

/// A node that has just begun is known to the others after a heartbeat; until then it polls.
async fn acquainted(
    stage: &TelegramStage,
    customer: &Customer,
    here: &mut Socket,
    there: &mut Socket,
) {
    let mut n = 0;
    until("the nodes know one another", async || {
        n += 1;
        let begun = Instant::now();
        customer.sends_text(&stage.bot, &format!("раньше {n}"));
        there.next_event("message.created", PATIENCE).await;
        here.next_event("message.created", PATIENCE).await;
        (begun.elapsed() < Duration::from_secs(1)).then_some(())
    })
    .await;
}

/// What comes in at one node is on the other's sockets within two seconds, and on both in the same
/// order with the same numbers.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_taken_in_by_one_node_is_live_on_the_other() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let second = stage.server.another().await;
    let client = with_token(&stage.owner).await;
    let mut here = Socket::open(&client, None).await;
    let mut there = Socket::open(&client.at(second.url()), None).await;
    let customer = stage.telegram.customer(901, "Ольга", None);
    acquainted(&stage, &customer, &mut here, &mut there).await;
    for n in 0..5 {
        let begun = Instant::now();
        customer.sends_text(&stage.bot, &format!("сообщение {n}"));
        let far = there.next_event("message.created", PATIENCE).await;
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(2), "took {took:?}");
        let near = here.next_event("message.created", PATIENCE).await;
        assert_eq!(far, near);
        assert_eq!(far["data"]["message"]["body"]["text"], format!("сообщение {n}"));
    }
}

/// OW-6: colleagues at different nodes see who looks and writes, also who came before them.
#[tokio::test(flavor = "multi_thread")]
async fn ow_6_signs_of_life_reach_the_other_node() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let second = stage.server.another().await;
    let operator = stage.owner.hire("Борис", "supervisor").await;
    let mut here = Socket::open(&with_token(&stage.owner).await, None).await;
    let there = with_token(&operator).await.at(second.url());
    let mut there = Socket::open(&there, None).await;
    let customer = stage.telegram.customer(903, "Ольга", None);
    customer.sends_text(&stage.bot, "Добрый день");
    let created = here.next_event("conversation.created", PATIENCE).await;
    let id = created["data"]["conversation"]["conversation_id"].clone();
    here.next_event("message.created", PATIENCE).await;
    there.next_event("message.created", PATIENCE).await;
    acquainted(&stage, &customer, &mut here, &mut there).await;
    here.send(&json!({ "type": "viewing", "conversation_id": id })).await;
    let seen = there.next_event("viewing", PATIENCE).await;
    assert_eq!((&seen["employee_id"], &seen["on"]), (&json!(stage.owner.employee), &json!(true)));
    // Who comes later learns who is there already.
    there.send(&json!({ "type": "viewing", "conversation_id": id })).await;
    let seen = here.next_event("viewing", PATIENCE).await;
    assert_eq!(seen["employee_id"], json!(operator.employee));
    let seen = there.next_event("viewing", PATIENCE).await;
    assert_eq!(seen["employee_id"], json!(stage.owner.employee));
    here.send(&json!({ "type": "typing", "conversation_id": id })).await;
    let typing = there.next_event("typing", PATIENCE).await;
    assert_eq!(typing["employee_id"], json!(stage.owner.employee));
    drop(there);
    assert_eq!(here.next_event("viewing", PATIENCE).await["on"], false);
}

/// Answers that a node had queued or was sending when it died: every one arrives in time or is shown
/// as uncertain, none is sent twice (CV-7), each conversation's in order.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_nodes_jobs_are_taken_over() {
    const CUSTOMERS: i64 = 8;
    let mut stage = TelegramStage::start(Way::Webhook).await;
    let mut people = Vec::new();
    for n in 0..CUSTOMERS {
        let name = format!("Клиент {n}");
        let customer = stage.telegram.customer(910 + n, &name, None);
        customer.sends_text(&stage.bot, "вопрос");
        people.push((customer, stage.owner.conversation_with(&name).await));
    }
    stage.bot.set_faults(Faults { slow_ms: 400, ..Faults::default() });
    for (_, conversation) in &people {
        for n in 0..3 {
            stage
                .owner
                .answer(conversation, &format!("{}-{n}", conversation["number"]), "ответ")
                .await;
        }
    }
    // The second node begins when the first one has its hands full.
    until("some are on their way", async || (stage.bot.count("sendMessage") > 2).then_some(()))
        .await;
    let second = stage.server.another().await;
    let owner = stage.owner.at(second.url());
    stage.server.kill();
    let killed = Instant::now();
    for (_, conversation) in &people {
        until("all have ended", async || {
            let all = owner.messages(conversation).await;
            let ours: Vec<_> = all.iter().filter(|m| m["direction"] == "outbound").collect();
            let over =
                |m: &&&serde_json::Value| m["status"] == "sent" || m["status"] == "uncertain";
            (ours.iter().filter(over).count() == 3).then_some(())
        })
        .await;
    }
    assert!(killed.elapsed() < TAKEN_OVER_WITHIN, "taken over in {:?}", killed.elapsed());
    let mut uncertain = 0;
    for (customer, conversation) in &people {
        let all = owner.messages(conversation).await;
        uncertain += all.iter().filter(|m| m["status"] == "uncertain").count();
        let sent = all.iter().filter(|m| m["status"] == "sent").count();
        let texts = customer.transcript(&stage.bot).into_iter();
        let shown = texts.filter(|s| s.text.as_deref() == Some("ответ")).count();
        assert!(shown >= sent, "what is called sent has arrived: {shown} of {sent}");
        assert!(shown <= 3, "nothing was sent twice: {shown}");
    }
    assert!(uncertain <= people.len(), "at most the one of each lane that was on its way");
}

/// A polled bot has one poller among the nodes, before and after its owner is killed; what was written
/// meanwhile comes in once. With the lease of a real installation.
#[tokio::test(flavor = "multi_thread")]
async fn a_held_connection_has_one_owner_and_is_taken_over() {
    let mut first = TestServer::start_with(|config| {
        config.jobs.lease = worker::Pace::default().lease;
    })
    .await;
    let telegram = Telegram::start(Options::quick()).await.expect("the sandbox starts");
    let bot = telegram.add_bot("polled_bot");
    let owner = first.sign_up().await;
    connect(&owner, &telegram, &bot, Way::Polling).await;
    until("it polls", async || (bot.polls_waiting() == 1).then_some(())).await;

    let second = first.another().await;
    let owner = owner.at(second.url());
    let customer = telegram.customer(951, "Ольга", None);
    let mut conn = first.database().connect().await;
    for n in 0..10 {
        let text = format!("раз {n}");
        customer.sends_text(&bot, &text);
        let c = owner.conversation_with("Ольга").await;
        owner.until_conversation(&c, "it came in", |c| c["preview"] == text.as_str()).await;
        assert!(bot.polls_waiting() <= 1, "one poller");
    }
    let lease = "select owner::text, epoch from channel_leases";
    let before: (String, i64) = sqlx::query_as(lease).fetch_one(&mut conn).await.unwrap();

    first.kill();
    let killed = Instant::now();
    customer.sends_text(&bot, "после");
    let conversation = owner.conversation_with("Ольга").await;
    owner.until_conversation(&conversation, "taken over", |c| c["preview"] == "после").await;
    assert!(killed.elapsed() < TAKEN_OVER_WITHIN, "taken over in {:?}", killed.elapsed());
    let after: (String, i64) = sqlx::query_as(lease).fetch_one(&mut conn).await.unwrap();
    assert_ne!(before.0, after.0, "another owner");
    assert!(after.1 > before.1, "another epoch");
    let said: Vec<String> = owner
        .messages(&conversation)
        .await
        .iter()
        .filter_map(|m| m["body"]["text"].as_str().map(str::to_owned))
        .collect();
    let mut wanted: Vec<String> = (0..10).map(|n| format!("раз {n}")).collect();
    wanted.push("после".to_owned());
    assert_eq!(said, wanted, "each once, in order");
    until("one poller again", async || (bot.polls_waiting() == 1).then_some(())).await;
}
