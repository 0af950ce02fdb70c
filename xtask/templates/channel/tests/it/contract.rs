use channel::testkit::{WebhookCases, check_form, check_webhook};
use channel::{Channel, Driver, Inbound, Request};
use domain::content::Content;

use crate::support::{HOOK_SECRET, channel, driver};

fn request(secret: Option<&str>, body: &'static str) -> Request {
    let header = secret.map(|secret| ("x-pigeon-post-secret".to_owned(), secret.to_owned()));
    Request {
        method: "POST".to_owned(),
        headers: header.into_iter().collect(),
        body: body.into(),
        ..Request::default()
    }
}

const TEXT: &str = include_str!("fixtures/text.json");
const UNKNOWN: &str = include_str!("fixtures/unknown.json");

#[test]
fn the_webhook_keeps_the_contract() {
    let cases = WebhookCases {
        channel: channel(),
        good: request(Some(HOOK_SECRET), TEXT),
        forged: vec![request(None, TEXT), request(Some(""), TEXT), request(Some("wrong"), TEXT)],
        unknown: request(Some(HOOK_SECRET), UNKNOWN),
        nonsense: request(Some(HOOK_SECRET), "<html>"),
    };
    check_webhook(&driver("http://127.0.0.1:9/"), &cases);
}

#[test]
fn the_form_keeps_the_contract() {
    let empty = Channel { secrets: Default::default(), ..channel() };
    check_form(&driver("http://127.0.0.1:9/"), &empty);
}

#[test]
fn a_text_is_read_as_a_text() {
    let driver = driver("http://127.0.0.1:9/");
    let webhook = driver.webhook().expect("it has one");
    let received = webhook.parse(&channel(), &request(Some(HOOK_SECRET), TEXT)).expect("it parses");
    let [Inbound::Message(message)] = received.events.as_slice() else {
        panic!("one message: {received:?}")
    };
    assert_eq!(message.external_id, "m-1");
    assert_eq!(message.person.external_id, "p-7");
    let text = "Здравствуйте".to_owned();
    assert_eq!(message.content, Content::Text { text, spans: Vec::new() });
}
