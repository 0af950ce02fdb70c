//! Carrying a stored decision out, step by step (see `sync.rs`). A step's begin is committed before its
//! call, its end together with the links that it leaves; one whose outcome is not known is looked for in
//! the CRM before it is repeated.
//!
//! What a death leaves, by the await at which it comes:
//!
//! | at | stored | what goes on |
//! | --- | --- | --- |
//! | a question | nothing | it is asked and decided again |
//! | the commit of the decision | all of it or nothing | its first step, or it is decided again |
//! | the begin of a step | waiting, or sending | begun; looked for |
//! | its turn, its call | sending | it becomes uncertain, is waited for until the CRM's search must show it, looked for, and only then repeated |
//! | the commit of its end | sending, without links | the same: it is found, and leaves the links that it would have |
//! | what follows a target that is gone | skipped, with its effect | the end of the run is told by the effects, so it is decided anew |
//! | the end of the run | all steps ended | the end is written; nothing is called |
//!
//! A step of a decision that two workers hold (a lease that was lost) is begun by one of them: the begin
//! takes it only as it was seen. What one has ended the other does not put back.

use std::time::Duration;

use domain::{
    clock::Instant,
    crm::{Action, CrmId, Effect, Entity, Facts, PortalState, Ref, Step},
    crm_view::{RunState, StepState},
    ids::CrmRunId,
    text::Words,
    view::ConversationView,
};
use serde_json::json;
use store::{NewLink, NewRun, PortalRow, RunRow, StepEnd, StepRow, TenantTx};

