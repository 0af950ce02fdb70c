//! `getUpdates`, and the shapes of what the customer does.

use std::time::Duration;

use sandbox::telegram::Media;
use serde_json::{Value, json};

use super::{Api, PNG, SOON, said};

#[tokio::test]
async fn ch5_offset_confirms_and_limit_cuts() {
    let api = Api::opened().await;
    let sent: Vec<_> = (1..=5).map(|n| api.anna.sends_text(&api.bot, &format!("{n}"))).collect();
    let ids = |updates: &Value| -> Vec<i64> {
        updates.as_array().unwrap().iter().map(|u| u["update_id"].as_i64().unwrap()).collect()
    };
    let first = api.result("getUpdates", json!({"limit": 2})).await;
    assert_eq!(ids(&first), [sent[0].update_id, sent[1].update_id]);
    // Not confirmed: they come again.
    assert_eq!(ids(&api.result("getUpdates", json!({"limit": 1})).await), [sent[0].update_id]);
    let next = json!({"offset": sent[1].update_id + 1, "limit": 1000});
    assert_eq!(ids(&api.result("getUpdates", next).await).len(), 3);
    assert_eq!(api.bot.pending(), 3);
    let last = api.result("getUpdates", json!({"offset": -1})).await;
    assert_eq!(ids(&last), [sent[4].update_id]);
    assert_eq!(api.bot.pending(), 1);
}

#[tokio::test]
async fn ch5_long_poll_wakes_on_an_update_and_ends_empty_by_itself() {
    let api = Api::opened().await;
    let poll = api.result("getUpdates", json!({"timeout": 50}));
    let act = async {
        api.telegram.until(SOON, || (api.bot.polls_waiting() > 0).then_some(())).await.unwrap();
        api.anna.sends_text(&api.bot, "ау")
    };
    let (updates, sent) = tokio::join!(poll, act);
    assert_eq!(updates[0]["update_id"], json!(sent.update_id));
    let next = json!({"offset": sent.update_id + 1, "timeout": 1});
    assert_eq!(api.result("getUpdates", next).await, json!([]));
}

#[tokio::test]
async fn ch5_one_poller_at_a_time() {
    let api = Api::opened().await;
    let first = async { api.refused("getUpdates", json!({"timeout": 50})).await };
    let second = async {
        api.telegram.until(SOON, || (api.bot.polls_waiting() > 0).then_some(())).await.unwrap();
        api.result("getUpdates", json!({"timeout": 1})).await
    };
    let (refused, empty) = tokio::join!(first, second);
    assert_eq!(
        refused,
        said(
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        )
    );
    assert_eq!(empty, json!([]));
}

#[tokio::test]
async fn ch5_no_poll_beside_a_webhook() {
    let api = Api::opened().await;
    let set = json!({"url": "http://127.0.0.1:9/hook"});
    let poll = async { api.refused("getUpdates", json!({"timeout": 50})).await };
    let hook = async {
        api.telegram.until(SOON, || (api.bot.polls_waiting() > 0).then_some(())).await.unwrap();
        api.result("setWebhook", set).await
    };
    let (ended, _) = tokio::join!(poll, hook);
    assert_eq!(ended, said(409, "Conflict: terminated by setWebhook request"));
    let (code, description) = api.refused("getUpdates", json!({})).await;
    assert_eq!(code, 409);
    assert!(description.contains("while webhook is active"), "{description}");
    api.result("deleteWebhook", json!({})).await;
    assert_eq!(api.result("getUpdates", json!({})).await, json!([]));
}

#[tokio::test]
async fn ch5_allowed_updates_choose_kinds() {
    let api = Api::opened().await;
    let message = api.anna.sends_text(&api.bot, "раз");
    api.result("getUpdates", json!({"allowed_updates": ["edited_message"]})).await;
    api.anna.sends_text(&api.bot, "не придёт");
    api.anna.edits(&api.bot, message.message_id, "раз, два").unwrap();
    let updates = api.result("getUpdates", json!({"offset": message.update_id + 1})).await;
    assert_eq!(updates.as_array().unwrap().len(), 1);
    assert_eq!(updates[0]["edited_message"]["text"], json!("раз, два"));
    // An empty list is the default again, which leaves reactions out.
    api.result("getUpdates", json!({"allowed_updates": []})).await;
    api.anna.sends_unknown(&api.bot, "message_reaction", json!({}));
    api.anna.sends_unknown(&api.bot, "hologram", json!({"depth": 3}));
    let updates = api.result("getUpdates", json!({"offset": message.update_id + 3})).await;
    assert_eq!(updates.as_array().unwrap().len(), 1);
    assert_eq!(updates[0]["hologram"]["depth"], json!(3));
}

