//! Delivery to the webhook of one bot, from `setWebhook` until the next one or `deleteWebhook`.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use axum::http::StatusCode;
use bytes::Bytes;
use rand::Rng;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    Delivery, Faults, http,
    lanes::{AfterFailure, Lanes},
    methods,
    params::Params,
    world::{BotState, Hook, Shared},
};

/// HTTP 410 for so many seconds closes the webhook.
const GONE_LIMIT: u32 = 23 * 3600;
/// What is read of an answer's body.
const ANSWER_READ: usize = 64 << 10;

struct Flight {
    chat: i64,
    update_id: i64,
    attempt: u32,
    answers: Vec<(SystemTime, Result<Answered, String>)>,
}

struct Answered {
    status: u16,
    retry_after: u32,
    body: Vec<u8>,
}

pub(super) async fn run(shared: Arc<Shared>, bot_id: i64, hook: Hook, stop: CancellationToken) {
    let Some(mut bell) = shared.world().bots.get(&bot_id).map(|bot| bot.bell.subscribe()) else {
        return;
    };
    let mut lanes = Lanes::new(shared.options.retry_base);
    let mut flying: JoinSet<Flight> = JoinSet::new();
    loop {
        bell.mark_unchanged();
        learn(&shared, bot_id, &mut lanes, &stop);
        let mut stolen = false;
        while flying.len() < hook.max_connections
            && let Some((chat, update_id, attempt)) = lanes.take(Instant::now())
        {
            let Some((body, faults)) = parcel(&shared, bot_id, update_id) else {
                lanes.done(chat, Instant::now());
                continue;
            };
            if hook.stolen {
                stolen = true;
                forget(&shared, bot_id, update_id);
                lanes.done(chat, Instant::now());
                continue;
            }
            let sending = Sending {
                client: shared.client.clone(),
                hook: hook.clone(),
                timeout: shared.options.webhook_timeout,
                body,
                faults,
            };
            flying.spawn(async move {
                let answers = sending.send().await;
                Flight { chat, update_id, attempt, answers }
            });
        }
        if stolen {
            shared.bell.send_modify(|count| *count += 1);
        }
        let wake = lanes.next_wake().filter(|_| flying.len() < hook.max_connections);
        tokio::select! {
            () = stop.cancelled() => return,
            changed = bell.changed() => if changed.is_err() { return },
            Some(landed) = flying.join_next(), if !flying.is_empty() => {
                let Ok(flight) = landed else { continue };
                settle(&shared, bot_id, &mut lanes, flight, &stop).await;
            }
            () = sleep_until(wake), if wake.is_some() => {}
        }
    }
}

async fn sleep_until(wake: Option<Instant>) {
    if let Some(wake) = wake {
        tokio::time::sleep_until(wake.into()).await;
    }
}

/// Under the lock that also guards the change of webhooks: what is new belongs to the present one.
fn learn(shared: &Shared, bot_id: i64, lanes: &mut Lanes, stop: &CancellationToken) {
    let mut world = shared.world();
    let Some(bot) = world.bots.get_mut(&bot_id).filter(|_| !stop.is_cancelled()) else { return };
    let now = Instant::now();
    while let Some(update_id) = bot.fresh.pop_front() {
        if let Some(pending) = bot.queue.get(&update_id) {
            lanes.learn(update_id, pending.chat, now);
        }
    }
}

fn parcel(shared: &Shared, bot_id: i64, update_id: i64) -> Option<(Bytes, Faults)> {
    let world = shared.world();
    let bot = world.bots.get(&bot_id)?;
    let pending = bot.queue.get(&update_id)?;
    Some((Bytes::from(pending.body.to_string()), bot.faults))
}

fn forget(shared: &Shared, bot_id: i64, update_id: i64) {
    if let Some(bot) = shared.world().bots.get_mut(&bot_id) {
        bot.queue.remove(&update_id);
    }
}

struct Sending {
    client: reqwest::Client,
    hook: Hook,
    timeout: Duration,
    body: Bytes,
    faults: Faults,
}

impl Sending {
    /// The first answer decides; those of further copies are only noted.
    async fn send(self) -> Vec<(SystemTime, Result<Answered, String>)> {
        let beside = (0..=self.faults.copies_parallel).map(|_| self.once());
        let mut answers = futures::future::join_all(beside).await;
        let taken = answers.first().is_some_and(|(_, answer)| is_taken(answer));
        if taken {
            for _ in 0..self.faults.copies_later {
                answers.push(self.once().await);
            }
        }
        answers
    }

