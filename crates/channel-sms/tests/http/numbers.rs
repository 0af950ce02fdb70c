//! Whether a phone exists (WA-1): HLR requests at SMS Aero and SMSC.ru.

use std::{sync::Arc, time::Duration};

use channel::{Asking, Driver, Numbers, Question, SendError, Told};
use channel_sms::{Options, Sms};
use domain::{
    channel::ChannelState,
    ids::NumberCheckId,
    number_check::{Price, Reachable},
    phone::Phone,
};
use sandbox::sms::{Faults, Limits, Provider};
use serde_json::json;
use uuid::Uuid;

use crate::world::{PATIENCE, PHONE, World, world, world_with};

/// Those who sell looks into the register.
const SELLERS: [Provider; 2] = [Provider::SmsAero, Provider::SmscRu];

async fn shop(provider: Provider) -> World {
    let mut world = world(provider).await;
    world.channel.settings.insert("check_numbers".to_owned(), true.into());
    world
}

fn numbers(world: &World) -> &dyn Numbers {
    world.driver.numbers().expect("the driver checks numbers")
}

fn question(asking: Asking) -> Question {
    let phone = Phone::international(PHONE).expect("a phone");
    Question { id: NumberCheckId(Uuid::now_v7()), phone, asking }
}

async fn ask(world: &World, question: &Question) -> Result<Told, SendError> {
    numbers(world).exists(&world.channel, question).await
}

