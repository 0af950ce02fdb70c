//! What becomes of each documented message.

use channel::{Driver, Inbound, InboundMessage, NewFileSource, Reply};
use domain::content::{Content, FileKind};

use crate::world::{NOW, channel, driver, good};

fn read(body: &str) -> InboundMessage {
    let driver = driver();
    let role = driver.webhook().expect("the driver has webhooks");
    let received = role.parse(&channel(), &good(body)).expect("it is read");
    assert_eq!(received.reply, Reply::Empty);
    assert!(received.quarantined.is_empty());
    match received.events.into_iter().next() {
        Some(Inbound::Message(message)) => *message,
        other => panic!("one message: {other:?}"),
    }
}

#[test]
fn cv_6_a_text_with_its_buyer() {
    let message = read(include_str!("../fixtures/text.json"));
    assert_eq!(message.external_id, "b7f10c:5f1d9a70");
    assert_eq!(message.occurred_at.timestamp(), NOW);
    assert_eq!(message.person.external_id, "b7f10c");
    assert_eq!(message.person.name.as_deref(), Some("kuznetsova-e"));
    assert_eq!(message.content, Content::text("Добрый день! Торг возможен?"));
    assert!(message.raw.is_some());
}

/// CV-5: what the buyer writes about goes with every message.
#[test]
fn cv_5_the_car_goes_with_every_message() {
    let text = read(include_str!("../fixtures/text.json")).attribution.listing.expect("a car");
    let photo = read(include_str!("../fixtures/photo.json")).attribution.listing.expect("a car");
    assert_eq!(text.external_id, "https://auto.ru/cars/used/sale/lada/vesta/1100000001-aa11bb22/");
    assert_eq!(text.external_id, photo.external_id, "the same car");
    assert_eq!(text.title, "Lada (ВАЗ) Vesta I Рестайлинг");
    assert_eq!(text.price.as_deref(), Some("1\u{a0}250\u{a0}000 ₽"));
    assert_eq!(text.image.as_deref(), Some("https://images.example.test/1200x900n/vesta"));
    assert!(text.url.is_some_and(|url| url.ends_with("?from=searchline")), "as Auto.ru gave it");
}

#[test]
fn cv_6_a_photo_is_its_original() {
    let Content::Files { files, caption } = read(include_str!("../fixtures/photo.json")).content
    else {
        panic!("a file")
    };
    assert_eq!((files.len(), caption.as_str(), files[0].kind), (1, "", FileKind::Image));
    let handle = serde_json::json!({ "url": "https://images.example.test/orig/my-car.jpg" });
    assert_eq!(files[0].source, NewFileSource::Handle(handle));
}

#[test]
fn cv_6_what_is_not_known_is_shown_as_such() {
    for (body, label) in [
        (include_str!("../fixtures/unknown.json"), "voice"),
        (include_str!("../fixtures/no_picture.json"), "photo"),
        (r#"{"sender":{"id":"a"},"message":{"id":"1"}}"#, "?"),
        (r#"{"sender":{"id":"a"},"message":{"id":"1","type":"text","text":" "}}"#, "text"),
    ] {
        let message = read(body);
        let Content::Unsupported { label: shown, .. } = &message.content else {
            panic!("{:?}", message.content)
        };
        assert_eq!(shown, label);
        assert_eq!(message.raw.as_deref(), Some(body));
    }
}

#[test]
fn cv_6_a_picture_without_a_web_address_says_so() {
    for address in ["data:image/png;base64,AAAA", "file:///etc/passwd", "//images/x.jpg", "x"] {
        let body = format!(
            r#"{{"sender":{{"id":"a"}},"message":{{"id":"1","type":"photo","file":"{address}"}}}}"#
        );
        let Content::Files { files, .. } = read(&body).content else { panic!("{address}") };
        assert!(matches!(files[0].source, NewFileSource::Unavailable(_)), "{address}");
    }
}

#[test]
fn fields_of_other_types_are_no_obstacle() {
    let message = read(include_str!("../fixtures/numbers.json"));
    assert_eq!(message.external_id, "4211:980");
    assert_eq!(message.person.name, None);
    assert_eq!(message.attribution.listing, None);
    assert_eq!(message.content, Content::text("Ещё в продаже?"));
    let bare = read(include_str!("../fixtures/no_car.json"));
    assert!(bare.attribution.is_empty());
}
