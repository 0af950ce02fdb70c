//! From stored links to what the decision reads, and from what a step did to the links it leaves. Pure.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::{
    clock::Instant,
    crm::{
        Action, CrmId, DealDraft, DealFact, Directory, Effect, Entity, EntityState, Known,
        LinkedContact, LinkedDeal, LinkedTask, LinkedUnsorted, Links, NoteBody, Ref, UnsortedState,
        Written,
    },
    ids::{AttachmentId, ConversationId},
};
use store::{LinkData, LinkRow, LinkState, LinkWritten};

use super::heard::is_closed;

/// What this conversation belongs to, by kind.
pub(crate) type Uses = BTreeMap<Entity, CrmId>;

/// A record that waits is asked for after so long a silence: its webhook may be lost.
const HEARSAY: TimeDelta = TimeDelta::hours(1);

/// The links of a person in a portal, as the decision about this conversation reads them. Notes are
/// those of the conversation alone: positions of messages are counted within one.
pub(crate) fn facts(
    rows: &[LinkRow],
    uses: &Uses,
    conversation: ConversationId,
    now: Instant,
) -> Links {
    let of = |entity: Entity| rows.iter().filter(move |row| row.entity == entity);
    let used = |row: &LinkRow| uses.get(&row.entity) == Some(&row.external_id);
    let deals = |entity| of(entity).map(|row| deal(row, used(row))).collect();
    Links {
        // One that is gone is told only when there is no other.
        contact: of(Entity::Contact).min_by_key(|row| row.state == LinkState::Gone).map(|row| {
            LinkedContact {
                id: row.external_id.clone(),
                responsible: row.data.responsible.clone(),
                responsible_by_hand: row.data.responsible_by_hand,
                gone: row.state == LinkState::Gone,
            }
        }),
        deals: deals(Entity::Deal),
        leads: deals(Entity::Lead),
        unsorted: of(Entity::Unsorted).find(|row| used(row)).or(of(Entity::Unsorted).next()).map(
            |row| LinkedUnsorted {
                uid: row.external_id.clone(),
                deal: row.data.deal.clone(),
                contact: row.data.contact.clone(),
                state: match row.state {
                    LinkState::Accepted => UnsortedState::Accepted,
                    LinkState::Declined | LinkState::Gone => UnsortedState::Declined,
                    _ => UnsortedState::Waiting,
                },
                of_this: used(row),
            },
        ),
        task: of(Entity::Task).next().map(task),
        activity: of(Entity::Activity).next().map(task),
        written: notes(rows, conversation)
            .filter(|row| row.state != LinkState::Gone)
            .filter_map(|row| row.data.note.clone())
            .collect(),
        attached: attached(rows, conversation).collect(),
        chat: of(Entity::Chat).find(|row| used(row)).map(|row| row.external_id.clone()),
        stale: of(Entity::Unsorted)
            .filter(|row| row.state == LinkState::Waiting && now - row.updated_at > HEARSAY)
            .map(|row| row.entity)
            .collect(),
    }
}

fn notes(rows: &[LinkRow], of: ConversationId) -> impl Iterator<Item = &LinkRow> {
    rows.iter().filter(move |row| row.entity == Entity::Note && row.conversation_id == Some(of))
}

/// Files of a conversation that were attached, whether or not they still are.
pub(crate) fn attached(rows: &[LinkRow], of: ConversationId) -> impl Iterator<Item = AttachmentId> {
    notes(rows, of).filter_map(|row| row.data.file)
}

fn deal(row: &LinkRow, of_this: bool) -> LinkedDeal {
    LinkedDeal {
        id: row.external_id.clone(),
        at: row.data.at.clone(),
        state: match row.state {
            LinkState::Closed => EntityState::Closed,
            LinkState::Gone => EntityState::Gone,
            _ => EntityState::Open,
        },
        responsible: row.data.responsible.clone(),
        responsible_by_hand: row.data.responsible_by_hand,
        of_this,
        created_at: row.data.created_at.unwrap_or(row.created_at),
    }
}

fn task(row: &LinkRow) -> LinkedTask {
    LinkedTask {
        id: row.external_id.clone(),
        deal: row.data.deal.clone(),
        done: matches!(row.state, LinkState::Done | LinkState::Gone),
    }
}

/// A link that a step leaves.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Left {
    pub entity: Entity,
    pub id: CrmId,
    pub state: LinkState,
    pub data: LinkData,
    pub written: LinkWritten,
    /// The conversation belongs to it from now on.
    pub used: bool,
}

impl Left {
    fn new(entity: Entity, id: &CrmId, state: LinkState) -> Self {
        Self {
            entity,
            id: id.clone(),
            state,
            data: LinkData::default(),
            written: LinkWritten::default(),
            used: false,
        }
    }

    fn of_this(self) -> Self {
        Self { used: true, ..self }
    }
}

