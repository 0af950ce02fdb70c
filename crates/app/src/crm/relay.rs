//! From the account's feed to CRM jobs. The feed is the only source, as for outgoing webhooks: the hot
//! path of accepting messages knows nothing of CRMs, and nothing is skipped or doubled, because the
//! cursor moves in the transaction that queues the jobs.

use std::collections::BTreeSet;

use domain::{
    conversation::{ConversationState, Direction},
    event::EventKind,
    ids::{AccountId, ContactId, ConversationId, IntegrationId, PortalId},
};
use serde_json::{Value, json};
use store::{Concerned, CrmFeedEvent, NewJob, TenantTx};

use crate::{App, Result, Work, work::MirrorCause};

/// Whose runners talk to CRMs.
pub(crate) const QUEUE: &str = "crm";
/// Events read in one transaction.
const MOST_EVENTS: i64 = 100;

/// What an event means for the CRMs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Concern {
    /// There is something to pass on.
    Sync(ConversationId),
    /// Only the chat inside the CRM shows it: an edit, a delivery.
    Mirror(ConversationId),
    /// A contact's data changed.
    Contact(ContactId),
}

impl App {
    /// Turns the account's newest events into CRM jobs. Returns whether it did.
    ///
    /// Several processes may call it at once: the feed's row lock lets one of them do it.
    pub async fn crm_relay(&self, account: AccountId) -> Result<bool> {
        let mut tx = self.store.tenant(account).await?;
        let Some(cursor) = tx.lock_lagging_crm_feed().await? else { return Ok(false) };
        let events = tx.crm_feed_after(cursor, MOST_EVENTS).await?;
        if events.first().is_some_and(|first| first.seq != cursor + 1) {
            // Only after days without a worker: what was missed is found when the conversations go
            // on, because a job takes everything that was not passed on.
            tracing::error!(account.id = %account, "events were pruned before the CRMs saw them");
        }
        let Some(last) = events.last().map(|e| e.seq) else { return Ok(false) };
        let (mut sync, mut mirror, mut contacts) = Default::default();
        for event in &events {
            note(concern(event), &mut sync, &mut mirror, &mut contacts);
        }
        let all: Vec<ConversationId> = sync.union(&mirror).copied().collect();
        let contacts: Vec<ContactId> = contacts.into_iter().collect();
        for c in tx.crm_concerned(&all, &contacts).await? {
            // A conversation that came by its contact is in neither set: it is passed on.
            let passed = sync.contains(&c.conversation) || !mirror.contains(&c.conversation);
            let shown = c.chats && all.contains(&c.conversation);
            let cause = match sync.contains(&c.conversation) {
                true => MirrorCause::Words,
                false => MirrorCause::Changes,
            };
            let shown = shown.then(|| shown_in_chat(&c, cause));
            pass_on(&mut tx, &c, passed.then(|| synced(&c)), shown);
        }
        tx.advance_crm_feed(last).await?;
        tx.commit().await?;
        Ok(true)
    }
}

fn note(
    concern: Option<Concern>,
    sync: &mut BTreeSet<ConversationId>,
    mirror: &mut BTreeSet<ConversationId>,
    contacts: &mut BTreeSet<ContactId>,
) {
    match concern {
        Some(Concern::Sync(id)) => drop(sync.insert(id)),
        Some(Concern::Mirror(id)) => drop(mirror.insert(id)),
        Some(Concern::Contact(id)) => drop(contacts.insert(id)),
        None => {}
    }
}

/// Queues all that a conversation has for a CRM, whatever of it is there already.
pub(super) fn pass_all_on(tx: &mut TenantTx, c: &Concerned) {
    pass_on(tx, c, Some(synced(c)), c.chats.then(|| shown_in_chat(c, MirrorCause::Words)));
}

/// In the order in which the CRM gets to see them.
fn pass_on(tx: &mut TenantTx, c: &Concerned, synced: Option<NewJob>, shown: Option<NewJob>) {
    let both = if c.chats_first { [shown, synced] } else { [synced, shown] };
    for job in both.into_iter().flatten() {
        tx.push(job);
    }
}

