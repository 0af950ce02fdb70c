//! The demo channel keeps the contract of drivers, and plays its customer.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use channel::{
    AcceptError, Batch, Channel, Connecting, Driver, Inbound, Inbox, Outbound, Receive, Thread,
    testkit,
};
use channel_demo::Demo;
use domain::{
    channel::{ChannelState, StateReport},
    clock::Instant,
    content::Content,
    delivery::DeliveryStatus,
    ids::{AccountId, ChannelId, MessageId},
};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn channel(settings: Value) -> Channel {
    Channel {
        id: ChannelId(Uuid::from_u128(1)),
        account: AccountId(Uuid::from_u128(2)),
        name: "Демо".to_owned(),
        settings: settings.as_object().cloned().unwrap_or_else(Map::new),
        secrets: BTreeMap::new(),
        hook_secret: "x".to_owned().into(),
        external_id: None,
        memory: std::sync::Arc::new(channel::Forgetful),
    }
}

struct Ears {
    heard: Mutex<Vec<Batch>>,
    stop: CancellationToken,
    until: usize,
}

#[async_trait]
impl Inbox for Ears {
    async fn accept(&self, batch: Batch) -> Result<(), AcceptError> {
        let mut heard = self.heard.lock().unwrap();
        heard.push(batch);
        if heard.len() >= self.until {
            self.stop.cancel();
        }
        Ok(())
    }

    async fn state(&self, _key: &str) -> Result<Option<Value>, AcceptError> {
        Ok(None)
    }

    async fn report(&self, report: StateReport) -> Result<(), AcceptError> {
        assert_eq!(report.state, ChannelState::Connected);
        Ok(())
    }

    fn now(&self) -> Instant {
        Instant::UNIX_EPOCH
    }
}

fn ears(until: usize) -> Ears {
    Ears { heard: Mutex::default(), stop: CancellationToken::new(), until }
}

fn says(text: &str) -> Outbound {
    Outbound {
        id: MessageId(Uuid::from_u128(7)),
        recipient: "demo-customer".to_owned(),
        content: Content::text(text),
        reply_to: None,
        thread: Thread::default(),
        automatic: false,
        repeated: false,
    }
}

#[tokio::test]
async fn ch_2_the_form_keeps_the_contract_and_wrong_settings_are_named() {
    testkit::check_form(&Demo::default(), &channel(json!({})));
    assert_eq!(Demo::default().check(&channel(json!({ "looks_like": "vk" }))), Ok(()));
    let wrong = channel(json!({ "greets": "да", "looks_like": "pigeon" }));
    let fields: Vec<String> =
        Demo::default().check(&wrong).unwrap_err().into_iter().map(|e| e.field).collect();
    assert_eq!(fields, ["greets", "looks_like"]);
    let connected =
        Demo::default().connect(&channel(json!({})), &Connecting { hook_url: None }).await.unwrap();
    assert_eq!(connected.receive, Receive::Listener);
}

/// CV-7: what is sent becomes delivered, then read; a question is answered, once.
#[tokio::test]
async fn cv_7_what_is_sent_is_delivered_read_and_answered() {
    let demo = Demo::default();
    let channel = channel(json!({ "greets": false }));
    let ears = ears(3);
    let sent = demo.send(&channel, &says("Вам удобно завтра?")).await.unwrap();
    assert_eq!(sent.status, DeliveryStatus::Sent);
    demo.listener().unwrap().run(&channel, &ears, ears.stop.clone()).await.unwrap();
    let heard = ears.heard.into_inner().unwrap();
    let events: Vec<&Inbound> = heard.iter().flat_map(|b| &b.events).collect();
    for (event, status) in events.iter().zip([DeliveryStatus::Delivered, DeliveryStatus::Read]) {
        let Inbound::Delivery(report) = event else { panic!("{event:?}") };
        assert_eq!((report.external_id.as_str(), report.status), (&*sent.external_id, status));
    }
    let Some(Inbound::Message(answer)) = events.get(2) else { panic!("{events:?}") };
    assert_eq!(answer.person.external_id, "demo-customer");
}

/// The newcomer's path: a customer writes first, and only once.
#[tokio::test]
async fn a_customer_writes_first() {
    let ears = ears(1);
    let demo = Demo::default();
    let channel = channel(json!({}));
    demo.listener().unwrap().run(&channel, &ears, ears.stop.clone()).await.unwrap();
    let heard = ears.heard.into_inner().unwrap();
    assert!(matches!(&heard[0].events[..], [Inbound::Message(_)]), "{heard:?}");
    assert_eq!(heard[0].state, [("greeted".to_owned(), Value::Bool(true))]);
}

/// CV-6: what an operator does with a message that is sent succeeds, so that a newcomer can try it.
#[tokio::test]
async fn cv_6_sent_messages_are_changed_taken_back_and_given_emoji() {
    let (driver, channel) = (Demo::default(), channel(json!({})));
    let (changes, reactions) = (driver.changes().unwrap(), driver.reactions().unwrap());
    let words = Content::text("иначе");
    assert_eq!(changes.edit(&channel, "demo", "1", &words).await, Ok(()));
    assert_eq!(changes.remove(&channel, "demo", "1").await, Ok(()));
    let can = driver.capabilities();
    assert!(can.edit_within.is_some() && can.remove_within.is_some());
    for emoji in can.reactions {
        assert_eq!(reactions.react(&channel, "demo", "1", Some(&emoji)).await, Ok(()));
    }
}
