//! Sending: what goes over the wire, and what each failure means for the message (CV-7).

use std::sync::Arc;

use channel::{Driver, OutFile, Outbound, RetryScope, SendError, Sent, Thread};
use domain::{
    channel::ChannelState,
    content::{Content, FileKind},
    delivery::DeliveryStatus,
    ids::MessageId,
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use uuid::Uuid;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::body_partial_json};

use crate::world::{VERA, answers, bodies, bot_api, channel_at, driver, status, with};

pub fn outbound(content: Content<OutFile>) -> Outbound {
    Outbound {
        id: MessageId(Uuid::from_u128(9)),
        recipient: VERA.to_owned(),
        content,
        reply_to: None,
        thread: Thread::default(),
        automatic: false,
        repeated: false,
    }
}

pub fn file(kind: FileKind, mime: &str, size: u64, link: &str) -> OutFile {
    OutFile {
        kind,
        name: link.rsplit('/').next().unwrap_or_default().to_owned(),
        mime: mime.to_owned(),
        size,
        link: link.parse().ok(),
        open: Arc::new(|| stream::empty().boxed()),
    }
}

fn accepted(token: u64) -> Value {
    json!({
        "status": 0, "status_message": "ok", "message_token": token,
        "chat_hostname": "SN-CHAT-03_", "billing_status": 0,
    })
}

async fn send(api: &MockServer, content: Content<OutFile>) -> Result<Sent, SendError> {
    driver().send(&channel_at(&api.uri()), &outbound(content)).await
}

#[tokio::test]
async fn ch_7_a_text_goes_as_documented_and_its_token_keeps_every_digit() {
    let api = bot_api().await;
    answers(&api, "send_message", 200, accepted(5_741_311_803_571_721_087)).await;
    let sent = send(&api, Content::text("Да, есть")).await.unwrap();
    assert_eq!(sent, Sent::new("5741311803571721087"));
    assert_eq!(sent.status, DeliveryStatus::Sent);
    let wanted = json!({
        "receiver": VERA, "min_api_version": 1, "sender": { "name": "Лавка" },
        "type": "text", "text": "Да, есть",
    });
    assert_eq!(bodies(&api, "send_message").await, [wanted]);
}

#[tokio::test]
async fn ch_7_the_name_above_is_the_chosen_one_or_the_bots_own_and_fits() {
    let long = "Лавка с очень длинным названием";
    for (chosen, own, expected) in [
        (Some("Вера из Лавки"), Some("Лавка"), "Вера из Лавки"),
        (None, Some("Цветы «Ромашка»"), "Цветы «Ромашка»"),
        (None, Some(long), "Лавка с очень длинным назва…"),
        (None, Some(" "), "Лавка"),
        (None, None, "Лавка"),
    ] {
        let api = bot_api().await;
        answers(&api, "send_message", 200, accepted(1)).await;
        let mut channel = channel_at(&api.uri());
        if let Some(own) = own {
            channel.memory.remember("name", own.into()).await.unwrap();
        }
        if let Some(chosen) = chosen {
            channel = with(channel, "sender_name", chosen);
        }
        driver().send(&channel, &outbound(Content::text("да"))).await.unwrap();
        let name = bodies(&api, "send_message").await[0]["sender"]["name"].clone();
        assert_eq!(name, json!(expected));
        assert!(expected.chars().count() <= 28);
    }
}

#[tokio::test]
async fn cv_6_every_kind_of_content_goes_in_its_type() {
    let pdf = "https://beseda.test/files/t/счёт.pdf";
    let jpg = "https://beseda.test/files/t/a.jpg";
    let pdf_link: url::Url = pdf.parse().unwrap();
    for (content, wanted) in [
        (
            Content::Files {
                files: vec![file(FileKind::Image, "image/jpeg", 900, jpg)],
                caption: "вот".to_owned(),
            },
            json!({ "type": "picture", "media": jpg, "text": "вот" }),
        ),
        (
            Content::Files {
                files: vec![file(FileKind::File, "application/pdf", 900, pdf)],
                caption: String::new(),
            },
            json!({ "type": "file", "media": pdf_link, "size": 900, "file_name": "счёт.pdf" }),
        ),
        (
            Content::Location { latitude: 55.7522, longitude: 37.6156, title: None },
            json!({ "type": "location", "location": { "lat": 55.7522, "lon": 37.6156 } }),
        ),
        (
            Content::Contact {
                name: "Пётр".to_owned(), phone: Some("+79000000007".to_owned())
            },
            json!({ "type": "contact", "contact": { "name": "Пётр", "phone_number": "+79000000007" } }),
        ),
        (
            Content::Contact { name: "Пётр".to_owned(), phone: None },
            json!({ "type": "text", "text": "Пётр" }),
        ),
    ] {
        let api = bot_api().await;
        Mock::given(body_partial_json(wanted.clone()))
            .respond_with(ResponseTemplate::new(200).set_body_json(accepted(1)))
            .mount(&api)
            .await;
        let sent = send(&api, content).await;
        assert!(sent.is_ok(), "{wanted} {:?}", bodies(&api, "send_message").await);
    }
}

