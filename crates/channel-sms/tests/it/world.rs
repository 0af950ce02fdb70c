//! What every test here needs.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use channel::{
    AcceptError, Batch, Channel, Inbound, InboundMessage, Inbox, OutFile, Outbound, Thread,
};
use channel_sms::{Options, Pace, Reach, Sms};
use domain::{
    channel::StateReport,
    clock::{Clock, Instant},
    content::Content,
    ids::{AccountId, ChannelId, MessageId},
};
use serde_json::{Map, Value};

/// The real time.
pub struct Real;

impl Clock for Real {
    fn now(&self) -> Instant {
        chrono::Utc::now()
    }
}

/// A driver with a quick rhythm that may reach this machine.
pub fn driver() -> Sms {
    driver_with(pace())
}

/// A quick rhythm.
pub fn pace() -> Pace {
    Pace {
        enquire: Duration::from_secs(30),
        answer: Duration::from_secs(5),
        connect: Duration::from_secs(2),
        parts: Duration::from_secs(6 * 3600),
    }
}

/// The same with a rhythm of its own.
pub fn driver_with(pace: Pace) -> Sms {
    let options = Options { reach: Reach::Everywhere, pace, ..Options::default() };
    Sms::new(Arc::new(Real), options)
}

/// A channel with these settings; what is secret among them goes where secrets are.
pub fn channel(settings: Value) -> Channel {
    let mut plain: Map<String, Value> = settings.as_object().cloned().unwrap_or_default();
    let secrets = ["smpp_password", "key"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), plain.remove(key)?.as_str()?.into())))
        .collect();
    Channel {
        id: ChannelId(uuid::Uuid::from_u128(1)),
        account: AccountId(uuid::Uuid::from_u128(2)),
        name: "SMS".to_owned(),
        settings: plain,
        secrets,
        hook_secret: "kq0cYk2oVJm1kqX0cYk2oVJm1kqX0cYk2oVJm1kqX0c".into(),
        external_id: None,
        memory: Arc::new(channel::testkit::Memo::default()),
    }
}

/// A text for somebody.
pub fn outbound(recipient: &str, text: &str) -> Outbound {
    Outbound {
        id: MessageId(uuid::Uuid::new_v4()),
        recipient: recipient.to_owned(),
        content: Content::<OutFile>::text(text),
        reply_to: None,
        thread: Thread::default(),
        automatic: false,
        repeated: false,
    }
}

/// An inbox in memory, which outlives listeners as the database does.
#[derive(Default)]
pub struct Stored {
    pub batches: Mutex<Vec<Batch>>,
    pub state: Mutex<HashMap<String, Value>>,
    pub reports: Mutex<Vec<StateReport>>,
    /// Stores nothing, like a database that is away.
    pub away: AtomicBool,
}

impl Stored {
    pub fn events(&self) -> Vec<Inbound> {
        locked(&self.batches).iter().flat_map(|b| b.events.clone()).collect()
    }

    pub fn messages(&self) -> Vec<InboundMessage> {
        let message = |event| match event {
            Inbound::Message(message) => Some(*message),
            _ => None,
        };
        self.events().into_iter().filter_map(message).collect()
    }

    pub fn texts(&self) -> Vec<String> {
        let text = |message: InboundMessage| match message.content {
            Content::Text { text, .. } => text,
            other => format!("{other:?}"),
        };
        self.messages().into_iter().map(text).collect()
    }

    pub fn quarantined(&self) -> usize {
        locked(&self.batches).iter().map(|b| b.quarantined.len()).sum()
    }
}

#[async_trait]
impl Inbox for Stored {
    async fn accept(&self, batch: Batch) -> Result<(), AcceptError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(AcceptError::Unavailable("a test".to_owned()));
        }
        locked(&self.state).extend(batch.state.iter().cloned());
        locked(&self.batches).push(batch);
        Ok(())
    }

    async fn state(&self, key: &str) -> Result<Option<Value>, AcceptError> {
        Ok(locked(&self.state).get(key).cloned())
    }

    async fn report(&self, report: StateReport) -> Result<(), AcceptError> {
        locked(&self.reports).push(report);
        Ok(())
    }

    fn now(&self) -> Instant {
        chrono::Utc::now()
    }
}

/// A test that panicked elsewhere is no reason to panic here.
pub fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until there is something.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..1500 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not happen: {what}");
}
