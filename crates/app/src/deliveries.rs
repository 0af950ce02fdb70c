//! The way of an event to its receivers (AD-2): the feed is turned into deliveries, each delivery is
//! a job of its endpoint's lane. Order holds within an endpoint: a delivery that fails holds up those
//! after it, until it succeeds or is given up.

use std::time::Duration;

use domain::{
    clock::Instant,
    event::EventKind,
    ids::{AccountId, DeliveryId, EndpointId},
    webhook::{self, DeliveryState, Disabled, Outcome, Verdict},
};
use net::{
    SendError, SigningSecret,
    http::header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use store::{DeliveryWork, FeedEvent, Lagging, NewDelivery, NewJob, Tried};
use url::Url;

use crate::{App, JobError, Result, Work};

/// Whose runners deliver.
pub const DELIVERY_QUEUE: &str = "endpoints";

/// Events that are turned into deliveries in one transaction.
const MOST_EVENTS: i64 = 200;
const TIMEOUT: Duration = Duration::from_secs(30);
/// A person waits for a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of an answer is kept.
const MOST_ANSWER: usize = 2048;

/// What one try came to.
struct Try {
    outcome: Outcome,
    http_status: Option<i32>,
    answer: Option<String>,
    error: Option<String>,
}

impl App {
    /// Turns the account's newest events into deliveries and their jobs, in one transaction, so that
    /// an event is neither skipped nor queued twice. Returns whether there is more to do.
    ///
    /// Several processes may call it at once: the endpoints' row locks let them go one by one.
    pub async fn relay(&self, account: AccountId) -> Result<bool> {
        let mut tx = self.store.tenant(account).await?;
        let lagging = tx.lock_lagging_endpoints().await?;
        let Some(from) = lagging.iter().map(|e| e.cursor).min() else { return Ok(false) };
        let events = tx.feed_after(from, MOST_EVENTS).await?;
        let Some(last) = events.last().map(|e| e.seq) else { return Ok(false) };
        if events.first().is_some_and(|first| first.seq != from + 1) {
            tracing::warn!(account.id = %account, "events were pruned before they were delivered");
        }
        let now = self.clock.now();
        let new: Vec<NewDelivery> = lagging
            .iter()
            .flat_map(|endpoint| events.iter().map(move |event| (endpoint, event)))
            .filter(|(endpoint, event)| wants(endpoint, event))
            .map(|(endpoint, event)| {
                let delivery_id = DeliveryId::new(&*self.ids);
                let FeedEvent { seq, kind, payload, created_at } = event;
                NewDelivery {
                    delivery_id,
                    endpoint_id: endpoint.endpoint_id,
                    seq: *seq,
                    kind: kind.clone(),
                    body: body(delivery_id, *seq, kind, *created_at, payload),
                    replay_of: None,
                    created_at: now,
                }
            })
            .collect();
        if !new.is_empty() {
            tx.insert_deliveries(&new).await?;
        }
        for delivery in &new {
            tx.push(job(delivery));
        }
        for endpoint in &lagging {
            tx.advance_endpoint(endpoint.endpoint_id, last).await?;
        }
        tx.commit().await?;
        Ok(i64::try_from(events.len()).is_ok_and(|n| n == MOST_EVENTS))
    }

    /// Posts one delivery. Run twice (its process died after the post) it posts twice under the same
    /// `webhook-id`, by which the receiver knows it again: at least once is what receivers are told.
    pub async fn deliver(
        &self,
        account: AccountId,
        id: DeliveryId,
        attempts: i32,
    ) -> Result<(), JobError> {
        let fault = |error: crate::Error| JobError::of(&error, attempts);
        let work = self.delivery_work(account, id).await.map_err(fault)?;
        let Some(work) = work.filter(|w| w.state == DeliveryState::Waiting) else { return Ok(()) };
        if !work.enabled {
            return self.drop_delivery(account, id, attempts).await.map_err(fault);
        }
        let tried = self.post(&work, TIMEOUT).await;
        let chance = rand::random::<f64>() * 2.0 - 1.0;
        let verdict = webhook::verdict(&tried.outcome, attempts, chance);
        let why = tried.error.clone().unwrap_or_default();
        self.record_try(account, id, &work, tried, attempts, verdict).await.map_err(fault)?;
        match verdict {
            Verdict::Done => Ok(()),
            Verdict::Again(after) => Err(JobError::Retry { after, why }),
            Verdict::GiveUp | Verdict::Gone => Err(JobError::Fail { why }),
        }
    }

    /// Posts a ping, once.
    pub(crate) async fn try_ping(&self, account: AccountId, id: DeliveryId) -> Result<()> {
        let Some(work) = self.delivery_work(account, id).await? else { return Ok(()) };
        let tried = self.post(&work, PING_TIMEOUT).await;
        let delivered = tried.outcome == Outcome::Delivered;
        let state = if delivered { DeliveryState::Delivered } else { DeliveryState::Failed };
        let mut tx = self.store.tenant(account).await?;
        tx.record_delivery(id, &written(tried, state, 1, None, self.clock.now())).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn delivery_work(
        &self,
        account: AccountId,
        id: DeliveryId,
    ) -> Result<Option<DeliveryWork>> {
        let mut tx = self.store.tenant(account).await?;
        Ok(tx.delivery_work(id, self.clock.now()).await?)
    }

    async fn post(&self, work: &DeliveryWork, timeout: Duration) -> Try {
        let Ok(url) = Url::parse(&work.url) else { return Try::unreachable("not an address") };
        let body = work.body.to_string().into_bytes();
        let id = work.body.get("id").and_then(Value::as_str).unwrap_or_default();
        let now = self.clock.now();
        let Some(headers) = headers(work, id, now, &body) else {
            return Try::unreachable("no headers can be made");
        };
        match self.outgoing.post(&url, headers, body, timeout, MOST_ANSWER).await {
            Ok(answer) => {
                let status = answer.status;
                let delivered = (200..300).contains(&status);
                let asked = answer.retry_after.as_deref();
                let retry_after = asked.and_then(|text| webhook::retry_after(text, now));
                Try {
                    outcome: if delivered {
                        Outcome::Delivered
                    } else {
                        Outcome::Answered { status, retry_after }
                    },
                    http_status: Some(i32::from(status)),
                    answer: Some(readable(&answer.body)),
                    error: (!delivered).then(|| format!("answered {status}")),
                }
            }
            Err(SendError::TimedOut) => Try {
                outcome: Outcome::TimedOut,
                ..Try::unreachable(&SendError::TimedOut.to_string())
            },
            Err(error) => Try::unreachable(&error.to_string()),
        }
    }

    async fn record_try(
        &self,
        account: AccountId,
        id: DeliveryId,
        work: &DeliveryWork,
        tried: Try,
        attempts: i32,
        verdict: Verdict,
    ) -> Result<()> {
        let now = self.clock.now();
        let (state, again) = match verdict {
            Verdict::Done => (DeliveryState::Delivered, None),
            Verdict::Again(after) => (DeliveryState::Waiting, Some(now + after)),
            Verdict::GiveUp | Verdict::Gone => (DeliveryState::Failed, None),
        };
        let endpoint = work.endpoint_id;
        let mut tx = self.store.tenant(account).await?;
        tx.record_delivery(id, &written(tried, state, attempts + 1, again, now)).await?;
        if verdict == Verdict::Done {
            tx.endpoint_succeeded(endpoint).await?;
        } else {
            let since = tx.endpoint_failed(endpoint, now).await?;
            if verdict == Verdict::Gone {
                tx.disable_endpoint(endpoint, Disabled::Gone).await?;
            } else if since.is_some_and(|since| webhook::has_failed_too_long(since, now)) {
                tx.disable_endpoint(endpoint, Disabled::Failing).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// What waits for an endpoint that was switched off is not sent any more.
    async fn drop_delivery(&self, account: AccountId, id: DeliveryId, attempts: i32) -> Result<()> {
        let dropped = Tried {
            state: DeliveryState::Failed,
            attempts,
            http_status: None,
            answer: None,
            error: Some("the endpoint is switched off".to_owned()),
            next_at: None,
            finished_at: Some(self.clock.now()),
        };
        let mut tx = self.store.tenant(account).await?;
        tx.record_delivery(id, &dropped).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Try {
    fn unreachable(error: &str) -> Self {
        Self {
            outcome: Outcome::Unreachable,
            http_status: None,
            answer: None,
            error: Some(error.to_owned()),
        }
    }
}

fn wants(endpoint: &Lagging, event: &FeedEvent) -> bool {
    event.seq > endpoint.cursor
        && may_go_out(&event.kind)
        && (endpoint.kinds.is_empty() || endpoint.kinds.contains(&event.kind))
}

/// A kind that this program does not know yet is a newer one's, which wrote it for readers.
fn may_go_out(kind: &str) -> bool {
    let known = EventKind::ALL.into_iter().find(|known| known.as_str() == kind);
    known.is_none_or(EventKind::is_for_receivers)
}

pub(crate) fn lane(endpoint: EndpointId) -> String {
    format!("end:{}", endpoint.0)
}

/// The job that posts a delivery, in its endpoint's lane.
pub(crate) fn job(delivery: &NewDelivery) -> NewJob {
    let work = Work::Deliver { delivery: delivery.delivery_id };
    NewJob {
        lane: lane(delivery.endpoint_id),
        queue: DELIVERY_QUEUE,
        payload: json!(work),
        run_at: None,
    }
}

/// What is sent. `id` is the event's for this receiver: tries and replays repeat it.
pub(crate) fn body(id: DeliveryId, seq: i64, kind: &str, at: Instant, data: &Value) -> Value {
    json!({ "id": id, "seq": seq, "type": kind, "created_at": at, "data": data })
}

/// By the Standard Webhooks specification; the stamp is the try's, against replays by others.
fn headers(work: &DeliveryWork, id: &str, now: Instant, body: &[u8]) -> Option<HeaderMap> {
    let secrets: Vec<SigningSecret> =
        work.secrets.iter().map(|s| SigningSecret::from_slice(s.expose_secret())).collect();
    let stamp = now.timestamp();
    let signature = net::sign(&secrets, id, stamp, body);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("webhook-id", HeaderValue::try_from(id).ok()?);
    headers.insert("webhook-timestamp", HeaderValue::from(stamp));
    headers.insert("webhook-signature", HeaderValue::try_from(signature).ok()?);
    Some(headers)
}

fn written(
    tried: Try,
    state: DeliveryState,
    attempts: i32,
    next_at: Option<Instant>,
    now: Instant,
) -> Tried {
    Tried {
        state,
        attempts,
        http_status: tried.http_status,
        answer: tried.answer,
        error: tried.error,
        next_at,
        finished_at: next_at.is_none().then_some(now),
    }
}

/// An answer for people: without NUL, which Postgres does not keep, and without broken letters.
fn readable(body: &[u8]) -> String {
    domain::text::without_nul(&String::from_utf8_lossy(body)).into_owned()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn ad_2_an_endpoint_gets_its_kinds_after_its_cursor() {
        let event = |seq| FeedEvent {
            seq,
            kind: "message.created".to_owned(),
            payload: json!({}),
            created_at: Instant::default(),
        };
        let endpoint = |kinds: &[&str]| Lagging {
            endpoint_id: EndpointId(Uuid::from_u128(1)),
            kinds: kinds.iter().map(|k| (*k).to_owned()).collect(),
            cursor: 5,
        };
        assert!(wants(&endpoint(&[]), &event(6)));
        assert!(!wants(&endpoint(&[]), &event(5)));
        assert!(wants(&endpoint(&["message.created"]), &event(6)));
        assert!(!wants(&endpoint(&["contact.changed"]), &event(6)));
    }

    #[test]
    fn answers_are_made_readable() {
        assert_eq!(readable(b"ok\0 \xff"), "ok \u{fffd}");
    }
}
