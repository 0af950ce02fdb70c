//! What a user of the CRM writes in a chat goes by SMS, which carries words alone (WA-7).

use sandbox::amo::chats::Draft;
use serde_json::{Value, json};

use super::stage::Stage;

/// WA-7: whoever writes by SMS in the chat of a bot quotes nothing there: that service has no such message.
#[tokio::test(flavor = "multi_thread")]
async fn wa_7_a_quote_of_another_channels_message_stays_behind() {
    let stage = Stage::set().await;
    let line = stage.with_sms(json!({})).await;
    let customer = stage.customer();
    stage.asks(&customer, "Вопрос").await;
    let page = stage.owner.get("/api/v1/contacts", 200).await.json();
    let path =
        format!("/api/v1/contacts/{}/phones", page["items"][0]["contact_id"].as_str().unwrap());
    stage.owner.post(&path, &json!({"phone": "+79165554433"}), 200).await;
    let chat = stage.asks(&customer, "Пишите на номер").await;

    let user = stage.user();
    let quotes = |text: &str| {
        let draft = Draft::text(text).quoting(&chat.messages.last().unwrap().id);
        stage.account.writes_in_chat(user, &chat.id, draft).unwrap()
    };
    quotes("Пишем здесь");
    stage.reaches(&customer, "Пишем здесь").await;
    assert!(!quoted(&stage, "Пишем здесь").await.is_null());

    stage
        .save(json!({
            "channels": [{"channel": stage.channel}, {"channel": line.channel}],
            "chats": {"users": [{"user": user.to_string(), "channels": [line.channel]}]}}))
        .await;
    quotes("Пишем на номер");
    line.reaches("Пишем на номер").await;
    assert!(quoted(&stage, "Пишем на номер").await.is_null());
}

/// What our message quotes, of the conversation that shows it as its newest.
async fn quoted(stage: &Stage, text: &str) -> Value {
    let here = stage.owner.conversations("").await;
    let here = here.iter().find(|c| c["preview"] == text).unwrap();
    let path =
        format!("/api/v1/conversations/{}/messages", here["conversation_id"].as_str().unwrap());
    let page = stage.owner.get(&path, 200).await.json();
    let mut all = page["items"].as_array().unwrap().iter();
    all.find(|m| m.to_string().contains(text)).unwrap()["reply_to"].clone()
}
