//! Messages already sent, all the way through a Telegram bot: changed, taken back, reacted to, and the
//! operator's writing on the customer's phone. The counterpart is the sandbox.

use serde_json::{Value, json};
use tests::{PATIENCE, Session, TelegramStage, Way, until};

/// A customer who wrote and got an answer: the conversation, the question and the answer.
async fn talk(
    stage: &TelegramStage,
    customer: &sandbox::telegram::Customer,
) -> (Value, Value, Value) {
    customer.sends_text(&stage.bot, "Когда откроетесь?");
    let conversation = until("a conversation is there", async || {
        let page = stage.owner.get("/api/v1/conversations", 200).await.json();
        page["items"].as_array().and_then(|items| items.first().cloned())
    })
    .await;
    let path = messages_of(&conversation);
    let body = json!({ "client_id": "a-1", "text": "В сриду" });
    stage.owner.post(&path, &body, 201).await;
    let (question, answer) = until("the answer is sent", async || {
        let all = messages(&stage.owner, &path).await;
        let sent = all.iter().find(|m| m["status"] == "sent")?.clone();
        let question = all.iter().find(|m| m["direction"] == "inbound")?.clone();
        Some((question, sent))
    })
    .await;
    (conversation, question, answer)
}

fn messages_of(conversation: &Value) -> String {
    let id = conversation["conversation_id"].as_str().expect("an id");
    format!("/api/v1/conversations/{id}/messages")
}

async fn messages(who: &Session, path: &str) -> Vec<Value> {
    who.get(path, 200).await.json()["items"].as_array().expect("items").clone()
}

async fn message(who: &Session, conversation: &Value, id: &str) -> Value {
    let all = messages(who, &messages_of(conversation)).await;
    all.into_iter().find(|m| m["message_id"] == id).expect("the message")
}

fn at_message(message: &Value) -> (String, String) {
    let id = message["message_id"].as_str().expect("an id").to_owned();
    (format!("/api/v1/messages/{id}"), id)
}

/// CV-6: the operator's change and removal reach the customer's phone; what Telegram refuses is told.
#[tokio::test(flavor = "multi_thread")]
async fn cv_6_an_answer_is_changed_and_taken_back_on_the_customers_phone() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let customer = stage.telegram.customer(601, "Ольга", None);
    let (conversation, question, answer) = talk(&stage, &customer).await;
    let (path, id) = at_message(&answer);

    let wanted = stage.owner.patch(&path, &json!({ "text": "В среду" }), 200).await.json();
    assert_eq!(
        (&wanted["change"]["what"], &wanted["change"]["state"]),
        (&json!("edit"), &json!("pending"))
    );
    customer.wait_for_text(&stage.bot, PATIENCE, "В среду").await.expect("the phone shows it");
    until("it is done", async || {
        let now = message(&stage.owner, &conversation, &id).await;
        (now["body"]["text"] == "В среду" && now.get("change").is_none()).then_some(())
    })
    .await;

    let (hers, _) = at_message(&question);
    let refused = stage.owner.delete(&hers, 409).await.json();
    assert_eq!(refused["code"], "not_yours");

    // Telegram's own clock says no: the refusal is shown, and the phone as it was.
    let shown = customer.wait_for_text(&stage.bot, PATIENCE, "В среду").await.expect("shown");
    let days = std::time::Duration::from_secs(49 * 3600);
    stage.bot.ages_message(customer.id, shown.message_id, days);
    stage.owner.delete(&path, 200).await;
    let change = until("the refusal is told", async || {
        let now = message(&stage.owner, &conversation, &id).await;
        (now["change"]["state"] == "refused").then(|| now["change"].clone())
    })
    .await;
    assert!(
        change["reason"]["ru"].as_str().is_some_and(|r| r.contains("can't be deleted")),
        "{change}"
    );

    let body = json!({ "client_id": "a-2", "text": "лишнее" });
    let second = stage.owner.post(&messages_of(&conversation), &body, 201).await.json();
    customer.wait_for_text(&stage.bot, PATIENCE, "лишнее").await.expect("shown");
    let (path, id) = at_message(&second);
    until("it is sent", async || {
        (message(&stage.owner, &conversation, &id).await["status"] == "sent").then_some(())
    })
    .await;
    stage.owner.delete(&path, 200).await;
    until("it is gone for both", async || {
        let gone =
            customer.transcript(&stage.bot).iter().all(|m| m.text.as_deref() != Some("лишнее"));
        let now = message(&stage.owner, &conversation, &id).await;
        (gone && now["removed_at"].is_string()).then_some(())
    })
    .await;
}

/// CV-6: emoji go both ways, and the socket tells of the customer's.
#[tokio::test(flavor = "multi_thread")]
async fn cv_6_emoji_go_both_ways_through_telegram() {
    let stage = TelegramStage::start(Way::Polling).await;
    let customer = stage.telegram.customer(602, "Пётр", None);
    let (conversation, question, answer) = talk(&stage, &customer).await;
    let (asked, _) = at_message(&question);
    let reaction = format!("{asked}/reaction");
    let wrong = stage.owner.put(&reaction, &json!({ "emoji": "🧻" }), 422).await.json();
    assert_eq!(wrong["errors"][0]["code"], "unknown_emoji", "{wrong}");
    stage.owner.put(&reaction, &json!({ "emoji": "👍" }), 200).await;
    let ours = || customer.transcript(&stage.bot).first().and_then(|m| m.bot_reaction.clone());
    until("the phone shows our emoji", async || ours().filter(|e| e == "👍")).await;
    until("it is no longer on its way", async || {
        let now = messages(&stage.owner, &messages_of(&conversation)).await.remove(0);
        now["reactions"][0].get("state").is_none().then_some(())
    })
    .await;
    stage.owner.delete(&reaction, 200).await;
    until("the phone shows none", async || ours().is_none().then_some(())).await;
    until("nothing of ours is on its way", async || {
        let now = messages(&stage.owner, &messages_of(&conversation)).await.remove(0);
        now.get("reactions").is_none().then_some(())
    })
    .await;

    let mut socket = stage.owner.socket(None).await;
    let shown = customer.wait_for_text(&stage.bot, PATIENCE, "В сриду").await.expect("shown");
    customer.reacts(&stage.bot, shown.message_id, Some("🔥")).expect("an emoji");
    let told = socket.next_event("message.changed", PATIENCE).await;
    assert_eq!(told["data"]["message"]["message_id"], answer["message_id"]);
    assert_eq!(told["data"]["message"]["reactions"][0]["emoji"], "🔥");
    assert_eq!(told["data"]["message"]["reactions"][0]["side"], "customer");
}

/// OW-6: whoever writes at the desk is shown as writing on the customer's phone.
#[tokio::test(flavor = "multi_thread")]
async fn ow_6_the_phone_shows_that_an_operator_writes() {
    let stage = TelegramStage::start(Way::Webhook).await;
    let customer = stage.telegram.customer(603, "Инна", None);
    let (conversation, ..) = talk(&stage, &customer).await;
    let mut socket = stage.owner.socket(None).await;
    let typing = json!({ "type": "typing", "conversation_id": conversation["conversation_id"] });
    for _ in 0..3 {
        socket.send(&typing).await;
    }
    until("the phone shows it", async || {
        stage.bot.action(customer.id).filter(|action| action == "typing")
    })
    .await;
    assert_eq!(stage.bot.count("sendChatAction"), 1);
}
