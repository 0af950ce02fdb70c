//! Whether this process can serve.

use crate::{App, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    Yes,
    /// The database lacks migrations that this program needs.
    Migrating {
        pending: usize,
    },
}

impl App {
    pub async fn ready(&self) -> Result<Ready> {
        self.store.ping().await?;
        let state = self.store.migration_state().await?;
        Ok(if state.pending == 0 {
            Ready::Yes
        } else {
            Ready::Migrating { pending: state.pending }
        })
    }
}
