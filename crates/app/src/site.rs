//! Visitors of companies' sites: the widget's side of conversations.

use domain::ids::AccountId;

use crate::{App, Result};

impl App {
    /// Whether any employee is on line.
    pub async fn anybody_online(&self, account: AccountId) -> Result<bool> {
        let mut tx = self.store.tenant(account).await?;
        Ok(tx.anybody_online().await?)
    }
}
