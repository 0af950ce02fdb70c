//! Telling the conversation what was done for it in a CRM: one line for all steps of a decision, and a
//! word to the faces that what the CRM has is to be read anew.

use domain::{
    crm::{Action, CrmId, Directory, Entity, Ref, StageRef},
    crm_view::StepState,
    event::{EventKind, NewEvent},
    ids::{ConversationId, PortalId},
    view::{ConversationView, CrmItem, CrmWhat, SystemLine},
};
use serde_json::json;
use store::{StepRow, TenantTx};

use super::{gather::Gathered, visit::Visit};
use crate::{App, Result, conversations::save};

impl App {
    /// One line for what these steps did. Steps that only write (notes, files) are not told.
    pub(super) async fn tell_conversation(
        &self,
        tx: &mut TenantTx,
        visit: &Visit<'_>,
        gathered: &Gathered,
        steps: &[StepRow],
    ) -> Result<()> {
        let url = |entity: Entity, id: &CrmId| {
            visit.adapter.card_url(&visit.calls_as, entity, id).map(String::from)
        };
        let items: Vec<CrmItem> =
            steps.iter().filter_map(|step| item(step, &visit.directory, &url)).collect();
        let (kind, portal) = (gathered.portal.kind, gathered.portal.portal_id);
        let conversation = gathered.conversation.conversation_id;
        self.happened_in_crm(tx, kind, portal, conversation, items).await
    }

    /// Adds a line about a CRM to a conversation; nothing for no items.
    pub(crate) async fn happened_in_crm(
        &self,
        tx: &mut TenantTx,
        crm: domain::crm::CrmKind,
        portal_id: PortalId,
        conversation: ConversationId,
        items: Vec<CrmItem>,
    ) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        let Some(mut c) = tx.lock_conversation(conversation).await? else { return Ok(()) };
        let before = c.audience();
        self.system_line(tx, &mut c, SystemLine::Crm { crm, portal_id, items }).await?;
        save(tx, &c, before).await
    }
}

/// Says that what a CRM has of a conversation is to be read anew.
pub(super) fn read_anew(tx: &mut TenantTx, portal: PortalId, c: &ConversationView) {
    tx.append(NewEvent {
        kind: EventKind::CrmChanged,
        conversation: Some(c.conversation_id),
        audience: Some(c.audience()),
        was: None,
        payload: json!({ "portal_id": portal, "conversation_id": c.conversation_id }),
    });
}

/// `Продажи → Первичный контакт`; empty where the stage is not known.
pub(crate) fn stage_words(directory: &Directory, at: Option<&StageRef>) -> String {
    let Some(at) = at else { return String::new() };
    let (Some(pipeline), Some(stage)) = (directory.pipeline(&at.pipeline), directory.stage(at))
    else {
        return String::new();
    };
    format!("{} → {}", pipeline.name, stage.name)
}

fn item(
    step: &StepRow,
    directory: &Directory,
    url: &dyn Fn(Entity, &CrmId) -> Option<String>,
) -> Option<CrmItem> {
    if step.state == StepState::Failed {
        let detail = match &step.action {
            Action::MoveDeal { to, .. } => stage_words(directory, Some(to)),
            _ => String::new(),
        };
        return Some(CrmItem { what: CrmWhat::Failed, name: String::new(), detail, url: None });
    }
    let effect = step.effect.as_ref().filter(|_| step.state == StepState::Done)?;
    let user = |id: &CrmId| directory.user(id).map_or_else(|| id.to_string(), |u| u.name.clone());
    let of = |what, entity: Entity, id: Option<&CrmId>, name: &str, detail: String| CrmItem {
        what,
        name: name.to_owned(),
        detail,
        url: id.and_then(|id| url(entity, id)),
    };
    let made = effect.id.as_ref();
    let none = String::new;
    Some(match &step.action {
        Action::CreateContact(draft) => {
            of(CrmWhat::ContactCreated, Entity::Contact, made, &draft.name, none())
        }
        Action::UseContact { contact, .. } => {
            of(CrmWhat::ContactFound, Entity::Contact, Some(contact), "", none())
        }
        Action::CreateDeal(draft) => {
            let at = draft.at.as_ref().filter(|at| effect.dropped_stage.as_ref() != Some(*at));
            let detail = stage_words(directory, at);
            of(CrmWhat::DealCreated, Entity::Deal, made, &draft.name, detail)
        }
        Action::CreateLead(draft) => {
            of(CrmWhat::LeadCreated, Entity::Lead, made, &draft.name, none())
        }
        Action::UseDeal { deal } => of(CrmWhat::DealFound, Entity::Deal, Some(deal), "", none()),
        Action::CreateUnsorted(_) => {
            of(CrmWhat::UnsortedCreated, Entity::Deal, effect.deal.as_ref(), "", none())
        }
        Action::CreateTask { text, .. } => {
            of(CrmWhat::TaskCreated, Entity::Task, None, text, none())
        }
        Action::CreateActivity { title, .. } => {
            of(CrmWhat::TaskCreated, Entity::Activity, None, title, none())
        }
        Action::MoveDeal { deal: Ref::Id(deal), to } => {
            let detail = stage_words(directory, Some(to));
            of(CrmWhat::StageChanged, Entity::Deal, Some(deal), "", detail)
        }
        Action::SetResponsible { of: Entity::Deal | Entity::Lead, user: id, .. }
            if effect.dropped_responsible.is_none() =>
        {
            of(CrmWhat::ResponsibleChanged, Entity::Deal, None, &user(id), none())
        }
        Action::UpdateContact { .. }
        | Action::UpdateDeal { .. }
        | Action::MoveDeal { .. }
        | Action::SetResponsible { .. }
        | Action::UseLead { .. }
        | Action::AddNote { .. }
        | Action::EditNote { .. }
        | Action::AttachFile { .. }
        | Action::OpenChat { .. } => return None,
    })
}
