//! Consent at a service's own page (CH-8): the browser goes there with a state that is good once and
//! for ten minutes, and comes back with a code. Anybody can make such a return, so the state must be
//! one that we gave to this very person for this channel.

use std::collections::BTreeMap;

use channel::ConnectError;
use domain::{
    channel::ChannelKind, channel_log::ChannelEventKind, ids::ChannelId, people::Right, text::Words,
};
use store::{ChannelConsent, ChannelRow};
use url::Url;

use crate::{
    Actor, App, Error, Result,
    channels::{begin_connecting, connecting, find},
    secret_token,
};

/// Why a return came to nothing: a stable code for the settings screen, and the channel if it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentFault {
    pub code: &'static str,
    pub channel: Option<ChannelId>,
}

impl ConsentFault {
    fn new(code: &'static str, channel: Option<ChannelId>) -> Self {
        Self { code, channel }
    }

    fn ours(error: Error) -> Self {
        tracing::error!(%error, "a return from consent failed");
        Self::new("ours", None)
    }
}

impl App {
    /// Where the browser goes to allow us. A conflict where the channel's settings need no consent.
    pub async fn channel_consent(&self, actor: &Actor, id: ChannelId, here: &Url) -> Result<Url> {
        actor.require(Right::ManageChannels)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let row = find(&mut tx, id).await?;
        let driver = self.driver(&row)?;
        let (state, hash) = secret_token::fresh("")?;
        let return_to = self.consent_return(&row.kind, here)?;
        let page = driver
            .consent()
            .and_then(|c| c.page(&self.driver_channel(&row), &return_to, &state))
            .ok_or_else(|| {
                Error::conflict(
                    "no_consent",
                    Words::new(
                        "Этому каналу разрешение на странице сервиса не нужно.",
                        "This channel needs no consent at the service's page.",
                    ),
                )
            })?;
        tx.insert_channel_consent(id, actor.employee, &hash).await?;
        tx.commit().await?;
        Ok(page)
    }

    /// Whether the channel's settings send the browser to the service.
    pub(crate) fn needs_consent(&self, row: &ChannelRow) -> bool {
        let Ok(driver) = self.driver(row) else { return false };
        let Ok(anywhere) = Url::parse("https://return.invalid/") else { return false };
        driver
            .consent()
            .is_some_and(|c| c.page(&self.driver_channel(row), &anywhere, "state").is_some())
    }

    /// What the browser brought back becomes the channel's access, and connecting begins.
    /// `browser`: who is logged in there; whoever lures a person to a prepared link would otherwise
    /// give their channel that person's account, or the other way round.
    pub async fn consent_returned(
        &self,
        browser: Option<&Actor>,
        kind: &ChannelKind,
        query: &BTreeMap<String, String>,
        here: &Url,
    ) -> std::result::Result<ChannelId, ConsentFault> {
        let stale = || ConsentFault::new("state", None);
        let hash = secret_token::hash(query.get("state").ok_or_else(stale)?);
        let used = self.store.use_channel_consent(&hash).await;
        let consent: ChannelConsent =
            used.map_err(|e| ConsentFault::ours(e.into()))?.ok_or_else(stale)?;
        let actor = browser
            .filter(|a| a.account == consent.account && a.employee == consent.employee)
            .filter(|a| a.require(Right::ManageChannels).is_ok())
            .ok_or_else(stale)?;
        let id = consent.channel;
        let known = Some(id);
        let row = self.channel_row(actor.account, id).await.map_err(ConsentFault::ours)?;
        let row = row.filter(|row| row.kind == *kind).ok_or_else(stale)?;
        let Some(code) = query.get("code").filter(|_| !query.contains_key("error")) else {
            return Err(ConsentFault::new("denied", known));
        };
        let driver = self.driver(&row).map_err(ConsentFault::ours)?;
        let role = driver.consent().ok_or_else(stale)?;
        let return_to = self.consent_return(kind, here).map_err(ConsentFault::ours)?;
        match role.returned(&self.driver_channel(&row), code, &return_to).await {
            Ok(()) => self.allowed(actor, &row).await.map_err(ConsentFault::ours).map(|()| id),
            Err(error) => {
                tracing::info!(%error, channel.id = %id, "a code was not exchanged");
                let code = match &error {
                    ConnectError::Unreachable(_) => "unreachable",
                    _ => "code",
                };
                if let ConnectError::Refused(report) = &error {
                    self.report(row.account, id, report).await.map_err(ConsentFault::ours)?;
                }
                Err(ConsentFault::new(code, known))
            }
        }
    }

    async fn allowed(&self, actor: &Actor, row: &ChannelRow) -> Result<()> {
        let mut tx = self.store.tenant(actor.account).await?;
        let text = Words::new(
            format!("Доступ разрешён на странице сервиса. Сотрудник: {}.", actor.name),
            format!("Access was allowed at the service's page. Employee: {}.", actor.name),
        );
        tx.log_channel(row.channel_id, ChannelEventKind::Setting, &text).await?;
        begin_connecting(&mut tx, row.channel_id, &connecting()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Where services send browsers back to. Without a public address it is the address at which the
    /// browser sees us: enough for a counterpart beside us.
    fn consent_return(&self, kind: &ChannelKind, here: &Url) -> Result<Url> {
        let base = self.settings.public_url.as_ref().unwrap_or(here);
        base.join(&format!("api/v1/channels/oauth/{kind}"))
            .map_err(|e| Error::Internal(format!("the public address is no base: {e}")))
    }
}
