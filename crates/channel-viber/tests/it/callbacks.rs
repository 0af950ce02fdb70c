//! Every kind of callback: fixture in, facts out (CH-7, CV-6).

use channel::{
    Driver, Inbound, InboundMessage, NewFile, NewFileSource, Reach, Received, Reply, Sender,
};
use domain::{
    content::{Content, FileKind},
    delivery::DeliveryStatus,
};
use serde_json::{Value, json};

use crate::world::{NOW, VERA, at, channel, driver, signed, with};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/", $name, ".json"))
    };
}

fn read(body: &str) -> Received {
    let driver = driver();
    driver.webhook().unwrap().parse(&channel(), &signed(body)).unwrap()
}

#[track_caller]
fn message(body: &str) -> InboundMessage {
    let mut received = read(body);
    assert!(received.quarantined.is_empty(), "{:?}", received.quarantined);
    assert_eq!(received.reply, Reply::Empty);
    match received.events.pop() {
        Some(Inbound::Message(message)) => *message,
        other => panic!("no message: {other:?}"),
    }
}

#[track_caller]
fn file(body: &str) -> (NewFile, String) {
    match message(body).content {
        Content::Files { mut files, caption } if files.len() == 1 => (files.remove(0), caption),
        other => panic!("no single file: {other:?}"),
    }
}

#[test]
fn cv_6_a_text_comes_with_its_person_and_time() {
    let message = message(fixture!("text"));
    assert_eq!(message.external_id, "5741311803571721087", "every digit of 64 bits");
    assert_eq!(message.occurred_at, at(NOW + 11));
    assert_eq!(message.sender, Sender::Customer);
    assert_eq!(message.person.external_id, VERA, "base64 as it came");
    assert_eq!(message.person.name.as_deref(), Some("Вера Ясная"));
    assert_eq!(message.person.language.as_deref(), Some("ru"));
    assert_eq!(message.content, Content::text("Здравствуйте! Есть синий чайник?"));
    assert_eq!(message.raw.as_deref(), Some(fixture!("text")));
    assert!(message.attribution.is_empty());
}

#[test]
fn cv_6_files_of_every_kind() {
    let (picture, caption) = file(fixture!("picture"));
    assert_eq!(caption, "Вот такой");
    let NewFileSource::Handle(handle) = &picture.source else { panic!("{:?}", picture.source) };
    let address = handle["address"].as_str().unwrap();
    assert!(address.starts_with("https://dl-media.viber.com/") && address.contains("Expires"));
    for (body, kind, name, size, duration) in [
        (fixture!("picture"), FileKind::Image, Some("photo_2026-09-21.jpg"), None, None),
        (fixture!("video"), FileKind::Video, None, Some(812_345), Some(12)),
        (fixture!("file"), FileKind::File, Some("Счёт № 7.pdf"), Some(48_211), None),
        (fixture!("sticker"), FileKind::Sticker, None, None, None),
    ] {
        let (file, _) = file(body);
        let seen = (file.kind, file.name.as_deref(), file.size, file.duration);
        assert_eq!(seen, (kind, name, size, duration));
        assert!(matches!(file.source, NewFileSource::Handle(_)), "{kind:?}");
    }
}

#[test]
fn cv_6_contacts_places_and_links() {
    let contact = message(fixture!("contact"));
    let phone = Some("+79000000007".to_owned());
    assert_eq!(contact.content, Content::Contact { name: "Пётр Мастер".to_owned(), phone });
    assert!(contact.person.phones.is_empty(), "the card may be somebody else's");
    let place = Content::Location { latitude: 55.7522, longitude: 37.6156, title: None };
    assert_eq!(message(fixture!("location")).content, place);
    assert_eq!(message(fixture!("url")).content, Content::text("https://lavka.test/blue"));
}

