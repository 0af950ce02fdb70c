//! What of a portal is secret, and how it lies: one sealed object per portal.

use domain::ids::PortalId;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::own_app::OwnApp;
use crate::{
    Error, Result, SecretPlace, TenantTx,
    secrets::{self, DataKey},
};

/// What a portal's secrets are; sealed together.
#[derive(Debug, Clone, Default)]
pub struct PortalSecrets {
    pub access: SecretString,
    /// `None`: a long-lived token (CRM-7 LITE).
    pub refresh: Option<SecretString>,
    /// An app of the company's own instead of the installation's. Of a long-lived token the id alone, where
    /// the token names it.
    pub client_id: Option<String>,
    pub client_secret: Option<SecretString>,
    /// Of the chats channel.
    pub chat_secret: Option<SecretString>,
}

impl PortalSecrets {
    /// The company's own app, where the portal is connected by one.
    pub fn own_app(&self) -> Option<OwnApp> {
        let (id, secret) = (self.client_id.as_ref()?, self.client_secret.as_ref()?);
        Some(OwnApp { client_id: id.clone(), client_secret: secret.clone() })
    }
}

/// How the secrets stand inside their seal.
#[derive(Serialize, Deserialize)]
struct Sealed {
    access: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chat_secret: Option<String>,
}

fn place(portal: PortalId) -> SecretPlace<'static> {
    SecretPlace { table: "portals", column: "secrets", row: portal.0 }
}

impl PortalSecrets {
    fn seal(&self, key: &DataKey, portal: PortalId) -> Result<Vec<u8>> {
        let bare = |secret: &Option<SecretString>| {
            secret.as_ref().map(|secret| secret.expose_secret().to_owned())
        };
        let plain = Sealed {
            access: self.access.expose_secret().to_owned(),
            refresh: bare(&self.refresh),
            client_id: self.client_id.clone(),
            client_secret: bare(&self.client_secret),
            chat_secret: bare(&self.chat_secret),
        };
        let plain = serde_json::to_vec(&plain).map_err(|e| Error::bad("portals", "secrets", e))?;
        key.seal(place(portal), &plain)
    }

    pub(super) fn open(key: &DataKey, portal: PortalId, sealed: &[u8]) -> Result<Self> {
        let plain = key.open(place(portal), sealed)?;
        let plain: Sealed = serde_json::from_slice(plain.expose_secret())
            .map_err(|_| Error::Secret("a portal's secrets are not an object"))?;
        Ok(Self {
            access: plain.access.into(),
            refresh: plain.refresh.map(SecretString::from),
            client_id: plain.client_id,
            client_secret: plain.client_secret.map(SecretString::from),
            chat_secret: plain.chat_secret.map(SecretString::from),
        })
    }
}

impl TenantTx {
    /// Seals a portal's secrets with the company's key.
    pub(super) async fn seal_portal(
        &mut self,
        id: PortalId,
        secrets: &PortalSecrets,
    ) -> Result<Vec<u8>> {
        let (account, keys) = (self.account(), self.keys());
        let key = secrets::data_key(self.conn(), &keys, account).await?;
        secrets.seal(&key, id)
    }
}
