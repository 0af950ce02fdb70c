//! What a service offers for a field of a channel's form: numbers of an SMS account and the like.

use std::{collections::BTreeMap, sync::Arc};

use channel::{Channel, Choice, ConnectError, Forgetful};
use domain::{channel::ChannelKind, ids::ChannelId, people::Right, text::Words};
use serde_json::{Map, Value};

use crate::{
    Actor, App, Error, Result,
    channels::{find, split},
};

/// Most values that are shown; an account with more types its own.
const MOST: usize = 500;

/// A form as far as it is filled.
#[derive(Debug, Clone)]
pub struct HalfForm {
    pub kind: ChannelKind,
    pub settings: Map<String, Value>,
    /// A saved channel: secrets that are not given are taken from it.
    pub channel: Option<ChannelId>,
    /// The field whose values are asked for.
    pub field: String,
}

impl App {
    /// Asks the service, with the answers so far.
    pub async fn channel_choices(&self, actor: &Actor, form: HalfForm) -> Result<Vec<Choice>> {
        actor.require(Right::ManageChannels)?;
        let unknown = || {
            let words = Words::new("Такого типа канала нет.", "There is no such kind of channel.");
            Error::invalid("kind", "unknown_kind", words)
        };
        let driver = self.drivers.get(&form.kind).cloned().ok_or_else(unknown)?;
        let channel = match form.channel {
            Some(id) => {
                let mut tx = self.store.tenant(actor.account).await?;
                let row = find(&mut tx, id).await?;
                if row.kind != form.kind {
                    return Err(unknown());
                }
                let (settings, secrets) =
                    split(&driver.form(), form.settings, row.secrets.clone())?;
                Channel { settings, secrets, ..self.driver_channel(&row) }
            }
            None => {
                let (settings, secrets) = split(&driver.form(), form.settings, BTreeMap::new())?;
                Channel {
                    id: ChannelId::new(&*self.ids),
                    account: actor.account,
                    name: String::new(),
                    settings,
                    secrets,
                    hook_secret: String::new().into(),
                    external_id: None,
                    memory: Arc::new(Forgetful),
                }
            }
        };
        let mut choices = driver.choices(&channel, &form.field).await.map_err(not_told)?;
        choices.truncate(MOST);
        Ok(choices)
    }
}

/// Why there is no list, in words beside the field.
fn not_told(error: ConnectError) -> Error {
    match error {
        ConnectError::Field(wrong) => {
            Error::invalid(&format!("settings.{}", wrong.field), wrong.code, wrong.message)
        }
        ConnectError::Refused(report) => {
            let words = report
                .reason
                .unwrap_or_else(|| Words::new("Сервис отказал.", "The service refused."));
            Error::conflict("refused", words)
        }
        ConnectError::ConsentNeeded => Error::conflict(
            "consent_needed",
            Words::new(
                "Сначала сохраните канал и разрешите доступ.",
                "First save the channel and allow access.",
            ),
        ),
        ConnectError::Unreachable(why) => {
            tracing::info!(%why, "a list was not told");
            Error::conflict(
                "unreachable",
                Words::new(
                    "Сервис не отвечает. Попробуйте ещё раз или впишите значение сами.",
                    "The service does not answer. Try again, or type the value.",
                ),
            )
        }
    }
}
