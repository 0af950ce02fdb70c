//! What could not be sent, and what nobody may send, is told in the CRM.

use sandbox::amo::chats::{Author, Draft};
use serde_json::json;

use super::stage::Stage;

/// Telegram cannot write first, so whoever is to write through it to a stranger is told so; a person
/// who was given no channel may not write at all.
#[tokio::test(flavor = "multi_thread")]
async fn wa_7_who_may_not_write_is_told_by_the_status() {
    let stage = Stage::start(|account, channel| {
        let people = account.managers();
        json!({"users": [
            {"user": people[0].id.to_string(), "channels": []},
            {"user": people[1].id.to_string(), "channels": [channel], "signature": "— Отдел продаж"},
        ]})
    })
    .await;
    let people = stage.account.managers();
    let customer = stage.customer();
    let chat = stage.asks(&customer, "Вопрос").await;

    let refused = stage.account.writes_in_chat(people[0].id, &chat.id, Draft::text("Нет")).unwrap();
    let (error_code, error) = stage.failure(&refused).await;
    assert_eq!(error_code, 905);
    assert!(error.starts_with("Канал не назначен"));

    stage.account.writes_in_chat(people[1].id, &chat.id, Draft::text("Да")).unwrap();
    stage.reaches(&customer, "Да\n\n— Отдел продаж").await;
    let (_, message) = stage.shows("Да").await;
    assert_eq!(message.text, "Да", "the CRM does not show the signature");

    let contact = stage.account.add_contact("Пётр", Some("+79165554433"), None);
    let source = Some(stage.channel.as_str());
    let (_, first) = stage.user_begins(people[1].id, contact, source, "Добрый день");
    let (error_code, error) = stage.failure(&first).await;
    assert_eq!(error_code, 905);
    assert_eq!(error, "В этом канале первым пишет клиент.");
    let shown = customer.transcript(&stage.bot);
    assert!(!shown.iter().any(|m| m.text.as_deref() == Some("Нет")));
}

/// WA-7: somebody new in the CRM, whom the last lists do not have, is no robot: with «only those listed» they
/// may not write.
#[tokio::test(flavor = "multi_thread")]
async fn wa_7_whoever_is_new_in_the_crm_is_looked_up_before_they_write() {
    let stage = Stage::start(|account, channel| {
        let people = account.managers();
        json!({"listed_only": true, "users": [
            {"user": people[0].id.to_string(), "channels": [channel]}]})
    })
    .await;
    let customer = stage.customer();
    let chat = stage.asks(&customer, "Вопрос").await;
    // The lists are some days old.
    let mut db = stage.server.database().connect().await;
    let old = "update portals set directory = jsonb_set(directory, '{fetched_at}', \
        '\"2026-01-01T00:00:00Z\"')";
    sqlx::query(old).execute(&mut db).await.unwrap();
    let newcomer = stage.account.add_person("Новенький");
    let sent = stage.account.writes_in_chat(newcomer, &chat.id, Draft::text("Ничего")).unwrap();
    let (error_code, _) = stage.failure(&sent).await;
    assert_eq!(error_code, 905);
    assert!(!customer.transcript(&stage.bot).iter().any(|m| m.text.as_deref() == Some("Ничего")));
}

/// WA-2: a message that could not be sent has a line in words below it, unless the company wants none.
#[tokio::test(flavor = "multi_thread")]
async fn wa_2_a_failure_is_told_in_words() {
    let (stage, customer, chat) = Stage::asked("Вопрос").await;
    customer.blocks(&stage.bot);
    let lost = stage.user_writes(&chat, "Вы тут?");
    let (error_code, _) = stage.failure(&lost).await;
    assert_eq!(error_code, 904, "the client cannot be written to");
    let chat = stage.chat("the line in words", |chat| chat.messages.len() == 3).await;
    let line = chat.messages.last().unwrap();
    assert!(line.text.starts_with("[Ошибка]"), "{}", line.text);
    assert_eq!(line.author, Author::Bot);
}

/// Crm.md 1.6: an operator's message that did not arrive does not stand in the CRM as if it had.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_failed_answer_of_an_operator_is_seen_to_have_failed() {
    let (stage, customer, _) = Stage::asked("Вопрос").await;
    customer.blocks(&stage.bot);
    stage.replies("reply-1", "Вы тут?").await;
    let (chat, message) = stage.shows("Вы тут?").await;
    let (error_code, _) = stage.failure(&message.id).await;
    assert_eq!((error_code, chat.messages.len()), (904, 2), "no line below: operators see it here");
}
