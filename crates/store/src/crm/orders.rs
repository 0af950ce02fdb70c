//! What people ordered to be done in the CRM: a decision of one step each.

use domain::{
    crm_view::RunState,
    ids::{ConversationId, PortalId},
};
use serde_json::Value;

use super::{
    runs::state,
    steps::{self, StepRow},
};
use crate::{Result, TenantTx};

/// A step that a person ordered, with its decision.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderedStep {
    /// Of the decision.
    pub state: RunState,
    pub facts: Value,
    pub step: StepRow,
}

#[derive(sqlx::FromRow)]
struct Row {
    run_state: String,
    facts: Value,
    #[sqlx(flatten)]
    step: steps::Row,
}

impl TenantTx {
    /// Steps of a conversation that were decided for this reason (`Because::code`), the newest first.
    pub async fn ordered_crm_steps(
        &mut self,
        portal: PortalId,
        conversation: ConversationId,
        code: &str,
        most: i64,
    ) -> Result<Vec<OrderedStep>> {
        let account = self.account().0;
        let rows: Vec<Row> = sqlx::query_as(
            "select r.state as run_state, r.facts, s.run_id, s.step, s.action, s.because, s.state,
                s.effect, s.calls, s.stumbles, s.error, s.started_at, s.finished_at
             from crm_runs r
             join crm_steps s on s.account_id = r.account_id and s.run_id = r.run_id
             where r.account_id = $1 and r.conversation_id = $2 and r.portal_id = $3
               and s.because ->> 'code' = $4
             order by r.created_at desc, r.run_id desc, s.step limit $5",
        )
        .bind(account)
        .bind(conversation.0)
        .bind(portal.0)
        .bind(code)
        .bind(most)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(OrderedStep {
                    state: state(&row.run_state)?,
                    facts: row.facts,
                    step: row.step.try_into()?,
                })
            })
            .collect()
    }
}
