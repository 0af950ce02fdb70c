//! Webhooks of a CRM that were not understood: kept raw, the newest hundred of each portal.

use domain::ids::PortalId;
use uuid::Uuid;

use crate::{Result, TenantTx};

#[derive(Debug, Clone)]
pub struct NewCrmQuarantine {
    pub quarantine_id: Uuid,
    pub portal_id: PortalId,
    pub reason: String,
    pub content_type: String,
    pub body: Vec<u8>,
}

impl TenantTx {
    /// Keeps a body and takes the oldest of the portal away.
    pub async fn quarantine_crm_hook(&mut self, new: &NewCrmQuarantine) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into crm_quarantine
                (account_id, quarantine_id, portal_id, reason, content_type, body)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(account)
        .bind(new.quarantine_id)
        .bind(new.portal_id.0)
        .bind(&new.reason)
        .bind(&new.content_type)
        .bind(&new.body)
        .execute(self.conn())
        .await?;
        sqlx::query(
            "delete from crm_quarantine where account_id = $1 and portal_id = $2
               and quarantine_id in (
                select quarantine_id from crm_quarantine
                where account_id = $1 and portal_id = $2
                order by created_at desc, quarantine_id desc offset 100)",
        )
        .bind(account)
        .bind(new.portal_id.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
