//! Letters of every kind, from files in `tests/fixtures` and from bombs made here.

use std::time::{Duration, Instant};

use bytes::Bytes;
use channel::{Batch, Inbound, InboundMessage, NewFileSource, Sender};
use domain::{
    content::{Content, FileKind},
    delivery::DeliveryStatus,
    ids::ChannelId,
};
use uuid::Uuid;

use super::*;
use crate::{
    inbound::{self, Context, Folder},
    reader::Reader,
};

/// The channel and message in the Message-IDs of the fixtures.
const CHANNEL: ChannelId = ChannelId(Uuid::from_u128(0x0198_f000_0000_7000_8000_0000_0000_0009));
const OURS: &str = "0198f000000070008000000000000007.0198f000000070008000000000000009.b@shop.test";

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}.eml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn letter(name: &str) -> Letter {
    read(&fixture(name), &Caps::default()).unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
}

fn batch_of(raw: Vec<u8>, folder: Folder) -> Batch {
    let received = DateTime::from_timestamp(1_750_000_000, 0).unwrap_or_default();
    let context = Context { channel: CHANNEL, own: "sales@shop.test", folder, received };
    match read(&raw, &Caps::default()) {
        Ok(letter) => inbound::of(letter, &Bytes::from(raw), context),
        Err(refusal) => inbound::refused(refusal, raw.into()),
    }
}

fn batch(name: &str) -> Batch {
    batch_of(fixture(name), Folder::Inbox)
}

fn message(batch: Batch) -> InboundMessage {
    match batch.events.into_iter().next() {
        Some(Inbound::Message(message)) => *message,
        other => panic!("no message: {other:?}; quarantined {}", batch.quarantined.len()),
    }
}

#[test]
fn ch_10_an_answer_from_gmail_is_a_message_of_the_thread() {
    let message = message(batch("gmail-ru-reply"));
    assert_eq!(message.sender, Sender::Customer);
    assert_eq!(message.person.external_id, "anna@client.test");
    assert_eq!(message.person.name.as_deref(), Some("Анна Петрова"));
    assert_eq!(message.person.emails, vec!["anna@client.test"]);
    assert_eq!(message.thread, vec![OURS, "first@client.test"], "newest first");
    assert_eq!(message.reply_to.as_deref(), Some(OURS));
    assert_eq!(message.aliases, vec!["CAF+answer@mail.client.test"]);
    assert!(!message.automatic);
    let Content::Letter { subject, text, quoted, html, .. } = message.content else {
        panic!("a letter");
    };
    assert_eq!(subject, "Re: Заказ № 15");
    assert_eq!(text, "Спасибо, беру!");
    assert!(quoted.starts_with("ср, 30 апр.") && quoted.ends_with("> Заказ готов."), "{quoted}");
    let html = html.unwrap_or_default();
    assert!(html.contains("<b>беру</b>") && html.contains("data-src=\"https://tracker"), "{html}");
    assert!(!html.contains("script") && !html.contains("\" src="), "{html}");
}

#[test]
fn row_19_the_charset_zoo_reads() {
    for (name, subject, text) in [
        ("windows-1251", "Вопрос", "Есть ли чайник?"),
        ("koi8-r", "Привет", "Где мой заказ?"),
        ("no-charset", "Старое письмо", "Здравствуйте, это письмо из старой программы."),
    ] {
        let letter = letter(name);
        assert_eq!((letter.subject.as_str(), letter.text.as_str()), (subject, text), "{name}");
    }
    let broken = letter("broken-words");
    assert!(broken.subject.starts_with("Заказ №"), "{}", broken.subject);
    assert_eq!(broken.text, "ab", "U+0000 is removed");
    // Base64 without its padding: the parser gives what it can.
    let name = broken.from.and_then(|f| f.name).unwrap_or_default();
    assert!(name.starts_with("Ива"), "{name}");
}

