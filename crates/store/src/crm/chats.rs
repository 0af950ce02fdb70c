//! Chats inside a CRM (AMO-13): those begun there, what of ours is shown there, what was written there.

use chrono::{DateTime, Utc};
use domain::{
    delivery::DeliveryStatus,
    ids::{ContactId, ConversationId, EmployeeId, IdentityId, IntegrationId, MessageId, PortalId},
    text::Words,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Concerned, Error, Result, TenantTx};

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

/// A message of which the CRM was not told yet what became of it.
#[derive(Debug, Clone)]
pub struct ChatFate {
    pub of: FateOf,
    pub external_id: String,
    pub status: DeliveryStatus,
    pub failure: Option<String>,
    /// Whether the person can be written to at all.
    pub reachable: bool,
}

/// Whose message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FateOf {
    /// Of a user of the CRM, who waits to hear of it.
    Theirs,
    /// Of our side, shown there.
    Ours(MessageId),
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

/// How a message of ours came out in the CRM's chat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatShown {
    /// As the service calls it, where it said so.
    pub external_id: Option<String>,
    /// Why the CRM did not take it.
    pub refusal: Option<Words>,
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

#[derive(sqlx::FromRow)]
struct FateRow {
    ours: Option<Uuid>,
    external_id: String,
    status: String,
    failure: Option<String>,
    reachable: bool,
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

