//! Chats inside a CRM (AMO-13): those begun there, what of ours is shown there, what was written there.

use chrono::{DateTime, Utc};
use domain::{
    delivery::DeliveryStatus,
    ids::{ConversationId, EmployeeId, IdentityId, IntegrationId, MessageId, PortalId},
    text::Words,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result, TenantTx};

/// A chat that a user of the CRM began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunChat {
    pub identity: IdentityId,
    /// The service's ids.
    pub chat_id: String,
    pub client_ref: String,
}

/// Why a message of a CRM user did not become a message of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatRefusal {
    /// The service's code.
    pub code: u16,
    pub words: Words,
}

/// A message of a CRM user.
#[derive(Debug, Clone)]
pub struct ChatReceived {
    pub external_id: String,
    pub said: Value,
    pub conversation: Option<ConversationId>,
    pub message: Option<MessageId>,
    pub refusal: Option<ChatRefusal>,
    /// The last status that the CRM was told.
    pub told: Option<String>,
}

/// A message of a CRM user whose fate the CRM was not told yet.
#[derive(Debug, Clone)]
pub struct ChatFate {
    pub external_id: String,
    pub status: DeliveryStatus,
    pub failure: Option<String>,
    /// Whether the person can be written to at all.
    pub reachable: bool,
}

/// A message of ours that is shown in the CRM and has changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatChange {
    pub message: MessageId,
    pub edited_at: Option<DateTime<Utc>>,
    pub removed: bool,
}

#[derive(sqlx::FromRow)]
struct ReceivedRow {
    external_id: String,
    said: Value,
    conversation_id: Option<Uuid>,
    message_id: Option<Uuid>,
    refusal: Option<Json<ChatRefusal>>,
    told: Option<String>,
}

impl TenantTx {
    pub async fn begun_crm_chat(
        &mut self,
        portal: PortalId,
        identity: IdentityId,
    ) -> Result<Option<BegunChat>> {
        let account = self.account().0;
        let row: Option<(String, String)> = sqlx::query_as(
            "select chat_id, client_ref from crm_chats
             where account_id = $1 and portal_id = $2 and identity_id = $3",
        )
        .bind(account)
        .bind(portal.0)
        .bind(identity.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(|(chat_id, client_ref)| BegunChat { identity, chat_id, client_ref }))
    }

