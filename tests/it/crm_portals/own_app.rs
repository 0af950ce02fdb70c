//! An app of the company's own (AMO-1): amoCRM gives the admin of an account the keys of a private
//! integration.

use std::time::Duration;

use app::PortalApp;
use crm::CrmError;
use domain::crm::{CrmKind, PortalState, PortalTrouble};
use tests::founder;

use super::stage::Stage;

fn own(secret: &str) -> PortalApp {
    PortalApp::Own { client_id: "own-app".to_owned(), client_secret: secret.to_owned().into() }
}

fn asked_by(stage: &Stage) -> Vec<String> {
    std::mem::take(&mut *stage.crm.asked_by.lock().unwrap())
}

async fn whole_database(stage: &Stage) -> String {
    let mut conn = stage.database.connect().await;
    let mut rows = Vec::new();
    for query in [
        "select t::text from portals t",
        "select t::text from crm_consents t",
        "select t::text from events t",
        "select t::text from audit t",
        "select t::text from jobs t",
    ] {
        let some: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut conn).await.unwrap();
        rows.extend(some);
    }
    rows.join("\n")
}

/// AMO-1: where the server has no keys, the company's own do all: consent, the first pair, the next
/// pairs, connecting again without entering them again. Their secret is nowhere to be read.
#[tokio::test]
async fn amo_1_a_companys_own_app_is_enough() {
    let stage = Stage::with(None).await;
    let kind = stage.app.crm_kinds(&stage.boss).unwrap().remove(0);
    assert!(!kind.can_oauth);
    let back = "https://beseda.test/api/v1/crm/oauth/amo";
    assert_eq!(kind.redirect_uri.as_deref(), Some(back), "to be copied into the CRM");
    assert_eq!(kind.hook_off_url.as_deref(), Some("https://beseda.test/hooks/crm-off/amo"));
    assert_eq!(kind.chats_hook_url, None, "this CRM has no chats");
    let none = stage.app.portal_consent(&stage.boss, CrmKind::Amo, None, PortalApp::Same).await;
    assert!(matches!(none, Err(app::Error::Conflict { code: "no_app", .. })), "{none:?}");

    let asked = stage.app.portal_consent(&stage.boss, CrmKind::Amo, None, own("s3cret-canary"));
    let url = asked.await.unwrap();
    assert!(url.as_str().contains("client_id=own-app"), "{url}");
    assert!(!url.as_str().contains("canary"));
    let state = url.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
    let id = stage.back(&state, "ecoles.crm.test").await.unwrap();
    stage.work(id).await;
    assert_eq!(stage.check(id).await.own_app.as_deref(), Some("own-app"));
    stage.days(2);
    assert_eq!(stage.check(id).await.state, PortalState::Connected);
    assert_eq!(stage.back(&stage.state(Some(id)).await, "ecoles.crm.test").await, Ok(id));
    assert_eq!(asked_by(&stage), ["own-app"; 3], "the code, the next pair, the code again");

    let view = serde_json::to_string(&stage.view(id).await).unwrap();
    assert!(!view.contains("canary"), "{view}");
    let kept = whole_database(&stage).await;
    let hex: String = b"s3cret-canary".iter().map(|b| format!("{b:02x}")).collect();
    assert!(!kept.contains("s3cret-canary") && !kept.contains(&hex));
}

