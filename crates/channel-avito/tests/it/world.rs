//! What every test here needs.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use channel::{
    AcceptError, Batch, ByteStream, Channel, Connected, Connecting, Driver, Inbound, Inbox,
    OutFile, Outbound, Request, SendError, Sent, Thread, testkit::Memo,
};
use channel_avito::{AppKeys, Avito as Driven, Options};
use chrono::DateTime;
use domain::{
    channel::StateReport,
    clock::{Clock, Instant},
    content::{Content, FileKind},
    ids::{AccountId, ChannelId, MessageId},
};
use futures::{StreamExt, stream};
use sandbox::avito::{self, App, Avito, Seller};
use serde_json::{Map, Value};
use tokio::sync::{Notify, mpsc};
use url::Url;

pub const HOOK_SECRET: &str = "kq0cYk2oVJm1kqX0cYk2oVJm1kqX0cYk2oVJm1kqX0c";
pub const BACK: &str = "https://chat.test/api/v1/channels/oauth/avito";
pub const PATIENCE: Duration = Duration::from_secs(20);
/// The smallest picture: the sandbox looks at the bytes.
pub const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde,
];

/// A clock that is moved by hand.
#[derive(Default)]
pub struct Moved(Mutex<i64>);

impl Moved {
    pub fn by(&self, seconds: i64) {
        *self.0.lock().expect("nobody panics with it") += seconds;
    }
}

impl Clock for Moved {
    fn now(&self) -> Instant {
        let real = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let real = i64::try_from(real.expect("after 1970").as_secs()).expect("not so long");
        at(real + *self.0.lock().expect("nobody panics with it"))
    }
}

pub fn at(seconds: i64) -> Instant {
    DateTime::from_timestamp(seconds, 0).expect("a time of this century")
}

