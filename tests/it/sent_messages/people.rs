//! What a service and we tell each other of people: black lists (WA-5), pressed buttons (CH-7), profiles
//! (CV-9).

use channel::{Inbound, InboundMessage};
use domain::{
    blacklist::EntryKind,
    clock::Clock,
    content::Content,
    listing::Listing,
    view::{Body, SystemLine},
};

use super::{
    puppet::refused,
    stage::{Stage, VERA},
};

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
    let mut message =
        InboundMessage::new("in-9", stage.clock.now(), person, Content::text("купите слона"));
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

/// WA-5: what a service's own black list refuses stands in the conversation, in words.
#[tokio::test]
async fn wa_5_a_refused_block_is_shown_in_the_conversation() {
    let stage = Stage::set().await;
    let talk = stage.vera_writes("in-1").await;
    stage.puppet.will_say([refused("no such user")]);
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
    stage.puppet.will_say([refused("too old")]);
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
