//! How an employee has set the workstation, the same on every device.

use domain::{
    preferences::{PreferencesView, is_bounded},
    text::Words,
};
use serde_json::{Map, Value};

use crate::{Actor, App, Error, Result};

impl App {
    pub async fn preferences(&self, actor: &Actor) -> Result<PreferencesView> {
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.preferences(actor.employee).await?)
    }

    /// Replaces all of them.
    pub async fn set_preferences(
        &self,
        actor: &Actor,
        preferences: Map<String, Value>,
    ) -> Result<PreferencesView> {
        if !is_bounded(&preferences) {
            return Err(Error::invalid(
                "preferences",
                "too_much",
                Words::new(
                    "Настройки рабочего места больше 64 КиБ. Удалите ненужные представления.",
                    "The workstation's settings are over 64 KiB. Delete views that are not needed.",
                ),
            ));
        }
        let at = self.clock.now();
        let mut tx = self.store.tenant(actor.account).await?;
        tx.put_preferences(actor.employee, &preferences, at).await?;
        tx.commit().await?;
        Ok(PreferencesView { preferences, updated_at: Some(at) })
    }
}
