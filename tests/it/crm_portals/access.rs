//! Connecting portals and keeping their access (AMO-1, CRM-7).

use std::{sync::atomic::Ordering, time::Duration};

use app::PortalToken;
use crm::GrantError;
use domain::crm::{CrmKind, PortalMode, PortalState, PortalTrouble};
use tests::founder;

use super::{fake::token_end, stage::Stage};

/// AMO-1: consent makes a portal, its webhook is registered and its lists are there; the state that
/// was used is worthless, and so is one of another person's browser.
#[tokio::test]
async fn amo_1_consent_connects_a_portal_once() {
    let stage = Stage::set().await;
    let state = stage.state(None).await;
    let id = stage.back(&state, "ecoles.crm.test").await.unwrap();
    assert_eq!(stage.back(&state, "ecoles.crm.test").await, Err("state"), "used");
    assert_eq!(stage.back("made-up", "ecoles.crm.test").await, Err("state"));
    stage.work(id).await;
    let view = stage.app.portal(&stage.boss, id).await.unwrap();
    assert_eq!(
        (view.state, view.mode, view.title.as_str()),
        (PortalState::Connected, PortalMode::Full, "Школа")
    );
    assert_eq!((view.user_name.as_deref(), view.unsorted_on), (Some("Анна"), true));
    let hooks = stage.crm.hooks.lock().unwrap().clone();
    assert!(
        hooks.len() == 1 && hooks[0].starts_with("https://beseda.test/hooks/crm/"),
        "{hooks:?}"
    );

    let lured = stage.state(None).await;
    let victim = founder(&stage.app).await;
    let taken = stage.back_as(Some(&victim), &lured, "victim.crm.test", "good").await;
    assert_eq!(taken, Err("state"), "a prepared link connects nobody else's CRM");
    let nobody = stage.back_as(None, &stage.state(None).await, "victim.crm.test", "good").await;
    assert_eq!(nobody, Err("state"));
    assert_eq!(stage.crm.exchanges.load(Ordering::SeqCst), 1, "no code was sent anywhere");
}

/// AMO-1: a host that is not on the list gets neither our secret nor the code.
#[tokio::test]
async fn amo_1_a_foreign_host_is_refused_before_anything_is_sent() {
    let stage = Stage::set().await;
    for host in ["evil.test", "crm.test.evil.test", "evil.test/ecoles.crm.test"] {
        let state = stage.state(None).await;
        assert_eq!(stage.back(&state, host).await, Err("host"), "{host}");
        assert_eq!(stage.back(&state, "ecoles.crm.test").await, Err("state"), "used up");
    }
    assert_eq!(stage.crm.exchanges.load(Ordering::SeqCst), 0);
    let state = stage.state(None).await;
    let wrong = stage.back_as(Some(&stage.boss), &state, "ecoles.crm.test", "bad").await;
    assert_eq!(wrong, Err("code"));
    assert!(stage.app.portals(&stage.boss).await.unwrap().is_empty());
}

/// The same account of the CRM again is the same portal; another one is not taken for it.
#[tokio::test]
async fn amo_1_connecting_again_keeps_the_portal() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    assert_eq!(stage.back(&stage.state(Some(id)).await, "ecoles.crm.test").await, Ok(id));
    let other = stage.back(&stage.state(Some(id)).await, "other.crm.test").await;
    assert_eq!(other, Err("other_account"));
    let another = stage.back(&stage.state(None).await, "other.crm.test").await.unwrap();
    assert_ne!(another, id);
    assert_eq!(stage.app.portals(&stage.boss).await.unwrap().len(), 2);
}

/// CRM-7: eight at once meet a token at its end; one of them spends the refresh token, all go on.
#[tokio::test]
async fn crm_7_one_refresher_over_all() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    for round in 1..=3 {
        stage.days(2);
        let checks = (0..8).map(|_| stage.check(id));
        for view in futures::future::join_all(checks).await {
            assert_eq!(view.state, PortalState::Connected);
        }
        assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), round);
    }
    stage.check(id).await;
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 3, "a fresh token is left alone");
    // The CRM takes a token back before its time: 401, one refresh, and on.
    stage.crm.pair.fetch_add(1, Ordering::SeqCst);
    let view = stage.check(id).await;
    let trouble = PortalTrouble::ConnectAgain.reason();
    assert_eq!(
        (view.state, view.reason),
        (PortalState::Stopped, Some(trouble)),
        "revoked for good"
    );
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 4);
    assert_eq!(stage.back(&stage.state(Some(id)).await, "ecoles.crm.test").await, Ok(id));
    stage.work(id).await;
    assert_eq!(stage.check(id).await.state, PortalState::Connected);
}

