//! The listener role (BY-8): chats are read over for what the webhook missed, and where no webhook
//! can come this is how messages come at all. The cursor moves with what was stored, chat by chat.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use channel::{AcceptError, Batch, Channel, Inbox, ListenError, Listener, Quarantined};
use domain::channel::StateReport;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{
    Avito,
    call::CallError,
    driver::HOOK,
    errors, reports,
    round::{Pace, Round},
};

/// The key of the cursor: whatever happened before this second (of Avito's clock) is stored.
const SINCE: &str = "since";
/// A batch that could not be stored now is tried so often, so far apart: an echo of a message that is
/// just being sent is taken when its sending has ended.
const TRIES: u32 = 10;
const BETWEEN: Duration = Duration::from_secs(2);

#[async_trait]
impl Listener for Avito {
    async fn run(
        &self,
        channel: &Channel,
        inbox: &dyn Inbox,
        stop: CancellationToken,
    ) -> Result<(), ListenError> {
        let account = self
            .open(channel)
            .map_err(|wrong| ListenError::Stopped(reports::mend_settings(wrong)))?;
        let hook = channel.memory.recall(HOOK).await;
        let hook = hook.map_err(|error| ListenError::Interrupted(error.to_string()))?;
        let pace = match hook.as_ref().and_then(Value::as_str) {
            Some(_) => Pace { between: self.options.reconcile, reading: Duration::ZERO },
            // Who has read is not worth a call for each chat every few seconds.
            None => Pace { between: self.options.poll, reading: self.options.reconcile },
        };
        let kept = inbox.state(SINCE).await?;
        let mut keeper = Keeper { inbox, since: kept.as_ref().and_then(Value::as_i64) };
        if keeper.since.is_none() {
            // What was there before the channel was is not fetched.
            keeper.store(Vec::new(), inbox.now().timestamp()).await?;
        }
        let mut round = Round::new(&account, pace);
        let mut told = None;
        loop {
            let walked = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                walked = round.walk(&mut keeper) => walked,
            };
            let pause = match walked {
                Ok(pause) => {
                    if told != Some(Told::Works) {
                        inbox.report(StateReport::connected()).await?;
                        told = Some(Told::Works);
                    }
                    pause
                }
                // Its round goes on, or it would forget since when which chats fail.
                Err(Fault::Chats) => {
                    if told != Some(Told::Fails) {
                        inbox.report(reports::unreachable()).await?;
                        told = Some(Told::Fails);
                    }
                    pace.between
                }
                Err(Fault::Call(CallError::Busy(after))) => after,
                Err(Fault::Call(error)) => return Err(errors::listen_error(error)),
                Err(Fault::Stored(error)) => return Err(error.into()),
            };
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

/// What people were told last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Works,
    Fails,
}

/// Why a round ended early.
pub(crate) enum Fault {
    Call(CallError),
    /// The list can be read and no chat of it.
    Chats,
    Stored(AcceptError),
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<AcceptError> for Fault {
    fn from(error: AcceptError) -> Self {
        Self::Stored(error)
    }
}

/// Stores what a chat held, with the cursor after it.
pub(crate) struct Keeper<'a> {
    inbox: &'a dyn Inbox,
    since: Option<i64>,
}

impl Keeper<'_> {
    pub(crate) fn since(&self) -> i64 {
        self.since.unwrap_or(i64::MAX)
    }

    pub(crate) fn now(&self) -> domain::clock::Instant {
        self.inbox.now()
    }

    pub(crate) async fn store(
        &mut self,
        events: Vec<channel::Inbound>,
        since: i64,
    ) -> Result<(), AcceptError> {
        let since = self.since.map_or(since, |former| former.max(since));
        let state = vec![(SINCE.to_owned(), since.into())];
        self.put(Batch { events, state, ..Batch::default() }).await?;
        self.since = Some(since);
        Ok(())
    }

    /// Shows people what could not be read.
    pub(crate) async fn show(&self, poison: Quarantined) -> Result<(), AcceptError> {
        self.put(Batch { quarantined: vec![poison], ..Batch::default() }).await
    }

    async fn put(&self, batch: Batch) -> Result<(), AcceptError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.inbox.accept(batch.clone()).await {
                Err(AcceptError::Unavailable(_)) if tries < TRIES => {
                    tokio::time::sleep(BETWEEN).await;
                }
                done => return done,
            }
        }
    }
}

/// The last message of each chat that is stored already; forgotten with the process, which costs
/// calls and nothing else.
pub(crate) type Done = HashMap<String, String>;
