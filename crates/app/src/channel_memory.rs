//! What drivers keep of their channels: encrypted values, one renewal of a value at a time.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use channel::{Former, Memory, MemoryError, RenewError, Renewal};
use domain::ids::{AccountId, ChannelId};
use serde_json::Value;
use store::{ChannelRow, Ended, Renewing, Store};
use tokio::time::{Instant, sleep, timeout};

use crate::{App, Result, work::Pauses};

/// Another process may begin after it.
const LEASE: Duration = Duration::from_secs(45);
/// A renewal that takes longer is given up while it is still ours, with time left to say so.
const LONGEST: Duration = Duration::from_secs(35);
/// So long a new value that cannot be kept is tried again: the service knows no other any more, and
/// where another has taken its place meanwhile, that one stands.
const KEEPING: Duration = Duration::from_secs(10 * 60);
/// The same of a renewal that brought none: its lease ends it anyway.
const SAYING_SO: Duration = Duration::from_secs(5);
/// Short: ours is to be kept before another process begins with what the service has replaced.
const PAUSES: Pauses = Pauses { first: Duration::from_millis(50), longest: Duration::from_secs(1) };
/// So often a caller looks whether another's renewal has ended.
const LOOK: Duration = Duration::from_millis(150);

/// One channel's values.
pub struct ChannelMemory {
    store: Store,
    account: AccountId,
    channel: ChannelId,
}

impl fmt::Debug for ChannelMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelMemory").field("channel", &self.channel).finish_non_exhaustive()
    }
}

impl ChannelMemory {
    pub fn new(store: &Store, account: AccountId, channel: ChannelId) -> Self {
        Self { store: store.clone(), account, channel }
    }

    async fn begin(&self, key: &str, stale: Option<&Value>) -> store::Result<Renewing> {
        let mut tx = self.store.platform().await?;
        let renewing = tx.begin_renewal(self.account, self.channel, key, stale, LEASE).await?;
        if matches!(renewing, Renewing::Ours { .. }) {
            tx.commit().await?;
        }
        Ok(renewing)
    }

    /// Ends ours; answers with what its caller is given.
    async fn end(
        &self,
        renewal: &Ended<'_>,
        outcome: Result<Value, RenewError>,
    ) -> store::Result<Result<Value, RenewError>> {
        let mut tx = self.store.platform().await?;
        let given = match outcome {
            Ok(new) => {
                let stands = tx.end_renewal(renewal, Some(&new)).await?;
                Ok(stands.unwrap_or(new))
            }
            // What was refused may be what another has replaced meanwhile.
            Err(RenewError::Refused(report)) => {
                let stands = tx.end_renewal(renewal, None).await?;
                stands.ok_or(RenewError::Refused(report))
            }
            Err(RenewError::Later { after, why }) => {
                tx.break_renewal(renewal).await?;
                Err(RenewError::Later { after, why })
            }
        };
        tx.commit().await?;
        Ok(given)
    }
}

fn unreachable(error: store::Error) -> MemoryError {
    MemoryError(error.to_string())
}

#[async_trait]
impl Memory for ChannelMemory {
    async fn recall(&self, key: &str) -> Result<Option<Value>, MemoryError> {
        let mut tx = self.store.platform().await.map_err(unreachable)?;
        tx.channel_value(self.account, self.channel, key).await.map_err(unreachable)
    }

    async fn remember(&self, key: &str, value: Value) -> Result<(), MemoryError> {
        let kept = async {
            let mut tx = self.store.platform().await?;
            tx.keep_value(self.account, self.channel, key, &value).await?;
            tx.commit().await
        };
        kept.await.map_err(unreachable)
    }

    async fn renew(
        &self,
        key: &str,
        stale: Option<&Value>,
        renewal: Renewal<'_>,
    ) -> Result<Value, RenewError> {
        let began = Instant::now();
        let (holder, former) = loop {
            match self.begin(key, stale).await.map_err(unreachable)? {
                Renewing::Done(value) => return Ok(value),
                Renewing::Ours { holder, value, interrupted } => {
                    break (holder, Former { value, interrupted });
                }
                Renewing::Theirs if began.elapsed() < LEASE => sleep(LOOK).await,
                Renewing::Theirs => {
                    let why = "another process renews it".to_owned();
                    return Err(RenewError::Later { after: LOOK, why });
                }
            }
        };
        let stood = former.value.clone();
        let (account, channel) = (self.account, self.channel);
        let ours = Ended { account, channel, key, holder, former: stood.as_ref() };
        let outcome = timeout(LONGEST, renewal(former)).await.unwrap_or_else(|_| {
            let why = format!("no answer within {LONGEST:?}");
            Err(RenewError::Later { after: LOOK, why })
        });
        let returned = Instant::now();
        let patience = if outcome.is_ok() { KEEPING } else { SAYING_SO };
        let in_time = |_: &store::Error| returned.elapsed() < patience;
        let ended = PAUSES.between(|| self.end(&ours, outcome.clone()), in_time).await;
        ended.unwrap_or_else(|error| {
            tracing::error!(%error, channel.id = %self.channel, "a renewed value was not kept");
            Err(unreachable(error).into())
        })
    }
}

impl App {
    /// A text that connecting kept for a webhook's answer.
    pub async fn remembered_text(&self, channel: &ChannelRow, key: &str) -> Result<Option<String>> {
        let mut tx = self.store.platform().await?;
        let value = tx.channel_value(channel.account, channel.channel_id, key).await?;
        Ok(value.as_ref().and_then(Value::as_str).map(str::to_owned))
    }
}
