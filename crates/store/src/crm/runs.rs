//! Decisions and their steps: what was known, what was decided, how far it was carried out. Read by
//! the sync, which resumes them, and by the CRM log (CRM-6, BY-6).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    crm::{Action, Because, Effect, Step},
    crm_view::{RunState, StepState},
    ids::{ContactId, ConversationId, CrmRunId, IntegrationId, PortalId},
    text::Words,
};
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder, types::Json};
use uuid::Uuid;

use crate::{Error, Result, Store, TenantTx};

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

#[derive(Debug, Clone, PartialEq)]
pub struct StepRow {
    pub run_id: CrmRunId,
    pub step: usize,
    pub action: Action,
    pub because: Because,
    pub state: StepState,
    pub effect: Option<Effect>,
    pub calls: Vec<Value>,
    pub error: Option<Words>,
    /// When its last try began; of one whose outcome is not known, when that was found: from then on it
    /// is waited until the CRM's search must show it.
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// A step that a person ordered, with its decision.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderedStep {
    /// Of the decision.
    pub state: RunState,
    pub facts: Value,
    pub step: StepRow,
}

/// What became of a step.
#[derive(Debug, Clone)]
pub struct StepEnd {
    pub state: StepState,
    pub effect: Option<Effect>,
    /// Added to those of earlier tries.
    pub calls: Vec<Value>,
    pub error: Option<Words>,
    pub at: DateTime<Utc>,
}

/// Which decisions; what is absent does not matter.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    pub portal: Option<PortalId>,
    pub integration: Option<IntegrationId>,
    pub conversation: Option<ConversationId>,
    pub state: Option<RunState>,
}

#[derive(sqlx::FromRow)]
struct Run {
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

impl TryFrom<Run> for RunRow {
    type Error = Error;

