//! What every test here needs.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use channel::{
    AcceptError, Batch, Channel, Connecting, Driver, Inbound, Inbox, ListenError, Outbound,
    Request, SendError, Sent, Thread, testkit::Memo,
};
use channel_sms::{Options, Sms};
use chrono::Utc;
use domain::{
    channel::{ChannelState, StateReport},
    clock::{Clock, Instant},
    content::Content,
    ids::{AccountId, ChannelId, MessageId},
};
use sandbox::sms::{self, Account, Credentials, Phone, Provider};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

pub const NUMBER: &str = "79160000001";
pub const PHONE: &str = "79161234567";
pub const PATIENCE: Duration = Duration::from_secs(20);
const HOOK_SECRET: &str = "kq0cYk2oVJm1kqX0cYk2oVJm1kqX0cYk2oVJm1kqX0c";

/// The sandbox tells real times.
struct Now;

impl Clock for Now {
    fn now(&self) -> Instant {
        Utc::now()
    }
}

pub fn driver() -> Sms {
    let outgoing = net::Outgoing::lenient();
    let options = Options { poll: Duration::from_millis(20), outgoing, ..Options::default() };
    Sms::new(Arc::new(Now), options)
}

/// A company at one provider, a person with a phone, and us.
pub struct World {
    pub sandbox: sms::Sms,
    pub account: Account,
    pub phone: Phone,
    pub channel: Channel,
    pub driver: Sms,
}

pub async fn world(provider: Provider) -> World {
    world_with(provider, sms::Options::quick()).await
}

pub async fn world_with(provider: Provider, options: sms::Options) -> World {
    let sandbox = sms::Sms::start(options).await.expect("a sandbox");
    let account = sandbox.add_account("Lavka", NUMBER);
    let phone = sandbox.phone(PHONE);
    let mut channel = channel(provider, &account.credentials());
    channel.settings.insert("base_url".to_owned(), sandbox.base(provider).into());
    World { sandbox, account, phone, channel, driver: driver() }
}

pub fn name(provider: Provider) -> &'static str {
    match provider {
        Provider::SmsAero => "sms_aero",
        Provider::SmscRu => "smsc_ru",
        Provider::Exolve => "exolve",
    }
}

pub fn channel(provider: Provider, credentials: &Credentials) -> Channel {
    let (login, key) = match provider {
        Provider::SmsAero => (&*credentials.email, &*credentials.aero_key),
        Provider::SmscRu => (&*credentials.login, &*credentials.password),
        Provider::Exolve => ("", &*credentials.exolve_key),
    };
    let settings: Map<String, Value> = [
        ("provider", json!(name(provider))),
        ("number", json!(format!("+{NUMBER}"))),
        ("login", json!(login)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    Channel {
        id: ChannelId(Uuid::from_u128(1)),
        account: AccountId(Uuid::from_u128(2)),
        name: "Лавка".to_owned(),
        settings,
        secrets: BTreeMap::from([("key".to_owned(), key.to_owned().into())]),
        hook_secret: HOOK_SECRET.into(),
        external_id: None,
        memory: Memo::shared(),
    }
}

/// A message of ours, made just now.
pub fn outbound(text: &str) -> Outbound {
    Outbound {
        id: MessageId(Uuid::now_v7()),
        recipient: format!("+{PHONE}"),
        content: Content::Text { text: text.to_owned(), spans: Vec::new() },
        reply_to: None,
        thread: Thread::default(),
        automatic: false,
        repeated: false,
    }
}

impl World {
    pub async fn send(&self, text: &str) -> Result<Sent, SendError> {
        self.driver.send(&self.channel, &outbound(text)).await
    }

    pub fn no_violations(&self) {
        assert_eq!(self.sandbox.violations(), Vec::<String>::new());
    }
}

/// Our webhook: everything that came.
pub struct Hook {
    server: MockServer,
}

impl Hook {
    pub async fn start() -> Self {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
        Self { server }
    }

    pub fn connecting(&self) -> Connecting {
        let url = format!("{}/hooks/sms/abc", self.server.uri());
        Connecting { hook_url: Some(url.parse().expect("a fixed address")) }
    }

    /// Waits for so many calls, and gives them as the house would.
    pub async fn calls(&self, sandbox: &sms::Sms, account: &Account, count: usize) -> Vec<Request> {
        let taken = || {
            let taken = account.deliveries().into_iter().filter(|d| d.answer == Ok(200)).count();
            (taken >= count).then_some(())
        };
        sandbox.until(PATIENCE, taken).await.expect("the provider calls");
        let came = self.server.received_requests().await.expect("requests are recorded");
        came.into_iter()
            .map(|request| Request {
                method: request.method.to_string(),
                query: request.url.query().unwrap_or_default().to_owned(),
                headers: request
                    .headers
                    .iter()
                    .map(|(n, v)| {
                        (n.as_str().to_owned(), v.to_str().unwrap_or_default().to_owned())
                    })
                    .collect(),
                body: Bytes::from(request.body),
            })
            .collect()
    }
}

/// The address that a person copies into the provider's cabinet.
pub fn pasted(channel: &Channel, connecting: &Connecting) -> String {
    let mut given = driver().hand_over(channel, connecting);
    given.pop().expect("the provider must be told by hand").value
}

/// What a test thread that panicked left behind is of no use.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test thread panicked")
}

/// An inbox that remembers, also between listeners.
#[derive(Default)]
pub struct Remembers {
    pub events: Mutex<Vec<Inbound>>,
    state: Mutex<BTreeMap<String, Value>>,
    pub reports: Mutex<Vec<ChannelState>>,
}

#[async_trait]
impl Inbox for Remembers {
    async fn accept(&self, batch: Batch) -> Result<(), AcceptError> {
        locked(&self.events).extend(batch.events);
        locked(&self.state).extend(batch.state);
        Ok(())
    }

    async fn state(&self, key: &str) -> Result<Option<Value>, AcceptError> {
        Ok(locked(&self.state).get(key).cloned())
    }

    async fn report(&self, report: StateReport) -> Result<(), AcceptError> {
        locked(&self.reports).push(report.state);
        Ok(())
    }

    fn now(&self) -> Instant {
        Utc::now()
    }
}

/// Listens until the inbox holds what is looked for.
pub async fn listen_until(
    world: &World,
    inbox: &Remembers,
    mut enough: impl FnMut(&[Inbound]) -> bool,
) -> Result<(), ListenError> {
    let stop = CancellationToken::new();
    let listener = world.driver.listener().expect("the driver listens");
    let listening = listener.run(&world.channel, inbox, stop.clone());
    let looking = async {
        while !enough(&locked(&inbox.events)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.cancel();
    };
    let both = async { tokio::join!(listening, looking).0 };
    tokio::time::timeout(PATIENCE, both).await.expect("it comes within its time")
}
