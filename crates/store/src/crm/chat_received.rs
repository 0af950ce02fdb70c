//! What users of a CRM write in its chat (AMO-13), until it is a message of ours or refused, and of which
//! messages it is known that they were written there.

use domain::{
    ids::{ConversationId, EmployeeId, MessageId, PortalId},
    text::Words,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Result, TenantTx};

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

/// A message that was written in a CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatWritten {
    pub portal: PortalId,
    /// As the service calls it.
    pub external_id: String,
    /// Who wrote it there; empty: not told.
    pub author: String,
    /// What was added to it for the customer alone (WA-7).
    pub signature: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    external_id: String,
    said: Value,
    conversation_id: Option<Uuid>,
    message_id: Option<Uuid>,
    refusal: Option<Json<ChatRefusal>>,
    told: Option<String>,
}

impl TenantTx {
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
        let row: Option<Row> = sqlx::query_as(
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

    /// It is a message of ours now; `caption`: its words are another one, after its file.
    pub async fn crm_chat_became(
        &mut self,
        conversation: ConversationId,
        message: MessageId,
        caption: Option<MessageId>,
        written: &ChatWritten,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_chat_received set conversation_id = $4, message_id = $5, said = '{}',
                author = $6, signature = $7, caption_id = $8
             where account_id = $1 and portal_id = $2 and external_id = $3",
        )
        .bind(account)
        .bind(written.portal.0)
        .bind(&written.external_id)
        .bind(conversation.0)
        .bind(message.0)
        .bind(&written.author)
        .bind(&written.signature)
        .bind(caption.map(|caption| caption.0))
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

    /// Which messages of a conversation were written in a CRM, whichever of the company's it was.
    pub async fn crm_chat_written(
        &mut self,
        conversation: ConversationId,
    ) -> Result<Vec<(MessageId, ChatWritten)>> {
        let account = self.account().0;
        let rows: Vec<(Uuid, Uuid, String, String, String)> = sqlx::query_as(
            "select m.id, r.portal_id, r.external_id, r.author, r.signature
             from crm_chat_received r
             cross join lateral (values (r.message_id), (r.caption_id)) m(id)
             where r.account_id = $1 and r.conversation_id = $2 and m.id is not null",
        )
        .bind(account)
        .bind(conversation.0)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(message, portal, external_id, author, signature)| {
                let portal = PortalId(portal);
                (MessageId(message), ChatWritten { portal, external_id, author, signature })
            })
            .collect())
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
