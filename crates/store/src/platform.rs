//! The cross-tenant transaction, under a role that reaches only what intake, queue, supervisor and
//! log-in need.

use std::sync::Arc;

use sqlx::{PgConnection, Postgres, Transaction};

use crate::{MasterKeys, Result, Store};

/// A transaction of the program's own duties. Rolled back when dropped.
pub struct PlatformTx {
    tx: Transaction<'static, Postgres>,
    keys: Arc<MasterKeys>,
}

impl Store {
    pub async fn platform(&self) -> Result<PlatformTx> {
        Ok(PlatformTx { tx: self.platform.begin().await?, keys: self.keys().clone() })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.platform).await?;
        Ok(())
    }
}

impl PlatformTx {
    pub(crate) fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    pub(crate) fn keys(&self) -> Arc<MasterKeys> {
        self.keys.clone()
    }

    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}