/// The links that a step leaves. `action` has its references resolved; `before` are the present rows,
/// from which what a step does not change is kept; `known`: what the CRM told when it was decided.
pub(crate) fn left(
    action: &Action,
    effect: &Effect,
    before: &[LinkRow],
    known: &Known,
    directory: &Directory,
    made_at: Instant,
) -> Vec<Left> {
    let kept = |entity: Entity, id: &CrmId| {
        let row = before.iter().find(|row| row.entity == entity && row.external_id == *id);
        row.map_or_else(
            || Left::new(entity, id, LinkState::Open),
            |row| Left {
                data: row.data.clone(),
                written: row.written.clone(),
                ..Left::new(entity, id, row.state)
            },
        )
    };
    if effect.target_gone {
        return target(action)
            .map(|(entity, id)| Left { state: LinkState::Gone, ..kept(entity, &id) })
            .into_iter()
            .collect();
    }
    let created = |entity: Entity, draft: &DealDraft| {
        let Some(id) = &effect.id else { return Vec::new() };
        let mut link = kept(entity, id).of_this();
        link.state = LinkState::Open;
        let at = draft.at.clone().filter(|at| effect.dropped_stage.as_ref() != Some(at));
        let user = taken(draft.responsible.as_ref(), effect);
        link.data.name = Some(draft.name.clone());
        link.data.created_at.get_or_insert(made_at);
        (link.data.at, link.data.responsible) = (at.clone(), user.clone());
        link.written = LinkWritten { name: Some(draft.name.clone()), at, responsible: user };
        vec![link]
    };
    let new_task = |entity: Entity, of: &Ref, text: &str| {
        let Some(id) = &effect.id else { return Vec::new() };
        let mut link = Left::new(entity, id, LinkState::Open);
        link.data.name = Some(text.to_owned());
        link.data.deal = resolved(of);
        vec![link]
    };
    match action {
        Action::CreateContact(draft) => {
            let Some(id) = &effect.id else { return Vec::new() };
            let mut link = kept(Entity::Contact, id);
            link.state = LinkState::Open;
            let (name, user) = (draft.name.clone(), taken(draft.responsible.as_ref(), effect));
            link.data.name = Some(name.clone());
            link.data.responsible.clone_from(&user);
            link.written = LinkWritten { name: Some(name), at: None, responsible: user };
            vec![link]
        }
        Action::UseContact { contact, responsible } => {
            let mut link = kept(Entity::Contact, contact);
            link.state = LinkState::Open;
            link.data.responsible = responsible.clone().or(link.data.responsible);
            let found = known.contacts.get().and_then(|all| all.iter().find(|c| c.id == *contact));
            link.data.name = link.data.name.or_else(|| found.map(|found| found.name.clone()));
            vec![link]
        }
        Action::CreateDeal(draft) => created(Entity::Deal, draft),
        Action::CreateLead(draft) => created(Entity::Lead, draft),
        Action::UseDeal { deal } => {
            vec![found(known.deals.get(), kept(Entity::Deal, deal)).of_this()]
        }
        Action::UseLead { lead } => {
            vec![found(known.leads.get(), kept(Entity::Lead, lead)).of_this()]
        }
        Action::CreateUnsorted(_) => unsorted(effect, made_at),
        Action::CreateTask { deal, text, .. } => new_task(Entity::Task, deal, text),
        Action::CreateActivity { id: of, title, .. } => new_task(Entity::Activity, of, title),
        Action::AddNote { to, id: of, body, up_to } => {
            effect.id.iter().flat_map(|id| note(*to, of, id, body, *up_to)).collect()
        }
        Action::EditNote { note: known, to, id: of, body, up_to } => {
            note(*to, of, known, body, *up_to)
        }
        Action::AttachFile { file, .. } => {
            let id = effect.id.clone().unwrap_or_else(|| CrmId(file.to_string()));
            let mut link = Left::new(Entity::Note, &id, LinkState::Open);
            link.data.file = Some(*file);
            vec![link]
        }
        Action::OpenChat { .. } => {
            let chat = effect.id.as_ref();
            chat.map(|id| Left::new(Entity::Chat, id, LinkState::Open).of_this())
                .into_iter()
                .collect()
        }
        Action::MoveDeal { deal: Ref::Id(id), to } => {
            let mut link = kept(Entity::Deal, id);
            // No webhook tells it of a portal that is connected by a token alone (CRM-7).
            link.state = if is_closed(to, directory) { LinkState::Closed } else { LinkState::Open };
            link.data.at = Some(to.clone());
            link.written.at = Some(to.clone());
            vec![link]
        }
        Action::SetResponsible { of, id: Ref::Id(id), .. }
            if effect.dropped_responsible.is_some() =>
        {
            // The CRM chose somebody else.
            let link = before.iter().find(|row| row.entity == *of && row.external_id == *id);
            let mut link = link.map(|_| kept(*of, id));
            if let Some(link) = &mut link {
                take_back(action, &mut link.written);
            }
            link.into_iter().collect()
        }
        Action::SetResponsible { of, id: Ref::Id(id), user } => {
            let mut link = kept(*of, id);
            link.data.responsible = Some(user.clone());
            link.data.responsible_by_hand = false;
            link.written.responsible = Some(user.clone());
            vec![link]
        }
        Action::MoveDeal { .. }
        | Action::SetResponsible { .. }
        | Action::UpdateContact { .. }
        | Action::UpdateDeal { .. } => Vec::new(),
    }
}

