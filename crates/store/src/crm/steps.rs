//! Steps of a decision: what is to be done in the CRM, and what became of it. They are resumed by it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    crm::{Action, Because, Effect, Step},
    crm_view::StepState,
    ids::CrmRunId,
    text::Words,
};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result, TenantTx};

#[derive(Debug, Clone, PartialEq)]
pub struct StepRow {
    pub run_id: CrmRunId,
    pub step: usize,
    pub action: Action,
    pub because: Because,
    pub state: StepState,
    pub effect: Option<Effect>,
    pub calls: Vec<Value>,
    /// Tries that met a fault while the CRM answered all else.
    pub stumbles: i32,
    pub error: Option<Words>,
    /// When its last try began; of one whose outcome is not known, when that was found: from then on it
    /// is waited until the CRM's search must show it.
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// What became of a step.
#[derive(Debug, Clone)]
pub struct StepEnd {
    pub state: StepState,
    pub effect: Option<Effect>,
    /// Added to those of earlier tries; the newest 30 are kept.
    pub calls: Vec<Value>,
    pub error: Option<Words>,
    pub at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    run_id: Uuid,
    step: i32,
    action: Json<Action>,
    because: Json<Because>,
    state: String,
    effect: Option<Json<Effect>>,
    calls: Json<Vec<Value>>,
    stumbles: i32,
    error: Option<Json<Words>>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for StepRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            run_id: CrmRunId(row.run_id),
            step: usize::try_from(row.step).map_err(|e| Error::bad("crm_steps", "step", e))?,
            action: row.action.0,
            because: row.because.0,
            state: StepState::parse(&row.state)
                .ok_or_else(|| Error::bad("crm_steps", "state", &row.state))?,
            effect: row.effect.map(|e| e.0),
            calls: row.calls.0,
            stumbles: row.stumbles,
            error: row.error.map(|e| e.0),
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

macro_rules! select_steps {
    ($calls:literal) => {
        concat!(
            "select run_id, step, action, because, state, effect, ",
            $calls,
            ", stumbles, error, started_at, finished_at
             from crm_steps where account_id = $1 and run_id = any($2) order by run_id, step"
        )
    };
}

fn number(step: usize) -> Result<i32> {
    i32::try_from(step).map_err(|e| Error::bad("crm_steps", "step", e))
}

impl TenantTx {
    /// They wait.
    pub(super) async fn insert_crm_steps(&mut self, run: CrmRunId, steps: &[Step]) -> Result<()> {
        if steps.is_empty() {
            return Ok(());
        }
        let account = self.account().0;
        let actions: Vec<Json<&Action>> = steps.iter().map(|s| Json(&s.action)).collect();
        let because: Vec<Json<&Because>> = steps.iter().map(|s| Json(&s.because)).collect();
        sqlx::query(
            "insert into crm_steps (account_id, run_id, step, action, because)
             select $1, $2, n - 1, action, because
             from unnest($3::jsonb[], $4::jsonb[]) with ordinality u(action, because, n)",
        )
        .bind(account)
        .bind(run.0)
        .bind(&actions)
        .bind(&because)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Steps of these decisions, in order.
    pub async fn crm_steps(
        &mut self,
        runs: &[CrmRunId],
    ) -> Result<BTreeMap<CrmRunId, Vec<StepRow>>> {
        self.steps_by(select_steps!("calls"), runs).await
    }

    /// The same without calls, for lists, where nobody reads them.
    pub async fn crm_steps_without_calls(
        &mut self,
        runs: &[CrmRunId],
    ) -> Result<BTreeMap<CrmRunId, Vec<StepRow>>> {
        self.steps_by(select_steps!("'[]'::jsonb as calls"), runs).await
    }

    async fn steps_by(
        &mut self,
        select: &'static str,
        runs: &[CrmRunId],
    ) -> Result<BTreeMap<CrmRunId, Vec<StepRow>>> {
        let account = self.account().0;
        let ids: Vec<Uuid> = runs.iter().map(|r| r.0).collect();
        let rows: Vec<Row> =
            sqlx::query_as(select).bind(account).bind(&ids).fetch_all(self.conn()).await?;
        let mut steps: BTreeMap<CrmRunId, Vec<StepRow>> = BTreeMap::new();
        for row in rows {
            let step = StepRow::try_from(row)?;
            steps.entry(step.run_id).or_default().push(step);
        }
        Ok(steps)
    }

    /// Marks a step as being under way; to be committed before its call. Returns whether it was still
    /// to be done.
    pub async fn begin_crm_step(
        &mut self,
        run: CrmRunId,
        step: usize,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let account = self.account().0;
        let done = sqlx::query(
            "update crm_steps set state = 'sending', started_at = $4
             where account_id = $1 and run_id = $2 and step = $3
               and state in ('waiting', 'uncertain')",
        )
        .bind(account)
        .bind(run.0)
        .bind(number(step)?)
        .bind(at)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes what became of a step. Of a note that needs no other try, the beginning is kept: it stands
    /// in the CRM and with the link, and a note that grows would be kept once for each message.
    ///
    /// `false`: another worker wrote its end already, and a step that has ended does not begin again.
    pub async fn end_crm_step(
        &mut self,
        run: CrmRunId,
        step: usize,
        end: &StepEnd,
    ) -> Result<bool> {
        let account = self.account().0;
        let over = matches!(end.state, StepState::Done | StepState::Skipped | StepState::Failed);
        let done = sqlx::query(
            "update crm_steps set state = $4, effect = coalesce($5, effect), calls = jsonb_path_query_array(calls || $6, '$[last - 29 to last]'),
                error = $7, finished_at = $8,
                started_at = case when $4 = 'uncertain' then $9 else started_at end,
                action = case
                    when $8::timestamptz is not null and length(action #>> '{body,text}') > 500
                    then jsonb_set(action, '{body,text}',
                        to_jsonb(left(action #>> '{body,text}', 500) || '…'))
                    else action end
             where account_id = $1 and run_id = $2 and step = $3
               and ($8::timestamptz is not null or state not in ('done', 'skipped', 'failed'))",
        )
        .bind(account)
        .bind(run.0)
        .bind(number(step)?)
        .bind(end.state.as_str())
        .bind(end.effect.as_ref().map(Json))
        .bind(Json(&end.calls))
        .bind(end.error.as_ref().map(Json))
        .bind(over.then_some(end.at))
        .bind(end.at)
        .execute(self.conn())
        .await?;
        match done.rows_affected() {
            1 => Ok(true),
            0 if !over => Ok(false),
            hit => Err(Error::RowsAffected { what: "a step of a CRM run", hit }),
        }
    }

    /// Counts a try that met a fault while the CRM answered all else.
    pub async fn crm_step_stumbled(&mut self, run: CrmRunId, step: usize) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_steps set stumbles = stumbles + 1
             where account_id = $1 and run_id = $2 and step = $3",
        )
        .bind(account)
        .bind(run.0)
        .bind(number(step)?)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Adds calls to a step that goes on later; the newest 30 are kept, however often it is tried.
    pub async fn add_crm_step_calls(
        &mut self,
        run: CrmRunId,
        step: usize,
        calls: &[Value],
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_steps set calls = jsonb_path_query_array(calls || $4, '$[last - 29 to last]')
             where account_id = $1 and run_id = $2 and step = $3",
        )
        .bind(account)
        .bind(run.0)
        .bind(number(step)?)
        .bind(Json(calls))
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
