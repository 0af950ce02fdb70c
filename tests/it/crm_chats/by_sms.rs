//! What a user of the CRM writes in a chat goes by SMS, which carries words alone (AMO-13, WA-7).

use std::fs;

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

/// AMO-13: a picture that the channel does not carry is refused in words, and leaves nothing behind here.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_a_file_that_does_not_go_is_not_kept() {
    let stage = Stage::set().await;
    let line = stage.with_sms(json!({})).await;
    line.writes("Есть фото?");
    let (chat, _) = stage.shows("Есть фото?").await;
    let url = format!("{}/healthz", stage.server.url());
    let draft = Draft::picture(&url, "фото.png", 3).caption("Вот");
    let lost = stage.account.writes_in_chat(stage.user(), &chat.id, draft).unwrap();
    let (code, why) = stage.failure(&lost).await;
    assert_eq!((code, &*why), (905, "Этот канал не передаёт файлы."));
    let folders = fs::read_dir(stage.server.folder().join("objects")).into_iter().flatten();
    let of_account = folders.filter_map(|folder| fs::read_dir(folder.ok()?.path()).ok());
    assert_eq!(of_account.flatten().count(), 0, "no file is left");
}
