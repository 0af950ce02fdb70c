//! The driver's behaviours that need no browser: settings, config, frames (CH-2, RT-3, WG-1, WG-2).

use std::collections::BTreeMap;

use channel::{
    Channel, ConnectError, Connecting, Driver, InboundMessage, Outbound, Receive, Site, SiteFile,
    SiteFrame, testkit,
};
use channel_widget::Widget;
use chrono::{DateTime, Utc};
use domain::{
    content::{Content, FileKind},
    conversation::ConversationKind,
    delivery::DeliveryStatus,
    ids::{AccountId, ChannelId, ConversationId, MessageId},
    text::Words,
};
use serde_json::{Value, json};
use uuid::Uuid;

fn channel(settings: Value) -> Channel {
    let Value::Object(settings) = settings else { panic!("settings are an object") };
    Channel {
        id: ChannelId(Uuid::from_u128(1)),
        account: AccountId(Uuid::from_u128(2)),
        name: "Shop chat".to_owned(),
        settings,
        secrets: BTreeMap::new(),
        hook_secret: "h".repeat(43).into(),
        external_id: None,
        memory: std::sync::Arc::new(channel::Forgetful),
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_763_766_000, 0).unwrap_or_default()
}

#[test]
fn ch_2_the_form_is_whole() {
    testkit::check_form(&Widget, &channel(json!({})));
    testkit::check_secrets(&channel(json!({})));
    assert_eq!(Widget.check(&channel(json!({}))), Ok(()), "nothing must be filled to try it");
}

#[track_caller]
fn wrong(settings: Value, expected: &[(&str, &str)]) {
    let errors = Widget.check(&channel(settings.clone())).err().unwrap_or_default();
    let found: Vec<_> = errors.iter().map(|e| (e.field.as_str(), e.code)).collect();
    assert_eq!(found, expected, "{settings}");
}

#[test]
fn wrong_settings_are_named_field_by_field() {
    wrong(
        json!({
            "origins": ["https://shop.ru", " https://*.shop.ru\nhttp://localhost:3000 ", ""],
            "title": "Shop", "color": "#A1b2C3", "position": "left", "language": "en",
            "ask_name": "required", "ask_phone": "optional", "ask_email": "no", "theme": "dark",
            "offline_form": false, "offline_text": null, "prompt_delay": 20, "files": false,
            "title_en": "Shop", "rating": true, "other_channels": null,
        }),
        &[],
    );
    wrong(
        json!({ "origins": ["shop.ru", "https://a.ru/b"] }),
        &[("origins", "bad_origin"), ("origins", "bad_origin")],
    );
    wrong(json!({ "origins": 5 }), &[("origins", "bad_list")]);
    wrong(json!({ "origins": [5] }), &[("origins", "bad_list")]);
    wrong(json!({ "origins": vec!["https://a.ru"; 51] }), &[("origins", "too_many")]);
    wrong(json!({ "title": "я".repeat(61) }), &[("title", "too_long")]);
    wrong(json!({ "title": "я".repeat(60) }), &[]);
    wrong(json!({ "greeting": 1 }), &[("greeting", "bad_text")]);
    wrong(json!({ "color": "red" }), &[("color", "bad_color")]);
    wrong(json!({ "color": "#12345g" }), &[("color", "bad_color")]);
    wrong(json!({ "greeting_en": "n".repeat(501) }), &[("greeting_en", "too_long")]);
    wrong(json!({ "ask_phone": "maybe" }), &[("ask_phone", "bad_choice")]);
    wrong(json!({ "files": "yes" }), &[("files", "bad_toggle")]);
    for delay in [json!(-1), json!(601), json!("soon"), json!(1.5)] {
        wrong(json!({ "prompt_delay": delay }), &[("prompt_delay", "out_of_range")]);
    }
    wrong(
        json!({ "color": 7, "language": "de", "position": [], "offline_form": "yes" }),
        &[
            ("color", "bad_color"),
            ("language", "bad_choice"),
            ("position", "bad_choice"),
            ("offline_form", "bad_toggle"),
        ],
    );
}

#[test]
fn wg_1_only_listed_sites_show_the_widget() {
    let shop = channel(json!({ "origins": ["https://shop.ru", "https://*.shop.ru"] }));
    assert!(Widget.allows_origin(&shop, "https://shop.ru"));
    assert!(Widget.allows_origin(&shop, "https://spb.shop.ru"));
    assert!(!Widget.allows_origin(&shop, "https://evil.test"));
    assert!(!Widget.allows_origin(&channel(json!({})), "https://shop.ru"), "empty allows nobody");
}

