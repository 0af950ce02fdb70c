//! What goes wrong between us and amoCRM, against the sandbox (CRM-6): each fault has its own next
//! move.

use crm::{Crm, CrmError};
use domain::crm::{Action, CrmId, PortalTrouble, Question};
use sandbox::amo::{Faults, Limits, Options, Outage, Scope};

use crate::{
    sand::Sand,
    stand::{Stand, adapter, url},
    write::contact,
};

fn write() -> Action {
    Action::CreateContact(contact("Иван", &["+79161234567"]))
}

async fn read(stand: &Stand) -> CrmError {
    let question = Question::Contact { id: CrmId::from(5) };
    stand.amo.ask(&stand.caller(), &question).await.unwrap_err()
}

/// The answer is HTML, and no body is needed to understand it.
#[tokio::test]
async fn crm_6_too_many_calls_are_tried_again_later() {
    let sand = Sand::new().await;
    sand.faults(Faults { too_many: 2, scope: Scope::Everything, ..Faults::default() });
    assert!(matches!(sand.stand.refused(&write()).await, CrmError::Retry { .. }));
    assert!(matches!(read(&sand.stand).await, CrmError::Retry { .. }));
    assert_eq!(sand.account.contacts().len(), 0);
    let calls = sand.stand.gate.take();
    assert_eq!(calls[0].status, Some(429));
    assert!(calls[0].answer.as_ref().unwrap().as_str().unwrap().contains("<html>"));
    assert_eq!(sand.stand.gate.admitted(), 2, "each call waits for its turn");
}

/// Whoever goes on after 429 is blocked, and only support lifts it.
#[tokio::test]
async fn crm_6_a_blocked_account_stops_the_portal() {
    let limits = Limits { per_integration: Some(1), block_after: Some(2), ..Limits::documented() };
    let options = Options { limits, ..Options::default() };
    let sand = Sand::with(options).await;
    let mut seen = Vec::new();
    for _ in 0..6 {
        let question = Question::TaskDone { id: CrmId::from(5) };
        seen.push(sand.stand.amo.ask(&sand.stand.caller(), &question).await.err());
    }
    assert!(seen.iter().any(|error| matches!(error, Some(CrmError::Retry { .. }))), "{seen:?}");
    let blocked = CrmError::Disconnected { trouble: PortalTrouble::Blocked };
    assert_eq!(seen.last(), Some(&Some(blocked)));
}

#[tokio::test]
async fn crm_6_an_unpaid_account_stops_the_portal() {
    let sand = Sand::new().await;
    let switches = sandbox::amo::Switches { unpaid: true, ..sand.account.switches() };
    sand.account.set_switches(switches);
    let unpaid = CrmError::Disconnected { trouble: PortalTrouble::Unpaid };
    assert_eq!(read(&sand.stand).await, unpaid);
    assert_eq!(sand.stand.refused(&write()).await, unpaid);
}

#[tokio::test]
async fn crm_6_a_revoked_token_is_told_apart_from_everything_else() {
    let sand = Sand::new().await;
    sand.account.revoke_tokens(&sand.integration.client_id);
    assert_eq!(read(&sand.stand).await, CrmError::TokenExpired);
    assert_eq!(sand.stand.refused(&write()).await, CrmError::TokenExpired);
}

/// 5xx: reading is tried again, of a write it is not known.
#[tokio::test]
async fn crm_6_a_fault_of_the_server_leaves_a_write_in_doubt() {
    let sand = Sand::new().await;
    sand.account.set_outage(Outage::Unavailable);
    assert!(matches!(read(&sand.stand).await, CrmError::Retry { .. }));
    assert!(matches!(sand.stand.refused(&write()).await, CrmError::Unknown { .. }));
    sand.account.set_outage(Outage::Refused);
    assert!(matches!(read(&sand.stand).await, CrmError::Retry { .. }));
    assert!(matches!(sand.stand.refused(&write()).await, CrmError::Unknown { .. }));
    sand.account.set_outage(Outage::No);
    sand.faults(Faults { error_after_effect: 1, ..Faults::default() });
    assert!(matches!(sand.stand.refused(&write()).await, CrmError::Unknown { .. }));
    assert_eq!(sand.account.contacts().len(), 1, "504, and done all the same");
}

#[tokio::test]
async fn crm_6_a_time_out_leaves_a_write_in_doubt() {
    let sand = Sand::new().await;
    sand.faults(Faults { hang: 1, hang_ms: 5_000, ..Faults::default() });
    let lost = sand.stand.refused(&write()).await;
    assert!(matches!(lost, CrmError::Unknown { .. }), "{lost}");
    let calls = sand.stand.gate.take();
    assert!(calls[0].status.is_none() && calls[0].error.is_some());
    assert!(!format!("{calls:?}").contains("eyJ"), "no token in the journal");
}

/// A connection that never came about: nothing was sent.
#[tokio::test]
async fn crm_6_nobody_at_the_address_is_no_doubt() {
    let nobody = "http://127.0.0.1:9";
    let stand = Stand::new(adapter(nobody), url(&format!("{nobody}/a/ecoles")), "t");
    assert!(matches!(stand.refused(&write()).await, CrmError::Retry { .. }));
    assert!(matches!(read(&stand).await, CrmError::Retry { .. }));
}

/// Two accounts at once: the token of one opens nothing of the other.
#[tokio::test]
async fn crm_6_a_token_opens_its_own_account_only() {
    let mut sand = Sand::new().await;
    let other = sand.server.add_account("other");
    sand.stand.portal.base = url(&other.url());
    assert_eq!(sand.stand.refused(&write()).await, CrmError::TokenExpired);
    assert_eq!(other.contacts().len(), 0);
}
