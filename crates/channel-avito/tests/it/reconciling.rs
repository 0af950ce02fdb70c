//! Reading chats over: what the webhook missed, and how messages come without one (BY-8).

use std::{collections::BTreeSet, time::Duration};

use channel::{Batch, Driver, Inbound, Inbox, ListenError, Sender};
use domain::{channel::ChannelState, content::Content};
use sandbox::avito::{Limits, Options, Tariff};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use crate::world::{PATIENCE, Remembers, World, words};

/// Listens until the batches hold what is looked for.
async fn listen(
    world: &World,
    inbox: &Remembers,
    batches: &mut UnboundedReceiver<channel::Batch>,
    mut enough: impl FnMut(&[Inbound]) -> bool,
) -> Vec<Inbound> {
    let stop = CancellationToken::new();
    let role = world.driver.listener().expect("the driver listens");
    let mut events = Vec::new();
    let collect = async {
        while !enough(&events) {
            events.extend(batches.recv().await.expect("a batch").events);
        }
        // It tells that it listens when its first walk is done.
        inbox.reported.notified().await;
        stop.cancel();
    };
    let both = async { tokio::join!(role.run(&world.channel, inbox, stop.clone()), collect) };
    let (ended, ()) = tokio::time::timeout(PATIENCE, both).await.expect("in time");
    ended.expect("it was told to stop");
    events
}

#[tokio::test]
async fn by_8_what_no_webhook_told_is_found_in_the_chats() {
    let world = World::own_keys().await.connected().await;
    let item = world.seller.add_item("Чайник", "1 200 ₽");
    let chat = world.seller.chat_with(77, "Вера", Some(item));
    let other = world.seller.chat_with(78, "Пётр", None);
    let (inbox, mut batches) = Remembers::new(&world.clock);
    let asked = chat.says("Ещё продаёте?");
    let told = other.says("Здравствуйте");
    let answered = other.seller_says("Отвечаю с телефона");
    let events = listen(&world, &inbox, &mut batches, |e| words(e).len() >= 3).await;
    let found: BTreeSet<String> = words(&events).into_iter().map(|(id, _)| id).collect();
    assert_eq!(found, BTreeSet::from([asked, told, answered.clone()]));
    for event in &events {
        let Inbound::Message(m) = event else { continue };
        if m.person.external_id == chat.id {
            assert_eq!(m.person.name.as_deref(), Some("Вера"));
            let listing = m.attribution.listing.clone().expect("the advertisement");
            assert_eq!(
                (listing.external_id, listing.title),
                (item.to_string(), "Чайник".to_owned())
            );
        }
        let ours = m.external_id == answered;
        assert_eq!(m.sender, if ours { Sender::OurSide } else { Sender::Customer });
        assert_eq!(
            m.person.key.as_deref(),
            Some(if m.person.external_id == chat.id { "77" } else { "78" })
        );
    }
    assert_eq!(inbox.reports.lock().expect("a list")[0].state, ChannelState::Connected);

    // Started again it goes on where it stopped, and a batch that cannot be stored now is tried again.
    *inbox.busy.lock().expect("a number") = 1;
    let next = chat.says("Ау");
    let events =
        listen(&world, &inbox, &mut batches, |e| words(e).iter().any(|w| w.0 == next)).await;
    assert!(!events.is_empty());
    world.assert_clean();
}

#[tokio::test]
async fn by_8_a_hundred_and_fifty_messages_between_two_looks_are_all_found() {
    let world = World::own_keys().await.connected().await;
    let chat = world.seller.chat_with(77, "Вера", None);
    let sent: Vec<String> = (0..150).map(|n| chat.says(&format!("сообщение {n}"))).collect();
    let (inbox, mut batches) = Remembers::new(&world.clock);
    let events = listen(&world, &inbox, &mut batches, |e| words(e).len() >= 150).await;
    let found: Vec<String> = words(&events).into_iter().map(|(id, _)| id).collect();
    assert_eq!(found, sent, "in their order, though many share a second");
    world.assert_clean();
}

#[tokio::test]
async fn cv_7_a_buyers_reading_is_seen_in_the_chat() {
    let world = World::own_keys().await.connected().await;
    let chat = world.seller.chat_with(77, "Вера", None);
    chat.says("Ещё продаёте?");
    let sent = world.send(&chat.id, Content::text("Да")).await.expect("sent");
    let (inbox, mut batches) = Remembers::new(&world.clock);
    chat.reads();
    let events = listen(&world, &inbox, &mut batches, |e| {
        e.iter().any(|e| matches!(e, Inbound::Seen { .. }))
    })
    .await;
    let seen = events.iter().find_map(|event| match event {
        Inbound::Seen { person, up_to, .. } => Some((person.clone(), up_to.clone())),
        _ => None,
    });
    assert_eq!(seen, Some((chat.id.clone(), Some(sent.external_id))));
    world.assert_clean();
}

