//! Decisions that end otherwise than by being carried out: nobody will, or another is made instead.

use chrono::{DateTime, Utc};
use domain::{
    crm_view::RunState,
    ids::{ConversationId, CrmRunId, IntegrationId},
    text::Words,
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Result, TenantTx};

impl TenantTx {
    /// Ends a decision that was carried out, or could not be; false: another worker has ended it.
    pub async fn end_crm_run(
        &mut self,
        id: CrmRunId,
        state: RunState,
        error: Option<&Words>,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update crm_runs set state = $3, error = $4, finished_at = $5
             where account_id = $1 and run_id = $2
               and state in ('planned', 'working', 'waiting')",
        )
        .bind(account)
        .bind(id.0)
        .bind(state.as_str())
        .bind(error.map(Json))
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends decisions of an integration that nobody will carry out, of one conversation or of all. What
    /// rules decided is decided anew where it is needed; what a person ordered fails, and says `why`.
    /// Returns the conversations of the former.
    pub async fn end_crm_runs(
        &mut self,
        integration: IntegrationId,
        conversation: Option<ConversationId>,
        why: &Words,
        at: DateTime<Utc>,
    ) -> Result<Vec<ConversationId>> {
        let account = self.account().0;
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "with ended as (
                update crm_runs
                set state = case when by_rules then 'replanned' else 'failed' end,
                    error = case when by_rules then null else $4::jsonb end, finished_at = $5
                from (
                    select run_id as id, jsonb_exists(facts, 'enquiry') as by_rules
                    from crm_runs
                    where account_id = $1 and integration_id = $2
                      and ($3::uuid is null or conversation_id = $3)
                      and state in ('planned', 'working', 'waiting')
                    for update) r
                where account_id = $1 and run_id = r.id
                returning run_id, conversation_id, by_rules
             ), refused as (
                update crm_steps s set state = 'failed', error = $4::jsonb, finished_at = $5
                from ended e
                where s.account_id = $1 and s.run_id = e.run_id and not e.by_rules
                  and s.state in ('waiting', 'sending', 'uncertain')
             )
             select distinct conversation_id from ended where by_rules",
        )
        .bind(account)
        .bind(integration.0)
        .bind(conversation.map(|c| c.0))
        .bind(Json(why))
        .bind(at)
        .fetch_all(self.conn())
        .await?;
        Ok(ids.into_iter().map(ConversationId).collect())
    }

    /// Takes a failed decision to make it anew; false: another has.
    pub async fn take_failed_crm_run(&mut self, id: CrmRunId) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update crm_runs set state = 'replanned', error = null
             where account_id = $1 and run_id = $2 and state = 'failed'",
        )
        .bind(account)
        .bind(id.0)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// A later decision took up what these could not do. What a person ordered is no decision by rules,
    /// and a file that was refused is not taken up again by itself: those stay failed, unless the file
    /// is attached by now.
    pub async fn supersede_crm_runs(
        &mut self,
        by: CrmRunId,
        integration: IntegrationId,
        conversation: ConversationId,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_runs r set state = 'replanned'
             where r.account_id = $1 and r.integration_id = $2 and r.conversation_id = $3
               and r.run_id <> $4 and r.state = 'failed' and jsonb_exists(r.facts, 'enquiry')
               and not exists (
                select 1 from crm_steps s
                where s.account_id = r.account_id and s.run_id = r.run_id
                  and s.state = 'failed' and s.action ->> 'do' = 'attach_file'
                  and not exists (
                    select 1 from crm_links l
                    where l.account_id = r.account_id and l.conversation_id = r.conversation_id
                      and l.portal_id = r.portal_id and l.data ->> 'file' = s.action ->> 'file'))",
        )
        .bind(account)
        .bind(integration.0)
        .bind(conversation.0)
        .bind(by.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Decisions of which nothing but files was refused, all of them attached by now, each by whichever
    /// run: nothing of them is left to be repeated.
    pub async fn supersede_attached_crm_files(
        &mut self,
        conversation: ConversationId,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_runs r set state = 'replanned'
             where r.account_id = $1 and r.conversation_id = $2 and r.state = 'failed'
               and exists (
                select 1 from crm_steps s
                where s.account_id = r.account_id and s.run_id = r.run_id and s.state = 'failed')
               and not exists (
                select 1 from crm_steps s
                where s.account_id = r.account_id and s.run_id = r.run_id and s.state = 'failed'
                  and (s.action ->> 'do' <> 'attach_file' or not exists (
                    select 1 from crm_links l
                    where l.account_id = r.account_id and l.conversation_id = r.conversation_id
                      and l.portal_id = r.portal_id and l.data ->> 'file' = s.action ->> 'file')))",
        )
        .bind(account)
        .bind(conversation.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
