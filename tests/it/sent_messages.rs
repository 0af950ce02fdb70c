//! What becomes of messages after they are sent: receipts by parts and by place (CV-7), changes,
//! removals and emoji (CV-6), signs of reading and writing (OW-6), services' black lists (WA-5). The
//! driver is a puppet that writes down what it is asked.

pub(crate) mod puppet;
pub(crate) mod stage;

use std::time::Duration;

use channel::{Edited, Inbound, InboundMessage, Reaction, Removed, RetryScope, SendError, Sender};
use chrono::TimeDelta;
use domain::{
    blacklist::EntryKind,
    channel::{ChannelState, StateReport},
    clock::Clock,
    content::Content,
    conversation::Direction,
    delivery::DeliveryStatus::{Delivered, Failed, Queued, Read, Sent, Uncertain},
    listing::Listing,
    message_change::{ChangeKind, ChangeState},
    passing::Sign,
    reaction::{ReactionSide, ReactionState},
    text::Words,
    view::{Body, SystemLine},
};
use serde_json::json;

use self::stage::{Stage, VERA, code};

fn parts(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn refused(text: &str) -> SendError {
    SendError::Rejected { code: "refused", text: text.to_owned() }
}

fn seen(up_to: Option<&str>, at: chrono::DateTime<chrono::Utc>) -> Inbound {
    Inbound::Seen { person: VERA.to_owned(), up_to: up_to.map(str::to_owned), at }
}

/// CV-7: a message in parts is delivered when all parts are, whichever comes first.
#[tokio::test]
async fn cv_7_a_message_in_parts_is_delivered_when_all_of_them_are() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    stage.puppet.parts.lock().unwrap().push_back(parts(&["p1", "p2", "p3"]));
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
    stage.puppet.parts.lock().unwrap().extend([parts(&["p1", "p2"]), parts(&["q1", "q2"])]);
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
    stage.puppet.parts.lock().unwrap().push_back(parts(&["out-1", "p2"]));
    stage.reports("out-1", Delivered, None).await;
    let id = stage.answers(talk, "ответ").await;
    stage.work().await;
    assert_eq!(stage.status(id).await, Sent, "the first part's receipt is not the message's");
    stage.reports("p2", Delivered, None).await;
    assert_eq!(stage.status(id).await, Delivered);

    stage.puppet.parts.lock().unwrap().push_back(parts(&["r1", "r2"]));
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
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    let id = stage.answers(talk, "дошло?").await;
    stage.work().await;
    let mut tx = stage.app.store.tenant(stage.anna.account).await.unwrap();
    tx.set_status(id, Uncertain, Some("the answer was lost")).await.unwrap();
    tx.commit().await.unwrap();
    stage.comes(seen(None, stage.clock.now())).await;
    let view = stage.view(id).await;
    assert_eq!((view.status, view.failure), (Some(Read), None));
}

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
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    let id = stage.answers(talk, "ой").await;
    stage.work().await;
    stage.puppet.asked();
    stage.puppet.answers.lock().unwrap().push_back(refused("message can't be deleted"));
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
    let lost = || SendError::Unknown("the answer was lost".to_owned());
    for answers in [(0..6).map(|_| lost()).collect(), vec![lost(), refused("no")]] {
        let stage = Stage::set().await;
        let talk = stage.vera_writes("in-1").await;
        let id = stage.answers(talk, "раз").await;
        stage.work().await;
        let tries = answers.len();
        stage.puppet.answers.lock().unwrap().extend(answers);
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
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    let id = stage.answers(talk, "раз").await;
    stage.work().await;
    stage.puppet.asked();
    let again = |scope| SendError::Retry { after: Duration::ZERO, scope, why: "busy".to_owned() };
    let down = StateReport::new(
        ChannelState::BadCredentials,
        Words::new("Ключ не подходит.", "The key does not fit."),
        Words::new("Вставьте новый.", "Paste a new one."),
    );
    stage
        .puppet
        .answers
        .lock()
        .unwrap()
        .extend([again(RetryScope::Conversation), SendError::Disconnected(down)]);
    stage.app.edit_sent(&stage.anna, id, "два").await.unwrap();
    stage.answers(talk, "следом").await;
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["edit vera out-1 два", "edit vera out-1 два"]);
    let view = stage.view(id).await;
    assert_eq!(view.change.map(|c| c.state), Some(ChangeState::Pending), "visible meanwhile");

    let channel = stage.channel.channel_id;
    stage.app.report(stage.anna.account, channel, &StateReport::connected()).await.unwrap();
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["edit vera out-1 два", "send следом"], "in order");
    assert_eq!(stage.view(id).await.body, Body::Said(Content::text("два")));
}

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
    stage.puppet.answers.lock().unwrap().push_back(refused("no"));
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

