//! The chats channel of an account: cut off, connected again, missing.

use serde_json::json;
use tests::until;

use super::{house::texts, stage::Stage};

/// Crm.md 1.6: the channel has to be connected again after every installation of our app; the company does
/// nothing for it, and what was written meanwhile is in the chat.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_chats_come_back_with_a_new_installation() {
    let (stage, customer, _) = Stage::asked("раз").await;
    stage.account.disable_integration(&stage.app.client_id);
    customer.sends_text(&stage.bot, "два");
    let path = format!("/api/v1/crm/portals/{}", stage.portal);
    let has_chats = async |wanted: bool| {
        let portal = stage.owner.get(&path, 200).await.json();
        (portal["chats"]["connected"] == wanted).then_some(portal)
    };
    until("the chats are cut off", async || has_chats(false).await).await;
    let form = json!({"kind": "amo", "portal_id": stage.portal});
    stage.owner.consents(&stage.amo, &stage.app, "acme", &form).await;
    until("the chats are back", async || has_chats(true).await).await;
    let (chat, _) = stage.shows("два").await;
    assert_eq!(texts(&chat), ["раз", "два"]);
    stage.user_answers(&customer, &chat, "Слушаю").await;
}

/// AMO-13: keys that the CRM refuses change nothing about a channel that works.
#[tokio::test(flavor = "multi_thread")]
async fn amo_13_wrong_keys_do_not_take_working_chats_away() {
    let (stage, customer, chat) = Stage::asked("раз").await;
    let channel = stage.app.channel.as_ref().unwrap();
    let path = format!("/api/v1/crm/portals/{}/chats", stage.portal);
    for (id, secret) in [(channel.id.as_str(), "wrong"), ("wrong", channel.secret.as_str())] {
        let form = json!({"channel_id": id, "secret": secret, "bot_id": channel.bot_id});
        stage.owner.put(&path, &form, 422).await;
    }
    stage.asks(&customer, "два").await;
    stage.user_answers(&customer, &chat, "Слушаю").await;
}

/// AMO-13: a chats channel that is not connected is among what hinders.
#[tokio::test(flavor = "multi_thread")]
async fn crm_6_chats_without_a_channel_are_told_and_do_not_come() {
    let stage = Stage::set().await;
    let faults = async || stage.owner.get("/api/v1/crm/faults", 200).await.json().to_string();
    assert!(!faults().await.contains("chats_not_connected"));
    stage.owner.delete(&format!("/api/v1/crm/portals/{}/chats", stage.portal), 200).await;
    assert!(faults().await.contains("chats_not_connected"), "{}", faults().await);
}
