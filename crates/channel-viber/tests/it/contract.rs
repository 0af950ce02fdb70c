//! The behaviours that every driver must show.

use channel::{
    Channel, Driver,
    testkit::{WebhookCases, check_form, check_webhook},
};

use crate::world::{TOKEN, callback, channel, driver, signature, signed, with};

const TEXT: &str = include_str!("../fixtures/text.json");

#[test]
fn ch_7_the_contract_of_webhooks_holds() {
    let right = signature(TOKEN, TEXT.as_bytes());
    let of_another_body = signature(TOKEN, b"{}");
    let of_another_key = signature("another-token", TEXT.as_bytes());
    let half = right.chars().take(32).collect::<String>();
    let text = TEXT.as_bytes();
    check_webhook(
        &driver(),
        &WebhookCases {
            channel: channel(),
            good: signed(TEXT),
            forged: vec![
                callback(None, text),
                callback(Some(""), text),
                callback(Some("no digits"), text),
                callback(Some(&half), text),
                callback(Some(&of_another_body), text),
                callback(Some(&of_another_key), text),
                callback(Some(&signature("", text)), text),
                // The signature is of the bytes, not of what they mean.
                callback(Some(&right), TEXT.replace('\n', "").as_bytes()),
            ],
            unknown: signed(include_str!("../fixtures/new_event.json")),
            nonsense: signed(r#"{"update_id":1,"text":"hello"}"#),
        },
    );
}

/// The vector of the service's own client library (viber-bot-python, Apache-2.0).
#[test]
fn ch_7_the_published_signature_is_met() {
    let body =
        br#"{"event":"webhook","timestamp":4977069964384421269,"message_token":1478683725125}"#;
    let published = "d21b343448c8aee33b8e93768ef6ceb64a6ba6163099973a2b8bd028fea510ef";
    let driver = driver();
    let role = driver.webhook().unwrap();
    let probe = callback(Some(published), body);
    assert_eq!(role.verify(&channel(), &probe), Ok(()));
    let received = role.parse(&channel(), &probe).unwrap();
    assert!(received.events.is_empty() && received.quarantined.is_empty(), "only a probe");
}

#[test]
fn ad_forms_are_complete_and_an_empty_channel_is_refused() {
    let empty = Channel { secrets: Default::default(), ..channel() };
    check_form(&driver(), &empty);
}

#[test]
fn ch_7_the_form_says_that_a_personal_number_cannot_be_connected() {
    let form = driver().form();
    assert!(form.intro.ru.contains("Личный номер") && form.intro.en.contains("personal number"));
    let mut channel = channel();
    channel.secrets.insert("token".to_owned(), "+7 900 123-45-67".into());
    let wrong = driver().check(&channel).unwrap_err();
    assert_eq!((wrong[0].field.as_str(), wrong[0].code), ("token", "personal_number"));
    assert!(wrong[0].message.ru.contains("Личный номер"));
}

#[test]
fn ch_7_wrong_settings_are_named_each() {
    let mut channel = with(channel(), "sender_name", &"я".repeat(29));
    channel = with(channel, "welcome", &"я".repeat(7_001));
    channel = with(channel, "base_url", "ftp://x");
    channel.secrets.insert("token".to_owned(), "@shop".into());
    channel.secrets.insert("proxy".to_owned(), "socks".into());
    let wrong = driver().check(&channel).unwrap_err();
    let fields: Vec<&str> = wrong.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["token", "sender_name", "welcome", "base_url", "proxy"]);
}

#[test]
fn ch_2_a_link_opens_the_bot_and_carries_the_visitors_mark() {
    let driver = driver();
    let link = |title: &str| driver.write_link(&channel(), title, "vAZkqq_-1");
    let wanted = "viber://pa?chatURI=lavka_test&context=vAZkqq_-1";
    assert_eq!(link("Лавка (lavka_test)").as_deref(), Some(wanted));
    for title in ["Лавка", "Лавка ()", "Лавка (a&b)", "lavka_test", ""] {
        assert_eq!(link(title), None, "{title}");
    }
    assert!(driver.capabilities().in_widget);
}
