//! OW-6: signs of reading and of writing.

use channel::Inbound;
use chrono::TimeDelta;
use domain::passing::Sign;

use super::{
    puppet::refused,
    stage::{Stage, VERA},
};

/// OW-6: reading is told for whoever answers, once for all that was read, and not for those who
/// look at a new conversation or look on.
#[tokio::test]
async fn ow_6_reading_is_told_for_those_who_answer() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    stage.app.mark_read(&stage.anna, talk, 1).await.unwrap();
    stage.work().await;
    assert!(stage.puppet.asked().is_empty(), "a new conversation is only looked at");
    stage.app.take(&stage.anna, talk).await.unwrap();
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["seen vera in-1"], "whoever takes it has read it");

    for id in ["in-2", "in-3", "in-4"] {
        stage.vera_writes(id).await;
    }
    let boris = stage.colleague("Борис").await;
    stage.app.mark_read(&boris, talk, 5).await.unwrap();
    stage.work().await;
    assert!(stage.puppet.asked().is_empty(), "Boris looks on");
    for position in [3, 4, 5] {
        stage.app.mark_read(&stage.anna, talk, position).await.unwrap();
    }
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["seen vera in-4"], "once, the last of them");

    stage.answers(talk, "да").await;
    stage.app.mark_read(&stage.anna, talk, 6).await.unwrap();
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["send да"], "nothing of hers is new");

    stage.app.join(&boris, talk).await.unwrap();
    stage.vera_writes("in-5").await;
    stage.app.mark_read(&boris, talk, 8).await.unwrap();
    stage.puppet.will_say([refused("no")]);
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["seen vera in-5"], "Boris has joined");
    stage.app.mark_read(&stage.anna, talk, 8).await.unwrap();
    stage.work().await;
    assert!(stage.puppet.asked().is_empty(), "tried once");
}

/// OW-6: an operator's writing is told every five seconds at most, and not when it is past.
#[tokio::test]
async fn ow_6_writing_is_told_every_five_seconds_at_most() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    for _ in 0..7 {
        stage.app.typing(&stage.anna, talk).await.unwrap();
        stage.work().await;
        stage.pass(TimeDelta::seconds(1));
    }
    assert_eq!(stage.puppet.asked(), ["typing vera", "typing vera"]);
    stage.pass(TimeDelta::seconds(5));
    stage.app.typing(&stage.anna, talk).await.unwrap();
    stage.pass(TimeDelta::seconds(6));
    stage.work().await;
    assert!(stage.puppet.asked().is_empty(), "that moment is past");
}

/// OW-6: the customer's writing is shown to those who see the conversation, and stored nowhere.
#[tokio::test]
async fn ow_6_the_customers_writing_is_shown() {
    let stage = Stage::set().await;
    let mut signs = stage.app.passing();
    stage.comes(Inbound::Typing { person: VERA.to_owned() }).await;
    let talk = stage.vera_writes("in-1").await;
    let seq = stage.seq().await;
    stage.comes(Inbound::Typing { person: VERA.to_owned() }).await;
    let (_, passing) = signs.try_recv().expect("a sign");
    assert_eq!((passing.conversation, passing.sign), (talk, Sign::VisitorTyping));
    assert!(signs.try_recv().is_err(), "a stranger's is nobody's");
    assert_eq!(stage.seq().await, seq);
}
