//! Bringing a CRM up to date with a conversation (AMO, B24, CRM-2): facts are gathered, the decision is
//! stored, its steps are carried out, what they made is linked. All of it goes on where it stopped when
//! a process dies at any point.
//!
//! A CRM knows no idempotency, so nothing is created twice by three means: jobs of one contact and
//! portal run one after another; our links are the truth before any search; and a step whose outcome is
//! not known is looked for in the CRM before it is repeated ([`crm::Crm::find_done`]).

use std::time::Duration;

use domain::{
    crm::{Answer, Because, Effect, Entity, Plan, Question, next_question, outcome_words, plan},
    crm_view::{RunState, StepState},
    ids::{AccountId, ConversationId, CrmRunId, IntegrationId},
    text::Words,
};
use serde_json::json;
use store::{LinkState, NewRun, RunRow, StepRow, TenantTx};

use super::{
    gather::{Gathered, Passed},
    tell::read_anew,
    visit::{Fault, Visit},
};
use crate::{App, Error, JobError, Result};

/// Questions that one decision may ask; more is a fault of ours.
const MOST_QUESTIONS: usize = 20;
/// Decisions of one visit. One is usual; another follows when something it relied on is gone, or when
/// there are more messages than one decision takes.
const MOST_PLANS: usize = 5;

/// What was decided.
enum Decided {
    Steps(Running),
    /// Nothing is to be done, and that is stored.
    Nothing,
    /// The CRM refused a question without which nothing can be decided; stored, to be repeated by hand.
    Refused,
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
    pub passed: Passed,
    pub steps: Vec<StepRow>,
}

impl App {
    /// Brings a CRM up to date with a conversation. Run twice, the second finds nothing new; run after
    /// a death in the middle, it goes on with the stored decision.
    pub(crate) async fn sync_crm(
        &self,
        account: AccountId,
        integration: IntegrationId,
        conversation: ConversationId,
        attempts: i32,
    ) -> Result<(), JobError> {
        let fault = |error: Error| JobError::of(&error, attempts);
        for _ in 0..MOST_PLANS {
            let mut tx = self.store.tenant(account).await.map_err(Error::from).map_err(fault)?;
            let Some(gathered) =
                self.crm_gather(&mut tx, integration, conversation).await.map_err(fault)?
            else {
                return Ok(());
            };
            let unfinished = tx
                .unfinished_crm_run(integration, conversation)
                .await
                .map_err(Error::from)
                .map_err(fault)?;
            let unfinished = match unfinished {
                Some(run) => Some(self.resumed(&mut tx, run).await.map_err(fault)?),
                None if !gathered.integration.enabled || !gathered.is_news() => return Ok(()),
                None => None,
            };
            tx.commit().await.map_err(Error::from).map_err(fault)?;
            let portal = gathered.portal.portal_id;
            let mut visit = self.visit(account, portal).await?;
            let end = self.bring_up_to_date(&mut visit, &gathered, unfinished).await;
            visit.leave().await;
            if let End::Failed = end? {
                return Ok(());
            }
        }
        let why = "the conversation changes faster than it is passed on".to_owned();
        Err(JobError::Wait { after: Duration::from_secs(1), why })
    }

    async fn bring_up_to_date(
        &self,
        visit: &mut Visit<'_>,
        gathered: &Gathered,
        unfinished: Option<Running>,
    ) -> Result<End, JobError> {
        let running = match unfinished {
            Some(running) => running,
            None => match self.decide(visit, gathered).await? {
                Decided::Steps(running) => running,
                Decided::Nothing => return Ok(End::Finished),
                Decided::Refused => return Ok(End::Failed),
            },
        };
        self.take_steps(visit, gathered, running).await
    }

