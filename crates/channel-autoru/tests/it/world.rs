//! What every test here needs.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use channel::{Channel, Connecting, OutFile, Outbound, Request, Thread, testkit::Memo};
use channel_autoru::Autoru;
use chrono::DateTime;
use domain::{
    clock::{Clock, Instant},
    content::{Content, FileKind},
    ids::{AccountId, ChannelId, MessageId},
};
use futures::{StreamExt, stream};
use net::Outgoing;
use serde_json::Map;
use url::Url;
use uuid::Uuid;

pub const CHAT_ID: &str = "fh5GkT67Qz";

/// A clock that stands.
struct Stands;

/// 2026-09-21 14:13:20 UTC.
pub const NOW: i64 = 1_790_000_000;

impl Clock for Stands {
    fn now(&self) -> Instant {
        DateTime::from_timestamp(NOW, 0).expect("a time of this century")
    }
}

pub fn driver() -> Autoru {
    Autoru::new(Arc::new(Stands), Outgoing::lenient())
}

/// As in an installation in the internet.
pub fn strict_driver() -> Autoru {
    Autoru::new(Arc::new(Stands), Outgoing::strict())
}

pub fn channel() -> Channel {
    Channel {
        id: ChannelId(Uuid::from_u128(1)),
        account: AccountId(Uuid::from_u128(2)),
        name: "Автосалон «Клён»".to_owned(),
        settings: Map::new(),
        secrets: BTreeMap::from([("chat_id".to_owned(), CHAT_ID.into())]),
        hook_secret: "unused-by-this-service".into(),
        external_id: None,
        memory: Arc::new(Memo::default()),
    }
}

/// A channel whose Auto.ru stands at another address.
pub fn channel_at(base_url: &str) -> Channel {
    let mut channel = channel();
    channel.settings.insert("base_url".to_owned(), base_url.into());
    channel
}

pub fn hook() -> Connecting {
    let url = Url::parse("https://beseda.example.test/hooks/autoru/k").expect("a fixed address");
    Connecting { hook_url: Some(url) }
}

pub fn webhook(query: &str, body: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        query: query.to_owned(),
        headers: Vec::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

pub fn good(body: &str) -> Request {
    webhook(&format!("chat_id={CHAT_ID}"), body)
}

pub fn says(id: u128, recipient: &str, content: Content<OutFile>) -> Outbound {
    Outbound {
        id: MessageId(Uuid::from_u128(id)),
        recipient: recipient.to_owned(),
        content,
        reply_to: None,
        thread: Thread::default(),
        automatic: false,
        repeated: false,
    }
}

pub fn picture(link: Option<&str>) -> OutFile {
    OutFile {
        kind: FileKind::Image,
        name: "car.png".to_owned(),
        mime: "image/png".to_owned(),
        size: 3,
        link: link.map(|link| Url::parse(link).expect("a fixed address")),
        open: Arc::new(|| stream::iter([Ok(Bytes::from_static(b"png"))]).boxed()),
    }
}
