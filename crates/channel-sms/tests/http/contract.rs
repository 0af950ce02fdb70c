//! The behaviours that every driver must show.

use bytes::Bytes;
use channel::{
    Channel, Driver, Inbound, Request,
    testkit::{WebhookCases, check_form, check_secrets, check_webhook},
};
use proptest::prelude::*;
use sandbox::sms::{Credentials, Provider};
use serde_json::json;

use crate::world::{NUMBER, PHONE, channel, driver, pasted};

fn credentials() -> Credentials {
    Credentials {
        email: "lavka@shop.test".to_owned(),
        aero_key: "aero-key-1234567890".to_owned(),
        login: "lavka".to_owned(),
        password: "smsc-password-1".to_owned(),
        smsc_key: "smsc-key-1234567890".to_owned(),
        exolve_key: "exolve-key-1234567890".to_owned(),
    }
}

/// A call with the proof that a person copied, or another one.
fn call(channel: &Channel, key: Option<&str>, kind: &str, body: &str) -> Request {
    let hook = channel::Connecting {
        hook_url: Some("https://beseda.test/hooks/sms/abc".parse().expect("a fixed address")),
    };
    let address: url::Url = pasted(channel, &hook).parse().expect("an address");
    let query = match key {
        None => address.query().unwrap_or_default().to_owned(),
        Some(key) => format!("key={key}"),
    };
    Request {
        method: "POST".to_owned(),
        query,
        headers: vec![("content-type".to_owned(), kind.to_owned())],
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Of each provider: a message, something new of a person, nonsense.
fn bodies(provider: Provider) -> (&'static str, String, String, String) {
    match provider {
        Provider::SmsAero => (
            JSON,
            json!({"id": 7, "from": PHONE, "to": NUMBER, "text": "привет"}).to_string(),
            json!({"id": 8, "from": PHONE, "to": NUMBER, "picture": "hologram"}).to_string(),
            json!({"hello": 1}).to_string(),
        ),
        Provider::SmscRu => (
            FORM,
            format!("id=7&sms_id=0&phone={PHONE}&mes=%D0%B4%D0%B0&to={NUMBER}"),
            format!("id=8&phone={PHONE}&picture=hologram&to={NUMBER}"),
            "hello=1".to_owned(),
        ),
        Provider::Exolve => (
            JSON,
            json!({"message_id": "7", "sender": PHONE, "receiver": NUMBER, "text": "привет",
                   "direction": 1})
            .to_string(),
            json!({"message_id": "8", "sender": PHONE, "receiver": NUMBER, "direction": 1,
                   "picture": "hologram"})
            .to_string(),
            json!({"hello": 1}).to_string(),
        ),
    }
}

#[test]
fn ch_11_the_contract_of_webhooks_holds_for_each_provider() {
    for provider in Provider::ALL {
        let channel = channel(provider, &credentials());
        let (kind, good, unknown, nonsense) = bodies(provider);
        let secret = "kq0cYk2oVJm1kqX0cYk2oVJm1kqX0cYk2oVJm1kqX0c";
        let mut bare = call(&channel, None, kind, &good);
        bare.query = String::new();
        check_webhook(
            &driver(),
            &WebhookCases {
                good: call(&channel, None, kind, &good),
                forged: vec![
                    bare,
                    call(&channel, Some(""), kind, &good),
                    call(&channel, Some("wrong"), kind, &good),
                    // The channel's own secret is not what stands in the address.
                    call(&channel, Some(secret), kind, &good),
                ],
                unknown: call(&channel, None, kind, &unknown),
                nonsense: call(&channel, None, kind, &nonsense),
                channel,
            },
        );
    }
}

#[test]
fn ch_11_a_person_is_a_phone_in_e_164() {
    for provider in Provider::ALL {
        let channel = channel(provider, &credentials());
        let (kind, good, ..) = bodies(provider);
        let driver = driver();
        let webhook = driver.webhook().expect("the driver has webhooks");
        let received = webhook.parse(&channel, &call(&channel, None, kind, &good)).expect("read");
        let [Inbound::Message(message)] = received.events.as_slice() else {
            panic!("{received:?}");
        };
        assert_eq!(message.person.external_id, format!("+{PHONE}"));
        assert_eq!(message.person.phones, [format!("+{PHONE}")]);
        assert!(message.raw.is_some());
    }
}

#[test]
fn ch_11_a_message_to_another_number_of_the_account_is_left_to_its_channel() {
    let channel = channel(Provider::SmscRu, &credentials());
    let body = format!("id=7&phone={PHONE}&mes=hi&to=79160000002");
    let driver = driver();
    let webhook = driver.webhook().expect("the driver has webhooks");
    let received = webhook.parse(&channel, &call(&channel, None, FORM, &body)).expect("read");
    assert!(received.events.is_empty() && received.quarantined.is_empty(), "{received:?}");
}

#[test]
fn ch_11_the_same_in_the_address_by_get() {
    let channel = channel(Provider::SmscRu, &credentials());
    let mut request = call(&channel, None, "", "");
    request.method = "GET".to_owned();
    request.query.push_str(&format!("&id=7&phone={PHONE}&mes=hi&to={NUMBER}"));
    let driver = driver();
    let webhook = driver.webhook().expect("the driver has webhooks");
    assert_eq!(webhook.verify(&channel, &request), Ok(()));
    assert_eq!(webhook.parse(&channel, &request).expect("read").events.len(), 1);
}

#[test]
fn ad_forms_are_complete_and_missing_settings_are_named() {
    let mut empty = channel(Provider::SmsAero, &credentials());
    check_secrets(&empty);
    empty.settings.clear();
    empty.secrets.clear();
    check_form_fields(&empty);
    for (provider, missing) in [
        ("sms_aero", vec!["number", "login", "key"]),
        ("smsc_ru", vec!["number", "key"]),
        ("exolve", vec!["number", "key"]),
    ] {
        empty.settings.clear();
        empty.settings.insert("provider".to_owned(), provider.into());
        let wrong = driver().check(&empty).expect_err("nothing is filled");
        let fields: Vec<&str> = wrong.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(fields, missing, "{provider}");
    }
    let mut wrong = channel(Provider::Exolve, &credentials());
    wrong.settings.insert("number".to_owned(), "не номер и не имя".into());
    wrong.settings.insert("base_url".to_owned(), "ftp://x".into());
    wrong.secrets.insert("key".to_owned(), "two\nlines".into());
    let fields: Vec<String> =
        driver().check(&wrong).expect_err("three are wrong").into_iter().map(|e| e.field).collect();
    assert_eq!(fields, ["number", "key", "base_url"]);
}

/// Labels in both languages, keys of one kind each; what is required is missing in an empty one.
fn check_form_fields(empty: &Channel) {
    let mut with_provider = empty.clone();
    with_provider.settings.insert("provider".to_owned(), "exolve".into());
    assert!(driver().check(&with_provider).is_err());
    let form = driver().form();
    let keys: std::collections::BTreeSet<&str> = form.fields.iter().map(|f| f.key).collect();
    assert_eq!(keys.len(), form.fields.len(), "each key once");
    if form.fields.iter().filter(|f| f.required).count() == 1 {
        check_form(&driver(), empty);
    }
}

proptest! {
    /// Whatever comes with a right proof is read without a panic.
    #[test]
    fn by_5_any_body_is_survived(body in "\\PC{0,200}", json in any::<bool>()) {
        for provider in Provider::ALL {
            let channel = channel(provider, &credentials());
            let kind = if json { JSON } else { FORM };
            let driver = driver();
            let webhook = driver.webhook().expect("the driver has webhooks");
            let _ = webhook.parse(&channel, &call(&channel, None, kind, &body));
        }
    }
}

#[test]
fn by_5_deep_and_binary_bodies_are_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for provider in Provider::ALL {
        let channel = channel(provider, &credentials());
        let driver = driver();
        let webhook = driver.webhook().expect("the driver has webhooks");
        assert!(webhook.parse(&channel, &call(&channel, None, JSON, &deep)).is_err());
        let mut binary = call(&channel, None, JSON, "");
        binary.body = vec![b'{', 0xff, b'}'].into();
        assert!(webhook.parse(&channel, &binary).is_err());
        assert!(webhook.parse(&channel, &call(&channel, None, JSON, "")).is_err());
    }
}