    async fn resumed(&self, tx: &mut TenantTx, run: RunRow) -> Result<Running> {
        let steps = tx.crm_steps(&[run.run_id]).await?.remove(&run.run_id).unwrap_or_default();
        let passed = run.facts.get("passed").cloned().unwrap_or_default();
        let passed = serde_json::from_value(passed)
            .map_err(|e| Error::Internal(format!("facts of {}: {e}", run.run_id)))?;
        Ok(Running { run: run.run_id, passed, steps })
    }

    /// Asks the CRM what must be known, decides, and stores the decision.
    async fn decide(
        &self,
        visit: &mut Visit<'_>,
        gathered: &Gathered,
    ) -> Result<Decided, JobError> {
        let mut facts = gathered.facts.clone();
        facts.directory.clone_from(&visit.directory);
        let settings = &gathered.integration.settings;
        let mut refused = None;
        for asked in 0.. {
            let Some(question) = next_question(settings, &facts) else { break };
            if asked >= MOST_QUESTIONS {
                let why = format!("a decision asks for ever: {question:?}");
                return Err(JobError::Fail { why });
            }
            match visit.ask(&question).await {
                Ok(answer) => {
                    self.mark_if_gone(visit, &question, &answer)
                        .await
                        .map_err(|error| JobError::of(&error, 0))?;
                    facts.known.learn(answer);
                }
                Err(Fault::Later(later)) => return Err(later),
                Err(Fault::Unknown { why, after }) => return Err(JobError::Wait { after, why }),
                Err(Fault::Rejected(words)) => {
                    refused = Some((question, words));
                    break;
                }
            }
        }
        let decided = match &refused {
            None => plan(settings, &facts),
            Some((question, _)) => Plan { steps: Vec::new(), left_out: vec![unanswered(question)] },
        };
        let stored = self.store_decision(visit, gathered, &facts, decided, refused).await;
        stored.map_err(|error| JobError::of(&error, 0))
    }

