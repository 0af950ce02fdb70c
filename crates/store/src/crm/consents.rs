//! The state of a consent page (AMO-1): made for one employee and one app, good once and for ten minutes.
//! Only its hash is kept.

use domain::{
    crm::CrmKind,
    ids::{AccountId, EmployeeId, PortalId},
};
use sqlx::FromRow;
use uuid::Uuid;

use super::own_app::OwnApp;
use crate::{Error, Result, Store, TenantTx, secrets};

#[derive(Debug, Clone)]
pub struct NewConsent {
    /// SHA-256 of the state that the browser carries.
    pub state_hash: [u8; 32],
    pub employee: EmployeeId,
    pub kind: CrmKind,
    /// The portal that is connected again.
    pub portal: Option<PortalId>,
    /// The company's own app; `None`: the installation's.
    pub app: Option<OwnApp>,
}

/// Whose return it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub account: AccountId,
    pub employee: EmployeeId,
    pub kind: CrmKind,
    pub portal: Option<PortalId>,
    pub app: Option<OwnApp>,
}

#[derive(FromRow)]
struct Row {
    account_id: Uuid,
    employee_id: Uuid,
    kind: String,
    portal_id: Option<Uuid>,
    app: Option<Vec<u8>>,
}

impl TenantTx {
    pub async fn insert_consent(&mut self, new: &NewConsent) -> Result<()> {
        let (account, keys) = (self.account(), self.keys());
        let app = match &new.app {
            Some(app) => {
                let key = secrets::data_key(self.conn(), &keys, account).await?;
                Some(app.seal(&key, &new.state_hash)?)
            }
            None => None,
        };
        sqlx::query(
            "insert into crm_consents
                (account_id, state_hash, employee_id, kind, portal_id, app, expires_at)
             values ($1, $2, $3, $4, $5, $6, now() + interval '10 minutes')",
        )
        .bind(account.0)
        .bind(new.state_hash.as_slice())
        .bind(new.employee.0)
        .bind(new.kind.as_str())
        .bind(new.portal.map(|p| p.0))
        .bind(app)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

impl Store {
    /// Uses a state up. `None`: never given, used before, too old, or of another CRM. Of two that come
    /// at once one gets it. The keys of an app go with it.
    pub async fn use_consent(
        &self,
        kind: CrmKind,
        state_hash: &[u8; 32],
    ) -> Result<Option<Consent>> {
        let row: Option<Row> = sqlx::query_as(
            "with found as (
                select account_id, state_hash, app from crm_consents
                where state_hash = $1 and kind = $2 and used_at is null and expires_at > now()
                for update
             )
             update crm_consents c set used_at = now(), app = null from found f
             where c.account_id = f.account_id and c.state_hash = f.state_hash
             returning c.account_id, c.employee_id, c.kind, c.portal_id, f.app",
        )
        .bind(state_hash.as_slice())
        .bind(kind.as_str())
        .fetch_optional(&self.platform)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let account = AccountId(row.account_id);
        let app = match row.app {
            Some(sealed) => {
                let mut tx = self.tenant(account).await?;
                let keys = tx.keys();
                let key = secrets::data_key(tx.conn(), &keys, account).await?;
                Some(OwnApp::open(&key, state_hash, &sealed)?)
            }
            None => None,
        };
        Ok(Some(Consent {
            account,
            employee: EmployeeId(row.employee_id),
            kind: CrmKind::parse(&row.kind)
                .ok_or_else(|| Error::bad("crm_consents", "kind", &row.kind))?,
            portal: row.portal_id.map(PortalId),
            app,
        }))
    }

    /// Forgets states that nobody can use any more.
    pub async fn prune_consents(&self) -> Result<u64> {
        let done =
            sqlx::query("delete from crm_consents where expires_at < now() - interval '1 day'")
                .execute(&self.platform)
                .await?;
        Ok(done.rows_affected())
    }
}
