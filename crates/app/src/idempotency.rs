//! Requests that may come twice: the answer is kept with the effect, in one transaction.

use domain::text::Words;
use serde::{Serialize, de::DeserializeOwned};
use store::{Claim, TenantTx};

use crate::{Actor, Error, Result};

/// The client's own name of a request, and what the request says.
#[derive(Debug, Clone)]
pub struct RequestKey {
    pub key: String,
    /// SHA-256 of method, path and body.
    pub hash: [u8; 32],
}

/// The answer that this request got before, if it did. Call it first in the transaction of the
/// effect; when there is none, do the work and [`remember`] its answer before commit.
pub(crate) async fn answered<T: DeserializeOwned>(
    tx: &mut TenantTx,
    actor: &Actor,
    key: Option<&RequestKey>,
) -> Result<Option<T>> {
    let Some(key) = key else { return Ok(None) };
    match tx.claim_answer(actor.employee, &key.key, &key.hash).await? {
        Claim::New => Ok(None),
        Claim::Answered(body) => serde_json::from_value(body)
            .map(Some)
            .map_err(|e| Error::Internal(format!("a stored answer cannot be read: {e}"))),
        Claim::Mismatch => Err(Error::conflict(
            "idempotency_mismatch",
            Words::new(
                "Этот Idempotency-Key уже был у другого запроса. Возьмите новый.",
                "This Idempotency-Key was used for another request. Take a new one.",
            ),
        )),
    }
}

/// Keeps the answer of a claimed request.
pub(crate) async fn remember<T: Serialize>(
    tx: &mut TenantTx,
    actor: &Actor,
    key: Option<&RequestKey>,
    answer: &T,
) -> Result<()> {
    let Some(key) = key else { return Ok(()) };
    let body = serde_json::to_value(answer)
        .map_err(|e| Error::Internal(format!("an answer cannot be stored: {e}")))?;
    Ok(tx.store_answer(actor.employee, &key.key, 200, &body).await?)
}
