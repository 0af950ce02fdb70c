//! Webhooks of the chats service that are not as its documentation shows them: told once, so nothing of them
//! is lost in silence (AMO-13).

use sandbox::amo::chats::sign_body;
use serde_json::{Value, json};
use tests::until;

use super::stage::Stage;

/// A webhook comes in, signed.
async fn tells(stage: &Stage, body: &Value) {
    let hook = stage.account.chat_hooks().pop().unwrap();
    let path = hook.url.strip_prefix(&stage.server.url()).unwrap().to_owned();
    let body = body.to_string();
    let secret = &stage.app.channel.as_ref().unwrap().secret;
    let request = stage.owner.nobody().request("POST".parse().unwrap(), &path);
    let signed = request.header("X-Signature", sign_body(secret, body.as_bytes())).body(body);
    stage.owner.send(signed, 200).await;
}

/// Whoever wrote what cannot be read is told by the message's id, and the admin has it in the quarantine.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_message_that_cannot_be_read_is_refused_by_its_id() {
    let (stage, customer, chat) = Stage::asked("Вопрос").await;
    stage.user_answers(&customer, &chat, "Ответ").await;
    let mut body = stage.account.chat_hooks().pop().unwrap().body;
    body["message"]["message"]["id"] = json!("odd-1");
    body["message"]["sender"] = json!(7);
    tells(&stage, &body).await;
    let told = until("the CRM is told", async || {
        let mut journal = stage.amo.journal().into_iter();
        journal.find(|entry| entry.path.ends_with("/odd-1/delivery_status"))
    })
    .await;
    assert!(told.body.to_string().contains("не смогла его прочитать"), "{:?}", told.body);
    let seen = stage.owner.get(&format!("/api/v1/crm/portals/{}", stage.portal), 200).await.json();
    assert_eq!(seen["not_understood"], 1, "{seen}");
}

/// The database keeps no U+0000, and the message goes without.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_character_that_cannot_be_kept_loses_no_message() {
    let (stage, customer, chat) = Stage::asked("Вопрос").await;
    stage.user_writes(&chat, "Да\u{0}!");
    stage.reaches(&customer, "Да!").await;
}

/// Crm.md 1.6: what of ours the CRM names by its own id alone is found by what it called it when it was shown.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_message_of_ours_is_known_by_the_services_id_too() {
    let (stage, customer, chat) = Stage::asked("Вопрос").await;
    stage.user_answers(&customer, &chat, "Ответ").await;
    let (chat, question) = stage.shows("Вопрос").await;
    let head = stage.account.chat_hooks().pop().unwrap().body;
    let place = &head["message"]["conversation"];
    let hook = json!({"account_id": head["account_id"], "time": head["time"], "action": {"reaction": {
        "message": {"id": question.id}, "user": {"id": stage.account.managers()[0].amojo_id},
        "conversation": place, "type": "react", "emoji": "👍"}}});
    assert_eq!(place["id"], chat.id);
    tells(&stage, &hook).await;
    let c = stage.conversation().await;
    let has_emoji = |message: &Value| {
        message["body"]["text"] == "Вопрос" && message["reactions"].to_string().contains('👍')
    };
    stage.owner.until_message(&c, "the emoji is on our message", has_emoji).await;
}
