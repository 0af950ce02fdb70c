//! The listener role. Where events come by callback it looks, from time to time, what callbacks
//! missed. Where they come by long poll it is the way they come: the cursor `ts` is stored in one
//! transaction with the events before it, so a crash repeats events and loses none.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use channel::{
    AcceptError, Batch, Channel, ConnectError, Inbox, ListenError, Listener, Quarantined,
};
use domain::{
    channel::StateReport,
    clock::Instant,
    text::{Words, shortened},
};
use net::http::Url;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{
    Vk,
    api::{Api, CallError},
    driver::{CALLBACK, WAY, group_id},
    errors::listen_error,
    inbound,
    json::Json,
    missed, reports,
};

/// VK's name of the cursor.
const TS: &str = "ts";
/// How much later than its own time-out a poll is given up.
const GRACE: Duration = Duration::from_secs(15);
/// The least time between two polls that brought nothing, should a server not hold them.
const LULL: Duration = Duration::from_secs(1);

#[async_trait]
impl Listener for Vk {
    async fn run(
        &self,
        channel: &Channel,
        inbox: &dyn Inbox,
        stop: CancellationToken,
    ) -> Result<(), ListenError> {
        let (api, _) = self
            .open(channel)
            .map_err(|wrong| ListenError::Stopped(reports::mend_settings(wrong)))?;
        let way = channel.memory.recall(WAY).await;
        let way = way.map_err(|error| ListenError::Accept(AcceptError::Unavailable(error.0)))?;
        let Some(group_id) = group_id(channel) else {
            return Err(ListenError::Interrupted("the community's id is not known yet".to_owned()));
        };
        if way.as_ref().and_then(Value::as_str) == Some(CALLBACK) {
            self.look_after_callbacks(&api, channel, group_id, inbox, &stop).await
        } else {
            self.poll(&api, channel, group_id, inbox, &stop).await
        }
    }
}

/// What one poll brought.
#[derive(Debug, PartialEq)]
enum Polled {
    Updates {
        ts: String,
        updates: Vec<Value>,
    },
    /// `failed: 1`: VK forgot some events; `ts` is where it remembers from.
    Gap {
        ts: String,
    },
    /// `failed: 2`: the key ran out.
    OldKey,
    /// `failed: 3`: all of it must be asked for again.
    Lost,
}

/// Where to poll.
struct Server {
    address: Url,
    key: String,
    ts: String,
}

impl Vk {
    async fn look_after_callbacks(
        &self,
        api: &Api,
        channel: &Channel,
        group_id: i64,
        inbox: &dyn Inbox,
        stop: &CancellationToken,
    ) -> Result<(), ListenError> {
        loop {
            missed::look(api, channel, group_id, inbox).await?;
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(self.options.look_for_missed) => {}
            }
        }
    }

    async fn poll(
        &self,
        api: &Api,
        channel: &Channel,
        group_id: i64,
        inbox: &dyn Inbox,
        stop: &CancellationToken,
    ) -> Result<(), ListenError> {
        let stored = started_from(channel, group_id, inbox).await?;
        let mut server = server(api, group_id).await.map_err(listen_error)?;
        if let Some(ts) = stored {
            server.ts = ts;
        } else {
            missed::look(api, channel, group_id, inbox).await?;
        }
        inbox.report(StateReport::connected()).await?;
        let hold = self.options.poll_hold;
        loop {
            let started = tokio::time::Instant::now();
            let polled = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                polled = ask(api, &server, hold) => polled.map_err(listen_error)?,
            };
            let quiet = match polled {
                Polled::Updates { ts, updates } => {
                    let quiet = updates.is_empty();
                    if !quiet || ts != server.ts {
                        let mut batch = batch(&updates, &ts, inbox.now());
                        batch.state.push((kept(group_id), ts.as_str().into()));
                        inbox.accept(batch).await?;
                        server.ts = ts;
                    }
                    quiet
                }
                Polled::Gap { ts } => {
                    missed::look(api, channel, group_id, inbox).await?;
                    server.ts = ts;
                    true
                }
                Polled::OldKey => {
                    let ts = server.ts;
                    server = self::server(api, group_id).await.map_err(listen_error)?;
                    server.ts = ts;
                    true
                }
                Polled::Lost => {
                    server = self::server(api, group_id).await.map_err(listen_error)?;
                    missed::look(api, channel, group_id, inbox).await?;
                    true
                }
            };
            // Also where VK refuses the key or the cursor again and again.
            let pause = LULL.saturating_sub(started.elapsed());
            if quiet && !pause.is_zero() {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
    }
}

