//! What people do at their phones, by callback (CV-5, CV-6, CV-7).

use channel::{Driver, Inbound, NewFileSource, Reach, Sender};
use domain::content::{Content, FileKind};
use futures::TryStreamExt;
use sandbox::vk::{Attachment, Faults};
use serde_json::json;

use crate::world::{House, PNG, VERA, World, world};

async fn connected() -> (World, House) {
    let mut w = world().await;
    let house = House::open(&mut w).await;
    w.driver.connect(&w.channel, &house.connecting()).await.expect("it connects");
    (w, house)
}

#[tokio::test]
async fn cv_6_files_come_over_byte_by_byte() {
    let (w, house) = connected().await;
    let all = vec![
        Attachment::photo(PNG),
        Attachment::doc("прайс.pdf", "application/pdf", b"%PDF-1.7".as_slice()),
        Attachment::voice(b"OggS voice".as_slice(), 7),
        Attachment::Sticker(PNG.into()),
        Attachment::Video { title: "Как кипит".to_owned() },
    ];
    w.vera.sends(&w.community, "вот всё", all);
    let message = house.message("вот всё").await;
    let Content::Files { files, caption } = &message.content else { panic!("files") };
    assert!(caption.contains("https://vk.com/video1001_456239017"), "{caption}");
    let kinds: Vec<FileKind> = files.iter().map(|f| f.kind).collect();
    use FileKind::{File, Image, Sticker, Video, Voice};
    assert_eq!(kinds, [Image, File, Voice, Sticker, Video]);
    assert_eq!(files[1].name.as_deref(), Some("прайс.pdf"));
    assert_eq!(files[2].duration, Some(7));
    assert!(matches!(files[4].source, NewFileSource::Unavailable(_)));
    let expected: [&[u8]; 4] = [PNG, b"%PDF-1.7", b"OggS voice", PNG];
    let media = w.driver.media().expect("the driver fetches");
    for (file, expected) in files.iter().zip(expected) {
        let NewFileSource::Handle(handle) = &file.source else { panic!("a handle") };
        let fetched = media.fetch(&w.channel, handle).await.expect("it is there");
        let bytes: Vec<bytes::Bytes> = fetched.bytes.try_collect().await.expect("all of it");
        assert_eq!(bytes.concat(), expected, "{:?}", file.kind);
    }
    let gone = json!({ "url": format!("{}/files/1/wrong", w.vk.url()) });
    assert!(media.fetch(&w.channel, &gone).await.is_err());
}

#[tokio::test]
async fn cv_6_everything_else_that_people_send() {
    let (w, house) = connected().await;
    let first = w.vera.sends_text(&w.community, "первое");
    w.vera.replies(&w.community, first, "ответ на первое").expect("it is there");
    let answer = house.message("ответ на первое").await;
    assert_eq!(answer.reply_to, Some(format!("{VERA}:{first}")));

    w.vera.sends_place(&w.community, "мы тут", 55.75, 37.61);
    let words = house.message("мы тут").await;
    let place = house.message("Красная площадь").await;
    assert_eq!(place.external_id, format!("{}:place", words.external_id));
    assert!(matches!(place.content, Content::Location { .. }));

    w.vera.forwards(&w.community, "гляньте", "чайник подтекает");
    assert_eq!(house.message("гляньте").await.content.words(), "гляньте\n> чайник подтекает");

    let goods = Attachment::Goods { title: "Чайник".to_owned(), price: "900 ₽".to_owned() };
    w.vera.sends(&w.community, "есть такой?", vec![goods]);
    let listing = house.message("есть такой?").await.attribution.listing.expect("a listing");
    assert_eq!((listing.title.as_str(), listing.price.as_deref()), ("Чайник", Some("900 ₽")));

    let strange = Attachment::Raw(json!({ "type": "hologram", "hologram": { "depth": 3 } }));
    w.vera.sends(&w.community, "а это?", vec![strange]);
    let unknown = house.message("а это?").await;
    assert!(matches!(&unknown.content, Content::Unsupported { label, .. } if label == "hologram"));
    assert!(unknown.raw.is_some_and(|raw| raw.contains("hologram")), "the raw is kept");

    w.vera.edits(&w.community, first, "первое, исправлено").expect("it is there");
    let edited = house
        .wait(|event| match event {
            Inbound::Edited(edited) => Some(edited.clone()),
            _ => None,
        })
        .await;
    assert_eq!(edited.external_id, format!("{VERA}:{first}"));
    assert_eq!(edited.content.words(), "первое, исправлено");
}