    pub async fn begun_crm_chat_of(
        &mut self,
        portal: PortalId,
        chat_id: &str,
    ) -> Result<Option<BegunChat>> {
        let account = self.account().0;
        let row: Option<(Uuid, String)> = sqlx::query_as(
            "select identity_id, client_ref from crm_chats
             where account_id = $1 and portal_id = $2 and chat_id = $3",
        )
        .bind(account)
        .bind(portal.0)
        .bind(chat_id)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(|(identity, client_ref)| BegunChat {
            identity: IdentityId(identity),
            chat_id: chat_id.to_owned(),
            client_ref,
        }))
    }

    /// Keeps whose chat it is; the first one of a person stands.
    pub async fn insert_begun_crm_chat(&mut self, portal: PortalId, new: &BegunChat) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into crm_chats (account_id, portal_id, identity_id, chat_id, client_ref)
             values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(account)
        .bind(portal.0)
        .bind(new.identity.0)
        .bind(&new.chat_id)
        .bind(&new.client_ref)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Keeps that a message stands in the CRM's chat, or why it does not.
    pub async fn insert_crm_chat_shown(
        &mut self,
        integration: IntegrationId,
        conversation: ConversationId,
        shown: &ChatChange,
        refusal: Option<&Words>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into crm_chat_shown (account_id, integration_id, message_id, conversation_id,
                edited_at, removed, refusal)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (account_id, integration_id, message_id) do update set
                edited_at = excluded.edited_at, removed = excluded.removed,
                refusal = excluded.refusal",
        )
        .bind(account)
        .bind(integration.0)
        .bind(shown.message.0)
        .bind(conversation.0)
        .bind(shown.edited_at)
        .bind(shown.removed)
        .bind(refusal.map(Json))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Messages shown in the CRM that were edited or removed since.
    pub async fn crm_chat_changes(
        &mut self,
        integration: IntegrationId,
        conversation: ConversationId,
        most: i64,
    ) -> Result<Vec<ChatChange>> {
        let account = self.account().0;
        let rows: Vec<(Uuid, Option<DateTime<Utc>>, bool)> = sqlx::query_as(
            "select m.message_id, m.edited_at, m.removed_at is not null
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
            .map(|(message, edited_at, removed)| ChatChange {
                message: MessageId(message),
                edited_at,
                removed,
            })
            .collect())
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

    /// Keeps what a user of the CRM wrote. `false`: it was there already.
    pub async fn receive_crm_chat(
        &mut self,
        portal: PortalId,
        external_id: &str,
        said: &Value,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "insert into crm_chat_received (account_id, portal_id, external_id, said)
             values ($1, $2, $3, $4) on conflict do nothing",
        )
        .bind(account)
        .bind(portal.0)
        .bind(external_id)
        .bind(said)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Holds the row, so that two runs of one job do one thing.
    pub async fn lock_crm_chat_received(
        &mut self,
        portal: PortalId,
        external_id: &str,
    ) -> Result<Option<ChatReceived>> {
        let account = self.account().0;
        let row: Option<ReceivedRow> = sqlx::query_as(
            "select external_id, said, conversation_id, message_id, refusal, told
             from crm_chat_received
             where account_id = $1 and portal_id = $2 and external_id = $3 for update",
        )
        .bind(account)
        .bind(portal.0)
        .bind(external_id)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(|row| ChatReceived {
            external_id: row.external_id,
            said: row.said,
            conversation: row.conversation_id.map(ConversationId),
            message: row.message_id.map(MessageId),
            refusal: row.refusal.map(|refusal| refusal.0),
            told: row.told,
        }))
    }

    /// It is a message of ours now.
    pub async fn crm_chat_became(
        &mut self,
        portal: PortalId,
        external_id: &str,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_chat_received set conversation_id = $4, message_id = $5, said = '{}'
             where account_id = $1 and portal_id = $2 and external_id = $3",
        )
        .bind(account)
        .bind(portal.0)
        .bind(external_id)
        .bind(conversation.0)
        .bind(message.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn refuse_crm_chat(
        &mut self,
        portal: PortalId,
        external_id: &str,
        refusal: &ChatRefusal,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_chat_received set refusal = $4
             where account_id = $1 and portal_id = $2 and external_id = $3",
        )
        .bind(account)
        .bind(portal.0)
        .bind(external_id)
        .bind(Json(refusal))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// The CRM knows this status of it.
    pub async fn told_crm_chat(
        &mut self,
        portal: PortalId,
        external_id: &str,
        status: DeliveryStatus,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_chat_received set told = $4
             where account_id = $1 and portal_id = $2 and external_id = $3",
        )
        .bind(account)
        .bind(portal.0)
        .bind(external_id)
        .bind(status.as_str())
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Which messages of a conversation were written in this CRM, and how it calls them.
    pub async fn crm_chat_written(
        &mut self,
        portal: PortalId,
        conversation: ConversationId,
    ) -> Result<Vec<(MessageId, String)>> {
        let account = self.account().0;
        let rows: Vec<(Uuid, String)> = sqlx::query_as(
            "select message_id, external_id from crm_chat_received
             where account_id = $1 and portal_id = $2 and conversation_id = $3
               and message_id is not null",
        )
        .bind(account)
        .bind(portal.0)
        .bind(conversation.0)
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(|(message, id)| (MessageId(message), id)).collect())
    }

    /// The message of ours that this one of the CRM became.
    pub async fn crm_chat_message(
        &mut self,
        portal: PortalId,
        external_id: &str,
    ) -> Result<Option<MessageId>> {
        let account = self.account().0;
        let id: Option<Option<Uuid>> = sqlx::query_scalar(
            "select message_id from crm_chat_received
             where account_id = $1 and portal_id = $2 and external_id = $3",
        )
        .bind(account)
        .bind(portal.0)
        .bind(external_id)
        .fetch_optional(self.conn())
        .await?;
        Ok(id.flatten().map(MessageId))
    }

    /// Messages of a conversation written in this CRM that arrived, were read or failed, and of which
    /// the CRM was not told so.
    pub async fn crm_chat_fates(
        &mut self,
        portal: PortalId,
        conversation: ConversationId,
        most: i64,
    ) -> Result<Vec<ChatFate>> {
        let account = self.account().0;
        let rows: Vec<(String, String, Option<String>, bool)> = sqlx::query_as(
            "select r.external_id, m.status, m.failure, i.reachable
             from crm_chat_received r
             join messages m on m.account_id = r.account_id and m.message_id = r.message_id
             join conversations c
                on c.account_id = r.account_id and c.conversation_id = r.conversation_id
             join identities i on i.account_id = c.account_id and i.identity_id = c.identity_id
             where r.account_id = $1 and r.portal_id = $2 and r.conversation_id = $3
               and m.status in ('delivered', 'read', 'failed')
               and m.status is distinct from r.told
             order by m.position limit $4",
        )
        .bind(account)
        .bind(portal.0)
        .bind(conversation.0)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter()
            .map(|(external_id, status, failure, reachable)| {
                let status = DeliveryStatus::parse(&status)
                    .ok_or_else(|| Error::bad("messages", "status", &status))?;
                Ok(ChatFate { external_id, status, failure, reachable })
            })
            .collect()
    }

    /// The employee with this e-mail address who works here.
    pub async fn employee_by_email(&mut self, email: &str) -> Result<Option<EmployeeId>> {
        let account = self.account().0;
        let id: Option<Uuid> = sqlx::query_scalar(
            "select employee_id from employees
             where account_id = $1 and lower(email) = lower($2) and disabled_at is null",
        )
        .bind(account)
        .bind(email)
        .fetch_optional(self.conn())
        .await?;
        Ok(id.map(EmployeeId))
    }
}
