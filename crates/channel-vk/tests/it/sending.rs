//! Our messages on the person's phone (CV-6, CV-7).

use channel::{Driver, Outbound, RetryScope, SendError};
use domain::{
    channel::ChannelState,
    content::{Content, FileKind},
    ids::MessageId,
};
use sandbox::vk::Faults;

use crate::world::{PNG, VERA, World, file, files, world};

async fn ready() -> World {
    let w = world().await;
    w.vera.sends_text(&w.community, "вопрос");
    w
}

#[tokio::test]
async fn cv_7_a_lost_answer_is_repeated_and_arrives_once() {
    let w = ready().await;
    w.community.set_faults(Faults { drop_answer: 1, ..Faults::default() });
    let lost = w.send(5, Content::text("да, есть")).await;
    assert!(matches!(lost, Err(SendError::Unknown(_))), "{lost:?}");
    let message = Outbound { repeated: true, ..w.outbound(5, Content::text("да, есть")) };
    let sent = w.driver.send(&w.channel, &message).await.expect("it is known already");
    assert_eq!(sent.external_id, format!("{VERA}:2"));
    let shown = w.vera.transcript(&w.community);
    assert_eq!(shown.iter().filter(|m| m.out).count(), 1, "once on the phone");
    let other = w.send(6, Content::text("да, есть")).await.expect("another message");
    assert_eq!(other.external_id, format!("{VERA}:3"));
    w.clean();
}

#[tokio::test]
async fn cv_7_a_message_older_than_vks_memory_is_looked_for_before_it_is_sent_again() {
    let w = ready().await;
    // Its row is of another day.
    let old = |id| Outbound {
        id: MessageId(uuid::Uuid::from_u128(id)),
        ..w.outbound(id, Content::text("да, есть"))
    };
    let sent = w.driver.send(&w.channel, &old(5)).await.expect("it goes");
    w.community.forget_random_ids();
    let again = w.driver.send(&w.channel, &old(5)).await.expect("it is found in the dialogue");
    assert_eq!(again.external_id, sent.external_id);
    let other = w.driver.send(&w.channel, &old(6)).await.expect("another one goes");
    assert_ne!(other.external_id, sent.external_id);
    let shown = w.vera.transcript(&w.community);
    assert_eq!(shown.iter().filter(|m| m.out).count(), 2, "each once on the phone");
    w.clean();
}

#[tokio::test]
async fn cv_6_words_quotes_places_and_cards() {
    let w = ready().await;
    let quoted = Outbound {
        reply_to: Some(format!("{VERA}:1")),
        ..w.outbound(1, Content::text("*ответ* <b>как есть</b>"))
    };
    w.driver.send(&w.channel, &quoted).await.expect("it goes");
    let place =
        Content::Location {
            latitude: 55.75, longitude: 37.61, title: Some("Магазин".to_owned())
        };
    w.send(2, place).await.expect("it goes");
    let card =
        Content::Contact { name: "Отдел".to_owned(), phone: Some("+79001234567".to_owned()) };
    w.send(3, card).await.expect("it goes");
    let shown: Vec<_> = w.vera.transcript(&w.community).into_iter().filter(|m| m.out).collect();
    assert_eq!((shown[0].text.as_str(), shown[0].reply_to), ("*ответ* <b>как есть</b>", Some(1)));
    assert_eq!(shown[1].raw["geo"]["coordinates"]["latitude"], 55.75);
    assert_eq!(shown[2].text, "Отдел\n+79001234567");
    w.clean();
}

