//! Bringing a CRM up to date with a conversation (AMO, B24, CRM-2): facts are gathered, the decision is
//! stored, its steps are carried out, what they made is linked. All of it goes on where it stopped when
//! a process dies at any point.
//!
//! A CRM knows no idempotency, so nothing is created twice by three means: jobs of one contact and
//! portal run one after another; our links are the truth before any search; and a step whose outcome is
//! not known is looked for in the CRM before it is repeated ([`crm::Crm::find_done`]).
//!
//! People are merged here while their jobs wait or run. A decision is carried out in the lane of the
//! person it was made for, and the next one is made in the lane of whom the conversation is with then;
//! a job that finds itself in another lane goes over.

use std::time::Duration;

use domain::{
    clock::Instant,
    crm::{Action, Known, Plan, outcome_words},
    crm_view::{RunState, StepState},
    ids::{AccountId, ContactId, ConversationId, CrmRunId, IntegrationId},
    text::Words,
};
use store::{RunRow, StepRow, TenantTx};

use super::{
    decide::Decided,
    gather::{Gathered, Passed},
    relay::sync_job,
    tell::read_anew,
    visit::Visit,
};
use crate::{App, Error, JobError, Result};

/// Decisions of one visit. One is usual; another follows when something it relied on is gone, or when
/// there are more messages than one decision takes.
const MOST_PLANS: usize = 5;

/// A job and in whose lane it is.
struct SyncJob {
    account: AccountId,
    integration: IntegrationId,
    conversation: ConversationId,
    lane: Option<ContactId>,
    /// Tries before this one.
    attempts: i32,
}

/// What is to be done for a conversation.
enum Next {
    Nothing,
    /// What was decided is not carried out: look once more.
    Again,
    /// Who they were before a merge is still being passed on, since then.
    WaitForFormer {
        since: Instant,
    },
    Do(Task),
}

/// What the portal is needed for.
enum Task {
    CarryOut(Box<Running>),
    /// `after`: the newest decision about the conversation when its facts were read.
    Decide {
        after: Option<CrmRunId>,
    },
}

/// How a run ended.
pub(super) enum End {
    /// Look whether there is more.
    Finished,
    /// Parts were refused: another decision would meet the same, until a person mends something.
    Failed,
}

/// A run that is being carried out.
pub(super) struct Running {
    pub run: CrmRunId,
    /// `None`: a person ordered it, and nothing of the conversation is passed on by it.
    pub passed: Option<Passed>,
    /// What the CRM told when it was decided.
    pub known: Known,
    pub steps: Vec<StepRow>,
    /// Tries of its job.
    pub attempts: i32,
}

impl Running {
    fn is_begun(&self) -> bool {
        self.steps.iter().any(|step| step.state != StepState::Waiting)
    }

    /// What a step works on was not there any more: it is decided anew.
    pub fn again(&self) -> bool {
        self.steps.iter().filter_map(|step| step.effect.as_ref()).any(|effect| effect.target_gone)
    }
}

impl App {
    /// Brings a CRM up to date with a conversation. Run twice, the second finds nothing new; run after
    /// a death in the middle, it goes on with the stored decision. `lane`: in whose lane the job is.
    ///
    /// Whether the portal has a place for it is looked at before anything is gathered.
    pub(crate) async fn sync_crm(
        &self,
        account: AccountId,
        integration: IntegrationId,
        conversation: ConversationId,
        lane: Option<ContactId>,
        attempts: i32,
    ) -> Result<(), JobError> {
        let fault = |error: Error| JobError::of(&error, attempts);
        let mut tx = self.store.tenant(account).await.map_err(Error::from).map_err(fault)?;
        let works = tx.integration_works(integration).await.map_err(Error::from).map_err(fault)?;
        let Some((portal, enabled)) = works else {
            return self.end_runs(tx, integration, conversation).await.map_err(fault);
        };
        tx.commit().await.map_err(Error::from).map_err(fault)?;
        let mut visit = match self.enter_portal(account, portal).await {
            Err(later) if enabled => return Err(later),
            // What waits for an integration that is off is ended at once, whatever the portal does.
            entered => entered,
        };
        let job = SyncJob { account, integration, conversation, lane, attempts };
        let done = self.sync_within(&mut visit, &job).await;
        if let Ok(visit) = visit {
            visit.leave().await;
        }
        done
    }

    async fn sync_within(
        &self,
        visit: &mut std::result::Result<Visit<'_>, JobError>,
        job: &SyncJob,
    ) -> Result<(), JobError> {
        let &SyncJob { account, integration, conversation, attempts, .. } = job;
        let fault = |error: Error| JobError::of(&error, attempts);
        for _ in 0..MOST_PLANS {
            let mut tx = self.store.tenant(account).await.map_err(Error::from).map_err(fault)?;
            let Some(gathered) =
                self.crm_gather(&mut tx, integration, conversation).await.map_err(fault)?
            else {
                return self.end_runs(tx, integration, conversation).await.map_err(fault);
            };
            let task = match self.next(tx, &gathered, job).await.map_err(fault)? {
                Next::Do(task) => task,
                Next::Again => continue,
                Next::Nothing => return Ok(()),
                Next::WaitForFormer { since } => {
                    let why = "the person was merged, and is still being passed on as before";
                    let after = until_former(since, self.clock.now());
                    return Err(JobError::Wait { after, why: why.to_owned() });
                }
            };
            let visit = visit.as_mut().map_err(|later| later.clone())?;
            visit.begin().await?;
            if let End::Failed = self.bring_up_to_date(visit, &gathered, task, attempts).await? {
                return Ok(());
            }
        }
        let why = "the conversation changes faster than it is passed on".to_owned();
        Err(JobError::Wait { after: Duration::from_secs(1), why })
    }

