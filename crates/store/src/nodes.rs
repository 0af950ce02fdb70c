//! Processes that are alive, and marks of this installation.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::{Result, Store};

/// This process, for people who look.
#[derive(Debug, Clone)]
pub struct Node {
    pub node_id: Uuid,
    /// Host name and process id.
    pub name: String,
    pub roles: String,
}

impl Store {
    /// Says that this process lives; forgets those silent for a day. Returns how many others
    /// were seen within `alive`.
    pub async fn beat(&self, node: &Node, alive: Duration) -> Result<i64> {
        sqlx::query(
            "insert into nodes (node_id, name, roles) values ($1, $2, $3)
             on conflict (node_id) do update set seen_at = now()",
        )
        .bind(node.node_id)
        .bind(&node.name)
        .bind(&node.roles)
        .execute(&self.platform)
        .await?;
        sqlx::query("delete from nodes where seen_at < now() - interval '1 day'")
            .execute(&self.platform)
            .await?;
        Ok(sqlx::query_scalar(
            "select count(*) from nodes
             where node_id <> $1 and seen_at > now() - make_interval(secs => $2)",
        )
        .bind(node.node_id)
        .bind(alive.as_secs_f64())
        .fetch_one(&self.platform)
        .await?)
    }

    pub async fn forget_node(&self, node: Uuid) -> Result<()> {
        sqlx::query("delete from nodes where node_id = $1")
            .bind(node)
            .execute(&self.platform)
            .await?;
        Ok(())
    }

    pub async fn installation_value(&self, key: &str) -> Result<Option<Value>> {
        Ok(sqlx::query_scalar("select value from installation where key = $1")
            .bind(key)
            .fetch_optional(&self.platform)
            .await?)
    }

    /// Sets a mark once; false when it stood already.
    pub async fn mark_installation(&self, key: &str, value: &Value) -> Result<bool> {
        Ok(sqlx::query(
            "insert into installation (key, value) values ($1, $2) on conflict do nothing",
        )
        .bind(key)
        .bind(value)
        .execute(&self.platform)
        .await?
        .rows_affected()
            == 1)
    }
}
