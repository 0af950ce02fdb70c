//! Access to accounts of a CRM: consent, tokens, channels that go there once, lists that are due.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::crm::{CrmKind, PortalState, PortalTrouble};
use secrecy::{ExposeSecret, SecretString};
use store::{
    INTEGRATION_CHANNEL_TAKEN, NewConsent, OwnApp, PORTAL_TAKEN, PortalSecrets, PortalTokens,
    Refreshing,
};

use super::company::{self, Company};

/// AMO-1: of two browsers that come back with one state one is let in, and nobody after them.
#[tokio::test]
async fn amo_1_a_state_of_consent_is_good_once() {
    let company = Company::found().await;
    let hash = [7; 32];
    let mut tx = company.tx().await;
    let new = NewConsent {
        state_hash: hash,
        employee: company.employee,
        kind: CrmKind::Amo,
        portal: None,
        app: Some(OwnApp {
            client_id: "5a1b".to_owned(),
            client_secret: "canary-of-the-app".to_owned().into(),
        }),
    };
    tx.insert_consent(&new).await.unwrap();
    tx.insert_consent(&NewConsent { state_hash: [8; 32], app: None, ..new }).await.unwrap();
    tx.commit().await.unwrap();
    let none = company.store.use_consent(CrmKind::Bitrix, &hash).await.unwrap();
    assert_eq!(none, None, "a state is of one CRM");
    let tries = (0..10).map(|_| company.store.use_consent(CrmKind::Amo, &hash));
    let used = futures::future::join_all(tries).await;
    let got: Vec<_> = used.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(got.len(), 1);
    assert_eq!((got[0].account, got[0].employee), (company.account, company.employee));
    let app = got[0].app.as_ref().expect("the app that it was asked for");
    assert_eq!(app.client_secret.expose_secret(), "canary-of-the-app");
    let mut conn = company.conn().await;
    let kept: Vec<Option<Vec<u8>>> =
        sqlx::query_scalar("select app from crm_consents").fetch_all(&mut conn).await.unwrap();
    assert_eq!(kept, [None, None], "its keys went with the state");
    sqlx::query("update crm_consents set expires_at = now() - interval '1 second'")
        .execute(&mut conn)
        .await
        .unwrap();
    assert_eq!(company.store.use_consent(CrmKind::Amo, &[8; 32]).await.unwrap(), None, "too old");
}

/// AMO-1: the database itself refuses to pass a channel to one CRM account twice; another account of
/// the CRM may get it, and one that let go of it leaves it to others.
#[tokio::test]
async fn amo_1_a_channel_goes_to_one_crm_account_once() {
    let company = Company::found().await;
    let (portal, other) = (company.portal("100").await, company.portal("200").await);
    let (one, two) = (company.another_channel().await, company.another_channel().await);
    let first = company.integration(portal, &[one, two]).await.unwrap();
    let twice = company.integration(portal, &[two]).await;
    assert!(
        matches!(&twice, Err(store::Error::Constraint(name)) if name == INTEGRATION_CHANNEL_TAKEN),
        "{twice:?}"
    );
    company.integration(other, &[two]).await.unwrap();
    let mut tx = company.tx().await;
    tx.set_integration_channels(first, portal, &[one], chrono::Utc::now()).await.unwrap();
    tx.commit().await.unwrap();
    let second = company.integration(portal, &[two]).await.unwrap();
    let mut tx = company.tx().await;
    let passing = tx.integrations_of_channel(two).await.unwrap();
    assert_eq!(passing.len(), 2, "one of each account");
    assert!(passing.iter().any(|i| i.integration_id == second));
    // The same account of the CRM cannot be connected twice.
    let again = tx.insert_portal(&company::portal("100")).await;
    assert!(matches!(&again, Err(store::Error::Constraint(name)) if name == PORTAL_TAKEN));
}

