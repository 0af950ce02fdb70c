//! The tenant transaction: the only way to a company's rows. Events and jobs are gathered while it
//! runs and written as its last statements, so that the locks on lanes and on the account's counter
//! are held for the shortest time and always taken in the same order.

use std::sync::Arc;

use domain::{event::NewEvent, ids::AccountId};
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};
use tokio::sync::broadcast;

use crate::{Hint, MasterKeys, NewJob, Result, Store, events, lanes};

/// A transaction that sees and writes the rows of one account. Rolled back when dropped.
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    account: AccountId,
    keys: Arc<MasterKeys>,
    hints: broadcast::Sender<Hint>,
    wakes: broadcast::Sender<&'static str>,
    events: Vec<NewEvent>,
    jobs: Vec<NewJob>,
}

impl Store {
    /// Begins a transaction of this account: one round trip, which also sets what the row-level
    /// policies read.
    pub async fn tenant(&self, account: AccountId) -> Result<TenantTx> {
        // `set local` takes no parameters; a uuid's text has nothing to escape.
        let begin = format!("begin; set local app.account_id = '{}'", account.0);
        let tx = self.tenant.begin_with(AssertSqlSafe(begin)).await?;
        Ok(TenantTx {
            tx,
            account,
            keys: self.keys().clone(),
            hints: self.hints.clone(),
            wakes: self.wakes.clone(),
            events: Vec::new(),
            jobs: Vec::new(),
        })
    }
}

impl TenantTx {
    pub fn account(&self) -> AccountId {
        self.account
    }

    pub(crate) fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    pub(crate) fn keys(&self) -> Arc<MasterKeys> {
        self.keys.clone()
    }

    /// Appends to the account's feed, at commit.
    pub fn append(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// Queues work, at commit.
    pub fn push(&mut self, job: NewJob) {
        self.jobs.push(job);
    }

    /// Writes the gathered jobs and events and commits. Returns the account's last event number
    /// when events were written.
    pub async fn commit(mut self) -> Result<Option<i64>> {
        let mut queues: Vec<&'static str> = self.jobs.iter().map(|j| j.queue).collect();
        queues.dedup();
        if !self.jobs.is_empty() {
            let jobs: Vec<_> = self.jobs.drain(..).map(|job| (self.account, job)).collect();
            lanes::push(&mut self.tx, &jobs).await?;
        }
        let growth = if self.events.is_empty() {
            None
        } else {
            let batch: Vec<_> = self.events.drain(..).map(|e| (self.account, e)).collect();
            events::append(&mut self.tx, batch).await?.pop()
        };
        self.tx.commit().await?;
        for queue in queues {
            let _ = self.wakes.send(queue);
        }
        let seq = growth.as_ref().map(|growth| growth.seq);
        if let Some(growth) = growth {
            // Nobody listening is no fault.
            let _ = self.hints.send(growth.hint());
        }
        Ok(seq)
    }
}
