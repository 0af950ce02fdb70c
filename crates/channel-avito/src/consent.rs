//! The consent role: the seller agrees at Avito's page (CH-8).

use async_trait::async_trait;
use channel::{Channel, ConnectError, Consent};
use url::Url;

use crate::{
    Avito,
    oauth::{self, GrantError},
    reports,
    settings::{Mode, Settings},
    tokens,
};

#[async_trait]
impl Consent for Avito {
    /// Avito returns the browser to the address that the app was registered with, so `return_to` is
    /// not told: docs/channels/avito.md says what to register.
    fn page(&self, channel: &Channel, _return_to: &Url, state: &str) -> Option<Url> {
        let settings = Settings::read(channel, &self.options).ok()?;
        match (settings.mode, &self.options.app) {
            (Mode::Consent, Some(app)) => Some(oauth::consent(&self.options.consent, app, state)),
            (Mode::Consent, None) | (Mode::OwnKeys, _) => None,
        }
    }

    async fn returned(
        &self,
        channel: &Channel,
        code: &str,
        _return_to: &Url,
    ) -> Result<(), ConnectError> {
        let account = self.open(channel).map_err(ConnectError::Field)?;
        let grant = oauth::by_code(&account, code).await.map_err(|error| match error {
            GrantError::Refused(_) => ConnectError::Refused(reports::spent_code()),
            GrantError::Later { why, .. } => ConnectError::Unreachable(why),
        })?;
        Ok(tokens::keep(&account, grant).await?)
    }
}