/// A deal that was there before us, as the CRM told it: else its card here has no stage, and whoever is
/// responsible already is made so once more. What we know of it by webhooks is newer.
fn found(told: Option<&Vec<DealFact>>, mut link: Left) -> Left {
    let told = told.and_then(|all| all.iter().find(|deal| deal.id == link.id));
    let Some(told) = told.filter(|_| link.data.at.is_none()) else { return link };
    link.state = match told.state {
        EntityState::Open => LinkState::Open,
        EntityState::Closed => LinkState::Closed,
        EntityState::Gone => LinkState::Gone,
    };
    link.data.at = Some(told.at.clone());
    link.data.name.get_or_insert_with(|| told.name.clone());
    link.data.created_at.get_or_insert(told.created_at);
    link.data.responsible = link.data.responsible.or_else(|| told.responsible.clone());
    link
}

/// The responsible one whom the CRM took.
fn taken(user: Option<&CrmId>, effect: &Effect) -> Option<CrmId> {
    user.filter(|user| effect.dropped_responsible.as_ref() != Some(*user)).cloned()
}

/// A record of «Неразобранное» and the deal inside it. Its contact is no link of ours before it is
/// accepted: until then it cannot be reached.
fn unsorted(effect: &Effect, made_at: Instant) -> Vec<Left> {
    let Some(id) = &effect.id else { return Vec::new() };
    let mut link = Left::new(Entity::Unsorted, id, LinkState::Waiting).of_this();
    link.data.deal.clone_from(&effect.deal);
    link.data.contact.clone_from(&effect.contact);
    let deal = effect.deal.as_ref().map(|deal| {
        let mut inner = Left::new(Entity::Deal, deal, LinkState::Open).of_this();
        inner.data.created_at = Some(made_at);
        inner
    });
    std::iter::once(link).chain(deal).collect()
}

fn note(to: Entity, of: &Ref, id: &CrmId, body: &NoteBody, up_to: i64) -> Vec<Left> {
    let Some(of) = resolved(of) else { return Vec::new() };
    let (NoteBody::Text { text } | NoteBody::Transcript { text }) = body;
    let mut link = Left::new(Entity::Note, id, LinkState::Open);
    link.data.note = Some(Written { note: id.clone(), to, of, text: text.clone(), up_to });
    vec![link]
}

fn resolved(reference: &Ref) -> Option<CrmId> {
    match reference {
        Ref::Id(id) => Some(id.clone()),
        Ref::Step(_) => None,
    }
}

/// Notes what an action is about to write of an entity that is there; false: nothing that comes back.
pub(crate) fn intend(action: &Action, written: &mut LinkWritten) -> bool {
    match action {
        Action::MoveDeal { to, .. } => written.at = Some(to.clone()),
        Action::SetResponsible { user, .. } => written.responsible = Some(user.clone()),
        _ => return false,
    }
    true
}

/// An action that was to be written was refused: what looks like it is no echo of ours, but a person's
/// own doing (CRM-3). False: nothing of it was noted.
pub(crate) fn take_back(action: &Action, written: &mut LinkWritten) -> bool {
    match action {
        Action::MoveDeal { to, .. } if written.at.as_ref() == Some(to) => written.at = None,
        Action::SetResponsible { user, .. } if written.responsible.as_ref() == Some(user) => {
            written.responsible = None;
        }
        _ => return false,
    }
    true
}

/// What an action works on.
pub(crate) fn target(action: &Action) -> Option<(Entity, CrmId)> {
    let (entity, reference) = match action {
        Action::UpdateContact { contact, .. } | Action::OpenChat { contact } => {
            (Entity::Contact, contact)
        }
        Action::CreateDeal(draft) | Action::CreateLead(draft) => {
            (Entity::Contact, draft.contact.as_ref()?)
        }
        Action::UpdateDeal { deal, .. }
        | Action::MoveDeal { deal, .. }
        | Action::CreateTask { deal, .. } => (Entity::Deal, deal),
        Action::SetResponsible { of, id, .. } | Action::CreateActivity { of, id, .. } => (*of, id),
        Action::AddNote { to, id, .. } | Action::AttachFile { to, id, .. } => (*to, id),
        Action::EditNote { note, .. } => return Some((Entity::Note, note.clone())),
        Action::CreateContact(_)
        | Action::CreateUnsorted(_)
        | Action::UseDeal { .. }
        | Action::UseLead { .. }
        | Action::UseContact { .. } => return None,
    };
    Some((entity, resolved(reference)?))
}

