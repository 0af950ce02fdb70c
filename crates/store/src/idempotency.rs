//! Stored answers of requests that carry an `Idempotency-Key`, written in the transaction of the
//! effect: either both are there or neither.

use std::time::Duration;

use domain::ids::EmployeeId;
use serde_json::Value;

use crate::{Error, Result, Store, TenantTx};

/// How long an answer is kept.
pub const ANSWERS_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// What is known of a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Nobody used it: do the work, then [`TenantTx::store_answer`] in the same transaction.
    New,
    /// The same request was done before; this was its answer.
    Answered(Value),
    /// The key was used for another request.
    Mismatch,
}

impl TenantTx {
    /// Claims the key for this transaction. A second request with it waits here until the first
    /// one's transaction ends: then it gets its answer, or the key itself if that one was undone.
    pub async fn claim_answer(
        &mut self,
        actor: EmployeeId,
        key: &str,
        request_hash: &[u8; 32],
    ) -> Result<Claim> {
        let account = self.account().0;
        let named = request_name(request_hash);
        let claimed = sqlx::query(
            "insert into idempotency (account_id, actor_id, key, request_hash, status, body)
             values ($1, $2, $3, $4, 0, 'null') on conflict do nothing",
        )
        .bind(account)
        .bind(actor.0)
        .bind(key)
        .bind(self.keys().sign(&named)?.as_slice())
        .execute(self.conn())
        .await?;
        if claimed.rows_affected() == 1 {
            return Ok(Claim::New);
        }
        let (hash, body): (Vec<u8>, Value) = sqlx::query_as(
            "select request_hash, body from idempotency
             where account_id = $1 and actor_id = $2 and key = $3",
        )
        .bind(account)
        .bind(actor.0)
        .bind(key)
        .fetch_one(self.conn())
        .await?;
        let same = self.keys().signed(&named, &hash);
        Ok(if same { Claim::Answered(body) } else { Claim::Mismatch })
    }

    /// Keeps the answer of a claimed key.
    pub async fn store_answer(
        &mut self,
        actor: EmployeeId,
        key: &str,
        status: u16,
        body: &Value,
    ) -> Result<()> {
        let account = self.account().0;
        let done = sqlx::query(
            "update idempotency set status = $4, body = $5
             where account_id = $1 and actor_id = $2 and key = $3",
        )
        .bind(account)
        .bind(actor.0)
        .bind(key)
        .bind(i16::try_from(status).unwrap_or(i16::MAX))
        .bind(body)
        .execute(self.conn())
        .await?;
        match done.rows_affected() {
            1 => Ok(()),
            hit => Err(Error::RowsAffected { what: "a stored answer", hit }),
        }
    }
}

/// A request may hold a password, which a bare hash would let readers of a dump guess at; so it is
/// kept as the master key's signature of this.
fn request_name(hash: &[u8; 32]) -> Vec<u8> {
    [b"request\0".as_slice(), hash].concat()
}

impl Store {
    /// Forgets old answers, in bounded steps. Returns how many went.
    pub async fn prune_answers(&self, keep: Duration) -> Result<u64> {
        let done = sqlx::query(
            "delete from idempotency where (account_id, actor_id, key) in (
                select account_id, actor_id, key from idempotency
                where created_at < now() - make_interval(secs => $1) limit 10000)",
        )
        .bind(keep.as_secs_f64())
        .execute(&self.platform)
        .await?;
        Ok(done.rows_affected())
    }
}