/// Asks, and looks until the network has answered; also how often it was looked.
async fn answer(world: &World) -> (Reachable, usize) {
    let mut question = question(Asking::First);
    let looking = async {
        let mut looks = 0;
        loop {
            match ask(world, &question).await.expect("taken") {
                Told::Known(answer) => return (answer, looks),
                Told::Later { ticket, after } => {
                    tokio::time::sleep(after).await;
                    question.asking = Asking::Taken(ticket);
                    looks += 1;
                }
            }
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.expect("the network answers")
}

#[tokio::test]
async fn wa_1_a_check_is_paid_for_and_switched_on_by_hand() {
    for provider in SELLERS {
        let mut world = world(provider).await;
        assert_eq!(numbers(&world).price(&world.channel), None, "{provider:?}: off at first");
        world.channel.settings.insert("check_numbers".to_owned(), true.into());
        assert_eq!(numbers(&world).price(&world.channel), Some(Price::Paid), "{provider:?}");
        world.channel.settings.insert("number".to_owned(), json!(""));
        assert_eq!(numbers(&world).price(&world.channel), None, "{provider:?}: wrong settings");
    }
    let mut test = shop(Provider::SmsAero).await;
    test.channel.settings.insert("test_mode".to_owned(), true.into());
    assert_eq!(numbers(&test).price(&test.channel), None, "nothing is paid in the test mode");
    let exolve = shop(Provider::Exolve).await;
    assert_eq!(numbers(&exolve).price(&exolve.channel), None);
    let refused = ask(&exolve, &question(Asking::First)).await;
    assert!(matches!(refused, Err(SendError::Rejected { .. })), "{refused:?}");
}

#[tokio::test]
async fn wa_1_the_network_says_whether_a_number_exists() {
    for provider in SELLERS {
        let world = shop(provider).await;
        let before = world.account.balance();
        assert_eq!(answer(&world).await.0, Reachable::Exists, "{provider:?}");
        assert!(world.account.balance() < before, "{provider:?}: it was paid for");
        world.phone.switch_off();
        assert_eq!(answer(&world).await.0, Reachable::Exists, "{provider:?}: off, and known");
        world.phone.is_gone();
        assert_eq!(answer(&world).await.0, Reachable::DoesNotExist, "{provider:?}");
        assert_eq!(world.account.lookups(), [PHONE; 3], "{provider:?}");
        assert_eq!(world.account.sends_accepted(), 0, "{provider:?}: nobody got an SMS");
        world.no_violations();
    }
}

/// Until the network answers there is no answer, whatever the provider is asked.
#[tokio::test]
async fn wa_1_a_silent_network_is_no_answer() {
    for provider in SELLERS {
        let world = shop(provider).await;
        world.account.set_faults(Faults { silent_register: true, ..Faults::default() });
        let mut question = question(Asking::First);
        for _ in 0..3 {
            match ask(&world, &question).await {
                Ok(Told::Later { ticket, .. }) => question.asking = Asking::Taken(ticket),
                other => panic!("{provider:?}: {other:?}"),
            }
        }
        world.account.set_faults(Faults { drop_status: 1, ..Faults::default() });
        let lost = ask(&world, &question).await;
        assert!(matches!(lost, Err(SendError::Retry { .. })), "to look again is free: {lost:?}");
        let told = loop {
            match ask(&world, &question).await {
                Ok(Told::Later { after, .. }) => tokio::time::sleep(after).await,
                told => break told,
            }
        };
        assert_eq!(told, Ok(Told::Known(Reachable::Exists)), "{provider:?}");
        assert_eq!(world.account.lookups().len(), 1, "{provider:?}: paid once");
    }
}

/// A question whose answer was lost is found by our own id, or nobody asks again by himself.
#[tokio::test]
async fn wa_1_nobody_pays_twice_for_a_lost_answer() {
    let world = shop(Provider::SmscRu).await;
    world.account.set_faults(Faults { drop_answer: 1, ..Faults::default() });
    let taken = ask(&world, &question(Asking::First)).await;
    assert!(matches!(taken, Ok(Told::Later { .. })), "found by its id: {taken:?}");
    assert_eq!(world.account.lookups().len(), 1);
    // Neither the answer nor what became of it is to be had at first.
    world.account.set_faults(Faults { drop_answer: 1, drop_status: 1, ..Faults::default() });
    let mut asked = question(Asking::First);
    let lost = ask(&world, &asked).await;
    assert!(matches!(lost, Err(SendError::Unknown(_))), "{lost:?}");
    asked.asking = Asking::AfterLoss;
    let found = ask(&world, &asked).await;
    assert!(matches!(found, Ok(Told::Later { .. })), "{found:?}");
    assert_eq!(world.account.lookups().len(), 2, "one for each question");
    // What never came there is asked.
    let mut asked = question(Asking::AfterLoss);
    asked.id = NumberCheckId(Uuid::from_u128(77));
    let anew = ask(&world, &asked).await;
    assert!(matches!(anew, Ok(Told::Later { .. })), "{anew:?}");
    assert_eq!(world.account.lookups().len(), 3);
    world.no_violations();

    let world = shop(Provider::SmsAero).await;
    world.account.set_faults(Faults { drop_answer: 1, ..Faults::default() });
    let mut asked = question(Asking::First);
    let lost = ask(&world, &asked).await;
    assert!(matches!(lost, Err(SendError::Unknown(_))), "{lost:?}");
    asked.asking = Asking::AfterLoss;
    let again = ask(&world, &asked).await;
    assert!(matches!(again, Err(SendError::Unknown(_))), "{again:?}");
    assert_eq!(world.account.lookups().len(), 1, "a person decides");
}

#[tokio::test]
async fn wa_1_refusals_name_the_next_move() {
    for provider in SELLERS {
        let world = shop(provider).await;
        world.account.set_faults(Faults { too_many: 1, ..Faults::default() });
        let busy = ask(&world, &question(Asking::First)).await;
        assert!(matches!(busy, Err(SendError::Retry { .. })), "{provider:?}: {busy:?}");
        world.account.set_balance(0);
        match ask(&world, &question(Asking::First)).await {
            Err(SendError::Disconnected(report)) => {
                assert_eq!(report.state, ChannelState::Interrupted, "{provider:?}");
                assert!(report.remedy.expect("words").ru.contains("Пополните"));
            }
            other => panic!("{provider:?}: {other:?}"),
        }
        world.account.set_balance(1000);
        world.account.renew_keys();
        match ask(&world, &question(Asking::First)).await {
            Err(SendError::Disconnected(report)) => {
                assert_eq!(report.state, ChannelState::BadCredentials, "{provider:?}");
            }
            other => panic!("{provider:?}: {other:?}"),
        }
        assert_eq!(world.account.lookups().len(), 0, "{provider:?}");
    }
}

/// SMSC.ru: five looks at one message within a minute.
#[tokio::test]
async fn wa_1_the_rhythm_of_looks_keeps_the_documented_limit() {
    let limits =
        Limits { looks_a_minute: Limits::documented().looks_a_minute, ..Limits::default() };
    let options = sandbox::sms::Options { limits, ..sandbox::sms::Options::quick() };
    let mut world = world_with(Provider::SmscRu, options).await;
    world.channel.settings.insert("check_numbers".to_owned(), true.into());
    world.account.set_faults(Faults { silent_register: true, ..Faults::default() });
    struct Stands;
    impl domain::clock::Clock for Stands {
        fn now(&self) -> domain::clock::Instant {
            domain::clock::Instant::UNIX_EPOCH
        }
    }
    // The rhythm of an installation.
    let outgoing = net::Outgoing::lenient();
    world.driver = Sms::new(Arc::new(Stands), Options { outgoing, ..Options::default() });
    let mut asked = question(Asking::First);
    let mut passed = Duration::ZERO;
    let mut looks = 0;
    while passed < Duration::from_secs(60) {
        match ask(&world, &asked).await {
            Ok(Told::Later { ticket, after }) => {
                asked.asking = Asking::Taken(ticket);
                passed += after;
                looks += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(looks <= 5, "{looks} within a minute");
    for _ in looks..6 {
        let _ = ask(&world, &asked).await;
    }
    let crowded = ask(&world, &asked).await;
    assert!(matches!(crowded, Err(SendError::Retry { .. })), "{crowded:?}");
}
