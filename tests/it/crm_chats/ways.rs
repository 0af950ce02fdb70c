//! By which channel an answer goes where there are several, and whose chat that is (WA-3, WA-7).

use sandbox::{
    amo::chats::{Author, ChatShown},
    telegram::Customer,
};
use serde_json::json;

use super::stage::{Line, Stage};

/// A customer of the bot whose number is known, in their chat; SMS is passed on too.
async fn set() -> (Stage, Line, Customer, ChatShown) {
    let stage = Stage::set().await;
    let line = stage.with_sms(json!({})).await;
    let customer = stage.customer();
    stage.asks(&customer, "Вопрос").await;
    let page = stage.owner.get("/api/v1/contacts", 200).await.json();
    let contact = page["items"][0]["contact_id"].as_str().unwrap();
    let phone = json!({"phone": "+79165554433"});
    stage.owner.post(&format!("/api/v1/contacts/{contact}/phones"), &phone, 200).await;
    let chat = stage.asks(&customer, "Мой номер вы знаете").await;
    (stage, line, customer, chat)
}

/// WA-7: what a colleague begins by a channel of their own in the chat of another one is a chat of its own:
/// the customer's answer is shown there, and the former chat goes on.
#[tokio::test(flavor = "multi_thread")]
async fn wa_7_an_answer_to_a_channel_of_ones_own_is_shown_in_the_crm() {
    let (stage, line, customer, chat) = set().await;
    stage
        .save(json!({
            "channels": [{"channel": stage.channel}, {"channel": line.channel}],
            "chats": {"users": [{"user": stage.user().to_string(), "channels": [line.channel]}]}}))
        .await;
    stage.user_writes(&chat, "Пишем по SMS");
    line.reaches("Пишем по SMS").await;
    line.writes("Отвечаю по SMS");
    let (by_sms, message) = stage.shows("Отвечаю по SMS").await;
    assert_eq!(message.author, Author::Client);
    assert_ne!(by_sms.id, chat.id);
    assert_eq!(stage.asks(&customer, "А это боту").await.id, chat.id);
    assert_eq!(stage.account.chat_refusals(), []);
}

/// WA-3: the default channel is for chats that begin: an answer in one whose channel is passed on no more goes
/// out by no other one, and its writer is told.
#[tokio::test(flavor = "multi_thread")]
async fn wa_3_a_chat_of_a_channel_that_is_passed_on_no_more_is_not_answered_by_sms() {
    let (stage, line, customer, chat) = set().await;
    stage
        .save(json!({
            "channels": [{"channel": line.channel}], "chats": {"default_channel": line.channel}}))
        .await;
    let lost = stage.user_writes(&chat, "Платное SMS");
    let (code, why) = stage.failure(&lost).await;
    assert_eq!(code, 905);
    assert!(why.starts_with("Канал этого чата больше не передаётся"), "{why}");
    assert_eq!(stage.owner.conversations("").await.len(), 1, "nothing was begun");
    assert!(
        !customer.transcript(&stage.bot).iter().any(|m| m.text.as_deref() == Some("Платное SMS"))
    );
}

/// WA-7: lists from before the message do not prove that its writer is a robot, however fresh they are.
#[tokio::test(flavor = "multi_thread")]
async fn wa_7_whoever_came_a_moment_ago_is_looked_up_too() {
    let stage = Stage::start(|account, channel| {
        let listed = account.managers()[0].id.to_string();
        json!({"listed_only": true, "users": [{"user": listed, "channels": [channel]}]})
    })
    .await;
    let customer = stage.customer();
    let chat = stage.asks(&customer, "Вопрос").await;
    let newcomer = stage.account.add_person("Новенький");
    let draft = sandbox::amo::chats::Draft::text("Ничего");
    let sent = stage.account.writes_in_chat(newcomer, &chat.id, draft).unwrap();
    let (code, why) = stage.failure(&sent).await;
    assert_eq!(code, 905);
    assert!(why.starts_with("Канал не назначен"), "{why}");
    assert!(!customer.transcript(&stage.bot).iter().any(|m| m.text.as_deref() == Some("Ничего")));
}