#[tokio::test]
async fn ch_13_a_listener_that_may_not_stops_with_words() {
    let world = World::own_keys().await.connected().await;
    let (inbox, _batches) = Remembers::new(&world.clock);
    let role = world.driver.listener().expect("the driver listens");
    world.seller.set_tariff(Tariff::Unpaid);
    let stop = CancellationToken::new();
    let ended = role.run(&world.channel, &inbox, stop.clone()).await.expect_err("unpaid");
    let ListenError::Stopped(report) = ended else { panic!("{ended:?}") };
    assert_eq!(report.state, ChannelState::Failed);
    world.seller.set_tariff(Tariff::Paid);
    world.seller.revoke();
    let ended = role.run(&world.channel, &inbox, stop).await.expect_err("no access");
    let ListenError::Stopped(report) = ended else { panic!("{ended:?}") };
    assert_eq!(report.state, ChannelState::BadCredentials);
}

/// Calls of a minute that run out are left to those who answer.
#[tokio::test]
async fn by_8_a_walk_ends_where_few_calls_are_left() {
    let options = Options { limits: Limits::of(8), ..Options::default() };
    let world = World::with(options).await.connected().await;
    for n in 0..20 {
        world.seller.chat_with(100 + n, "Покупатель", None).says("Здравствуйте");
    }
    let (inbox, mut batches) = Remembers::new(&world.clock);
    listen(&world, &inbox, &mut batches, |e| !words(e).is_empty()).await;
    let calls = world.avito.calls();
    assert!(calls.iter().all(|call| call.status == 200), "no limit was hit");
    let single = calls.iter().filter(|call| call.operation == "messages").count();
    assert!(single <= 4, "{single}");
}

/// Of a list that could not be read to its end the cursor must not pass over the rest.
#[tokio::test]
async fn by_8_the_cursor_waits_for_chats_that_were_not_listed_yet() {
    let options = Options { limits: Limits::of(6), ..Options::default() };
    let world = World::with(options).await.connected().await;
    let (inbox, mut batches) = Remembers::new(&world.clock);
    let began = inbox.now().timestamp();
    let state = vec![("since".to_owned(), began.into())];
    inbox.accept(Batch { state, ..Batch::default() }).await.expect("kept");
    world.seller.chat_with(77, "Вера", None).says("Меня нет на первой странице");
    world.avito.advance(Duration::from_secs(250));
    world.clock.by(250);
    for n in 0..100 {
        world.seller.chat_with(100 + n, "Покупатель", None).says("Здравствуйте");
    }
    listen(&world, &inbox, &mut batches, |e| !words(e).is_empty()).await;
    let since = inbox.state("since").await.expect("a state");
    assert_eq!(since, Some(began.into()));
}

/// One chat that Avito cannot give out stops no other; people are told of it, and it comes in when it
/// can be read again.
#[tokio::test]
async fn by_8_a_poisoned_chat_is_set_aside_and_shown() {
    for status in [500, 403, 402] {
        let world = World::own_keys().await.connected().await;
        let (broken, other) =
            (world.seller.chat_with(77, "Вера", None), world.seller.chat_with(78, "Пётр", None));
        let (inbox, mut batches) = Remembers::new(&world.clock);
        let lost = broken.says("Ау");
        broken.breaks(Some(status));
        let stop = CancellationToken::new();
        let role = world.driver.listener().expect("the driver listens");
        let watch = async {
            let mut poisoned = Vec::new();
            for n in 0..6 {
                let said = other.says(&format!("сообщение {n}"));
                loop {
                    let batch = batches.recv().await.expect("a batch");
                    poisoned.extend(batch.quarantined);
                    if words(&batch.events).iter().any(|word| word.0 == said) {
                        break;
                    }
                }
                world.avito.advance(Duration::from_secs(200));
                world.clock.by(200);
            }
            while poisoned.is_empty() {
                poisoned.extend(batches.recv().await.expect("a batch").quarantined);
            }
            assert_eq!(poisoned.len(), 1, "told once");
            assert!(poisoned[0].reason.ru.contains(&status.to_string()), "{poisoned:?}");
            broken.breaks(None);
            world.avito.advance(Duration::from_secs(700));
            world.clock.by(700);
            loop {
                let batch = batches.recv().await.expect("a batch");
                if words(&batch.events).iter().any(|word| word.0 == lost) {
                    break;
                }
            }
            stop.cancel();
        };
        let both = async { tokio::join!(role.run(&world.channel, &inbox, stop.clone()), watch) };
        let (ended, ()) = tokio::time::timeout(PATIENCE, both).await.expect("in time");
        ended.expect("it was never interrupted");
        world.assert_clean();
    }
}

