//! What can be done with messages that are sent: everything, since nobody is there to mind.

use async_trait::async_trait;
use channel::{Changes, Channel, OutFile, Reactions, SendError};
use domain::content::Content;

use crate::Demo;

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