/// The cursor after the last events that are stored, or the one of connecting: what happened before
/// the listener began is not lost either.
async fn started_from(
    channel: &Channel,
    group_id: i64,
    inbox: &dyn Inbox,
) -> Result<Option<String>, ListenError> {
    let key = kept(group_id);
    let stored = match inbox.state(&key).await? {
        Some(stored) => Some(stored),
        None => channel.memory.recall(&key).await.map_err(|e| ListenError::Interrupted(e.0))?,
    };
    Ok(stored.as_ref().and_then(Value::as_str).map(str::to_owned))
}

/// Remembers where the long poll stands, once for each community.
pub(crate) async fn begin(
    api: &Api,
    channel: &Channel,
    group_id: i64,
    refused: impl Fn(CallError) -> ConnectError,
) -> Result<(), ConnectError> {
    let key = kept(group_id);
    if channel.memory.recall(&key).await?.is_none() {
        let server = server(api, group_id).await.map_err(refused)?;
        channel.memory.remember(&key, server.ts.into()).await?;
    }
    Ok(())
}

async fn server(api: &Api, group_id: i64) -> Result<Server, CallError> {
    let params = vec![("group_id", group_id.to_string())];
    let answer = api.call("groups.getLongPollServer", params).await?;
    let address = answer.text("server").and_then(|address| Url::parse(address).ok());
    match (address, answer.text("key"), cursor(&answer)) {
        (Some(address), Some(key), Some(ts)) => Ok(Server { address, key: key.to_owned(), ts }),
        _ => Err(CallError::Lost("VK named no long poll server".to_owned())),
    }
}

/// A number or a text.
fn cursor(value: &Value) -> Option<String> {
    match value.get(TS)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

async fn ask(api: &Api, server: &Server, hold: Duration) -> Result<Polled, CallError> {
    let mut url = server.address.clone();
    url.query_pairs_mut()
        .append_pair("act", "a_check")
        .append_pair("key", &server.key)
        .append_pair("ts", &server.ts)
        .append_pair("wait", &hold.as_secs().to_string());
    let body = api.poll(url, hold + GRACE).await?;
    let unreadable = || CallError::Lost("an unreadable answer of the long poll".to_owned());
    let answer: Value = serde_json::from_slice(&body).map_err(|_| unreadable())?;
    polled(answer).ok_or_else(unreadable)
}

fn polled(mut answer: Value) -> Option<Polled> {
    match answer.int("failed") {
        Some(1) => Some(Polled::Gap { ts: cursor(&answer)? }),
        Some(2) => Some(Polled::OldKey),
        Some(_) => Some(Polled::Lost),
        None => {
            let ts = cursor(&answer)?;
            match answer.get_mut("updates").map(Value::take) {
                Some(Value::Array(updates)) => Some(Polled::Updates { ts, updates }),
                _ => None,
            }
        }
    }
}

/// The key of the cursor in the channel's state: another key may be another community's.
fn kept(group_id: i64) -> String {
    format!("{TS}:{group_id}")
}

/// Everything of one answer. One event that cannot be read goes to
/// quarantine and holds nothing up.
fn batch(updates: &[Value], ts: &str, now: Instant) -> Batch {
    let mut batch = Batch::default();
    for (n, update) in updates.iter().enumerate() {
        let raw = update.to_string();
        match inbound::read(&raw, now) {
            Ok(received) => {
                batch.events.extend(received.events);
                batch.quarantined.extend(received.quarantined);
            }
            Err(error) => batch.quarantined.push(Quarantined {
                external_id: format!("poll:{}:{n}", shortened(ts, 40)),
                reason: Words::new(
                    format!("ВКонтакте прислал непонятное событие: {}.", error.0),
                    format!("VK sent an event that cannot be read: {}.", error.0),
                ),
                body: Bytes::from(raw),
            }),
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ch_7_a_poll_tells_updates_or_what_to_ask_again() {
        for (answer, expected) in [
            (
                json!({ "ts": "4", "updates": [] }),
                Some(Polled::Updates { ts: "4".to_owned(), updates: vec![] }),
            ),
            (
                json!({ "ts": 5, "updates": [] }),
                Some(Polled::Updates { ts: "5".to_owned(), updates: vec![] }),
            ),
            (json!({ "failed": 1, "ts": 8 }), Some(Polled::Gap { ts: "8".to_owned() })),
            (json!({ "failed": 2 }), Some(Polled::OldKey)),
            (json!({ "failed": 3 }), Some(Polled::Lost)),
            (json!({ "failed": 1 }), None),
            (json!({ "ts": "4" }), None),
            (json!("a site"), None),
        ] {
            assert_eq!(polled(answer.clone()), expected, "{answer}");
        }
    }
}
