//! An inbox that remembers, and channels of the test's mail servers.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use channel::{
    AcceptError, Batch, Channel, DeliveryReport, Driver, Inbound, InboundMessage, Inbox,
    ListenError, Quarantined,
};
use channel_email::{Email, Pace};
use domain::{
    channel::{ChannelState, StateReport},
    clock::Instant,
    content::Content,
    ids::{AccountId, ChannelId},
};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::testserver::{MailServer, PASSWORD};

/// Mail servers, or `None` with the reason printed where they cannot run.
pub fn servers() -> Option<MailServer> {
    if let Some(why) = MailServer::missing() {
        eprintln!("SKIPPED: {why}");
        return None;
    }
    Some(MailServer::start().expect("the mail servers start"))
}

pub fn channel(server: &MailServer, address: &str) -> Channel {
    let settings = json!({
        "email": address,
        "sender_name": "Магазин",
        "imap_host": "127.0.0.1",
        "imap_port": server.imap_port(),
        "imap_security": "none",
        "smtp_host": "127.0.0.1",
        "smtp_port": server.smtp_port(),
        "smtp_security": "none",
    });
    Channel {
        id: ChannelId(Uuid::new_v4()),
        account: AccountId(Uuid::nil()),
        name: "Почта".to_owned(),
        settings: settings.as_object().cloned().unwrap_or_default(),
        secrets: BTreeMap::from([("password".to_owned(), PASSWORD.into())]),
        hook_secret: "hook".into(),
        external_id: None,
        memory: std::sync::Arc::new(channel::Forgetful),
    }
}

/// A driver that looks into \Sent often.
pub fn driver() -> Email {
    let second = Duration::from_secs(1);
    Email::default().with_pace(Pace { idle: second * 540, idle_with_sent: second, poll: second })
}

#[derive(Default)]
struct Stored {
    seen: HashSet<String>,
    messages: Vec<InboundMessage>,
    doubles: usize,
    reports: Vec<DeliveryReport>,
    quarantined: Vec<Quarantined>,
    state: BTreeMap<String, Value>,
    states: Vec<StateReport>,
    fail_letters: usize,
}

/// Keeps what it is given, with the unique key of the real one. It can fail.
#[derive(Clone)]
pub struct Remembering {
    stored: Arc<Mutex<Stored>>,
    changes: watch::Sender<u64>,
}

impl Default for Remembering {
    fn default() -> Self {
        Self { stored: Arc::default(), changes: watch::Sender::new(0) }
    }
}

impl Remembering {
    fn with<T>(&self, look: impl FnOnce(&mut Stored) -> T) -> T {
        look(&mut self.stored.lock().expect("no test panics inside"))
    }

    /// The next so many letters are not stored.
    pub fn fail(&self, letters: usize) {
        self.with(|s| s.fail_letters = letters);
    }

    pub fn messages(&self) -> Vec<InboundMessage> {
        self.with(|s| s.messages.clone())
    }

    /// Letters that came again and were dropped by their external id.
    pub fn doubles(&self) -> usize {
        self.with(|s| s.doubles)
    }

    pub fn reports(&self) -> Vec<DeliveryReport> {
        self.with(|s| s.reports.clone())
    }

    pub fn quarantined(&self) -> Vec<Quarantined> {
        self.with(|s| s.quarantined.clone())
    }

    pub fn subjects(&self) -> Vec<String> {
        self.messages().iter().map(subject).collect()
    }

    /// Waits until it holds, at most so long.
    pub async fn until_or(&self, at_most: Duration, holds: impl Fn(&Self) -> bool) {
        let mut changes = self.changes.subscribe();
        let wait = async {
            while !holds(self) {
                changes.changed().await.expect("the sender lives as long as this");
            }
        };
        // The caller looks for itself.
        let _ = timeout(at_most, wait).await;
    }

    /// Waits until it holds.
    pub async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let mut changes = self.changes.subscribe();
        let wait = async {
            while !holds(self) {
                changes.changed().await.expect("the sender lives as long as this");
            }
        };
        if timeout(Duration::from_secs(30), wait).await.is_err() {
            panic!("not in time: {what}; subjects: {:?}", self.subjects());
        }
    }

    pub async fn connected(&self) {
        self.until("connected", |inbox| {
            inbox.with(|s| s.states.iter().any(|r| r.state == ChannelState::Connected))
        })
        .await;
    }
}

pub fn subject(message: &InboundMessage) -> String {
    match &message.content {
        Content::Letter { subject, .. } => subject.clone(),
        other => format!("{other:?}"),
    }
}

#[async_trait]
impl Inbox for Remembering {
    async fn accept(&self, batch: Batch) -> Result<(), AcceptError> {
        self.with(|s| {
            let letters = batch.events.len() + batch.quarantined.len();
            if letters > 0 && s.fail_letters > 0 {
                s.fail_letters -= 1;
                return Err(AcceptError::Unavailable("the test says so".to_owned()));
            }
            for event in batch.events {
                match event {
                    Inbound::Message(m) if !s.seen.insert(m.external_id.clone()) => s.doubles += 1,
                    Inbound::Message(m) => s.messages.push(*m),
                    Inbound::Delivery(report) => s.reports.push(report),
                    other => panic!("mail knows no {other:?}"),
                }
            }
            for item in batch.quarantined {
                if s.seen.insert(item.external_id.clone()) {
                    s.quarantined.push(item);
                }
            }
            s.state.extend(batch.state);
            Ok(())
        })?;
        self.changes.send_modify(|n| *n += 1);
        Ok(())
    }

    async fn state(&self, key: &str) -> Result<Option<Value>, AcceptError> {
        Ok(self.with(|s| s.state.get(key).cloned()))
    }

    async fn report(&self, report: StateReport) -> Result<(), AcceptError> {
        self.with(|s| s.states.push(report));
        self.changes.send_modify(|n| *n += 1);
        Ok(())
    }

    fn now(&self) -> Instant {
        chrono::Utc::now()
    }
}

/// A running listener.
pub struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), ListenError>>,
}

impl Running {
    pub fn start(channel: &Channel, inbox: &Remembering) -> Self {
        let (channel, inbox, stop) = (channel.clone(), inbox.clone(), CancellationToken::new());
        let token = stop.clone();
        let task = tokio::spawn(async move {
            let driver = driver();
            driver.listener().expect("mail has a listener").run(&channel, &inbox, token).await
        });
        Self { stop, task }
    }

    pub async fn stop(self) {
        self.stop.cancel();
        let ended = timeout(Duration::from_secs(2), self.task).await;
        assert!(matches!(ended, Ok(Ok(Ok(())))), "it stops at once: {ended:?}");
    }

    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// Stops it where it did not end by itself.
    pub async fn stop_or_ended(self) {
        self.stop.cancel();
        let ended = timeout(Duration::from_secs(5), self.task).await;
        assert!(matches!(ended, Ok(Ok(_))), "it ends: {ended:?}");
    }

    /// How it ended by itself.
    pub async fn ended(self) -> Result<(), ListenError> {
        timeout(Duration::from_secs(30), self.task).await.expect("it ends").expect("no panic")
    }
}

pub fn letter(subject: &str, message_id: Option<&str>, body: &str) -> Vec<u8> {
    let id = message_id.map(|id| format!("Message-ID: <{id}>\r\n")).unwrap_or_default();
    format!(
        "From: Anna <anna@client.test>\r\nTo: sales@shop.test\r\n{id}Subject: {subject}\r\n\
         Date: Mon, 05 May 2025 12:00:00 +0300\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}
