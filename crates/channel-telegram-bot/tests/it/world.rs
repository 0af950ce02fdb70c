//! What every test here needs.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use channel::{Channel, Request};
use channel_telegram_bot::{Options, TelegramBot};
use chrono::DateTime;
use domain::{
    clock::{Clock, Instant},
    ids::{AccountId, ChannelId},
};
use serde_json::{Map, Value, json};
use url::Url;
use wiremock::{
    Mock, MockServer, Request as Asked, ResponseTemplate,
    matchers::{method, path},
};

pub const TOKEN: &str = "7000001:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao";
pub const HOOK_SECRET: &str = "kq0cYk2oVJm1kqX0cYk2oVJm1kqX0cYk2oVJm1kqX0c";

/// A clock that stands.
pub struct Stands;

/// 2026-09-21 14:13:20 UTC, the time of the fixtures.
pub const NOW: i64 = 1_790_000_000;

impl Clock for Stands {
    fn now(&self) -> Instant {
        at(NOW)
    }
}

pub fn at(seconds: i64) -> Instant {
    DateTime::from_timestamp(seconds, 0).expect("a time of this century")
}

pub fn driver() -> TelegramBot {
    TelegramBot::new(Arc::new(Stands), Options::default())
}

pub fn channel() -> Channel {
    Channel {
        id: ChannelId(uuid(1)),
        account: AccountId(uuid(2)),
        name: "Лавка".to_owned(),
        settings: Map::new(),
        secrets: BTreeMap::from([("token".to_owned(), TOKEN.into())]),
        hook_secret: HOOK_SECRET.into(),
        external_id: Some("7000001".to_owned()),
        memory: std::sync::Arc::new(channel::Forgetful),
    }
}

fn uuid(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

/// A channel whose Bot API stands at another address.
pub fn channel_at(base_url: &str) -> Channel {
    let mut channel = channel();
    channel.settings.insert("base_url".to_owned(), base_url.into());
    channel
}

pub fn hook(url: &str) -> channel::Connecting {
    channel::Connecting { hook_url: Some(Url::parse(url).expect("a fixed address")) }
}

pub fn no_hook() -> channel::Connecting {
    channel::Connecting { hook_url: None }
}

/// A webhook call with the given proof.
pub fn webhook(secret: Option<&str>, body: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        query: String::new(),
        headers: secret
            .map(|s| ("x-telegram-bot-api-secret-token".to_owned(), s.to_owned()))
            .into_iter()
            .collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

/// A stub of the Bot API that answers what it is told.
pub async fn bot_api() -> MockServer {
    MockServer::start().await
}

pub async fn answers(api: &MockServer, name: &str, status: u16, body: Value) {
    Mock::given(method("POST"))
        .and(path(format!("/bot{TOKEN}/{name}")))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .mount(api)
        .await;
}

pub fn ok(result: Value) -> Value {
    json!({ "ok": true, "result": result })
}

pub fn refusal(code: u16, description: &str) -> Value {
    json!({ "ok": false, "error_code": code, "description": description })
}

pub fn me() -> Value {
    ok(
        json!({ "id": 7_000_001, "is_bot": true, "first_name": "Лавка", "username": "lavka_test_bot" }),
    )
}

/// Calls of one method so far.
pub async fn asked(api: &MockServer, name: &str) -> Vec<Asked> {
    let calls = api.received_requests().await.expect("the stub records requests");
    calls.into_iter().filter(|call| call.url.path().ends_with(&format!("/{name}"))).collect()
}
