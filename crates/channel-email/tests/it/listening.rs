//! S18: nothing is lost and nothing is doubled, whatever happens to mailbox and connection.

use std::time::Duration;

use channel::{ConnectError, Connecting, Driver, ListenError, Receive, Sender};
use domain::{channel::ChannelState, content::Content};

use crate::support::{Remembering, Running, channel, driver, letter, servers, subject};

const SALES: &str = "sales@shop.test";

#[tokio::test]
async fn ch_10_idle_brings_a_letter_and_old_ones_stay_outside() {
    let Some(server) = servers() else { return };
    server.append(SALES, "INBOX", &letter("old", Some("old@x"), "before")).expect("appended");
    let (channel, inbox) = (channel(&server, SALES), Remembering::default());
    let running = Running::start(&channel, &inbox);
    inbox.connected().await;
    server
        .deliver("anna@client.test", SALES, &letter("new", Some("new@x"), "hello"))
        .expect("delivered");
    inbox.until("the letter", |i| !i.messages().is_empty()).await;
    running.stop().await;

    let messages = inbox.messages();
    assert_eq!(inbox.subjects(), vec!["new"]);
    let message = messages.first().expect("one came");
    assert_eq!(message.sender, Sender::Customer);
    assert_eq!(message.person.external_id, "anna@client.test");
    assert_eq!(message.person.name.as_deref(), Some("Anna"));
    assert_eq!(message.aliases, vec!["new@x"]);
    assert!(matches!(&message.content, Content::Letter { text, .. } if text == "hello"));
}

#[tokio::test]
async fn s18_a_cut_connection_and_an_outage_lose_nothing() {
    let Some(server) = servers() else { return };
    let (channel, inbox) = (channel(&server, SALES), Remembering::default());
    let running = Running::start(&channel, &inbox);
    inbox.connected().await;
    server.append(SALES, "INBOX", &letter("1", Some("1@x"), "a")).expect("appended");
    inbox.until("the first", |i| i.messages().len() == 1).await;

    server.kick(SALES).expect("kicked");
    assert!(matches!(running.ended().await, Err(ListenError::Interrupted(_))));
    for n in 2..=30 {
        let id = format!("{n}@x");
        server.append(SALES, "INBOX", &letter(&n.to_string(), Some(&id), "a")).expect("appended");
    }
    let running = Running::start(&channel, &inbox);
    inbox.until("the rest", |i| i.messages().len() == 30).await;
    running.stop().await;
    assert_eq!(inbox.doubles(), 0);
    let expected: Vec<String> = (1..=30).map(|n: u32| n.to_string()).collect();
    assert_eq!(inbox.subjects(), expected, "in order");
}

#[tokio::test]
async fn s18_letters_without_or_with_equal_message_ids_are_all_kept() {
    let Some(server) = servers() else { return };
    let (channel, inbox) = (channel(&server, SALES), Remembering::default());
    let running = Running::start(&channel, &inbox);
    inbox.connected().await;
    for letter in [
        letter("no id 1", None, "a"),
        letter("no id 2", None, "b"),
        letter("equal", Some("same@x"), "one"),
        letter("equal", Some("same@x"), "two"),
        // The very same letter twice is one letter.
        letter("equal", Some("same@x"), "one"),
    ] {
        server.append(SALES, "INBOX", &letter).expect("appended");
    }
    inbox.until("all", |i| i.messages().len() + i.doubles() == 5).await;
    running.stop().await;
    assert_eq!(inbox.subjects(), vec!["no id 1", "no id 2", "equal", "equal"]);
    assert_eq!(inbox.doubles(), 1);
}

