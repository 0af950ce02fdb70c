//! What became of the messages of a CRM's chat (AMO-13), and how much of that the CRM was told.

use domain::{
    delivery::DeliveryStatus,
    ids::{ConversationId, IntegrationId, MessageId, PortalId},
};
use uuid::Uuid;

use crate::{Error, Result, TenantTx};

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

#[derive(sqlx::FromRow)]
struct Row {
    ours: Option<Uuid>,
    external_id: String,
    status: String,
    failure: Option<String>,
    reachable: bool,
}

impl TenantTx {
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
        let rows: Vec<Row> = sqlx::query_as(
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
                let Row { ours, external_id, status, failure, reachable } = row;
                let status = DeliveryStatus::parse(&status)
                    .ok_or_else(|| Error::bad("messages", "status", &status))?;
                let of = ours.map_or(FateOf::Theirs, |id| FateOf::Ours(MessageId(id)));
                Ok(ChatFate { of, external_id, status, failure, reachable })
            })
            .collect()
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
}
