//! Connecting without a person's hand: rights, callback servers, long poll (CH-7, CH-13).

use std::sync::Arc;

use channel::{ConnectError, Connected, Driver, Receive, testkit::Memo};
use domain::channel::ChannelState;
use sandbox::vk::RIGHTS;
use serde_json::{Value, json};

use crate::world::{House, no_hook, world};

fn field(outcome: Result<Connected, ConnectError>) -> (String, &'static str, String) {
    match outcome {
        Err(ConnectError::Field(wrong)) => (wrong.field, wrong.code, wrong.message.ru),
        other => panic!("{other:?}"),
    }
}

fn reason(outcome: Result<Connected, ConnectError>) -> String {
    match outcome {
        Err(ConnectError::Refused(report)) => {
            assert_eq!(report.state, ChannelState::Failed);
            assert!(report.remedy.is_some());
            report.reason.map(|words| words.ru).unwrap_or_default()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn ch_7_the_callback_server_sets_itself_up_and_is_kept() {
    let mut w = world().await;
    let house = House::open(&mut w).await;
    w.community.add_foreign_servers(3);
    let connected = w.driver.connect(&w.channel, &house.connecting()).await.expect("it connects");
    assert_eq!(connected.receive, Receive::WebhookAndListener);
    assert_eq!(connected.external_id, w.community.id.to_string());
    assert_eq!(connected.title, "Лавка чайников");
    let ours: Vec<Value> =
        w.community.servers().into_iter().filter(|s| s["title"] != "Other").collect();
    assert_eq!(ours.len(), 1);
    assert_eq!((&ours[0]["status"], &ours[0]["title"]), (&json!("ok"), &json!("Beseda 3456789")));
    let confirmation = &w.community.deliveries()[0];
    let answer = confirmation.answer.clone().expect("an answer");
    assert_eq!((answer.0, answer.1.as_str()), (200, "text/plain"));

    w.driver.connect(&w.channel, &house.connecting()).await.expect("it connects again");
    assert_eq!(w.community.count("groups.addCallbackServer"), 1, "the server is kept");
    let report = w.driver.inspect(&w.channel, &house.connecting()).await.expect("a report");
    assert_eq!(report.state, ChannelState::Connected);

    w.vera.sends_text(&w.community, "Есть кто?");
    house.message("Есть кто?").await;
    let answer = w.community.deliveries().pop().expect("a delivery").answer.expect("an answer");
    assert_eq!((answer.0, answer.1.as_str(), answer.2.as_str()), (200, "text/plain", "ok"));

    w.driver.disconnect(&w.channel).await.expect("it goes");
    assert_eq!(w.community.servers().len(), 3, "only ours is gone");
    // VK takes twenty calls a second.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let report = w.driver.inspect(&w.channel, &house.connecting()).await.expect("a report");
    assert_eq!(report.state, ChannelState::Failed);
    w.clean();
}

#[tokio::test]
async fn ch_7_a_changed_code_and_a_changed_secret_mean_a_new_server() {
    let mut w = world().await;
    let house = House::open(&mut w).await;
    w.driver.connect(&w.channel, &house.connecting()).await.expect("it connects");
    w.community.change_code();
    w.channel.hook_secret = "another0secret1of2the3same4channel5".into();
    // The house reads with the new secret as well.
    let house = House::open(&mut w).await;
    w.driver.connect(&w.channel, &house.connecting()).await.expect("it connects");
    let servers = w.community.servers();
    assert_eq!(servers.len(), 1, "the old one is gone");
    assert_eq!(servers[0]["secret_key"], "another0secret1of2the3same4channel5");
    w.clean();
}

#[tokio::test]
async fn ch_7_an_address_that_does_not_confirm_takes_no_place() {
    let mut w = world().await;
    let house = House::open(&mut w).await;
    // The house forgets the code: another process that cannot see our memory would do the same.
    w.channel.memory = Arc::clone(&Memo::shared()) as _;
    let said = reason(w.driver.connect(&w.channel, &house.connecting()).await);
    assert!(said.contains("не смог подтвердить"), "{said}");
    assert!(w.community.servers().is_empty());
}

#[tokio::test]
async fn ch_7_ten_servers_are_too_many() {
    let mut w = world().await;
    let house = House::open(&mut w).await;
    w.community.add_foreign_servers(10);
    let said = reason(w.driver.connect(&w.channel, &house.connecting()).await);
    assert!(said.contains("десять"), "{said}");
}

#[tokio::test]
async fn ch_7_missing_rights_are_named() {
    let mut w = world().await;
    for (rights, expected) in [
        (&RIGHTS[1..], "управление сообществом."),
        (&RIGHTS[..2], "фотографии сообщества, файлы сообщества."),
        (&[], "управление сообществом, сообщения сообщества, фотографии"),
    ] {
        w.channel.secrets.insert("token".to_owned(), w.community.key_with(rights).into());
        let (field, code, message) = field(w.driver.connect(&w.channel, &no_hook()).await);
        assert_eq!((field.as_str(), code), ("token", "missing_rights"));
        assert!(message.contains(expected), "{message}");
    }
    let report = w.driver.inspect(&w.channel, &no_hook()).await.expect("a report");
    assert_eq!(report.state, ChannelState::BadCredentials);
}

#[tokio::test]
async fn ch_13_a_dead_key_and_an_address_of_somebody_else() {
    let mut w = world().await;
    w.community.set_messages(false);
    let said = reason(w.driver.connect(&w.channel, &no_hook()).await);
    assert!(said.contains("выключены"), "{said}");
    w.community.revoke_keys();
    let (at, code, _) = field(w.driver.connect(&w.channel, &no_hook()).await);
    assert_eq!((at.as_str(), code), ("token", "bad_token"));
    let report = w.driver.inspect(&w.channel, &no_hook()).await.expect("a report");
    assert_eq!(report.state, ChannelState::BadCredentials);
    w.driver.disconnect(&w.channel).await.expect("nothing is there to take away");

    let wrong = format!("{}/nowhere", w.vk.url());
    w.channel.settings.insert("base_url".to_owned(), wrong.into());
    let (at, code, _) = field(w.driver.connect(&w.channel, &no_hook()).await);
    assert_eq!((at.as_str(), code), ("base_url", "not_vk"));
    w.channel.settings.insert("base_url".to_owned(), "http://127.0.0.1:9".into());
    let unreachable = w.driver.connect(&w.channel, &no_hook()).await;
    assert!(matches!(unreachable, Err(ConnectError::Unreachable(_))), "{unreachable:?}");
}

#[tokio::test]
async fn ch_7_without_a_public_address_it_polls_and_takes_its_server_away() {
    let mut w = world().await;
    let house = House::open(&mut w).await;
    w.driver.connect(&w.channel, &house.connecting()).await.expect("it connects");
    w.channel.settings.insert("receive".to_owned(), "auto".into());
    let connected = w.driver.connect(&w.channel, &no_hook()).await.expect("it connects");
    assert_eq!(connected.receive, Receive::Listener);
    assert!(w.community.servers().is_empty());
    w.channel.settings.insert("receive".to_owned(), "callback".into());
    let (at, code, _) = field(w.driver.connect(&w.channel, &no_hook()).await);
    assert_eq!((at.as_str(), code), ("receive", "no_public_url"));
    w.clean();
}

#[tokio::test]
async fn ch_2_the_link_brings_its_mark_back() {
    let mut w = world().await;
    let house = House::open(&mut w).await;
    w.driver.connect(&w.channel, &house.connecting()).await.expect("it connects");
    let link = w.driver.write_link(&w.channel, "Лавка чайников", "w-8f3a").expect("a link");
    assert_eq!(link, format!("https://vk.me/club{}?ref=w-8f3a", w.community.id));
    w.vera.comes_by_link(&w.community, "w-8f3a", "site", "Здравствуйте");
    let message = house.message("Здравствуйте").await;
    assert_eq!(message.attribution.start_payload.as_deref(), Some("w-8f3a"));
    assert_eq!(message.attribution.source.as_deref(), Some("site"));
}
