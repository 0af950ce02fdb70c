//! Personal API tokens (AD-2): for programs that act for one employee, with no more than chosen
//! rights.

use chrono::TimeDelta;
use domain::{ids::ApiTokenId, people::Right, people_view::ApiTokenView, text::Words};
use secrecy::SecretString;
use serde_json::json;
use store::NewApiToken;

use crate::{API_TOKEN_PREFIX, Actor, App, Error, Invalid, Result, fields::Check, secret_token};

/// A token that was just made; its text is shown this once.
#[derive(Debug)]
pub struct MadeToken {
    pub view: ApiTokenView,
    pub token: SecretString,
}

/// Whose tokens a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Mine,
    /// Everybody's: needs [`Right::ManageAccount`].
    All,
}

impl App {
    /// The scopes are of the maker's own rights; without a term it is good until revoked.
    pub async fn create_token(
        &self,
        actor: &Actor,
        name: &str,
        scopes: &[Right],
        days: Option<u16>,
    ) -> Result<MadeToken> {
        let mut check = Check::default();
        let name = check.line("name", name);
        check.add(check_scopes(actor, scopes));
        if days == Some(0) {
            check.add(Invalid::new(
                "expires_in_days",
                "out_of_range",
                Words::new("Не меньше одного дня.", "At least one day."),
            ));
        }
        check.done()?;
        let mut kept: Vec<Right> = Right::ALL.to_vec();
        kept.retain(|right| scopes.contains(right));
        let (text, hash) = secret_token::fresh(API_TOKEN_PREFIX)?;
        let now = self.clock.now();
        let new = NewApiToken {
            id: ApiTokenId::new(&*self.ids),
            employee: actor.employee,
            name,
            prefix: text.chars().take(10).collect(),
            token: hash,
            scopes: kept,
            created_at: now,
            expires_at: days.map(|days| now + TimeDelta::days(days.into())),
        };
        let mut tx = self.store.tenant(actor.account).await?;
        tx.insert_api_token(&new).await?;
        let details = json!({ "scopes": new.scopes });
        self.note(&mut tx, actor, "token.created", new.id.to_string(), details).await?;
        tx.commit().await?;
        let view = ApiTokenView {
            api_token_id: new.id,
            employee_id: new.employee,
            name: new.name,
            prefix: new.prefix,
            scopes: new.scopes,
            created_at: new.created_at,
            last_used_at: None,
            expires_at: new.expires_at,
        };
        Ok(MadeToken { view, token: secret_token::shown(text) })
    }

    pub async fn tokens(
        &self,
        actor: &Actor,
        whose: Whose,
        after: Option<ApiTokenId>,
        most: i64,
    ) -> Result<Vec<ApiTokenView>> {
        let of = match whose {
            Whose::Mine => Some(actor.employee),
            Whose::All => {
                actor.require(Right::ManageAccount)?;
                None
            }
        };
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.api_tokens(of, after, most).await?)
    }

    /// One's own; another's needs [`Right::ManageAccount`].
    pub async fn revoke_token(&self, actor: &Actor, id: ApiTokenId) -> Result<()> {
        let all = actor.require(Right::ManageAccount).is_ok();
        let of = (!all).then_some(actor.employee);
        let mut tx = self.store.tenant(actor.account).await?;
        if !tx.revoke_api_token(id, of, self.clock.now()).await? {
            return Err(Error::NotFound { what: "token" });
        }
        self.note(&mut tx, actor, "token.revoked", id.to_string(), json!({})).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn check_scopes(actor: &Actor, scopes: &[Right]) -> Option<Invalid> {
    if scopes.is_empty() {
        Some(Invalid::new(
            "scopes",
            "empty",
            Words::new("Выберите хотя бы одно право.", "Choose at least one right."),
        ))
    } else if scopes.iter().any(|scope| !actor.rights.contains(scope)) {
        Some(Invalid::new(
            "scopes",
            "not_yours",
            Words::new(
                "Токену можно дать только те права, что есть у вас.",
                "A token takes only rights that you have.",
            ),
        ))
    } else {
        None
    }
}