    /// A linked contact that the CRM no longer has is no longer ours.
    async fn mark_if_gone(
        &self,
        visit: &Visit<'_>,
        question: &Question,
        answer: &Answer,
    ) -> Result<()> {
        let (Question::Contact { id }, Answer::Contact(None)) = (question, answer) else {
            return Ok(());
        };
        let mut tx = self.store.tenant(visit.account).await?;
        let portal = visit.portal.portal_id;
        for mut link in tx.lock_crm_links_to(portal, Entity::Contact, id).await? {
            link.state = LinkState::Gone;
            tx.update_crm_link(&link).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn store_decision(
        &self,
        visit: &Visit<'_>,
        gathered: &Gathered,
        facts: &domain::crm::Facts,
        plan: Plan,
        refused: Option<(Question, Words)>,
    ) -> Result<Decided> {
        let now = self.clock.now();
        let run = CrmRunId::new(&*self.ids);
        let state = match (&refused, plan.steps.is_empty()) {
            (Some(_), _) => RunState::Failed,
            (None, true) => RunState::Nothing,
            (None, false) => RunState::Working,
        };
        let mut tx = self.store.tenant(visit.account).await?;
        tx.insert_crm_run(&NewRun {
            run_id: run,
            portal_id: gathered.portal.portal_id,
            integration_id: gathered.integration.integration_id,
            conversation_id: gathered.conversation.conversation_id,
            contact_id: gathered.conversation.contact_id,
            cause: cause(&facts.occasion),
            state,
            settings_revision: gathered.integration.revision,
            facts: json!({
                "passed": gathered.passed, "enquiry": facts.enquiry, "contact": facts.contact,
                "occasion": { "opened": facts.occasion.opened, "closed": facts.occasion.closed,
                    "lines": facts.occasion.lines.len(),
                    "answered_by": facts.occasion.answered_by,
                    "contact_changed": facts.occasion.contact_changed,
                    "chosen_deal": facts.occasion.chosen_deal },
                "links": facts.links, "known": facts.known, "mirrored": facts.mirrored,
                "chats_connected": facts.chats_connected,
            }),
            left_out: plan.left_out.clone(),
            calls: visit.take_calls(),
            steps: plan.steps.clone(),
            created_at: now,
        })
        .await?;
        if let Some((_, words)) = &refused {
            tx.set_crm_run(run, RunState::Failed, Some(words), now).await?;
            tx.commit().await?;
            return Ok(Decided::Refused);
        }
        if state == RunState::Nothing {
            self.passed_on(&mut tx, gathered, &gathered.passed).await?;
            read_anew(&mut tx, gathered.portal.portal_id, &gathered.conversation);
            tx.commit().await?;
            return Ok(Decided::Nothing);
        }
        tx.commit().await?;
        let steps = plan.steps.into_iter().enumerate().map(|(n, step)| StepRow {
            run_id: run,
            step: n,
            action: step.action,
            because: step.because,
            state: StepState::Waiting,
            effect: None,
            calls: Vec::new(),
            error: None,
            started_at: None,
            finished_at: None,
        });
        let steps = steps.collect();
        Ok(Decided::Steps(Running { run, passed: gathered.passed.clone(), steps }))
    }

    /// The run is at its end: what was passed on is noted, the conversation is told in one line.
    pub(super) async fn finish(
        &self,
        visit: &Visit<'_>,
        gathered: &Gathered,
        running: &Running,
        again: bool,
    ) -> Result<()> {
        let failed = running.steps.iter().find(|s| s.state == StepState::Failed);
        let state = match (again, failed) {
            (true, _) => RunState::Replanned,
            (false, Some(_)) => RunState::Failed,
            (false, None) => RunState::Done,
        };
        let mut tx = self.store.tenant(visit.account).await?;
        let error = failed.and_then(|step| step.error.as_ref());
        tx.set_crm_run(running.run, state, error, self.clock.now()).await?;
        if state == RunState::Done {
            self.passed_on(&mut tx, gathered, &running.passed).await?;
        }
        self.tell_conversation(&mut tx, visit, gathered, &running.steps).await?;
        read_anew(&mut tx, gathered.portal.portal_id, &gathered.conversation);
        tx.commit().await?;
        if running.steps.iter().filter_map(|s| s.effect.as_ref()).any(was_out_of_date) {
            self.refresh_directory_soon(visit.account, gathered.portal.portal_id).await;
        }
        Ok(())
    }

    /// Notes what of the conversation the CRM has now.
    async fn passed_on(
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

/// The CRM no longer had something of our copy of its lists.
fn was_out_of_date(effect: &Effect) -> bool {
    !effect.dropped_fields.is_empty()
        || effect.dropped_responsible.is_some()
        || effect.dropped_stage.is_some()
}

fn unanswered(question: &Question) -> Because {
    Because::new(
        "CRM-6",
        "question_refused",
        "CRM не ответила на вопрос, без которого нельзя решить.",
        "The CRM did not answer a question without which nothing can be decided.",
    )
    .with("Вопрос", "Question", serde_json::json!(question).to_string())
}

/// Why a decision was made, in one line.
fn cause(occasion: &domain::crm::Occasion) -> Words {
    let mut ru = Vec::new();
    let mut en = Vec::new();
    let mut say = |yes: bool, r: &str, e: &str| {
        if yes {
            ru.push(r.to_owned());
            en.push(e.to_owned());
        }
    };
    say(occasion.opened, "новое обращение", "a new enquiry");
    let lines = occasion.lines.len();
    say(lines > 0, &format!("сообщений: {lines}"), &format!("messages: {lines}"));
    say(occasion.answered_by.is_some(), "ответил сотрудник", "an employee answered");
    say(occasion.contact_changed, "изменились данные клиента", "the client's data changed");
    say(occasion.chosen_deal.is_some(), "оператор выбрал сделку", "an operator chose the deal");
    say(occasion.closed, "обращение закрыто", "the conversation was closed");
    Words::new(ru.join(", "), en.join(", "))
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
    match (&run.error, run.state) {
        (Some(error), RunState::Failed | RunState::Waiting) => error.clone(),
        _ => outcome_words(&plan),
    }
}
