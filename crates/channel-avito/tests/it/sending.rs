//! What goes out, and what is known of it afterwards (CV-6, CV-7).

use channel::{Blocked, Driver, RetryScope, SendError};
use domain::{content::Content, listing::Listing};
use sandbox::avito::{Faults, Limits, Options};
use serde_json::json;

use crate::world::{PNG, World, album, picture};

fn code(error: &SendError) -> &'static str {
    match error {
        SendError::Rejected { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn cv_6_a_text_and_a_picture_go_out() {
    let world = World::own_keys().await.connected().await;
    let chat = world.seller.chat_with(77, "Вера", None);
    let text = world.send(&chat.id, Content::text("Есть, приезжайте")).await.expect("sent");
    let image = world.send(&chat.id, album(vec![picture("image/png", PNG)], "")).await;
    let image = image.expect("sent");
    let shown = chat.transcript();
    assert_eq!(
        (shown[0].id.as_str(), shown[0].text.as_str()),
        (text.external_id.as_str(), "Есть, приезжайте")
    );
    assert_eq!(
        (shown[1].id.as_str(), shown[1].kind.as_str()),
        (image.external_id.as_str(), "image")
    );
    world.assert_clean();
}

#[tokio::test]
async fn cv_6_what_avito_does_not_carry_is_refused_before_any_call() {
    let world = World::own_keys().await.connected().await;
    let chat = world.seller.chat_with(77, "Вера", None);
    let calls = world.avito.calls().len();
    for (content, expected) in [
        (Content::text("я".repeat(1_001)), "too_long"),
        (Content::text("  "), "empty"),
        (album(vec![picture("image/webp", PNG)], ""), "kind_not_carried"),
        (album(vec![picture("image/png", PNG)], "подпись"), "no_caption"),
        (album(vec![picture("image/png", PNG), picture("image/png", PNG)], ""), "too_many_files"),
    ] {
        let refused = world.send(&chat.id, content).await.expect_err(expected);
        assert_eq!(code(&refused), expected);
    }
    assert_eq!(world.avito.calls().len(), calls);
    world.send(&chat.id, Content::text("я".repeat(1_000))).await.expect("just so long");
    world.assert_clean();
}

/// A lost answer of the message is unknown; one of the upload is not, since the buyer saw nothing.
#[tokio::test]
async fn cv_7_what_is_lost_is_unknown_and_what_was_not_sent_is_tried_again() {
    let world = World::own_keys().await.connected().await;
    let chat = world.seller.chat_with(77, "Вера", None);
    let text = || world.send(&chat.id, Content::text("раз"));
    for (faults, unknown) in [
        (Faults { drop_answer: 1, ..Faults::default() }, true),
        (Faults { drop_request: 1, ..Faults::default() }, true),
        (Faults { server_error: 1, ..Faults::default() }, true),
        (Faults { too_many: 1, ..Faults::default() }, false),
    ] {
        world.seller.set_faults(faults);
        let error = text().await.expect_err("it failed");
        match error {
            SendError::Unknown(_) => assert!(unknown, "{faults:?}"),
            SendError::Retry { scope, .. } => {
                assert!(!unknown, "{faults:?}");
                assert_eq!(scope, RetryScope::Channel);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(chat.transcript().len(), 1, "only the lost answer's message is there");
    world.seller.set_faults(Faults { drop_answer: 1, ..Faults::default() });
    let lost = world.send(&chat.id, album(vec![picture("image/png", PNG)], "")).await;
    assert!(matches!(lost, Err(SendError::Retry { .. })), "{lost:?}");
    assert_eq!(chat.transcript().len(), 1);
    world.avito.stop().await;
    assert!(matches!(text().await, Err(SendError::Retry { .. })), "nothing listens");
}

#[tokio::test]
async fn cv_7_limits_by_the_minute_hold_the_channel_back() {
    let options = Options { limits: Limits::of(3), ..Options::default() };
    let world = World::with(options).await.connected().await;
    let chat = world.seller.chat_with(77, "Вера", None);
    for n in 0..3 {
        world.send(&chat.id, Content::text(format!("{n}"))).await.expect("sent");
    }
    let held = world.send(&chat.id, Content::text("3")).await.expect_err("too many");
    let SendError::Retry { after, scope, .. } = held else { panic!("{held:?}") };
    assert_eq!(scope, RetryScope::Channel);
    assert!(after.as_secs() >= 1);
}

#[tokio::test]
async fn cv_7_a_refusal_of_one_chat_is_no_fault_of_the_channel() {
    let world = World::own_keys().await.connected().await;
    let gone = world.send("u2i-nobody", Content::text("раз")).await.expect_err("no such chat");
    assert_eq!(code(&gone), "not_found");
    let chat = world.seller.chat_with(77, "Вера", None);
    let person = Blocked {
        external_id: chat.id.clone(),
        key: None,
        listing: Some(Listing { external_id: "123".to_owned(), ..Listing::default() }),
    };
    let blocks = world.driver.blocks().expect("the driver blocks");
    blocks.block(&world.channel, &person).await.expect("on the black list");
    let refused = world.send(&chat.id, Content::text("раз")).await.expect_err("blocked");
    assert_eq!(code(&refused), "forbidden");
    world.assert_clean();
}

#[tokio::test]
async fn cv_6_messages_are_read_and_taken_back_within_the_hour() {
    let world = World::own_keys().await.connected().await;
    let chat = world.seller.chat_with(77, "Вера", None);
    let asked = chat.says("Здравствуйте");
    assert!(!chat.is_read());
    let signs = world.driver.signs().expect("the driver gives signs");
    signs.seen(&world.channel, &chat.id, &asked).await.expect("read");
    assert!(chat.is_read());

    let sent = world.send(&chat.id, Content::text("не то")).await.expect("sent");
    let changes = world.driver.changes().expect("the driver takes back");
    changes.remove(&world.channel, &chat.id, &sent.external_id).await.expect("taken back");
    assert_eq!(chat.transcript()[1].kind, "deleted");
    let again = changes.remove(&world.channel, &chat.id, "gone-already").await;
    again.expect("what is gone is taken back");
    let late = world.send(&chat.id, Content::text("поздно")).await.expect("sent");
    world.avito.advance(std::time::Duration::from_secs(3_700));
    let refused = changes.remove(&world.channel, &chat.id, &late.external_id).await;
    assert_eq!(code(&refused.expect_err("too late")), "too_late");
    world.assert_clean();
}

#[tokio::test]
async fn cv_6_pictures_and_voices_are_fetched() {
    use futures::TryStreamExt;
    let world = World::own_keys().await.connected().await;
    let chat = world.seller.chat_with(77, "Вера", None);
    chat.sends_image("image/png", PNG);
    chat.sends_voice(&b"opus"[..]);
    let shown = chat.transcript();
    let voice = shown[1].content["voice"]["voice_id"].clone();
    let image = shown[0].content["image"]["sizes"]["1280x960"].clone();
    let media = world.driver.media().expect("the driver fetches");
    for (handle, mime, bytes) in [
        (json!({"image": image}), "image/png", PNG),
        (json!({"voice": voice}), "audio/mp4", &b"opus"[..]),
    ] {
        let fetched = media.fetch(&world.channel, &handle).await.expect("fetched");
        assert_eq!(fetched.mime.as_deref(), Some(mime));
        let got: Vec<bytes::Bytes> = fetched.bytes.try_collect().await.expect("bytes");
        assert_eq!(got.concat(), bytes);
    }
    for handle in [json!({"voice": "nobody's"}), json!({"image": "file:///etc/passwd"}), json!({})]
    {
        assert!(media.fetch(&world.channel, &handle).await.is_err(), "{handle}");
    }
    world.assert_clean();
}
