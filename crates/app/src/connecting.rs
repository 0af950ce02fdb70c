//! How connecting a channel goes: a job whose progress shows as the channel's state (CH-2, CH-13).

use std::{sync::Arc, time::Duration};

use channel::{Channel, ConnectError, Connecting, Driver, HandOver, Receive};
use domain::{
    channel::{ChannelState, StateReport},
    ids::{AccountId, ChannelId},
    text::Words,
};
use store::{ChannelRow, TenantTx};

use crate::{
    App, Error, Result,
    channel_memory::ChannelMemory,
    channels::tell,
    work::{JobError, back_off},
};

impl App {
    /// Checks the account at its service and registers our webhook. Safe to repeat.
    pub(crate) async fn connect(
        &self,
        account: AccountId,
        id: ChannelId,
        attempts: i32,
    ) -> Result<(), JobError> {
        let fault = |e: Error| JobError::of(&e, attempts);
        let Some(row) = self.channel_row(account, id).await.map_err(fault)? else { return Ok(()) };
        if row.report.state == ChannelState::Disabled {
            return Ok(());
        }
        let driver = self.driver(&row).map_err(fault)?;
        let connecting = self.connecting(&row);
        match driver.connect(&self.driver_channel(&row), &connecting).await {
            Ok(connected) => {
                let receive = match connected.receive {
                    Receive::Webhook => "webhook",
                    Receive::Listener => "listener",
                    Receive::WebhookAndListener => "webhook_and_listener",
                    Receive::Site => "site",
                };
                let saved = self
                    .save_connected(account, id, &connected.external_id, &connected.title, receive)
                    .await;
                match saved {
                    Err(Error::Conflict { message, .. }) => {
                        let remedy = Words::new(
                            "Откройте уже подключённый канал или удалите его.",
                            "Open the channel that is connected already, or remove it.",
                        );
                        let report = StateReport::new(ChannelState::Failed, message, remedy);
                        self.report(account, id, &report).await.map_err(fault)
                    }
                    other => other.map_err(fault),
                }
            }
            Err(ConnectError::Field(wrong)) => {
                let report = StateReport::new(
                    ChannelState::BadCredentials,
                    wrong.message,
                    Words::new(
                        "Исправьте поле в настройках канала и сохраните.",
                        "Correct the field in the channel's settings and save.",
                    ),
                );
                self.report(account, id, &report).await.map_err(fault)
            }
            Err(ConnectError::Refused(report)) => {
                self.report(account, id, &report).await.map_err(fault)
            }
            Err(ConnectError::ConsentNeeded) => {
                let report = StateReport::new(
                    ChannelState::LoggedOut,
                    Words::new(
                        "Доступ ещё не разрешён на стороне сервиса.",
                        "Access is not allowed at the service yet.",
                    ),
                    Words::new(
                        "Нажмите «Разрешить доступ»: откроется страница сервиса, после согласия вы вернётесь сюда.",
                        "Press 'Allow access': the service's page opens, and after your consent you come back here.",
                    ),
                );
                self.report(account, id, &report).await.map_err(fault)
            }
            Err(ConnectError::Unreachable(why)) => {
                let report = StateReport::new(
                    ChannelState::Interrupted,
                    Words::new(
                        "Сервис мессенджера не отвечает.",
                        "The messenger's service does not answer.",
                    ),
                    Words::new(
                        "Ничего делать не нужно: мы повторяем попытки.",
                        "Nothing to do: we keep trying.",
                    ),
                );
                self.report(account, id, &report).await.map_err(fault)?;
                Err(JobError::Retry { after: back_off(attempts).max(Duration::from_secs(2)), why })
            }
        }
    }

