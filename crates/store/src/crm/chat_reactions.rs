//! The customer's emoji in the CRM's chat (AMO-13): what is to be shown there, and what is.

use domain::ids::{ConversationId, IntegrationId, MessageId, PortalId};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Result, TenantTx};

/// An emoji that stands otherwise in the CRM than here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatReaction {
    pub message: MessageId,
    /// `None`: taken away.
    pub emoji: Option<String>,
    /// The service's id of a message that was written there; of ours it knows our id.
    pub theirs: Option<String>,
}

#[derive(FromRow)]
struct Row {
    message_id: Uuid,
    emoji: Option<String>,
    theirs: Option<String>,
}

impl TenantTx {
    /// Emoji of the customer that the CRM shows otherwise, on messages that it has.
    pub async fn crm_chat_reactions(
        &mut self,
        portal: PortalId,
        integration: IntegrationId,
        conversation: ConversationId,
        most: i64,
    ) -> Result<Vec<ChatReaction>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(
            "with here as (
                select message_id, emoji from message_reactions
                where account_id = $1 and conversation_id = $4 and side = 'customer'
             ), there as (
                select message_id, emoji from crm_chat_reactions
                where account_id = $1 and integration_id = $3 and conversation_id = $4
             ), pairs as (
                select message_id, here.emoji, there.emoji as shown
                from here full join there using (message_id)
             )
             select b.message_id, b.emoji, w.external_id as theirs
             from pairs b
             left join crm_chat_received w on w.account_id = $1 and w.portal_id = $2
                and w.conversation_id = $4 and w.message_id = b.message_id
             where b.emoji is distinct from b.shown
               and (w.external_id is not null
                    or exists (select 1 from crm_chat_shown s
                               where s.account_id = $1 and s.integration_id = $3
                                 and s.message_id = b.message_id and s.refusal is null))
             order by b.message_id limit $5",
        )
        .bind(account)
        .bind(portal.0)
        .bind(integration.0)
        .bind(conversation.0)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| ChatReaction {
                message: MessageId(row.message_id),
                emoji: row.emoji,
                theirs: row.theirs,
            })
            .collect())
    }

    /// The customer's emoji on a message is offered to the CRM again.
    pub async fn forget_crm_chat_reaction(
        &mut self,
        integration: IntegrationId,
        message: MessageId,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "delete from crm_chat_reactions
             where account_id = $1 and integration_id = $2 and message_id = $3",
        )
        .bind(account)
        .bind(integration.0)
        .bind(message.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Keeps what the CRM shows now.
    pub async fn save_crm_chat_reaction(
        &mut self,
        integration: IntegrationId,
        conversation: ConversationId,
        shown: &ChatReaction,
    ) -> Result<()> {
        let account = self.account().0;
        let query = match &shown.emoji {
            Some(emoji) => sqlx::query(
                "insert into crm_chat_reactions
                    (account_id, integration_id, message_id, conversation_id, emoji)
                 values ($1, $2, $3, $4, $5)
                 on conflict (account_id, integration_id, message_id)
                    do update set emoji = excluded.emoji",
            )
            .bind(account)
            .bind(integration.0)
            .bind(shown.message.0)
            .bind(conversation.0)
            .bind(emoji),
            None => sqlx::query(
                "delete from crm_chat_reactions
                 where account_id = $1 and integration_id = $2 and message_id = $3",
            )
            .bind(account)
            .bind(integration.0)
            .bind(shown.message.0),
        };
        query.execute(self.conn()).await?;
        Ok(())
    }
}
