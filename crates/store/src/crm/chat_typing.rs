//! The customer writes (AMO-13): who is told of it, and that it is never told late. Of a conversation at
//! most one job waits at any time, however long nobody does it.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{ConversationId, IntegrationId, PortalId};
use uuid::Uuid;

use crate::{Result, TenantTx};

/// A job that has not been done for so long is taken for lost.
const LOST_AFTER: TimeDelta = TimeDelta::minutes(10);

impl TenantTx {
    /// Portals whose chats show this conversation, of those that answer now.
    pub async fn crm_chats_showing(
        &mut self,
        conversation: ConversationId,
    ) -> Result<Vec<(PortalId, IntegrationId)>> {
        let account = self.account().0;
        let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "select i.portal_id, i.integration_id
             from conversations c
             join integration_channels ic
                on ic.account_id = $1 and ic.channel_id = c.channel_id
             join integrations i
                on i.account_id = $1 and i.integration_id = ic.integration_id and i.enabled
                and jsonb_typeof(i.settings -> 'chats') = 'object'
             join portals p
                on p.account_id = $1 and p.portal_id = i.portal_id and p.deleted_at is null
                and p.state = 'connected' and p.failures = 0
                and p.chat ->> 'scope_id' is not null
             where c.account_id = $1 and c.conversation_id = $2
               and exists (
                select 1 from crm_chat_shown s
                where s.account_id = $1 and s.integration_id = i.integration_id
                  and s.conversation_id = $2 and s.refusal is null)
             order by i.integration_id",
        )
        .bind(account)
        .bind(conversation.0)
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(|(p, i)| (PortalId(p), IntegrationId(i))).collect())
    }

    /// Notes that the customer writes. `false`: it was told a moment ago, or a job is on its way.
    pub async fn ask_customer_typing(
        &mut self,
        conversation: ConversationId,
        now: DateTime<Utc>,
        every: TimeDelta,
    ) -> Result<bool> {
        let account = self.account().0;
        let noted = sqlx::query(
            "insert into conversation_signs as s
                (account_id, conversation_id, customer_typing_at, customer_typing_queued)
             values ($1, $2, $3, true)
             on conflict (account_id, conversation_id) do update
                set customer_typing_at = $3, customer_typing_queued = true
                where s.customer_typing_at is null
                   or (s.customer_typing_at <= $4 and not s.customer_typing_queued)
                   or s.customer_typing_at <= $5",
        )
        .bind(account)
        .bind(conversation.0)
        .bind(now)
        .bind(now - every)
        .bind(now - LOST_AFTER)
        .execute(self.conn())
        .await?;
        Ok(noted.rows_affected() == 1)
    }

    /// The job is here: another one may be asked for.
    pub async fn take_customer_typing(&mut self, conversation: ConversationId) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update conversation_signs set customer_typing_queued = false
             where account_id = $1 and conversation_id = $2",
        )
        .bind(account)
        .bind(conversation.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
