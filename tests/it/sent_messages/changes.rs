//! CV-6: messages that are changed and taken back after they are sent.

use std::time::Duration;

use channel::{Edited, Inbound, Removed, RetryScope, SendError};
use chrono::TimeDelta;
use domain::{
    channel::StateReport,
    clock::Clock,
    content::Content,
    conversation::Direction,
    message_change::{ChangeKind, ChangeState},
    view::Body,
};

use super::{
    puppet::{down, lost, refused},
    stage::{Stage, code},
};

/// CV-6: one's own message gets other words: wanted first, done when the service has done it.
#[tokio::test]
async fn cv_6_a_sent_message_is_edited_through_the_service() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    let id = stage.answers(talk, "Приезжайте в сриду").await;
    assert_eq!(code(stage.app.edit_sent(&stage.anna, id, "х").await), "not_sent");
    stage.work().await;
    stage.puppet.asked();

    let same = stage.app.edit_sent(&stage.anna, id, "Приезжайте в сриду").await.unwrap();
    assert!(same.change.is_none(), "the same words are no change");
    assert_eq!(code(stage.app.edit_sent(&stage.anna, id, "  ").await), "required");
    assert_eq!(code(stage.app.edit_sent(&stage.anna, id, &"я".repeat(101)).await), "too_long");

    let seq = stage.seq().await;
    let wanted = stage.app.edit_sent(&stage.anna, id, "Приезжайте в среду").await.unwrap();
    let change = wanted.change.expect("it is wanted");
    assert_eq!((change.what, change.state), (ChangeKind::Edit, ChangeState::Pending));
    assert_eq!(wanted.body, Body::Said(Content::text("Приезжайте в сриду")), "not done yet");
    assert_eq!(code(stage.app.remove_sent(&stage.anna, id).await), "change_pending");
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["edit vera out-1 Приезжайте в среду"]);
    let done = stage.view(id).await;
    assert_eq!(done.body, Body::Said(Content::text("Приезжайте в среду")));
    assert!(done.change.is_none() && done.edited_at.is_some());
    assert_eq!(stage.told_since(seq).await.len(), 2, "wanted, done");
}

/// CV-6: taking back, and what may not be taken back: another's, too old, gone already.
#[tokio::test]
async fn cv_6_a_sent_message_is_taken_back_in_time_by_its_author() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    let (gone, late) = (stage.answers(talk, "ой").await, stage.answers(talk, "ай").await);
    stage.work().await;
    stage.puppet.asked();
    let boris = stage.colleague("Борис").await;
    assert_eq!(code(stage.app.remove_sent(&boris, gone).await), "not_yours");
    let hers = stage.found("in-1").await.message_id;
    assert_eq!(code(stage.app.remove_sent(&stage.anna, hers).await), "not_yours");

    stage.app.remove_sent(&stage.anna, gone).await.unwrap();
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["remove vera out-1"]);
    let view = stage.view(gone).await;
    assert!(view.removed_at.is_some() && view.change.is_none());
    assert_eq!(view.body, Body::Said(Content::text("ой")), "kept for the record");
    assert_eq!(code(stage.app.remove_sent(&stage.anna, gone).await), "removed");

    stage.pass(TimeDelta::minutes(11));
    assert_eq!(code(stage.app.remove_sent(&stage.anna, late).await), "too_late");
    stage.app.edit_sent(&stage.anna, late, "эй").await.expect("an hour for edits");
    stage.work().await;
    stage.pass(TimeDelta::minutes(60));
    assert_eq!(code(stage.app.edit_sent(&stage.anna, late, "уй").await), "too_late");
}

/// CV-6: a refusal is shown with its words, and asking again is possible.
#[tokio::test]
async fn cv_6_a_refused_change_says_why() {
    let (stage, _, id) = Stage::answered("ой").await;
    stage.puppet.asked();
    stage.puppet.will_say([refused("message can't be deleted")]);
    stage.app.remove_sent(&stage.anna, id).await.unwrap();
    stage.work().await;
    let view = stage.view(id).await;
    let change = view.change.expect("it is shown");
    assert_eq!((change.state, change.what), (ChangeState::Refused, ChangeKind::Remove));
    let why = change.reason.expect("words");
    assert!(why.ru.contains("message can't be deleted") && why.ru.contains("отказал"), "{why:?}");
    assert!(view.removed_at.is_none());

    stage.app.remove_sent(&stage.anna, id).await.unwrap();
    stage.work().await;
    assert!(stage.view(id).await.removed_at.is_some());
}

