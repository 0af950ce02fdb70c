//! The CRM log (CRM-6, BY-6): every decision with its rule, facts, calls and outcome, and making a failed
//! one anew.

use std::collections::BTreeMap;

use chrono::Days;
use domain::{
    crm::{Action, CrmId, Directory, Effect, Entity},
    crm_view::{CallView, EffectView, RunState, RunView, StepView},
    ids::{ConversationId, CrmRunId, MessageId, PortalId},
    page::{Limit, Page},
    people::Right,
    text::Words,
    view::ConversationView,
};
use serde_json::{Value, json};
use store::{PortalRow, RunFilter, RunRow, StepRow, TenantTx};
use uuid::Uuid;

use super::{
    chat_log::not_shown,
    relay::{self, sync_job},
    sync::result_words,
};
use crate::{Actor, App, Error, Result, Work, conversations::visible, cursor, work::MirrorCause};

/// Failed decisions made anew at once.
const MOST_REPLAYED: i64 = 1000;
const NOT_FOUND: Error = Error::NotFound { what: "CRM log entry" };

/// Cards of entities, as people open them.
type Urls<'a> = dyn Fn(Entity, &CrmId) -> Option<String> + 'a;

impl App {
    /// The newest first, without facts and calls.
    pub async fn crm_log(
        &self,
        actor: &Actor,
        filter: RunFilter,
        from: Option<&str>,
        limit: Limit,
    ) -> Result<Page<RunView>> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        self.runs_page(&mut tx, &filter, from, limit).await
    }

    /// The same of one conversation, for whoever sees it.
    pub async fn crm_log_of(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        from: Option<&str>,
        limit: Limit,
    ) -> Result<Page<RunView>> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        visible(tx.conversation(conversation).await?, actor)?;
        let filter = RunFilter { conversation: Some(conversation), ..RunFilter::default() };
        self.runs_page(&mut tx, &filter, from, limit).await
    }

    async fn runs_page(
        &self,
        tx: &mut TenantTx,
        filter: &RunFilter,
        from: Option<&str>,
        limit: Limit,
    ) -> Result<Page<RunView>> {
        // Clocks of several machines differ by less.
        let beginning = (self.clock.now() + Days::new(1), Uuid::max());
        let (at, id) = cursor::read(from)?.unwrap_or(beginning);
        let runs = tx.crm_runs(filter, Some((at, CrmRunId(id))), limit.rows()).await?;
        let page = Page::of_rows(runs, limit, |last| cursor::write(last.created_at, last.run_id.0));
        let ids: Vec<CrmRunId> = page.items.iter().map(|run| run.run_id).collect();
        let mut steps = tx.crm_steps_without_calls(&ids).await?;
        let portals = self.portals_with_lists(tx, &page.items).await?;
        Ok(page.map(|run| {
            let steps = steps.remove(&run.run_id).unwrap_or_default();
            self.run_view(run, steps, &portals)
        }))
    }

    /// One decision whole.
    pub async fn crm_run(&self, actor: &Actor, id: CrmRunId) -> Result<RunView> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let run = tx.crm_run(id).await?.ok_or(NOT_FOUND)?;
        let steps = tx.crm_steps(&[id]).await?.remove(&id).unwrap_or_default();
        let portals = self.portals_with_lists(&mut tx, std::slice::from_ref(&run)).await?;
        Ok(self.run_view(run, steps, &portals))
    }

    /// Makes a decision anew, by the settings as they are now. What the first one made stays and is
    /// found by its links.
    pub async fn replay_crm_run(&self, actor: &Actor, id: CrmRunId) -> Result<()> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let run = tx.crm_run(id).await?.ok_or(NOT_FOUND)?;
        self.replay(&mut tx, &run).await?;
        tx.commit().await?;
        Ok(())
    }

    /// All failed ones of a portal whose integrations are on, the oldest first. Returns how many.
    pub async fn replay_failed_crm_runs(&self, actor: &Actor, portal: PortalId) -> Result<usize> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        tx.portal(portal).await?.ok_or(Error::NotFound { what: "portal" })?;
        let mut made = 0;
        for run in &tx.failed_crm_runs(portal, MOST_REPLAYED).await? {
            match self.replay(&mut tx, run).await {
                Ok(()) => made += 1,
                // One that there is nothing to repeat of (its deal went elsewhere, another took it) does
                // not hold the others up.
                Err(Error::NotFound { .. } | Error::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        tx.commit().await?;
        Ok(made)
    }

    /// A decision that made nothing is made anew from the conversation's beginning; one that was refused
    /// from what it could not pass on; a person's order is ordered again.
    async fn replay(&self, tx: &mut TenantTx, run: &RunRow) -> Result<()> {
        let Some(c) = tx.conversation(run.conversation_id).await? else { return Ok(()) };
        match tx.integration(run.integration_id).await? {
            Some(integration) if integration.enabled => {}
            Some(_) => return Err(integration_off()),
            None => return Err(integration_gone()),
        }
        if let Some(message) = not_shown(run) {
            return self.show_again(tx, &c, run, message).await;
        }
        match run.state {
            RunState::Failed => {
                // Looked for before it is taken: one of which nothing can be repeated stays failed.
                let orders = self.orders_of(tx, &c, run).await?;
                // Of two who press the button one is first.
                if !tx.take_failed_crm_run(run.run_id).await? {
                    return Err(nothing_to_repeat());
                }
                let (portal, integration) = (run.portal_id, run.integration_id);
                for (step, from) in orders {
                    self.order_step(tx, &c, portal, integration, step, from.as_ref()).await?;
                }
                self.attach_again(tx, &c, run).await?;
            }
            RunState::Nothing => {
                let mut enquiry =
                    tx.lock_crm_enquiry(run.integration_id, run.conversation_id).await?;
                if !enquiry.uses.is_empty() {
                    return Err(nothing_to_repeat());
                }
                (enquiry.passed_position, enquiry.passed_closed) = (0, false);
                enquiry.contact_stamp.clear();
                tx.save_crm_enquiry(&enquiry).await?;
                tx.set_crm_run(run.run_id, RunState::Replanned, None, self.clock.now()).await?;
            }
            RunState::Done | RunState::Replanned => return Err(nothing_to_repeat()),
            RunState::Planned | RunState::Working | RunState::Waiting => {}
        }
        tx.push(sync_job(run.portal_id, c.contact_id, run.integration_id, run.conversation_id));
        Ok(())
    }

    /// A message that the chat did not take is offered to it again, as it is now.
    async fn show_again(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        run: &RunRow,
        message: MessageId,
    ) -> Result<()> {
        match run.state {
            RunState::Failed => tx.tell_crm_chats_anew(message).await?,
            // Its emoji alone; of a message only in entries that a former version wrote.
            RunState::Nothing => {
                tx.forget_crm_chat_reaction(run.integration_id, message).await?;
                tx.offer_to_crm_chat_again(run.integration_id, message).await?;
            }
            RunState::Planned
            | RunState::Working
            | RunState::Waiting
            | RunState::Done
            | RunState::Replanned => return Err(nothing_to_repeat()),
        }
        tx.set_crm_run(run.run_id, RunState::Replanned, None, self.clock.now()).await?;
        let work = Work::MirrorChat {
            integration: run.integration_id,
            conversation: c.conversation_id,
            cause: MirrorCause::Changes,
        };
        tx.push(relay::job(run.portal_id, c.contact_id, &work));
        Ok(())
    }

    async fn portals_with_lists(
        &self,
        tx: &mut TenantTx,
        runs: &[RunRow],
    ) -> Result<BTreeMap<PortalId, (PortalRow, Directory)>> {
        let mut portals = BTreeMap::new();
        for run in runs {
            if portals.contains_key(&run.portal_id) {
                continue;
            }
            let Some(row) = tx.portal(run.portal_id).await? else { continue };
            let directory = tx.portal_directory(run.portal_id).await?.unwrap_or_default();
            portals.insert(run.portal_id, (row, directory));
        }
        Ok(portals)
    }

    fn run_view(
        &self,
        run: RunRow,
        steps: Vec<StepRow>,
        portals: &BTreeMap<PortalId, (PortalRow, Directory)>,
    ) -> RunView {
        let none = Directory::default();
        let portal = portals.get(&run.portal_id);
        let directory = portal.map_or(&none, |(_, directory)| directory);
        let url = |of: Entity, id: &CrmId| {
            let (row, _) = portal?;
            self.card_of(row, of, id)
        };
        let words = result_words(&run, &steps);
        RunView {
            run_id: run.run_id,
            integration_id: run.integration_id,
            portal_id: run.portal_id,
            conversation_id: run.conversation_id,
            number: run.number,
            contact_name: run.contact_name,
            cause: run.cause,
            state: run.state,
            words,
            error: run.error,
            attempts: run.attempts,
            created_at: run.created_at,
            finished_at: run.finished_at,
            steps: steps.into_iter().map(|step| step_view(step, directory, &url)).collect(),
            left_out: run.left_out,
            calls: calls(run.calls),
            facts: Some(run.facts).filter(|facts| !facts.is_null()),
        }
    }

    /// Where people open an entity.
    pub(crate) fn card_of(&self, row: &PortalRow, of: Entity, id: &CrmId) -> Option<String> {
        let portal = self.crm_portal(row).ok()?;
        let adapter = self.crm_adapter(row.kind).ok()?;
        adapter.card_url(&portal, of, id).map(String::from)
    }
}

fn integration_off() -> Error {
    Error::conflict(
        "integration_off",
        Words::new(
            "Интеграция выключена, поэтому ничего не передаётся. Включите её и повторите.",
            "The integration is off, so nothing is passed on. Switch it on and try again.",
        ),
    )
}

fn integration_gone() -> Error {
    Error::conflict(
        "integration_gone",
        Words::new(
            "Интеграция, по которой было решено, удалена: повторять не по чему.",
            "The integration by which this was decided is deleted: there are no rules to repeat it by.",
        ),
    )
}

fn nothing_to_repeat() -> Error {
    Error::conflict(
        "nothing_to_repeat",
        Words::new(
            "Повторять нечего: всё, что есть в обращении, уже передано. Новое сообщение клиента \
             передастся по нынешним настройкам.",
            "There is nothing to repeat: all of the conversation is passed on. A new message of the \
             client is passed on by the settings as they are now.",
        ),
    )
}

fn step_view(step: StepRow, directory: &Directory, url: &Urls<'_>) -> StepView {
    let (words, written) = (step.action.words(directory), step.action.written(directory));
    let effect = step.effect.as_ref().map(|e| effect_view(&step.action, e, directory, url));
    StepView {
        step: i32::try_from(step.step).unwrap_or(i32::MAX),
        action: json!(step.action),
        words,
        because: step.because,
        written,
        state: step.state,
        effect,
        error: step.error,
        calls: calls(step.calls),
        started_at: step.started_at,
        finished_at: step.finished_at,
    }
}

fn effect_view(
    action: &Action,
    effect: &Effect,
    directory: &Directory,
    url: &Urls<'_>,
) -> EffectView {
    let shown = match action {
        Action::CreateContact(_) => effect.id.as_ref().map(|id| (Entity::Contact, id)),
        Action::UseContact { contact, .. } => Some((Entity::Contact, contact)),
        Action::CreateDeal(_) => effect.id.as_ref().map(|id| (Entity::Deal, id)),
        Action::UseDeal { deal } => Some((Entity::Deal, deal)),
        Action::CreateLead(_) => effect.id.as_ref().map(|id| (Entity::Lead, id)),
        Action::UseLead { lead } => Some((Entity::Lead, lead)),
        Action::CreateUnsorted(_) => effect.deal.as_ref().map(|id| (Entity::Deal, id)),
        Action::UpdateContact { .. } => effect.id.as_ref().map(|id| (Entity::Contact, id)),
        Action::UpdateDeal { .. } | Action::MoveDeal { .. } => {
            effect.id.as_ref().map(|id| (Entity::Deal, id))
        }
        Action::SetResponsible { of, .. } => effect.id.as_ref().map(|id| (*of, id)),
        _ => None,
    };
    let mut dropped: Vec<Words> = effect
        .dropped_fields
        .iter()
        .map(|id| {
            let name = directory.fields.iter().find(|f| f.id == *id);
            let name = name.map_or_else(|| id.to_string(), |f| f.name.clone());
            Words::new(
                format!("Поле «{name}» удалено в CRM или не принимает это значение: пропущено."),
                format!("The field “{name}” is gone or does not take this value: left out."),
            )
        })
        .collect();
    dropped.extend(effect.dropped_responsible.iter().map(|id| {
        let name = directory.user(id).map_or_else(|| id.to_string(), |u| u.name.clone());
        Words::new(
            format!("{name} больше не может быть ответственным: назначен ответственный CRM."),
            format!("{name} can no longer be responsible: the CRM chose one."),
        )
    }));
    dropped.extend(effect.dropped_stage.iter().map(|_| {
        Words::new(
            "Этого этапа больше нет: использован первый этап CRM.",
            "This stage is gone: the CRM's first one was used.",
        )
    }));
    EffectView {
        id: shown.map(|(_, id)| id.clone()).or_else(|| effect.id.clone()),
        url: shown.and_then(|(of, id)| url(of, id)),
        merged: effect.merged,
        dropped,
    }
}

fn calls(stored: Vec<Value>) -> Vec<CallView> {
    stored.into_iter().filter_map(|call| serde_json::from_value(call).ok()).collect()
}
