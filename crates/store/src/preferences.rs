//! How employees have set the workstation.

use chrono::{DateTime, Utc};
use domain::{ids::EmployeeId, preferences::PreferencesView};
use serde_json::{Map, Value};
use sqlx::types::Json;

use crate::{Error, Result, TenantTx};

impl TenantTx {
    /// Empty when nothing was ever set.
    pub async fn preferences(&mut self, employee: EmployeeId) -> Result<PreferencesView> {
        let account = self.account().0;
        let row: Option<(Value, DateTime<Utc>)> = sqlx::query_as(
            "select preferences, updated_at from preferences
             where account_id = $1 and employee_id = $2",
        )
        .bind(account)
        .bind(employee.0)
        .fetch_optional(self.conn())
        .await?;
        match row {
            None => Ok(PreferencesView { preferences: Map::new(), updated_at: None }),
            Some((Value::Object(preferences), at)) => {
                Ok(PreferencesView { preferences, updated_at: Some(at) })
            }
            Some(_) => Err(Error::bad("preferences", "preferences", "not an object")),
        }
    }

    pub async fn put_preferences(
        &mut self,
        employee: EmployeeId,
        preferences: &Map<String, Value>,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into preferences (account_id, employee_id, preferences, updated_at)
             values ($1, $2, $3, $4)
             on conflict (account_id, employee_id) do update
                set preferences = excluded.preferences, updated_at = excluded.updated_at",
        )
        .bind(account)
        .bind(employee.0)
        .bind(Json(preferences))
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