#[test]
fn cv_6_what_is_not_understood_is_shown_with_its_raw() {
    for (body, label, text) in [
        (fixture!("new_type"), "hologram", "посмотрите"),
        (fixture!("sticker_bare"), "sticker", "№ 46105"),
        (fixture!("location_strings"), "location", ""),
        (fixture!("new_event"), "reaction", ""),
    ] {
        let message = message(body);
        let (label, text) = (label.to_owned(), text.to_owned());
        assert_eq!(message.content, Content::Unsupported { label, text });
        assert_eq!(message.raw.as_deref(), Some(body));
    }
}

#[test]
fn ch_7_subscribing_and_leaving_are_reach() {
    for (body, name, expected) in [
        (fixture!("subscribed"), Some("Вера Ясная"), Reach::Reachable),
        (fixture!("unsubscribed"), None, Reach::Blocked),
    ] {
        let received = read(body);
        let [Inbound::Person { person, reach, attribution, .. }] = received.events.as_slice()
        else {
            panic!("{:?}", received.events)
        };
        assert_eq!((person.external_id.as_str(), person.name.as_deref()), (VERA, name));
        assert_eq!(*reach, Some(expected));
        assert!(attribution.is_empty());
    }
}

#[test]
fn cv_5_the_context_of_a_link_is_attribution_and_no_subscription() {
    let received = read(fixture!("conversation_started"));
    let [Inbound::Person { person, reach, attribution, at: when }] = received.events.as_slice()
    else {
        panic!("{:?}", received.events)
    };
    assert_eq!((person.external_id.as_str(), *reach, *when), (VERA, None, at(NOW + 3)));
    assert_eq!(attribution.start_payload.as_deref(), Some("vAZkqqrvMe4ONju7u7u7u7g"));
    assert_eq!(received.reply, Reply::Empty, "no welcome is set");
}

#[test]
fn ch_7_the_one_welcome_message_is_the_answers_body() {
    let driver = driver();
    let role = driver.webhook().unwrap();
    let channel = with(channel(), "welcome", "Здравствуйте! Напишите, что ищете.");
    let reply = |body: &str| role.parse(&channel, &signed(body)).unwrap().reply;
    let Reply::Body { body, content_type } = reply(fixture!("conversation_started")) else {
        panic!("no welcome")
    };
    assert_eq!(content_type, "application/json");
    let welcome = json!({
        "type": "text", "text": "Здравствуйте! Напишите, что ищете.", "sender": { "name": "Лавка" },
    });
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), welcome);

    let known = fixture!("conversation_started").replace("false", "true");
    assert_eq!(reply(&known), Reply::Empty, "who is subscribed knows us");
    for other in [fixture!("subscribed"), fixture!("text"), fixture!("seen")] {
        assert_eq!(reply(other), Reply::Empty, "Viber reads no other answer");
    }
}

#[test]
fn cv_7_reports_name_our_message_by_its_token() {
    for (body, status, reason) in [
        (fixture!("delivered"), DeliveryStatus::Delivered, None),
        (fixture!("seen"), DeliveryStatus::Read, None),
        (fixture!("failed"), DeliveryStatus::Failed, Some("failure description")),
    ] {
        let received = read(body);
        let [Inbound::Delivery(report)] = received.events.as_slice() else {
            panic!("{:?}", received.events)
        };
        assert_eq!(report.external_id, "5741311803571729999");
        assert_eq!((report.status, report.reason.as_deref()), (status, reason));
    }
}

/// Reports come in any order and once per device; what is kept of them moves forward only.
#[test]
fn cv_7_seen_before_delivered_stays_seen() {
    let statuses: Vec<DeliveryStatus> = [fixture!("seen"), fixture!("delivered"), fixture!("seen")]
        .into_iter()
        .flat_map(|body| read(body).events)
        .filter_map(|event| match event {
            Inbound::Delivery(report) => Some(report.status),
            _ => None,
        })
        .collect();
    let after = statuses.into_iter().fold(DeliveryStatus::Sent, DeliveryStatus::after);
    assert_eq!(after, DeliveryStatus::Read);
}
