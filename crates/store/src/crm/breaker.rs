//! Who looks whether a CRM answers again after faults: one caller at a time.

use std::time::Duration;

use domain::ids::PortalId;

use crate::{Result, TenantTx};

/// Whether a portal may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Nothing is amiss.
    Free,
    /// After a pause: this caller is the one that tries; others wait for the outcome.
    Probe,
    /// Nothing is to be called for so long.
    Paused(Duration),
}

impl TenantTx {
    /// Asks to call a portal that had faults. `hold` is how long others wait for a prober that says
    /// nothing.
    pub async fn enter_portal(&mut self, id: PortalId, hold: Duration) -> Result<Entry> {
        let account = self.account().0;
        let mine: Option<bool> = sqlx::query_scalar(
            "update portals set paused_until = now() + make_interval(secs => $3)
             where account_id = $1 and portal_id = $2 and paused_until <= now()
             returning true",
        )
        .bind(account)
        .bind(id.0)
        .bind(hold.as_secs_f64())
        .fetch_optional(self.conn())
        .await?;
        if mine.is_some() {
            return Ok(Entry::Probe);
        }
        let seconds: Option<f64> = sqlx::query_scalar(
            "select extract(epoch from paused_until - now())::float8 from portals
             where account_id = $1 and portal_id = $2 and paused_until > now()",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        let left = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
        Ok(left.map_or(Entry::Free, Entry::Paused))
    }
}
