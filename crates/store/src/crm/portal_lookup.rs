//! Finding portals when nobody is logged in: by a webhook's address, by the CRM's id of its account, by
//! the scope of its chats.

use domain::{
    crm::CrmKind,
    ids::{AccountId, PortalId},
};
use uuid::Uuid;

use crate::{Error, Result, Store};

impl Store {
    /// The portal that a webhook's address belongs to; none that was disconnected.
    pub async fn portal_by_hook_key(
        &self,
        key: &str,
    ) -> Result<Option<(AccountId, PortalId, CrmKind)>> {
        let row: Option<(Uuid, Uuid, String)> = sqlx::query_as(
            "select account_id, portal_id, kind from portals
             where hook_key = $1 and deleted_at is null and state <> 'disconnected'",
        )
        .bind(key)
        .fetch_optional(&self.platform)
        .await?;
        row.map(|(account, portal, kind)| {
            let kind = CrmKind::parse(&kind).ok_or_else(|| Error::bad("portals", "kind", &kind))?;
            Ok((AccountId(account), PortalId(portal), kind))
        })
        .transpose()
    }

    /// The portals of an account of a CRM: of several companies, if they share it.
    pub async fn portals_by_external(
        &self,
        kind: CrmKind,
        external_id: &str,
    ) -> Result<Vec<(AccountId, PortalId)>> {
        let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "select account_id, portal_id from portals
             where kind = $1 and external_id = $2 and deleted_at is null
             order by account_id, portal_id",
        )
        .bind(kind.as_str())
        .bind(external_id)
        .fetch_all(&self.platform)
        .await?;
        Ok(rows.into_iter().map(|(a, p)| (AccountId(a), PortalId(p))).collect())
    }

    /// The portals whose chats channel has this scope; none that was disconnected, whose chats may live on
    /// by another company.
    pub async fn portals_by_scope(&self, scope_id: &str) -> Result<Vec<(AccountId, PortalId)>> {
        let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "select account_id, portal_id from portals
             where chat ->> 'scope_id' = $1 and chat is not null and deleted_at is null
                and state <> 'disconnected'
             order by account_id, portal_id",
        )
        .bind(scope_id)
        .fetch_all(&self.platform)
        .await?;
        Ok(rows.into_iter().map(|(a, p)| (AccountId(a), PortalId(p))).collect())
    }

    /// Whether another portal, of whichever company, has chats of this scope. Which one is not told.
    pub async fn is_scope_used(&self, scope_id: &str, but: PortalId) -> Result<bool> {
        Ok(sqlx::query_scalar(
            "select exists (
                select 1 from portals
                where chat ->> 'scope_id' = $1 and chat is not null and deleted_at is null
                    and state <> 'disconnected' and portal_id <> $2)",
        )
        .bind(scope_id)
        .bind(but.0)
        .fetch_one(&self.platform)
        .await?)
    }
}