/// CV-6: what may have been done is not said to be undone: every answer of the service was lost, or it
/// refused when it was asked for again.
#[tokio::test]
async fn cv_6_a_change_whose_answers_were_lost_is_not_said_to_be_undone() {
    for answers in [(0..6).map(|_| lost()).collect(), vec![lost(), refused("no")]] {
        let (stage, _, id) = Stage::answered("раз").await;
        let tries = answers.len();
        stage.puppet.will_say(answers);
        stage.app.edit_sent(&stage.anna, id, "два").await.unwrap();
        for _ in 0..tries {
            stage.work().await;
            stage.ripe().await;
        }
        let change = stage.view(id).await.change.expect("it is shown");
        assert_eq!(change.state, ChangeState::Refused);
        let why = change.reason.expect("words");
        assert!(!why.ru.contains("как было") && !why.en.contains("as it was"), "{why:?}");
        if tries == 6 {
            assert!(why.en.contains("may have been done"), "{why:?}");
        }
    }
}

/// CV-6: a change waits in the conversation's lane: for its turn, for a service that asks for time,
/// for an answer that was lost, for a channel that is down; it is done at last, once.
#[tokio::test]
async fn cv_6_a_change_waits_with_its_lane() {
    let (stage, talk, id) = Stage::answered("раз").await;
    stage.puppet.asked();
    let again = |scope| SendError::Retry { after: Duration::ZERO, scope, why: "busy".to_owned() };
    stage.puppet.will_say([again(RetryScope::Conversation), SendError::Disconnected(down())]);
    stage.app.edit_sent(&stage.anna, id, "два").await.unwrap();
    stage.answers(talk, "следом").await;
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["edit vera out-1 два", "edit vera out-1 два"]);
    let view = stage.view(id).await;
    assert_eq!(view.change.map(|c| c.state), Some(ChangeState::Pending), "visible meanwhile");

    stage.channel_is(&StateReport::connected()).await;
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["edit vera out-1 два", "send следом"], "in order");
    assert_eq!(stage.view(id).await.body, Body::Said(Content::text("два")));
}

/// CV-6: the list shows what was said last, as it is now: after the customer's changes and after ours.
#[tokio::test]
async fn cv_6_the_list_follows_a_change_of_the_last_message() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    stage.vera_writes("in-2").await;
    let at = stage.clock.now();
    let edited = |id: &str, text: &str| {
        let content = Content::text(text);
        Inbound::Edited(Edited { external_id: id.to_owned(), at, content, raw: None })
    };
    stage.comes(edited("in-1", "давно")).await;
    assert_eq!(stage.preview(talk).await.0, "вопрос in-2", "an older one is not shown");
    let seq = stage.seq().await;
    stage.comes(edited("in-2", "исправлено")).await;
    assert_eq!(stage.preview(talk).await, ("исправлено".to_owned(), Direction::Inbound));
    let told = stage.conversations_since(seq).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["preview"], "исправлено");

    let id = stage.answers(talk, "ответ").await;
    stage.work().await;
    stage.app.edit_sent(&stage.anna, id, "другой ответ").await.unwrap();
    stage.work().await;
    assert_eq!(stage.preview(talk).await, ("другой ответ".to_owned(), Direction::Outbound));
    stage.app.remove_sent(&stage.anna, id).await.unwrap();
    stage.work().await;
    assert_eq!(stage.preview(talk).await, ("исправлено".to_owned(), Direction::Inbound));
    for id in ["in-2", "in-1"] {
        let removed = Removed { external_id: id.to_owned(), at };
        stage.comes(Inbound::Removed(removed)).await;
    }
    assert_eq!(stage.preview(talk).await.0, "", "nothing is left");
}