#[test]
fn wg_1_the_page_is_told_what_it_draws() {
    let config = Widget.page_config(&channel(json!({
        "origins": ["https://Магазин.рф", "nonsense"], "title": " Магазин ", "color": "#102030",
        "ask_name": "optional", "ask_phone": "required", "greeting": "Привет", "prompt_delay": 15,
        "greeting_en": "Hi", "offline_text": "Позже", "hook": "never shown",
    })));
    let files = config["files"].clone();
    assert_eq!(files["max_bytes"], 20 * 1024 * 1024);
    assert!(files["accept"].as_str().is_some_and(|a| a.starts_with(".jpg,") && !a.contains("htm")));
    assert_eq!(
        config,
        json!({
            "title": { "ru": "Магазин", "en": "Магазин" },
            "greeting": { "ru": "Привет", "en": "Hi" },
            "launcher_text": { "ru": "", "en": "" },
            "prompt": { "delay": 15, "text": { "ru": "", "en": "" } },
            "color": "#102030", "theme": "auto", "position": "right", "language": "auto",
            "contact_form": { "title": "", "submit": "", "fields": [
                { "key": "name", "label": "", "required": false },
                { "key": "phone", "label": "", "required": true },
            ]},
            "offline_form": true, "offline_text": { "ru": "Позже", "en": "" },
            "other_channels": true, "rating": true, "files": files, "max_text": 4000,
            "origins": ["https://xn--80aairftm.xn--p1ai"],
        })
    );
    let plain = Widget.page_config(&channel(json!({ "files": false, "rating": false })));
    assert_eq!((&plain["contact_form"], &plain["files"]), (&Value::Null, &Value::Null));
    assert_eq!((&plain["color"], &plain["rating"]), (&json!("#0b6e5f"), &json!(false)));
    // A widget in English alone has its words in the main field.
    let english = Widget.page_config(&channel(json!({ "language": "en", "greeting": "Hello" })));
    assert_eq!(english["greeting"]["en"], "Hello");
}

#[test]
fn rt_3_settings_of_the_former_form_still_ask() {
    let asked = |settings| Widget.page_config(&channel(settings))["contact_form"]["fields"].clone();
    let former = asked(json!({ "contact_form": "name_phone" }));
    assert_eq!(former[0]["key"], "name");
    assert_eq!(former[1], json!({ "key": "phone", "label": "", "required": true }));
    assert_eq!(asked(json!({ "contact_form": "none" })), Value::Null);
    assert_eq!(asked(json!({ "contact_form": "name", "ask_name": "no" })), Value::Null);
}

fn file(name: &str, bytes: &'static [u8]) -> Result<InboundMessage, Words> {
    let file = SiteFile { client_id: ID.to_owned(), name: name.to_owned(), bytes: bytes.into() };
    Widget.upload(&channel(json!({})), "vis_1", file, now())
}

#[test]
fn cv_6_a_visitors_file_is_a_message_of_its_kind() {
    let read = file("../фото 1.PNG", b"\x89PNG\r\n\x1a\n").expect("taken");
    assert_eq!(read.external_id, format!("vis_1:{ID}"));
    let Content::Files { files, caption } = read.content else { panic!("files") };
    assert!(caption.is_empty());
    assert_eq!(files[0].kind, FileKind::Image);
    assert_eq!(files[0].name.as_deref(), Some("фото 1.PNG"));
    assert_eq!(files[0].mime.as_deref(), Some("image/png"));
    for (name, bytes) in [
        ("page.html", &b"hello"[..]),
        ("photo.svg", b"hello"),
        ("setup.exe", b"MZ"),
        ("photo.jpg", b"MZ\x90\x00"),
        ("notes.txt", b" <!DOCTYPE html><script>"),
        ("no-ending", b"hello"),
        ("empty.pdf", b""),
    ] {
        assert!(file(name, bytes).is_err(), "{name}");
    }
    let closed = channel(json!({ "files": false }));
    let given = SiteFile {
        client_id: ID.to_owned(),
        name: "a.pdf".to_owned(),
        bytes: b"%PDF".as_slice().into(),
    };
    assert!(Widget.upload(&closed, "vis_1", given.clone(), now()).is_err());
    let unnamed = SiteFile { client_id: "x".to_owned(), ..given };
    assert!(Widget.upload(&channel(json!({})), "vis_1", unnamed, now()).is_err());
}

