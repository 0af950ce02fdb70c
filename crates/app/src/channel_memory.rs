//! What drivers keep of their channels: encrypted values, one renewal of a value at a time.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use channel::{Former, Memory, MemoryError, RenewError, Renewal};
use domain::ids::{AccountId, ChannelId};
use serde_json::Value;
use store::{ChannelRow, Renewing, Store};
use tokio::time::{Instant, sleep};

use crate::{App, Result};

/// As long as the slowest answer of a service may take. Another process may begin after it.
const LEASE: Duration = Duration::from_secs(45);
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

    async fn end(&self, key: &str, outcome: &Result<Value, RenewError>) -> store::Result<()> {
        let (account, channel) = (self.account, self.channel);
        let mut tx = self.store.platform().await?;
        match outcome {
            Ok(value) => tx.end_renewal(account, channel, key, value).await?,
            Err(RenewError::Refused(_)) => tx.forget_renewal(account, channel, key).await?,
            Err(RenewError::Later { .. }) => tx.break_renewal(account, channel, key).await?,
        }
        tx.commit().await
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
            tx.set_channel_value(self.account, self.channel, key, &value).await?;
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
        let former = loop {
            match self.begin(key, stale).await.map_err(unreachable)? {
                Renewing::Done(value) => return Ok(value),
                Renewing::Ours { value, interrupted } => break Former { value, interrupted },
                Renewing::Theirs if began.elapsed() < LEASE => sleep(LOOK).await,
                Renewing::Theirs => {
                    let why = "another process renews it".to_owned();
                    return Err(RenewError::Later { after: LOOK, why });
                }
            }
        };
        let outcome = renewal(former).await;
        // A new pair that cannot be kept now is tried again: the service knows no other any more.
        let mut kept = self.end(key, &outcome).await;
        for pause in [50, 200, 1000, 3000] {
            if kept.is_ok() {
                break;
            }
            sleep(Duration::from_millis(pause)).await;
            kept = self.end(key, &outcome).await;
        }
        if let Err(error) = kept {
            tracing::error!(%error, channel.id = %self.channel, "a renewed value was not kept");
            return Err(unreachable(error).into());
        }
        outcome
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