fn synced(c: &Concerned) -> NewJob {
    sync_job(c.portal, c.contact, c.integration, c.conversation)
}

fn shown_in_chat(c: &Concerned, cause: MirrorCause) -> NewJob {
    let work = Work::MirrorChat { integration: c.integration, conversation: c.conversation, cause };
    job(c.portal, c.contact, &work)
}

/// Per contact and portal in order.
pub(crate) fn lane(portal: PortalId, contact: ContactId) -> String {
    format!("crm:{portal}:{contact}")
}

pub(crate) fn sync_job(
    portal: PortalId,
    contact: ContactId,
    integration: IntegrationId,
    conversation: ConversationId,
) -> NewJob {
    let contact_id = Some(contact);
    job(portal, contact, &Work::SyncCrm { integration, conversation, contact: contact_id })
}

pub(crate) fn job(portal: PortalId, contact: ContactId, work: &Work) -> NewJob {
    NewJob { lane: lane(portal, contact), queue: QUEUE, payload: json!(work), run_at: None }
}

fn concern(event: &CrmFeedEvent) -> Option<Concern> {
    let kind = EventKind::ALL.into_iter().find(|kind| kind.as_str() == event.kind)?;
    let text = |pointer: &str| event.payload.pointer(pointer).and_then(Value::as_str);
    match kind {
        EventKind::MessageCreated => {
            let said = [Direction::Inbound, Direction::Outbound].map(Direction::as_str);
            let direction = text("/message/direction")?;
            said.contains(&direction).then_some(Concern::Sync(event.conversation_id?))
        }
        EventKind::MessageChanged => Some(Concern::Mirror(event.conversation_id?)),
        EventKind::ConversationChanged => {
            let closed = text("/conversation/state")? == ConversationState::Closed.as_str();
            closed.then_some(Concern::Sync(event.conversation_id?))
        }
        EventKind::ContactChanged => {
            text("/contact/contact_id")?.parse().ok().map(Concern::Contact)
        }
        EventKind::ConversationCreated
        | EventKind::ChannelChanged
        | EventKind::EmployeeChanged
        | EventKind::QuarantineAdded
        | EventKind::RoutingAlarm
        | EventKind::ConversationRead
        | EventKind::DraftChanged
        | EventKind::DirectoryChanged
        | EventKind::CrmChanged
        | EventKind::NumberChecked => None,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn event(kind: EventKind, payload: Value) -> CrmFeedEvent {
        CrmFeedEvent {
            seq: 1,
            kind: kind.as_str().to_owned(),
            conversation_id: Some(ConversationId(Uuid::from_u128(7))),
            payload,
        }
    }

    #[test]
    fn crm_2_words_and_closings_concern_the_crm_and_our_own_lines_do_not() {
        let here = ConversationId(Uuid::from_u128(7));
        let contact = ContactId(Uuid::from_u128(9));
        for (kind, payload, expect) in [
            (
                EventKind::MessageCreated,
                json!({"message": {"direction": "inbound"}}),
                Some(Concern::Sync(here)),
            ),
            (
                EventKind::MessageCreated,
                json!({"message": {"direction": "outbound"}}),
                Some(Concern::Sync(here)),
            ),
            (EventKind::MessageCreated, json!({"message": {"direction": "system"}}), None),
            (EventKind::MessageCreated, json!({"message": {"direction": "note"}}), None),
            (EventKind::MessageChanged, json!({}), Some(Concern::Mirror(here))),
            (
                EventKind::ConversationChanged,
                json!({"conversation": {"state": "closed"}}),
                Some(Concern::Sync(here)),
            ),
            (EventKind::ConversationChanged, json!({"conversation": {"state": "in_work"}}), None),
            (
                EventKind::ContactChanged,
                json!({"contact": {"contact_id": contact}}),
                Some(Concern::Contact(contact)),
            ),
            (EventKind::CrmChanged, json!({}), None),
            (EventKind::NumberChecked, json!({}), None),
        ] {
            assert_eq!(concern(&event(kind, payload.clone())), expect, "{kind:?} {payload}");
        }
    }
}