fn parse(frame: Value) -> Result<SiteFrame, Words> {
    Widget.parse(&channel(json!({ "language": "en" })), "vis_1", &frame.to_string(), now())
}

#[track_caller]
fn message(frame: Value) -> InboundMessage {
    match parse(frame) {
        Ok(SiteFrame::Message(message)) => *message,
        other => panic!("a message, not {other:?}"),
    }
}

const ID: &str = "0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";

#[test]
fn a_message_is_scoped_by_its_visitor_and_kept_as_typed() {
    let read = message(json!({
        "type": "message", "client_id": ID, "text": "  Есть \u{0}42 размер?\n", "files": ["att_1"],
    }));
    assert_eq!(read.external_id, format!("vis_1:{ID}"));
    assert_eq!(read.content, Content::text("  Есть 42 размер?\n"));
    assert_eq!(read.person.external_id, "vis_1");
    assert_eq!(read.person.name, None);
    assert_eq!(read.occurred_at, now());
    assert_eq!(read.kind, ConversationKind::Chat);
    assert_eq!(
        message(json!({ "type": "message", "client_id": ID, "text": "я".repeat(4000) })).kind,
        ConversationKind::Chat
    );
}

#[test]
fn what_the_site_knows_of_its_visitor_comes_with_the_message() {
    let read = message(json!({
        "type": "message", "client_id": ID, "text": "hi",
        "person": { "name": "Ann", "email": "ann@shop.test" },
    }));
    assert_eq!(read.person.name.as_deref(), Some("Ann"));
    assert_eq!(read.person.emails, ["ann@shop.test"]);
}

#[test]
fn the_page_says_what_it_speaks_where_the_settings_leave_it_open() {
    let spoken = |settings: Value, language: &str| {
        let frame =
            json!({ "type": "message", "client_id": ID, "text": "hi", "language": language });
        match Widget.parse(&channel(settings), "vis_1", &frame.to_string(), now()) {
            Ok(SiteFrame::Message(message)) => message.person.language,
            other => panic!("a message, not {other:?}"),
        }
    };
    assert_eq!(spoken(json!({}), "en").as_deref(), Some("en"));
    assert_eq!(spoken(json!({}), "<b>"), None);
    assert_eq!(spoken(json!({ "language": "ru" }), "en").as_deref(), Some("ru"));
}

#[test]
fn rt_3_the_contact_form_fills_the_person() {
    let read = message(json!({ "type": "form", "client_id": ID, "values": {
        "name": " Ann\u{0} ", "phone": "+7 (912) 345-67-89", "email": "", "order-no": "77",
    }}));
    assert_eq!(read.kind, ConversationKind::Chat);
    assert_eq!(read.person.name.as_deref(), Some("Ann"));
    assert_eq!(read.person.phones, ["+7 (912) 345-67-89"]);
    assert!(read.person.emails.is_empty());
    let Content::Form { title, fields } = read.content else { panic!("a form") };
    assert_eq!(title, "Contact form");
    let fields: Vec<_> =
        fields.iter().map(|f| (f.key.as_str(), f.label.as_str(), f.value.as_str())).collect();
    assert_eq!(
        fields,
        [
            ("name", "Name", "Ann"),
            ("phone", "Phone", "+7 (912) 345-67-89"),
            ("order-no", "order-no", "77"),
        ]
    );
}

#[test]
fn wg_2_an_offline_request_is_of_kind_request() {
    let read = message(json!({ "type": "request", "client_id": ID, "values": {
        "name": "Ann", "email": "ann@shop.test", "text": "Call me",
    }}));
    assert_eq!(read.kind, ConversationKind::Request);
    assert_eq!(read.person.emails, ["ann@shop.test"]);
    assert!(read.content.words().contains("Call me"));
}

#[test]
fn small_frames_are_read() {
    let id = MessageId(Uuid::from_u128(9)).to_string();
    assert_eq!(parse(json!({ "type": "typing" })), Ok(SiteFrame::Typing));
    assert_eq!(parse(json!({ "type": "ping", "more": 1 })), Ok(SiteFrame::Ping));
    assert_eq!(
        parse(json!({ "type": "seen", "message": id })),
        Ok(SiteFrame::Seen { message: id })
    );
    let conversation = ConversationId(Uuid::from_u128(5));
    assert_eq!(
        parse(json!({ "type": "rate", "conversation": conversation, "stars": 4, "text": " Ok " })),
        Ok(SiteFrame::Rate { conversation, stars: 4, text: "Ok".to_owned() })
    );
}