#[test]
fn cv_6_files_and_images_of_a_letter_are_kept_with_their_names() {
    let letter = letter("files");
    assert_eq!(letter.text, "See and the file.\n\nSecond");
    assert!(letter.html.as_deref().is_some_and(|h| h.contains("src=\"cid:logo@client\"")));
    let files: Vec<(Option<&str>, FileKind, Option<&str>)> =
        letter.files.iter().map(|f| (f.name.as_deref(), f.kind, f.content_id.as_deref())).collect();
    assert_eq!(
        files,
        vec![
            (Some("logo.png"), FileKind::Image, Some("logo@client")),
            (Some("x.pdf"), FileKind::File, None),
            (Some("winmail.dat"), FileKind::File, None),
            (Some("invite.ics"), FileKind::File, None),
            (Some("inner letter.eml"), FileKind::File, None),
        ]
    );
    let bytes = |n: usize| match letter.files.get(n).map(|f| &f.source) {
        Some(NewFileSource::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(bytes(1), "%PDF-1.4");
    assert!(bytes(4).starts_with("From: x@y.test"), "{}", bytes(4));
}

#[test]
fn cv_6_a_letter_in_html_alone_is_read_and_folded() {
    let letter = letter("outlook-html");
    assert_eq!(letter.text, "Yes, please.");
    assert!(letter.quoted.starts_with("From: Shop <sales@shop.test>"), "{}", letter.quoted);
}

#[test]
fn cv_7_bounces_of_every_server_name_our_letter() {
    for (name, status, reason) in [
        ("bounce-rfc3464", DeliveryStatus::Failed, "User unknown"),
        ("bounce-exim", DeliveryStatus::Failed, "no such user here"),
        ("bounce-mailru", DeliveryStatus::Failed, "User unknown"),
        ("bounce-qmail", DeliveryStatus::Failed, "unknown user"),
        ("bounce-yandex", DeliveryStatus::Failed, "User unknown"),
        ("bounce-office365", DeliveryStatus::Failed, "RecipientNotFound"),
        ("bounce-delayed", DeliveryStatus::Sent, "User unknown"),
        ("bounce-opensmtpd", DeliveryStatus::Failed, "no such user"),
        ("bounce-gmail-delay", DeliveryStatus::Sent, ""),
        ("bounce-delivered", DeliveryStatus::Delivered, ""),
    ] {
        match batch(name).events.as_slice() {
            [Inbound::Delivery(report)] => {
                assert_eq!(report.external_id, format!("mid:{OURS}"), "{name}");
                assert_eq!(report.status, status, "{name}");
                let said = report.reason.clone().unwrap_or_default();
                assert!(said.contains(reason), "{name}: {said}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn s19_machines_are_marked_and_never_answered() {
    assert!(message(batch("bounce-of-somebody")).automatic);
    assert!(message(batch("auto-reply")).automatic);
    for header in [
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "Precedence: list",
        "Subject: Автоответ: меня нет",
        "X-Apple-Action: VACATION",
        "List-Id: <news.client.test>",
        "X-Auto-Response-Suppress: All",
        "Return-Path: <>",
        "From: MAILER-DAEMON@client.test",
        "From: no-reply@client.test",
        "From: postmaster@client.test",
    ] {
        let raw = format!("From: a@client.test\r\nSubject: x\r\n{header}\r\n\r\ny\r\n");
        let raw = if header.starts_with("From") {
            format!("{header}\r\nSubject: x\r\n\r\ny\r\n")
        } else {
            raw
        };
        assert!(message(batch_of(raw.into_bytes(), Folder::Inbox)).automatic, "{header}");
    }
    let human = b"From: a@client.test\r\nAuto-Submitted: no\r\n\r\ny\r\n".to_vec();
    assert!(!message(batch_of(human, Folder::Inbox)).automatic);
}

#[test]
fn s19_the_mailbox_does_not_talk_to_itself() {
    let own = b"From: sales@shop.test\r\nTo: sales@shop.test\r\n\r\nx\r\n".to_vec();
    let batch = batch_of(own, Folder::Inbox);
    assert!(batch.events.is_empty());
    assert_eq!(batch.quarantined.first().map(|q| &q.reason), Some(&Refusal::FromItself.words()));

    let form = b"From: sales@shop.test\r\nTo: sales@shop.test\r\nReply-To: Ann <ann@client.test>\
        \r\n\r\nform\r\n";
    let message = message(batch_of(form.to_vec(), Folder::Inbox));
    assert_eq!(message.person.external_id, "ann@client.test");
    assert!(message.automatic, "a form's robot wrote it");

    let ours = format!("From: sales@shop.test\r\nMessage-ID: <{OURS}>\r\n\r\nx\r\n");
    let batch = batch_of(ours.into_bytes(), Folder::Inbox);
    assert!(batch.events.is_empty() && batch.quarantined.is_empty(), "known already");
}

#[test]
fn s20_a_foreign_letter_with_our_message_id_is_no_letter_of_ours() {
    let raw = format!("From: evil@e.test\r\nMessage-ID: <{OURS}>\r\n\r\nx\r\n");
    let message = message(batch_of(raw.into_bytes(), Folder::Inbox));
    assert_ne!(message.external_id, format!("mid:{OURS}"));
    let other = OURS.replace("0009", "0008");
    let bounce = String::from_utf8(fixture("bounce-rfc3464")).unwrap_or_default();
    let batch = batch_of(bounce.replace(OURS, &other).into_bytes(), Folder::Inbox);
    assert!(matches!(batch.events.as_slice(), [Inbound::Message(_)]), "another channel's letter");
}

#[test]
fn a_letter_without_sender_is_quarantined_in_words() {
    let batch = batch_of(b"Subject: x\r\n\r\ny\r\n".to_vec(), Folder::Inbox);
    assert_eq!(batch.quarantined.first().map(|q| &q.reason), Some(&Refusal::NoSender.words()));
}

#[test]
fn s18_the_same_letter_has_the_same_id_and_the_time_of_its_sender() {
    let one = message(batch("gmail-ru-reply"));
    let again = message(batch("gmail-ru-reply"));
    assert_eq!(one.external_id, again.external_id);
    assert!(one.external_id.starts_with("mid:CAF+answer@mail.client.test#"));
    assert_eq!(one.occurred_at.timestamp(), 1_746_016_200);
    let future = b"From: a@b.test\r\nDate: Mon, 5 May 2099 10:00:00 +0000\r\n\r\nx\r\n".to_vec();
    let received = message(batch_of(future, Folder::Inbox)).occurred_at;
    assert_eq!(received.timestamp(), 1_750_000_000, "never later than it came");
}

/// Reads hostile letters as the product does, each within the scorecard's time (debug builds are
/// some ten times slower than release ones, hence the factor).
async fn survives(name: &str, raw: String) -> Result<Letter, Refusal> {
    let reader = Reader::new(Caps::default(), Duration::from_secs(60), 2);
    let start = Instant::now();
    let outcome = reader.read(raw.into()).await;
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "{name} took {took:?}");
    outcome.unwrap_or_else(|busy| panic!("{name}: {busy}"))
}

#[tokio::test]
async fn s16_bombs_are_refused_or_shown_as_text_in_bounded_time() {
    let head = "From: a@b.test\r\nSubject: x\r\n";
    let html = |body: String| format!("{head}Content-Type: text/html\r\n\r\n{body}");
    for (name, raw) in [
        (
            "nested letters",
            format!("{head}{}", "Content-Type: message/rfc822\r\n\r\n".repeat(40_000)),
        ),
        ("headers", format!("{head}{}\r\nx", "X-A: b\r\n".repeat(100_000))),
        (
            "parts",
            format!(
                "{head}Content-Type: multipart/mixed; boundary=x\r\n\r\n{}",
                "--x\r\n\r\na\r\n".repeat(100_000)
            ),
        ),
        ("size", format!("{head}\r\n{}", "x".repeat(31 * 1024 * 1024))),
    ] {
        assert!(survives(name, raw).await.is_err(), "{name} is refused");
    }
    for (name, body) in [
        ("divs", format!("{}deep", "<div>".repeat(90_000))),
        ("quotes", format!("{}deep", "<blockquote>".repeat(90_000))),
        ("formatting", format!("{}deep", "<p><b><i><u><s>".repeat(20_000))),
        ("big", format!("deep{}", "<p>paragraph</p>".repeat(100_000))),
        ("tables", format!("{}deep", "<table><tr><td>".repeat(30_000))),
        ("attributes", format!("<a {}>deep", "x=y ".repeat(200_000))),
    ] {
        let letter = survives(name, html(body)).await;
        assert!(letter.is_ok_and(|l| l.text.contains("deep")), "{name} is shown as text");
    }
    // Just inside the caps.
    for (name, body) in [
        ("250 divs", format!("{}deep{}", "<div>".repeat(250), "</div>".repeat(250))),
        ("250 quotes", format!("{}deep", "<blockquote>".repeat(250))),
        ("long and flat", format!("deep{}", "<p>a</p>".repeat(90_000))),
        ("deep and long", format!("{}deep{}", "<div>".repeat(250), "<p>a</p>".repeat(90_000))),
    ] {
        let letter = survives(name, html(body)).await;
        assert!(letter.is_ok_and(|l| l.text.contains("deep") && l.html.is_some()), "{name}");
    }
}

#[tokio::test]
async fn s16_every_cut_and_every_flip_of_a_letter_leaves_the_process_alive() {
    let reader = Reader::default();
    let digest = fixture("truncated-digest");
    assert!(reader.read(digest.clone().into()).await.is_ok(), "the parser's own fault is caught");
    let (mut read, mut refused) = (0, 0);
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % u64::try_from(below.max(1)).unwrap_or(1)).unwrap_or(0)
    };
    for name in ["files", "bounce-rfc3464", "gmail-ru-reply", "truncated-digest"] {
        let whole = fixture(name);
        for round in 0..150 {
            let mut raw = whole.clone();
            if round % 2 == 0 {
                raw.truncate(random(whole.len()));
            }
            for _ in 0..random(6) {
                let at = random(raw.len());
                if let Some(byte) = raw.get_mut(at) {
                    *byte = u8::try_from(random(256)).unwrap_or(0);
                }
            }
            match reader.read(raw.into()).await {
                Ok(Ok(letter)) => {
                    assert!(!letter.text.contains('\0') && !letter.subject.contains('\0'));
                    read += 1;
                }
                Ok(Err(_)) => refused += 1,
                Err(busy) => panic!("{name}: {busy}"),
            }
        }
    }
    assert!(read + refused == 600 && read > 300, "read {read}, refused {refused}");
}

#[test]
fn a_very_long_text_is_shortened_and_kept_as_a_file() {
    let raw = format!("From: a@b.test\r\n\r\n{}", "слово ".repeat(50_000));
    let letter = read(raw.as_bytes(), &Caps::default()).unwrap_or_else(|r| panic!("{r}"));
    assert_eq!(letter.text.chars().count(), 100_001);
    assert_eq!(letter.files.first().and_then(|f| f.name.as_deref()), Some("letter.txt"));
}
