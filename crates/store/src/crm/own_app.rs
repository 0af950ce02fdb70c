//! An app that a company registered with its CRM itself, sealed.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Error, Result, SecretPlace, secrets::DataKey};

/// How the company's app is known to the CRM.
#[derive(Debug, Clone)]
pub struct OwnApp {
    /// Public.
    pub client_id: String,
    pub client_secret: SecretString,
}

impl PartialEq for OwnApp {
    fn eq(&self, other: &Self) -> bool {
        self.client_id == other.client_id
            && self.client_secret.expose_secret() == other.client_secret.expose_secret()
    }
}

impl Eq for OwnApp {}

#[derive(Serialize, Deserialize)]
struct Sealed {
    client_id: String,
    client_secret: String,
}

/// Of a consent, which has no id but the hash of its state.
fn place(state_hash: &[u8; 32]) -> SecretPlace<'static> {
    let mut row = [0; 16];
    row.iter_mut().zip(state_hash).for_each(|(to, from)| *to = *from);
    SecretPlace { table: "crm_consents", column: "app", row: Uuid::from_bytes(row) }
}

impl OwnApp {
    pub(super) fn seal(&self, key: &DataKey, state_hash: &[u8; 32]) -> Result<Vec<u8>> {
        let plain = Sealed {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.expose_secret().to_owned(),
        };
        let plain = serde_json::to_vec(&plain).map_err(|e| Error::bad("crm_consents", "app", e))?;
        key.seal(place(state_hash), &plain)
    }

    pub(super) fn open(key: &DataKey, state_hash: &[u8; 32], sealed: &[u8]) -> Result<Self> {
        let plain = key.open(place(state_hash), sealed)?;
        let plain: Sealed = serde_json::from_slice(plain.expose_secret())
            .map_err(|_| Error::Secret("the app of a consent is not an object"))?;
        Ok(Self { client_id: plain.client_id, client_secret: plain.client_secret.into() })
    }
}