#[track_caller]
fn refused(frame: Value, names: &str) {
    match parse(frame.clone()) {
        Ok(read) => panic!("{frame} is read as {read:?}"),
        Err(words) => {
            assert!(words.en.contains(names) && words.ru.contains(names), "{frame}: {words:?}");
        }
    }
}

#[test]
fn a_wrong_frame_is_refused_with_the_field_and_the_remedy() {
    let text = |client_id: Value, text: Value| -> Value {
        json!({ "type": "message", "client_id": client_id, "text": text })
    };
    let values = |kind: &str, values: Value| -> Value {
        json!({ "type": kind, "client_id": ID, "values": values })
    };
    refused(json!({}), "`type`");
    refused(json!({ "type": "drop" }), "`type`");
    refused(json!([1]), "JSON");
    refused(text(json!(null), json!("a")), "`client_id`");
    refused(text(json!("short"), json!("a")), "`client_id`");
    refused(text(json!("a".repeat(65)), json!("a")), "`client_id`");
    refused(text(json!("12345678:"), json!("a")), "`client_id`");
    refused(text(json!(ID), json!("")), "`text`");
    refused(text(json!(ID), json!(" \n\u{0}")), "`text`");
    refused(text(json!(ID), json!(7)), "`text`");
    refused(text(json!(ID), json!("я".repeat(4001))), "`text`");
    refused(json!({ "type": "form", "client_id": ID }), "`values`");
    refused(values("form", json!({})), "`values`");
    refused(values("form", json!({ "name": " " })), "`values`");
    refused(values("form", json!({ "name": 5 })), "`name`");
    refused(values("form", json!({ "name": "n".repeat(201) })), "`name`");
    refused(values("form", json!({ "phone": "call me" })), "`phone`");
    refused(values("form", json!({ "phone": "12" })), "`phone`");
    refused(values("form", json!({ "email": "ann" })), "`email`");
    refused(values("form", json!({ "email": "a@b" })), "`email`");
    refused(values("form", json!({ "a b": "x" })), "`values`");
    refused(values("request", json!({ "name": "Ann", "text": "hi" })), "`phone`");
    refused(json!({ "type": "seen", "message": "cnv_1" }), "`message`");
    refused(json!({ "type": "rate", "conversation": "msg_1", "stars": 5 }), "`conversation`");
    let conversation = ConversationId(Uuid::from_u128(5));
    for stars in [json!(0), json!(6), json!(2.5), json!("5"), Value::Null] {
        let frame = json!({ "type": "rate", "conversation": conversation, "stars": stars });
        refused(frame, "`stars`");
    }

    let many: serde_json::Map<String, Value> =
        (0..20).map(|n| (format!("k{n}"), json!("v"))).collect();
    refused(values("form", Value::Object(many)), "`values`");
    let whole = channel(json!({}));
    for frame in ["", "nonsense", "{\"type\":\"message\",\"text\":\"\\ud800\"}"] {
        assert!(Widget.parse(&whole, "vis_1", frame, now()).is_err(), "{frame}");
    }
    let huge = format!("{{\"type\":\"ping\",\"x\":\"{}\"}}", "x".repeat(70_000));
    assert!(Widget.parse(&whole, "vis_1", &huge, now()).is_err());
    let deep = "[".repeat(20_000);
    assert!(Widget.parse(&whole, "vis_1", &deep, now()).is_err());
}

#[tokio::test]
async fn connecting_needs_no_network_and_sending_is_done_at_once() {
    let connecting = Connecting { hook_url: None };
    let shop = channel(json!({ "origins": ["https://shop.ru"] }));
    let connected = Widget.connect(&shop, &connecting).await.unwrap();
    assert_eq!(connected.external_id, shop.id.to_string());
    assert_eq!(connected.title, "shop.ru");
    assert_eq!(connected.receive, Receive::Site);
    assert_eq!(Widget.connect(&channel(json!({})), &connecting).await.unwrap().title, "Shop chat");
    let refused = Widget.connect(&channel(json!({ "origins": ["shop.ru"] })), &connecting).await;
    assert!(matches!(refused, Err(ConnectError::Field(e)) if e.field == "origins"));

    let message = Outbound {
        id: MessageId(Uuid::from_u128(3)),
        recipient: "vis_1".to_owned(),
        content: Content::text("Hello"),
        reply_to: None,
        thread: channel::Thread::default(),
        automatic: false,
        repeated: true,
    };
    let sent = Widget.send(&shop, &message).await.unwrap();
    assert_eq!(sent.external_id, message.id.to_string());
    assert_eq!(sent.status, DeliveryStatus::Sent);
}
