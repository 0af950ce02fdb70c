//! The behaviours that every driver must show, and what this one's form says.

use channel::{
    ConnectError, Connecting, Driver, FieldKind, Receive,
    testkit::{WebhookCases, check_form, check_webhook},
};
use domain::channel::ChannelState;

use crate::world::{CHAT_ID, channel, channel_at, driver, good, hook, strict_driver, webhook};

const TEXT: &str = include_str!("../fixtures/text.json");

#[test]
fn ch_9_the_contract_of_webhooks_holds() {
    let get = channel::Request { method: "GET".to_owned(), ..good(TEXT) };
    let cases = WebhookCases {
        channel: channel(),
        good: good(TEXT),
        forged: vec![
            webhook("", TEXT),
            webhook("chat_id=", TEXT),
            webhook("chat_id=wrong", TEXT),
            webhook(&format!("chat_id={}", CHAT_ID.to_lowercase()), TEXT),
            webhook(&format!("chat_id={CHAT_ID}x"), TEXT),
            webhook(&format!("chat_id=x&chat_id={CHAT_ID}"), TEXT),
            webhook(&format!("chatid={CHAT_ID}"), TEXT),
            webhook(&format!("token={CHAT_ID}"), TEXT),
            get,
        ],
        unknown: good(include_str!("../fixtures/unknown.json")),
        nonsense: good(r#"{"update_id":5}"#),
    };
    check_webhook(&driver(), &cases);
}

/// A ChatId is free text, so it comes percent-encoded.
#[test]
fn ch_9_a_chat_id_of_any_characters_is_compared_decoded() {
    let mut channel = channel();
    channel.secrets.insert("chat_id".to_owned(), " салон №1 & co ".into());
    let driver = driver();
    let role = driver.webhook().expect("the driver has webhooks");
    let query = "chat_id=%D1%81%D0%B0%D0%BB%D0%BE%D0%BD+%E2%84%961%20%26%20co";
    assert_eq!(role.verify(&channel, &webhook(query, TEXT)), Ok(()));
    assert!(role.verify(&channel, &webhook("chat_id=%FF%FE", TEXT)).is_err());
}

#[test]
fn ad_forms_are_complete_and_an_empty_channel_is_refused() {
    let mut empty = channel();
    empty.secrets.clear();
    check_form(&driver(), &empty);
    let form = driver().form();
    let chat_id = form.fields.iter().find(|f| f.key == "chat_id").expect("the field");
    assert!(matches!(chat_id.kind, FieldKind::OwnSecret { length } if length >= 24));
}

#[test]
fn ch_9_wrong_settings_are_named_each() {
    let mut channel = channel();
    channel.secrets.insert("chat_id".to_owned(), "abc".into());
    channel.settings.insert("dealer_page".to_owned(), "my page".into());
    channel.settings.insert("base_url".to_owned(), "ftp://x".into());
    channel.settings.insert("sender".to_owned(), "я".repeat(101).into());
    let wrong = driver().check(&channel).expect_err("four fields are wrong");
    let fields: Vec<&str> = wrong.iter().map(|e| e.field.as_str()).collect();
    assert_eq!(fields, ["chat_id", "sender", "dealer_page", "base_url"]);
    channel.settings.clear();
    channel.secrets.insert("chat_id".to_owned(), "abcd".into());
    assert_eq!(driver().check(&channel), Ok(()), "more than three characters");
    channel.settings.insert("host".to_owned(), "moon".into());
    assert_eq!(driver().check(&channel).expect_err("no such host")[0].field, "host");
}

/// AD-2: the company's own address is in the internet.
#[test]
fn ad_2_an_inner_address_is_refused_at_the_form() {
    for inner in ["http://127.0.0.1:8495/1.0", "https://10.0.0.1/1.0", "http://api.example.com/"] {
        let wrong = strict_driver().check(&channel_at(inner)).expect_err("refused");
        assert_eq!(wrong[0].field, "base_url", "{inner}");
    }
    assert_eq!(strict_driver().check(&channel_at("https://gate.example.com/auto/1.0")), Ok(()));
}

#[tokio::test]
async fn ch_9_connecting_gives_an_address_and_the_chat_id_to_copy() {
    let driver = driver();
    let connected = driver.connect(&channel(), &hook()).await.expect("connected");
    assert_eq!(connected.receive, Receive::Webhook);
    assert!(!connected.external_id.contains(CHAT_ID), "the ChatId is a secret");
    let mut other = channel();
    other.secrets.insert("chat_id".to_owned(), "fh5GkT67QZ".into());
    let second = driver.connect(&other, &hook()).await.expect("connected");
    assert_ne!(connected.external_id, second.external_id, "each ChatId is an account of its own");

    let handed = driver.hand_over(&channel(), &hook());
    let values: Vec<&str> = handed.iter().map(|h| h.value.as_str()).collect();
    assert_eq!(values, [CHAT_ID, "https://beseda.example.test/hooks/autoru/k"]);
}

#[tokio::test]
async fn ch_13_without_a_public_address_it_says_what_to_do() {
    let none = Connecting { hook_url: None };
    let refused = driver().connect(&channel(), &none).await;
    let Err(ConnectError::Refused(report)) = refused else { panic!("{refused:?}") };
    assert_eq!(report.state, ChannelState::Failed);
    assert!(report.remedy.is_some());
    assert!(driver().inspect(&channel(), &none).await.is_some());
    assert!(driver().inspect(&channel(), &hook()).await.is_none(), "nothing can be asked");
    assert!(driver().hand_over(&channel(), &none).is_empty());
}

#[test]
fn ch_2_the_widget_leads_to_the_dealers_page() {
    let mut channel = channel();
    assert_eq!(driver().write_link(&channel, "Клён", "abc"), None);
    channel.settings.insert("dealer_page".to_owned(), "https://auto.ru/diler/cars/klen/".into());
    let link = driver().write_link(&channel, "Клён", "abc");
    assert_eq!(link.as_deref(), Some("https://auto.ru/diler/cars/klen/"));
}