/// Viber shows words under pictures only, so a file's words follow it, and each is reported on.
#[tokio::test]
async fn cv_6_a_files_words_follow_it_as_a_part_of_the_same_message() {
    let api = bot_api().await;
    for (kind, token) in [("file", 71), ("text", 72)] {
        Mock::given(body_partial_json(json!({ "type": kind })))
            .respond_with(ResponseTemplate::new(200).set_body_json(accepted(token)))
            .mount(&api)
            .await;
    }
    let sent = send(&api, pdf_with_words()).await.unwrap();
    assert_eq!(sent.external_id, "71");
    assert_eq!(sent.parts, ["71", "72"]);
}

fn pdf_with_words() -> Content<OutFile> {
    let pdf = file(FileKind::File, "application/pdf", 900, "https://beseda.test/files/t/a.pdf");
    Content::Files { files: vec![pdf], caption: "вот счёт".to_owned() }
}

/// Trying again would send the file twice.
#[tokio::test]
async fn cv_7_words_that_did_not_follow_their_file_are_never_a_retry() {
    for answer in [status(12, "tooManyRequests"), json!("?")] {
        let api = bot_api().await;
        for (kind, body) in [("file", accepted(71)), ("text", answer)] {
            Mock::given(body_partial_json(json!({ "type": kind })))
                .respond_with(ResponseTemplate::new(200).set_body_json(body))
                .mount(&api)
                .await;
        }
        let outcome = send(&api, pdf_with_words()).await;
        let Err(SendError::Unknown(why)) = outcome else { panic!("{outcome:?}") };
        assert!(why.contains("Файл отправлен"), "{why}");
    }
    let api = bot_api().await;
    for (kind, body) in [("file", accepted(71)), ("text", status(3, "badData"))] {
        Mock::given(body_partial_json(json!({ "type": kind })))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&api)
            .await;
    }
    let outcome = send(&api, pdf_with_words()).await;
    let Err(SendError::Rejected { text, .. }) = outcome else { panic!("{outcome:?}") };
    assert!(text.starts_with("Файл отправлен"), "{text}");
}

#[tokio::test]
async fn cv_7_refusals_of_the_service_name_the_next_move() {
    let api = bot_api().await;
    answers(&api, "send_message", 200, status(6, "receiverNotSubscribed")).await;
    let refused = send(&api, Content::text("да")).await;
    assert!(matches!(refused, Err(SendError::Rejected { code: "blocked", .. })), "{refused:?}");

    let api = bot_api().await;
    answers(&api, "send_message", 200, status(12, "tooManyRequests")).await;
    let wait = send(&api, Content::text("да")).await;
    let Err(SendError::Retry { scope, after, .. }) = wait else { panic!("{wait:?}") };
    assert_eq!(scope, RetryScope::Conversation);
    assert!(after.as_secs() >= 60, "30 tries must last an hour: {after:?}");

    let api = bot_api().await;
    answers(&api, "send_message", 200, status(2, "invalidAuthToken")).await;
    let dead = send(&api, Content::text("да")).await;
    let Err(SendError::Disconnected(report)) = dead else { panic!("{dead:?}") };
    assert_eq!(report.state, ChannelState::BadCredentials);
    assert!(report.remedy.is_some());
}

#[tokio::test]
async fn cv_7_a_message_without_a_readable_token_is_sent_all_the_same() {
    let api = bot_api().await;
    answers(&api, "send_message", 200, json!({ "status": 0 })).await;
    let sent = send(&api, Content::text("да")).await.unwrap();
    assert!(sent.external_id.starts_with("own:"), "{}", sent.external_id);
}

/// What comes back, or does not, after the request went out.
#[tokio::test]
async fn cv_7_a_lost_answer_is_uncertain_and_a_lost_connection_is_tried_again() {
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"sta",
        "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = [0; 4096];
            let _ = stream.read(&mut read).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        };
        let (driver, channel) = (driver(), channel_at(&base));
        let message = outbound(Content::text("да"));
        let (outcome, ()) = tokio::join!(driver.send(&channel, &message), serve);
        assert!(matches!(outcome, Err(SendError::Unknown(_))), "{answer:?}: {outcome:?}");
    }
    let nobody = channel_at("http://127.0.0.1:1");
    let outcome = driver().send(&nobody, &outbound(Content::text("да"))).await;
    assert!(
        matches!(outcome, Err(SendError::Retry { scope: RetryScope::Channel, .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn cv_6_what_viber_does_not_carry_is_refused_before_the_call() {
    let api = bot_api().await;
    let mut no_link = file(FileKind::Image, "image/jpeg", 9, "https://beseda.test/files/t/a.jpg");
    no_link.link = None;
    let files = |files: Vec<OutFile>| Content::Files { files, caption: String::new() };
    let pdf = || file(FileKind::File, "application/pdf", 9, "https://beseda.test/files/t/a.pdf");
    for (content, expected) in [
        (files(vec![no_link]), "no_public_address"),
        (files(vec![pdf(), pdf()]), "too_many_files"),
        (Content::text("я".repeat(7_001)), "too_long"),
        (Content::text(""), "empty"),
        (Content::Form { title: "Форма".to_owned(), fields: Vec::new() }, "unsupported"),
    ] {
        let outcome = send(&api, content).await;
        let Err(SendError::Rejected { code, text }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(code, expected);
        assert!(!text.is_empty());
    }
    assert!(bodies(&api, "send_message").await.is_empty());
}
