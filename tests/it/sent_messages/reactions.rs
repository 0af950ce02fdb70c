//! CV-6: emoji on messages.

use channel::{Inbound, Reaction, Sender};
use chrono::TimeDelta;
use domain::{
    clock::Clock,
    reaction::{ReactionSide, ReactionState},
};

use super::{
    puppet::refused,
    stage::{Stage, code},
};

/// CV-6: the customer's emoji is put, changed and taken away; older news does not bring it back.
#[tokio::test]
async fn cv_6_the_customers_reaction_comes_and_goes() {
    let (stage, talk, id) = Stage::answered("готово").await;
    let react = |emoji: Option<&str>, at| {
        Inbound::Reaction(Reaction {
            external_id: "out-1".to_owned(),
            by: Sender::Customer,
            emoji: emoji.map(str::to_owned),
            at,
        })
    };
    let now = stage.clock.now();
    let seq = stage.seq().await;
    stage.comes(react(Some("🔥"), now)).await;
    let told = stage.told_since(seq).await;
    assert_eq!(told[0]["reactions"][0]["emoji"], "🔥");
    assert_eq!(told[0]["reactions"][0]["side"], "customer");
    stage.comes(react(Some("👍"), now + TimeDelta::seconds(2))).await;
    stage.comes(react(Some("👍"), now + TimeDelta::seconds(2))).await;
    assert_eq!(stage.told_since(seq).await.len(), 2, "a repeat is silent");
    assert_eq!(stage.view(id).await.reactions[0].emoji, "👍");
    stage.comes(react(None, now + TimeDelta::seconds(4))).await;
    stage.comes(react(Some("👍"), now + TimeDelta::seconds(3))).await;
    assert!(stage.view(id).await.reactions.is_empty());
    let page = stage.messages(talk).await;
    assert!(page.iter().all(|m| m.reactions.is_empty()));
}

/// CV-6: an employee's emoji: on its way, there, changed, refused with words, taken away.
#[tokio::test]
async fn cv_6_an_employees_reaction_goes_through_the_service() {
    let stage = Stage::set().await;
    stage.vera_writes("in-1").await;
    let id = stage.found("in-1").await.message_id;
    assert_eq!(code(stage.app.react(&stage.anna, id, "🦄").await), "unknown_emoji");
    let view = stage.app.react(&stage.anna, id, "👍").await.unwrap();
    assert_eq!(view.reactions[0].state, Some(ReactionState::Adding));
    assert_eq!(view.reactions[0].side, ReactionSide::OurSide);
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["react vera in-1 👍"]);
    assert_eq!(stage.view(id).await.reactions[0].state, None);
    stage.app.react(&stage.anna, id, "👍").await.unwrap();
    stage.work().await;
    assert!(stage.puppet.asked().is_empty(), "it is there");

    // Two wishes before the first is done: only the last one counts.
    stage.app.react(&stage.anna, id, "❤").await.unwrap();
    stage.app.unreact(&stage.anna, id).await.unwrap();
    stage.work().await;
    assert_eq!(stage.puppet.asked(), ["react vera in-1 -"]);
    assert!(stage.view(id).await.reactions.is_empty());
    stage.app.unreact(&stage.anna, id).await.expect("none there is no fault");

    stage.puppet.will_say([refused("REACTION_INVALID")]);
    stage.app.react(&stage.anna, id, "❤").await.unwrap();
    stage.work().await;
    let shown = stage.view(id).await.reactions.remove(0);
    assert_eq!(shown.state, Some(ReactionState::Refused));
    assert!(shown.reason.expect("words").ru.contains("REACTION_INVALID"));
}