/// CV-6: the customer's emoji is put, changed and taken away; older news does not bring it back.
#[tokio::test]
async fn cv_6_the_customers_reaction_comes_and_goes() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    let id = stage.answers(talk, "готово").await;
    stage.work().await;
    let react = |emoji: Option<&str>, at| {
        Inbound::Reaction(Reaction {
            external_id: "out-1".to_owned(),
            by: Sender::Customer,
            emoji: emoji.map(str::to_owned),
            at,
        })
    };
    let now = stage.clock.now();
    let seq = stage.seq().await;
    stage.comes(react(Some("🔥"), now)).await;
    let told = stage.told_since(seq).await;
    assert_eq!(told[0]["reactions"][0]["emoji"], "🔥");
    assert_eq!(told[0]["reactions"][0]["side"], "customer");
    stage.comes(react(Some("👍"), now + TimeDelta::seconds(2))).await;
    stage.comes(react(Some("👍"), now + TimeDelta::seconds(2))).await;
    assert_eq!(stage.told_since(seq).await.len(), 2, "a repeat is silent");
    assert_eq!(stage.view(id).await.reactions[0].emoji, "👍");
    stage.comes(react(None, now + TimeDelta::seconds(4))).await;
    stage.comes(react(Some("👍"), now + TimeDelta::seconds(3))).await;
    assert!(stage.view(id).await.reactions.is_empty());
    let page = stage.messages(talk).await;
    assert!(page.iter().all(|m| m.reactions.is_empty()));
}

/// CV-6: an employee's emoji: on its way, there, changed, refused with words, taken away.
#[tokio::test]
async fn cv_6_an_employees_reaction_goes_through_the_service() {
    let stage = Stage::set().await;
    stage.vera_writes("in-1").await;
    let id = stage.found("in-1").await.message_id;
    assert_eq!(code(stage.app.react(&stage.anna, id, "🦄").await), "unknown_emoji");
    let view = stage.app.react(&stage.anna, id, "👍").await.unwrap();
    assert_eq!(view.reactions[0].state, Some(ReactionState::Adding));
    assert_eq!(view.reactions[0].side, ReactionSide::OurSide);
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["react vera in-1 👍"]);
    assert_eq!(stage.view(id).await.reactions[0].state, None);
    stage.app.react(&stage.anna, id, "👍").await.unwrap();
    stage.work().await;
    assert!(stage.puppet.asked().is_empty(), "it is there");

    // Two wishes before the first is done: only the last one counts.
    stage.app.react(&stage.anna, id, "❤").await.unwrap();
    stage.app.unreact(&stage.anna, id).await.unwrap();
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["react vera in-1 -"]);
    assert!(stage.view(id).await.reactions.is_empty());
    stage.app.unreact(&stage.anna, id).await.expect("none there is no fault");

    stage.puppet.answers.lock().unwrap().push_back(refused("REACTION_INVALID"));
    stage.app.react(&stage.anna, id, "❤").await.unwrap();
    stage.work().await;
    let shown = stage.view(id).await.reactions.remove(0);
    assert_eq!(shown.state, Some(ReactionState::Refused));
    assert!(shown.reason.expect("words").ru.contains("REACTION_INVALID"));
}

/// WA-5: whoever is put on our black list goes onto the service's, named as the service needs it.
#[tokio::test]
async fn wa_5_a_black_list_entry_reaches_the_service() {
    let stage = Stage::set().await;
    let person = channel::Person {
        external_id: "chat-7".to_owned(),
        key: Some("author-7".to_owned()),
        phones: vec!["8 916 123-45-67".to_owned()],
        ..channel::Person::default()
    };
    let mut message = channel::InboundMessage::new(
        "in-9",
        stage.clock.now(),
        person,
        Content::text("купите слона"),
    );
    message.attribution.listing = Some(Listing {
        external_id: "1".to_owned(),
        title: "Слон".to_owned(),
        ..Listing::default()
    });
    stage.comes(Inbound::Message(Box::new(message))).await;
    stage.vera_writes("in-1").await;
    for (kind, value) in [
        (EntryKind::Phone, "+7 916 123 45 67"),
        (EntryKind::ExternalId, "author-7"),
        (EntryKind::ExternalId, "chat-7"),
        (EntryKind::ExternalId, "nobody"),
    ] {
        stage.app.add_to_blacklist(&stage.anna, kind, value, "", None).await.unwrap();
        stage.work().await;
        let expected: &[&str] =
            if value == "nobody" { &[] } else { &["block chat-7 author-7 Слон"] };
        assert_eq!(stage.puppet.asked(), expected, "{value}");
    }
}

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

fn down() -> SendError {
    SendError::Disconnected(StateReport::new(
        ChannelState::BadCredentials,
        Words::new("Ключ не подходит.", "The key does not fit."),
        Words::new("Вставьте новый.", "Paste a new one."),
    ))
}

