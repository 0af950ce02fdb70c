//! What is done for a portal that nobody looks at (CRM-7, AMO-1).

use std::sync::atomic::Ordering;

use crm::{CrmError, GrantError};
use domain::{
    crm::{PortalState, PortalTrouble},
    text::Words,
};

use super::stage::Stage;

/// CRM-7: a refresh token dies of three months of silence; a portal that nobody uses is kept alive. The
/// same look registers our webhook again, which amoCRM drops after two hours of our silence.
#[tokio::test]
async fn crm_7_a_portal_that_nobody_uses_is_kept_alive() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    assert_eq!(stage.app.look_after_portals(10).await.unwrap(), 0, "it was just connected");
    for round in 1..=3 {
        stage.days(1);
        stage.crm.hooks.lock().unwrap().clear();
        assert_eq!(stage.app.look_after_portals(10).await.unwrap(), 1, "day {round}");
        assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), round, "one a day, when it ends");
        assert_eq!(stage.crm.hooks.lock().unwrap().len(), 1);
    }
    assert_eq!(stage.app.look_after_portals(10).await.unwrap(), 0, "once a day");
    assert_eq!(stage.view(id).await.state, PortalState::Connected);
    // Revoked meanwhile: known before the first enquiry of the month is.
    stage.crm.pair.fetch_add(1, Ordering::SeqCst);
    stage.days(1);
    assert_eq!(stage.app.look_after_portals(10).await.unwrap(), 1);
    assert_eq!(stage.view(id).await.reason, Some(PortalTrouble::ConnectAgain.reason()));
    stage.days(1);
    assert_eq!(stage.app.look_after_portals(10).await.unwrap(), 0, "a person's turn");
}

/// CRM-6: an account that was paid for goes on by itself; one that blocks us is not called until a
/// person says so, and then goes on at once.
#[tokio::test]
async fn crm_6_a_paid_account_goes_on_by_itself_and_a_blocked_one_by_hand() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    let meets = async |trouble| {
        *stage.crm.looks.lock().unwrap() = vec![CrmError::Disconnected { trouble }];
        stage.check(id).await
    };
    let view = meets(PortalTrouble::Unpaid).await;
    assert_eq!(
        (view.state, view.reason),
        (PortalState::Stopped, Some(PortalTrouble::Unpaid.reason()))
    );
    stage.days(1);
    assert_eq!(stage.app.look_after_portals(10).await.unwrap(), 1);
    assert_eq!(stage.view(id).await.state, PortalState::Connected, "it was paid for");

    let view = meets(PortalTrouble::Blocked).await;
    assert_eq!(view.remedy, Some(PortalTrouble::Blocked.remedy()));
    stage.days(30);
    assert_eq!(stage.app.look_after_portals(10).await.unwrap(), 0, "403 is not asked again");
    assert_eq!(stage.app.pull_due_directories(10).await.unwrap(), 0);
    assert_eq!(stage.check(id).await.state, PortalState::Connected);
}

/// CRM-4a: a CRM that refuses our webhook is connected all the same, and the screen says what does not
/// come back; a check asks it again.
#[tokio::test]
async fn crm_4a_a_refused_webhook_is_told_and_stops_nothing() {
    let stage = Stage::set().await;
    let words = Words::new("адрес не принят", "the address is not taken");
    *stage.crm.no_hooks.lock().unwrap() = Some(CrmError::Rejected { words });
    let id = stage.connect().await;
    let view = stage.view(id).await;
    assert_eq!(view.state, PortalState::Connected);
    assert!(view.reason.unwrap().ru.contains("адрес не принят"));
    assert!(view.directory_at.is_some(), "its lists are pulled");
    *stage.crm.no_hooks.lock().unwrap() = None;
    assert_eq!(stage.check(id).await.reason, None);
    assert_eq!(stage.crm.hooks.lock().unwrap().len(), 1);
}

/// AMO-1: the code is spent when the account is looked at, so a CRM that stumbles then is asked again
/// instead of the person; a blocked account is told as one.
#[tokio::test]
async fn amo_1_a_stumble_after_the_code_costs_no_second_consent() {
    let stage = Stage::set().await;
    let stumble = || CrmError::Retry { after: None, why: "429".to_owned() };
    *stage.crm.looks.lock().unwrap() = vec![stumble(), stumble()];
    let back = stage.back(&stage.state(None).await, "ecoles.crm.test").await;
    assert!(back.is_ok(), "{back:?}");
    assert_eq!(stage.crm.exchanges.load(Ordering::SeqCst), 1);
    let trouble = PortalTrouble::Unpaid;
    *stage.crm.looks.lock().unwrap() = vec![CrmError::Disconnected { trouble }];
    let back = stage.back(&stage.state(None).await, "other.crm.test").await;
    assert_eq!(back, Err("unpaid"));
}

/// AMO-1: an account that has another address now is found there, by the token's end or by a call; its
/// tokens are not sent after a redirect, and nobody has to connect it again.
#[tokio::test]
async fn amo_1_an_account_that_moved_is_followed() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    *stage.crm.home.lock().unwrap() = Some("new.crm.test".to_owned());
    let view = stage.check(id).await;
    assert_eq!(
        (view.state, view.address.as_str()),
        (PortalState::Connected, "https://new.crm.test/")
    );
    *stage.crm.home.lock().unwrap() = Some("newer.crm.test".to_owned());
    stage.days(1);
    stage.app.look_after_portals(10).await.unwrap();
    let view = stage.check(id).await;
    assert_eq!(
        (view.state, view.address.as_str()),
        (PortalState::Connected, "https://newer.crm.test/")
    );
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 1, "no token was lost on the way");
    // One that the CRM does not know any more is a person's matter.
    *stage.crm.home.lock().unwrap() = Some("newest.crm.test".to_owned());
    stage.crm.pair.fetch_add(1, Ordering::SeqCst);
    let view = stage.check(id).await;
    assert_eq!(view.remedy, Some(PortalTrouble::ConnectAgain.remedy()));
}

/// CRM-7: keys that the CRM does not take spend no token: they are told, and put right everything goes on
/// without anybody's consent.
#[tokio::test]
async fn crm_7_wrong_keys_lose_no_access() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    stage.days(1);
    *stage.crm.trouble.lock().unwrap() = Some(GrantError::Keys("HTTP 401".to_owned()));
    let view = stage.check(id).await;
    let reason = PortalTrouble::KeysRefused.reason();
    assert_eq!((view.state, view.reason), (PortalState::Stopped, Some(reason)));
    stage.days(1);
    assert_eq!(stage.app.look_after_portals(10).await.unwrap(), 1);
    assert_eq!(stage.view(id).await.state, PortalState::Connected);

    let wrong = app::PortalApp::Own {
        client_id: "own-app".to_owned(),
        client_secret: "wrong".to_owned().into(),
    };
    let state = stage.state_by(None, wrong).await;
    assert_eq!(stage.back(&state, "other.crm.test").await, Err("keys_refused"));
}
