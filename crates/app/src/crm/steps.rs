//! Carrying a stored decision out, step by step (see `sync.rs`). A step's begin is committed before its
//! call, its end together with the links that it leaves; one whose outcome is not known is looked for in
//! the CRM before it is repeated.

use std::time::Duration;

use domain::{
    clock::Instant,
    crm::{Action, CrmId, Effect, Entity},
    crm_view::{RunState, StepState},
    text::Words,
};
use store::{NewLink, StepEnd, StepRow};

use super::{
    gather::Gathered,
    links,
    sync::{End, Running},
    visit::{Fault, Visit},
};
use crate::{App, Error, JobError, Result};

impl App {
    /// Carries the steps out one after another. A step's end and the begin of the next one are one
    /// transaction; no call is made before its begin is committed.
    pub(super) async fn take_steps(
        &self,
        visit: &mut Visit<'_>,
        gathered: &Gathered,
        mut running: Running,
    ) -> Result<End, JobError> {
        let fault = |error: Error| JobError::of(&error, 0);
        let mut again = false;
        for n in 0..running.steps.len() {
            let Some(step) = running.steps.get(n) else { break };
            if matches!(step.state, StepState::Done | StepState::Skipped | StepState::Failed) {
                continue;
            }
            let made = |step: usize, entity: Entity| made(&running.steps, step, entity);
            let action = match links::resolve(&step.action, &made) {
                Ok(action) => action,
                Err(before) => {
                    let end = skipped(before, self.clock.now());
                    self.end_step(visit, &mut running, n, end).await.map_err(fault)?;
                    continue;
                }
            };
            let end = match self.do_step(visit, gathered, &running, n, &action).await? {
                Ok(effect) => effect,
                Err(words) => {
                    let end = StepEnd {
                        state: StepState::Failed,
                        effect: None,
                        calls: visit.take_calls(),
                        error: Some(words),
                        at: self.clock.now(),
                    };
                    self.end_step(visit, &mut running, n, end).await.map_err(fault)?;
                    continue;
                }
            };
            again |= end.target_gone;
            self.done_step(visit, gathered, &mut running, n, &action, end).await.map_err(fault)?;
        }
        self.finish(visit, gathered, &running, again).await.map_err(fault)?;
        let failed = running.steps.iter().any(|s| s.state == StepState::Failed);
        Ok(if failed && !again { End::Failed } else { End::Finished })
    }

    /// Does one step's call; the inner error is a refusal that will not change.
    async fn do_step(
        &self,
        visit: &mut Visit<'_>,
        gathered: &Gathered,
        running: &Running,
        n: usize,
        action: &Action,
    ) -> Result<std::result::Result<Effect, Words>, JobError> {
        if is_ours_alone(action) {
            return Ok(Ok(Effect::default()));
        }
        let now = self.clock.now();
        let fault = |error: Error| JobError::of(&error, 0);
        let (state, started) = running
            .steps
            .get(n)
            .map_or((StepState::Waiting, None), |step| (step.state, step.started_at));
        if matches!(state, StepState::Sending | StepState::Uncertain) {
            // A process died during the call, or its answer was lost.
            let settled = started.unwrap_or(now) + visit.adapter.settles_after();
            if settled > now {
                let after = (settled - now).to_std().unwrap_or_default();
                let why = "a change of the CRM is not to be seen yet".to_owned();
                return Err(self.not_now(visit, running, n, JobError::Wait { after, why }).await);
            }
            let mine = self.ids_made(visit, gathered, action).await.map_err(fault)?;
            match visit.find_done(action, &mine).await {
                Ok(Some(effect)) => return Ok(Ok(effect)),
                Ok(None) => {}
                Err(Fault::Rejected(words)) => return Ok(Err(words)),
                Err(Fault::Later(later)) => {
                    return Err(self.not_now(visit, running, n, later).await);
                }
                Err(Fault::Unknown { why, after }) => {
                    let later = JobError::Wait { after, why };
                    return Err(self.not_now(visit, running, n, later).await);
                }
            }
        }
        self.begin_step(visit, running, n, action, now).await.map_err(fault)?;
        match self.call_step(visit, gathered, action).await {
            Ok(effect) => Ok(Ok(effect)),
            Err(Fault::Rejected(words)) => Ok(Err(words)),
            Err(Fault::Later(later)) => {
                // Certainly not done.
                let back = self.put_back(visit, running, n, StepState::Waiting).await;
                back.map_err(fault)?;
                Err(self.not_now(visit, running, n, later).await)
            }
            Err(Fault::Unknown { why, after }) => {
                let uncertain = self.put_back(visit, running, n, StepState::Uncertain).await;
                uncertain.map_err(fault)?;
                Err(self.not_now(visit, running, n, JobError::Wait { after, why }).await)
            }
        }
    }

