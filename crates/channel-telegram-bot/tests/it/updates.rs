//! Every kind of update: fixture in, facts out (CV-6).

use channel::{
    Driver, Inbound, InboundMessage, NewFile, NewFileSource, Reach, Received, Reply, Sender,
};
use domain::content::{Content, FileKind, Style};
use serde_json::{Value, json};

use crate::world::{HOOK_SECRET, NOW, at, channel, driver, webhook};

macro_rules! update {
    ($name:literal) => {
        include_str!(concat!("../fixtures/", $name, ".json"))
    };
}

fn read(fixture: &str) -> Received {
    let driver = driver();
    let role = driver.webhook().expect("the driver has webhooks");
    role.parse(&channel(), &webhook(Some(HOOK_SECRET), fixture)).expect("a valid update")
}

#[track_caller]
fn event(fixture: &str) -> Inbound {
    let mut received = read(fixture);
    assert!(received.quarantined.is_empty(), "{:?}", received.quarantined);
    assert_eq!(received.events.len(), 1);
    assert_eq!(received.reply, Reply::Empty, "a body would be taken for a method call");
    received.events.remove(0)
}

#[track_caller]
fn message(fixture: &str) -> InboundMessage {
    match event(fixture) {
        Inbound::Message(message) => *message,
        other => panic!("no message: {other:?}"),
    }
}

#[track_caller]
fn file(fixture: &str) -> (NewFile, String) {
    match message(fixture).content {
        Content::Files { mut files, caption } if files.len() == 1 => (files.remove(0), caption),
        other => panic!("no single file: {other:?}"),
    }
}

#[test]
fn cv_6_a_text_comes_with_its_person_time_and_formatting() {
    let message = message(update!("text"));
    assert_eq!(message.external_id, "1000001:11");
    assert_eq!(message.occurred_at, at(NOW + 11));
    assert_eq!(message.sender, Sender::Customer);
    assert_eq!(message.person.external_id, "1000001");
    assert_eq!(message.person.name.as_deref(), Some("Вера Ясная"));
    assert_eq!(message.person.username.as_deref(), Some("vera_yasnaya"));
    assert_eq!(message.person.language.as_deref(), Some("ru"));
    assert!(message.person.phones.is_empty() && message.attribution.is_empty());
    assert_eq!(message.raw.as_deref(), Some(update!("text")));
    let Content::Text { text, spans } = message.content else { panic!("no text") };
    assert_eq!(text, "Привет! Есть синий чайник?\nСмотрю на сайте");
    let spans: Vec<_> =
        spans.iter().map(|s| (s.offset, s.length, s.style, s.url.as_deref())).collect();
    // The entity of an unknown type is left out, the others stay.
    let link = (13, 5, Style::Link, Some("https://lavka.test/blue"));
    assert_eq!(spans, [(8, 4, Style::Bold, None), link]);
}

#[test]
fn cv_5_a_deep_link_is_attribution_and_the_text_stays() {
    let message = message(update!("start"));
    assert_eq!(message.attribution.start_payload.as_deref(), Some("spring-sale_7"));
    assert_eq!(message.content.words(), "/start spring-sale_7");
}

#[test]
fn cv_6_a_reply_names_the_message_it_answers() {
    assert_eq!(message(update!("reply")).reply_to.as_deref(), Some("1000001:9"));
}

#[test]
fn cv_6_a_forward_keeps_its_text() {
    assert_eq!(message(update!("forward")).content, Content::text("Мне прислали такое"));
}