    async fn once(&self) -> (SystemTime, Result<Answered, String>) {
        (SystemTime::now(), self.post().await)
    }

    async fn post(&self) -> Result<Answered, String> {
        let local = url::Url::parse(&self.hook.url)
            .ok()
            .and_then(|url| url.host().map(|host| methods::is_loopback(&host)));
        if local != Some(true) {
            // Never beyond this machine.
            return Err("Connection timed out".to_owned());
        }
        let mut request = self
            .client
            .post(&self.hook.url)
            .timeout(self.timeout)
            .header("Content-Type", "application/json")
            .body(self.body.clone());
        if let Some(secret) = &self.hook.secret {
            request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
        }
        let mut response = request.send().await.map_err(|error| describe(&error))?;
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get("Retry-After")
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .unwrap_or(0);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error))? {
            if body.len() + chunk.len() > ANSWER_READ {
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answered { status, retry_after, body })
    }
}

fn describe(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "Read timeout expired".to_owned()
    } else if error.is_connect() {
        "Connection refused".to_owned()
    } else {
        "Webhook connection closed".to_owned()
    }
}

fn is_taken(answer: &Result<Answered, String>) -> bool {
    answer.as_ref().is_ok_and(|answered| (200..300).contains(&answered.status))
}

async fn settle(
    shared: &Arc<Shared>,
    bot_id: i64,
    lanes: &mut Lanes,
    flight: Flight,
    stop: &CancellationToken,
) {
    let reply = shared.change(|world| {
        let bot = world.bots.get_mut(&bot_id)?;
        for (at, answer) in &flight.answers {
            bot.note_delivery(Delivery {
                update_id: flight.update_id,
                attempt: flight.attempt,
                at: *at,
                answer: answer.as_ref().map(|answered| answered.status).map_err(Clone::clone),
            });
        }
        if stop.is_cancelled() {
            // Another webhook came meanwhile: it gets the update again.
            return None;
        }
        let now = Instant::now();
        let first = flight.answers.into_iter().next()?.1;
        if is_taken(&first) {
            bot.queue.remove(&flight.update_id);
            bot.first_gone = None;
            lanes.done(flight.chat, now);
            return first.ok().and_then(|answered| reply_in_body(&answered.body));
        }
        let retry_after = note_failure(shared, bot, &first, now);
        let expires = bot.queue.get(&flight.update_id).map_or(now, |pending| pending.expires);
        let cap = rand::rng().random_range(60..=120);
        match lanes.failed(flight.chat, retry_after, cap, expires, now) {
            AfterFailure::TryAgain => {}
            AfterFailure::Drop => {
                bot.queue.remove(&flight.update_id);
            }
        }
        None
    });
    // A 2xx body may carry a call, so a server that answers such JSON by accident sends messages.
    if let Some((method, body)) = reply {
        let params = Params::from_json(&body);
        http::perform_and_note(shared, bot_id, &method, &params).await;
    }
}

/// Notes why, ends the webhook after a day of 410, and returns the `Retry-After` in seconds.
fn note_failure(
    shared: &Shared,
    bot: &mut BotState,
    answer: &Result<Answered, String>,
    now: Instant,
) -> u32 {
    let answered = match answer {
        Ok(answered) => answered,
        Err(what) => {
            bot.note_error(what.clone());
            return 0;
        }
    };
    let status = answered.status;
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let reason = reason.unwrap_or_default();
    bot.note_error(format!("Wrong response from the webhook: {status} {reason}"));
    if status != StatusCode::GONE.as_u16() {
        bot.first_gone = None;
    } else {
        let since = *bot.first_gone.get_or_insert(now);
        if now.saturating_duration_since(since) > shared.options.retry_base * GONE_LIMIT {
            methods::uninstall(bot);
        }
    }
    answered.retry_after
}

fn reply_in_body(body: &[u8]) -> Option<(String, Value)> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let method = body.get("method")?.as_str()?.to_ascii_lowercase();
    let forbidden = ["deletewebhook", "setwebhook", "close", "logout"];
    (!forbidden.contains(&method.as_str()) && !method.starts_with("get")).then_some((method, body))
}