    async fn save_connected(
        &self,
        account: AccountId,
        id: ChannelId,
        external_id: &str,
        title: &str,
        receive: &str,
    ) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        tx.channel_connected(id, external_id, title, receive).await.map_err(|e| match e {
            store::Error::Constraint(name) if name == "channels_external" => Error::conflict(
                "already_connected",
                Words::new(
                    format!("Аккаунт {title} уже подключён в другом канале."),
                    format!("The account {title} is connected in another channel already."),
                ),
            ),
            other => other.into(),
        })?;
        self.change_state(&mut tx, id, &StateReport::connected()).await?;
        tx.commit().await?;
        // Messages that waited for the channel go on at once.
        self.store.wake_lanes(account, "send:").await?;
        Ok(())
    }

    pub(crate) async fn disconnect(&self, account: AccountId, id: ChannelId) -> Result<()> {
        let Some(row) = self.channel_row(account, id).await? else { return Ok(()) };
        if let Err(error) = self.driver(&row)?.disconnect(&self.driver_channel(&row)).await {
            tracing::info!(%error, channel.id = %id, "the webhook was not taken away");
        }
        Ok(())
    }

    /// Looks whether a connected channel still works as it should, and says what is wrong.
    pub async fn inspect(&self, account: AccountId, id: ChannelId) -> Result<()> {
        let Some(row) = self.channel_row(account, id).await? else { return Ok(()) };
        if !matches!(row.report.state, ChannelState::Connected | ChannelState::Interrupted) {
            return Ok(());
        }
        let driver = self.driver(&row)?;
        let found = driver.inspect(&self.driver_channel(&row), &self.connecting(&row)).await;
        match found {
            Some(report) => self.report(account, id, &report).await,
            None => Ok(()),
        }
    }

    /// Writes a channel's state and tells readers when it changed.
    pub async fn report(
        &self,
        account: AccountId,
        id: ChannelId,
        report: &StateReport,
    ) -> Result<()> {
        let mut tx = self.store.tenant(account).await?;
        if self.change_state(&mut tx, id, report).await? {
            tx.commit().await?;
            if report.state == ChannelState::Connected {
                self.store.wake_lanes(account, "send:").await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn change_state(
        &self,
        tx: &mut TenantTx,
        id: ChannelId,
        report: &StateReport,
    ) -> Result<bool> {
        if !tx.set_channel_state(id, report).await? {
            return Ok(false);
        }
        if let Some(row) = tx.channel(id).await? {
            tracing::info!(
                channel.id = %id, channel.kind = %row.kind, state = report.state.as_str(),
                reason = report.reason.as_ref().map_or("", |w| w.en.as_str()),
                "channel state changed"
            );
            tell(tx, &row);
        }
        Ok(true)
    }

    pub async fn channel_row(
        &self,
        account: AccountId,
        id: ChannelId,
    ) -> Result<Option<ChannelRow>> {
        let mut tx = self.store.tenant(account).await?;
        Ok(tx.channel(id).await?)
    }

    /// The driver of a channel's kind.
    pub fn driver(&self, row: &ChannelRow) -> Result<Arc<dyn Driver>> {
        self.drivers
            .get(&row.kind)
            .cloned()
            .ok_or_else(|| Error::Internal(format!("this process has no driver of {}", row.kind)))
    }

    /// A channel as its driver sees it.
    pub fn driver_channel(&self, row: &ChannelRow) -> Channel {
        Channel {
            id: row.channel_id,
            account: row.account,
            name: row.name.clone(),
            settings: row.settings.clone(),
            secrets: row.secrets.clone(),
            hook_secret: row.hook_secret.clone(),
            external_id: row.external_id.clone(),
            memory: Arc::new(ChannelMemory::new(&self.store, row.account, row.channel_id)),
        }
    }

    /// What a person copies into the service's cabinet for this channel.
    pub(crate) fn hand_over(&self, row: &ChannelRow) -> Vec<HandOver> {
        let Ok(driver) = self.driver(row) else { return Vec::new() };
        driver.hand_over(&self.driver_channel(row), &self.connecting(row))
    }

    fn connecting(&self, row: &ChannelRow) -> Connecting {
        let hook_url = self
            .settings
            .public_url
            .as_ref()
            .and_then(|base| base.join(&format!("hooks/{}/{}", row.kind, row.hook_key)).ok());
        Connecting { hook_url }
    }
}
