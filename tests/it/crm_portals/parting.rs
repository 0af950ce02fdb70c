//! Disconnecting and deleting portals.

use std::sync::atomic::Ordering;

use app::IntegrationForm;
use domain::crm::{PortalState, PortalTrouble};
use secrecy::ExposeSecret;
use serde_json::json;

use super::stage::Stage;

/// AMO-1: to disconnect takes the access away, and nothing of the company's work: rules, channels, links
/// and what waits are there when the same account is connected again.
#[tokio::test]
async fn amo_1_disconnecting_keeps_the_rules_and_connecting_again_goes_on() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    let shop = stage.channel("Магазин").await;
    let form = IntegrationForm {
        name: "Продажи".to_owned(),
        enabled: true,
        settings: json!({ "channels": [{ "channel": shop }], "responsible": { "default": "1" } }),
    };
    let made = stage.app.create_integration(&stage.boss, id, form).await.unwrap();
    let (conversation, contact) = stage.conversation(shop).await;
    stage.link(id, contact, "31").await;
    assert_eq!(stage.concerned(conversation).await, [made.integration_id]);

    let view = stage.app.disconnect_portal(&stage.boss, id).await.unwrap();
    assert_eq!(view.state, PortalState::Disconnected);
    assert!(view.reason.is_some() && view.remedy.is_some());
    assert!(stage.crm.hooks.lock().unwrap().is_empty(), "its webhook is taken away there");
    let kept = stage.app.integration(&stage.boss, made.integration_id).await.unwrap();
    assert_eq!((kept.settings, kept.enabled, kept.warnings), (made.settings, true, vec![]));
    assert_eq!(stage.concerned(conversation).await, [], "it does nothing");
    let mut tx = stage.tx().await;
    let row = tx.portal(id).await.unwrap().unwrap();
    assert_eq!(row.secrets.access.expose_secret(), "");
    assert!(row.secrets.refresh.is_none());
    // What a call that was under way met changes nothing.
    let trouble = Some(PortalTrouble::ConnectAgain);
    assert!(!tx.set_portal_state(id, PortalState::Stopped, trouble).await.unwrap());
    assert!(!tx.set_portal_state(id, PortalState::Connected, None).await.unwrap());
    drop(tx);
    assert_eq!(stage.app.store.portal_by_hook_key(&row.hook_key).await.unwrap(), None);
    let check = stage.app.check_portal(&stage.boss, id).await;
    assert!(matches!(check, Err(app::Error::Conflict { code: "disconnected", .. })), "{check:?}");
    let lists = stage.app.refresh_portal_directory(&stage.boss, id).await;
    assert!(matches!(lists, Err(app::Error::Conflict { code: "disconnected", .. })), "{lists:?}");
    let secret = "chat".to_owned().into();
    let chats = stage.app.connect_portal_chats(&stage.boss, id, "channel", "bot", secret).await;
    assert!(matches!(chats, Err(app::Error::Conflict { code: "disconnected", .. })), "{chats:?}");
    assert!(stage.told_off("our-secret").await.is_err(), "there is nothing to switch off");
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0);
    stage.days(40);
    assert_eq!(stage.app.look_after_portals(10).await.unwrap(), 0);
    // Twice is once.
    stage.app.disconnect_portal(&stage.boss, id).await.unwrap();

    // Who writes meanwhile waits for nobody's next word.
    let (missed, _) = stage.conversation(shop).await;
    let waits = async || {
        let lanes = format!("crm:{id}:");
        stage.tx().await.waiting_for_crm(made.integration_id, &lanes).await.unwrap()
    };
    assert_eq!(waits().await, []);

    // The same account again, begun as a new one: the same portal, and everything goes on.
    assert_eq!(stage.connect().await, id);
    assert_eq!(waits().await, [], "the browser does not wait for it");
    let job = stage.missed(id).await;
    // Of a node that dies in between, another does it again.
    for _ in 0..2 {
        stage.app.run(stage.boss.account, &job, 0).await.unwrap();
    }
    assert!(waits().await.contains(&missed), "what was missed is passed on");
    assert_eq!(stage.view(id).await.state, PortalState::Connected);
    assert_eq!(stage.concerned(conversation).await, [made.integration_id]);
    assert_eq!(stage.links(id, contact).await, ["31"]);
    assert_eq!(stage.crm.hooks.lock().unwrap().len(), 1);
}

/// A refresh that is under way when the portal is disconnected brings it no token back.
#[tokio::test]
async fn amo_1_a_change_of_tokens_does_not_outlive_the_portal() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    stage.days(2);
    let gone = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        // Says farewell only after the refresh that is under way; so write what it writes.
        let mut tx = stage.tx().await;
        tx.disconnect_portal(id, &store::PortalSecrets::default()).await.unwrap();
        tx.commit().await.unwrap();
    };
    let (view, ()) = tokio::join!(stage.app.check_portal(&stage.boss, id), gone);
    assert_eq!(view.unwrap().state, PortalState::Disconnected);
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 1);
    let mut tx = stage.tx().await;
    assert!(tx.portal(id).await.unwrap().unwrap().secrets.refresh.is_none());
}

/// To delete is an act of its own, and takes the rules along.
#[tokio::test]
async fn amo_1_deleting_is_for_what_is_disconnected() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    let form =
        IntegrationForm { name: "Продажи".to_owned(), enabled: true, settings: json!({}) };
    stage.app.create_integration(&stage.boss, id, form.clone()).await.unwrap();
    let early = stage.app.delete_portal(&stage.boss, id).await;
    assert!(matches!(early, Err(app::Error::Conflict { code: "still_connected", .. })));
    assert_eq!(stage.app.integrations(&stage.boss).await.unwrap().len(), 1);
    stage.app.disconnect_portal(&stage.boss, id).await.unwrap();
    let late = stage.app.create_integration(&stage.boss, id, form).await;
    assert!(matches!(late, Err(app::Error::Conflict { code: "disconnected", .. })));
    stage.app.delete_portal(&stage.boss, id).await.unwrap();
    assert!(stage.app.portals(&stage.boss).await.unwrap().is_empty());
    assert!(stage.app.integrations(&stage.boss).await.unwrap().is_empty());
    let again = stage.app.delete_portal(&stage.boss, id).await;
    assert!(matches!(again, Err(app::Error::NotFound { .. })));
    assert_ne!(stage.connect().await, id, "it begins anew");
}