fn uuid(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

pub fn driver(options: Options) -> Driven {
    Driven::new(Arc::new(Moved::default()), options)
}

/// A channel with keys of its own that is connected already.
pub fn channel() -> Channel {
    Channel {
        id: ChannelId(uuid(1)),
        account: AccountId(uuid(2)),
        name: "Лавка".to_owned(),
        settings: Map::from_iter([
            ("mode".to_owned(), "keys".into()),
            ("client_id".to_owned(), "seller-94235311".into()),
        ]),
        secrets: BTreeMap::from([("client_secret".to_owned(), "hush-hush-hush".into())]),
        hook_secret: HOOK_SECRET.into(),
        external_id: Some("94235311".to_owned()),
        memory: Memo::shared(),
    }
}

/// A webhook call with the given proof.
pub fn webhook(secret: Option<&str>, body: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        query: secret.map(|s| format!("s={s}")).unwrap_or_default(),
        headers: vec![("x-avito-messenger-signature".to_owned(), "00ff".to_owned())],
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

/// A seller in the sandbox and a channel that is theirs.
pub struct World {
    pub avito: Avito,
    pub seller: Seller,
    pub app: App,
    pub driver: Driven,
    pub channel: Channel,
    pub clock: Arc<Moved>,
}

impl World {
    /// Of a channel with the seller's own keys.
    pub async fn own_keys() -> Self {
        Self::with(avito::Options::default()).await
    }

    pub async fn with(options: avito::Options) -> Self {
        let avito = Avito::start(options).await.expect("a sandbox");
        let seller = avito.add_seller("Лавка чайников");
        let app = avito.add_app("Беседа", BACK);
        let clock = Arc::new(Moved::default());
        let options = Options {
            api: Url::parse(avito.url()).expect("an address"),
            consent: Url::parse(&format!("{}/oauth", avito.url())).expect("an address"),
            app: Some(AppKeys {
                client_id: app.client_id.clone(),
                client_secret: app.client_secret.clone().into(),
            }),
            reconcile: Duration::from_millis(300),
            poll: Duration::from_millis(200),
            guard: None,
        };
        let driver = Driven::new(Arc::clone(&clock) as Arc<dyn Clock>, options);
        let (id, secret) = seller.keys();
        let mut channel = channel();
        channel.settings.insert("client_id".to_owned(), id.into());
        channel.secrets.insert("client_secret".to_owned(), secret.into());
        channel.external_id = None;
        Self { avito, seller, app, driver, channel, clock }
    }

    /// Of a channel whose seller agrees at Avito's page.
    pub async fn consent() -> Self {
        let mut world = Self::own_keys().await;
        world.channel.settings.insert("mode".to_owned(), "consent".into());
        world.channel.secrets.clear();
        world
    }

    /// The seller agrees; the browser comes back.
    pub async fn agree(&self) {
        let role = self.driver.consent().expect("the driver asks for consent");
        let back = Url::parse(BACK).expect("an address");
        let page = role.page(&self.channel, &back, "st-1").expect("a page");
        assert!(page.as_str().starts_with(self.avito.url()), "{page}");
        let scope = page.query_pairs().find(|(n, _)| n == "scope").expect("scopes").1.into_owned();
        let returned = self.avito.consent(&self.app, &self.seller, &scope, "st-1");
        let returned = Url::parse(&returned.expect("a code")).expect("an address");
        let code =
            returned.query_pairs().find(|(n, _)| n == "code").expect("a code").1.into_owned();
        role.returned(&self.channel, &code, &back).await.expect("the code is taken");
    }

    pub async fn connected(mut self) -> Self {
        let connected = self.connect(None).await.expect("it connects");
        self.channel.external_id = Some(connected.external_id);
        self
    }

    pub async fn connect(&self, hook: Option<&str>) -> Result<Connected, channel::ConnectError> {
        let hook_url = hook.map(|hook| Url::parse(hook).expect("an address"));
        self.driver.connect(&self.channel, &Connecting { hook_url }).await
    }

    pub async fn send(&self, chat: &str, content: Content<OutFile>) -> Result<Sent, SendError> {
        let message = Outbound {
            id: MessageId(uuid(9)),
            recipient: chat.to_owned(),
            content,
            reply_to: None,
            thread: Thread::default(),
            automatic: false,
            repeated: false,
        };
        self.driver.send(&self.channel, &message).await
    }

    /// Nothing was asked that is not documented.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert_eq!(self.avito.violations(), Vec::<String>::new());
    }
}

pub fn picture(mime: &str, bytes: &'static [u8]) -> OutFile {
    let open: Arc<dyn Fn() -> ByteStream + Send + Sync> =
        Arc::new(move || stream::iter([Ok(Bytes::from_static(bytes))]).boxed());
    OutFile {
        kind: FileKind::Image,
        name: "чайник.png".to_owned(),
        mime: mime.to_owned(),
        size: bytes.len() as u64,
        link: None,
        open,
    }
}

pub fn album(files: Vec<OutFile>, caption: &str) -> Content<OutFile> {
    Content::Files { files, caption: caption.to_owned() }
}

/// An inbox that hands out what it stores.
pub struct Remembers {
    state: Mutex<BTreeMap<String, Value>>,
    batches: mpsc::UnboundedSender<Batch>,
    pub reports: Mutex<Vec<StateReport>>,
    pub reported: Notify,
    /// So many batches are refused for the time being.
    pub busy: Mutex<u32>,
    clock: Arc<Moved>,
}

impl Remembers {
    pub fn new(clock: &Arc<Moved>) -> (Self, mpsc::UnboundedReceiver<Batch>) {
        let (batches, coming) = mpsc::unbounded_channel();
        let inbox = Self {
            state: Mutex::default(),
            batches,
            reports: Mutex::default(),
            reported: Notify::new(),
            busy: Mutex::new(0),
            clock: Arc::clone(clock),
        };
        (inbox, coming)
    }
}

#[async_trait]
impl Inbox for Remembers {
    async fn accept(&self, batch: Batch) -> Result<(), AcceptError> {
        {
            let mut busy = self.busy.lock().expect("nobody panics with it");
            if *busy > 0 && !batch.events.is_empty() {
                *busy -= 1;
                return Err(AcceptError::Unavailable("a test".to_owned()));
            }
        }
        for (key, value) in &batch.state {
            let mut state = self.state.lock().expect("nobody panics with it");
            state.insert(key.clone(), value.clone());
        }
        self.batches.send(batch).map_err(|_| AcceptError::Fenced)
    }

    async fn state(&self, key: &str) -> Result<Option<Value>, AcceptError> {
        Ok(self.state.lock().expect("nobody panics with it").get(key).cloned())
    }

    async fn report(&self, report: StateReport) -> Result<(), AcceptError> {
        self.reports.lock().expect("nobody panics with it").push(report);
        self.reported.notify_one();
        Ok(())
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }
}

/// Messages of a batch's events, by id and words.
pub fn words(events: &[Inbound]) -> Vec<(String, String)> {
    let messages = events.iter().filter_map(|event| match event {
        Inbound::Message(m) => Some((m.external_id.clone(), m.content.words().clone())),
        _ => None,
    });
    messages.collect()
}
