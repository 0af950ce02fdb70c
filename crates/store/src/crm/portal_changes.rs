//! What changes a portal: it is admitted, described, stands otherwise, is disconnected, is deleted.

use chrono::{DateTime, Utc};
use domain::{
    crm::{CrmKind, PortalMode, PortalState, PortalTrouble},
    ids::PortalId,
    text::Words,
};
use sqlx::types::Json;

use super::{portal_secrets::PortalSecrets, portals::PortalChat};
use crate::{Result, TenantTx};

/// The index that a portal breaks whose CRM account is connected already.
pub const PORTAL_TAKEN: &str = "portals_external";

/// What a portal said of itself.
#[derive(Debug, Clone, Default)]
pub struct PortalAbout {
    pub title: String,
    pub user_id: Option<String>,
    pub chats_id: Option<String>,
    pub drive: Option<String>,
    pub filters: bool,
    pub unsorted_on: bool,
}

#[derive(Debug, Clone)]
pub struct NewPortal {
    pub portal_id: PortalId,
    pub kind: CrmKind,
    pub mode: PortalMode,
    pub external_id: String,
    pub base: String,
    pub site: String,
    pub secrets: PortalSecrets,
    pub token_expires_at: Option<DateTime<Utc>>,
    pub about: PortalAbout,
    pub hook_key: String,
    pub created_at: DateTime<Utc>,
}

impl TenantTx {
    /// Breaks [`PORTAL_TAKEN`] when the CRM's account is connected already.
    pub async fn insert_portal(&mut self, new: &NewPortal) -> Result<()> {
        let account = self.account().0;
        let sealed = self.seal_portal(new.portal_id, &new.secrets).await?;
        sqlx::query(
            "insert into portals (account_id, portal_id, kind, mode, external_id, base, site,
                secrets, token_expires_at, title, user_id, chats_id, drive, filters, unsorted_on,
                hook_key, created_at, updated_at, state_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                $17, $17)",
        )
        .bind(account)
        .bind(new.portal_id.0)
        .bind(new.kind.as_str())
        .bind(new.mode.as_str())
        .bind(&new.external_id)
        .bind(&new.base)
        .bind(&new.site)
        .bind(sealed)
        .bind(new.token_expires_at)
        .bind(&new.about.title)
        .bind(&new.about.user_id)
        .bind(&new.about.chats_id)
        .bind(&new.about.drive)
        .bind(new.about.filters)
        .bind(new.about.unsorted_on)
        .bind(&new.hook_key)
        .bind(new.created_at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Consent was given anew: where it is reached, in which mode.
    pub async fn readdress_portal(
        &mut self,
        id: PortalId,
        mode: PortalMode,
        base: &str,
        site: &str,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set mode = $3, base = $4, site = $5, revision = revision + 1,
                updated_at = now()
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(mode.as_str())
        .bind(base)
        .bind(site)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn set_portal_about(&mut self, id: PortalId, about: &PortalAbout) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set title = $3, user_id = $4, chats_id = $5, drive = $6, filters = $7,
                unsorted_on = $8, updated_at = now()
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(&about.title)
        .bind(&about.user_id)
        .bind(&about.chats_id)
        .bind(&about.drive)
        .bind(about.filters)
        .bind(about.unsorted_on)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Says where a portal stands. Returns whether that is news. One that was disconnected comes back by
    /// access alone ([`PortalState::Connecting`]), whatever a call that was under way met.
    pub async fn set_portal_state(
        &mut self,
        id: PortalId,
        state: PortalState,
        trouble: Option<PortalTrouble>,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update portals set state = $3, trouble = $4, state_at = now(), updated_at = now(),
                failures = case when $3 = 'connected' then 0 else failures end,
                paused_until = case when $3 = 'connected' then null else paused_until end
             where account_id = $1 and portal_id = $2 and deleted_at is null
               and (state, trouble) is distinct from ($3, $4)
               and (state <> 'disconnected' or $3 = 'connecting')",
        )
        .bind(account)
        .bind(id.0)
        .bind(state.as_str())
        .bind(trouble.map(PortalTrouble::as_str))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Why the CRM does not call our webhook; `None`: it does.
    pub async fn set_hook_trouble(&mut self, id: PortalId, why: Option<&Words>) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update portals set hook_trouble = $3
             where account_id = $1 and portal_id = $2 and hook_trouble is distinct from $3",
        )
        .bind(account)
        .bind(id.0)
        .bind(why.map(Json))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn set_portal_chat(&mut self, id: PortalId, chat: &PortalChat) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set chat = $3, updated_at = now()
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(Json(chat))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The portal has no chats any more. Of which channel they were is kept.
    pub async fn take_portal_chat_away(&mut self, id: PortalId) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set chat = (chat - 'scope_id') || '{\"taken_away\": true}',
                updated_at = now()
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Ends the access to a portal and keeps all else: `kept` are the secrets that a person entered.
    pub async fn disconnect_portal(&mut self, id: PortalId, kept: &PortalSecrets) -> Result<()> {
        let account = self.account().0;
        let sealed = self.seal_portal(id, kept).await?;
        sqlx::query(
            "update portals set state = 'disconnected', trouble = null, state_at = now(),
                updated_at = now(), secrets = $3, token_expires_at = null, token_ends_at = null,
                refreshing_until = null, directory_due_at = null, upkeep_at = null, failures = 0,
                paused_until = null, chat = chat - 'scope_id'
             where account_id = $1 and portal_id = $2 and deleted_at is null",
        )
        .bind(account)
        .bind(id.0)
        .bind(sealed)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Deletes a portal that is disconnected, with its integrations and what they had passed on. Its
    /// links and its log stay.
    pub async fn delete_portal(&mut self, id: PortalId, at: DateTime<Utc>) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update portals set deleted_at = $3, secrets = ''::bytea, directory = '{}', chat = null
             where account_id = $1 and portal_id = $2 and deleted_at is null
               and state = 'disconnected'",
        )
        .bind(account)
        .bind(id.0)
        .bind(at)
        .execute(self.conn())
        .await?;
        if done.rows_affected() == 1 {
            sqlx::query("delete from integrations where account_id = $1 and portal_id = $2")
                .bind(account)
                .bind(id.0)
                .execute(self.conn())
                .await?;
        }
        Ok(done.rows_affected() == 1)
    }
}
