//! Whatever comes: no panic, and nothing that is not a message becomes one.

use channel::{Driver, Inbound};
use proptest::prelude::*;

use crate::world::{channel, driver, good, webhook};

#[test]
fn nonsense_of_every_sort_is_a_parse_error() {
    let driver = driver();
    let role = driver.webhook().expect("the driver has webhooks");
    let deep = format!(r#"{{"sender":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "<xml/>",
        r#"{"sender":{},"message":{}}"#,
        r#"{"sender":{"id":""},"message":{"id":"1"}}"#,
        r#"{"sender":{"id":"1"},"message":{"id":null}}"#,
        r#"{"sender":{"id":["1"]},"message":{"id":"1"}}"#,
        r#"{"sender":"1","message":"1"}"#,
        deep.as_str(),
    ] {
        assert!(role.parse(&channel(), &good(body)).is_err(), "{body:.60}");
    }
    let mut request = good("");
    request.body = vec![b'{', 0xff, b'}'].into();
    assert!(role.parse(&channel(), &request).is_err());
}

proptest! {
    #[test]
    fn no_body_and_no_query_makes_it_panic(body in any::<Vec<u8>>(), query in ".*") {
        let driver = driver();
        let role = driver.webhook().expect("the driver has webhooks");
        let mut request = webhook(&query, "");
        request.body = body.into();
        let _ = role.parse(&channel(), &request);
        prop_assert!(role.verify(&channel(), &request).is_err());
    }

    /// Ids of any characters stay apart, and the same body always has the same one.
    #[test]
    fn ids_name_one_message(sender in "\\PC{1,40}", id in "\\PC{1,40}", title in ".{0,80}") {
        let driver = driver();
        let role = driver.webhook().expect("the driver has webhooks");
        let body = serde_json::json!({
            "sender": { "id": sender, "title": title, "url": title, "photo": title },
            "message": { "type": "text", "id": id, "text": "x" },
        })
        .to_string();
        let read = || role.parse(&channel(), &good(&body)).expect("it is read").events;
        let (first, second) = (read(), read());
        let [Inbound::Message(message)] = first.as_slice() else { panic!("one message") };
        prop_assert_eq!(&message.external_id, &format!("{sender}:{id}"));
        prop_assert_eq!(first, second);
    }
}