#[tokio::test]
async fn s18_a_recreated_mailbox_loses_and_doubles_nothing() {
    let Some(server) = servers() else { return };
    let (channel, inbox) = (channel(&server, SALES), Remembering::default());
    let running = Running::start(&channel, &inbox);
    inbox.connected().await;
    for n in 1..=5 {
        let id = (n % 2 == 0).then(|| format!("{n}@x"));
        let letter = letter(&n.to_string(), id.as_deref(), &n.to_string());
        server.append(SALES, "INBOX", &letter).expect("appended");
    }
    inbox.until("five", |i| i.messages().len() == 5).await;
    running.stop().await;

    // The old numbering is lost, and one more letter arrives meanwhile.
    let before = server.command(SALES, &["EXAMINE INBOX"]).expect("looked");
    server.renumber(SALES).expect("renumbered");
    server.append(SALES, "INBOX", &letter("6", None, "6")).expect("appended");
    let after = server.command(SALES, &["EXAMINE INBOX"]).expect("looked");
    let validity = |said: &str| said.lines().find(|l| l.contains("UIDVALIDITY")).map(str::to_owned);
    assert_ne!(validity(&before), validity(&after), "the test did what it says");

    let running = Running::start(&channel, &inbox);
    inbox.until("the sixth", |i| i.messages().len() == 6).await;
    running.stop().await;
    assert_eq!(inbox.subjects(), vec!["1", "2", "3", "4", "5", "6"], "lost 0");
    assert_eq!(inbox.doubles(), 5, "seen again and dropped by their ids");
}

/// The short form of the scorecard's drill: everything at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s18_cuts_failures_and_a_new_numbering_together_lose_and_double_nothing() {
    const LETTERS: usize = 300;
    let Some(server) = servers() else { return };
    let (channel, inbox) = (channel(&server, SALES), Remembering::default());
    let mut running = Running::start(&channel, &inbox);
    inbox.connected().await;
    for n in 0..LETTERS {
        let id = match n % 10 {
            0 => None,
            1 => Some("the-same@x".to_owned()),
            _ => Some(format!("{n}@x")),
        };
        let raw = letter(&n.to_string(), id.as_deref(), &format!("body {n}"));
        server.append(SALES, "INBOX", &raw).expect("appended");
        match n {
            60 | 180 => {
                // It may be between two connections: then there is nothing to cut.
                let _ = server.kick(SALES);
            }
            100 | 220 => inbox.fail(1),
            140 => {
                inbox.until_or(Duration::from_secs(10), |i| i.messages().len() > 120).await;
                running.stop_or_ended().await;
                server.renumber(SALES).expect("renumbered");
                running = Running::start(&channel, &inbox);
            }
            _ => {}
        }
        if running.is_finished() {
            running = Running::start(&channel, &inbox);
        }
    }
    while inbox.messages().len() < LETTERS {
        let enough =
            inbox.until_or(std::time::Duration::from_secs(1), |i| i.messages().len() == LETTERS);
        enough.await;
        if running.is_finished() {
            running = Running::start(&channel, &inbox);
        }
    }
    running.stop_or_ended().await;
    let mut subjects: Vec<usize> =
        inbox.subjects().iter().map(|s| s.parse().expect("a number")).collect();
    assert_eq!(subjects.len(), LETTERS, "doubled 0");
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!(subjects.len(), LETTERS, "lost 0");
    assert!(inbox.doubles() > 100, "the new numbering was read again: {}", inbox.doubles());
}

#[tokio::test]
async fn row_5_a_letter_that_was_not_stored_comes_again() {
    let Some(server) = servers() else { return };
    let (channel, inbox) = (channel(&server, SALES), Remembering::default());
    let running = Running::start(&channel, &inbox);
    inbox.connected().await;
    inbox.fail(1);
    server.append(SALES, "INBOX", &letter("1", Some("1@x"), "a")).expect("appended");
    assert!(matches!(running.ended().await, Err(ListenError::Accept(_))));
    assert!(inbox.messages().is_empty());
    let running = Running::start(&channel, &inbox);
    inbox.until("it", |i| i.messages().len() == 1).await;
    running.stop().await;
    assert_eq!(inbox.doubles(), 0);
}

