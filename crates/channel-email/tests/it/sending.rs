//! A letter goes out once, its copy is in \Sent, and every failure names the next move.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use channel::{Channel, Driver, OutFile, Outbound, RetryScope, SendError, Sender, Thread};
use domain::{
    content::{Content, FileKind},
    delivery::DeliveryStatus,
    ids::MessageId,
};
use futures::{StreamExt, stream};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use uuid::Uuid;

use crate::support::{Remembering, Running, channel, driver, letter, servers, subject};

fn outbound(content: Content<OutFile>) -> Outbound {
    Outbound {
        id: MessageId(Uuid::new_v4()),
        recipient: "anna@client.test".to_owned(),
        content,
        reply_to: None,
        thread: Thread::default(),
        automatic: false,
        repeated: false,
    }
}

fn text(text: &str) -> Content<OutFile> {
    Content::Letter {
        subject: "Ваш заказ".to_owned(),
        text: text.to_owned(),
        quoted: String::new(),
        html: None,
        files: Vec::new(),
    }
}

#[tokio::test]
async fn ch_10_a_letter_goes_there_and_its_answer_comes_back_into_the_thread() {
    let Some(server) = servers() else { return };
    let shop = channel(&server, "sales@shop.test");
    let anna = channel(&server, "anna@client.test");
    let (shop_inbox, anna_inbox) = (Remembering::default(), Remembering::default());
    let shop_runs = Running::start(&shop, &shop_inbox);
    let anna_runs = Running::start(&anna, &anna_inbox);
    shop_inbox.connected().await;
    anna_inbox.connected().await;

    let body = Bytes::from(vec![7u8; 100_000]);
    let file = OutFile {
        kind: FileKind::File,
        name: "счёт.bin".to_owned(),
        mime: "application/octet-stream".to_owned(),
        size: 100_000,
        link: None,
        open: Arc::new(move || stream::iter([Ok(body.clone())]).boxed()),
    };
    let mut message = outbound(text("Готов!"));
    if let Content::Letter { files, .. } = &mut message.content {
        files.push(file);
    }
    let sent = driver().send(&shop, &message).await.expect("it is sent");
    assert_eq!(sent.status, DeliveryStatus::Sent);

    anna_inbox.until("the letter", |i| i.messages().len() == 1).await;
    let got = anna_inbox.messages().remove(0);
    assert_eq!(subject(&got), "Ваш заказ");
    assert_eq!(got.person.name.as_deref(), Some("Магазин"));
    assert_eq!(got.aliases, sent.aliases);
    assert_eq!(got.content.files().first().and_then(|f| f.name.as_deref()), Some("счёт.bin"));
    assert_eq!(got.content.files().first().and_then(|f| f.size), Some(100_000));

    // The copy in \Sent tells that it went, and is no second message (row 7).
    shop_inbox.until("the copy", |i| !i.reports().is_empty()).await;
    let report = shop_inbox.reports().remove(0);
    assert_eq!((report.external_id, report.status), (sent.external_id, DeliveryStatus::Sent));
    assert!(shop_inbox.messages().is_empty());

    let mut answer = outbound(Content::text("Спасибо!"));
    answer.recipient = "sales@shop.test".to_owned();
    answer.reply_to = Some(got.external_id.clone());
    answer.thread =
        Thread { references: vec![got.external_id.clone()], subject: Some(subject(&got)) };
    driver().send(&anna, &answer).await.expect("it is sent");
    shop_inbox.until("the answer", |i| i.messages().len() == 1).await;
    let back = shop_inbox.messages().remove(0);
    assert_eq!(back.sender, Sender::Customer);
    assert_eq!(back.thread, sent.aliases, "it names our letter");
    assert_eq!(subject(&back), "Re: Ваш заказ");
    shop_runs.stop().await;
    anna_runs.stop().await;
}