    /// Looks what is to be done for a conversation, and ends what will not be.
    async fn next(&self, mut tx: TenantTx, gathered: &Gathered, job: &SyncJob) -> Result<Next> {
        let &SyncJob { integration, conversation, lane, attempts, .. } = job;
        let (portal, person) = (gathered.portal.portal_id, gathered.conversation.contact_id);
        let enabled = gathered.integration.enabled;
        let unfinished = tx.unfinished_crm_run(integration, conversation).await?;
        let whose = unfinished.as_ref().map_or(person, |run| run.contact_id);
        if lane.is_some_and(|lane| lane != whose) {
            tx.push(sync_job(portal, whose, integration, conversation));
            tx.commit().await?;
            return Ok(Next::Nothing);
        }
        let Some(run) = unfinished else {
            if !enabled || !gathered.is_news() {
                return Ok(Next::Nothing);
            }
            if let Some(since) = tx.crm_run_of_former(portal, person).await? {
                return Ok(Next::WaitForFormer { since });
            }
            let after = tx.newest_crm_run(integration, conversation).await?;
            tx.commit().await?;
            return Ok(Next::Do(Task::Decide { after }));
        };
        let (was, since) = (run.contact_id, run.created_at);
        let running = self.resumed(&mut tx, run, attempts).await?;
        if !running.is_begun() {
            if !enabled {
                read_anew(&mut tx, portal, &gathered.conversation);
                self.end_runs(tx, integration, conversation).await?;
                return Ok(Next::Nothing);
            }
            // Of one person it may be decided otherwise than of two. What a person ordered is the same
            // for both, and stays.
            let merged = was != person || tx.merged_since(person, since).await?;
            if merged && running.passed.is_some() {
                self.decide_anew(tx, running.run).await?;
                return Ok(Next::Again);
            }
        }
        tx.commit().await?;
        Ok(Next::Do(Task::CarryOut(Box::new(running))))
    }

    async fn bring_up_to_date(
        &self,
        visit: &mut Visit<'_>,
        gathered: &Gathered,
        task: Task,
        attempts: i32,
    ) -> Result<End, JobError> {
        let running = match task {
            Task::CarryOut(running) => *running,
            Task::Decide { after } => match self.decide(visit, gathered, after, attempts).await? {
                Decided::Steps(running) => *running,
                Decided::Nothing => return Ok(End::Finished),
                Decided::Refused => return Ok(End::Failed),
                // The next round finds the lane where it belongs, and what was decided.
                Decided::Overtaken => return Ok(End::Finished),
            },
        };
        self.take_steps(visit, gathered, running).await
    }

