//! What every test here needs.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use channel::{Channel, Connecting, Request, testkit::Memo};
use channel_viber::{Options, Viber};
use chrono::DateTime;
use domain::{
    clock::{Clock, Instant},
    ids::{AccountId, ChannelId},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use uuid::Uuid;
use wiremock::{
    Mock, MockServer, Request as Asked, ResponseTemplate,
    matchers::{header, method, path},
};

pub const TOKEN: &str = "44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3";
pub const HOOK: &str = "https://beseda.test/hooks/viber/key1";
pub const VERA: &str = "q7Lm/2+xR0aVdC1e9sTt3w==";

/// A clock that stands at 2026-09-21 14:13:20 UTC, the time of the fixtures.
pub struct Stands;

pub const NOW: i64 = 1_790_000_000;

impl Clock for Stands {
    fn now(&self) -> Instant {
        at(NOW)
    }
}

pub fn at(seconds: i64) -> Instant {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

pub fn driver() -> Viber {
    let options = Options { second_try: Duration::from_millis(20), ..Options::default() };
    Viber::new(Arc::new(Stands), options)
}

pub fn channel() -> Channel {
    Channel {
        id: ChannelId(Uuid::from_u128(1)),
        account: AccountId(Uuid::from_u128(2)),
        name: "Лавка".to_owned(),
        settings: Map::new(),
        secrets: BTreeMap::from([("token".to_owned(), TOKEN.into())]),
        hook_secret: "kq0cYk2oVJm1kqX0cYk2oVJm1kqX0cYk2oVJm1kqX0c".into(),
        external_id: None,
        memory: Memo::shared(),
    }
}

pub fn with(mut channel: Channel, key: &str, value: &str) -> Channel {
    channel.settings.insert(key.to_owned(), value.into());
    channel
}

/// A channel whose Viber stands at another address.
pub fn channel_at(base_url: &str) -> Channel {
    with(channel(), "base_url", base_url)
}

pub fn hook() -> Connecting {
    Connecting { hook_url: HOOK.parse().ok() }
}

pub fn signature(key: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// A callback with this signature.
pub fn callback(signature: Option<&str>, body: &[u8]) -> Request {
    let header = signature.map(|s| ("x-viber-content-signature".to_owned(), s.to_owned()));
    Request {
        method: "POST".to_owned(),
        query: String::new(),
        headers: header.into_iter().collect(),
        body: Bytes::copy_from_slice(body),
    }
}

/// A callback with the right signature.
pub fn signed(body: &str) -> Request {
    callback(Some(&signature(TOKEN, body.as_bytes())), body.as_bytes())
}

/// A stub of the Bot API that answers what it is told.
pub async fn bot_api() -> MockServer {
    MockServer::start().await
}

pub async fn answers(api: &MockServer, name: &str, http: u16, body: Value) {
    Mock::given(method("POST"))
        .and(path(format!("/pa/{name}")))
        .and(header("X-Viber-Auth-Token", TOKEN))
        .respond_with(ResponseTemplate::new(http).set_body_json(body))
        .mount(api)
        .await;
}

pub fn status(status: u32, message: &str) -> Value {
    json!({ "status": status, "status_message": message })
}

/// `get_account_info`.
pub fn account(webhook: &str) -> Value {
    json!({
        "status": 0, "status_message": "ok", "id": "pa:75346594275468546724", "name": "Лавка",
        "uri": "lavka_test", "webhook": webhook, "event_types": ["delivered"],
        "subscribers_count": 35, "members": [],
    })
}

/// Calls of one method so far.
pub async fn asked(api: &MockServer, name: &str) -> Vec<Asked> {
    let calls = api.received_requests().await.unwrap();
    calls.into_iter().filter(|call| call.url.path() == format!("/pa/{name}")).collect()
}

/// The bodies of those calls.
pub async fn bodies(api: &MockServer, name: &str) -> Vec<Value> {
    let calls = asked(api, name).await;
    calls.iter().map(|call| serde_json::from_slice(&call.body).unwrap()).collect()
}
