//! Telling other processes that feeds grew. Only hints travel: every process reads the rows, and polls,
//! so a lost hint costs a moment and a doubled one nothing; and signs of life, which may be lost. That is all an engine must do, so another
//! one takes over by implementing [`Fanout`] (docs/adr/0010) when notifications of Postgres are outgrown.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{ids::AccountId, passing::Passing};
use store::Store;
use uuid::Uuid;

/// Why hints did not go out or come in. They are tried again; nothing is lost meanwhile.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct FanoutError(pub String);

/// An engine that carries hints between processes.
#[async_trait]
pub trait Fanout: Send + Sync + 'static {
    /// Tells every other process the last event numbers of these accounts.
    async fn tell(&self, feeds: &BTreeMap<AccountId, i64>) -> Result<(), FanoutError>;

    /// Tells every other process a sign of life, or loses it.
    async fn pass(&self, passing: &Passing) -> Result<(), FanoutError>;

    /// Passes what others tell on to [`Store::heard`] and [`Store::pass`], until the connection
    /// breaks; called again then.
    async fn hear(&self) -> Result<(), FanoutError>;
}

/// Notifications of Postgres: nothing more to run, good for a few processes.
pub struct PostgresFanout {
    store: Store,
    /// Put into our own notifications, so that we pass them over.
    me: Uuid,
}

impl PostgresFanout {
    pub fn new(store: Store, me: Uuid) -> Self {
        Self { store, me }
    }
}

#[async_trait]
impl Fanout for PostgresFanout {
    async fn tell(&self, feeds: &BTreeMap<AccountId, i64>) -> Result<(), FanoutError> {
        self.store.notify(self.me, feeds).await.map_err(|e| FanoutError(e.to_string()))
    }

    async fn pass(&self, passing: &Passing) -> Result<(), FanoutError> {
        let sent = self.store.notify_passing(self.me, passing).await;
        sent.map_err(|e| FanoutError(e.to_string()))
    }

    async fn hear(&self) -> Result<(), FanoutError> {
        self.store.listen(self.me).await.map_err(|e| FanoutError(e.to_string()))
    }
}
