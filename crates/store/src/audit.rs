//! The audit log: appended only (the tenant role has no UPDATE and DELETE on it), and each line's
//! hash covers the line before it, so a line that was changed or taken out shows.
//!
//! A cut-off end does not show by the chain alone: compare with a number kept elsewhere.

use chrono::{DateTime, SubsecRound, Utc};
use domain::{
    ids::{AccountId, EmployeeId},
    people_view::AuditView,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{PlatformTx, Result, TenantTx};

/// A line to write. Details hold whole numbers, texts and lists of them: a fraction may come back
/// from the database in another spelling, and then its hash does not match.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    pub at: DateTime<Utc>,
    /// `None`: the program itself.
    pub actor: Option<EmployeeId>,
    /// `employee.disabled`
    pub action: &'static str,
    /// Id of what it was done to.
    pub object: String,
    pub details: Value,
}

/// What a walk along the chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditState {
    pub lines: u64,
    /// The first line whose hash does not match.
    pub broken_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Row {
    audit_id: i64,
    at: DateTime<Utc>,
    actor_id: Option<Uuid>,
    action: String,
    object: String,
    details: Value,
    hash: Vec<u8>,
}

/// One spelling of a JSON value: keys sorted, no spaces.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (n, (key, value)) in keys.into_iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                canonical(item, out);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
    }
}

fn chain(
    previous: &[u8],
    at: DateTime<Utc>,
    actor: Option<Uuid>,
    action: &str,
    object: &str,
    details: &Value,
) -> [u8; 32] {
    let entry = serde_json::json!({
        "at": at.timestamp_micros(),
        "actor": actor.map(|a| a.to_string()),
        "action": action,
        "object": object,
        "details": details,
    });
    let mut text = String::new();
    canonical(&entry, &mut text);
    Sha256::new().chain_update(previous).chain_update(text.as_bytes()).finalize().into()
}

pub(crate) async fn append(
    conn: &mut PgConnection,
    account: AccountId,
    entry: &AuditEntry,
) -> Result<()> {
    // Writers of one company's log go one after another until they commit; the next statement's
    // snapshot is taken after the wait, so it sees the last line.
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('audit:' || $1::text, 0))")
        .bind(account.0)
        .execute(&mut *conn)
        .await?;
    let previous: Option<Vec<u8>> = sqlx::query_scalar(
        "select hash from audit where account_id = $1 order by audit_id desc limit 1",
    )
    .bind(account.0)
    .fetch_optional(&mut *conn)
    .await?;
    // Postgres keeps microseconds.
    let at = entry.at.trunc_subsecs(6);
    let hash = chain(
        previous.as_deref().unwrap_or_default(),
        at,
        entry.actor.map(|a| a.0),
        entry.action,
        &entry.object,
        &entry.details,
    );
    sqlx::query(
        "insert into audit (account_id, at, actor_id, action, object, details, hash)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(account.0)
    .bind(at)
    .bind(entry.actor.map(|a| a.0))
    .bind(entry.action)
    .bind(&entry.object)
    .bind(&entry.details)
    .bind(hash.as_slice())
    .execute(conn)
    .await?;
    Ok(())
}

impl PlatformTx {
    pub async fn audit(&mut self, account: AccountId, entry: &AuditEntry) -> Result<()> {
        append(self.conn(), account, entry).await
    }
}

impl TenantTx {
    /// Appends a line. Call it last before commit: it queues behind other writers of the company.
    pub async fn audit(&mut self, entry: &AuditEntry) -> Result<()> {
        let account = self.account();
        append(self.conn(), account, entry).await
    }

    /// Up to `most` lines before `before`, the newest first.
    pub async fn audit_lines(&mut self, before: Option<i64>, most: i64) -> Result<Vec<AuditView>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(
            "select audit_id, at, actor_id, action, object, details, hash from audit
             where account_id = $1 and ($2::bigint is null or audit_id < $2)
             order by audit_id desc limit $3",
        )
        .bind(account)
        .bind(before)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| AuditView {
                audit_id: row.audit_id,
                at: row.at,
                actor_id: row.actor_id.map(EmployeeId),
                action: row.action,
                object: row.object,
                details: row.details,
            })
            .collect())
    }

    /// Walks the whole chain, in bounded steps.
    pub async fn verify_audit(&mut self) -> Result<AuditState> {
        let account = self.account().0;
        let (mut after, mut lines, mut previous) = (i64::MIN, 0, Vec::new());
        loop {
            let rows: Vec<Row> = sqlx::query_as(
                "select audit_id, at, actor_id, action, object, details, hash from audit
                 where account_id = $1 and audit_id > $2 order by audit_id limit 1000",
            )
            .bind(account)
            .bind(after)
            .fetch_all(self.conn())
            .await?;
            if rows.is_empty() {
                return Ok(AuditState { lines, broken_at: None });
            }
            for row in rows {
                let expected =
                    chain(&previous, row.at, row.actor_id, &row.action, &row.object, &row.details);
                lines += 1;
                if row.hash != expected {
                    return Ok(AuditState { lines, broken_at: Some(row.audit_id) });
                }
                after = row.audit_id;
                previous = row.hash;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(previous: &[u8], action: &str, details: &Value) -> [u8; 32] {
        chain(previous, DateTime::UNIX_EPOCH, Some(Uuid::from_u128(1)), action, "emp", details)
    }

    /// AD-2: a changed, moved or missing line breaks what follows it.
    #[test]
    fn ad_2_each_line_covers_the_one_before() {
        let first = line(&[], "a", &json!({}));
        let second = line(&first, "b", &json!({ "to": 1 }));
        assert_ne!(second, line(&first, "b", &json!({ "to": 2 })), "details are covered");
        assert_ne!(second, line(&[], "b", &json!({ "to": 1 })), "the place is covered");
        assert_ne!(second, line(&first, "c", &json!({ "to": 1 })), "the action is covered");
        assert_eq!(second, line(&first, "b", &json!({ "to": 1 })));
    }

    #[test]
    fn the_spelling_does_not_depend_on_the_order_of_keys() {
        let mut one = String::new();
        canonical(&json!({ "b": [1, { "z": null, "a": "\"" }], "a": true }), &mut one);
        assert_eq!(one, r#"{"a":true,"b":[1,{"a":"\"","z":null}]}"#);
    }
}