#[tokio::test]
async fn a_refused_recipient_is_told_in_the_servers_words() {
    let Some(server) = servers() else { return };
    let shop = channel(&server, "sales@shop.test");
    let mut message = outbound(text("x"));
    message.recipient = "nobody@elsewhere.test".to_owned();
    match driver().send(&shop, &message).await {
        Err(SendError::Rejected { code: "bad_recipient", text }) => {
            assert!(text.contains("550"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn cv_7_a_bounce_of_our_letter_marks_it_failed() {
    let Some(server) = servers() else { return };
    let shop = channel(&server, "sales@shop.test");
    let inbox = Remembering::default();
    let running = Running::start(&shop, &inbox);
    inbox.connected().await;
    let sent = driver().send(&shop, &outbound(text("x"))).await.expect("it is sent");
    let id = sent.aliases.first().expect("its Message-ID");
    let bounce = format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.client.test\r\nTo: sales@shop.test\r\n\
         Subject: failure notice\r\n\r\nHi. This is the qmail-send program at mx.client.test.\r\n\
         I'm afraid I wasn't able to deliver your message.\r\n\r\n<anna@client.test>:\r\n\
         550 5.1.1 no such user\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n\
         Message-ID: <{id}>\r\nSubject: x\r\n\r\nx\r\n"
    );
    server.append("sales@shop.test", "INBOX", bounce.as_bytes()).expect("appended");
    let failed = |i: &Remembering| i.reports().iter().any(|r| r.status == DeliveryStatus::Failed);
    inbox.until("the bounce", failed).await;
    running.stop().await;
    let reports = inbox.reports();
    let report = reports.iter().find(|r| r.status == DeliveryStatus::Failed).expect("it failed");
    assert_eq!(report.external_id, sent.external_id);
    assert!(report.reason.as_deref().is_some_and(|r| r.contains("no such user")));
    assert!(inbox.messages().is_empty(), "no conversation with a robot");
}

#[tokio::test]
async fn s19_a_letter_of_the_mailbox_to_itself_opens_nothing() {
    let Some(server) = servers() else { return };
    let shop = channel(&server, "sales@shop.test");
    let inbox = Remembering::default();
    let running = Running::start(&shop, &inbox);
    inbox.connected().await;
    let mut message = outbound(text("to myself"));
    message.recipient = "sales@shop.test".to_owned();
    driver().send(&shop, &message).await.expect("it is sent");
    let forged = String::from_utf8(letter("forged", Some("f@x"), "x")).expect("ASCII");
    let forged = forged.replace("anna@client.test", "sales@shop.test");
    server.append("sales@shop.test", "INBOX", forged.as_bytes()).expect("appended");
    inbox.until("the forged one", |i| i.quarantined().len() == 1).await;
    inbox.until("the copy in Sent", |i| !i.reports().is_empty()).await;
    running.stop().await;
    assert!(inbox.messages().is_empty());
}

/// A server that plays a part: says each line after it heard the one before, then hangs up.
async fn scripted(lines: &'static [&'static str]) -> (Channel, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("somebody comes");
        let (read, mut write) = stream.into_split();
        let mut read = BufReader::new(read);
        let mut in_letter = false;
        for line in lines {
            write.write_all(format!("{line}\r\n").as_bytes()).await.expect("it listens");
            in_letter = line.starts_with("354");
            let mut heard = String::new();
            while read.read_line(&mut heard).await.unwrap_or(0) > 0 {
                if !in_letter || heard.ends_with("\r\n.\r\n") {
                    break;
                }
            }
        }
        let _ = in_letter;
    });
    let settings = serde_json::json!({
        "email": "sales@shop.test",
        "imap_host": "127.0.0.1", "imap_port": 1, "imap_security": "none",
        "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none",
    });
    let channel = Channel {
        id: domain::ids::ChannelId(Uuid::nil()),
        account: domain::ids::AccountId(Uuid::nil()),
        name: String::new(),
        settings: settings.as_object().cloned().unwrap_or_default(),
        secrets: [("password".to_owned(), "secret".into())].into(),
        hook_secret: "h".into(),
        external_id: None,
        memory: std::sync::Arc::new(channel::Forgetful),
    };
    (channel, task)
}

async fn outcome(lines: &'static [&'static str]) -> Result<DeliveryStatus, SendError> {
    let (channel, task) = scripted(lines).await;
    let sent = tokio::time::timeout(
        Duration::from_secs(20),
        driver().send(&channel, &outbound(text("x"))),
    )
    .await
    .expect("it ends");
    task.abort();
    sent.map(|s| s.status)
}

const EHLO: &str = "250-server\r\n250-8BITMIME\r\n250 AUTH PLAIN";

#[tokio::test]
async fn row_12_every_step_of_sending_names_the_next_move() {
    // Nothing listens any more.
    let (mut nobody, task) = scripted(&[]).await;
    task.abort();
    nobody.settings.insert("smtp_port".to_owned(), 1.into());
    assert!(matches!(
        driver().send(&nobody, &outbound(text("x"))).await,
        Err(SendError::Retry { scope: RetryScope::Channel, .. })
    ));

    let retry_channel = |o| matches!(o, Err(SendError::Retry { scope: RetryScope::Channel, .. }));
    let retry_chat = |o| matches!(o, Err(SendError::Retry { scope: RetryScope::Conversation, .. }));
    assert!(retry_channel(outcome(&["421 busy"]).await));
    assert!(retry_channel(outcome(&["220 hi", EHLO, "454 not now"]).await));
    assert!(matches!(
        outcome(&["220 hi", EHLO, "535 5.7.8 wrong"]).await,
        Err(SendError::Disconnected(_))
    ));
    assert!(retry_channel(outcome(&["220 hi", EHLO, "235 ok"]).await), "cut before the letter");
    let greylisted = outcome(&["220 hi", EHLO, "235 ok", "250 ok", "451 later"]).await;
    assert!(retry_chat(greylisted));
    assert!(matches!(
        outcome(&["220 hi", EHLO, "235 ok", "250 ok", "550 5.1.1 no such user"]).await,
        Err(SendError::Rejected { code: "bad_recipient", .. })
    ));
    let go_on: &[&str] = &["220 hi", EHLO, "235 ok", "250 ok", "250 ok", "354 go on"];
    assert!(matches!(outcome(go_on).await, Err(SendError::Unknown(_))), "cut after the letter");
    let refused = &["220 hi", EHLO, "235 ok", "250 ok", "250 ok", "354 go on", "554 spam"];
    assert!(matches!(outcome(refused).await, Err(SendError::Rejected { code: "refused", .. })));
    let accepted = &["220 hi", EHLO, "235 ok", "250 ok", "250 ok", "354 go on", "250 queued"];
    assert_eq!(outcome(accepted).await, Ok(DeliveryStatus::Sent), "though no copy can be kept");
}
