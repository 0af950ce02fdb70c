//! What people write and what becomes of our messages, by webhook and by asking (CH-11, CV-7, BY-8).

use channel::{DeliveryReport, Driver, Inbound, InboundMessage, ListenError, Receive, Request};
use domain::{channel::ChannelState, content::Content, delivery::DeliveryStatus};
use sandbox::sms::{Faults, Provider, Status};

use crate::world::{
    Hook, NUMBER, PATIENCE, PHONE, Remembers, World, listen_until, locked, pasted, world,
};

fn parsed(world: &World, requests: &[Request]) -> Vec<Inbound> {
    let webhook = world.driver.webhook().expect("the driver has webhooks");
    let mut events = Vec::new();
    for request in requests {
        assert_eq!(webhook.verify(&world.channel, request), Ok(()));
        let received = webhook.parse(&world.channel, request).expect("it is read");
        assert!(received.quarantined.is_empty(), "{received:?}");
        events.extend(received.events);
    }
    events
}

fn messages(events: &[Inbound]) -> Vec<&InboundMessage> {
    let mut found = Vec::new();
    for event in events {
        if let Inbound::Message(message) = event {
            found.push(&**message);
        }
    }
    found
}

fn reports(events: &[Inbound]) -> Vec<&DeliveryReport> {
    let mut found = Vec::new();
    for event in events {
        if let Inbound::Delivery(report) = event {
            found.push(report);
        }
    }
    found
}

