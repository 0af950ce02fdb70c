//! Long poll: cursor, gaps, keys, buttons; and what callbacks missed (CH-7, BY-8).

use channel::{Driver, Inbound, ListenError};
use domain::channel::ChannelState;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::path};

use crate::world::{House, Remembers, VERA, World, no_hook, world};

/// Runs the listener while `act` goes on.
async fn listening<T>(w: &World, inbox: &Remembers, act: impl Future<Output = T>) -> T {
    let stop = CancellationToken::new();
    let listener = w.driver.listener().expect("the driver listens");
    let run = listener.run(&w.channel, inbox, stop.clone());
    let both = async {
        tokio::join!(run, async {
            let done = act.await;
            stop.cancel();
            done
        })
    };
    let (ended, done) = tokio::time::timeout(crate::world::PATIENCE, both).await.expect("in time");
    ended.expect("it was told to stop");
    done
}

#[tokio::test]
async fn ch_7_by_long_poll_nothing_is_lost_between_two_runs() {
    let w = world().await;
    w.driver.connect(&w.channel, &no_hook()).await.expect("it connects");
    // Written before the listener begins.
    w.vera.sends_text(&w.community, "ноль");
    let inbox = Remembers::new();
    listening(&w, &inbox, async {
        inbox.message("ноль").await;
        w.vera.sends_text(&w.community, "раз");
        inbox.message("раз").await;
    })
    .await;
    assert_eq!(inbox.reported(), [ChannelState::Connected]);
    // Written while nobody listens.
    w.vera.sends_text(&w.community, "два");
    listening(&w, &inbox, inbox.message("два")).await;
    let names: Vec<String> = inbox.messages().into_iter().map(|m| m.external_id).collect();
    assert_eq!(names, ["1001:1", "1001:2", "1001:3"]);
    w.clean();
}

#[tokio::test]
async fn by_8_what_the_long_poll_forgot_is_found_among_the_dialogues() {
    let w = world().await;
    w.vera.sends_text(&w.community, "давно, до подключения");
    w.driver.connect(&w.channel, &no_hook()).await.expect("it connects");
    let inbox = Remembers::new();
    listening(&w, &inbox, async {
        w.vera.sends_text(&w.community, "слышно");
        inbox.message("слышно").await;
    })
    .await;
    w.vera.sends_text(&w.community, "забыто");
    w.community.forget_history();
    listening(&w, &inbox, inbox.message("забыто")).await;
    let words: Vec<String> = inbox.messages().iter().map(|m| m.content.words()).collect();
    assert!(!words.iter().any(|w| w.contains("давно")), "{words:?}");
    w.clean();
}

#[tokio::test]
async fn ch_7_an_old_key_and_a_lost_server_are_asked_for_again() {
    let w = world().await;
    w.driver.connect(&w.channel, &no_hook()).await.expect("it connects");
    let inbox = Remembers::new();
    listening(&w, &inbox, async {
        w.vera.sends_text(&w.community, "до ключа");
        inbox.message("до ключа").await;
        w.community.expire_poll_key();
        w.vera.sends_text(&w.community, "после ключа");
        inbox.message("после ключа").await;
        w.community.lose_poll();
        w.vera.sends_text(&w.community, "после потери");
        inbox.message("после потери").await;
    })
    .await;
    assert!(w.community.count("groups.getLongPollServer") >= 3);
    w.clean();
}

#[tokio::test]
async fn ch_7_a_pressed_button_stops_turning_when_its_press_is_stored() {
    let w = world().await;
    w.driver.connect(&w.channel, &no_hook()).await.expect("it connects");
    let inbox = Remembers::new();
    listening(&w, &inbox, async {
        let cmid = w.vera.sends_text(&w.community, "вопрос");
        let press = w.vera.presses(&w.community, cmid, serde_json::json!({ "cmd": "да" }));
        let role = w.driver.presses().expect("buttons are answered");
        let (id, raw) = inbox
            .wait(|e| match e {
                Inbound::Message(m) if role.is_press(&m.external_id) => {
                    Some((m.external_id.clone(), m.raw.clone()))
                }
                _ => None,
            })
            .await;
        assert!(!w.vera.press_was_answered(&w.community, &press), "not before it is stored");
        role.answer(&w.channel, &id, raw.as_deref()).await.expect("it is answered");
        assert!(w.vera.press_was_answered(&w.community, &press));
    })
    .await;
    w.clean();
}

