//! Whether a phone exists (WA-1): a look into the network's register of subscribers (HLR), which
//! providers sell. The network answers within seconds or minutes, so the answer is asked for.

use std::time::Duration;

use async_trait::async_trait;
use channel::{Asking, Channel, Numbers, Question, RetryScope, SendError, Told};
use domain::number_check::{Price, Reachable};

use super::{
    Http,
    fault::{self, Fault},
    provider::Line,
    reports,
};

/// Most answers are there by then.
const FIRST_LOOK: Duration = Duration::from_secs(3);
/// After a look that found nobody.
const LOOK_AGAIN: Duration = Duration::from_secs(20);

/// A provider that looks into the register.
#[async_trait]
pub(super) trait Register: Send + Sync {
    /// Asks, or looks for the answer of what was asked before.
    async fn exists(&self, line: &Line, question: &Question) -> Result<Found, Fault>;
}

/// What the register says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Known(Reachable),
    /// The provider waits for the network; its name of the question.
    Waits(String),
}

#[async_trait]
impl Numbers for Http {
    /// Nothing is asked in the test mode, where nothing costs anything.
    fn price(&self, channel: &Channel) -> Option<Price> {
        let account = self.account(channel).ok()?;
        let sold = Self::provider(channel).register().is_some();
        (sold && account.checks && !account.test).then_some(Price::Paid)
    }

    fn most_a_day(&self, channel: &Channel) -> Option<u32> {
        self.account(channel).ok().map(|account| account.checks_a_day)
    }

    async fn exists(&self, channel: &Channel, question: &Question) -> Result<Told, SendError> {
        let (provider, line) = self
            .open(channel)
            .map_err(|wrong| SendError::Disconnected(reports::mend_settings(wrong)))?;
        let Some(register) = provider.register() else {
            let text = "Этот провайдер номера не проверяет.".to_owned();
            return Err(SendError::Rejected { code: "cannot_check", text });
        };
        match (register.exists(&line, question).await, &question.asking) {
            (Ok(Found::Known(answer)), _) => Ok(Told::Known(answer)),
            (Ok(Found::Waits(ticket)), asking) => {
                let after = match asking {
                    Asking::First => FIRST_LOOK.min(self.poll),
                    Asking::AfterLoss | Asking::Taken(_) => self.poll,
                };
                Ok(Told::Later { ticket, after })
            }
            // To look costs nothing.
            (Err(Fault::Lost(why)), Asking::Taken(_)) => {
                Err(SendError::Retry { after: LOOK_AGAIN, scope: RetryScope::Conversation, why })
            }
            (Err(fault), _) => Err(fault::send_error(fault)),
        }
    }
}