/// It is for these chats, and not for Avito, that nothing is read: others are there, only without news.
/// Nor is it Avito that fails when those that people were told of are tried again together.
#[tokio::test]
async fn by_8_broken_chats_are_told_of_though_no_other_has_news() {
    let world = World::own_keys().await.connected().await;
    world.seller.chat_with(77, "Вера", None).says("Здравствуйте");
    let broken: Vec<_> = (0..3).map(|n| world.seller.chat_with(100 + n, "Пётр", None)).collect();
    let lost: BTreeSet<String> = broken.iter().map(|chat| chat.says("Ау")).collect();
    broken.iter().for_each(|chat| chat.breaks(Some(500)));
    let (inbox, mut batches) = Remembers::new(&world.clock);
    let stop = CancellationToken::new();
    let role = world.driver.listener().expect("the driver listens");
    let later = |seconds: i64| {
        world.avito.advance(Duration::from_secs(seconds.unsigned_abs()));
        world.clock.by(seconds);
    };
    let watch = async {
        let mut told = 0;
        while told < broken.len() {
            later(100);
            tokio::time::sleep(Duration::from_millis(300)).await;
            while let Ok(batch) = batches.try_recv() {
                told += batch.quarantined.len();
            }
        }
        later(700);
        tokio::time::sleep(Duration::from_secs(1)).await;
        broken.iter().for_each(|chat| chat.breaks(None));
        later(700);
        let mut found = BTreeSet::new();
        while !lost.is_subset(&found) {
            let batch = batches.recv().await.expect("a batch");
            assert!(batch.quarantined.is_empty(), "told once: {:?}", batch.quarantined);
            found.extend(words(&batch.events).into_iter().map(|word| word.0));
        }
        stop.cancel();
    };
    let both = async { tokio::join!(role.run(&world.channel, &inbox, stop.clone()), watch) };
    let (ended, ()) = tokio::time::timeout(PATIENCE, both).await.expect("in time");
    ended.expect("it was never interrupted");
    let reports = inbox.reports.lock().expect("a list");
    let states: Vec<ChannelState> = reports.iter().map(|report| report.state).collect();
    assert_eq!(states, [ChannelState::Connected]);
    world.assert_clean();
}

/// When no chat at all can be read it is Avito that fails: that is told, nobody is told of single chats,
/// and everything comes in afterwards.
#[tokio::test]
async fn by_8_a_fault_of_all_chats_is_told_as_avitos() {
    let world = World::own_keys().await.connected().await;
    let chats: Vec<_> = (0..4).map(|n| world.seller.chat_with(100 + n, "Вера", None)).collect();
    let said: Vec<String> = chats.iter().map(|chat| chat.says("Ау")).collect();
    chats.iter().for_each(|chat| chat.breaks(Some(500)));
    let (inbox, mut batches) = Remembers::new(&world.clock);
    let stop = CancellationToken::new();
    let role = world.driver.listener().expect("the driver listens");
    let watch = async {
        inbox.reported.notified().await;
        world.clock.by(2_000);
        tokio::time::sleep(Duration::from_secs(2)).await;
        chats.iter().for_each(|chat| chat.breaks(None));
        let mut found = BTreeSet::new();
        while found.len() < said.len() {
            let batch = batches.recv().await.expect("a batch");
            assert!(batch.quarantined.is_empty(), "{:?}", batch.quarantined);
            found.extend(words(&batch.events).into_iter().map(|word| word.0));
        }
        inbox.reported.notified().await;
        stop.cancel();
    };
    let both = async { tokio::join!(role.run(&world.channel, &inbox, stop.clone()), watch) };
    let (ended, ()) = tokio::time::timeout(PATIENCE, both).await.expect("in time");
    ended.expect("it was never interrupted");
    let reports = inbox.reports.lock().expect("a list");
    let states: Vec<ChannelState> = reports.iter().map(|report| report.state).collect();
    assert_eq!(states, [ChannelState::Interrupted, ChannelState::Connected]);
}
