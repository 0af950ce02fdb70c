//! The person is writing: shown to those who may see the conversation, told to the chat of a CRM, and
//! forgotten (OW-6, AMO-13).

use domain::{
    ids::AccountId,
    passing::{Passing, Sign},
    view::ConversationView,
};
use store::{ChannelRow, TenantTx};

use crate::{App, Result};

impl App {
    pub(crate) async fn accept_typing(&self, channel: &ChannelRow, person: &str) -> Result<()> {
        let mut tx = self.store.tenant(channel.account).await?;
        let Some(identity) = tx.identity_of(channel.channel_id, person).await? else {
            return Ok(());
        };
        let Some(open) = tx.open_conversation_of(identity).await? else { return Ok(()) };
        if let Some(conversation) = tx.conversation(open).await? {
            self.customer_types(tx, &conversation).await?;
        }
        Ok(())
    }

    /// A visitor of the site writes in their open conversation.
    pub async fn visitor_types(&self, account: AccountId, c: &ConversationView) -> Result<()> {
        let tx = self.store.tenant(account).await?;
        self.customer_types(tx, c).await
    }

    async fn customer_types(&self, mut tx: TenantTx, c: &ConversationView) -> Result<()> {
        self.pass(Passing {
            account: tx.account(),
            conversation: c.conversation_id,
            audience: c.audience(),
            sign: Sign::VisitorTyping,
        });
        if self.ask_typing_told(&mut tx, c.conversation_id).await? {
            tx.commit().await?;
        }
        Ok(())
    }
}
