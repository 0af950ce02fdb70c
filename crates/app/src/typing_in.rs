//! The person is writing: shown to those who may see the conversation, and forgotten (OW-6).

use domain::passing::{Passing, Sign};
use store::ChannelRow;

use crate::{App, Result};

impl App {
    pub(crate) async fn accept_typing(&self, channel: &ChannelRow, person: &str) -> Result<()> {
        let mut tx = self.store.tenant(channel.account).await?;
        let Some(identity) = tx.identity_of(channel.channel_id, person).await? else {
            return Ok(());
        };
        let Some(open) = tx.open_conversation_of(identity).await? else { return Ok(()) };
        if let Some(conversation) = tx.conversation(open).await? {
            self.pass(Passing {
                account: channel.account,
                conversation: open,
                audience: conversation.audience(),
                sign: Sign::VisitorTyping,
            });
        }
        Ok(())
    }
}
