//! A channel's tokens: kept in its memory, renewed by one caller at a time.

use channel::{MemoryError, RenewError, Renewal};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    account::Account,
    oauth::{self, GrantError},
    reports,
    settings::Mode,
};

const TOKEN: &str = "token";
/// Renewed so many seconds before its end, so that a call does not end with it.
const BEFORE_ITS_END: i64 = 300;

/// What Avito gave, as it is kept (encrypted).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    /// What it was got by: a token of other keys is not ours any more.
    mode: String,
    client_id: String,
    access: String,
    /// Good for one renewal. Own keys need none.
    refresh: Option<String>,
    /// Unix seconds.
    pub(crate) issued: i64,
    expires: i64,
}

impl Token {
    pub(crate) fn new(account: &Account<'_>, grant: oauth::Grant) -> Self {
        let now = account.driver.now();
        let life = i64::try_from(grant.life.as_secs()).unwrap_or(0);
        Self {
            mode: account.settings.mode.as_str().to_owned(),
            client_id: account.settings.client_id.clone(),
            access: grant.access,
            refresh: grant.refresh,
            issued: now,
            expires: now.saturating_add(life),
        }
    }

    pub(crate) fn access(&self) -> SecretString {
        self.access.clone().into()
    }

    fn of(account: &Account<'_>, value: &Value) -> Option<Self> {
        let token = Self::deserialize(value).ok()?;
        let ours = token.mode == account.settings.mode.as_str()
            && token.client_id == account.settings.client_id;
        ours.then_some(token)
    }
}

/// A token to call with, and the value by which it can be renewed.
pub(crate) async fn current(account: &Account<'_>) -> Result<(Value, Token), RenewError> {
    let kept = account.channel.memory.recall(TOKEN).await?;
    let known = kept.as_ref().and_then(|value| Token::of(account, value));
    if let (Some(value), Some(token)) = (&kept, known)
        && account.driver.now() < token.expires - BEFORE_ITS_END
    {
        return Ok((value.clone(), token));
    }
    let value = renewed(account, kept.as_ref()).await?;
    let token = Token::of(account, &value).ok_or_else(foreign)?;
    Ok((value, token))
}

/// A token in the place of one that Avito no longer takes.
pub(crate) async fn instead_of(account: &Account<'_>, stale: &Value) -> Result<Token, RenewError> {
    let value = renewed(account, Some(stale)).await?;
    Token::of(account, &value).ok_or_else(foreign)
}

/// A token by the keys as they are now, whatever stood there before.
pub(crate) async fn anew(account: &Account<'_>) -> Result<(), RenewError> {
    let kept = account.channel.memory.recall(TOKEN).await?;
    renewed(account, kept.as_ref()).await.map(|_| ())
}

/// Whether the seller has given a consent that was not taken back as far as is known.
pub(crate) async fn has_one(account: &Account<'_>) -> Result<bool, MemoryError> {
    let kept = account.channel.memory.recall(TOKEN).await?;
    Ok(kept.is_some_and(|value| Token::of(account, &value).is_some()))
}

/// Keeps what a consent gave.
pub(crate) async fn keep(account: &Account<'_>, grant: oauth::Grant) -> Result<(), MemoryError> {
    let token = Token::new(account, grant);
    let value = serde_json::to_value(token).map_err(|error| MemoryError(error.to_string()))?;
    account.channel.memory.remember(TOKEN, value).await
}

async fn renewed(account: &Account<'_>, stale: Option<&Value>) -> Result<Value, RenewError> {
    let renewal: Renewal<'_> = Box::new(move |former| {
        Box::pin(async move {
            let grant = match account.settings.mode {
                Mode::OwnKeys => oauth::by_own_keys(account).await,
                Mode::Consent => {
                    let former = former.value.and_then(|value| Token::of(account, &value));
                    let refresh = former.and_then(|token| token.refresh);
                    let Some(refresh) = refresh else {
                        return Err(RenewError::Refused(reports::no_consent()));
                    };
                    oauth::refreshed(account, &refresh).await
                }
            };
            let grant = grant.map_err(|error| refusal(account.settings.mode, error))?;
            let token = Token::new(account, grant);
            serde_json::to_value(token).map_err(|error| later(error.to_string()))
        })
    });
    account.channel.memory.renew(TOKEN, stale, renewal).await
}

fn refusal(mode: Mode, error: GrantError) -> RenewError {
    match (error, mode) {
        (GrantError::Refused(_), Mode::OwnKeys) => RenewError::Refused(reports::bad_keys()),
        (GrantError::Refused(_), Mode::Consent) => RenewError::Refused(reports::logged_out()),
        (GrantError::Later { after, why }, _) => RenewError::Later { after, why },
    }
}

fn later(why: String) -> RenewError {
    RenewError::Later { after: std::time::Duration::from_secs(5), why }
}

/// The settings were changed between two calls; the next one reads them anew.
fn foreign() -> RenewError {
    later("the token was replaced by one of other keys".to_owned())
}
