//! What every test here needs.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use channel::{
    AcceptError, Batch, ByteStream, Channel, Connecting, Driver, Inbound, InboundMessage, Inbox,
    OutFile, Outbound, Reply, Request, SendError, Sent, Thread, testkit::Memo,
};
use channel_vk::{Options, Vk};
use chrono::DateTime;
use domain::{
    channel::{ChannelState, StateReport},
    clock::{Clock, Instant},
    content::{Content, FileKind},
    ids::{AccountId, ChannelId, MessageId},
};
use futures::{StreamExt, stream};
use sandbox::vk::{Community, Customer};
use serde_json::{Map, Value};
use tokio::sync::watch;
use url::Url;
use wiremock::{Mock, MockServer, Respond, ResponseTemplate, matchers::method};

pub const HOOK_SECRET: &str = "kq0cYk2oVJm1kqX0cYk2oVJm1kqX0cYk2oVJm1kqX0c";
pub const KEY: &str = "vk1.a.key-of-the-tests-0123456789";
pub const PATIENCE: Duration = Duration::from_secs(20);
pub const VERA: i64 = 1001;

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

pub fn driver() -> Vk {
    let options = Options {
        poll_hold: Duration::from_secs(1),
        look_for_missed: Duration::from_millis(200),
        ..Options::default()
    };
    Vk::new(Arc::new(Stands), options)
}

pub fn channel() -> Channel {
    Channel {
        id: ChannelId(uuid::Uuid::from_u128(0x0001_2345_6789)),
        account: AccountId(uuid::Uuid::from_u128(2)),
        name: "Лавка".to_owned(),
        settings: Map::new(),
        secrets: BTreeMap::from([("token".to_owned(), KEY.into())]),
        hook_secret: HOOK_SECRET.into(),
        external_id: Some("220000001".to_owned()),
        memory: Memo::shared(),
    }
}

pub fn no_hook() -> Connecting {
    Connecting { hook_url: None }
}

/// A call of the callback server.
pub fn callback(body: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        ..Request::default()
    }
}

/// VK, a community, a customer, and us.
pub struct World {
    pub vk: sandbox::vk::Vk,
    pub community: Community,
    pub vera: Customer,
    pub channel: Channel,
    pub driver: Arc<Vk>,
}

pub async fn world() -> World {
    world_with(sandbox::vk::Options::quick()).await
}

pub async fn world_with(options: sandbox::vk::Options) -> World {
    let vk = sandbox::vk::Vk::start(options).await.expect("a sandbox");
    let community = vk.add_community_with_key("Лавка чайников", KEY);
    let vera = vk.customer(VERA, "Вера", "Ясная");
    let mut channel = channel();
    channel.settings.insert("base_url".to_owned(), vk.url().into());
    channel.external_id = Some(community.id.to_string());
    World { vk, community, vera, channel, driver: Arc::new(driver()) }
}

impl World {
    pub fn outbound(&self, id: u128, content: Content<OutFile>) -> Outbound {
        Outbound {
            id: MessageId(uuid::Uuid::from_u128(((NOW as u128 * 1000) << 80) | id)),
            recipient: VERA.to_string(),
            content,
            reply_to: None,
            thread: Thread::default(),
            automatic: false,
            repeated: false,
        }
    }

    pub async fn send(&self, id: u128, content: Content<OutFile>) -> Result<Sent, SendError> {
        self.driver.send(&self.channel, &self.outbound(id, content)).await
    }

    /// Everything that was asked of VK was as its schema has it.
    pub fn clean(&self) {
        assert_eq!(self.vk.violations(), Vec::<String>::new());
    }
}

/// Our side of the callback server: reads with the driver, answers as the house does.
pub struct House {
    server: MockServer,
    pub received: Arc<Mutex<Vec<Inbound>>>,
}

struct Answers {
    driver: Arc<Vk>,
    channel: Channel,
    received: Arc<Mutex<Vec<Inbound>>>,
}

impl Respond for Answers {
    fn respond(&self, asked: &wiremock::Request) -> ResponseTemplate {
        let request = Request {
            method: "POST".to_owned(),
            body: Bytes::copy_from_slice(&asked.body),
            ..Request::default()
        };
        let webhook = self.driver.webhook().expect("the driver has webhooks");
        if webhook.verify(&self.channel, &request).is_err() {
            return ResponseTemplate::new(401);
        }
        let Ok(received) = webhook.parse(&self.channel, &request) else {
            return ResponseTemplate::new(200);
        };
        self.received.lock().expect("no test panicked").extend(received.events);
        match received.reply {
            Reply::Empty => ResponseTemplate::new(200),
            Reply::Body { body, content_type } => {
                ResponseTemplate::new(200).set_body_raw(body.to_vec(), content_type)
            }
            Reply::Remembered { key } => {
                let kept = futures::executor::block_on(self.channel.memory.recall(key));
                match kept.ok().flatten().as_ref().and_then(Value::as_str) {
                    Some(text) => {
                        ResponseTemplate::new(200).set_body_raw(text.as_bytes(), "text/plain")
                    }
                    None => ResponseTemplate::new(404),
                }
            }
        }
    }
}

