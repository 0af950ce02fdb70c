//! The state of a consent page (AMO-1): made for one employee, good once and for ten minutes. Only its
//! hash is kept.

use domain::{
    crm::CrmKind,
    ids::{AccountId, EmployeeId, PortalId},
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Error, Result, Store, TenantTx};

#[derive(Debug, Clone)]
pub struct NewConsent {
    /// SHA-256 of the state that the browser carries.
    pub state_hash: [u8; 32],
    pub employee: EmployeeId,
    pub kind: CrmKind,
    /// The portal that is connected again.
    pub portal: Option<PortalId>,
}

/// Whose return it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub account: AccountId,
    pub employee: EmployeeId,
    pub kind: CrmKind,
    pub portal: Option<PortalId>,
}

#[derive(FromRow)]
struct Row {
    account_id: Uuid,
    employee_id: Uuid,
    kind: String,
    portal_id: Option<Uuid>,
}

impl TenantTx {
    pub async fn insert_consent(&mut self, new: &NewConsent) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into crm_consents
                (account_id, state_hash, employee_id, kind, portal_id, expires_at)
             values ($1, $2, $3, $4, $5, now() + interval '10 minutes')",
        )
        .bind(account)
        .bind(new.state_hash.as_slice())
        .bind(new.employee.0)
        .bind(new.kind.as_str())
        .bind(new.portal.map(|p| p.0))
        .execute(self.conn())
        .await?;
        Ok(())
    }
}

impl Store {
    /// Uses a state up. `None`: never given, used before, too old, or of another CRM. Of two that come
    /// at once one gets it.
    pub async fn use_consent(
        &self,
        kind: CrmKind,
        state_hash: &[u8; 32],
    ) -> Result<Option<Consent>> {
        let row: Option<Row> = sqlx::query_as(
            "update crm_consents set used_at = now()
             where state_hash = $1 and kind = $2 and used_at is null and expires_at > now()
             returning account_id, employee_id, kind, portal_id",
        )
        .bind(state_hash.as_slice())
        .bind(kind.as_str())
        .fetch_optional(&self.platform)
        .await?;
        row.map(|row| {
            Ok(Consent {
                account: AccountId(row.account_id),
                employee: EmployeeId(row.employee_id),
                kind: CrmKind::parse(&row.kind)
                    .ok_or_else(|| Error::bad("crm_consents", "kind", &row.kind))?,
                portal: row.portal_id.map(PortalId),
            })
        })
        .transpose()
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