    async fn call_step(
        &self,
        visit: &mut Visit<'_>,
        gathered: &Gathered,
        action: &Action,
    ) -> std::result::Result<Effect, Fault> {
        match action {
            Action::OpenChat { contact: domain::crm::Ref::Id(contact) } => {
                self.open_crm_chat(visit, gathered, contact).await
            }
            _ => visit.perform(action).await,
        }
    }

    /// Ids of the action's kind that other steps made: a search may find those, and they are not it.
    async fn ids_made(
        &self,
        visit: &Visit<'_>,
        gathered: &Gathered,
        action: &Action,
    ) -> Result<Vec<CrmId>> {
        let entity = match action {
            Action::CreateContact(_) => Entity::Contact,
            Action::CreateDeal(_) => Entity::Deal,
            Action::CreateLead(_) => Entity::Lead,
            Action::CreateTask { .. } => Entity::Task,
            Action::CreateActivity { .. } => Entity::Activity,
            Action::AddNote { .. } | Action::AttachFile { .. } => Entity::Note,
            Action::CreateUnsorted(_) => Entity::Unsorted,
            _ => return Ok(Vec::new()),
        };
        let mut tx = self.store.tenant(visit.account).await?;
        let portal = gathered.portal.portal_id;
        // Another person of ours with the same name has a contact of their own: it is not this one.
        if entity == Entity::Contact {
            return Ok(tx.crm_ids_in(portal, entity).await?);
        }
        Ok(tx.crm_ids_of(portal, gathered.conversation.contact_id, entity).await?)
    }

    async fn begin_step(
        &self,
        visit: &Visit<'_>,
        running: &Running,
        n: usize,
        action: &Action,
        now: Instant,
    ) -> Result<()> {
        let mut tx = self.store.tenant(visit.account).await?;
        tx.begin_crm_step(running.run, n, now).await?;
        // The CRM's webhook of what we are about to write may be here before its answer: it is known
        // for an echo by what we meant to write.
        if let Some((entity, id)) = links::target(action) {
            for mut link in tx.lock_crm_links_to(visit.portal.portal_id, entity, &id).await? {
                if links::intend(action, &mut link.written) {
                    tx.update_crm_link(&link).await?;
                }
            }
        }
        tx.commit().await?;
        Ok(())
    }

    async fn put_back(
        &self,
        visit: &Visit<'_>,
        running: &Running,
        n: usize,
        state: StepState,
    ) -> Result<()> {
        let at = self.clock.now();
        let end = StepEnd { state, effect: None, calls: visit.take_calls(), error: None, at };
        let mut tx = self.store.tenant(visit.account).await?;
        tx.end_crm_step(running.run, n, &end).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The run waits: its log says why, with the calls of this try.
    async fn not_now(
        &self,
        visit: &Visit<'_>,
        running: &Running,
        n: usize,
        later: JobError,
    ) -> JobError {
        let noted = async {
            let calls = visit.take_calls();
            let words = waits(&later);
            let mut tx = self.store.tenant(visit.account).await?;
            if !calls.is_empty() {
                tx.add_crm_step_calls(running.run, n, &calls).await?;
            }
            tx.set_crm_run(running.run, RunState::Waiting, Some(&words), self.clock.now()).await?;
            tx.commit().await?;
            Ok::<_, store::Error>(())
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, run.id = %running.run, "a CRM run's waiting was not noted");
        }
        later
    }

