//! A channel's account: calls with its token, which is renewed when Avito no longer takes it.

use std::time::Duration;

use channel::Channel;
use serde_json::{Value, json};

use crate::{
    Avito,
    call::{Answer, Ask, CallError, Refusal},
    settings::Settings,
    tokens::{self, Token},
};

/// Under this key it is kept that a token was refused though it was quite new.
const REFUSED: &str = "refused";
/// So long a 403 is taken for what it says, after renewing the token has not helped.
const BELIEVED: Duration = Duration::from_secs(600);

/// One seller at Avito.
pub(crate) struct Account<'a> {
    pub(crate) driver: &'a Avito,
    pub(crate) channel: &'a Channel,
    pub(crate) settings: Settings,
}

impl Account<'_> {
    /// Asks. An expired token answers 403 (authorization, step 8), which is also what a missing right
    /// answers: so the token is renewed once, and if that does not help, 403 is believed for a while.
    pub(crate) async fn call(&self, ask: &Ask) -> Result<Answer, CallError> {
        let (value, token) = tokens::current(self).await.map_err(CallError::NoAccess)?;
        let first = self.once(ask, &token).await;
        let Err(CallError::Refused(Refusal { status: status @ (401 | 403), .. })) = &first else {
            return first;
        };
        if *status == 403 && self.is_believed(&token).await {
            return first;
        }
        let token = tokens::instead_of(self, &value).await.map_err(CallError::NoAccess)?;
        let second = self.once(ask, &token).await;
        if let Err(CallError::Refused(Refusal { status: 403, .. })) = &second {
            let kept = json!({ "issued": token.issued, "at": self.driver.now() });
            // Not kept, it costs one renewal more.
            let _ = self.channel.memory.remember(REFUSED, kept).await;
        }
        second
    }

    async fn once(&self, ask: &Ask, token: &Token) -> Result<Answer, CallError> {
        ask.once(&self.driver.http, &self.settings.base, &token.access()).await
    }

    async fn is_believed(&self, token: &Token) -> bool {
        let Ok(Some(kept)) = self.channel.memory.recall(REFUSED).await else { return false };
        let number = |key: &str| kept.get(key).and_then(Value::as_i64);
        let believed = i64::try_from(BELIEVED.as_secs()).unwrap_or(i64::MAX);
        number("issued") == Some(token.issued)
            && number("at").is_some_and(|at| self.driver.now() - at < believed)
    }

    /// The account's number at Avito, which stands in most paths. Known once it is connected.
    pub(crate) fn user(&self) -> Result<&str, CallError> {
        self.channel
            .external_id
            .as_deref()
            .ok_or_else(|| CallError::NotSent("the channel has not been connected yet".to_owned()))
    }

    /// The path of a chat's part: `/messenger/{version}/accounts/{user}/chats/{chat}/…`.
    pub(crate) fn chat<'p>(
        &'p self,
        version: &'p str,
        chat: &'p str,
        rest: &[&'p str],
    ) -> Result<Vec<&'p str>, CallError> {
        let mut path = vec!["messenger", version, "accounts", self.user()?, "chats", chat];
        path.extend_from_slice(rest);
        Ok(path)
    }
}