#[tokio::test]
async fn cv_6_files_go_by_their_doors() {
    let w = ready().await;
    let all = vec![
        file(FileKind::Image, "чайник.png", "image/png", PNG),
        file(FileKind::File, "прайс.pdf", "application/pdf", b"%PDF-1.7"),
        file(FileKind::Voice, "ответ.ogg", "audio/ogg", b"OggS"),
        // Not what it says it is: VK makes no photo of it.
        file(FileKind::Image, "кривое.jpg", "image/jpeg", b"no picture"),
    ];
    let sent = w.send(1, files(all, "смотрите")).await.expect("it goes");
    assert_eq!(sent.external_id, format!("{VERA}:2"));
    let shown = w.vera.transcript(&w.community).pop().expect("shown");
    assert_eq!(
        (shown.text.as_str(), shown.kinds.as_slice()),
        ("смотрите", ["photo", "doc", "audio_message", "doc"].map(str::to_owned).as_slice())
    );
    assert_eq!(w.vera.bytes_of(&shown, 0).as_deref(), Some(PNG));
    assert_eq!(w.vera.bytes_of(&shown, 2).as_deref(), Some(b"OggS".as_slice()));

    let refused = files(vec![file(FileKind::Audio, "song.mp3", "audio/mpeg", b"ID3")], "");
    match w.send(2, refused).await {
        Err(SendError::Rejected { code: "file_refused", text }) => {
            assert!(text.contains("song.mp3"), "{text}");
        }
        other => panic!("{other:?}"),
    }
    let mut broken = file(FileKind::File, "x.bin", "application/octet-stream", b"123");
    broken.size = 300;
    let outcome = w.send(3, files(vec![broken], "")).await;
    assert!(matches!(outcome, Err(SendError::Retry { .. })), "{outcome:?}");
    w.clean();
}

#[tokio::test]
async fn cv_7_refusals_name_the_next_move() {
    let w = world().await;
    let rejected = async |id: u128| match w.send(id, Content::text("здравствуйте")).await
    {
        Err(SendError::Rejected { code, text }) => (code, text),
        other => panic!("{other:?}"),
    };
    let (code, text) = rejected(1).await;
    assert_eq!(code, "blocked");
    assert!(text.contains("901") && text.contains("написать первым"), "{text}");
    w.vera.allows(&w.community, "");
    w.send(2, Content::text("можно")).await.expect("it goes");
    w.community.blacklist(&w.vera);
    assert_eq!(rejected(3).await.0, "blocked");

    let w = ready().await;
    for (code, expected) in [(6, 1), (9, 60), (29, 1800)] {
        w.community.set_faults(Faults { errors: 1, error_code: code, ..Faults::default() });
        match w.send(10, Content::text("привет")).await {
            Err(SendError::Retry { after, .. }) => assert_eq!(after.as_secs(), expected, "{code}"),
            other => panic!("{other:?}"),
        }
    }
    w.community.set_faults(Faults { errors: 1, error_code: 10, ..Faults::default() });
    let stumbled = w.send(11, Content::text("привет")).await;
    assert!(matches!(stumbled, Err(SendError::Unknown(_))), "{stumbled:?}");
    w.clean();
}

#[tokio::test]
async fn ch_13_a_dead_key_a_lost_right_and_silence_keep_the_message() {
    let mut w = ready().await;
    let state = async |w: &World| match w.send(1, Content::text("привет")).await {
        Err(SendError::Disconnected(report)) => {
            assert!(report.reason.is_some() && report.remedy.is_some());
            report.state
        }
        other => panic!("{other:?}"),
    };
    w.community.set_messages(false);
    assert_eq!(state(&w).await, ChannelState::Failed);
    w.community.set_messages(true);
    let lesser = w.community.key_with(&["manage", "photos", "docs"]);
    w.channel.secrets.insert("token".to_owned(), lesser.into());
    assert_eq!(state(&w).await, ChannelState::BadCredentials);
    w.community.revoke_keys();
    assert_eq!(state(&w).await, ChannelState::BadCredentials);
    w.vk.stop().await;
    match w.send(1, Content::text("привет")).await {
        Err(SendError::Retry { scope: RetryScope::Channel, .. } | SendError::Unknown(_)) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn cv_7_more_than_twenty_a_second_wait_and_none_is_lost() {
    let w = ready().await;
    let mut waited = 0;
    for id in 0..40 {
        loop {
            match w.send(100 + id, Content::text(format!("№ {id}"))).await {
                Ok(_) => break,
                Err(SendError::Retry { after, scope: RetryScope::Channel, .. }) => {
                    waited += 1;
                    tokio::time::sleep(after).await;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    let shown = w.vera.transcript(&w.community);
    assert_eq!(shown.iter().filter(|m| m.out).count(), 40);
    assert!(waited > 0, "the sandbox holds VK's limit");
    w.clean();
}
