//! Connecting: the key, the number, the senders as a list, what is wrong in words (CH-11, CH-13).

use channel::{ConnectError, Connecting, Driver, Receive};
use domain::channel::ChannelState;
use sandbox::sms::{Faults, Provider};

use crate::world::{Hook, NUMBER, world};

const NO_HOOK: Connecting = Connecting { hook_url: None };

#[tokio::test]
async fn ch_11_an_account_is_connected_and_its_senders_are_a_list() {
    for provider in Provider::ALL {
        let world = world(provider).await;
        if provider == Provider::SmsAero {
            world.account.register_sender(NUMBER);
        }
        let connected = world.driver.connect(&world.channel, &NO_HOOK).await.expect("connected");
        assert_eq!(connected.title, format!("+{NUMBER}"), "{provider:?}");
        assert_eq!(connected.receive, Receive::Listener);
        let again = world.driver.connect(&world.channel, &NO_HOOK).await.expect("connected");
        assert_eq!(again.external_id, connected.external_id);
        let hook = Hook::start().await;
        let with = world.driver.connect(&world.channel, &hook.connecting()).await;
        assert_eq!(with.expect("connected").receive, Receive::WebhookAndListener);

        let choices = world.driver.choices(&world.channel, "number").await.expect("a list");
        let values: Vec<&str> = choices.iter().map(|c| c.value.as_str()).collect();
        assert_eq!(values, [&format!("+{NUMBER}"), "SHOP"], "{provider:?}");
        // Also before a number is chosen.
        let mut without = world.channel.clone();
        without.settings.remove("number");
        assert_eq!(world.driver.choices(&without, "number").await.expect("a list").len(), 2);
        assert!(world.driver.choices(&without, "key").await.expect("no list").is_empty());
        world.no_violations();
    }
}

#[tokio::test]
async fn ch_11_a_key_of_smsc_ru_needs_no_login() {
    let mut world = world(Provider::SmscRu).await;
    world.channel.settings.remove("login");
    let key = world.account.credentials().smsc_key;
    world.channel.secrets.insert("key".to_owned(), key.into());
    world.driver.connect(&world.channel, &NO_HOOK).await.expect("connected");
}

#[tokio::test]
async fn ch_13_a_wrong_key_is_said_beside_its_field_and_a_dead_one_as_a_state() {
    for provider in Provider::ALL {
        let mut world = world(provider).await;
        world.account.register_sender(NUMBER);
        let inspected = world.driver.inspect(&world.channel, &NO_HOOK).await.expect("found out");
        assert_eq!(inspected.state, ChannelState::Connected, "{provider:?}");
        world.account.renew_keys();
        let inspected = world.driver.inspect(&world.channel, &NO_HOOK).await.expect("found out");
        assert_eq!(inspected.state, ChannelState::BadCredentials, "{provider:?}");
        assert!(inspected.remedy.is_some());
        match world.driver.connect(&world.channel, &NO_HOOK).await {
            Err(ConnectError::Field(wrong)) => assert_eq!(wrong.field, "key", "{provider:?}"),
            other => panic!("{provider:?}: {other:?}"),
        }
        let choices = world.driver.choices(&world.channel, "number").await;
        assert!(matches!(choices, Err(ConnectError::Field(_))), "{choices:?}");
        world.channel.settings.insert("base_url".to_owned(), "http://127.0.0.1:9/".into());
        let unreachable = world.driver.connect(&world.channel, &NO_HOOK).await;
        assert!(matches!(unreachable, Err(ConnectError::Unreachable(_))), "{unreachable:?}");
        let inspected = world.driver.inspect(&world.channel, &NO_HOOK).await.expect("found out");
        assert_eq!(inspected.state, ChannelState::Interrupted, "{provider:?}");
    }
}

#[tokio::test]
async fn ch_11_a_number_that_the_account_does_not_have_is_refused_with_those_it_has() {
    for provider in Provider::ALL {
        let mut world = world(provider).await;
        world.channel.settings.insert("number".to_owned(), "+79169999999".into());
        match world.driver.connect(&world.channel, &NO_HOOK).await {
            Err(ConnectError::Field(wrong)) => {
                assert_eq!((wrong.field.as_str(), wrong.code), ("number", "unknown_sender"));
                assert!(wrong.message.ru.contains("SHOP"), "{wrong:?}");
            }
            other => panic!("{provider:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn ch_13_no_money_and_a_blocked_address_are_states_with_a_remedy() {
    for provider in Provider::ALL {
        let world = world(provider).await;
        world.account.set_balance(0);
        let inspected = world.driver.inspect(&world.channel, &NO_HOOK).await.expect("found out");
        assert_eq!(inspected.state, ChannelState::Interrupted, "{provider:?}");
        let reason = inspected.reason.expect("words").ru;
        assert!(reason.contains("денег"), "{reason}");
        world.account.set_balance(100);
        let inspected = world.driver.inspect(&world.channel, &NO_HOOK).await.expect("found out");
        assert_eq!(inspected.state, ChannelState::Connected, "{provider:?}");
    }
    let world = world(Provider::SmscRu).await;
    world.account.set_faults(Faults { ip_blocked: true, ..Faults::default() });
    let inspected = world.driver.inspect(&world.channel, &NO_HOOK).await.expect("found out");
    assert_eq!(inspected.state, ChannelState::Failed);
    assert!(inspected.remedy.expect("words").ru.contains("IP"));
}