/// CRM-7: a process that dies between the call and its answer leaves a portal that says 'connect
/// again', and nobody guesses with the spent token. A service that was not reached spends nothing.
#[tokio::test]
async fn crm_7_a_lost_answer_stops_the_portal_with_its_reason() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    stage.days(2);
    *stage.crm.trouble.lock().unwrap() = Some(GrantError::NotReached("refused".to_owned()));
    assert_eq!(stage.check(id).await.state, PortalState::Interrupted);
    assert_eq!(stage.check(id).await.state, PortalState::Connected, "tried again, with success");
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 2);

    stage.days(2);
    let mut conn = stage.database.connect().await;
    sqlx::query("update portals set refreshing_until = now() - interval '1 second'")
        .execute(&mut conn)
        .await
        .unwrap();
    let view = stage.check(id).await;
    assert_eq!(
        (view.state, view.remedy),
        (PortalState::Stopped, Some(PortalTrouble::ConnectAgain.remedy()))
    );
    assert_eq!(stage.check(id).await.state, PortalState::Stopped);
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 2, "the spent token is not tried");

    assert_eq!(stage.back(&stage.state(Some(id)).await, "ecoles.crm.test").await, Ok(id));
    stage.work(id).await;
    stage.days(2);
    *stage.crm.trouble.lock().unwrap() = Some(GrantError::Lost("time-out".to_owned()));
    assert_eq!(stage.check(id).await.state, PortalState::Stopped);
    assert_eq!(stage.check(id).await.state, PortalState::Stopped);
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 3);
}

/// A browser that goes away while the tokens are being changed takes nothing along.
#[tokio::test]
async fn crm_7_a_caller_that_leaves_loses_no_token() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    stage.days(2);
    let gone = tokio::time::timeout(Duration::from_millis(150), stage.check(id)).await;
    assert!(gone.is_err(), "left in the middle of the call");
    assert_eq!(stage.check(id).await.state, PortalState::Connected);
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 1);
}

/// CRM-7 LITE: a long-lived token is tried at once; no webhook is registered with it; when it is no
/// longer taken, a person must give another one.
#[tokio::test]
async fn crm_7_lite_connects_by_a_token() {
    let stage = Stage::set().await;
    let given = |address: &str, token: &str| PortalToken {
        kind: CrmKind::Amo,
        address: address.to_owned(),
        token: token.to_owned().into(),
    };
    let field = |error| match error {
        app::Error::Invalid(wrong) => wrong[0].field.clone(),
        other => panic!("{other}"),
    };
    let connect = |form| stage.app.connect_portal_by_token(&stage.boss, form);
    let foreign = connect(given("ecoles.evil.test", "long-lived")).await;
    assert_eq!(field(foreign.unwrap_err()), "address");
    assert_eq!(field(connect(given("ecoles.crm.test", "typo")).await.unwrap_err()), "token");
    let view = connect(given("ecoles.crm.test", "long-lived")).await.unwrap();
    assert_eq!(view.mode, PortalMode::Lite);
    assert_eq!(view.token_ends_at, Some(token_end()), "told long before");
    stage.work(view.portal_id).await;
    assert_eq!(stage.check(view.portal_id).await.state, PortalState::Connected);
    assert!(stage.crm.hooks.lock().unwrap().is_empty());
    assert_eq!(stage.crm.refreshes.load(Ordering::SeqCst), 0);
    // Full access instead of it: nothing ends any more.
    assert_eq!(
        stage.back(&stage.state(Some(view.portal_id)).await, "ecoles.crm.test").await,
        Ok(view.portal_id)
    );
    let full = stage.view(view.portal_id).await;
    assert_eq!((full.mode, full.token_ends_at), (PortalMode::Full, None));
}

/// AMO-1: two companies may connect one account of the CRM, each by consent of its admin. Each has its
/// own webhook's address and its own portal, and the limits of the account hold for both together.
#[tokio::test]
async fn amo_1_two_companies_share_an_account_and_its_limits() {
    let stage = Stage::set().await;
    let id = stage.connect().await;
    let neighbour = founder(&stage.app).await;
    let by = app::PortalApp::Same;
    let asked = stage.app.portal_consent(&neighbour, CrmKind::Amo, None, by).await.unwrap();
    let state = asked.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
    let back = stage.back_as(Some(&neighbour), &state, "ecoles.crm.test", "good").await;
    let other = back.unwrap();
    assert_ne!(other, id);
    let job = serde_json::json!({ "job": "connect_portal", "portal": other });
    stage.app.run(neighbour.account, &job, 0).await.unwrap();
    let hooks = stage.crm.hooks.lock().unwrap().clone();
    assert_eq!(hooks.len(), 2);
    assert_ne!(hooks[0], hooks[1]);
    assert!(stage.app.portal(&neighbour, id).await.is_err(), "neither sees the other's");
    assert!(stage.app.portal(&stage.boss, other).await.is_err());
    let mut conn = stage.database.connect().await;
    let limits: Vec<String> = sqlx::query_scalar(
        "select key from crm_rates where key like 'amo:ecoles.crm.test%' and key not like '%connecting'
         order by key",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert_eq!(limits, ["amo:ecoles.crm.test", "amo:ecoles.crm.test:our-app"]);
}
