//! CV-7: what may have gone, and whatever settles it.

use channel::{Inbound, InboundMessage, SendError, Sender};
use chrono::TimeDelta;
use domain::{
    channel::StateReport,
    clock::Clock,
    content::Content,
    delivery::DeliveryStatus::{Delivered, Failed, Queued, Read, Sending, Sent, Uncertain},
};
use serde_json::json;

use super::{
    puppet::{down, lost, refused},
    stage::{Stage, VERA},
};

/// CV-7: a message whose answer was lost comes back as one of our side: it is that message, once.
#[tokio::test]
async fn cv_7_an_uncertain_message_that_comes_back_is_sent() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    let id = stage.answers(talk, "Да, есть").await;
    stage.turns(id, Uncertain).await;
    let other = stage.answers(talk, "Приезжайте").await;
    stage.turns(other, Uncertain).await;
    let before = stage.messages(talk).await.len();

    stage.our_side_wrote("echo-1", "Да, есть").await;
    assert_eq!(stage.status(id).await, Sent);
    assert_eq!(stage.found("echo-1").await.message_id, id);
    assert_eq!(stage.status(other).await, Uncertain, "of that one nothing is known");
    stage.our_side_wrote("echo-1", "Да, есть").await;
    assert_eq!(stage.messages(talk).await.len(), before, "no second bubble, however often");
    stage.reports("echo-1", Read, None).await;
    assert_eq!(stage.status(id).await, Read);

    // Other words were written elsewhere, and are a message of their own.
    stage.our_side_wrote("echo-2", "Пишу с телефона").await;
    assert_eq!(stage.messages(talk).await.len(), before + 1);

    // So are the same words two days later.
    stage.pass(TimeDelta::days(2));
    stage.our_side_wrote("echo-3", "Приезжайте").await;
    assert_eq!(stage.status(other).await, Uncertain);
    assert_eq!(stage.messages(talk).await.len(), before + 2);
}

/// CV-7: a try whose answer was lost may have gone; whatever the service says to the next one, nobody
/// forgets it: a person decides, and nothing is sent twice when the channel works again.
#[tokio::test]
async fn cv_7_what_may_have_gone_stays_uncertain_when_the_channel_goes_down() {
    for next in [SendError::Disconnected(down()), refused("no")] {
        let stage = Stage::set().await;
        let talk = stage.vera_writes("in-1").await;
        stage.puppet.will_say([lost(), next]);
        let id = stage.answers(talk, "раз").await;
        stage.work().await;
        stage.ripe().await;
        stage.work().await;
        assert_eq!(stage.puppet.asked(), ["send раз", "send раз"]);
        assert_eq!(stage.status(id).await, Uncertain);
        let why = stage.view(id).await.why.expect("a reason");
        assert!(why.ru.contains(|c: char| c.is_alphabetic() && !c.is_ascii()), "{why:?}");
        assert!(why.en.is_ascii(), "{why:?}");
        stage.channel_is(&StateReport::connected()).await;
        stage.ripe().await;
        stage.work().await;
        assert!(stage.puppet.asked().is_empty(), "not by itself");
    }
}

/// CV-7: the same where the channel went down, or away, before the next try.
#[tokio::test]
async fn cv_7_what_may_have_gone_is_uncertain_where_it_cannot_be_tried_again() {
    for removed in [false, true] {
        let stage = Stage::set().await;
        let talk = stage.vera_writes("in-1").await;
        stage.puppet.will_say([lost()]);
        let id = stage.answers(talk, "раз").await;
        stage.work().await;
        assert_eq!(stage.status(id).await, Sending);
        if removed {
            stage.app.delete_channel(&stage.anna, stage.channel.channel_id).await.unwrap();
        } else {
            stage.channel_is(&down()).await;
        }
        stage.ripe().await;
        stage.work().await;
        assert_eq!(stage.status(id).await, Uncertain, "removed: {removed}");
        let next = stage.puppet.asked();
        assert_eq!(next, ["send раз"], "not tried again");
    }
}

/// CV-7: a run that wrote its outcome and died before its lane's end is run again: what became of the
/// message stands, also when the channel was removed meanwhile.
#[tokio::test]
async fn cv_7_an_outcome_stands_when_the_channel_is_removed() {
    let (stage, _, id) = Stage::answered("раз").await;
    stage.app.delete_channel(&stage.anna, stage.channel.channel_id).await.unwrap();
    let again = json!({ "job": "send", "message": id });
    for status in [Sent, Delivered, Read, Uncertain, Failed] {
        stage.turns(id, status).await;
        stage.app.run(stage.anna.account, &again, 0).await.unwrap();
        assert_eq!(stage.status(id).await, status);
    }
    stage.turns(id, Queued).await;
    stage.app.run(stage.anna.account, &again, 0).await.unwrap();
    assert_eq!(stage.status(id).await, Failed, "it never went");
}

/// Invariant 12: a listener that lost its channel settles nothing by what it still brings.
#[tokio::test]
async fn cv_7_an_echo_of_an_owner_that_lost_the_channel_settles_nothing() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    let id = stage.answers(talk, "Да, есть").await;
    stage.turns(id, Uncertain).await;
    let mut conn = stage.database.connect().await;
    let person = channel::Person { external_id: VERA.to_owned(), ..channel::Person::default() };
    let mut echo =
        InboundMessage::new("echo-1", stage.clock.now(), person, Content::text("Да, есть"));
    echo.sender = Sender::OurSide;
    let batch = || channel::Batch {
        events: vec![Inbound::Message(Box::new(echo.clone()))],
        ..channel::Batch::default()
    };
    sqlx::query(
        "insert into channel_leases (channel_id, owner, epoch, leased_until)
         values ($1, gen_random_uuid(), 7, now() + interval '1 hour')",
    )
    .bind(stage.channel.channel_id.0)
    .execute(&mut conn)
    .await
    .unwrap();
    for (epoch, expected, status) in
        [(6, Err(channel::AcceptError::Fenced), Uncertain), (7, Ok(()), Sent)]
    {
        let lease = store::ChannelLease {
            account: stage.anna.account,
            channel: stage.channel.channel_id,
            epoch,
            revision: 0,
        };
        let inbox = stage.app.inbox(stage.channel.clone(), lease);
        assert_eq!(channel::Inbox::accept(&inbox, batch()).await, expected);
        assert_eq!(stage.status(id).await, status, "epoch {epoch}");
    }
}
