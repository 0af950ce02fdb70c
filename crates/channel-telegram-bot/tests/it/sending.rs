//! Sending: what goes over the wire, and what each failure means for the message (CV-7).

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use channel::{ByteStream, Driver, OutFile, Outbound, RetryScope, SendError, Sent, Thread};
use domain::{
    channel::ChannelState,
    content::{Content, FileKind, Span, Style},
    delivery::DeliveryStatus,
    ids::MessageId,
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wiremock::MockServer;

use crate::world::{answers, asked, bot_api, channel_at, driver, ok, refusal};

fn outbound(content: Content<OutFile>) -> Outbound {
    Outbound {
        id: MessageId(uuid::Uuid::from_u128(9)),
        recipient: "1000001".to_owned(),
        content,
        reply_to: None,
        thread: Thread::default(),
        automatic: false,
        repeated: false,
    }
}

fn file(kind: FileKind, name: &str, mime: &str, bytes: &'static [u8]) -> OutFile {
    let open: Arc<dyn Fn() -> ByteStream + Send + Sync> =
        Arc::new(move || stream::iter([Ok(Bytes::from_static(bytes))]).boxed());
    OutFile {
        kind,
        name: name.to_owned(),
        mime: mime.to_owned(),
        size: bytes.len() as u64,
        link: None,
        open,
    }
}

fn one(file: OutFile, caption: &str) -> Content<OutFile> {
    Content::Files { files: vec![file], caption: caption.to_owned() }
}

fn sent_message(id: i64) -> Value {
    // A field of a future version must not spoil the answer.
    json!({ "message_id": id, "date": 1, "chat": { "id": 1_000_001 }, "hologram": [1] })
}

async fn send(api: &MockServer, message: &Outbound) -> Result<Sent, SendError> {
    driver().send(&channel_at(&api.uri()), message).await
}

async fn body(api: &MockServer, method: &str) -> Value {
    let calls = asked(api, method).await;
    assert_eq!(calls.len(), 1, "{method} is called once");
    serde_json::from_slice(&calls[0].body).expect("a JSON body")
}

async fn multipart(api: &MockServer, method: &str) -> String {
    let calls = asked(api, method).await;
    assert_eq!(calls.len(), 1, "{method} is called once");
    assert!(calls[0].headers.contains_key("content-length"), "the length is told beforehand");
    String::from_utf8_lossy(&calls[0].body).into_owned()
}

#[tokio::test]
async fn cv_6_a_text_goes_with_its_formatting_as_an_answer() {
    let api = bot_api().await;
    answers(&api, "sendMessage", 200, ok(sent_message(77))).await;
    let span = |offset, length, style, url: Option<&str>| Span {
        offset,
        length,
        style,
        url: url.map(str::to_owned),
    };
    let mut message = outbound(Content::Text {
        text: "Да, есть: тут".to_owned(),
        spans: vec![
            span(0, 2, Style::Bold, None),
            span(10, 3, Style::Link, Some("https://lavka.test/blue")),
            span(4, 1, Style::Link, Some("no address")),
        ],
    });
    message.reply_to = Some("1000001:11".to_owned());
    let sent = send(&api, &message).await.expect("accepted");
    assert_eq!(
        sent,
        Sent {
            parts: Vec::new(),
            external_id: "1000001:77".to_owned(),
            aliases: Vec::new(),
            status: DeliveryStatus::Sent
        }
    );
    assert_eq!(
        body(&api, "sendMessage").await,
        json!({
            "chat_id": 1_000_001,
            "text": "Да, есть: тут",
            "entities": [
                { "type": "bold", "offset": 0, "length": 2 },
                { "type": "text_link", "url": "https://lavka.test/blue", "offset": 10, "length": 3 },
            ],
            "reply_parameters": { "message_id": 11, "allow_sending_without_reply": true },
        })
    );
}

#[tokio::test]
async fn cv_6_a_message_of_another_chat_is_not_answered_there() {
    let api = bot_api().await;
    answers(&api, "sendMessage", 200, ok(sent_message(78))).await;
    let mut message = outbound(Content::text("Да"));
    message.reply_to = Some("1000002:11".to_owned());
    send(&api, &message).await.expect("accepted");
    assert_eq!(body(&api, "sendMessage").await.get("reply_parameters"), None);
}

#[tokio::test]
async fn a_business_chat_is_answered_through_its_connection() {
    let api = bot_api().await;
    answers(&api, "sendMessage", 200, ok(sent_message(79))).await;
    let mut message = outbound(Content::text("Да"));
    message.recipient = "b:conn_9:1000001".to_owned();
    let sent = send(&api, &message).await.expect("accepted");
    assert_eq!(sent.external_id, "b:conn_9:1000001:79");
    let body = body(&api, "sendMessage").await;
    assert_eq!(
        (&body["business_connection_id"], &body["chat_id"]),
        (&json!("conn_9"), &json!(1_000_001))
    );
}

#[tokio::test]
async fn cv_6_a_file_goes_with_its_name_type_bytes_and_caption() {
    let api = bot_api().await;
    answers(&api, "sendPhoto", 200, ok(sent_message(80))).await;
    let picture = file(FileKind::Image, "чайник.png", "image/png", b"PNG-BYTES");
    send(&api, &outbound(one(picture, "Вот он"))).await.expect("accepted");
    let body = multipart(&api, "sendPhoto").await;
    for part in [
        "name=\"chat_id\"\r\n\r\n1000001\r\n",
        "name=\"caption\"\r\n\r\nВот он\r\n",
        "name=\"photo\"; filename=\"чайник.png\"\r\nContent-Type: image/png\r\n",
        "\r\n\r\nPNG-BYTES\r\n",
    ] {
        assert!(body.contains(part), "{part:?} in {body:?}");
    }
}

#[tokio::test]
async fn cv_6_every_kind_has_its_method() {
    for (kind, mime, method) in [
        (FileKind::File, "application/pdf", "sendDocument"),
        (FileKind::Voice, "audio/ogg", "sendVoice"),
        (FileKind::Audio, "audio/mpeg", "sendAudio"),
        (FileKind::Video, "video/mp4", "sendVideo"),
        (FileKind::VideoNote, "video/mp4", "sendVideoNote"),
        (FileKind::Sticker, "image/webp", "sendSticker"),
    ] {
        let api = bot_api().await;
        answers(&api, method, 200, ok(sent_message(81))).await;
        let sent = send(&api, &outbound(one(file(kind, "f", mime, b"x"), ""))).await;
        assert_eq!(sent.expect(method).external_id, "1000001:81");
    }
}

#[tokio::test]
async fn cv_6_an_album_is_one_call_and_names_every_item() {
    let api = bot_api().await;
    answers(&api, "sendMediaGroup", 200, ok(json!([sent_message(82), sent_message(83)]))).await;
    let files = vec![
        file(FileKind::Image, "a.png", "image/png", b"AAA"),
        file(FileKind::Video, "b.mp4", "video/mp4", b"BBB"),
    ];
    let content = Content::Files { files, caption: "Оба".to_owned() };
    let sent = send(&api, &outbound(content)).await.expect("accepted");
    assert_eq!(sent.external_id, "1000001:82");
    assert_eq!(sent.aliases, ["1000001:83"]);
    let body = multipart(&api, "sendMediaGroup").await;
    for part in ["attach://file0", "attach://file1", "name=\"file0\"", "AAA", "BBB", "Оба"] {
        assert!(body.contains(part), "{part}");
    }
}

#[tokio::test]
async fn cv_6_a_picture_that_telegram_cannot_draw_goes_as_a_document() {
    let api = bot_api().await;
    let refused = refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS");
    answers(&api, "sendPhoto", 400, refused).await;
    answers(&api, "sendDocument", 200, ok(sent_message(84))).await;
    let picture = file(FileKind::Image, "banner.png", "image/png", b"PNG");
    let sent = send(&api, &outbound(one(picture, ""))).await.expect("accepted");
    assert_eq!(sent.external_id, "1000001:84");
}

#[tokio::test]
async fn cv_6_places_and_cards() {
    let api = bot_api().await;
    for method in ["sendLocation", "sendVenue", "sendContact", "sendMessage"] {
        answers(&api, method, 200, ok(sent_message(85))).await;
    }
    let place = |title: Option<&str>| {
        outbound(Content::Location {
            latitude: 55.7522,
            longitude: 37.6156,
            title: title.map(str::to_owned),
        })
    };
    let card = |phone: Option<&str>| {
        outbound(Content::Contact { name: "Лавка".into(), phone: phone.map(str::to_owned) })
    };
    for message in [place(None), place(Some("Чайная")), card(Some("+79990000003")), card(None)]
    {
        send(&api, &message).await.expect("accepted");
    }
    assert_eq!(body(&api, "sendLocation").await["latitude"], json!(55.7522));
    assert_eq!(body(&api, "sendVenue").await["title"], json!("Чайная"));
    assert_eq!(body(&api, "sendContact").await["phone_number"], json!("+79990000003"));
    assert_eq!(body(&api, "sendMessage").await["text"], json!("Лавка"));
}

#[tokio::test]
async fn cv_6_what_telegram_has_not_is_refused_without_a_call() {
    let api = bot_api().await;
    let form = Content::Form { title: "Заявка".into(), fields: Vec::new() };
    let strange = Content::Unsupported { label: "x".into(), text: String::new() };
    let mut astray = outbound(Content::text("Да"));
    astray.recipient = "@vera".to_owned();
    for (message, expected) in
        [(outbound(form), "unsupported"), (outbound(strange), "unsupported"), (astray, "not_found")]
    {
        let error = send(&api, &message).await.expect_err("refused");
        let SendError::Rejected { code, .. } = error else { panic!("{error}") };
        assert_eq!(code, expected);
    }
    assert!(api.received_requests().await.expect("recorded").is_empty());
}

#[tokio::test]
async fn cv_7_answers_decide_the_next_move() {
    let wait = |after| {
        let mut body = refusal(429, "Too Many Requests: retry later");
        body["parameters"] = json!({ "retry_after": after });
        body
    };
    for (status, body, expected) in [
        (400, refusal(400, "Bad Request: chat not found"), "rejected not_found"),
        (403, refusal(403, "Forbidden: bot was blocked by the user"), "rejected blocked"),
        (429, wait(2), "retry 2 Conversation"),
        (429, wait(31), "retry 31 Channel"),
        (401, refusal(401, "Unauthorized"), "disconnected BadCredentials"),
        (404, refusal(404, "Not Found"), "disconnected BadCredentials"),
        (500, refusal(500, "Internal Server Error"), "retry 5 Conversation"),
        (502, json!("a proxy's page"), "retry 5 Channel"),
        (413, json!("a proxy's page"), "rejected file_too_large"),
        (504, json!("a proxy's page"), "unknown"),
        (200, json!("no answer of the Bot API"), "unknown"),
        (200, ok(json!({ "no": "message" })), "unknown"),
    ] {
        let api = bot_api().await;
        answers(&api, "sendMessage", status, body.clone()).await;
        let error = send(&api, &outbound(Content::text("Да"))).await.expect_err("not accepted");
        let seen = match error {
            SendError::Retry { after, scope, .. } => format!("retry {} {scope:?}", after.as_secs()),
            SendError::Rejected { code, .. } => format!("rejected {code}"),
            SendError::Disconnected(report) => format!("disconnected {:?}", report.state),
            SendError::Unknown(_) => "unknown".to_owned(),
        };
        assert_eq!(seen, expected, "{status} {body}");
        assert_eq!(asked(&api, "sendMessage").await.len(), 1, "no silent second try");
    }
}

#[tokio::test]
async fn cv_7_nobody_listening_is_surely_not_accepted() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        listener.local_addr().expect("it is bound")
    };
    let channel = channel_at(&format!("http://{address}"));
    let error = driver().send(&channel, &outbound(Content::text("Да"))).await.expect_err("refused");
    let SendError::Retry { after, scope: RetryScope::Channel, why } = error else {
        panic!("{error}")
    };
    assert!(after > Duration::ZERO);
    assert!(!why.contains("AAF7"), "the token shows in {why}");
}