    /// Writes the end of a step that made nothing.
    async fn end_step(
        &self,
        visit: &Visit<'_>,
        running: &mut Running,
        n: usize,
        end: StepEnd,
    ) -> Result<()> {
        let mut tx = self.store.tenant(visit.account).await?;
        tx.end_crm_step(running.run, n, &end).await?;
        tx.commit().await?;
        if let Some(step) = running.steps.get_mut(n) {
            (step.state, step.error) = (end.state, end.error);
        }
        Ok(())
    }

    /// Writes what a step did and the links that it leaves, in one transaction.
    async fn done_step(
        &self,
        visit: &Visit<'_>,
        gathered: &Gathered,
        running: &mut Running,
        n: usize,
        action: &Action,
        effect: Effect,
    ) -> Result<()> {
        let now = self.clock.now();
        let state = if effect.target_gone { StepState::Skipped } else { StepState::Done };
        let error = effect.target_gone.then(|| {
            Words::new(
                "В CRM этого больше нет: решение принимается заново.",
                "It is no longer in the CRM: it is decided anew.",
            )
        });
        let end = StepEnd {
            state,
            effect: Some(effect.clone()),
            calls: visit.take_calls(),
            error: error.clone(),
            at: now,
        };
        let (portal, contact) = (gathered.portal.portal_id, gathered.conversation.contact_id);
        let mut tx = self.store.tenant(visit.account).await?;
        tx.end_crm_step(running.run, n, &end).await?;
        let before = tx.crm_links(portal, contact).await?;
        let left = links::left(action, &effect, &before, &visit.directory, now);
        let mut used = links::Uses::new();
        for link in left {
            if link.used {
                used.insert(link.entity, link.id.clone());
            }
            // A contact and a deal are the person's until a conversation goes there; the rest is the
            // conversation's own.
            let of_this =
                link.used || !matches!(link.entity, Entity::Contact | Entity::Deal | Entity::Lead);
            tx.put_crm_link(&NewLink {
                link_id: self.ids.uuid(),
                portal_id: portal,
                entity: link.entity,
                external_id: link.id,
                contact_id: contact,
                conversation_id: of_this.then_some(gathered.conversation.conversation_id),
                data: link.data,
                state: link.state,
                written: link.written,
                created_at: now,
            })
            .await?;
        }
        if !used.is_empty() {
            let integration = gathered.integration.integration_id;
            let conversation = gathered.conversation.conversation_id;
            let mut enquiry = tx.lock_crm_enquiry(integration, conversation).await?;
            enquiry.uses.extend(used);
            tx.save_crm_enquiry(&enquiry).await?;
        }
        tx.commit().await?;
        if let Some(step) = running.steps.get_mut(n) {
            (step.state, step.effect, step.error) = (state, Some(effect), error);
        }
        Ok(())
    }
}

fn made(steps: &[StepRow], step: usize, entity: Entity) -> Option<CrmId> {
    let step = steps.get(step).filter(|s| s.state == StepState::Done)?;
    links::made(&step.action, step.effect.as_ref()?, entity)
}

/// Steps that only say where the conversation belongs.
fn is_ours_alone(action: &Action) -> bool {
    matches!(action, Action::UseDeal { .. } | Action::UseLead { .. } | Action::UseContact { .. })
}

fn skipped(before: usize, at: Instant) -> StepEnd {
    let error = Words::new(
        format!("Пропущено: шаг {} не выполнен.", before + 1),
        format!("Skipped: step {} was not done.", before + 1),
    );
    StepEnd { state: StepState::Skipped, effect: None, calls: Vec::new(), error: Some(error), at }
}

fn waits(later: &JobError) -> Words {
    let after = match later {
        JobError::Wait { after, .. } | JobError::Retry { after, .. } => *after,
        JobError::Fail { .. } => Duration::ZERO,
    };
    let seconds = after.as_secs().max(1);
    Words::new(
        format!("Ждёт: {later}. Следующая попытка через {seconds} с."),
        format!("Waits: {later}. The next try is in {seconds} s."),
    )
}
