//! Two companies that share an account of the CRM and its channel.

use sandbox::amo::chats::Delivery;
use serde_json::json;
use tests::{PATIENCE, Session};

use super::stage::Stage;

/// Two companies that share an account of the CRM and its channel: what is written in a chat is the company's
/// whose chat it is, goes out once, and the other keeps no word of it.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_shared_scope_is_told_to_the_chats_own_company_alone() {
    let stage = Stage::set().await;
    let set = |_: &Session, channel: &str| json!({"chats": {"default_channel": channel}});
    let (_, bot) = stage.neighbour(set).await;

    let customer = stage.customer();
    let chat = stage.asks(&customer, "Вопрос первой").await;
    let theirs = stage.telegram.customer(78, "Пётр", None);
    theirs.sends_text(&bot, "Вопрос второй");
    let (their_chat, _) = stage.shows("Вопрос второй").await;
    let mine = stage.user_writes(&chat, "Ответ первой");
    let their = stage.user_writes(&their_chat, "Ответ второй");
    stage.reaches(&customer, "Ответ первой").await;
    theirs.wait_for_text(&bot, PATIENCE, "Ответ второй").await.unwrap();
    // The next one of each comes after whatever the former would have led to.
    for (chat, customer, bot) in [(&chat, &customer, &stage.bot), (&their_chat, &theirs, &bot)] {
        stage.user_writes(chat, "И ещё");
        customer.wait_for_text(bot, PATIENCE, "И ещё").await.unwrap();
    }
    for id in [mine, their] {
        stage.delivery(&id, |delivery| *delivery == Delivery::Sent).await;
    }
}

/// The same of a chat that begins in the CRM and names no channel: it is the one's where its writer works. Of
/// anybody else's nothing is kept, and they are told.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_shared_scopes_new_chat_is_its_writers_company_alone() {
    let stage = Stage::start(|_, channel| json!({"default_channel": channel})).await;
    let people = stage.account.managers();
    let writer = people[1].id.to_string();
    let (other, _) = stage
        .neighbour(|other, channel| {
            json!({"chats": {"default_channel": channel}, "responsible": {
                "people": [{"employee": other.employee, "user": writer}]}})
        })
        .await;

    let mut sent = Vec::new();
    for (n, told) in [(0, "Этот аккаунт CRM"), (1, "В этом канале первым пишет клиент.")]
    {
        let contact = stage.account.add_contact("Пётр", Some(&format!("+7916555443{n}")), None);
        let (_, id) = stage.user_begins(people[n].id, contact, None, "Секрет");
        let (error_code, error) = stage.failure(&id).await;
        assert_eq!(error_code, 905, "{error:?}");
        assert!(error.starts_with(told), "{error:?}");
        sent.push(id);
    }
    let mut db = stage.server.database().connect().await;
    let taken = "select account_id::text, external_id, said::text from crm_chat_received
        order by created_at";
    let taken: Vec<(String, String, String)> =
        sqlx::query_as(taken).fetch_all(&mut db).await.unwrap();
    let row = |company: &Session, id: &str| {
        let account: domain::ids::AccountId = company.account.parse().unwrap();
        (account.0.to_string(), id.to_owned(), "{}".to_owned())
    };
    assert_eq!(taken, [row(&stage.owner, &sent[0]), row(&other, &sent[1])]);
}
