//! CV-7: receipts by parts and by place.

use channel::Inbound;
use chrono::TimeDelta;
use domain::{
    clock::Clock,
    delivery::DeliveryStatus::{Delivered, Failed, Read, Sent, Uncertain},
};

use super::stage::{Stage, VERA};

fn seen(up_to: Option<&str>, at: chrono::DateTime<chrono::Utc>) -> Inbound {
    Inbound::Seen { person: VERA.to_owned(), up_to: up_to.map(str::to_owned), at }
}

/// CV-7: a message in parts is delivered when all parts are, whichever comes first.
#[tokio::test]
async fn cv_7_a_message_in_parts_is_delivered_when_all_of_them_are() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    stage.puppet.sends_in(&["p1", "p2", "p3"]);
    let id = stage.answers(talk, "длинный ответ").await;
    stage.work().await;
    let seq = stage.seq().await;
    for part in ["p3", "p1", "p1"] {
        stage.reports(part, Delivered, None).await;
    }
    assert_eq!(stage.status(id).await, Sent);
    assert!(stage.told_since(seq).await.is_empty(), "nothing changed for readers yet");
    stage.reports("p2", Delivered, None).await;
    assert_eq!(stage.status(id).await, Delivered);
    stage.reports("p2", Sent, None).await;
    assert_eq!(stage.status(id).await, Delivered, "only forward");
    assert_eq!(stage.told_since(seq).await.len(), 1);
}

/// CV-7: one part that failed fails the message, with its reason; sending again begins anew.
#[tokio::test]
async fn cv_7_a_failed_part_fails_the_message_with_its_reason() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    stage.puppet.sends_in(&["p1", "p2"]);
    stage.puppet.sends_in(&["q1", "q2"]);
    let id = stage.answers(talk, "ответ").await;
    stage.work().await;
    stage.reports("p1", Delivered, None).await;
    stage.reports("p2", Failed, Some("absent subscriber")).await;
    let view = stage.view(id).await;
    assert_eq!((view.status, view.failure.as_deref()), (Some(Failed), Some("absent subscriber")));

    stage.app.send_again(&stage.anna, id).await.unwrap();
    stage.work().await;
    stage.reports("q1", Delivered, None).await;
    assert_eq!(stage.status(id).await, Sent, "the parts of the former send count no more");
    stage.reports("q2", Delivered, None).await;
    assert_eq!(stage.status(id).await, Delivered);
}

/// CV-7: receipts of parts that come before our own record of the send wait for it, also where the
/// first part's id is the message's.
#[tokio::test]
async fn cv_7_receipts_of_parts_may_come_before_the_answer_to_the_send() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    stage.puppet.sends_in(&["out-1", "p2"]);
    stage.reports("out-1", Delivered, None).await;
    let id = stage.answers(talk, "ответ").await;
    stage.work().await;
    assert_eq!(stage.status(id).await, Sent, "the first part's receipt is not the message's");
    stage.reports("p2", Delivered, None).await;
    assert_eq!(stage.status(id).await, Delivered);

    stage.puppet.sends_in(&["r1", "r2"]);
    for part in ["r2", "r1"] {
        stage.reports(part, Delivered, None).await;
    }
    let id = stage.answers(talk, "ещё").await;
    stage.work().await;
    assert_eq!(stage.status(id).await, Delivered);
}

/// CV-7: a receipt that comes beside the record of the send is lost by neither.
#[tokio::test(flavor = "multi_thread")]
async fn cv_7_a_receipt_beside_the_record_of_its_send_is_not_lost() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    for n in 1..=25 {
        let id = stage.answers(talk, "ответ").await;
        let name = format!("out-{n}");
        tokio::join!(stage.work(), stage.reports(&name, Delivered, None));
        assert_eq!(stage.status(id).await, Delivered, "round {n}");
    }
}

/// CV-7: reading up to a message is one step for everything before it, also in conversations that
/// are closed; a repeat and older news are silent.
#[tokio::test]
async fn cv_7_a_reading_covers_everything_up_to_its_place() {
    let stage = Stage::set().await;
    let first = stage.vera_writes("in-1").await;
    let old = stage.answers(first, "раньше").await;
    stage.work().await;
    stage.app.close(&stage.anna, first).await.unwrap();
    let talk = stage.vera_writes("in-2").await;
    assert_ne!(first, talk);
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(stage.answers(talk, &format!("ответ {n}")).await);
    }
    stage.work().await;
    stage.reports("out-5", Failed, Some("no")).await;
    let seq = stage.seq().await;
    stage.comes(seen(Some("out-3"), stage.clock.now())).await;
    assert_eq!(stage.status(old).await, Read);
    let mut all = Vec::new();
    for id in &ids {
        all.push(stage.status(*id).await);
    }
    assert_eq!(all, [Read, Read, Sent, Failed]);
    let told = stage.told_since(seq).await;
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|message| message["status"] == "read"));
    stage.comes(seen(Some("out-3"), stage.clock.now())).await;
    stage.comes(seen(Some("out-1"), stage.clock.now())).await;
    assert_eq!(stage.seq().await, seq + 3, "nothing moved, nothing is told");

    let mut other = seen(None, stage.clock.now());
    if let Inbound::Seen { person, .. } = &mut other {
        "somebody".clone_into(person);
    }
    stage.comes(other).await;
    assert_eq!(stage.status(ids[2]).await, Sent, "somebody else's reading is not hers");
}

/// CV-7: where the service names no message, or one that we do not know, its clock decides.
#[tokio::test]
async fn cv_7_a_reading_without_a_known_place_goes_by_time() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    let early = stage.answers(talk, "рано").await;
    stage.work().await;
    let between = stage.clock.now() + TimeDelta::minutes(1);
    stage.pass(TimeDelta::minutes(2));
    let late = stage.answers(talk, "поздно").await;
    stage.work().await;
    stage.comes(seen(None, between)).await;
    assert_eq!((stage.status(early).await, stage.status(late).await), (Read, Sent));

    // The reading of a message overtakes our record of its send.
    stage.comes(seen(Some("out-3"), between)).await;
    assert_eq!(stage.status(late).await, Sent);
    let third = stage.answers(talk, "третье").await;
    stage.work().await;
    assert_eq!(stage.status(third).await, Read);

    stage.comes(seen(Some("no-such-id"), stage.clock.now())).await;
    assert_eq!(stage.status(late).await, Read);
}

/// CV-7: a reading makes certain what was uncertain.
#[tokio::test]
async fn cv_7_what_was_read_was_sent() {
    let (stage, _, id) = Stage::answered("дошло?").await;
    let mut tx = stage.app.store.tenant(stage.anna.account).await.unwrap();
    tx.set_status(id, Uncertain, Some("the answer was lost")).await.unwrap();
    tx.commit().await.unwrap();
    stage.comes(seen(None, stage.clock.now())).await;
    let view = stage.view(id).await;
    assert_eq!((view.status, view.failure), (Some(Read), None));
}
