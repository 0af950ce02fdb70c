//! The company's own settings, and its audit log.

use domain::{
    people::Right,
    people_view::{AccountView, AuditView},
    text::Words,
};
use serde_json::json;
use store::{AccountPatch, AuditState};

use crate::{Actor, App, Error, Invalid, Result, fields::Check};

impl App {
    pub async fn account(&self, actor: &Actor) -> Result<AccountView> {
        let mut tx = self.store.tenant(actor.account).await?;
        tx.company().await?.ok_or(Error::NotFound { what: "account" })
    }

    pub async fn change_account(&self, actor: &Actor, patch: AccountPatch) -> Result<AccountView> {
        actor.require(Right::ManageAccount)?;
        let patch = checked(patch)?;
        let mut tx = self.store.tenant(actor.account).await?;
        tx.set_company(&patch).await?;
        let account = tx.company().await?.ok_or(Error::NotFound { what: "account" })?;
        let details = json!({
            "language": account.language,
            "time_zone": account.time_zone,
            "country": account.country,
        });
        self.note(&mut tx, actor, "account.changed", account.account_id.to_string(), details)
            .await?;
        tx.commit().await?;
        Ok(account)
    }

    /// The newest lines first.
    pub async fn audit(
        &self,
        actor: &Actor,
        before: Option<i64>,
        most: i64,
    ) -> Result<Vec<AuditView>> {
        actor.require(Right::ReadAudit)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.audit_lines(before, most).await?)
    }

    /// Whether the audit log is as it was written.
    pub async fn verify_audit(&self, actor: &Actor) -> Result<AuditState> {
        actor.require(Right::ReadAudit)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.verify_audit().await?)
    }
}

fn checked(patch: AccountPatch) -> Result<AccountPatch> {
    let mut check = Check::default();
    let name = patch.name.as_deref().map(|name| check.line("name", name));
    if let Some(language) = &patch.language {
        check.language("language", language);
    }
    if patch.time_zone.as_ref().is_some_and(|zone| zone.parse::<chrono_tz::Tz>().is_err()) {
        check.add(Invalid::new(
            "time_zone",
            "unknown_time_zone",
            Words::new(
                "Такого часового пояса нет. Пример: Europe/Moscow.",
                "There is no such time zone. Example: Europe/Moscow.",
            ),
        ));
    }
    let two_letters =
        |text: &String| text.chars().count() == 2 && text.chars().all(|c| c.is_ascii_uppercase());
    if patch.country.as_ref().is_some_and(|country| !two_letters(country)) {
        check.add(Invalid::new(
            "country",
            "unknown_country",
            Words::new("Две латинские буквы, например RU.", "Two Latin capitals, such as RU."),
        ));
    }
    check.done()?;
    Ok(AccountPatch { name, ..patch })
}
