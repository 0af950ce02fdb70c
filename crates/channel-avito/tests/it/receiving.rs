//! Each kind of message, as Avito's document has it.

use channel::{Driver, Inbound, InboundMessage, NewFileSource, Received, Sender};
use channel_avito::Options;
use domain::content::{Content, FileKind};
use serde_json::json;

use crate::world::{HOOK_SECRET, World, at, channel, driver, webhook};

fn read(body: &str) -> Received {
    let driver = driver(Options::default());
    let role = driver.webhook().expect("the driver has webhooks");
    role.parse(&channel(), &webhook(Some(HOOK_SECRET), body)).expect("an event of Avito")
}

fn message(body: &str) -> InboundMessage {
    match read(body).events.into_iter().next() {
        Some(Inbound::Message(message)) => *message,
        other => panic!("no message: {other:?}"),
    }
}

#[test]
fn cv_6_a_text_tells_chat_person_and_advertisement() {
    let read = message(include_str!("../fixtures/text.json"));
    assert_eq!(read.external_id, "m-text");
    assert_eq!(read.person.external_id, "u2i-chat~1");
    assert_eq!(read.person.key.as_deref(), Some("141906442"));
    assert_eq!(read.sender, Sender::Customer);
    assert_eq!(read.content, Content::text("Здравствуйте, ещё продаёте?"));
    assert_eq!(read.occurred_at, at(1_790_000_000));
    let listing = read.attribution.listing.expect("the advertisement is told");
    assert_eq!(listing.external_id, "1768287444");
    assert!(!read.automatic && read.raw.is_some());
    let other = message(include_str!("../fixtures/profile_chat.json"));
    assert_eq!(other.attribution.listing, None);
}

#[test]
fn wa_4_what_the_seller_writes_elsewhere_is_ours() {
    let read = message(include_str!("../fixtures/own_text.json"));
    assert_eq!(read.sender, Sender::OurSide);
    assert_eq!(read.person.external_id, "u2i-chat~1");
    assert_eq!(read.person.key, None, "our own number is nobody's key");
}

#[test]
fn cv_6_pictures_and_voices_come_as_handles() {
    for (body, kind, handle) in [
        (
            include_str!("../fixtures/image.json"),
            FileKind::Image,
            json!({"image": "https://img.k.avito.ru/chat/1280x960/1.jpg"}),
        ),
        (include_str!("../fixtures/voice.json"), FileKind::Voice, json!({"voice": "v-1"})),
    ] {
        let Content::Files { files, .. } = message(body).content else { panic!("files") };
        assert_eq!(files[0].kind, kind);
        assert_eq!(files[0].source, NewFileSource::Handle(handle));
    }
}

#[test]
fn cv_6_links_items_and_places_are_read() {
    let link = message(include_str!("../fixtures/link.json")).content;
    assert_eq!(link, Content::text("habr.com\nhttps://habr.com/ru/"));
    let item = message(include_str!("../fixtures/item.json")).content;
    assert_eq!(item, Content::text("Стол, 1 232 ₽\nhttps://www.avito.ru/items/1"));
    let place = message(include_str!("../fixtures/location.json")).content;
    let title = Some("Москва, Варшавское шоссе".to_owned());
    let expected = Content::Location { latitude: 55.599_799, longitude: 37.603_954, title };
    assert_eq!(place, expected);
}

#[test]
fn cv_6_what_avito_keeps_to_itself_is_opened_there() {
    for (body, label) in [
        (include_str!("../fixtures/call.json"), "call"),
        (include_str!("../fixtures/appCall.json"), "appCall"),
        (include_str!("../fixtures/file.json"), "file"),
        (include_str!("../fixtures/video.json"), "video"),
        (include_str!("../fixtures/hologram.json"), "hologram"),
    ] {
        let read = message(body);
        let Content::Unsupported { label: seen, text } = read.content else { panic!("{label}") };
        assert_eq!(seen, label);
        let link = "https://www.avito.ru/profile/messenger/channel/u2i-chat~1";
        assert!(text.ends_with(link), "{text}");
        assert!(read.raw.is_some());
    }
}

#[test]
fn cv_6_taking_back_and_avitos_own_words() {
    let gone = read(include_str!("../fixtures/deleted.json")).events;
    let [Inbound::Removed(gone)] = gone.as_slice() else { panic!("{gone:?}") };
    assert_eq!(gone.external_id, "m-text");
    let system = message(include_str!("../fixtures/system.json"));
    assert!(system.automatic, "nobody answers Avito's bot");
    assert_eq!(system.person.key, None);
    assert_eq!(system.content, Content::text("Покупатель добавил товар в избранное"));
}

#[test]
fn events_that_are_not_ours_are_put_aside() {
    let other = read(include_str!("../fixtures/other_event.json"));
    assert_eq!(other.quarantined[0].external_id, "event:hook-x");
    let foreign = include_str!("../fixtures/text.json").replace("94235311", "1");
    assert_eq!(read(&foreign).quarantined.len(), 1, "a message of another account");
}

/// CV-5: who writes and about what is asked for once.
#[tokio::test]
async fn cv_5_a_chat_tells_the_name_and_the_advertisement() {
    let world = World::own_keys().await.connected().await;
    let item = world.seller.add_item("Чайник", "1 200 ₽");
    let chat = world.seller.chat_with(77, "Вера", Some(item));
    let role = world.driver.look_up().expect("the driver looks up");
    let profile = role.person(&world.channel, &chat.id).await.expect("a profile");
    assert_eq!(profile.person.name.as_deref(), Some("Вера"));
    assert_eq!(profile.person.key.as_deref(), Some("77"));
    let listing = profile.listing.expect("the advertisement");
    assert_eq!(listing.external_id, item.to_string());
    assert_eq!((listing.title.as_str(), listing.price.as_deref()), ("Чайник", Some("1 200 ₽")));
    assert_eq!(listing.url, Some(format!("{}/items/{item}", world.avito.url())));
    world.assert_clean();
}