/// CV-7: a try whose answer was lost may have gone; whatever the service says to the next one, nobody
/// forgets it: a person decides, and nothing is sent twice when the channel works again.
#[tokio::test]
async fn cv_7_what_may_have_gone_stays_uncertain_when_the_channel_goes_down() {
    for next in [down(), refused("no")] {
        let stage = Stage::set().await;
        let talk = stage.vera_writes("in-1").await;
        let lost = SendError::Unknown("the answer was lost".to_owned());
        stage.puppet.answers.lock().unwrap().extend([lost, next]);
        let id = stage.answers(talk, "раз").await;
        stage.work().await;
        stage.ripe().await;
        stage.work().await;
        assert_eq!(stage.puppet.asked(), ["send раз", "send раз"]);
        assert_eq!(stage.status(id).await, Uncertain);
        let why = stage.view(id).await.why.expect("a reason");
        assert!(why.ru.contains(|c: char| c.is_alphabetic() && !c.is_ascii()), "{why:?}");
        assert!(why.en.is_ascii(), "{why:?}");
        let channel = stage.channel.channel_id;
        stage.app.report(stage.anna.account, channel, &StateReport::connected()).await.unwrap();
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
        let lost = SendError::Unknown("the answer was lost".to_owned());
        stage.puppet.answers.lock().unwrap().push_back(lost);
        let id = stage.answers(talk, "раз").await;
        stage.work().await;
        assert_eq!(stage.status(id).await, domain::delivery::DeliveryStatus::Sending);
        let channel = stage.channel.channel_id;
        if removed {
            stage.app.delete_channel(&stage.anna, channel).await.unwrap();
        } else {
            let SendError::Disconnected(report) = down() else { unreachable!() };
            stage.app.report(stage.anna.account, channel, &report).await.unwrap();
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
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    let id = stage.answers(talk, "раз").await;
    stage.work().await;
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

/// WA-5: what a service's own black list refuses stands in the conversation, in words.
#[tokio::test]
async fn wa_5_a_refused_block_is_shown_in_the_conversation() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    stage.puppet.answers.lock().unwrap().push_back(refused("no such user"));
    let kind = EntryKind::ExternalId;
    stage.app.add_to_blacklist(&stage.anna, kind, VERA, "", None).await.unwrap();
    let undone = stage.work().await;
    assert!(
        undone.is_empty(),
        "shown to people, and no longer among what was not done: {undone:?}"
    );
    let last = stage.messages(talk).await.pop().expect("a line");
    let Body::Happened(SystemLine::BlockRefused { why }) = last.body else { panic!("{last:?}") };
    assert!(why.ru.contains("no such user") && why.en.contains("no such user"), "{why:?}");
    assert_eq!(stage.preview(talk).await.0, "вопрос in-1", "a line is no message");
}

/// CH-7: a pressed button is answered once its press is stored, once, and a failure is no matter.
#[tokio::test]
async fn ch_7_a_pressed_button_is_answered_when_it_is_stored() {
    let stage = Stage::set().await;
    let person = channel::Person { external_id: VERA.to_owned(), ..channel::Person::default() };
    let mut press = InboundMessage::new("press-1", stage.clock.now(), person, Content::text("Да"));
    press.raw = Some("the event".to_owned());
    for _ in 0..2 {
        stage.comes(Inbound::Message(Box::new(press.clone()))).await;
    }
    stage.puppet.answers.lock().unwrap().push_back(refused("too old"));
    assert!(stage.work().await.is_empty());
    assert_eq!(stage.puppet.asked(), ["heard press-1 the event"]);
    stage.vera_writes("in-1").await;
    stage.work().await;
    assert!(stage.puppet.asked().is_empty(), "a message is no press");
}

/// CV-9: what a service tells of a person who has not written yet, and of one who changed their profile.
#[tokio::test]
async fn cv_9_a_person_who_is_only_seen_keeps_their_names_and_key() {
    let stage = Stage::set().await;
    let seen = |id: &str, name: &str| Inbound::Person {
        person: channel::Person {
            external_id: id.to_owned(),
            key: Some("vera-key".to_owned()),
            name: Some(name.to_owned()),
            username: Some("vera_y".to_owned()),
            language: Some("ru".to_owned()),
            ..channel::Person::default()
        },
        reach: None,
        attribution: domain::attribution::Attribution {
            start_payload: Some("promo".to_owned()),
            ..domain::attribution::Attribution::default()
        },
        at: stage.clock.now(),
    };
    stage.comes(seen("one", "Вера")).await;
    stage.comes(seen("two", "Вера")).await;
    stage.comes(seen("one", "Вера Ясная")).await;
    let mut conn = stage.database.connect().await;
    type Row = (String, String, String, Option<String>, Option<String>, uuid::Uuid);
    let rows: Vec<Row> = sqlx::query_as(
        "select external_id, name, username, person_key, language, contact_id
         from identities order by external_id",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let key = Some("vera-key".to_owned());
    let (one, two) = (&rows[0], &rows[1]);
    assert_eq!((one.0.as_str(), one.1.as_str(), one.2.as_str()), ("one", "Вера Ясная", "vera_y"));
    assert_eq!((&one.3, one.4.as_deref()), (&key, Some("ru")));
    assert_eq!(two.3, key);
    assert_eq!(one.5, two.5, "one person is one contact");
    let name: String = sqlx::query_scalar("select name from contacts where contact_id = $1")
        .bind(one.5)
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(name, "Вера Ясная");
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
