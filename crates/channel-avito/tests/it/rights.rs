//! Consent, tokens, and what becomes of a channel that may not (CH-8, CH-13).

use std::sync::Arc;

use channel::{ConnectError, Connecting, Driver, Receive, SendError};
use domain::{channel::ChannelState, content::Content};
use futures::future::join_all;
use sandbox::avito::{Faults, Scope, Tariff};
use url::Url;

use crate::world::{HOOK_SECRET, World};

fn state(error: ConnectError) -> ChannelState {
    match error {
        ConnectError::Refused(report) => report.state,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn ch_8_a_seller_agrees_and_the_channel_connects() {
    let world = World::consent().await;
    assert!(matches!(world.connect(None).await, Err(ConnectError::ConsentNeeded)));
    world.agree().await;
    let connected = world.connect(None).await.expect("it connects");
    assert_eq!(connected.external_id, world.seller.id.to_string());
    assert_eq!(connected.title, "Лавка чайников");
    assert_eq!(connected.receive, Receive::Listener);
    let role = world.driver.consent().expect("a role");
    let back = Url::parse(crate::world::BACK).expect("an address");
    let spent = role.returned(&world.channel, "used-before", &back).await.expect_err("refused");
    assert_eq!(state(spent), ChannelState::LoggedOut);
    world.assert_clean();
}

/// What was typed for own keys stays in the settings; with consent it leads nowhere.
#[tokio::test]
async fn ch_8_the_installations_keys_go_to_no_address_that_a_person_types() {
    let mut world = World::consent().await;
    world.channel.settings.insert("base_url".to_owned(), "http://127.0.0.1:1".into());
    world.agree().await;
    world.connect(None).await.expect("by the installation's own address");
}

#[tokio::test]
async fn ch_8_own_keys_connect_and_wrong_ones_are_named() {
    let mut world = World::own_keys().await;
    assert!(
        world
            .driver
            .consent()
            .expect("a role")
            .page(&world.channel, &Url::parse("https://x.test").expect("an address"), "s")
            .is_none()
    );
    world.connect(None).await.expect("it connects");
    world.channel.secrets.insert("client_secret".to_owned(), "another-secret".into());
    let refused = world.connect(None).await.expect_err("wrong keys");
    let ConnectError::Field(wrong) = refused else { panic!("{refused:?}") };
    assert_eq!((wrong.field.as_str(), wrong.code), ("client_secret", "bad_keys"));
    world.assert_clean();
}

/// An expired token answers 403; many callers at once renew it once, and none of them loses.
#[tokio::test]
async fn ch_8_a_pair_of_tokens_is_renewed_once_by_many() {
    let world = World::consent().await;
    world.agree().await;
    let world = Arc::new(world.connected().await);
    let chat = world.seller.chat_with(77, "Вера", None);
    for round in 0..3 {
        world.seller.expire_tokens();
        let sent = join_all((0..12).map(|n| {
            let text = Content::text(format!("ответ {round}-{n}"));
            let (world, chat) = (Arc::clone(&world), chat.id.clone());
            async move { world.send(&chat, text).await }
        }))
        .await;
        assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    }
    let grants = world.avito.calls().into_iter().filter(|c| c.operation == "token");
    let refreshes = grants.filter(|c| c.told.as_deref() == Some("refresh_token")).count();
    assert_eq!(refreshes, 3);
    assert_eq!(chat.transcript().len(), 36);
    world.assert_clean();
}

/// By the clock, before Avito says so.
#[tokio::test]
async fn ch_8_a_token_near_its_end_is_renewed_beforehand() {
    let world = World::own_keys().await.connected().await;
    let chat = world.seller.chat_with(77, "Вера", None);
    world.clock.by(86_400);
    world.send(&chat.id, Content::text("раз")).await.expect("sent");
    let refused = world.avito.calls().into_iter().filter(|c| c.status == 403).count();
    assert_eq!(refused, 0);
    assert_eq!(world.avito.count("token"), 2);
}

#[tokio::test]
async fn ch_13_a_dead_access_asks_to_connect_again() {
    for consent in [true, false] {
        let world = if consent { World::consent().await } else { World::own_keys().await };
        if consent {
            world.agree().await;
        }
        let world = world.connected().await;
        let chat = world.seller.chat_with(77, "Вера", None);
        world.seller.revoke();
        let expected = if consent { ChannelState::LoggedOut } else { ChannelState::BadCredentials };
        let refused = world.send(&chat.id, Content::text("раз")).await.expect_err("no access");
        let SendError::Disconnected(report) = refused else { panic!("{refused:?}") };
        assert_eq!(report.state, expected);
        let remedy = report.remedy.expect("what to do");
        assert!(remedy.en.contains("Connect the channel again"), "{}", remedy.en);
        let hook_url = Url::parse("http://127.0.0.1:1/hooks/avito/key").ok();
        let seen = world.driver.inspect(&world.channel, &Connecting { hook_url }).await;
        assert_eq!(seen.expect("a state").state, expected);
    }
}

/// A token service that is down is no refusal: the message waits.
#[tokio::test]
async fn ch_13_a_token_service_that_is_down_is_waited_for() {
    let world = World::consent().await;
    world.agree().await;
    let world = world.connected().await;
    let chat = world.seller.chat_with(77, "Вера", None);
    world.seller.expire_tokens();
    world.seller.set_faults(Faults { server_error: 1, scope: Scope::Tokens, ..Faults::default() });
    let later = world.send(&chat.id, Content::text("раз")).await.expect_err("not now");
    assert!(matches!(later, SendError::Retry { .. }), "{later:?}");
    world.send(&chat.id, Content::text("раз")).await.expect("sent");
    assert_eq!(chat.transcript().len(), 1);
}

#[tokio::test]
async fn ch_8_a_missing_subscription_is_told_in_words_without_renewing_for_ever() {
    for tariff in [Tariff::Unpaid, Tariff::Forbidden] {
        let world = World::own_keys().await.connected().await;
        let chat = world.seller.chat_with(77, "Вера", None);
        world.seller.set_tariff(tariff);
        for _ in 0..4 {
            let refused = world.send(&chat.id, Content::text("раз")).await.expect_err("unpaid");
            let SendError::Disconnected(report) = refused else { panic!("{refused:?}") };
            assert_eq!(report.state, ChannelState::Failed);
            assert!(report.remedy.expect("what to do").ru.contains("«Максимальный»"));
        }
        assert!(world.avito.count("token") <= 3, "{}", world.avito.count("token"));
        assert_eq!(state(world.connect(None).await.expect_err("unpaid")), ChannelState::Failed);
        world.seller.set_tariff(Tariff::Paid);
        world.send(&chat.id, Content::text("раз")).await.expect("paid");
        world.assert_clean();
    }
}

/// The webhook's address is probed, listed, put back when lost, and taken away.
#[tokio::test]
async fn ch_8_the_webhook_is_registered_once_and_kept() {
    let (answering, url) = answering().await;
    let world = World::own_keys().await;
    let hook = format!("{url}/hooks/avito/key");
    let connected = world.connect(Some(&hook)).await.expect("it connects");
    assert_eq!(connected.receive, Receive::WebhookAndListener);
    let registered = vec![format!("{hook}?s={HOOK_SECRET}")];
    assert_eq!(world.seller.hooks(), registered);
    world.connect(Some(&hook)).await.expect("again");
    assert_eq!(world.seller.hooks(), registered);

    world.seller.forget_hooks();
    let connecting = Connecting { hook_url: Url::parse(&hook).ok() };
    let mut channel = world.channel.clone();
    channel.external_id = Some(world.seller.id.to_string());
    let seen = world.driver.inspect(&channel, &connecting).await.expect("a state");
    assert_eq!(seen.state, ChannelState::Connected);
    assert_eq!(world.seller.hooks(), registered);

    channel.hook_secret = "another-secret-of-the-same-channel".into();
    world.driver.inspect(&channel, &connecting).await.expect("a state");
    assert_eq!(world.seller.hooks().len(), 1, "the former address is taken away");
    world.driver.connect(&channel, &connecting).await.expect("it connects");
    world.driver.disconnect(&channel).await.expect("taken away");
    assert_eq!(world.seller.hooks(), Vec::<String>::new());
    world.assert_clean();
    drop(answering);

    let dead = world.connect(Some("http://127.0.0.1:1/hooks/avito/key")).await;
    assert_eq!(state(dead.expect_err("nobody answers there")), ChannelState::Failed);
}

/// Somebody who answers every request with an empty 200.
async fn answering() -> (tokio::task::JoinSet<()>, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut seen = [0_u8; 4096];
            let _ = stream.read(&mut seen).await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(answer).await;
        }
    });
    (tasks, url)
}
