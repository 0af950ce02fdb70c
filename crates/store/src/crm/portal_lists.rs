//! The copy of a portal's lists.

use chrono::{DateTime, Utc};
use domain::{crm::Directory, ids::PortalId};
use sqlx::types::Json;

use crate::{Result, TenantTx};

impl TenantTx {
    /// The lists as they were pulled last.
    pub async fn portal_directory(&mut self, id: PortalId) -> Result<Option<Directory>> {
        let account = self.account().0;
        let row: Option<Json<Directory>> = sqlx::query_scalar(
            "select directory from portals
             where account_id = $1 and portal_id = $2 and deleted_at is null",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(|d| d.0))
    }

    pub async fn set_portal_directory(
        &mut self,
        id: PortalId,
        directory: &Directory,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update portals set directory = $3, directory_at = $4
             where account_id = $1 and portal_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(Json(directory))
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
