//! The account's feed, for those who push it on: sockets.

use domain::{ids::AccountId, passing::Passing};
use store::{FeedPage, Hint, Origin};
use tokio::sync::broadcast;

use crate::{App, Result};

impl App {
    /// Hints that some account's feed grew, from this process and from others.
    pub fn hints(&self) -> broadcast::Receiver<Hint> {
        self.store.hints()
    }

    /// Signs of life of this process's clients and of others'.
    pub fn passing(&self) -> broadcast::Receiver<(Origin, Passing)> {
        self.store.passing()
    }

    /// Hands a sign of life on to every process's sockets.
    pub fn pass(&self, passing: Passing) {
        self.store.pass(Origin::Here, passing);
    }

    /// Up to `most` events after a number, in order. Who may see them is the reader's to judge.
    pub async fn events_after(
        &self,
        account: AccountId,
        after: i64,
        most: i64,
    ) -> Result<FeedPage> {
        let mut tx = self.store.tenant(account).await?;
        Ok(tx.events_after(after, most).await?)
    }

    /// The account's last event number.
    pub async fn last_seq(&self, account: AccountId) -> Result<i64> {
        let mut tx = self.store.tenant(account).await?;
        Ok(tx.last_seq().await?)
    }

    /// The last event numbers of these accounts, for a reader that may have missed a hint.
    pub async fn last_seqs(&self, accounts: &[AccountId]) -> Result<Vec<(AccountId, i64)>> {
        Ok(self.store.last_seqs(accounts).await?)
    }
}
