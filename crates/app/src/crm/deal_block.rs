//! What the CRMs have of a conversation, for the operator's card, and what an operator does there: moves
//! a deal, chooses the deal to which the conversation belongs (BY-5). The card is made of our links and
//! costs the CRM no call.

use domain::{
    crm::{
        Action, Because, CrmId, Directory, Entity, Plan, PortalState, Ref, StageKind, StageRef,
        Step, outcome_words,
    },
    crm_view::{ConversationCrmView, CrmCardView, CrmDealView, CrmLinkView, CrmMoveView, RunState},
    ids::{ConversationId, CrmRunId, IntegrationId, PortalId},
    people::Right,
    text::Words,
    view::ConversationView,
};
use serde_json::json;
use store::{
    IntegrationRow, LinkRow, LinkState, NewRun, OrderedStep, PortalRow, RunFilter, RunRow, StepRow,
    TenantTx,
};

use super::{links::Uses, relay::sync_job, tell::read_anew};
use crate::{Actor, App, Error, Result, conversations::visible};

/// Deals shown; the rest is one click away in the CRM.
const MOST_DEALS: usize = 10;
/// Orders of a conversation that are looked through for those that are not carried out.
const MOST_ORDERS: i64 = 50;
/// The code of the reason of a move that a person ordered.
const MOVED: &str = "moved_by_operator";
const NO_PORTAL: Error = Error::NotFound { what: "portal" };
const NO_DEAL: Error = Error::NotFound { what: "deal" };

