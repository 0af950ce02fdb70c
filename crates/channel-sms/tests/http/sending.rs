//! Sending: each outcome of a call has its move (CV-7, CH-11).

use std::time::Duration;

use channel::{Driver, SendError, Sent};
use domain::{channel::ChannelState, ids::MessageId};
use sandbox::sms::{Faults, Options, Outcome, Provider};
use uuid::Uuid;

use crate::world::{PATIENCE, PHONE, World, outbound, world, world_with};

async fn shop(provider: Provider) -> World {
    let mut world = world(provider).await;
    world.channel.settings.insert("number".to_owned(), "SHOP".into());
    world
}

fn sends(world: &World) -> usize {
    world.account.calls().iter().filter(|call| call.text.is_some()).count()
}

#[tokio::test]
async fn cv_4_we_write_first_and_the_phone_shows_it() {
    for provider in Provider::ALL {
        let world = shop(provider).await;
        let long = "Здравствуйте! Ваш заказ собран. ".repeat(5);
        let sent = world.send(long.trim()).await.expect("accepted");
        assert!(!sent.external_id.is_empty());
        assert!(sent.parts.is_empty(), "the providers report on a message as a whole");
        let shown = world.phone.wait_for(&world.account, PATIENCE, long.trim()).await;
        let shown = shown.expect("it arrives");
        assert_eq!((shown.other.as_str(), shown.parts), ("SHOP", 3), "{provider:?}");
        world.no_violations();
    }
}

#[tokio::test]
async fn cv_7_refusals_have_words_for_the_operator() {
    for provider in Provider::ALL {
        let world = shop(provider).await;
        let mut to_nobody = outbound("текст");
        to_nobody.recipient = "123".to_owned();
        let bad = world.driver.send(&world.channel, &to_nobody).await;
        assert!(rejected(&bad) == Some("bad_number"), "{provider:?}: {bad:?}");
        to_nobody.recipient = "Tinkoff".to_owned();
        let name = world.driver.send(&world.channel, &to_nobody).await;
        assert!(rejected(&name) == Some("not_a_phone"), "{provider:?}: {name:?}");

        world.phone.joins_stop_list();
        let stopped = world.send("текст").await;
        let expected = if provider == Provider::SmscRu { "undeliverable" } else { "blocked" };
        assert_eq!(rejected(&stopped), Some(expected), "{provider:?}: {stopped:?}");

        let mut unregistered = world.channel.clone();
        unregistered.settings.insert("number".to_owned(), "NOBODY".into());
        let sender = world.driver.send(&unregistered, &outbound("текст")).await;
        let expected = if provider == Provider::SmscRu { "forbidden" } else { "sender" };
        assert_eq!(rejected(&sender), Some(expected), "{provider:?}: {sender:?}");
        world.no_violations();
    }
}

fn rejected(outcome: &Result<Sent, SendError>) -> Option<&'static str> {
    match outcome {
        Err(SendError::Rejected { code, text }) => {
            assert!(text.chars().any(|c| c.is_alphabetic()), "words: {text}");
            Some(code)
        }
        _ => None,
    }
}