#[test]
fn cv_6_files_of_every_kind() {
    let (photo, caption) = file(update!("photo"));
    assert_eq!(photo.source, NewFileSource::Handle(json!({ "file_id": "ph_l" })), "the largest");
    assert_eq!((photo.width, photo.height, photo.size), (Some(1280), Some(853), Some(240_000)));
    assert_eq!(caption, "Вот такой");

    for (fixture, kind, mime, name, duration) in [
        (update!("photo"), FileKind::Image, Some("image/jpeg"), None, None),
        (update!("document"), FileKind::File, Some("application/pdf"), Some("Счёт № 7.pdf"), None),
        (update!("voice"), FileKind::Voice, Some("audio/ogg"), None, Some(4)),
        (update!("audio"), FileKind::Audio, Some("audio/mpeg"), Some("song.mp3"), Some(181)),
        (update!("video"), FileKind::Video, Some("video/mp4"), None, Some(12)),
        (update!("video_note"), FileKind::VideoNote, Some("video/mp4"), None, Some(5)),
        (update!("animation"), FileKind::Video, Some("video/mp4"), Some("wave.mp4"), Some(3)),
        (update!("sticker"), FileKind::Sticker, Some("image/webp"), None, None),
    ] {
        let (file, _) = file(fixture);
        let seen = (file.kind, file.mime.as_deref(), file.name.as_deref(), file.duration);
        assert_eq!(seen, (kind, mime, name, duration));
        assert!(matches!(file.source, NewFileSource::Handle(_)), "{kind:?}");
    }
    let (note, _) = file(update!("video_note"));
    assert_eq!((note.width, note.height), (Some(240), Some(240)));
    assert_eq!(file(update!("sticker")).1, "👍");
}

#[test]
fn cv_6_a_file_that_telegram_will_not_give_is_shown_with_the_reason() {
    let (file, _) = file(update!("document_large"));
    assert_eq!(file.name.as_deref(), Some("film.mkv"));
    let NewFileSource::Unavailable(words) = file.source else { panic!("{:?}", file.source) };
    assert!(words.ru.contains("20 МБ"), "{}", words.ru);
}

#[test]
fn cv_6_items_of_an_album_share_its_id() {
    let (one, two) = (message(update!("album_1")), message(update!("album_2")));
    assert_eq!(one.album.as_deref(), Some("13000000000000001"));
    assert_eq!(one.album, two.album);
    assert_ne!(one.external_id, two.external_id);
    assert_eq!(one.person, two.person);
}

#[test]
fn cv_6_places() {
    let place = |title: Option<&str>| Content::Location {
        latitude: 55.7522,
        longitude: 37.6156,
        title: title.map(str::to_owned),
    };
    assert_eq!(message(update!("location")).content, place(None));
    assert_eq!(message(update!("venue")).content, place(Some("Чайная, Тихая ул., 3")));
}

#[test]
fn cv_9_only_ones_own_card_gives_a_phone() {
    let own = message(update!("contact_own"));
    assert_eq!(own.person.phones, ["+79990000001"]);
    let other = message(update!("contact_other"));
    assert!(other.person.phones.is_empty());
    let card = Content::Contact { name: "Фома".into(), phone: Some("+79990000002".into()) };
    assert_eq!(other.content, card);
}

#[test]
fn cv_6_an_edit_names_the_same_message() {
    let Inbound::Edited(edited) = event(update!("edited")) else { panic!("no edit") };
    assert_eq!(edited.external_id, message(update!("text")).external_id);
    assert_eq!(edited.at, at(NOW + 500));
    assert_eq!(edited.content, Content::text("Привет! Есть зелёный чайник?"));
    assert!(edited.raw.is_some());
}

#[test]
fn cv_6_what_is_not_understood_is_shown_as_such_with_its_raw() {
    for (fixture, id, label, text) in [
        (update!("dice"), "1000001:30", "dice", "🎲 4"),
        (update!("poll"), "1000001:31", "poll", "Чай или кофе?"),
        (update!("story"), "1000001:32", "story", ""),
        (update!("new_kind"), "1000001:33", "hologram", "Смотрите"),
        (update!("pinned"), "1000001:36", "pinned_message", "Привет!"),
        (update!("new_update"), "update:530", "telepathy", "мысль"),
        (update!("button_unknown"), "callback:44000000000000002", "button", "old"),
    ] {
        let message = message(fixture);
        assert_eq!(message.external_id, id);
        let expected = Content::Unsupported { label: label.to_owned(), text: text.to_owned() };
        assert_eq!(message.content, expected);
        assert_eq!(message.person.external_id, "1000001");
        assert_eq!(message.raw.as_deref(), Some(fixture));
    }
}

#[test]
fn cv_6_a_pressed_button_says_its_caption() {
    let message = message(update!("button"));
    assert_eq!(message.external_id, "callback:44000000000000001");
    assert_eq!(message.content, Content::text("Позвоните мне"));
    assert_eq!(message.reply_to.as_deref(), Some("1000001:34"));
    assert_eq!(message.person.name.as_deref(), Some("Вера Ясная"));
    assert_eq!(message.sender, Sender::Customer);
}

