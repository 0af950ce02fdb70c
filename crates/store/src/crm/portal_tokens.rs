//! Changing a portal's tokens: the lease of whoever does it, over all nodes, and the writing of what it
//! got.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ids::PortalId;
use secrecy::SecretString;

use super::{portal_secrets::PortalSecrets, portals::PortalRow};
use crate::{Result, TenantTx};

/// The pair that a token service gave, and when its access ends.
#[derive(Debug, Clone)]
pub struct PortalTokens {
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// Whether somebody changes the tokens now, by the database's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshing {
    No,
    /// The tokens are about to be new ones.
    Running,
    /// Whoever did it is gone, and with them perhaps the answer that had the next pair.
    Stale,
}

impl TenantTx {
    /// Takes the right to change the tokens, for as long as a call may take. To be committed before the
    /// call, under the lock of [`TenantTx::lock_portal`].
    pub async fn begin_refresh(&mut self, id: PortalId, lease: Duration) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set refreshing_until = now() + make_interval(secs => $3)
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(lease.as_secs_f64())
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Gives it back: the tokens are as they were.
    pub async fn end_refresh(&mut self, id: PortalId) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set refreshing_until = null where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Replaces all secrets, and with them ends a refresh.
    pub async fn write_portal_secrets(
        &mut self,
        id: PortalId,
        secrets: &PortalSecrets,
        token_expires_at: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let account = self.account().0;
        let sealed = self.seal_portal(id, secrets).await?;
        sqlx::query(
            "update portals set secrets = $3, token_expires_at = $4, refreshing_until = null,
                updated_at = now()
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(sealed)
        .bind(token_expires_at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Replaces all secrets, and leaves a refresh that is under way to its owner: who holds the row's
    /// lock gives the tokens as they are.
    pub async fn replace_portal_secrets(
        &mut self,
        id: PortalId,
        secrets: &PortalSecrets,
    ) -> Result<()> {
        let account = self.account().0;
        let sealed = self.seal_portal(id, secrets).await?;
        sqlx::query(
            "update portals set secrets = $3, updated_at = now()
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(sealed)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Writes a new pair beside the other secrets of a locked portal.
    pub async fn write_portal_tokens(
        &mut self,
        row: &PortalRow,
        tokens: &PortalTokens,
    ) -> Result<()> {
        let secrets = PortalSecrets {
            access: tokens.access.clone(),
            refresh: tokens.refresh.clone(),
            ..row.secrets.clone()
        };
        self.write_portal_secrets(row.portal_id, &secrets, tokens.expires_at).await
    }

    /// Says when a long-lived token ends, as far as it tells.
    pub async fn set_token_end(&mut self, id: PortalId, at: Option<DateTime<Utc>>) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set token_ends_at = $3 where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