/// A server that reads a request to its end and then closes, with or without half an answer.
async fn accepts_then_drops(half_an_answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut seen = Vec::new();
            let mut piece = [0; 4096];
            while !seen.ends_with(b"}") {
                match socket.read(&mut piece).await {
                    Ok(0) | Err(_) => break,
                    Ok(n) => seen.extend_from_slice(piece.get(..n).unwrap_or_default()),
                }
            }
            let _closed = socket.write_all(half_an_answer).await;
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn cv_7_a_lost_answer_is_uncertain_and_never_sent_again() {
    let halves: [&[u8]; 2] = [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"ok\":true,"];
    for half in halves {
        let channel = channel_at(&accepts_then_drops(half).await);
        let error =
            driver().send(&channel, &outbound(Content::text("Да"))).await.expect_err("lost");
        let SendError::Unknown(why) = &error else { panic!("{error}") };
        assert!(!why.contains("AAF7"), "the token shows in {why}");
    }
}

#[tokio::test]
async fn cv_7_a_file_of_ours_that_breaks_off_is_tried_again() {
    let api = bot_api().await;
    answers(&api, "sendDocument", 200, ok(sent_message(86))).await;
    for pieces in [vec![Ok("abc")], vec![Ok("abc"), Err(())], vec![Ok("abcdefghijk")]] {
        let mut document = file(FileKind::File, "f.txt", "text/plain", b"");
        document.size = 10;
        document.open = Arc::new(move || {
            let pieces = pieces.clone().into_iter().map(|piece| {
                piece.map(Bytes::from).map_err(|()| std::io::Error::other("the store is away"))
            });
            stream::iter(pieces).boxed()
        });
        let error = send(&api, &outbound(one(document, ""))).await.expect_err("half a request");
        let SendError::Retry { scope: RetryScope::Conversation, .. } = error else {
            panic!("{error}")
        };
    }
}

#[tokio::test]
async fn ch_13_a_channel_without_a_token_says_so() {
    let mut channel = channel_at("http://127.0.0.1:1");
    channel.secrets.clear();
    let error =
        driver().send(&channel, &outbound(Content::text("Да"))).await.expect_err("no token");
    let SendError::Disconnected(report) = error else { panic!("{error}") };
    assert_eq!(report.state, ChannelState::BadCredentials);
}