#[tokio::test]
async fn cv_7_reading_typing_allowing_and_reactions_are_told() {
    let (w, house) = connected().await;
    w.vera.sends_text(&w.community, "вопрос");
    let sent = w.send(1, Content::text("ответ")).await.expect("it goes");
    w.vera.reads(&w.community);
    let seen = house
        .wait(|event| match event {
            Inbound::Seen { person, up_to, .. } => Some((person.clone(), up_to.clone())),
            _ => None,
        })
        .await;
    assert_eq!(seen, (VERA.to_string(), Some(sent.external_id.clone())));

    w.vera.types(&w.community);
    let typing = |event: &Inbound| {
        matches!(event, Inbound::Typing { person } if *person == VERA.to_string()).then_some(())
    };
    house.wait(typing).await;

    let cmid = w.vera.transcript(&w.community).last().expect("the answer").cmid;
    w.vera.reacts(&w.community, cmid, 4);
    let reaction = house
        .wait(|event| match event {
            Inbound::Reaction(reaction) => Some(reaction.clone()),
            _ => None,
        })
        .await;
    assert_eq!((reaction.external_id, reaction.emoji.as_deref()), (sent.external_id, Some("👍")));
    assert_eq!(reaction.by, Sender::Customer);

    w.vera.denies(&w.community);
    w.vera.allows(&w.community, "from-the-site");
    let reach = |wanted: Reach| {
        move |event: &Inbound| match event {
            Inbound::Person { reach: Some(reach), attribution, .. } if *reach == wanted => {
                Some(attribution.start_payload.clone())
            }
            _ => None,
        }
    };
    house.wait(reach(Reach::Blocked)).await;
    let key = house.wait(reach(Reach::Reachable)).await;
    assert_eq!(key.as_deref(), Some("from-the-site"));

    w.vera.presses(&w.community, cmid, json!({ "cmd": "rate", "v": 5 }));
    let press = house.message("rate").await;
    assert!(matches!(&press.content, Content::Unsupported { label, .. } if label == "button"));
    assert_eq!(press.reply_to, Some(format!("{VERA}:{cmid}")));
}

#[tokio::test]
async fn wa_4_what_an_administrator_wrote_in_vk_is_our_side() {
    let (w, house) = connected().await;
    w.vera.sends_text(&w.community, "вопрос");
    let cmid = w.community.admin_writes(&w.vera, "отвечаю с телефона");
    let message = house.message("отвечаю с телефона").await;
    assert_eq!(message.sender, Sender::OurSide);
    assert_eq!(message.external_id, format!("{VERA}:{cmid}"));
    assert_eq!(message.person.external_id, VERA.to_string());
    assert!(message.aliases.is_empty(), "its number is not one of ours");
}

#[tokio::test]
async fn cv_7_our_own_echo_is_known_by_either_name() {
    let (w, house) = connected().await;
    w.vera.sends_text(&w.community, "вопрос");
    w.community.set_faults(Faults { echo_first: true, ..Faults::default() });
    let message = w.outbound(5, Content::text("наш ответ"));
    let foretold = w.driver.foretold(&w.channel, &message.recipient, message.id);
    let sent = w.driver.send(&w.channel, &message).await.expect("it goes");
    let echo = house.message("наш ответ").await;
    assert_eq!(echo.sender, Sender::OurSide);
    assert_eq!(echo.external_id, sent.external_id);
    assert_eq!(echo.aliases, foretold);
}

#[tokio::test]
async fn ch_7_a_wrong_secret_is_refused_and_the_repeat_comes_in_with_the_same_name() {
    let (w, house) = connected().await;
    w.community.set_faults(Faults { wrong_secret: 1, twice: true, ..Faults::default() });
    w.vera.sends_text(&w.community, "тук-тук");
    house.message("тук-тук").await;
    let deliveries = || {
        let all = w.community.deliveries();
        all.into_iter().filter(|d| d.kind == "message_new").collect::<Vec<_>>()
    };
    let all =
        w.vk.until(crate::world::PATIENCE, || Some(deliveries()).filter(|all| all.len() == 3))
            .await
            .expect("one refused, repeated, and its twin");
    let statuses: Vec<u16> =
        all.iter().filter_map(|d| d.answer.as_ref().ok()).map(|a| a.0).collect();
    assert_eq!(statuses.iter().filter(|s| **s == 401).count(), 1, "{statuses:?}");
    let names: Vec<String> = house
        .received
        .lock()
        .expect("no panic")
        .iter()
        .filter_map(|event| match event {
            Inbound::Message(message) => Some(message.external_id.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(names.len(), 2);
    assert_eq!(names[0], names[1], "the house knows it by its name");
}

#[tokio::test]
async fn ch_7_names_and_cropped_messages_are_looked_up() {
    let (w, house) = connected().await;
    let look_up = w.driver.look_up().expect("the driver looks up");
    let profile = look_up.person(&w.channel, &VERA.to_string()).await.expect("Vera");
    assert_eq!(profile.person.name.as_deref(), Some("Вера Ясная"));
    assert_eq!(profile.person.username, None);
    assert!(look_up.person(&w.channel, "777").await.is_err());

    let long = "Хочу чайник, но не простой, а такой, чтобы свистел и не подтекал";
    w.vera.sends_long(&w.community, long);
    let message = house.message("Хочу чайник").await;
    assert!(message.cropped);
    assert_ne!(message.content.words(), long);
    let whole = look_up.message(&w.channel, &message.external_id).await.expect("it is there");
    assert_eq!(whole.words(), long);
    w.clean();
}