#[tokio::test]
async fn ch_13_a_dead_key_and_an_empty_account_stop_the_channel_and_not_the_message() {
    for provider in Provider::ALL {
        for old_words in [false, true] {
            let world = shop(provider).await;
            world.account.set_faults(Faults { old_words, ..Faults::default() });
            world.account.set_balance(1);
            match world.send("текст").await {
                Err(SendError::Disconnected(report)) => {
                    assert_eq!(report.state, ChannelState::Interrupted, "{provider:?}");
                    assert!(report.remedy.expect("words").ru.contains("Пополните"));
                }
                other => panic!("{provider:?}: {other:?}"),
            }
            world.account.set_balance(1000);
            world.account.renew_keys();
            match world.send("текст").await {
                Err(SendError::Disconnected(report)) => {
                    assert_eq!(report.state, ChannelState::BadCredentials, "{provider:?}");
                }
                other => panic!("{provider:?}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn cv_7_too_many_requests_wait_and_a_lost_connection_is_not_sent() {
    for provider in Provider::ALL {
        let mut world = shop(provider).await;
        world.account.set_faults(Faults { too_many: 1, ..Faults::default() });
        match world.send("текст").await {
            Err(SendError::Retry { after, .. }) => assert!(after >= Duration::from_secs(5)),
            other => panic!("{provider:?}: {other:?}"),
        }
        world.send("текст").await.expect("accepted after the wait");
        world.channel.settings.insert("base_url".to_owned(), "http://127.0.0.1:9/".into());
        let refused = world.send("текст").await;
        assert!(matches!(refused, Err(SendError::Retry { .. })), "{provider:?}: {refused:?}");
        assert_eq!(world.account.sends_accepted(), 1, "{provider:?}");
    }
}

#[tokio::test]
async fn cv_7_a_lost_answer_is_unknown_where_nobody_can_tell() {
    for provider in [Provider::SmsAero, Provider::Exolve] {
        let world = shop(provider).await;
        for faults in [
            Faults { drop_answer: 1, ..Faults::default() },
            Faults { drop_request: 1, ..Faults::default() },
            Faults { server_error: 1, ..Faults::default() },
        ] {
            world.account.set_faults(faults);
            let lost = world.send("текст").await;
            assert!(matches!(lost, Err(SendError::Unknown(_))), "{provider:?}: {lost:?}");
        }
        assert_eq!(sends(&world), 3, "the driver tried each once");
    }
}

#[tokio::test]
async fn cv_7_smsc_ru_is_asked_by_our_own_id_what_became_of_a_lost_answer() {
    let world = shop(Provider::SmscRu).await;
    world.account.set_faults(Faults { drop_answer: 1, ..Faults::default() });
    let sent = world.send("первое").await.expect("it was accepted, as the status tells");
    assert_eq!(sends(&world), 1);
    assert!(!sent.aliases.is_empty());

    for faults in [
        Faults { drop_request: 1, ..Faults::default() },
        Faults { server_error: 1, ..Faults::default() },
    ] {
        world.account.set_faults(faults);
        let refused = world.send("второе").await;
        assert!(matches!(refused, Err(SendError::Retry { .. })), "surely not sent: {refused:?}");
    }
    world.account.set_faults(Faults { drop_answer: 1, drop_status: 1, ..Faults::default() });
    let lost = world.send("третье").await;
    assert!(matches!(lost, Err(SendError::Unknown(_))), "nobody can tell: {lost:?}");
    world.no_violations();
}

#[tokio::test]
async fn cv_7_smsc_ru_a_message_sent_again_later_goes_once() {
    let world = shop(Provider::SmscRu).await;
    let mut message = outbound("ответ");
    // Made an hour ago: a process was killed, and a person presses 'send again'.
    let hour_ago = u128::try_from(chrono::Utc::now().timestamp_millis() - 3_600_000).expect("now");
    message.id = MessageId(Uuid::from_u128(hour_ago << 80 | 0x7000_8000_0000_0012_3456));
    let foretold = world.driver.foretold(&world.channel, &message.recipient, message.id);
    let first = world.driver.send(&world.channel, &message).await.expect("accepted");
    assert_eq!(first.aliases, foretold);
    let again = world.driver.send(&world.channel, &message).await.expect("known");
    assert_eq!(again, first);
    assert_eq!(world.account.sends_accepted(), 1);
    world.no_violations();
}

#[tokio::test]
async fn cv_7_smsc_ru_the_same_words_twice_within_a_minute_wait() {
    let options = Options { limits: sandbox::sms::Limits::documented(), ..Options::quick() };
    let mut world = world_with(Provider::SmscRu, options).await;
    world.channel.settings.insert("number".to_owned(), "SHOP".into());
    let first = outbound("хорошо");
    world.driver.send(&world.channel, &first).await.expect("accepted");
    match world.send("хорошо").await {
        Err(SendError::Retry { after, .. }) => assert_eq!(after, Duration::from_secs(60)),
        other => panic!("{other:?}"),
    }
    // The very same message is recognised.
    world.driver.send(&world.channel, &first).await.expect("known");
    assert_eq!(world.account.sends_accepted(), 1);
}

#[tokio::test]
async fn ch_11_smsc_ru_takes_a_thousand_characters() {
    let world = shop(Provider::SmscRu).await;
    let long = world.send(&"a".repeat(1001)).await;
    assert_eq!(rejected(&long), Some("too_long"));
    world.send(&"a".repeat(1000)).await.expect("accepted");
    world.no_violations();
}

#[tokio::test]
async fn ch_11_the_test_mode_of_sms_aero_reaches_no_phone() {
    let mut world = shop(Provider::SmsAero).await;
    world.channel.settings.insert("test_mode".to_owned(), true.into());
    world.send("проба").await.expect("accepted");
    let test = world.account.calls().into_iter().any(|call| call.method == "sms/testsend");
    assert!(test && world.phone.shows(&world.account).is_empty());
    world.no_violations();
}

#[tokio::test]
async fn cv_7_what_was_refused_is_recorded_as_refused_by_the_provider() {
    let world = shop(Provider::Exolve).await;
    world.phone.joins_stop_list();
    let _ = world.send("текст").await;
    let last = world.account.calls().pop().expect("a call");
    assert_eq!(last.to.as_deref(), Some(PHONE));
    assert!(matches!(last.outcome, Outcome::Refused(_)));
}
