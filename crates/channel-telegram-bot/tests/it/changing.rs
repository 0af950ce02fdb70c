//! Changing what is sent, emoji and 'typing', against the sandbox (CV-6, OW-6).

use std::time::Duration;

use channel::{Driver, Inbound, Reaction, SendError, Sender};
use domain::content::Content;
use sandbox::telegram::Media;

use crate::end_to_end::{PNG, VERA, World, file, world};

impl World {
    async fn edit(&self, id: &str, content: Content<channel::OutFile>) -> Result<(), SendError> {
        let changes = self.driver.changes().expect("it changes");
        changes.edit(&self.channel, &VERA.to_string(), id, &content).await
    }

    async fn remove(&self, id: &str) -> Result<(), SendError> {
        let changes = self.driver.changes().expect("it changes");
        changes.remove(&self.channel, &VERA.to_string(), id).await
    }

    async fn react(&self, id: &str, emoji: Option<&str>) -> Result<(), SendError> {
        let reactions = self.driver.reactions().expect("it reacts");
        reactions.react(&self.channel, &VERA.to_string(), id, emoji).await
    }
}

fn number(external_id: &str) -> i64 {
    external_id.rsplit_once(':').and_then(|(_, n)| n.parse().ok()).expect("a message's number")
}

#[tokio::test]
async fn cv_6_words_are_changed_and_a_repeat_is_no_fault() {
    let w = world().await;
    w.vera.starts(&w.bot, None);
    let sent = w.send(Content::text("в сриду")).await.expect("sent");
    for _ in 0..2 {
        w.edit(&sent.external_id, Content::text("в среду")).await.expect("changed");
    }
    let shown = w.vera.transcript(&w.bot).pop().expect("a message");
    assert_eq!((shown.text.as_deref(), shown.edited), (Some("в среду"), true));

    let photo = || file(domain::content::FileKind::Image, "p.png", "image/png", PNG);
    let with = |caption: &str| Content::Files { files: vec![photo()], caption: caption.to_owned() };
    let sent = w.send(with("чайник")).await.expect("sent");
    w.edit(&sent.external_id, with("синий чайник")).await.expect("changed");
    let shown = w.vera.transcript(&w.bot).pop().expect("a message");
    assert_eq!(shown.text.as_deref(), Some("синий чайник"));
    assert!(shown.media.is_some(), "the file stays");
    w.edit(&sent.external_id, with("")).await.expect("changed");
    let shown = w.vera.transcript(&w.bot).pop().expect("a message");
    assert_eq!((shown.text, shown.media.is_some()), (None, true));
}

#[tokio::test]
async fn cv_6_a_message_is_taken_back_within_two_days_once() {
    let w = world().await;
    w.vera.starts(&w.bot, None);
    let sent = w.send(Content::text("ой")).await.expect("sent");
    w.remove(&sent.external_id).await.expect("taken back");
    w.remove(&sent.external_id).await.expect("gone is gone");
    assert!(w.vera.transcript(&w.bot).iter().all(|m| m.text.as_deref() != Some("ой")));

    let old = w.send(Content::text("давно")).await.expect("sent");
    let days = Duration::from_secs(49 * 3600);
    w.bot.ages_message(VERA, number(&old.external_id), days);
    let refused = w.remove(&old.external_id).await;
    let Err(SendError::Rejected { text, .. }) = refused else { panic!("{refused:?}") };
    assert!(text.contains("can't be deleted"), "{text}");

    let foreign = w.remove("2:17").await;
    assert!(matches!(foreign, Err(SendError::Rejected { code: "not_found", .. })), "{foreign:?}");
    let asked = w.vera.sends_text(&w.bot, "вопрос");
    let hers = w.edit(&format!("{VERA}:{}", asked.message_id), Content::text("х")).await;
    assert!(matches!(hers, Err(SendError::Rejected { .. })), "{hers:?}");
}

#[tokio::test]
async fn cv_6_of_an_album_nothing_stays_when_it_is_taken_back() {
    let w = world().await;
    w.vera.starts(&w.bot, None);
    let photo = || file(domain::content::FileKind::Image, "p.png", "image/png", PNG);
    let both = Content::Files { files: vec![photo(), photo()], caption: "Обе".to_owned() };
    let sent = w.send(both).await.expect("sent");
    let changes = w.driver.changes().expect("it changes");
    changes
        .remove_whole(&w.channel, &VERA.to_string(), &sent.external_id, &sent.aliases)
        .await
        .expect("taken back");
    assert!(w.vera.transcript(&w.bot).iter().all(|message| message.media.is_none()));
}

#[tokio::test]
async fn cv_6_emoji_go_both_ways() {
    let w = world().await;
    let asked = w.vera.sends_text(&w.bot, "Спасибо!");
    let hers = format!("{VERA}:{}", asked.message_id);
    for emoji in w.driver.capabilities().reactions {
        w.react(&hers, Some(&emoji)).await.expect("every emoji that we offer is taken");
    }
    let ours = |w: &World| w.vera.transcript(&w.bot).pop().expect("a message").bot_reaction;
    assert_eq!(ours(&w), w.driver.capabilities().reactions.pop());
    w.react(&hers, None).await.expect("taken away");
    assert_eq!(ours(&w), None);
    let unknown = w.react(&hers, Some("🧻")).await;
    assert!(matches!(unknown, Err(SendError::Rejected { .. })), "{unknown:?}");

    let (_, offset) = w.events(None, 1).await;
    let sent = w.send(Content::text("Заходите ещё")).await.expect("sent");
    w.vera.reacts(&w.bot, number(&sent.external_id), Some("🔥")).expect("an emoji");
    w.vera.reacts(&w.bot, number(&sent.external_id), None).expect("none");
    let (events, _) = w.events(offset, 2).await;
    let emoji: Vec<_> = events
        .iter()
        .map(|event| match event {
            Inbound::Reaction(Reaction { external_id, by: Sender::Customer, emoji, .. }) => {
                assert_eq!(external_id, &sent.external_id);
                emoji.as_deref()
            }
            other => panic!("no reaction: {other:?}"),
        })
        .collect();
    assert_eq!(emoji, [Some("🔥"), None]);
}

#[tokio::test]
async fn ow_6_the_phone_shows_that_we_type_and_reading_costs_no_call() {
    let w = world().await;
    w.vera.sends(&w.bot, Media::photo(PNG.to_vec()));
    let signs = w.driver.signs().expect("it shows signs");
    signs.typing(&w.channel, &VERA.to_string()).await.expect("told");
    assert_eq!(w.bot.action(VERA).as_deref(), Some("typing"));
    let calls = w.bot.calls().len();
    signs.seen(&w.channel, &VERA.to_string(), &format!("{VERA}:1")).await.expect("nothing to do");
    assert_eq!(w.bot.calls().len(), calls);
}
