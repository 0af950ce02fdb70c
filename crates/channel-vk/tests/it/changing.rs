//! Changing, taking back, reading, writing, reactions (CV-6).

use std::time::Duration;

use channel::{Driver, SendError};
use domain::content::{Content, FileKind};
use sandbox::vk::Options;

use crate::world::{PNG, VERA, file, files, world, world_with};

#[tokio::test]
async fn cv_6_a_message_is_changed_with_its_files_and_taken_back() {
    let w = world().await;
    w.vera.sends_text(&w.community, "вопрос");
    let changes = w.driver.changes().expect("the driver changes");
    let photo = || file(FileKind::Image, "a.png", "image/png", PNG);
    let sent = w.send(1, files(vec![photo()], "чайнек")).await.expect("it goes");
    let recipient = VERA.to_string();
    let better = files(vec![photo()], "чайник");
    changes.edit(&w.channel, &recipient, &sent.external_id, &better).await.expect("changed");
    let shown = w.vera.transcript(&w.community).pop().expect("shown");
    assert_eq!((shown.text.as_str(), shown.edited), ("чайник", true));
    assert_eq!(shown.kinds, ["photo"], "the file stays");

    changes.remove(&w.channel, &recipient, &sent.external_id).await.expect("taken back");
    assert_eq!(w.vera.transcript(&w.community).len(), 1);
    // A repeat of the job finds nothing to do.
    changes.remove(&w.channel, &recipient, &sent.external_id).await.expect("gone already");
    w.clean();
}

#[tokio::test]
async fn cv_6_after_a_day_it_is_too_late() {
    let w = world_with(Options { day: Duration::ZERO, ..Options::quick() }).await;
    w.vera.sends_text(&w.community, "вопрос");
    let changes = w.driver.changes().expect("the driver changes");
    let sent = w.send(1, Content::text("ответ")).await.expect("it goes");
    let recipient = VERA.to_string();
    let edited =
        changes.edit(&w.channel, &recipient, &sent.external_id, &Content::text("другой")).await;
    let removed = changes.remove(&w.channel, &recipient, &sent.external_id).await;
    for outcome in [edited, removed] {
        let late = matches!(outcome, Err(SendError::Rejected { code: "too_late", .. }));
        assert!(late, "{outcome:?}");
    }
    w.clean();
}

#[tokio::test]
async fn cv_6_the_person_sees_that_we_read_write_and_like() {
    let w = world().await;
    let first = w.vera.sends_text(&w.community, "раз");
    let second = w.vera.sends_text(&w.community, "два");
    let signs = w.driver.signs().expect("the driver has signs");
    let recipient = VERA.to_string();
    let name = |cmid: i64| format!("{VERA}:{cmid}");
    signs.seen(&w.channel, &recipient, &name(first)).await.expect("told");
    let read: Vec<bool> = w.vera.transcript(&w.community).iter().map(|m| m.read).collect();
    assert_eq!(read, [true, false], "what came later was not read");
    signs.typing(&w.channel, &recipient).await.expect("told");
    assert!(w.community.is_typing_to(&w.vera));

    let reactions = w.driver.reactions().expect("the driver reacts");
    let react = async |emoji: Option<&str>| {
        let outcome = reactions.react(&w.channel, &recipient, &name(second), emoji).await;
        outcome.map(|()| w.vera.transcript(&w.community)[1].reaction)
    };
    assert_eq!(react(Some("👍")).await, Ok(Some(4)));
    assert_eq!(react(None).await, Ok(None));
    assert!(react(Some("🦄")).await.is_err());
    w.clean();
}
