//! What a user of the CRM quotes, where their words go another way than the chat came (WA-7).

use sandbox::amo::chats::Draft;
use serde_json::json;

use super::stage::Stage;

/// WA-7: whoever writes by SMS in the chat of a bot quotes nothing there: that service has no such message.
#[tokio::test(flavor = "multi_thread")]
async fn wa_7_a_quote_of_another_channels_message_stays_behind() {
    let stage = Stage::set().await;
    let line = stage.with_sms(json!({})).await;
    let customer = stage.customer();
    stage.asks(&customer, "Вопрос").await;
    let page = stage.owner.get("/api/v1/contacts", 200).await.json();
    let path = format!("/api/v1/contacts/{}/phones", page["items"][0]["contact_id"].as_str().unwrap());
    stage.owner.post(&path, &json!({"phone": "+79165554433"}), 200).await;
    let chat = stage.asks(&customer, "Пишите на номер").await;

    let user = stage.user();
    stage
        .save(json!({
            "channels": [{"channel": stage.channel}, {"channel": line.channel}],
            "chats": {"users": [{"user": user.to_string(), "channels": [line.channel]}]}}))
        .await;
    let quoted = chat.messages.last().unwrap();
    let draft = Draft::text("Пишем на номер").quoting(&quoted.id);
    stage.account.writes_in_chat(user, &chat.id, draft).unwrap();
    line.reaches("Пишем на номер").await;

    let page = stage.owner.get("/api/v1/conversations", 200).await.json();
    let mut all = page["items"].as_array().unwrap().iter();
    let here = all.find(|c| c["preview"] == "Пишем на номер").unwrap();
    let path =
        format!("/api/v1/conversations/{}/messages", here["conversation_id"].as_str().unwrap());
    let page = stage.owner.get(&path, 200).await.json();
    let mut all = page["items"].as_array().unwrap().iter();
    let said = all.find(|m| m["direction"] == "outbound").unwrap();
    assert!(said["reply_to"].is_null(), "{said}");
}