    /// The conversation is passed on no more: what was decided about it and is not begun never will be,
    /// and whoever ordered something is told so.
    async fn end_runs(
        &self,
        mut tx: TenantTx,
        integration: IntegrationId,
        conversation: ConversationId,
    ) -> Result<()> {
        let why = passed_on_no_more();
        tx.end_crm_runs(integration, Some(conversation), &why, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A decision by rules is not carried out: another takes its place.
    async fn decide_anew(&self, mut tx: TenantTx, run: CrmRunId) -> Result<()> {
        tx.set_crm_run(run, RunState::Replanned, None, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn resumed(&self, tx: &mut TenantTx, run: RunRow, attempts: i32) -> Result<Running> {
        let steps = tx.crm_steps(&[run.run_id]).await?.remove(&run.run_id).unwrap_or_default();
        let bad = |e: serde_json::Error| Error::Internal(format!("facts of {}: {e}", run.run_id));
        let fact = |name: &str| run.facts.get(name).cloned();
        let passed = fact("passed").map(serde_json::from_value).transpose().map_err(bad)?;
        let known = fact("known").and_then(|known| serde_json::from_value(known).ok());
        Ok(Running { run: run.run_id, passed, known: known.unwrap_or_default(), steps, attempts })
    }

    /// The run is at its end: what was passed on is noted, the conversation is told in one line.
    ///
    /// What was refused is not passed on, so that the next decision takes it up. A file alone is: the
    /// conversation does not stand still for it, and it is tried again when somebody asks for that.
    pub(super) async fn finish(
        &self,
        visit: &Visit<'_>,
        gathered: &Gathered,
        running: &Running,
    ) -> Result<End> {
        let refused = || running.steps.iter().filter(|s| s.state == StepState::Failed);
        let failed = refused().find(|s| !is_beside(&s.action)).or_else(|| refused().next());
        let state = match (running.again(), failed) {
            (true, _) => RunState::Replanned,
            (false, Some(_)) => RunState::Failed,
            (false, None) => RunState::Done,
        };
        let mut tx = self.store.tenant(visit.account).await?;
        let error = failed.and_then(|step| step.error.as_ref());
        if !tx.end_crm_run(running.run, state, error, self.clock.now()).await? {
            // By whoever else holds the lane, and told by them.
            return Ok(End::Finished);
        }
        let is_passed = match state {
            RunState::Failed => refused().all(|step| is_beside(&step.action)),
            state => state == RunState::Done,
        };
        if let Some(passed) = &running.passed {
            if is_passed {
                self.passed_on(&mut tx, gathered, passed).await?;
            }
            if state != RunState::Replanned {
                let integration = gathered.integration.integration_id;
                let conversation = gathered.conversation.conversation_id;
                tx.supersede_crm_runs(running.run, integration, conversation).await?;
            }
        }
        tx.supersede_attached_crm_files(gathered.conversation.conversation_id).await?;
        self.tell_conversation(&mut tx, visit, gathered, &running.steps).await?;
        read_anew(&mut tx, gathered.portal.portal_id, &gathered.conversation);
        tx.commit().await?;
        if running.steps.iter().any(was_out_of_date) {
            self.refresh_directory_soon(visit.account, gathered.portal.portal_id).await;
        }
        Ok(if state == RunState::Failed && !is_passed { End::Failed } else { End::Finished })
    }

    /// Notes what of the conversation the CRM has now.
    pub(super) async fn passed_on(
        &self,
        tx: &mut TenantTx,
        gathered: &Gathered,
        passed: &Passed,
    ) -> Result<()> {
        let integration = gathered.integration.integration_id;
        let conversation = gathered.conversation.conversation_id;
        let mut enquiry = tx.lock_crm_enquiry(integration, conversation).await?;
        enquiry.passed_position = enquiry.passed_position.max(passed.position);
        enquiry.passed_closed |= passed.closed;
        enquiry.answered_by = passed.answered_by.or(enquiry.answered_by);
        enquiry.contact_stamp.clone_from(&passed.contact_stamp);
        tx.save_crm_enquiry(&enquiry).await?;
        if let Some(deal) = &passed.chosen_deal {
            tx.took_chosen_crm_deal(integration, conversation, deal).await?;
        }
        Ok(())
    }
}

/// When to look again whether the lane of a former person is done, at work `since`: the longer that takes
/// the later, because a CRM may be down for hours.
fn until_former(since: Instant, now: Instant) -> Duration {
    let lasts = (now - since).to_std().unwrap_or_default();
    (lasts / 4).clamp(Duration::from_secs(1), Duration::from_secs(60))
}

/// Why what a person ordered is not carried out.
fn passed_on_no_more() -> Words {
    Words::new(
        "Не доведено до конца: интеграция, через которую это шло, выключена или удалена. Сделайте это \
         в самой CRM или попросите администратора включить интеграцию и повторите.",
        "Not carried through: the integration by which it went is off or deleted. Do it in the CRM \
         itself, or ask an admin to switch the integration on and try again.",
    )
}

/// What may be refused without the rest having to wait for it.
pub(super) fn is_beside(action: &Action) -> bool {
    matches!(action, Action::AttachFile { .. })
}

/// The CRM no longer had something of our copy of its lists. A move that it refused may be to a stage
/// that is gone.
fn was_out_of_date(step: &StepRow) -> bool {
    let refused = step.state == StepState::Failed;
    refused && matches!(step.action, Action::MoveDeal { .. })
        || step.effect.as_ref().is_some_and(|effect| {
            !effect.dropped_fields.is_empty()
                || effect.dropped_responsible.is_some()
                || effect.dropped_stage.is_some()
        })
}

/// What a decision came to, in one or two sentences.
pub(crate) fn result_words(run: &RunRow, steps: &[StepRow]) -> Words {
    let plan = Plan {
        steps: steps
            .iter()
            .map(|s| domain::crm::Step { action: s.action.clone(), because: s.because.clone() })
            .collect(),
        left_out: run.left_out.clone(),
    };
    let refused = steps.iter().find(|step| step.state == StepState::Failed);
    let refused = refused.and_then(|step| step.error.as_ref());
    match (run.error.as_ref().or(refused), run.state) {
        (Some(error), RunState::Failed | RunState::Waiting | RunState::Replanned) => error.clone(),
        _ => outcome_words(&plan),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn crm_2_who_was_merged_is_waited_for_longer_the_longer_it_takes_and_a_minute_at_most() {
        let since: Instant = "2031-05-01T12:00:00Z".parse().expect("a time");
        let after = |seconds| until_former(since, since + TimeDelta::seconds(seconds)).as_secs();
        let waits: Vec<u64> = [-5, 0, 3, 40, 200, 100_000].into_iter().map(after).collect();
        assert_eq!(waits, [1, 1, 1, 10, 50, 60]);
    }
}