/// AMO-1: a state stands for the app that it was asked with. Two companies' portals of one account have
/// each its own keys, and the one says nothing of the other.
#[tokio::test]
async fn amo_1_each_portal_is_asked_for_by_its_own_app() {
    let stage = Stage::set().await;
    let ours = stage.state(None).await;
    let theirs = stage.state_by(None, own("s3cret")).await;
    let id = stage.back(&theirs, "ecoles.crm.test").await.unwrap();
    stage.work(id).await;
    let other = stage.back(&ours, "other.crm.test").await.unwrap();
    assert_eq!(asked_by(&stage), ["own-app", "our-app"]);
    assert_eq!(stage.view(other).await.own_app, None);
    // From the company's own app to the server's, by consent of the same account.
    let state = stage.state_by(Some(id), PortalApp::Installation).await;
    assert_eq!(stage.back(&state, "ecoles.crm.test").await, Ok(id));
    assert_eq!(stage.view(id).await.own_app, None);
    assert_eq!(asked_by(&stage), ["our-app"]);

    let stranger = founder(&stage.app).await;
    let of_another =
        stage.app.portal_consent(&stranger, CrmKind::Amo, Some(id), PortalApp::Same).await;
    assert!(matches!(of_another, Err(app::Error::NotFound { .. })), "{of_another:?}");
}

/// AMO-1: the message of switching off is checked with the keys of the portal, whoever else's app is
/// connected there; and it is a reason to look, not the truth: what was sent once can be sent again.
#[tokio::test]
async fn amo_1_switching_off_is_checked_by_the_portals_own_keys_and_looked_after() {
    let stage = Stage::set().await;
    let state = stage.state_by(None, own("s3cret")).await;
    let id = stage.back(&state, "ecoles.crm.test").await.unwrap();
    stage.work(id).await;
    for wrong in ["our-secret", "wrong", ""] {
        assert!(stage.told_off(wrong).await.is_err(), "{wrong}");
    }
    stage.told_off("s3cret").await.unwrap();
    assert_eq!(stage.view(id).await.state, PortalState::Connected, "the CRM lets us in: a replay");
    // Now it is true.
    stage.crm.pair.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    assert!(stage.told_off("wrong").await.is_err());
    assert_eq!(stage.view(id).await.state, PortalState::Connected);
    let before = stage.crm.refreshes.load(std::sync::atomic::Ordering::SeqCst);
    stage.told_off("s3cret").await.unwrap();
    let view = stage.view(id).await;
    let reason = PortalTrouble::SwitchedOff.reason();
    assert_eq!((view.state, view.reason), (PortalState::Stopped, Some(reason)));
    let after = stage.crm.refreshes.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(before, after, "no token was spent on it");

    // Switched on and connected again: the old message does nothing.
    assert_eq!(stage.back(&stage.state(Some(id)).await, "ecoles.crm.test").await, Ok(id));
    stage.work(id).await;
    stage.told_off("s3cret").await.unwrap();
    assert_eq!(stage.view(id).await.state, PortalState::Connected);
}

/// AMO-1: what says nothing about our app stops nothing, and whoever looks after portals looks at once.
#[tokio::test]
async fn amo_1_a_message_of_switching_off_is_no_proof_while_the_crm_cannot_be_asked() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    let busy = || CrmError::Busy(Duration::from_secs(3));
    let down = || CrmError::Retry { after: None, why: "down".to_owned() };
    for trouble in [busy(), down()] {
        *stage.crm.looks.lock().unwrap() = vec![trouble.clone()];
        stage.told_off("our-secret").await.unwrap();
        assert_eq!(stage.view(id).await.state, PortalState::Connected, "{trouble}");
        assert_eq!(stage.app.look_after_portals(10).await.unwrap(), 1, "{trouble}");
    }
    // Another trouble is told as what it is.
    let trouble = PortalTrouble::Unpaid;
    *stage.crm.looks.lock().unwrap() = vec![CrmError::Disconnected { trouble }];
    stage.told_off("our-secret").await.unwrap();
    let view = stage.view(id).await;
    assert_eq!((view.state, view.reason), (PortalState::Stopped, Some(trouble.reason())));
}

/// AMO-1: a portal whose server lost the keys says so, instead of a silent CRM.
#[tokio::test]
async fn amo_1_keys_that_the_server_lost_are_told() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    let poorer = stage.without_keys();
    let view = poorer.portal(&stage.boss, id).await.unwrap();
    assert_eq!(view.state, PortalState::Connected);
    assert!(view.reason.unwrap().ru.contains("нет ключей"));
    assert_eq!(stage.view(id).await.reason, None);
}