/// Tokens lie sealed; a change of them shows to others while it is under way and after it was lost.
#[tokio::test]
async fn crm_7_secrets_are_sealed_and_a_change_of_tokens_is_seen() {
    let company = Company::found().await;
    let id = company.portal("100").await;
    let mut conn = company.conn().await;
    let row: String =
        sqlx::query_scalar("select t::text from portals t").fetch_one(&mut conn).await.unwrap();
    let hex: String = b"canary".iter().map(|b| format!("{b:02x}")).collect();
    assert!(!row.contains("canary") && !row.contains(&hex), "{row}");
    let mut tx = company.tx().await;
    let before = tx.lock_portal(id).await.unwrap().unwrap();
    assert_eq!(before.refreshing, Refreshing::No);
    tx.begin_refresh(id, Duration::from_secs(60)).await.unwrap();
    assert_eq!(tx.portal(id).await.unwrap().unwrap().refreshing, Refreshing::Running);
    tx.begin_refresh(id, Duration::ZERO).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = company.tx().await;
    assert_eq!(tx.portal(id).await.unwrap().unwrap().refreshing, Refreshing::Stale);
    let tokens = PortalTokens {
        access: "next".to_owned().into(),
        refresh: Some("after-it".to_owned().into()),
        expires_at: None,
    };
    tx.write_portal_tokens(&before, &tokens).await.unwrap();
    let after = tx.portal(id).await.unwrap().unwrap();
    assert_eq!(after.refreshing, Refreshing::No);
    assert_eq!(after.secrets.access.expose_secret(), "next");
    assert!(tx.set_portal_state(id, PortalState::Connected, None).await.unwrap());
    assert!(!tx.set_portal_state(id, PortalState::Connected, None).await.unwrap(), "no news");
    let trouble = Some(PortalTrouble::SwitchedOff);
    assert!(tx.set_portal_state(id, PortalState::Stopped, trouble).await.unwrap());
    tx.commit().await.unwrap();
    let found = company.store.portal_by_hook_key(&after.hook_key).await.unwrap();
    assert_eq!(found, Some((company.account, id, CrmKind::Amo)));
    let shared = company.store.portals_by_external(CrmKind::Amo, "100").await.unwrap();
    assert_eq!(shared, [(company.account, id)]);
    let mut tx = company.tx().await;
    assert!(!tx.delete_portal(id, Utc::now()).await.unwrap(), "it is connected");
    let kept = PortalSecrets { access: SecretString::default(), refresh: None, ..after.secrets };
    tx.disconnect_portal(id, &kept).await.unwrap();
    assert!(!tx.set_portal_state(id, PortalState::Stopped, trouble).await.unwrap(), "it stays so");
    assert!(tx.delete_portal(id, Utc::now()).await.unwrap());
    assert!(tx.portal(id).await.unwrap().is_none());
    tx.commit().await.unwrap();
    assert_eq!(company.store.portal_by_hook_key(&after.hook_key).await.unwrap(), None);
}

/// AMO-12: lists that are due are taken by one node, and again when nobody brought them.
#[tokio::test]
async fn amo_12_lists_that_are_due_are_taken_once() {
    let company = Company::found().await;
    let id = company.portal("100").await;
    let now = Utc::now();
    let take = |at: DateTime<Utc>| {
        let store = company.store.clone();
        async move { store.take_due_directories(at, at + TimeDelta::minutes(15), 10).await.unwrap() }
    };
    // Far enough ahead for the server's own sweep to leave it alone.
    let due = now + TimeDelta::days(10);
    assert!(take(due).await.is_empty(), "nobody wants it");
    let mut tx = company.tx().await;
    tx.set_directory_due(id, Some(due)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(take(due - TimeDelta::seconds(1)).await.is_empty());
    let (one, two) = tokio::join!(take(due), take(due));
    assert_eq!(one.len() + two.len(), 1);
    assert!(take(due + TimeDelta::minutes(14)).await.is_empty());
    assert_eq!(take(due + TimeDelta::minutes(15)).await, [(company.account, id)]);
}