#[tokio::test]
async fn cv6_each_act_of_the_customer_has_its_documented_shape() {
    let api = Api::opened().await;
    let (bot, anna) = (&api.bot, &api.anna);
    let start = anna.starts(bot, Some("site_42-a"));
    let text = anna.sends_text(bot, "привет");
    anna.replies(bot, text.message_id, "ещё").unwrap();
    for media in [
        Media::photo(PNG).caption("вот"),
        Media::document("a.pdf", "application/pdf", "x"),
        Media::voice("o", 3),
        Media::audio("a.mp3", "m", 5),
        Media::video("v.mp4", "v", 7),
        Media::video_note("n", 9),
        Media::sticker("s"),
    ] {
        anna.sends(bot, media);
    }
    anna.sends_location(bot, 55.7, 37.6);
    anna.shares_own_phone(bot, "+79001234567");
    anna.shares_contact(bot, "+79007654321", "Олег", None);
    let album = anna.sends_album(bot, vec![Media::photo(PNG).caption("два"), Media::photo(PNG)]);
    anna.sends_raw_message(bot, json!({"giveaway_of_the_future": {}}));
    let updates = api.result("getUpdates", json!({})).await;
    let m = |n: usize| &updates[n]["message"];
    assert_eq!(m(0)["text"], json!("/start site_42-a"));
    assert_eq!(m(0)["entities"], json!([{"type": "bot_command", "offset": 0, "length": 6}]));
    assert_eq!(m(0)["message_id"], json!(start.message_id));
    assert_eq!(m(1)["from"]["id"], json!(501));
    assert_eq!(m(1)["from"]["is_bot"], json!(false));
    assert_eq!(
        m(1)["chat"],
        json!({
            "id": 501, "type": "private", "first_name": "Анна", "username": "anna",
        })
    );
    assert!(m(1)["date"].as_u64().unwrap() < 10_000_000_000, "seconds, not milliseconds");
    assert_eq!(m(2)["reply_to_message"]["message_id"], json!(text.message_id));
    assert_eq!(m(3)["photo"].as_array().unwrap().len(), 2);
    assert_eq!(m(3)["caption"], json!("вот"));
    assert_eq!(m(4)["document"]["mime_type"], json!("application/pdf"));
    assert_eq!(m(5)["voice"]["duration"], json!(3));
    assert_eq!(m(6)["audio"]["file_name"], json!("a.mp3"));
    assert_eq!(m(7)["video"]["duration"], json!(7));
    assert_eq!(m(8)["video_note"]["duration"], json!(9));
    assert_eq!(m(9)["sticker"]["type"], json!("regular"));
    assert_eq!(m(10)["location"]["latitude"], json!(55.7));
    assert_eq!(m(11)["contact"]["user_id"], json!(501));
    assert_eq!(m(12)["contact"].get("user_id"), None);
    assert_eq!(album.len(), 2);
    assert_eq!(m(13)["media_group_id"], m(14)["media_group_id"]);
    assert!(m(13)["media_group_id"].is_string());
    assert!(m(15)["giveaway_of_the_future"].is_object());
}

#[tokio::test]
async fn ch13_block_and_unblock_come_as_my_chat_member() {
    let api = Api::opened().await;
    api.anna.blocks(&api.bot);
    api.anna.unblocks(&api.bot);
    api.anna.blocks(&api.bot);
    // Writing to a stopped bot starts it again.
    api.anna.sends_text(&api.bot, "я вернулась");
    let updates = api.result("getUpdates", json!({})).await;
    let status = |n: usize| updates[n]["my_chat_member"]["new_chat_member"]["status"].clone();
    assert_eq!(
        [status(0), status(1), status(2), status(3)],
        ["kicked", "member", "kicked", "member"]
    );
    assert_eq!(updates[0]["my_chat_member"]["new_chat_member"]["user"]["is_bot"], json!(true));
    assert_eq!(updates[4]["message"]["text"], json!("я вернулась"));
}

#[tokio::test]
async fn ch5_raw_updates_are_given_as_they_stand() {
    let api = Api::opened().await;
    let own = api.bot.inject(json!({"update_id": 5, "message": "not an object"}));
    assert_eq!(own, 5);
    let numbered = api.bot.inject(json!({"strange": [1, 2]}));
    let updates = api.result("getUpdates", json!({})).await;
    assert_eq!(updates[0], json!({"update_id": 5, "message": "not an object"}));
    assert_eq!(updates[1], json!({"update_id": numbered, "strange": [1, 2]}));
}

#[tokio::test]
async fn ch5_nobody_listening_keeps_updates_until_their_life_ends() {
    let options = sandbox::telegram::Options {
        retry_base: Duration::from_nanos(1),
        ..sandbox::telegram::Options::default()
    };
    let api = Api::with(options).await;
    let patient = Api::start().await;
    patient.anna.sends_text(&patient.bot, "жду");
    assert_eq!(patient.bot.pending(), 1);
    // A life of 86,400 ns is over by the time a call gets through.
    api.anna.sends_text(&api.bot, "не дождусь");
    let deadline = std::time::Instant::now() + Duration::from_micros(87);
    while std::time::Instant::now() < deadline {
        std::hint::spin_loop();
    }
    assert_eq!(api.result("getUpdates", json!({})).await, json!([]));
}
