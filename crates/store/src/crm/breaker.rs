//! The circuit breaker of a portal: faults in a row, the pause that they lead to, and who looks after it
//! whether the CRM answers again: one caller at a time.

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

    /// Notes a fault of the CRM. Returns how many there were in a row.
    pub async fn portal_failed(&mut self, id: PortalId) -> Result<i32> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "update portals set failures = failures + 1
             where account_id = $1 and portal_id = $2 returning failures",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?
        .unwrap_or(0))
    }

    /// Nothing is called for this time (circuit breaker), whatever was said before: the hold of whoever
    /// looked whether the CRM answers ends with what it found.
    pub async fn pause_portal(&mut self, id: PortalId, pause: Duration) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set paused_until = now() + make_interval(secs => $3)
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(pause.as_secs_f64())
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The CRM answers. Writes nothing where nothing was amiss.
    pub async fn portal_answered(&mut self, id: PortalId) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set failures = 0, paused_until = null
             where account_id = $1 and portal_id = $2
               and (failures > 0 or paused_until is not null)",
        )
        .bind(account)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
