//! What a held connection brings. Every write is fenced by the channel's lease: an owner that lost it
//! (slow, stopped, cut off) can no longer write.

use async_trait::async_trait;
use channel::{AcceptError, Batch, Inbound, Inbox};
use domain::{channel::StateReport, clock::Instant};
use serde_json::Value;
use store::{ChannelLease, ChannelRow, intake::Stored};

use crate::{App, Error, Result, echo::Echo};

/// The inbox that a listener is given.
pub struct ChannelInbox {
    app: App,
    channel: ChannelRow,
    lease: ChannelLease,
}

impl App {
    /// An inbox for whoever holds this lease.
    pub fn inbox(&self, channel: ChannelRow, lease: ChannelLease) -> ChannelInbox {
        ChannelInbox { app: self.clone(), channel, lease }
    }
}

impl ChannelInbox {
    /// Events in order; the last transaction also holds the driver's values (its cursor), so a
    /// batch that broke off comes again and what was stored of it is found by its keys.
    async fn store(&self, batch: Batch) -> Result<std::result::Result<(), AcceptError>> {
        let mut messages = Vec::new();
        for event in batch.events {
            match event {
                Inbound::Message(message) => {
                    match self.app.settle_echo(&self.channel, &message, Some(&self.lease)).await? {
                        Echo::Another => {
                            messages.push(self.app.item(&self.channel, *message).await?);
                        }
                        Echo::Settled => {}
                        Echo::Fenced => return Ok(Err(AcceptError::Fenced)),
                    }
                }
                other => {
                    if let Err(refused) = self.commit(&mut messages, &[]).await? {
                        return Ok(Err(refused));
                    }
                    if !self.still_ours().await? {
                        return Ok(Err(AcceptError::Fenced));
                    }
                    self.app.accept(&self.channel, vec![other], Vec::new()).await?;
                }
            }
        }
        if !batch.quarantined.is_empty() && !self.still_ours().await? {
            return Ok(Err(AcceptError::Fenced));
        }
        for poison in batch.quarantined {
            self.app.quarantine(&self.channel, poison).await?;
        }
        self.commit(&mut messages, &batch.state).await
    }

    /// For what is written by transactions of its own: a repeat of it changes nothing, so it is enough
    /// that an owner who lost the channel begins nothing.
    async fn still_ours(&self) -> Result<bool> {
        let mut tx = self.app.store.platform().await?;
        Ok(tx.hold_lease(&self.lease).await?)
    }

    async fn commit(
        &self,
        messages: &mut Vec<store::intake::Item>,
        state: &[(String, Value)],
    ) -> Result<std::result::Result<(), AcceptError>> {
        if messages.is_empty() && state.is_empty() {
            return Ok(Ok(()));
        }
        let mut tx = self.app.store.platform().await?;
        if !tx.hold_lease(&self.lease).await? {
            return Ok(Err(AcceptError::Fenced));
        }
        let accepted = tx.accept(messages).await?;
        if accepted.fates.contains(&Stored::Later) {
            let why = "an answer of ours is being sent to the same person".to_owned();
            return Ok(Err(AcceptError::Unavailable(why)));
        }
        for (key, value) in state {
            tx.set_channel_value(self.channel.account, self.channel.channel_id, key, value).await?;
        }
        tx.commit().await?;
        self.app.store.tell(accepted);
        messages.clear();
        Ok(Ok(()))
    }
}

fn refused(error: Error) -> AcceptError {
    AcceptError::Unavailable(error.to_string())
}

#[async_trait]
impl Inbox for ChannelInbox {
    async fn accept(&self, batch: Batch) -> std::result::Result<(), AcceptError> {
        match self.store(batch).await {
            Ok(done) => done,
            Err(error) => {
                tracing::warn!(%error, channel.id = %self.channel.channel_id, "a batch was not stored");
                Err(refused(error))
            }
        }
    }

    async fn state(&self, key: &str) -> std::result::Result<Option<Value>, AcceptError> {
        let read = async {
            let mut tx = self.app.store.platform().await?;
            tx.channel_value(self.channel.account, self.channel.channel_id, key).await
        };
        read.await.map_err(|e: store::Error| refused(e.into()))
    }

    async fn report(&self, report: StateReport) -> std::result::Result<(), AcceptError> {
        if !self.still_ours().await.map_err(refused)? {
            return Err(AcceptError::Fenced);
        }
        self.app
            .report(self.channel.account, self.channel.channel_id, &report)
            .await
            .map_err(refused)
    }

    fn now(&self) -> Instant {
        self.app.clock.now()
    }
}
