//! What the CRMs have of a conversation, for the operator's card, and what an operator does there: moves
//! a deal, chooses the deal to which the conversation belongs (BY-5). The card is made of our links and
//! costs the CRM no call.

use domain::{
    crm::{
        Action, Because, CrmId, Directory, Entity, Plan, Ref, StageKind, StageRef, outcome_words,
    },
    crm_view::{ConversationCrmView, CrmCardView, CrmDealView, CrmLinkView, RunState},
    ids::{ConversationId, CrmRunId, IntegrationId, PortalId},
    people::Right,
    text::Words,
    view::ConversationView,
};
use serde_json::json;
use store::{IntegrationRow, LinkRow, LinkState, NewRun, PortalRow, RunFilter, TenantTx};

use super::{gather::Passed, links::Uses, relay::sync_job};
use crate::{Actor, App, Error, Result, conversations::visible};

/// Deals shown; the rest is one click away in the CRM.
const MOST_DEALS: usize = 10;
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
            true => self.why_nothing(&mut tx, &c, portals.is_empty()).await?,
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
        let uses = enquiry.map(|e| e.uses).unwrap_or_default();
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
            deals: self.deals(portal, &directory, &links, &uses),
            unsorted,
            task: first(Entity::Task, &[LinkState::Open]).map(|row| named(row, Entity::Task)),
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
        nowhere: bool,
    ) -> Result<Option<Words>> {
        if nowhere {
            return Ok(Some(Words::new(
                "Канал этого обращения не передаётся ни в одну CRM.",
                "This conversation's channel is not passed to any CRM.",
            )));
        }
        let filter = RunFilter { conversation: Some(c.conversation_id), ..RunFilter::default() };
        let Some(run) = tx.crm_runs(&filter, None, 1).await?.pop() else { return Ok(None) };
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
        self.own_deal(&mut tx, &c, portal, &deal).await?;
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
            "moved_by_operator",
            "Сотрудник перевёл сделку на другой этап.",
            "An employee moved the deal to another stage.",
        )
        .with("Сотрудник", "Employee", name)
        .with("Этап", "Stage", &stage.name);
        let step =
            domain::crm::Step { action: Action::MoveDeal { deal: Ref::Id(deal), to }, because };
        self.order_step(&mut tx, &c, portal, integration, step).await?;
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
        tx.commit().await?;
        Ok(())
    }

    async fn integration_at(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        portal: PortalId,
    ) -> Result<IntegrationId> {
        let found = self.integrations_of(tx, c).await?;
        let here = found.iter().find(|i| i.portal_id == portal).ok_or(NO_PORTAL)?;
        Ok(here.integration_id)
    }

    async fn own_deal(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        portal: PortalId,
        deal: &CrmId,
    ) -> Result<()> {
        let ours = tx.crm_ids_of(portal, c.contact_id, Entity::Deal).await?;
        if ours.contains(deal) { Ok(()) } else { Err(NO_DEAL) }
    }

    /// Stores a decision that a person made, and a job that carries it out.
    async fn order_step(
        &self,
        tx: &mut TenantTx,
        c: &ConversationView,
        portal: PortalId,
        integration: IntegrationId,
        step: domain::crm::Step,
    ) -> Result<()> {
        let revision = tx.integration(integration).await?.map_or(0, |i| i.revision);
        let enquiry = tx.lock_crm_enquiry(integration, c.conversation_id).await?;
        // Nothing of the conversation is passed on by it.
        let passed = Passed {
            position: enquiry.passed_position,
            closed: enquiry.passed_closed,
            answered_by: enquiry.answered_by,
            contact_stamp: enquiry.contact_stamp,
            chosen_deal: None,
        };
        tx.insert_crm_run(&NewRun {
            run_id: CrmRunId::new(&*self.ids),
            portal_id: portal,
            integration_id: integration,
            conversation_id: c.conversation_id,
            contact_id: c.contact_id,
            cause: step.because.words.clone(),
            state: RunState::Planned,
            settings_revision: revision,
            facts: json!({ "passed": passed }),
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
