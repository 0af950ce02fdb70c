//! Lists that are longer than a page, against the sandbox.

use crm::{Crm, CrmError};
use domain::crm::{Answer, CrmId, Question};
use sandbox::amo::Switches;

use crate::sand::Sand;

fn by_phone() -> Question {
    Question::FindContact { phones: vec!["+79161234567".to_owned()], emails: Vec::new() }
}

async fn found(sand: &Sand) -> Vec<CrmId> {
    match sand.stand.ask(by_phone()).await {
        Answer::Contacts(found) => found.into_iter().map(|contact| contact.id).collect(),
        other => panic!("contacts, not {other:?}"),
    }
}

/// Contacts in whose names the digits stand, and behind them the one whose number it is.
fn crowd(sand: &Sand, count: usize) -> CrmId {
    for n in 0..count {
        sand.account.add_contact(&format!("Заказ 9161234567/{n}"), None, None);
    }
    sand.account.add_contact("Иван", Some("89161234567"), None).into()
}

/// The hits are many, come in pages, and each is compared: the person may be on the last.
#[tokio::test]
async fn amo_3_a_person_behind_hundreds_of_hits_is_found() {
    let sand = Sand::new().await;
    let ivan = crowd(&sand, 260);
    assert_eq!(found(&sand).await, [ivan]);
    assert_eq!(sand.calls().len(), 2, "pages of 250");
}

/// 504: the portion is too large for the other side, and smaller ones pass.
#[tokio::test]
async fn crm_6_a_list_that_is_too_heavy_is_read_in_smaller_pages() {
    let sand = Sand::new().await;
    let ivan = crowd(&sand, 60);
    let heavy_above = |most| Switches { heavy_above: most, ..Switches::default() };
    sand.account.set_switches(heavy_above(100));
    assert_eq!(found(&sand).await, [ivan]);
    assert_eq!(sand.calls().len(), 3, "one of 250, two of 50");
    sand.account.set_switches(heavy_above(10));
    let refused = sand.stand.amo.ask(&sand.stand.caller(), &by_phone()).await;
    assert!(matches!(refused, Err(CrmError::Retry { .. })), "{refused:?}");
}
