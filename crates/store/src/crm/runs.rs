//! Decisions: what was known, what was decided, how far it was carried out (CRM-6, BY-6).

use chrono::{DateTime, Utc};
use domain::{
    crm::{Because, Step},
    crm_view::RunState,
    ids::{ContactId, ConversationId, CrmRunId, IntegrationId, PortalId},
    text::Words,
};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result, TenantTx};

/// A decision to keep.
#[derive(Debug, Clone)]
pub struct NewRun {
    pub run_id: CrmRunId,
    pub portal_id: PortalId,
    pub integration_id: IntegrationId,
    pub conversation_id: ConversationId,
    pub contact_id: ContactId,
    /// What set it off.
    pub cause: Words,
    /// [`RunState::Planned`], or [`RunState::Nothing`] without steps.
    pub state: RunState,
    pub settings_revision: i64,
    /// A picture of what was known, for the log and for a repeat.
    pub facts: Value,
    pub left_out: Vec<Because>,
    /// Calls of the gathering, as the log shows them.
    pub calls: Vec<Value>,
    pub steps: Vec<Step>,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub run_id: CrmRunId,
    pub portal_id: PortalId,
    pub integration_id: IntegrationId,
    pub conversation_id: ConversationId,
    pub contact_id: ContactId,
    /// Of the conversation.
    pub number: i64,
    pub contact_name: String,
    pub cause: Words,
    pub state: RunState,
    pub settings_revision: i64,
    /// `null` in lists.
    pub facts: Value,
    pub left_out: Vec<Because>,
    /// Empty in lists.
    pub calls: Vec<Value>,
    pub error: Option<Words>,
    pub attempts: i32,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    run_id: Uuid,
    portal_id: Uuid,
    integration_id: Uuid,
    conversation_id: Uuid,
    contact_id: Uuid,
    number: i64,
    contact_name: String,
    cause: Json<Words>,
    state: String,
    settings_revision: i64,
    facts: Option<Value>,
    left_out: Json<Vec<Because>>,
    calls: Json<Vec<Value>>,
    error: Option<Json<Words>>,
    attempts: i32,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for RunRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            run_id: CrmRunId(row.run_id),
            portal_id: PortalId(row.portal_id),
            integration_id: IntegrationId(row.integration_id),
            conversation_id: ConversationId(row.conversation_id),
            contact_id: ContactId(row.contact_id),
            number: row.number,
            contact_name: row.contact_name,
            cause: row.cause.0,
            state: state(&row.state)?,
            settings_revision: row.settings_revision,
            facts: row.facts.unwrap_or_default(),
            left_out: row.left_out.0,
            calls: row.calls.0,
            error: row.error.map(|e| e.0),
            attempts: row.attempts,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}

pub(super) fn state(text: &str) -> Result<RunState> {
    RunState::parse(text).ok_or_else(|| Error::bad("crm_runs", "state", text))
}

/// The text of a select of decisions; facts and calls are left out of lists, where nobody reads them.
macro_rules! select_runs {
    (whole, $rest:literal) => {
        select_runs!("r.facts", "r.calls", $rest)
    };
    (listed, $rest:literal) => {
        select_runs!("null::jsonb", "'[]'::jsonb", $rest)
    };
    ($facts:literal, $calls:literal, $rest:literal) => {
        concat!(
            "select r.run_id, r.portal_id, r.integration_id, r.conversation_id, r.contact_id,
                c.number, p.name as contact_name, r.cause, r.state, r.settings_revision, ",
            $facts,
            " as facts, r.left_out, ",
            $calls,
            " as calls, r.error, r.attempts, r.created_at, r.finished_at
             from crm_runs r
             join conversations c
                on c.account_id = r.account_id and c.conversation_id = r.conversation_id
             join contacts p on p.account_id = c.account_id and p.contact_id = c.contact_id ",
            $rest
        )
    };
}
pub(super) use select_runs;

impl TenantTx {
    /// Keeps a decision and its steps, which wait.
    pub async fn insert_crm_run(&mut self, new: &NewRun) -> Result<()> {
        let account = self.account().0;
        let finished = (!new.state.is_unfinished()).then_some(new.created_at);
        sqlx::query(
            "insert into crm_runs (account_id, run_id, portal_id, integration_id, conversation_id,
                contact_id, cause, state, settings_revision, facts, left_out, calls, created_at,
                finished_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(account)
        .bind(new.run_id.0)
        .bind(new.portal_id.0)
        .bind(new.integration_id.0)
        .bind(new.conversation_id.0)
        .bind(new.contact_id.0)
        .bind(Json(&new.cause))
        .bind(new.state.as_str())
        .bind(new.settings_revision)
        .bind(&new.facts)
        .bind(Json(&new.left_out))
        .bind(Json(&new.calls))
        .bind(new.created_at)
        .bind(finished)
        .execute(self.conn())
        .await?;
        self.insert_crm_steps(new.run_id, &new.steps).await
    }

    pub async fn crm_run(&mut self, id: CrmRunId) -> Result<Option<RunRow>> {
        let account = self.account().0;
        let row: Option<Row> =
            sqlx::query_as(select_runs!(whole, "where r.account_id = $1 and r.run_id = $2"))
                .bind(account)
                .bind(id.0)
                .fetch_optional(self.conn())
                .await?;
        row.map(RunRow::try_from).transpose()
    }

    /// The decision that was not carried out to its end.
    pub async fn unfinished_crm_run(
        &mut self,
        integration: IntegrationId,
        conversation: ConversationId,
    ) -> Result<Option<RunRow>> {
        let account = self.account().0;
        let row: Option<Row> = sqlx::query_as(select_runs!(
            whole,
            "where r.account_id = $1 and r.integration_id = $2 and r.conversation_id = $3
               and r.state in ('planned', 'working', 'waiting')
             order by r.created_at, r.run_id limit 1"
        ))
        .bind(account)
        .bind(integration.0)
        .bind(conversation.0)
        .fetch_optional(self.conn())
        .await?;
        row.map(RunRow::try_from).transpose()
    }

    /// The newest decision about a conversation, carried out or not.
    pub async fn newest_crm_run(
        &mut self,
        integration: IntegrationId,
        conversation: ConversationId,
    ) -> Result<Option<CrmRunId>> {
        let account = self.account().0;
        let id: Option<Uuid> = sqlx::query_scalar(
            "select run_id from crm_runs
             where account_id = $1 and conversation_id = $3 and integration_id = $2
             order by created_at desc, run_id desc limit 1",
        )
        .bind(account)
        .bind(integration.0)
        .bind(conversation.0)
        .fetch_optional(self.conn())
        .await?;
        Ok(id.map(CrmRunId))
    }

    /// Says where a decision stands. A try that did not get to the end counts. One that has ended does not
    /// begin again.
    pub async fn set_crm_run(
        &mut self,
        id: CrmRunId,
        state: RunState,
        error: Option<&Words>,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_runs set state = $3, error = $4,
                finished_at = case when $5 then null else $6 end,
                attempts = attempts + case when $3 = 'waiting' then 1 else 0 end
             where account_id = $1 and run_id = $2
               and (not $5 or state in ('planned', 'working', 'waiting'))",
        )
        .bind(account)
        .bind(id.0)
        .bind(state.as_str())
        .bind(error.map(Json))
        .bind(state.is_unfinished())
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Adds calls that belong to no step.
    pub async fn add_crm_run_calls(&mut self, id: CrmRunId, calls: &[Value]) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_runs set calls = calls || $3 where account_id = $1 and run_id = $2",
        )
        .bind(account)
        .bind(id.0)
        .bind(Json(calls))
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