    fn try_from(row: Run) -> Result<Self> {
        Ok(Self {
            run_id: CrmRunId(row.run_id),
            portal_id: PortalId(row.portal_id),
            integration_id: IntegrationId(row.integration_id),
            conversation_id: ConversationId(row.conversation_id),
            contact_id: ContactId(row.contact_id),
            number: row.number,
            contact_name: row.contact_name,
            cause: row.cause.0,
            state: RunState::parse(&row.state)
                .ok_or_else(|| Error::bad("crm_runs", "state", &row.state))?,
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

#[derive(sqlx::FromRow)]
struct StepOfRun {
    run_id: Uuid,
    step: i32,
    action: Json<Action>,
    because: Json<Because>,
    state: String,
    effect: Option<Json<Effect>>,
    calls: Json<Vec<Value>>,
    error: Option<Json<Words>>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
}

impl TryFrom<StepOfRun> for StepRow {
    type Error = Error;

    fn try_from(row: StepOfRun) -> Result<Self> {
        Ok(Self {
            run_id: CrmRunId(row.run_id),
            step: usize::try_from(row.step).map_err(|e| Error::bad("crm_steps", "step", e))?,
            action: row.action.0,
            because: row.because.0,
            state: StepState::parse(&row.state)
                .ok_or_else(|| Error::bad("crm_steps", "state", &row.state))?,
            effect: row.effect.map(|e| e.0),
            calls: row.calls.0,
            error: row.error.map(|e| e.0),
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

#[derive(sqlx::FromRow)]
struct Ordered {
    run_state: String,
    facts: Value,
    #[sqlx(flatten)]
    step: StepOfRun,
}

/// The text of a select of runs; `$facts` and `$calls` are left out of lists, where nobody reads them.
macro_rules! select_runs {
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

macro_rules! select_steps {
    ($calls:literal) => {
        concat!(
            "select run_id, step, action, because, state, effect, ",
            $calls,
            ", error, started_at, finished_at
             from crm_steps where account_id = $1 and run_id = any($2) order by run_id, step"
        )
    };
}

fn by_run(rows: Vec<StepOfRun>) -> Result<BTreeMap<CrmRunId, Vec<StepRow>>> {
    let mut steps: BTreeMap<CrmRunId, Vec<StepRow>> = BTreeMap::new();
    for row in rows {
        let step = StepRow::try_from(row)?;
        steps.entry(step.run_id).or_default().push(step);
    }
    Ok(steps)
}

fn number(step: usize) -> Result<i32> {
    i32::try_from(step).map_err(|e| Error::bad("crm_steps", "step", e))
}

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
        if new.steps.is_empty() {
            return Ok(());
        }
        let actions: Vec<Json<&Action>> = new.steps.iter().map(|s| Json(&s.action)).collect();
        let because: Vec<Json<&Because>> = new.steps.iter().map(|s| Json(&s.because)).collect();
        sqlx::query(
            "insert into crm_steps (account_id, run_id, step, action, because)
             select $1, $2, n - 1, action, because
             from unnest($3::jsonb[], $4::jsonb[]) with ordinality u(action, because, n)",
        )
        .bind(account)
        .bind(new.run_id.0)
        .bind(&actions)
        .bind(&because)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    pub async fn crm_run(&mut self, id: CrmRunId) -> Result<Option<RunRow>> {
        let account = self.account().0;
        let row: Option<Run> = sqlx::query_as(select_runs!(
            "r.facts",
            "r.calls",
            "where r.account_id = $1 and r.run_id = $2"
        ))
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
        let row: Option<Run> = sqlx::query_as(select_runs!(
            "r.facts",
            "r.calls",
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

    /// Steps of these decisions, in order.
    pub async fn crm_steps(
        &mut self,
        runs: &[CrmRunId],
    ) -> Result<BTreeMap<CrmRunId, Vec<StepRow>>> {
        let account = self.account().0;
        let ids: Vec<Uuid> = runs.iter().map(|r| r.0).collect();
        by_run(
            sqlx::query_as(select_steps!("calls"))
                .bind(account)
                .bind(&ids)
                .fetch_all(self.conn())
                .await?,
        )
    }

    /// The same without calls, for lists, where nobody reads them.
    pub async fn crm_steps_without_calls(
        &mut self,
        runs: &[CrmRunId],
    ) -> Result<BTreeMap<CrmRunId, Vec<StepRow>>> {
        let account = self.account().0;
        let ids: Vec<Uuid> = runs.iter().map(|r| r.0).collect();
        by_run(
            sqlx::query_as(select_steps!("'[]'::jsonb as calls"))
                .bind(account)
                .bind(&ids)
                .fetch_all(self.conn())
                .await?,
        )
    }

    /// Steps of a conversation that were decided for this reason (`Because::code`), the newest first.
    pub async fn ordered_crm_steps(
        &mut self,
        portal: PortalId,
        conversation: ConversationId,
        code: &str,
        most: i64,
    ) -> Result<Vec<OrderedStep>> {
        let account = self.account().0;
        let rows: Vec<Ordered> = sqlx::query_as(
            "select r.state as run_state, r.facts, s.run_id, s.step, s.action, s.because, s.state,
                s.effect, s.calls, s.error, s.started_at, s.finished_at
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
                let state = RunState::parse(&row.run_state)
                    .ok_or_else(|| Error::bad("crm_runs", "state", &row.run_state))?;
                Ok(OrderedStep { state, facts: row.facts, step: row.step.try_into()? })
            })
            .collect()
    }

    /// Says where a decision stands. A try that did not get to the end counts.
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
             where account_id = $1 and run_id = $2",
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
    /// and a file that was refused is not taken up again by itself: those stay failed.
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
                  and s.state = 'failed' and s.action ->> 'do' = 'attach_file')",
        )
        .bind(account)
        .bind(integration.0)
        .bind(conversation.0)
        .bind(by.0)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Whether somebody was merged into this person since then.
    pub async fn merged_since(&mut self, contact: ContactId, at: DateTime<Utc>) -> Result<bool> {
        let account = self.account().0;
        Ok(sqlx::query_scalar(
            "select exists (
                select 1 from contact_merges
                where account_id = $1 and kept_id = $2 and created_at >= $3)",
        )
        .bind(account)
        .bind(contact.0)
        .bind(at)
        .fetch_one(self.conn())
        .await?)
    }

    /// Since when a decision about a conversation of this person is being carried out in the lane of
    /// somebody else, who they were before a merge or before one was undone; `None`: none is.
    pub async fn crm_run_of_former(
        &mut self,
        portal: PortalId,
        contact: ContactId,
    ) -> Result<Option<DateTime<Utc>>> {
        let account = self.account().0;
        // As a lane is named: with ids as they are outside.
        let lanes = format!("crm:{portal}:{}_", ContactId::PREFIX);
        // By way of the integrations, because unfinished decisions are found by those.
        Ok(sqlx::query_scalar(
            "select min(r.created_at)
             from conversations c
             join integrations i on i.account_id = $1 and i.portal_id = $3
             join crm_runs r
                on r.account_id = $1 and r.integration_id = i.integration_id
                and r.conversation_id = c.conversation_id
                and r.state in ('planned', 'working', 'waiting')
             join lanes l on l.lane = $4 || replace(r.contact_id::text, '-', '')
             where c.account_id = $1 and c.contact_id = $2 and r.portal_id = $3
               and r.contact_id <> $2",
        )
        .bind(account)
        .bind(contact.0)
        .bind(portal.0)
        .bind(lanes)
        .fetch_one(self.conn())
        .await?)
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
            "update crm_steps set state = $4, effect = coalesce($5, effect), calls = calls || $6,
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

    /// Adds calls to a step that goes on later.
    pub async fn add_crm_step_calls(
        &mut self,
        run: CrmRunId,
        step: usize,
        calls: &[Value],
    ) -> Result<()> {
        let account = self.account().0;
        sqlx::query(
            "update crm_steps set calls = calls || $4
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
        let mut query = QueryBuilder::<Postgres>::new(select_runs!(
            "null::jsonb",
            "'[]'::jsonb",
            "where r.account_id = "
        ));
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
        let rows: Vec<Run> = query.build_query_as().fetch_all(self.conn()).await?;
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

    /// Failed decisions of a portal, the oldest first, to be made anew.
    pub async fn failed_crm_runs(&mut self, portal: PortalId, most: i64) -> Result<Vec<RunRow>> {
        let account = self.account().0;
        let rows: Vec<Run> = sqlx::query_as(select_runs!(
            "null::jsonb",
            "'[]'::jsonb",
            "where r.account_id = $1 and r.portal_id = $2 and r.state = 'failed'
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
    pub async fn prune_crm_runs(&self, keep: std::time::Duration) -> Result<u64> {
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
