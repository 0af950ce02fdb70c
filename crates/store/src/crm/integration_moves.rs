//! An integration goes to another portal (AMO-1). What it passed on belongs to the portal where it is, so
//! the row stays there, parted, and another one takes its place; coming back takes up the old one again.

use domain::{
    crm::Settings,
    ids::{ContactId, ConversationId, IntegrationId, PortalId},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Result, TenantTx};

impl TenantTx {
    /// Leaves a row behind: it passes nothing on, and is seen by nobody but by work that is under way.
    /// Returns the first of its line.
    pub async fn part_integration(&mut self, id: IntegrationId) -> Result<Option<IntegrationId>> {
        let account = self.account().0;
        sqlx::query(
            "delete from integration_channels where account_id = $1 and integration_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        let origin: Option<Uuid> = sqlx::query_scalar(
            "update integrations set parted_at = now(), enabled = false, updated_at = now()
             where account_id = $1 and integration_id = $2 and parted_at is null
             returning coalesce(origin_id, integration_id)",
        )
        .bind(account)
        .bind(id.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(origin.map(IntegrationId))
    }

    /// The row that one of this line left behind at a portal is in use again, as it is set now.
    pub async fn take_up_integration(
        &mut self,
        origin: IntegrationId,
        portal: PortalId,
        name: &str,
        enabled: bool,
        settings: &Settings,
    ) -> Result<Option<IntegrationId>> {
        let account = self.account().0;
        let id: Option<Uuid> = sqlx::query_scalar(
            "update integrations set parted_at = null, name = $4, enabled = $5, settings = $6,
                revision = revision + 1, updated_at = now()
             where account_id = $1 and portal_id = $3 and parted_at is not null
               and coalesce(origin_id, integration_id) = $2
             returning integration_id",
        )
        .bind(account)
        .bind(origin.0)
        .bind(portal.0)
        .bind(name)
        .bind(enabled)
        .bind(Json(settings))
        .fetch_optional(self.conn())
        .await?;
        Ok(id.map(IntegrationId))
    }

    /// A row is of this line.
    pub async fn set_integration_origin(
        &mut self,
        id: IntegrationId,
        origin: IntegrationId,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update integrations set origin_id = $3 where account_id = $1 and integration_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(origin.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Conversations of which words wait to be passed on, in the lanes of an integration's portal. A
    /// receipt or an edit alone begins nothing.
    pub async fn waiting_for_crm(
        &mut self,
        id: IntegrationId,
        lane_prefix: &str,
    ) -> Result<Vec<ConversationId>> {
        let account = self.account().0;
        let named: Vec<String> = sqlx::query_scalar(
            "select distinct j.payload ->> 'conversation'
             from lanes l join jobs j on j.lane = l.lane and j.account_id = l.account_id
             where l.account_id = $1 and starts_with(l.lane, $2)
               and j.payload ->> 'integration' = $3 and j.payload ->> 'conversation' is not null
               and (j.payload ->> 'job' = 'sync_crm' or j.payload ->> 'cause' = 'words')",
        )
        .bind(account)
        .bind(lane_prefix)
        .bind(id.to_string())
        .fetch_all(self.conn())
        .await?;
        Ok(named.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// Notes conversations that wait for an integration until it is on; what it passed on stays noted.
    pub async fn await_crm_enquiries(
        &mut self,
        id: IntegrationId,
        conversations: &[ConversationId],
    ) -> Result<()> {
        let account = self.account().0;
        let ids: Vec<Uuid> = conversations.iter().map(|c| c.0).collect();
        sqlx::query(
            "insert into crm_enquiries (account_id, integration_id, conversation_id, awaited)
             select $1, $2, c.conversation_id, true from conversations c
             where c.account_id = $1 and c.conversation_id = any($3)
             on conflict (account_id, integration_id, conversation_id) do update set awaited = true",
        )
        .bind(account)
        .bind(id.0)
        .bind(&ids)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Conversations that wait for an integration, with their people. They are not noted any more:
    /// whoever asks passes them on. The older program noted them by rows that say nothing else.
    pub async fn take_awaited_crm_enquiries(
        &mut self,
        id: IntegrationId,
    ) -> Result<Vec<(ConversationId, ContactId)>> {
        let account = self.account().0;
        let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "with taken as (
                update crm_enquiries set awaited = false
                where account_id = $1 and integration_id = $2
                  and (awaited or (passed_position = 0 and not passed_closed and contact_stamp = ''))
                returning conversation_id
             )
             select c.conversation_id, c.contact_id from taken
             join conversations c
                on c.account_id = $1 and c.conversation_id = taken.conversation_id
             order by c.conversation_id",
        )
        .bind(account)
        .bind(id.0)
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(|(c, p)| (ConversationId(c), ContactId(p))).collect())
    }
}
