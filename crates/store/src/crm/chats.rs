//! Chats inside a CRM (AMO-13): those begun there, those that lack messages, and the end of them all.

use domain::ids::{ContactId, ConversationId, IdentityId, IntegrationId, PortalId};
use uuid::Uuid;

use crate::{Concerned, Result, TenantTx};

/// A chat that a user of the CRM began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunChat {
    pub identity: IdentityId,
    /// The service's ids.
    pub chat_id: String,
    pub client_ref: String,
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

    /// Conversations whose chat was open or shown in this portal and lacks messages, and those noted as due
    /// while the chats were away, the newest first.
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
                and (e.chat_position > 0 or e.uses ->> 'chat' is not null
                    or e.chat ->> 'due' = 'true')
             join conversations c
                on c.account_id = $1 and c.conversation_id = e.conversation_id
                and (c.last_position > e.chat_position or e.chat ->> 'due' = 'true')
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
        for text in [
            "delete from crm_links
             where account_id = $1 and portal_id = $2 and entity = 'chat'",
            "delete from crm_chats where account_id = $1 and portal_id = $2",
            "update crm_enquiries e set uses = e.uses - 'chat', chat = null, updated_at = now()
             from integrations i
             where e.account_id = $1 and i.account_id = $1 and i.portal_id = $2
               and e.integration_id = i.integration_id
               and (e.uses ->> 'chat' is not null or e.chat is not null)",
            "delete from crm_chat_shown s using integrations i
             where s.account_id = $1 and i.account_id = $1 and i.portal_id = $2
               and s.integration_id = i.integration_id",
            "delete from crm_chat_reactions s using integrations i
             where s.account_id = $1 and i.account_id = $1 and i.portal_id = $2
               and s.integration_id = i.integration_id",
        ] {
            sqlx::query(text).bind(account).bind(portal.0).execute(self.conn()).await?;
        }
        Ok(())
    }
}