impl App {
    /// What the CRMs have of a conversation.
    pub async fn conversation_crm(
        &self,
        actor: &Actor,
        id: ConversationId,
    ) -> Result<ConversationCrmView> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let c = visible(tx.conversation(id).await?, actor)?;
        let mut portals = Vec::new();
        for integration in self.integrations_of(&mut tx, &c).await? {
            let Some(portal) = tx.portal(integration.portal_id).await? else { continue };
            portals.push(self.card(&mut tx, &c, &integration, &portal).await?);
        }
        let nothing = portals.iter().all(|p| p.deals.is_empty() && p.contact.is_none());
        let why_nothing = match nothing {
            true => self.why_nothing(&mut tx, &c, &portals).await?,
            false => None,
        };
        Ok(ConversationCrmView { portals, why_nothing })
    }

    /// Those that pass the channel on now, and those that passed this conversation on.
    async fn integrations_of(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
    ) -> Result<Vec<IntegrationRow>> {
        let mut found = tx.integrations_of_channel(c.channel_id).await?;
        for enquiry in tx.crm_enquiries_of(c.conversation_id).await? {
            if found.iter().any(|i| i.integration_id == enquiry.integration_id) {
                continue;
            }
            found.extend(tx.integration(enquiry.integration_id).await?);
        }
        Ok(found)
    }

    async fn card(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        integration: &IntegrationRow,
        portal: &PortalRow,
    ) -> Result<CrmCardView> {
        let id = integration.integration_id;
        let enquiry = tx.crm_enquiry(id, c.conversation_id).await?;
        let (uses, chosen) = enquiry.map(|e| (e.uses, e.chosen_deal)).unwrap_or_default();
        let orders =
            tx.ordered_crm_steps(portal.portal_id, c.conversation_id, MOVED, MOST_ORDERS).await?;
        let links = tx.crm_links(portal.portal_id, c.contact_id).await?;
        let directory = tx.portal_directory(portal.portal_id).await?.unwrap_or_default();
        let waiting = tx.unfinished_crm_run(id, c.conversation_id).await?.is_some();
        let named = |row: &LinkRow, of: Entity| CrmLinkView {
            id: row.external_id.clone(),
            name: row.data.name.clone().unwrap_or_default(),
            url: self.card_of(portal, of, &row.external_id),
        };
        let first = |entity: Entity, state: &[LinkState]| {
            links.iter().find(|row| row.entity == entity && state.contains(&row.state))
        };
        let unsorted = first(Entity::Unsorted, &[LinkState::Waiting]).map(|row| CrmLinkView {
            id: row.external_id.clone(),
            name: String::new(),
            url: row.data.deal.as_ref().and_then(|id| self.card_of(portal, Entity::Deal, id)),
        });
        Ok(CrmCardView {
            portal_id: portal.portal_id,
            integration_id: id,
            kind: portal.kind,
            title: portal.title.clone(),
            state: portal.state,
            contact: first(Entity::Contact, &[LinkState::Open])
                .map(|row| named(row, Entity::Contact)),
            deals: self.deals(portal, &directory, &links, &uses, &orders),
            choosing: chosen.filter(|deal| uses.get(&Entity::Deal) != Some(deal)),
            unsorted,
            task: open_task(&links).map(|row| named(row, Entity::Task)),
            pipelines: directory.pipelines.into_iter().filter(|p| !p.archived).collect(),
            waiting,
        })
    }

    fn deals(
        &self,
        portal: &PortalRow,
        directory: &Directory,
        links: &[LinkRow],
        uses: &Uses,
        orders: &[OrderedStep],
    ) -> Vec<CrmDealView> {
        let current = uses.get(&Entity::Deal);
        let mut deals: Vec<CrmDealView> = links
            .iter()
            .filter(|row| row.entity == Entity::Deal && row.state != LinkState::Gone)
            .map(|row| CrmDealView {
                id: row.external_id.clone(),
                name: row.data.name.clone().unwrap_or_default(),
                url: self.card_of(portal, Entity::Deal, &row.external_id),
                at: row.data.at.clone(),
                responsible_name: row
                    .data
                    .responsible
                    .as_ref()
                    .and_then(|id| directory.user(id))
                    .map(|user| user.name.clone())
                    .unwrap_or_default(),
                closed: row.state == LinkState::Closed,
                current: current == Some(&row.external_id),
                moving: moving(orders, &row.external_id, row.data.at.as_ref()),
            })
            .collect();
        // Links come newest first, and sorting keeps that.
        deals.sort_by_key(|deal| (!deal.current, deal.closed));
        deals.truncate(MOST_DEALS);
        deals
    }

    async fn why_nothing(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        portals: &[CrmCardView],
    ) -> Result<Option<Words>> {
        if portals.is_empty() {
            return Ok(Some(Words::new(
                "Канал этого обращения не передаётся ни в одну CRM.",
                "This conversation's channel is not passed to any CRM.",
            )));
        }
        let filter = RunFilter { conversation: Some(c.conversation_id), ..RunFilter::default() };
        let Some(run) = tx.crm_runs(&filter, None, 1).await?.pop() else {
            // Nothing could be asked yet, so nothing is decided and the log is empty.
            return Ok(portals.iter().find_map(|portal| not_yet(portal.state)));
        };
        let plan = Plan { steps: Vec::new(), left_out: run.left_out };
        Ok(Some(run.error.unwrap_or_else(|| outcome_words(&plan))))
    }

    /// An operator moves a deal. Carried out by a job, after what waits for this contact.
    pub async fn move_deal(
        &self,
        actor: &Actor,
        id: ConversationId,
        portal: PortalId,
        deal: CrmId,
        to: StageRef,
    ) -> Result<()> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let c = visible(tx.conversation(id).await?, actor)?;
        let integration = self.integration_at(&mut tx, &c, portal).await?;
        let from = self.own_deal(&mut tx, &c, portal, &deal).await?.data.at;
        let directory = tx.portal_directory(portal).await?.unwrap_or_default();
        let Some(stage) = directory.stage(&to).filter(|s| s.kind != StageKind::Unsorted) else {
            let words = Words::new(
                "Такого этапа нет. Обновите страницу и выберите этап из списка.",
                "There is no such stage. Reload the page and choose one from the list.",
            );
            return Err(Error::invalid("stage", "unknown_stage", words));
        };
        let name = tx.employee(actor.employee).await?.map(|e| e.name).unwrap_or_default();
        let because = Because::new(
            "CRM-5",
            MOVED,
            format!("{name} переводит сделку на этап «{}».", stage.name),
            format!("{name} moves the deal to the stage “{}”.", stage.name),
        )
        .with("Сотрудник", "Employee", &name)
        .with("Этап", "Stage", &stage.name);
        let step = Step { action: Action::MoveDeal { deal: Ref::Id(deal), to }, because };
        self.order_step(&mut tx, &c, portal, integration, step, from.as_ref()).await?;
        read_anew(&mut tx, portal, &c);
        tx.commit().await?;
        Ok(())
    }

    /// BY-5: an operator says to which deal the conversation belongs.
    pub async fn choose_deal(
        &self,
        actor: &Actor,
        id: ConversationId,
        portal: PortalId,
        deal: CrmId,
    ) -> Result<()> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let c = visible(tx.conversation(id).await?, actor)?;
        let integration = self.integration_at(&mut tx, &c, portal).await?;
        self.own_deal(&mut tx, &c, portal, &deal).await?;
        tx.choose_crm_deal(integration, id, &deal).await?;
        tx.push(sync_job(portal, c.contact_id, integration, id));
        read_anew(&mut tx, portal, &c);
        tx.commit().await?;
        Ok(())
    }

    /// By which an order goes to a portal. One that is off would let it wait, and then drop it.
    async fn integration_at(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        portal: PortalId,
    ) -> Result<IntegrationId> {
        let mut here = self.integrations_of(tx, c).await?;
        here.retain(|i| i.portal_id == portal);
        match here.iter().find(|i| i.enabled) {
            Some(integration) => Ok(integration.integration_id),
            None if here.is_empty() => Err(NO_PORTAL),
            None => Err(switched_off()),
        }
    }

    async fn own_deal(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        portal: PortalId,
        deal: &CrmId,
    ) -> Result<LinkRow> {
        let links = tx.crm_links(portal, c.contact_id).await?;
        let ours = |row: &LinkRow| row.entity == Entity::Deal && row.external_id == *deal;
        links.into_iter().find(ours).ok_or(NO_DEAL)
    }

    /// What a person ordered by a decision and the CRM refused, with where the deals stand now; a decision
    /// by rules has nothing of it. Refused when a deal is this person's no more.
    pub(super) async fn orders_of(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        run: &RunRow,
    ) -> Result<Vec<(Step, Option<StageRef>)>> {
        let steps = tx.crm_steps(&[run.run_id]).await?.remove(&run.run_id).unwrap_or_default();
        let mut orders = Vec::new();
        for StepRow { action, because, .. } in steps {
            let Action::MoveDeal { deal: Ref::Id(deal), .. } = &action else { continue };
            if because.code == MOVED {
                let from = self.own_deal(tx, c, run.portal_id, deal).await?.data.at;
                orders.push((Step { action, because }, from));
            }
        }
        Ok(orders)
    }

    /// Stores a decision that a person made, and a job that carries it out. `from`: where the deal
    /// stood, by which a refusal is known to be about what is still so.
    pub(super) async fn order_step(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        portal: PortalId,
        integration: IntegrationId,
        step: Step,
        from: Option<&StageRef>,
    ) -> Result<()> {
        let revision = tx.integration(integration).await?.map_or(0, |i| i.revision);
        tx.insert_crm_run(&NewRun {
            run_id: CrmRunId::new(&*self.ids),
            portal_id: portal,
            integration_id: integration,
            conversation_id: c.conversation_id,
            contact_id: c.contact_id,
            cause: step.because.words.clone(),
            state: RunState::Planned,
            settings_revision: revision,
            // Nothing of the conversation is passed on by it.
            facts: json!({ "from": from }),
            left_out: Vec::new(),
            calls: Vec::new(),
            steps: vec![step],
            created_at: self.clock.now(),
        })
        .await?;
        tx.push(sync_job(portal, c.contact_id, integration, c.conversation_id));
        Ok(())
    }
}