/// The action with its references to earlier steps put in; `Err`: the step that was to make it did not.
pub(crate) fn resolve(
    action: &Action,
    made: &dyn Fn(usize, Entity) -> Option<CrmId>,
) -> Result<Action, usize> {
    let put = |reference: &mut Ref, entity: Entity| -> Result<(), usize> {
        match reference {
            Ref::Id(_) => Ok(()),
            Ref::Step(step) => {
                *reference = Ref::Id(made(*step, entity).ok_or(*step)?);
                Ok(())
            }
        }
    };
    let mut action = action.clone();
    match &mut action {
        Action::UpdateContact { contact, .. } | Action::OpenChat { contact } => {
            put(contact, Entity::Contact)?;
        }
        Action::CreateDeal(draft) | Action::CreateLead(draft) => {
            if let Some(contact) = &mut draft.contact {
                put(contact, Entity::Contact)?;
            }
        }
        Action::UpdateDeal { deal, .. }
        | Action::MoveDeal { deal, .. }
        | Action::CreateTask { deal, .. } => put(deal, Entity::Deal)?,
        Action::SetResponsible { of: entity, id, .. }
        | Action::CreateActivity { of: entity, id, .. }
        | Action::AddNote { to: entity, id, .. }
        | Action::EditNote { to: entity, id, .. }
        | Action::AttachFile { to: entity, id, .. } => put(id, *entity)?,
        Action::CreateContact(_)
        | Action::CreateUnsorted(_)
        | Action::UseDeal { .. }
        | Action::UseLead { .. }
        | Action::UseContact { .. } => {}
    }
    Ok(action)
}

/// What a step made, of this kind: a deal may be the one inside an «unsorted».
pub(crate) fn made(action: &Action, effect: &Effect, entity: Entity) -> Option<CrmId> {
    match (action, entity) {
        (Action::CreateUnsorted(_), Entity::Deal) => effect.deal.clone(),
        (Action::CreateUnsorted(_), Entity::Contact) => effect.contact.clone(),
        (Action::UseDeal { deal }, _) => Some(deal.clone()),
        (Action::UseLead { lead }, _) => Some(lead.clone()),
        (Action::UseContact { contact, .. }, _) => Some(contact.clone()),
        _ => effect.id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn makes_responsible(user: &str) -> Action {
        let (of, id) = (Entity::Deal, Ref::Id("31".into()));
        Action::SetResponsible { of, id, user: user.into() }
    }

    /// CRM-3: what was meant to be written and was refused is no echo that is to be expected: whom a
    /// person chooses later is their choice, though it be whom we had meant.
    #[test]
    fn crm_3_a_refused_write_is_awaited_no_more() {
        let mut written = LinkWritten::default();
        assert!(intend(&makes_responsible("5"), &mut written));
        assert!(!take_back(&makes_responsible("6"), &mut written), "another one was meant");
        assert_eq!(written.responsible, Some("5".into()));
        assert!(take_back(&makes_responsible("5"), &mut written));
        assert_eq!(written, LinkWritten::default());
    }

    /// CRM-3: the CRM did not take whom we named and chose somebody itself.
    #[test]
    fn crm_3_a_responsible_who_was_left_out_is_awaited_no_more() {
        let mut row = LinkRow {
            link_id: uuid::Uuid::nil(),
            portal_id: domain::ids::PortalId(uuid::Uuid::nil()),
            entity: Entity::Deal,
            external_id: "31".into(),
            contact_id: domain::ids::ContactId(uuid::Uuid::nil()),
            conversation_id: None,
            data: LinkData { responsible: Some("4".into()), ..LinkData::default() },
            state: LinkState::Open,
            written: LinkWritten::default(),
            created_at: chrono::DateTime::UNIX_EPOCH,
            updated_at: chrono::DateTime::UNIX_EPOCH,
        };
        let action = makes_responsible("5");
        intend(&action, &mut row.written);
        let effect = Effect { dropped_responsible: Some("5".into()), ..Effect::default() };
        let after = |before: &[LinkRow]| {
            left(
                &action,
                &effect,
                before,
                &Known::default(),
                &Directory::default(),
                Instant::UNIX_EPOCH,
            )
        };
        let left = after(&[row]);
        assert_eq!((left.len(), &left[0].written), (1, &LinkWritten::default()));
        assert_eq!(left[0].data.responsible, Some("4".into()));
        assert!(after(&[]).is_empty(), "nothing is linked by it");
    }
}
