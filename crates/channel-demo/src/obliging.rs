//! What can be done with messages that are sent: everything, since nobody is there to mind; and what
//! is said of phones.

use std::time::Duration;

use async_trait::async_trait;
use channel::{Asking, Changes, Channel, Numbers, OutFile, Question, Reactions, SendError, Told};
use domain::{
    content::Content,
    number_check::{Price, Reachable},
};

use crate::{Demo, settings};

/// A day: as long as most services let their people.
pub(crate) const CHANGED_WITHIN: u32 = 24 * 3600;
pub(crate) const EMOJI: [&str; 6] = ["👍", "❤", "🔥", "🎉", "🙏", "😁"];

#[async_trait]
impl Changes for Demo {
    async fn edit(
        &self,
        _channel: &Channel,
        _recipient: &str,
        _external_id: &str,
        _content: &Content<OutFile>,
    ) -> Result<(), SendError> {
        Ok(())
    }

    async fn remove(
        &self,
        _channel: &Channel,
        _recipient: &str,
        _external_id: &str,
    ) -> Result<(), SendError> {
        Ok(())
    }
}

#[async_trait]
impl Reactions for Demo {
    async fn react(
        &self,
        _channel: &Channel,
        _recipient: &str,
        _external_id: &str,
        _emoji: Option<&str>,
    ) -> Result<(), SendError> {
        Ok(())
    }
}

/// As long as a look that one can see.
const LOOKED_AFTER: Duration = Duration::from_millis(1500);

#[async_trait]
impl Numbers for Demo {
    /// Where it looks like a messenger that is reached by phone, or like nothing else.
    fn price(&self, channel: &Channel) -> Option<Price> {
        settings::is_reached_by_phone(channel).then_some(Price::Free)
    }

    /// Nothing here costs anything.
    fn most_a_day(&self, _channel: &Channel) -> Option<u32> {
        None
    }

    /// A number that ends in 0 belongs to nobody, so that both answers can be seen.
    async fn exists(&self, _channel: &Channel, question: &Question) -> Result<Told, SendError> {
        Ok(match question.asking {
            Asking::First | Asking::AfterLoss => {
                Told::Later { ticket: question.id.to_string(), after: LOOKED_AFTER }
            }
            Asking::Taken(_) if question.phone.as_str().ends_with('0') => {
                Told::Known(Reachable::DoesNotExist)
            }
            Asking::Taken(_) => Told::Known(Reachable::Exists),
        })
    }
}