fn switched_off() -> Error {
    Error::conflict(
        "integration_off",
        Words::new(
            "Интеграция с этой CRM выключена, поэтому сделать это отсюда нельзя. Сделайте в самой CRM \
             или попросите администратора включить интеграцию.",
            "The integration with this CRM is off, so this cannot be done from here. Do it in the CRM \
             itself, or ask an admin to switch the integration on.",
        ),
    )
}

/// The newest order to move a deal, while the CRM has not done it. One that was refused is told for as
/// long as the deal stands where it stood.
fn moving(orders: &[OrderedStep], deal: &CrmId, at: Option<&StageRef>) -> Option<CrmMoveView> {
    let (order, to) = orders.iter().find_map(|order| match &order.step.action {
        Action::MoveDeal { deal: Ref::Id(of), to } if of == deal => Some((order, to)),
        _ => None,
    })?;
    let waits = order.state == RunState::Waiting;
    let told = |refused| CrmMoveView { run_id: order.step.run_id, to: to.clone(), waits, refused };
    match order.state {
        RunState::Planned | RunState::Working | RunState::Waiting => Some(told(None)),
        RunState::Failed if order.facts.get("from") == Some(&json!(at)) => {
            Some(told(Some(order.step.error.clone()?)))
        }
        RunState::Failed | RunState::Done | RunState::Nothing | RunState::Replanned => None,
    }
}

