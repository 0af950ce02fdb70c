//! Chats beside unsorted records (AMO-4): one record for an enquiry, and a task for it (AMO-5).

use sandbox::amo::{Faults, Outage};
use serde_json::{Value, json};
use tests::until;

use super::stage::Stage;

/// The first task, once there is one.
async fn first_task(stage: &Stage, what: &str) -> Value {
    until(what, async || stage.account.tasks().into_iter().next()).await
}

/// Unsorted records, once there are any.
async fn unsorted_records(stage: &Stage, what: &str) -> Vec<Value> {
    until(what, async || Some(stage.account.unsorted()).filter(|all| !all.is_empty())).await
}

/// AMO-4 beside the chat: the record is made of the chat's first words, once, and is accepted there.
#[tokio::test(flavor = "multi_thread")]
async fn amo_4_a_chat_in_unsorted_mode_makes_one_record_and_goes_on_in_it() {
    let stage = Stage::unsorted().await;
    let customer = stage.customer();
    let chat = stage.asks(&customer, "Первое").await;
    // AMO-5: the first message alone has its task, though amoCRM makes the record after it was decided.
    first_task(&stage, "a task for the first message").await;
    let again = stage.asks(&customer, "Второе").await;
    assert_eq!(chat.id, again.id);
    let records = stage.account.unsorted();
    assert_eq!(records.len(), 1, "{records:?}");
    stage.user_answers(&customer, &chat, "Слушаю вас").await;
    let now = stage.account.unsorted();
    assert!(now.len() <= 1 && stage.account.leads().len() <= 1, "nothing doubled: {now:?}");

    // AMO-5: the record is ours like any other. Its task is on its deal, one for both messages.
    let tasks = stage.account.tasks();
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    let deal = &records[0]["_embedded"]["leads"][0]["id"];
    assert_eq!(tasks[0]["entity_id"], *deal, "{tasks:?} {records:?}");

    // Accepted there and closed here: the next message is another enquiry, with a record of its own.
    let uid = records[0]["uid"].as_str().unwrap();
    assert!(stage.account.accept(uid, stage.user(), None));
    stage.closes().await;
    let next = stage.asks(&customer, "Я снова здесь").await;
    assert_ne!(next.id, chat.id);
    let anew = unsorted_records(&stage, "another record").await;
    assert_eq!(anew.len(), 1, "{anew:?}");
    assert_ne!(anew[0]["uid"], records[0]["uid"]);

    // Who answers in the former chat when both are closed is answered there.
    stage.closes().await;
    stage.user_answers(&customer, &chat, "Забыл сказать").await;
    let shown = stage.asks(&customer, "Что же?").await;
    assert_eq!(shown.id, chat.id);
}

/// AMO-4: a record that was declined is gone with its chat's contact; the next message makes another one, and
/// it is ours as the first was.
#[tokio::test(flavor = "multi_thread")]
async fn amo_4_after_a_declined_record_the_next_message_of_the_chat_makes_another() {
    let stage = Stage::unsorted().await;
    let customer = stage.customer();
    customer.sends_text(&stage.bot, "Первое");
    let task_of = async |uid: &str| {
        until(&format!("another record than «{uid}» has its task"), async || {
            let records = stage.account.unsorted();
            let record = records.iter().find(|record| record["uid"] != uid)?;
            let deal = &record["_embedded"]["leads"][0]["id"];
            let tasks = stage.account.tasks();
            tasks.iter().any(|task| task["entity_id"] == *deal).then(|| record.clone())
        })
        .await
    };
    let first = task_of("").await;
    let uid = first["uid"].as_str().unwrap();
    assert!(stage.account.decline(uid));
    stage.until_told("that is known here", "unsorted_declined").await;
    customer.sends_text(&stage.bot, "Второе");
    task_of(uid).await;
    assert_eq!(stage.account.unsorted().len(), 1);
}

/// AMO-4, AMO-5 beside chats: a look for the record that meets an outage is not the last one.
#[tokio::test(flavor = "multi_thread")]
async fn amo_4_a_record_that_could_not_be_looked_for_is_looked_for_again() {
    let stage = Stage::unsorted().await;
    // The message takes effect at once, its answer comes when the account is gone.
    stage.account.set_faults(Faults { slow_ms: 2_000, ..Faults::default() });
    stage.customer().sends_text(&stage.bot, "Пишу один раз");
    stage.shows("Пишу один раз").await;
    stage.account.set_faults(Faults { outage: Outage::Unavailable, ..Faults::default() });
    until("the message was taken, and the look after it was not", async || {
        let mut conn = stage.server.database().connect().await;
        let sought: i64 = sqlx::query_scalar(
            "select count(*) from crm_enquiries
             where chat_position > 0 and chat -> 'sought' ->> 'looks' = '0'",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        (sought == 1).then_some(())
    })
    .await;
    stage.account.set_outage(Outage::No);
    let task = first_task(&stage, "a task for the only message").await;
    let records = stage.account.unsorted();
    assert_eq!(task["entity_id"], records[0]["_embedded"]["leads"][0]["id"], "{records:?}");
}

/// AMO-4 after an upgrade: the former program named every chat by the person and kept no name; an enquiry that
/// goes on goes on there.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_chat_of_the_former_program_is_gone_on_with() {
    let (stage, customer, chat) = Stage::asked("До обновления").await;
    let mut conn = stage.server.database().connect().await;
    until("what is shown is noted", async || {
        let rows = sqlx::query("update crm_enquiries set chat = null where chat_position > 0")
            .execute(&mut stage.server.database().connect().await)
            .await
            .unwrap();
        (rows.rows_affected() == 1).then_some(())
    })
    .await;
    stage.save(json!({"chats": {}, "method": {"method": "unsorted"}})).await;
    let shown = stage.asks(&customer, "После него").await;
    assert_eq!(shown.id, chat.id);
    // An enquiry of its own has a chat of its own, and the name of that is kept.
    stage.closes().await;
    let next = stage.asks(&customer, "Другое обращение").await;
    assert_ne!(next.id, chat.id);
    let named = until("its name is kept", async || {
        sqlx::query_scalar::<_, String>(
            "select chat ->> 'name' from crm_enquiries where chat ->> 'name' is not null",
        )
        .fetch_optional(&mut conn)
        .await
        .unwrap()
    });
    assert_eq!(stage.conversation().await["conversation_id"], named.await);
}