impl House {
    /// Opens the address and makes the channel use it.
    pub async fn open(world: &mut World) -> Self {
        world.channel.settings.insert("receive".to_owned(), "callback".into());
        let server = MockServer::start().await;
        let received = Arc::new(Mutex::new(Vec::new()));
        let answers = Answers {
            driver: Arc::clone(&world.driver),
            channel: world.channel.clone(),
            received: Arc::clone(&received),
        };
        Mock::given(method("POST")).respond_with(answers).mount(&server).await;
        Self { server, received }
    }

    pub fn connecting(&self) -> Connecting {
        let url = format!("{}/hooks/vk/1", self.server.uri());
        Connecting { hook_url: Some(Url::parse(&url).expect("an address")) }
    }

    /// The first event of those that came that is wanted.
    pub async fn wait<T>(&self, wanted: impl Fn(&Inbound) -> Option<T>) -> T {
        let waiting = async {
            loop {
                let found = self.received.lock().expect("no panic").iter().find_map(&wanted);
                if let Some(found) = found {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("it comes in time")
    }

    pub async fn message(&self, text: &str) -> InboundMessage {
        self.wait(|event| match event {
            Inbound::Message(message) if message.content.words().contains(text) => {
                Some((**message).clone())
            }
            _ => None,
        })
        .await
    }
}

/// An inbox that remembers.
pub struct Remembers {
    state: Mutex<BTreeMap<String, Value>>,
    batches: watch::Sender<Vec<Batch>>,
    reports: Mutex<Vec<ChannelState>>,
}

impl Remembers {
    pub fn new() -> Self {
        Self {
            state: Mutex::default(),
            batches: watch::Sender::new(Vec::new()),
            reports: Mutex::default(),
        }
    }

    pub fn reported(&self) -> Vec<ChannelState> {
        self.reports.lock().expect("no panic").clone()
    }

    pub fn kept(&self, key: &str) -> Option<Value> {
        self.state.lock().expect("no panic").get(key).cloned()
    }

    pub fn messages(&self) -> Vec<InboundMessage> {
        let batches = self.batches.borrow();
        let events = batches.iter().flat_map(|batch| &batch.events);
        events
            .filter_map(|event| match event {
                Inbound::Message(message) => Some((**message).clone()),
                _ => None,
            })
            .collect()
    }

    /// The first event that is wanted.
    pub async fn wait<T>(&self, wanted: impl Fn(&Inbound) -> Option<T>) -> T {
        let mut changes = self.batches.subscribe();
        let waiting = async {
            loop {
                let found = {
                    let batches = changes.borrow_and_update();
                    batches.iter().flat_map(|batch| &batch.events).find_map(&wanted)
                };
                if let Some(found) = found {
                    return found;
                }
                changes.changed().await.expect("the inbox lives");
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("it comes in time")
    }

    pub async fn message(&self, text: &str) -> InboundMessage {
        self.wait(|event| match event {
            Inbound::Message(message) if message.content.words().contains(text) => {
                Some((**message).clone())
            }
            _ => None,
        })
        .await
    }
}

#[async_trait]
impl Inbox for Remembers {
    async fn accept(&self, batch: Batch) -> Result<(), AcceptError> {
        self.state.lock().expect("no panic").extend(batch.state.clone());
        self.batches.send_modify(|batches| batches.push(batch));
        Ok(())
    }

    async fn state(&self, key: &str) -> Result<Option<Value>, AcceptError> {
        Ok(self.kept(key))
    }

    async fn report(&self, report: StateReport) -> Result<(), AcceptError> {
        self.reports.lock().expect("no panic").push(report.state);
        Ok(())
    }

    fn now(&self) -> Instant {
        at(NOW)
    }
}

/// The smallest picture: the sandbox looks at the bytes.
pub const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde,
];

pub fn file(kind: FileKind, name: &str, mime: &str, bytes: &'static [u8]) -> OutFile {
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

pub fn files(files: Vec<OutFile>, caption: &str) -> Content<OutFile> {
    Content::Files { files, caption: caption.to_owned() }
}