/// The newest task that is still to be done. One of a deal that is gone went with it.
fn open_task(links: &[LinkRow]) -> Option<&LinkRow> {
    let is_gone = |deal: &CrmId| {
        links.iter().any(|link| {
            link.entity == Entity::Deal
                && link.external_id == *deal
                && link.state == LinkState::Gone
        })
    };
    let mut tasks =
        links.iter().filter(|link| link.entity == Entity::Task && link.state == LinkState::Open);
    tasks.find(|task| !task.data.deal.as_ref().is_some_and(is_gone))
}

/// Why nothing could be asked of a portal so far.
fn not_yet(state: PortalState) -> Option<Words> {
    match state {
        PortalState::Connecting | PortalState::Connected => None,
        PortalState::Interrupted => Some(Words::new(
            "CRM сейчас недоступна. Обращение передастся само, когда связь вернётся.",
            "The CRM is not to be reached now. The enquiry is passed on when it is back.",
        )),
        PortalState::Stopped | PortalState::Disconnected => Some(Words::new(
            "Передача в CRM остановлена, наладить её может администратор. После этого обращение \
             передастся само.",
            "Passing on to the CRM is stopped; an admin can mend it. The enquiry is passed on then.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use domain::crm_view::StepState;
    use uuid::Uuid;

    use super::*;

    fn stage(id: &str) -> StageRef {
        StageRef { pipeline: CrmId("1".to_owned()), stage: CrmId(id.to_owned()) }
    }

    fn order(state: RunState, deal: &str, to: &str) -> OrderedStep {
        let step = StepState::Failed;
        OrderedStep {
            state,
            facts: json!({ "from": stage("10") }),
            step: StepRow {
                run_id: CrmRunId(Uuid::from_u128(1)),
                step: 0,
                action: Action::MoveDeal { deal: Ref::Id(CrmId(deal.to_owned())), to: stage(to) },
                because: Because::new("CRM-5", MOVED, "", ""),
                state: step,
                effect: None,
                calls: Vec::new(),
                stumbles: 0,
                error: Some(Words::new("Этапа нет", "No such stage")),
                started_at: None,
                finished_at: None,
            },
        }
    }

    #[test]
    fn crm_5_a_move_is_told_while_it_waits_and_when_it_was_refused() {
        let deal = CrmId("7".to_owned());
        let told = |orders: &[OrderedStep], at| moving(orders, &deal, Some(&stage(at)));
        assert_eq!(told(&[], "10"), None);
        assert_eq!(told(&[order(RunState::Done, "7", "20")], "10"), None);
        for state in [RunState::Planned, RunState::Working, RunState::Waiting] {
            let waits = told(&[order(state, "7", "20")], "10").expect("it is on its way");
            assert_eq!((waits.to, waits.refused), (stage("20"), None));
        }
        let refused = told(&[order(RunState::Failed, "7", "20")], "10").expect("it was refused");
        assert_eq!(refused.refused.expect("a reason").ru, "Этапа нет");
        // Somebody moved the deal since, or ordered again: the old refusal is nobody's matter.
        assert_eq!(told(&[order(RunState::Failed, "7", "20")], "30"), None);
        let orders = [order(RunState::Done, "7", "30"), order(RunState::Failed, "7", "20")];
        assert_eq!(told(&orders, "10"), None);
        assert_eq!(told(&[order(RunState::Waiting, "8", "20")], "10"), None);
    }
}
