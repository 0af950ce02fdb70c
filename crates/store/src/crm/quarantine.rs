//! Webhooks of a CRM that were not understood: kept raw and shown until a person settles them, the newest
//! hundred of each portal.

use chrono::{DateTime, Utc};
use domain::{
    crm_view::CrmQuarantineView,
    ids::{PortalId, QuarantineId},
    text::Words,
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Result, TenantTx};

#[derive(Debug, Clone)]
pub struct NewCrmQuarantine {
    pub quarantine_id: QuarantineId,
    pub portal_id: PortalId,
    pub words: Words,
    pub content_type: String,
    /// The beginning of what came.
    pub body: Vec<u8>,
    /// Of all that came, in bytes.
    pub size: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    quarantine_id: Uuid,
    words: Json<Words>,
    created_at: DateTime<Utc>,
    size: i64,
    kept: i64,
}

impl From<Row> for CrmQuarantineView {
    fn from(row: Row) -> Self {
        Self {
            quarantine_id: QuarantineId(row.quarantine_id),
            reason: row.words.0,
            created_at: row.created_at,
            size: row.size,
            kept: row.kept,
        }
    }
}

impl TenantTx {
    /// Keeps a body and takes the oldest of the portal away, settled ones first.
    pub async fn quarantine_crm_hook(&mut self, new: &NewCrmQuarantine) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into crm_quarantine
                (account_id, quarantine_id, portal_id, words, content_type, body, size)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(account)
        .bind(new.quarantine_id.0)
        .bind(new.portal_id.0)
        .bind(Json(&new.words))
        .bind(&new.content_type)
        .bind(&new.body)
        .bind(new.size)
        .execute(self.conn())
        .await?;
        sqlx::query(
            "delete from crm_quarantine where account_id = $1 and portal_id = $2
               and quarantine_id in (
                select quarantine_id from crm_quarantine
                where account_id = $1 and portal_id = $2
                order by resolved_at is null desc, created_at desc, quarantine_id desc offset 100)",
        )
        .bind(account)
        .bind(new.portal_id.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// What waits for a person, the latest first; `before`: those behind this one.
    pub async fn crm_quarantined(
        &mut self,
        portal: PortalId,
        before: Option<(DateTime<Utc>, QuarantineId)>,
        limit: i64,
    ) -> Result<Vec<CrmQuarantineView>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(
            "select quarantine_id, words, created_at, length(body)::bigint as kept,
                coalesce(size, length(body)) as size
             from crm_quarantine
             where account_id = $1 and portal_id = $2 and resolved_at is null
                and ($3::timestamptz is null or (created_at, quarantine_id) < ($3, $4))
             order by created_at desc, quarantine_id desc limit $5",
        )
        .bind(account)
        .bind(portal.0)
        .bind(before.map(|(at, _)| at))
        .bind(before.map(|(_, id)| id.0))
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(CrmQuarantineView::from).collect())
    }

    /// How many wait for a person.
    pub async fn crm_quarantine_count(&mut self, portal: PortalId) -> Result<i64> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select count(*) from crm_quarantine
             where account_id = $1 and portal_id = $2 and resolved_at is null",
        )
        .bind(account)
        .bind(portal.0)
        .fetch_one(self.conn())
        .await?)
    }

    pub async fn crm_quarantine_body(
        &mut self,
        portal: PortalId,
        id: QuarantineId,
    ) -> Result<Option<Vec<u8>>> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select body from crm_quarantine
             where account_id = $1 and portal_id = $2 and quarantine_id = $3",
        )
        .bind(account)
        .bind(portal.0)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?)
    }

    /// A person has looked at it; false when there is no such open entry.
    pub async fn resolve_crm_quarantine(
        &mut self,
        portal: PortalId,
        id: QuarantineId,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update crm_quarantine set resolved_at = now()
             where account_id = $1 and portal_id = $2 and quarantine_id = $3
                and resolved_at is null",
        )
        .bind(account)
        .bind(portal.0)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