    /// Keeps whose chat it is; the first one of a person stands, and so does the one that we opened
    /// for them: the service joins no two chats.
    pub async fn insert_begun_crm_chat(&mut self, portal: PortalId, new: &BegunChat) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "insert into crm_chats (account_id, portal_id, identity_id, chat_id, client_ref)
             select $1, $2, $3, $4, $5
             where not exists (
                select 1 from conversations c
                join crm_enquiries e
                    on e.account_id = $1 and e.conversation_id = c.conversation_id
                join integrations i
                    on i.account_id = $1 and i.integration_id = e.integration_id
                    and i.portal_id = $2
                where c.account_id = $1 and c.identity_id = $3
                  and (e.uses ->> 'chat' is not null
                       or exists (
                        select 1 from crm_chat_shown s
                        where s.account_id = $1 and s.integration_id = e.integration_id
                          and s.conversation_id = c.conversation_id and s.refusal is null)))
             on conflict do nothing",
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
        as_it_was: &ChatChange,
        shown: &ChatShown,
    ) -> Result<()> {
        let account = self.account().0;
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
        .bind(as_it_was.edited_at)
        .bind(as_it_was.removed)
        .bind(shown.refusal.as_ref().map(Json))
        .bind(&shown.external_id)
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

    /// The CRM knows this status of it. Of one that did not go nothing more is kept than why.
    pub async fn told_crm_chat(
        &mut self,
        portal: PortalId,
        external_id: &str,
        status: DeliveryStatus,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_chat_received set told = $4,
                said = case when message_id is null then '{}' else said end
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

    /// The CRM knows this status of a message of ours.
    pub async fn told_crm_chat_shown(
        &mut self,
        integration: IntegrationId,
        message: MessageId,
        status: DeliveryStatus,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_chat_shown set told = $4
             where account_id = $1 and integration_id = $2 and message_id = $3",
        )
        .bind(account)
        .bind(integration.0)
        .bind(message.0)
        .bind(status.as_str())
        .execute(self.conn())
        .await?;
        Ok(())
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

    /// Messages of a conversation of which the CRM was not told what became of them: those written there
    /// that arrived, were read or failed, and those of ours that failed, or were said to have failed
    /// and arrived after all. One that became a file and its words got as far as the worse of the two.
    pub async fn crm_chat_fates(
        &mut self,
        portal: PortalId,
        integration: IntegrationId,
        conversation: ConversationId,
        most: i64,
    ) -> Result<Vec<ChatFate>> {
        let account = self.account().0;
        let rows: Vec<FateRow> = sqlx::query_as(
            "with told as (
                select r.message_id, r.caption_id, r.external_id, r.told, true as theirs
                from crm_chat_received r
                where r.account_id = $1 and r.portal_id = $2 and r.conversation_id = $4
                union all
                select s.message_id, null, s.external_id, s.told, false
                from crm_chat_shown s
                where s.account_id = $1 and s.integration_id = $3 and s.conversation_id = $4
                  and s.external_id is not null
             )
             select case when t.theirs then null else t.message_id end as ours,
                t.external_id, m.status, m.failure, i.reachable
             from told t
             cross join lateral (
                select status, failure, position from messages
                where account_id = $1 and message_id in (t.message_id, t.caption_id)
                  and direction = 'outbound'
                order by case status when 'failed' then 0 when 'delivered' then 2 when 'read' then 3
                    else 1 end, position
                limit 1
             ) m
             join conversations c on c.account_id = $1 and c.conversation_id = $4
             join identities i on i.account_id = $1 and i.identity_id = c.identity_id
             where m.status in ('delivered', 'read', 'failed')
               and m.status is distinct from t.told
               and (t.theirs or m.status = 'failed' or t.told is not null)
             order by m.position limit $5",
        )
        .bind(account)
        .bind(portal.0)
        .bind(integration.0)
        .bind(conversation.0)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter()
            .map(|row| {
                let FateRow { ours, external_id, status, failure, reachable } = row;
                let status = DeliveryStatus::parse(&status)
                    .ok_or_else(|| Error::bad("messages", "status", &status))?;
                let of = ours.map_or(FateOf::Theirs, |id| FateOf::Ours(MessageId(id)));
                Ok(ChatFate { of, external_id, status, failure, reachable })
            })
            .collect()
    }

    /// Conversations whose chat was open or shown in this portal and lacks messages, the newest first.
    pub async fn crm_chats_behind(
        &mut self,
        portal: PortalId,
        most: i64,
    ) -> Result<Vec<Concerned>> {
        let account = self.account().0;
        let rows: Vec<(Uuid, Uuid, Uuid)> = sqlx::query_as(
            "select e.integration_id, c.conversation_id, c.contact_id
             from integrations i
             join crm_enquiries e
                on e.account_id = $1 and e.integration_id = i.integration_id
                and (e.chat_position > 0 or e.uses ->> 'chat' is not null)
             join conversations c
                on c.account_id = $1 and c.conversation_id = e.conversation_id
                and c.last_position > e.chat_position
             where i.account_id = $1 and i.portal_id = $2 and i.enabled
               and jsonb_typeof(i.settings -> 'chats') = 'object'
             order by c.conversation_id desc limit $3",
        )
        .bind(account)
        .bind(portal.0)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(integration, conversation, contact)| Concerned {
                integration: IntegrationId(integration),
                portal,
                conversation: ConversationId(conversation),
                contact: ContactId(contact),
                chats: true,
                chats_first: false,
            })
            .collect())
    }

    /// The chats of this portal are no more: its links to them, what was shown in them, and what was
    /// known of them. What comes of their first words is to be looked for again.
    pub async fn forget_crm_chats(&mut self, portal: PortalId) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "delete from crm_links
             where account_id = $1 and portal_id = $2 and entity = 'chat'",
        )
        .bind(account)
        .bind(portal.0)
        .execute(self.conn())
        .await?;
        sqlx::query("delete from crm_chats where account_id = $1 and portal_id = $2")
            .bind(account)
            .bind(portal.0)
            .execute(self.conn())
            .await?;
        sqlx::query(
            "update crm_enquiries e set uses = e.uses - 'chat', chat = null, updated_at = now()
             from integrations i
             where e.account_id = $1 and i.account_id = $1 and i.portal_id = $2
               and e.integration_id = i.integration_id
               and (e.uses ->> 'chat' is not null or e.chat is not null)",
        )
        .bind(account)
        .bind(portal.0)
        .execute(self.conn())
        .await?;
        for table in [
            "delete from crm_chat_shown s using integrations i
             where s.account_id = $1 and i.account_id = $1 and i.portal_id = $2
               and s.integration_id = i.integration_id",
            "delete from crm_chat_reactions s using integrations i
             where s.account_id = $1 and i.account_id = $1 and i.portal_id = $2
               and s.integration_id = i.integration_id",
        ] {
            sqlx::query(table).bind(account).bind(portal.0).execute(self.conn()).await?;
        }
        Ok(())
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