#[test]
fn ch_13_blocking_and_unblocking_change_reach() {
    for (fixture, expected, when) in
        [(update!("block"), Reach::Blocked, 600), (update!("unblock"), Reach::Reachable, 700)]
    {
        let Inbound::Person { person, reach, at: seen, .. } = event(fixture) else {
            panic!("no person")
        };
        assert_eq!((person.external_id.as_str(), reach), ("1000001", Some(expected)));
        assert_eq!(seen, at(NOW + when));
    }
}

#[test]
fn groups_and_business_connections_give_nothing() {
    for fixture in [update!("group"), update!("business_connection")] {
        let received = read(fixture);
        assert!(received.events.is_empty() && received.quarantined.is_empty());
    }
}

#[test]
fn cv_6_what_belongs_to_nobody_is_quarantined_with_its_body() {
    let received = read(update!("nobody"));
    assert!(received.events.is_empty());
    assert_eq!(received.quarantined.len(), 1);
    assert_eq!(received.quarantined[0].body, update!("nobody").as_bytes());
}

#[test]
fn a_business_chat_is_another_chat_and_its_owner_is_our_side() {
    let (incoming, outgoing) = (message(update!("business_in")), message(update!("business_out")));
    assert_eq!(incoming.external_id, "b:conn_9:1000001:41");
    assert_eq!((incoming.sender, outgoing.sender), (Sender::Customer, Sender::OurSide));
    assert_eq!(incoming.person.external_id, "b:conn_9:1000001");
    assert_eq!(outgoing.person.external_id, incoming.person.external_id);
    assert_eq!(outgoing.person.name.as_deref(), Some("Вера Ясная"));

    let received = read(update!("business_deleted"));
    let removed: Vec<&str> = received
        .events
        .iter()
        .filter_map(|event| match event {
            Inbound::Removed(removed) => Some(removed.external_id.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(removed, ["b:conn_9:1000001:41", "b:conn_9:1000001:42"]);
}

/// Every value of an update in turn is taken away or replaced by something of another shape.
fn broken(value: &Value) -> Vec<Value> {
    let strange = [json!(null), json!(7), json!("x"), json!([]), json!({}), json!([[1]])];
    let mut all = Vec::new();
    match value {
        Value::Object(parts) => {
            for (key, part) in parts {
                let with = |part: Value| {
                    let mut parts = parts.clone();
                    parts.insert(key.clone(), part);
                    Value::Object(parts)
                };
                all.extend(strange.iter().cloned().map(with));
                all.extend(broken(part).into_iter().map(with));
                let mut without = parts.clone();
                without.remove(key);
                all.push(Value::Object(without));
            }
        }
        Value::Array(parts) => {
            for (n, part) in parts.iter().enumerate() {
                all.extend(strange.iter().cloned().chain(broken(part)).map(|part| {
                    let mut parts = parts.clone();
                    parts[n] = part;
                    Value::Array(parts)
                }));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    all
}

#[test]
fn cv_6_whatever_is_wrong_with_an_update_it_is_not_dropped() {
    let driver = driver();
    let role = driver.webhook().expect("the driver has webhooks");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let mut tried = 0;
    for fixture in std::fs::read_dir(folder).expect("the fixtures are there") {
        let path = fixture.expect("a fixture").path();
        if path.ends_with("group.json") || path.ends_with("business_connection.json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a fixture is text");
        let update: Value = serde_json::from_str(&text).expect("a fixture is JSON");
        for broken in broken(&update) {
            // Taking nothing back is no news; without a number nothing is an update.
            if broken["deleted_business_messages"]["message_ids"] == json!([])
                || !broken["update_id"].is_i64()
            {
                continue;
            }
            let request = webhook(Some(HOOK_SECRET), &broken.to_string());
            let received = role.parse(&channel(), &request).expect("an update");
            let kept = received.events.len() + received.quarantined.len();
            assert!(kept > 0, "{} lost {broken}", path.display());
            tried += 1;
        }
    }
    assert!(tried > 1000, "{tried}");
}