use super::{
    files::{Stands, on_its_way},
    gather::Gathered,
    links,
    sync::{End, Running, is_beside},
    visit::{Fault, Visit, given_up, too_often},
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
        let attempts = running.attempts;
        let fault = |error: Error| JobError::of(&error, attempts);
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
            let needless = by_hand(&action, &gathered.facts)
                .or_else(|| attached_already(&action, step.state, &gathered.facts));
            if let Some(words) = needless {
                let end = StepEnd {
                    state: StepState::Skipped,
                    effect: None,
                    calls: Vec::new(),
                    error: Some(words),
                    at: self.clock.now(),
                };
                self.end_step(visit, &mut running, n, end).await.map_err(fault)?;
                continue;
            }
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
            self.done_step(visit, gathered, &mut running, n, &action, end).await.map_err(fault)?;
        }
        self.finish(visit, gathered, &running).await.map_err(fault)
    }

    /// Files that the CRM refused, planned once more: no decision by rules takes them up again. Those that
    /// another run attached meanwhile are left out.
    pub(super) async fn attach_again(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        run: &RunRow,
    ) -> Result<()> {
        let steps = tx.crm_steps(&[run.run_id]).await?.remove(&run.run_id).unwrap_or_default();
        let links = tx.crm_links(run.portal_id, c.contact_id).await?;
        let attached: Vec<_> = links::attached(&links, c.conversation_id).collect();
        let is_attached = |action: &Action| matches!(action, Action::AttachFile { file, .. } if attached.contains(file));
        let made = |step: usize, entity: Entity| made(&steps, step, entity);
        let refused = |s: &&StepRow| s.state == StepState::Failed && is_beside(&s.action);
        let again: Vec<Step> = steps
            .iter()
            .filter(refused)
            .filter(|step| !is_attached(&step.action))
            .filter_map(|step| {
                let action = links::resolve(&step.action, &made).ok()?;
                Some(Step { action, because: step.because.clone() })
            })
            .collect();
        if again.is_empty() {
            return Ok(());
        }
        tx.insert_crm_run(&NewRun {
            run_id: CrmRunId::new(&*self.ids),
            portal_id: run.portal_id,
            integration_id: run.integration_id,
            conversation_id: run.conversation_id,
            contact_id: c.contact_id,
            cause: Words::new("файлы ещё раз", "the files once more"),
            state: RunState::Planned,
            settings_revision: run.settings_revision,
            facts: json!({}),
            left_out: Vec::new(),
            calls: Vec::new(),
            steps: again,
            created_at: self.clock.now(),
        })
        .await?;
        Ok(())
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
        let fault = |error: Error| JobError::of(&error, running.attempts);
        let (state, started, stumbles) =
            running.steps.get(n).map_or((StepState::Waiting, None, 0), |step| {
                (step.state, step.started_at, step.stumbles)
            });
        if state == StepState::Sending {
            // A process died during the call, and nobody knows when: it is waited from now on.
            self.put_back(visit, running, n, StepState::Uncertain).await?;
        }
        if matches!(state, StepState::Sending | StepState::Uncertain) {
            if moved_already(action, &gathered.facts) {
                return Ok(Ok(Effect { id: id_of(action), ..Effect::default() }));
            }
            let since = started.filter(|_| state == StepState::Uncertain).unwrap_or(now);
            let settled = since + visit.adapter.settles_after();
            if settled > now {
                let after = (settled - now).to_std().unwrap_or_default();
                let why = "a change of the CRM is not to be seen yet".to_owned();
                let later = JobError::Wait { after, why };
                return Err(self.not_now(visit, running, n, later, waits(&visit.portal)).await);
            }
            let mine = self.ids_made(visit, gathered, action).await.map_err(fault)?;
            match visit.find_done(action, &mine).await {
                Ok(Some(effect)) => return Ok(Ok(effect)),
                Ok(None) if too_often(stumbles) => return Ok(Err(given_up())),
                Ok(None) => {}
                // While it is not known whether it is done, giving it up would make it twice.
                Err(met) => return self.again(visit, running, n, met.in_doubt()).await,
            }
        }
        if let Action::AttachFile { file, .. } = action {
            match self.where_file_stands(visit.account, *file).await.map_err(fault)? {
                Stands::Here => {}
                Stands::Gone(words) => return Ok(Err(words)),
                Stands::Comes(after) => {
                    let why = "the file is still on its way".to_owned();
                    let later = JobError::Wait { after, why };
                    return Err(self.not_now(visit, running, n, later, on_its_way()).await);
                }
            }
        }
        if !self.begin_step(visit, running, n, action, now).await.map_err(fault)? {
            // Whoever held the lane before is still at it.
            let why = "the step is under way elsewhere".to_owned();
            return Err(JobError::Wait { after: visit.adapter.settles_after(), why });
        }
        let met = match self.call_step(visit, gathered, action).await {
            Ok(effect) => return Ok(Ok(effect)),
            Err(met) => met,
        };
        match &met {
            Fault::Rejected(_) => self.take_back(visit, action).await.map_err(fault)?,
            // Certainly not done.
            Fault::Later(_) => self.put_back(visit, running, n, StepState::Waiting).await?,
            Fault::Unknown { .. } => {
                self.put_back(visit, running, n, StepState::Uncertain).await?;
            }
        }
        self.again(visit, running, n, met).await
    }

    /// What a fault of a step comes to: its end, or the job comes again.
    async fn again(
        &self,
        visit: &Visit<'_>,
        running: &Running,
        n: usize,
        met: Fault,
    ) -> Result<std::result::Result<Effect, Words>, JobError> {
        let stumbles = running.steps.get(n).map_or(0, |step| step.stumbles);
        match visit.again(met, stumbles) {
            Ok(later) => {
                let words = visit.unread().unwrap_or_else(|| waits(&visit.portal));
                Err(self.not_now(visit, running, n, later, words).await)
            }
            Err(words) => Ok(Err(words)),
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
    ) -> Result<bool> {
        let mut tx = self.store.tenant(visit.account).await?;
        if !tx.begin_crm_step(running.run, n, now).await? {
            return Ok(false);
        }
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
        Ok(true)
    }

    /// A step is still to be done. Not if whoever held the lane before us has ended it since we read it:
    /// then the job reads anew.
    async fn put_back(
        &self,
        visit: &Visit<'_>,
        running: &Running,
        n: usize,
        state: StepState,
    ) -> Result<(), JobError> {
        let at = self.clock.now();
        let end = StepEnd { state, effect: None, calls: visit.take_calls(), error: None, at };
        let put = async {
            let mut tx = self.store.tenant(visit.account).await?;
            let is_put = tx.end_crm_step(running.run, n, &end).await?;
            if !is_put && !end.calls.is_empty() {
                tx.add_crm_step_calls(running.run, n, &end.calls).await?;
            }
            tx.commit().await?;
            Ok::<_, store::Error>(is_put)
        };
        match put.await {
            Ok(true) => Ok(()),
            Ok(false) => {
                let why = "the step was ended elsewhere".to_owned();
                Err(JobError::Wait { after: Duration::from_secs(1), why })
            }
            Err(error) => Err(JobError::of(&Error::from(error), running.attempts)),
        }
    }

    /// The run waits: its log says why, with the calls of this try; a try is counted with the step.
    async fn not_now(
        &self,
        visit: &Visit<'_>,
        running: &Running,
        n: usize,
        later: JobError,
        words: Words,
    ) -> JobError {
        let noted = async {
            let calls = visit.take_calls();
            let mut tx = self.store.tenant(visit.account).await?;
            if !calls.is_empty() {
                tx.add_crm_step_calls(running.run, n, &calls).await?;
            }
            if let JobError::Retry { .. } = later {
                tx.crm_step_stumbled(running.run, n).await?;
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

    /// What the CRM refused is not awaited any more. Of what is given up it is: a former try may have
    /// written it, and its webhook is no person's doing.
    async fn take_back(&self, visit: &Visit<'_>, action: &Action) -> Result<()> {
        let Some((entity, id)) = links::target(action) else { return Ok(()) };
        let mut tx = self.store.tenant(visit.account).await?;
        for mut link in tx.lock_crm_links_to(visit.portal.portal_id, entity, &id).await? {
            if links::take_back(action, &mut link.written) {
                tx.update_crm_link(&link).await?;
            }
        }
        tx.commit().await?;
        Ok(())
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
        let portal = gathered.portal.portal_id;
        let mut contact = gathered.conversation.contact_id;
        let (mut tx, before) = loop {
            let mut tx = self.store.tenant(visit.account).await?;
            let before = tx.lock_crm_links(portal, contact).await?;
            // They may have been merged during the call: the link is of whom the conversation is with now.
            // Anew for them, because a merge locks links before conversations.
            match tx.hold_crm_person(gathered.conversation.conversation_id).await? {
                Some(person) if person != contact => contact = person,
                _ => break (tx, before),
            }
        };
        tx.end_crm_step(running.run, n, &end).await?;
        let left = links::left(action, &effect, &before, &running.known, &visit.directory, now);
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

/// CRM-3: whom a person of the CRM made responsible since it was decided stays.
fn by_hand(action: &Action, facts: &Facts) -> Option<Words> {
    let Action::SetResponsible { of, id: Ref::Id(id), .. } = action else { return None };
    let deals = facts.links.deals.iter().chain(&facts.links.leads);
    let chosen = match of {
        Entity::Contact => {
            let contact = facts.links.contact.as_ref();
            contact.is_some_and(|contact| contact.id == *id && contact.responsible_by_hand)
        }
        _ => deals.into_iter().any(|deal| deal.id == *id && deal.responsible_by_hand),
    };
    chosen.then(|| {
        Words::new(
            "Пропущено: ответственного тем временем сменили в CRM вручную, он остаётся.",
            "Skipped: the responsible was changed by hand in the CRM meanwhile and stays.",
        )
    })
}

/// CRM-4: several runs may have been refused the same file, and each is repeated.
fn attached_already(action: &Action, state: StepState, facts: &Facts) -> Option<Words> {
    let Action::AttachFile { file, .. } = action else { return None };
    let attached = state == StepState::Waiting && facts.links.attached.contains(file);
    attached.then(|| {
        Words::new(
            "Пропущено: этот файл уже прикреплён.",
            "Skipped: this file is attached already.",
        )
    })
}

/// The webhook of a move was here before its answer, which was lost.
fn moved_already(action: &Action, facts: &Facts) -> bool {
    let Action::MoveDeal { deal: Ref::Id(id), to } = action else { return false };
    facts.links.deals.iter().any(|deal| deal.id == *id && deal.at.as_ref() == Some(to))
}

fn id_of(action: &Action) -> Option<CrmId> {
    links::target(action).map(|(_, id)| id)
}

fn skipped(before: usize, at: Instant) -> StepEnd {
    let error = Words::new(
        format!("Пропущено: шаг {} не выполнен.", before + 1),
        format!("Skipped: step {} was not done.", before + 1),
    );
    StepEnd { state: StepState::Skipped, effect: None, calls: Vec::new(), error: Some(error), at }
}

/// For the log: a portal that a person must mend says what to do, any other comes back by itself.
fn waits(portal: &PortalRow) -> Words {
    if let (PortalState::Stopped, Some(trouble)) = (portal.state, portal.trouble) {
        let (reason, remedy) = (trouble.reason(), trouble.remedy());
        return Words::new(
            format!("{} {}", reason.ru, remedy.ru),
            format!("{} {}", reason.en, remedy.en),
        );
    }
    if portal.failures == 0 {
        return Words::new(
            "Ждёт своей очереди. Делать ничего не нужно: выполнится само.",
            "It waits for its turn. There is nothing to do: it is carried out by itself.",
        );
    }
    Words::new(
        "CRM не отвечает или просит подождать. Делать ничего не нужно: повторится само.",
        "The CRM does not answer or asks to wait. There is nothing to do: it is tried again by itself.",
    )
}