#[tokio::test]
async fn s16_poison_is_quarantined_and_the_next_letter_is_read() {
    let Some(server) = servers() else { return };
    let (channel, inbox) = (channel(&server, SALES), Remembering::default());
    let running = Running::start(&channel, &inbox);
    inbox.connected().await;
    let bomb = "Content-Type: message/rfc822\r\n\r\n".repeat(40_000);
    let huge = letter("huge", Some("huge@x"), &"0123456789abcdef\r\n".repeat(1_800_000));
    for raw in [bomb.into_bytes(), huge, letter("good", Some("good@x"), "a")] {
        server.append(SALES, "INBOX", &raw).expect("appended");
    }
    inbox.until("the good one", |i| i.messages().len() == 1).await;
    running.stop().await;
    assert_eq!(inbox.subjects(), vec!["good"]);
    let quarantined = inbox.quarantined();
    assert_eq!(quarantined.len(), 2);
    let huge = quarantined.last().expect("the huge one");
    assert!(huge.reason.en.contains("too large") && huge.body.len() < 1000, "headers alone");
}

#[tokio::test]
async fn wa_4_a_letter_from_another_mail_program_joins_from_sent() {
    let Some(server) = servers() else { return };
    let (channel, inbox) = (channel(&server, SALES), Remembering::default());
    let running = Running::start(&channel, &inbox);
    inbox.connected().await;
    let raw = b"From: Sales <sales@shop.test>\r\nTo: Anna <Anna@Client.Test>\r\n\
        Message-ID: <from-phone@x>\r\nSubject: Re: order\r\nIn-Reply-To: <order@x>\r\n\r\nyes\r\n";
    server.append(SALES, "Sent", raw).expect("appended");
    inbox.until("it", |i| i.messages().len() == 1).await;
    running.stop().await;
    let messages = inbox.messages();
    let message = messages.first().expect("one came");
    assert_eq!(message.sender, Sender::OurSide);
    assert_eq!(message.person.external_id, "anna@client.test");
    assert_eq!(message.thread, vec!["order@x"]);
    assert_eq!(subject(message), "Re: order");
}

#[tokio::test]
async fn ch_10_connecting_tells_what_is_wrong_at_its_field() {
    let Some(server) = servers() else { return };
    let connecting = Connecting { hook_url: None };
    let good = channel(&server, "Sales@Shop.Test");
    let connected = driver().connect(&good, &connecting).await.expect("it connects");
    assert_eq!(connected.external_id, SALES);
    assert_eq!(connected.receive, Receive::Listener);

    let mut wrong = good.clone();
    wrong.secrets.insert("password".to_owned(), "wrong".into());
    match driver().connect(&wrong, &connecting).await {
        Err(ConnectError::Field(error)) => {
            assert_eq!((error.field.as_str(), error.code), ("password", "refused"));
            assert!(error.message.ru.contains("пароль для приложений"), "{:?}", error.message);
            assert!(!format!("{error:?}").contains("wrong\""), "the password is not shown");
        }
        other => panic!("{other:?}"),
    }
    match Running::start(&wrong, &Remembering::default()).ended().await {
        Err(ListenError::Stopped(report)) => {
            assert_eq!(report.state, ChannelState::BadCredentials);
        }
        other => panic!("{other:?}"),
    }

    let mut closed = good.clone();
    closed.settings.insert("imap_port".to_owned(), 1.into());
    match driver().connect(&closed, &connecting).await {
        Err(ConnectError::Field(error)) => assert_eq!(error.field, "imap_port"),
        other => panic!("{other:?}"),
    }
    let mut unknown = good.clone();
    unknown.settings.insert("smtp_security".to_owned(), "tls".into());
    match driver().connect(&unknown, &connecting).await {
        Err(ConnectError::Field(error)) => {
            assert!(["smtp_security", "smtp_port"].contains(&error.field.as_str()), "{error:?}");
        }
        other => panic!("{other:?}"),
    }
}