#[tokio::test]
async fn by_8_what_callbacks_missed_is_found() {
    let mut w = world().await;
    let house = House::open(&mut w).await;
    w.vera.sends_text(&w.community, "давно, до подключения");
    w.driver.connect(&w.channel, &house.connecting()).await.expect("it connects");
    let inbox = Remembers::new();
    listening(&w, &inbox, async {
        w.vera.sends_unheard(&w.community, "потерянное");
        inbox.message("потерянное").await;
    })
    .await;
    let found = inbox.messages();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].external_id, "1001:2");

    // What a colleague has read in VK itself was missed all the same.
    let cmid = w.vera.sends_unheard(&w.community, "прочитанное в ВК");
    let signs = w.driver.signs().expect("reading is shown");
    let place = format!("{VERA}:{cmid}");
    signs.seen(&w.channel, &VERA.to_string(), &place).await.expect("it is read");
    let inbox = Remembers::new();
    listening(&w, &inbox, inbox.message("прочитанное в ВК")).await;
    w.clean();
}

/// A dialogue that somebody pinned stands before the newest, however old it is.
#[tokio::test]
async fn by_8_what_callbacks_missed_is_found_behind_a_pinned_dialogue() {
    let mut w = world().await;
    let vk = MockServer::start().await;
    let message = |id: i64, peer: i64| {
        json!({ "id": id, "conversation_message_id": 1, "peer_id": peer, "from_id": peer,
            "date": 1_789_999_990, "out": 0, "text": format!("сообщение {id}"), "attachments": [] })
    };
    let listed = move |id: i64, peer: i64| {
        let conversation = json!({ "peer": { "id": peer, "type": "user" }, "last_message_id": id });
        json!({ "conversation": conversation, "last_message": message(id, peer) })
    };
    let dialogues = move |asked: &Request| {
        let all = [listed(5, 1002), listed(11, VERA)];
        let count = asked_for(asked, "count").and_then(|count| count.parse().ok());
        let items: Vec<Value> = all.into_iter().take(count.unwrap_or(20)).collect();
        ResponseTemplate::new(200)
            .set_body_json(json!({ "response": { "count": 2, "items": items } }))
    };
    let history = move |asked: &Request| {
        let items = match asked_for(asked, "peer_id").as_deref() {
            Some("1001") => vec![message(11, VERA)],
            _ => Vec::new(),
        };
        ResponseTemplate::new(200)
            .set_body_json(json!({ "response": { "count": items.len(), "items": items } }))
    };
    Mock::given(path("/method/messages.getConversations")).respond_with(dialogues).mount(&vk).await;
    Mock::given(path("/method/messages.getHistory")).respond_with(history).mount(&vk).await;
    w.channel.settings.insert("base_url".to_owned(), vk.uri().into());
    for (key, value) in [
        ("way".to_owned(), json!("callback")),
        (format!("looked_up_to:{}", w.community.id), json!(10)),
    ] {
        w.channel.memory.remember(&key, value).await.expect("kept");
    }
    let inbox = Remembers::new();
    listening(&w, &inbox, inbox.message("сообщение 11")).await;
    assert_eq!(inbox.messages().len(), 1, "{:?}", inbox.messages());
}

/// A parameter of a call.
fn asked_for(asked: &Request, name: &str) -> Option<String> {
    let params = url::form_urlencoded::parse(&asked.body);
    params.into_owned().find(|(known, _)| known == name).map(|(_, value)| value)
}

#[tokio::test]
async fn ch_13_why_a_listener_ends() {
    let w = world().await;
    w.driver.connect(&w.channel, &no_hook()).await.expect("it connects");
    let listener = w.driver.listener().expect("the driver listens");
    let run = async || {
        let inbox = Remembers::new();
        match listener.run(&w.channel, &inbox, CancellationToken::new()).await {
            Err(ListenError::Stopped(report)) => format!("{:?}", report.state),
            Err(ListenError::Interrupted(_)) => "interrupted".to_owned(),
            other => panic!("{other:?}"),
        }
    };
    w.community.set_messages(false);
    let report = w.driver.inspect(&w.channel, &no_hook()).await.expect("a report");
    assert_eq!(report.state, ChannelState::Failed);
    w.community.revoke_keys();
    assert_eq!(run().await, "BadCredentials");
    w.vk.stop().await;
    assert_eq!(run().await, "interrupted");
}
