//! What of ours stands in a CRM's chat (AMO-13), and what of it has changed since.

use chrono::{DateTime, Utc};
use domain::{
    ids::{ConversationId, IdentityId, IntegrationId, MessageId},
    text::Words,
};
use sqlx::{FromRow, types::Json};
use uuid::Uuid;

use crate::{Result, StoredBody, TenantTx};

/// How a message of ours came out in the CRM's chat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatShown {
    /// As the service calls it, where it said so.
    pub external_id: Option<String>,
    /// Why the CRM did not take it.
    pub refusal: Option<Words>,
}

/// A message of ours that is shown in the CRM and has changed since.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatChange {
    pub message: MessageId,
    /// As the CRM is told of it.
    pub body: StoredBody,
    pub edited_at: Option<DateTime<Utc>>,
    pub removed: bool,
    /// The CRM did not take it: it is not there.
    pub refused: bool,
}

#[derive(FromRow)]
struct ChangeRow {
    message_id: Uuid,
    content: Json<StoredBody>,
    edited_at: Option<DateTime<Utc>>,
    removed: bool,
    refused: bool,
}

impl TenantTx {
    /// Keeps that a message stands in the CRM's chat, or why it does not.
    pub async fn insert_crm_chat_shown(
        &mut self,
        integration: IntegrationId,
        conversation: ConversationId,
        as_it_was: &ChatChange,
        shown: &ChatShown,
    ) -> Result<()> {
        let account = self.account().0;
        let edited_at = self.edited_at_as_told(as_it_was).await?;
        sqlx::query(
            "insert into crm_chat_shown as s (account_id, integration_id, message_id,
                conversation_id, edited_at, removed, refusal, external_id)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (account_id, integration_id, message_id) do update set
                edited_at = excluded.edited_at, removed = excluded.removed,
                refusal = excluded.refusal,
                external_id = coalesce(excluded.external_id, s.external_id)",
        )
        .bind(account)
        .bind(integration.0)
        .bind(as_it_was.message.0)
        .bind(conversation.0)
        .bind(edited_at)
        .bind(as_it_was.removed)
        .bind(shown.refusal.as_ref().map(Json))
        .bind(&shown.external_id)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The CRM knows this state of a message, or was told of it in vain: whether it stands there is not
    /// changed by that.
    pub async fn crm_chat_change_told(
        &mut self,
        integration: IntegrationId,
        as_it_was: &ChatChange,
    ) -> Result<()> {
        let account = self.account().0;
        let edited_at = self.edited_at_as_told(as_it_was).await?;
        sqlx::query(
            "update crm_chat_shown set edited_at = $4, removed = $5
             where account_id = $1 and integration_id = $2 and message_id = $3",
        )
        .bind(account)
        .bind(integration.0)
        .bind(as_it_was.message.0)
        .bind(edited_at)
        .bind(as_it_was.removed)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The whole of a message may become known while the CRM is told its beginning: then it is to be told
    /// anew. Under the message's lock, so that it becomes known before this or finds what this keeps.
    async fn edited_at_as_told(&mut self, told: &ChatChange) -> Result<Option<DateTime<Utc>>> {
        let account = self.account().0;
        let now: Option<Json<StoredBody>> = sqlx::query_scalar(
            "select content from messages where account_id = $1 and message_id = $2 for share",
        )
        .bind(account)
        .bind(told.message.0)
        .fetch_optional(self.conn())
        .await?;
        let is_another = now.is_some_and(|Json(now)| now != told.body);
        Ok(if is_another { Some(DateTime::UNIX_EPOCH) } else { told.edited_at })
    }

    /// The CRMs' chats are to be told of a message anew, though nobody edited it: what it says became
    /// known as a whole, or a person asks for it.
    pub async fn tell_crm_chats_anew(&mut self, message: MessageId) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_chat_shown set edited_at = to_timestamp(0)
             where account_id = $1 and message_id = $2",
        )
        .bind(account)
        .bind(message.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// A message that a CRM's chat refused is offered to it again.
    pub async fn offer_to_crm_chat_again(
        &mut self,
        integration: IntegrationId,
        message: MessageId,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_chat_shown set edited_at = to_timestamp(0)
             where account_id = $1 and integration_id = $2 and message_id = $3
               and refusal is not null",
        )
        .bind(account)
        .bind(integration.0)
        .bind(message.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Messages shown in the CRM, or refused by it, that were edited or removed since.
    pub async fn crm_chat_changes(
        &mut self,
        integration: IntegrationId,
        conversation: ConversationId,
        most: i64,
    ) -> Result<Vec<ChatChange>> {
        let account = self.account().0;
        let rows: Vec<ChangeRow> = sqlx::query_as(
            "select m.message_id, m.content, m.edited_at, m.removed_at is not null as removed,
                s.refusal is not null as refused
             from crm_chat_shown s
             join messages m on m.account_id = s.account_id and m.message_id = s.message_id
             where s.account_id = $1 and s.integration_id = $2 and s.conversation_id = $3
               and (m.edited_at is distinct from s.edited_at
                    or (m.removed_at is not null) <> s.removed)
             order by m.position limit $4",
        )
        .bind(account)
        .bind(integration.0)
        .bind(conversation.0)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| ChatChange {
                message: MessageId(row.message_id),
                body: row.content.0,
                edited_at: row.edited_at,
                removed: row.removed,
                refused: row.refused,
            })
            .collect())
    }

    /// The message of ours, in chats with a person, that the service calls so.
    pub async fn crm_chat_shown_as(
        &mut self,
        identity: IdentityId,
        external_id: &str,
    ) -> Result<Option<MessageId>> {
        let account = self.account().0;
        let id: Option<Uuid> = sqlx::query_scalar(
            "select s.message_id from conversations c
             join crm_chat_shown s
                on s.account_id = $1 and s.conversation_id = c.conversation_id
                and s.external_id = $3
             where c.account_id = $1 and c.identity_id = $2 limit 1",
        )
        .bind(account)
        .bind(identity.0)
        .bind(external_id)
        .fetch_optional(self.conn())
        .await?;
        Ok(id.map(MessageId))
    }

    /// Whether a message of ours was shown in the CRM.
    pub async fn is_crm_chat_shown(
        &mut self,
        integration: IntegrationId,
        message: MessageId,
    ) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select exists (select 1 from crm_chat_shown
             where account_id = $1 and integration_id = $2 and message_id = $3
               and refusal is null)",
        )
        .bind(account)
        .bind(integration.0)
        .bind(message.0)
        .fetch_one(self.conn())
        .await?)
    }
}