fn text(message: &InboundMessage) -> &str {
    match &message.content {
        Content::Text { text, .. } => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn ch_11_what_a_person_writes_comes_by_webhook_once_however_often_it_is_told() {
    for provider in Provider::ALL {
        let world = world(provider).await;
        world.account.register_sender(NUMBER);
        let hook = Hook::start().await;
        let connecting = hook.connecting();
        let connected = world.driver.connect(&world.channel, &connecting).await.expect("connected");
        assert_eq!(connected.receive, Receive::WebhookAndListener);
        world.account.set_callback(provider, &pasted(&world.channel, &connecting));
        let id = world.phone.writes(&world.account, "Здравствуйте! Есть ли доставка?");
        world.phone.repeats(id);
        let calls = hook.calls(&world.sandbox, &world.account, 2).await;
        let events = parsed(&world, &calls);
        let [first, second] = messages(&events)[..] else { panic!("{events:?}") };
        assert_eq!(first.external_id, second.external_id, "{provider:?}");
        assert_eq!(text(first), "Здравствуйте! Есть ли доставка?");
        assert_eq!(first.person.external_id, format!("+{PHONE}"));

        // The listener finds the same message under the same id, except at SMS Aero, which has no
        // list of what people write.
        if provider != Provider::SmsAero {
            let inbox = Remembers::default();
            listen_until(&world, &inbox, |events| !messages(events).is_empty()).await.expect("ok");
            let listed = locked(&inbox.events);
            assert_eq!(messages(&listed)[0].external_id, first.external_id, "{provider:?}");
        }
        world.no_violations();
    }
}

#[tokio::test]
async fn by_8_people_are_heard_without_a_public_address_each_message_once() {
    for provider in [Provider::SmscRu, Provider::Exolve] {
        let world = world(provider).await;
        let inbox = Remembers::default();
        world.phone.writes(&world.account, "раз");
        world.phone.writes(&world.account, "два");
        listen_until(&world, &inbox, |events| messages(events).len() >= 2).await.expect("ok");
        // Another node takes over with the same state.
        world.phone.writes(&world.account, "три");
        let has_third = |events: &[Inbound]| messages(events).iter().any(|m| text(m) == "три");
        listen_until(&world, &inbox, has_third).await.expect("ok");
        let events = locked(&inbox.events);
        let ids: std::collections::BTreeSet<&str> =
            messages(&events).iter().map(|m| m.external_id.as_str()).collect();
        assert_eq!(ids.len(), 3, "{provider:?}: repeats have the same id");
        let texts: Vec<&str> = messages(&events).iter().take(2).map(|m| text(m)).collect();
        assert_eq!(texts, ["раз", "два"], "{provider:?}: in order");
        assert!(locked(&inbox.reports).contains(&ChannelState::Connected));
        world.no_violations();
    }
}

/// More than one page of the provider's list.
#[tokio::test]
async fn by_8_six_hundred_messages_between_two_looks_are_all_found() {
    let world = world(Provider::Exolve).await;
    let inbox = Remembers::default();
    for n in 0..600 {
        world.phone.writes(&world.account, &format!("сообщение {n}"));
    }
    listen_until(&world, &inbox, |events| messages(events).len() >= 600).await.expect("ok");
    let events = locked(&inbox.events);
    let ids: std::collections::BTreeSet<&str> =
        messages(&events).iter().map(|m| m.external_id.as_str()).collect();
    assert_eq!(ids.len(), 600);
    world.no_violations();
}

#[tokio::test]
async fn cv_7_delivery_is_told_by_webhook() {
    for provider in Provider::ALL {
        let mut world = world(provider).await;
        world.channel.settings.insert("number".to_owned(), "SHOP".into());
        let hook = Hook::start().await;
        let connecting = hook.connecting();
        world.driver.connect(&world.channel, &connecting).await.expect("connected");
        // SMS Aero is told the address with each message.
        if provider != Provider::SmsAero {
            world.account.set_callback(provider, &pasted(&world.channel, &connecting));
        }
        let sent = world.send("ответ").await.expect("accepted");
        let names = [vec![sent.external_id.clone()], sent.aliases.clone()].concat();
        let calls = hook.calls(&world.sandbox, &world.account, 1).await;
        let events = parsed(&world, &calls);
        let [report] = reports(&events)[..] else { panic!("{provider:?}: {events:?}") };
        assert!(names.contains(&report.external_id), "{provider:?}: {report:?} of {names:?}");
        assert_eq!(report.status, DeliveryStatus::Delivered);
        world.no_violations();
    }
}

#[tokio::test]
async fn cv_7_a_message_that_did_not_arrive_is_failed_with_a_reason() {
    for provider in Provider::ALL {
        let mut world = world(provider).await;
        world.channel.settings.insert("number".to_owned(), "SHOP".into());
        let hook = Hook::start().await;
        let connecting = hook.connecting();
        world.driver.connect(&world.channel, &connecting).await.expect("connected");
        if provider != Provider::SmsAero {
            world.account.set_callback(provider, &pasted(&world.channel, &connecting));
        }
        world.phone.switch_off();
        world.send("ответ").await.expect("accepted");
        world.account.settle(PHONE, Status::Undelivered);
        let calls = hook.calls(&world.sandbox, &world.account, 1).await;
        let events = parsed(&world, &calls);
        let [report] = reports(&events)[..] else { panic!("{provider:?}: {events:?}") };
        assert_eq!(report.status, DeliveryStatus::Failed, "{provider:?}");
        assert!(report.reason.as_ref().is_some_and(|r| !r.is_empty()), "{provider:?}");
    }
}

#[tokio::test]
async fn cv_7_delivery_is_found_by_asking_and_told_once() {
    for provider in [Provider::SmsAero, Provider::SmscRu] {
        let mut world = world(provider).await;
        world.channel.settings.insert("number".to_owned(), "SHOP".into());
        let sent = world.send("ответ").await.expect("accepted");
        world.phone.wait_for(&world.account, PATIENCE, "ответ").await.expect("it arrives");
        let inbox = Remembers::default();
        let delivered = |events: &[Inbound]| {
            reports(events).iter().any(|r| r.status == DeliveryStatus::Delivered)
        };
        listen_until(&world, &inbox, delivered).await.expect("ok");
        let names = [vec![sent.external_id], sent.aliases].concat();
        let events = locked(&inbox.events).clone();
        assert!(reports(&events).iter().all(|r| names.contains(&r.external_id)), "{provider:?}");
        let before = events.len();
        // A node that takes over is told nothing that was told.
        world.send("второй ответ").await.expect("accepted");
        world.phone.wait_for(&world.account, PATIENCE, "второй ответ").await.expect("it arrives");
        let more = |events: &[Inbound]| events.len() > before && delivered(&events[before..]);
        listen_until(&world, &inbox, more).await.expect("ok");
        let events = locked(&inbox.events);
        assert!(
            reports(&events[before..]).iter().all(|r| !names.contains(&r.external_id)),
            "{provider:?}: {events:?}"
        );
        world.no_violations();
    }
}

#[tokio::test]
async fn ch_13_a_dead_key_stops_the_listener_and_a_lost_server_interrupts_it() {
    for provider in Provider::ALL {
        let mut world = world(provider).await;
        let inbox = Remembers::default();
        world.account.renew_keys();
        let ended = listen_until(&world, &inbox, |_| true).await;
        assert!(ended.is_ok(), "cancelled before anything was asked: {ended:?}");
        let stop = tokio_util::sync::CancellationToken::new();
        let listener = world.driver.listener().expect("the driver listens");
        let ended = listener.run(&world.channel, &inbox, stop.clone()).await;
        assert!(
            matches!(&ended, Err(ListenError::Stopped(r)) if r.state == ChannelState::BadCredentials),
            "{provider:?}: {ended:?}"
        );
        world.channel.settings.insert("base_url".to_owned(), "http://127.0.0.1:9/".into());
        let listener = world.driver.listener().expect("the driver listens");
        let ended = listener.run(&world.channel, &inbox, stop).await;
        assert!(matches!(ended, Err(ListenError::Interrupted(_))), "{provider:?}: {ended:?}");
    }
}

#[tokio::test]
async fn ch_13_a_callback_with_a_wrong_key_is_refused() {
    for provider in Provider::ALL {
        let world = world(provider).await;
        world.account.register_sender(NUMBER);
        let hook = Hook::start().await;
        let connecting = hook.connecting();
        world.driver.connect(&world.channel, &connecting).await.expect("connected");
        world.account.set_callback(provider, &pasted(&world.channel, &connecting));
        world.account.set_faults(Faults { wrong_key: true, ..Faults::default() });
        world.phone.writes(&world.account, "подделка");
        let calls = hook.calls(&world.sandbox, &world.account, 1).await;
        let webhook = world.driver.webhook().expect("the driver has webhooks");
        assert!(webhook.verify(&world.channel, &calls[0]).is_err(), "{provider:?}");
    }
}
