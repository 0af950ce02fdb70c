//! The CRM log (CRM-6, BY-6): decisions as they are listed, counted and forgotten.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use domain::{
    crm_view::RunState,
    ids::{ConversationId, CrmRunId, IntegrationId, PortalId},
};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::runs::{Row, RunRow, select_runs};
use crate::{Result, Store, TenantTx};

/// Which decisions; what is absent does not matter.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    pub portal: Option<PortalId>,
    pub integration: Option<IntegrationId>,
    pub conversation: Option<ConversationId>,
    pub state: Option<RunState>,
}

impl TenantTx {
    /// The log, newest first, without facts and calls.
    pub async fn crm_runs(
        &mut self,
        filter: &RunFilter,
        before: Option<(DateTime<Utc>, CrmRunId)>,
        most: i64,
    ) -> Result<Vec<RunRow>> {
        let account = self.account().0;
        // Written out for what is asked: a conversation's few decisions are found by their index, and
        // not by reading the company's whole log.
        let mut query =
            QueryBuilder::<Postgres>::new(select_runs!(listed, "where r.account_id = "));
        query.push_bind(account);
        if let Some(portal) = filter.portal {
            query.push(" and r.portal_id = ").push_bind(portal.0);
        }
        if let Some(integration) = filter.integration {
            query.push(" and r.integration_id = ").push_bind(integration.0);
        }
        if let Some(conversation) = filter.conversation {
            query.push(" and r.conversation_id = ").push_bind(conversation.0);
        }
        if let Some(state) = filter.state {
            query.push(" and r.state = ").push_bind(state.as_str());
        }
        if let Some((at, run)) = before {
            query.push(" and (r.created_at, r.run_id) < (").push_bind(at);
            query.push(", ").push_bind(run.0).push(")");
        }
        query.push(" order by r.created_at desc, r.run_id desc limit ").push_bind(most);
        let rows: Vec<Row> = query.build_query_as().fetch_all(self.conn()).await?;
        rows.into_iter().map(RunRow::try_from).collect()
    }

    /// By portal: decisions that failed, and those that wait.
    pub async fn crm_run_counts(&mut self) -> Result<BTreeMap<PortalId, (i64, i64)>> {
        let account = self.account().0;
        let rows: Vec<(Uuid, i64, i64)> = sqlx::query_as(
            "select portal_id, count(*) filter (where state = 'failed'),
                count(*) filter (where state = 'waiting')
             from crm_runs where account_id = $1 and state in ('failed', 'waiting')
             group by portal_id",
        )
        .bind(account)
        .fetch_all(self.conn())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(portal, failed, waiting)| (PortalId(portal), (failed, waiting)))
            .collect())
    }

    /// Failed decisions of a portal's integrations that are on, the oldest first, to be made anew.
    pub async fn failed_crm_runs(&mut self, portal: PortalId, most: i64) -> Result<Vec<RunRow>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(select_runs!(
            listed,
            "where r.account_id = $1 and r.portal_id = $2 and r.state = 'failed'
               and exists (
                select 1 from integrations i
                where i.account_id = $1 and i.integration_id = r.integration_id and i.enabled)
             order by r.created_at, r.run_id limit $3"
        ))
        .bind(account)
        .bind(portal.0)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(RunRow::try_from).collect()
    }
}

impl Store {
    /// Deletes finished decisions older than `keep`, in bounded steps. Returns how many went.
    pub async fn prune_crm_runs(&self, keep: Duration) -> Result<u64> {
        let done = sqlx::query(
            "delete from crm_runs where (account_id, run_id) in (
                select account_id, run_id from crm_runs
                where created_at < now() - make_interval(secs => $1)
                  and state not in ('planned', 'working', 'waiting')
                order by created_at limit 10000)",
        )
        .bind(keep.as_secs_f64())
        .execute(&self.platform)
        .await?;
        Ok(done.rows_affected())
    }
}
