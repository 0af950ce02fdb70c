//! The listener role: long polling. The cursor is stored in one transaction with the updates
//! before it, and Telegram forgets updates only when the next call names a higher one, so a crash
//! anywhere repeats updates and loses none.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use channel::{Batch, Channel, Inbox, ListenError, Listener, Quarantined};
use domain::{channel::StateReport, clock::Instant, text::Words};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use teloxide::payloads::GetUpdates;
use tokio_util::sync::CancellationToken;

use crate::{
    TelegramBot,
    api::{CallError, Refusal},
    driver::ALLOWED_UPDATES,
    errors, inbound, reports,
};

/// The key of the cursor in the channel's state: the first update that is not stored yet.
const OFFSET: &str = "offset";

/// How much later than its own time-out a poll is given up.
const GRACE: Duration = Duration::from_secs(15);

/// The least time between two polls that brought nothing, should a server not hold them.
const LULL: Duration = Duration::from_secs(1);

#[async_trait]
impl Listener for TelegramBot {
    async fn run(
        &self,
        channel: &Channel,
        inbox: &dyn Inbox,
        stop: CancellationToken,
    ) -> Result<(), ListenError> {
        let (api, _) = self
            .open(channel)
            .map_err(|wrong| ListenError::Stopped(reports::mend_settings(wrong)))?;
        let mut offset = inbox.state(OFFSET).await?.as_ref().and_then(Value::as_i64);
        // The first poll does not wait, so that people see at once whether the channel works.
        let mut hold = Duration::ZERO;
        loop {
            let started = tokio::time::Instant::now();
            let ask = ask(offset, hold);
            let answer = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                answer = api.call::<_, Vec<Box<RawValue>>>(&ask, hold + GRACE) => answer,
            };
            let pause = match answer {
                Ok(updates) => {
                    if hold.is_zero() {
                        inbox.report(StateReport::connected()).await?;
                        hold = self.options.poll_hold;
                    }
                    if updates.is_empty() {
                        LULL.saturating_sub(started.elapsed())
                    } else {
                        let (batch, next) = batch(&updates, offset, inbox.now());
                        inbox.accept(batch).await?;
                        let Some(next) = next else {
                            let why = "updates without a number".to_owned();
                            return Err(ListenError::Interrupted(why));
                        };
                        offset = Some(next);
                        Duration::ZERO
                    }
                }
                Err(CallError::Refused(Refusal { retry_after: Some(after), .. })) => after,
                Err(error) => {
                    if is_second_poller(&error) {
                        inbox.report(reports::polled_elsewhere()).await?;
                    }
                    return Err(errors::listen_error(error));
                }
            };
            if !pause.is_zero() {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
    }
}

fn ask(offset: Option<i64>, hold: Duration) -> GetUpdates {
    let mut ask = GetUpdates::new();
    ask.offset = offset.and_then(|o| i32::try_from(o).ok());
    ask.limit = Some(100);
    ask.timeout = u32::try_from(hold.as_secs()).ok();
    ask.allowed_updates = Some(ALLOWED_UPDATES.to_vec());
    ask
}

fn is_second_poller(error: &CallError) -> bool {
    matches!(error, CallError::Refused(Refusal { code: 409, description, .. })
        if description.to_lowercase().contains("other getupdates"))
}

/// Everything of one answer with the cursor after it. One update that cannot be read goes to
/// quarantine and holds nothing up.
fn batch(updates: &[Box<RawValue>], offset: Option<i64>, now: Instant) -> (Batch, Option<i64>) {
    #[derive(Deserialize)]
    struct Numbered {
        update_id: i64,
    }
    let mut batch = Batch::default();
    let mut next = None;
    for (n, raw) in updates.iter().enumerate() {
        if let Ok(Numbered { update_id }) = serde_json::from_str(raw.get()) {
            next = next.max(Some(update_id.saturating_add(1)));
        }
        match inbound::read(raw.get(), now) {
            Ok(received) => {
                batch.events.extend(received.events);
                batch.quarantined.extend(received.quarantined);
            }
            Err(error) => batch.quarantined.push(Quarantined {
                external_id: format!("updates:{}:{n}", offset.unwrap_or(0)),
                reason: Words::new(
                    format!("Telegram прислал непонятное событие: {}.", error.0),
                    format!("Telegram sent an update that cannot be read: {}.", error.0),
                ),
                body: Bytes::copy_from_slice(raw.get().as_bytes()),
            }),
        }
    }
    if let Some(next) = next {
        batch.state.push((OFFSET.to_owned(), next.into()));
    }
    (batch, next)
}
