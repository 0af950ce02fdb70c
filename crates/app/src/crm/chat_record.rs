//! The record of «Неразобранное» that amoCRM itself makes of a chat's first message (AMO-4 beside AMO-13):
//! found once, and then ours like any other. Tasks, notes, the stage and its acceptance follow from it.

use std::time::Duration;

use crm::ChatRecord;
use domain::crm::{AmoMethod, Entity, Settings, UnsortedState};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{LinkData, LinkState, LinkWritten, NewLink};

use super::{
    chat_calls::{chats, refused},
    gather::Gathered,
    relay::sync_job,
    visit::{Visit, calling},
};
use crate::{App, Error, JobError, Result};

/// Looks that follow a chat's first words at once, with growing pauses: the CRM takes a moment.
const AT_ONCE: u32 = 3;
/// One more goes with the words that follow, until so many were in vain: a chat that belongs to a contact
/// already gets no record.
const MOST_LOOKS: u32 = 6;

/// What is kept of the search for a record, as `sought` beside what else is known of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sought {
    /// The position before the message that makes it.
    before: i64,
    /// Looks that found none.
    looks: u32,
    /// Looks that the words shown so far are worth.
    due: u32,
}

impl Sought {
    /// `heard`: the position of a customer's words that are news there. `None`: no look is due.
    fn next(kept: Option<Self>, heard: Option<i64>) -> Option<Self> {
        let now = match (kept, heard) {
            (None, None) => return None,
            (None, Some(position)) => Self { before: position - 1, looks: 0, due: AT_ONCE },
            (Some(kept), None) => kept,
            (Some(kept), Some(_)) => {
                Self { due: kept.due.max(kept.looks + 1).min(MOST_LOOKS), ..kept }
            }
        };
        (now.looks < now.due).then_some(now)
    }

    /// After another look in vain.
    fn in_vain(self) -> Self {
        Self { looks: self.looks + 1, ..self }
    }

    /// When to look again without further words.
    fn pause(self) -> Option<Duration> {
        (self.looks < self.due).then(|| Duration::from_secs(self.looks.into()))
    }
}

/// Whether the record of a chat is to be looked for: as it was noted with words that are shown there, or
/// because of such words now.
pub(super) fn sought(gathered: &Gathered, heard: Option<i64>) -> Option<Sought> {
    if !is_wanted(gathered) {
        return None;
    }
    let chat = gathered.enquiry.chat.as_ref();
    let kept = chat.and_then(|chat| Sought::deserialize(chat.get("sought")?).ok());
    Sought::next(kept, heard)
}

impl App {
    /// Looks for the record of a chat that is shown, and links it with the conversation. Returns when to
    /// look again.
    pub(super) async fn find_chat_record(
        &self,
        visit: &mut Visit<'_>,
        gathered: &Gathered,
        name: &str,
        client: &crm::ChatPerson,
        sought: Sought,
        attempts: i32,
    ) -> Result<Option<Duration>, JobError> {
        let fault = |error: Error| JobError::of(&error, attempts);
        let source = gathered.conversation.channel_id.to_string();
        let call = calling!(visit, adapter, caller => async {
            chats(&*adapter)?.open(&caller, name, Some(&source), client).await
        });
        let found = match refused(call, attempts)? {
            Ok(opened) => {
                let chat = opened.chat_id;
                let call = calling!(visit, adapter, caller => async {
                    chats(&*adapter)?.record(&caller, &chat).await
                });
                refused(call, attempts)?.ok().flatten()
            }
            Err(_) => None,
        };
        match found {
            Some(record) => {
                self.keep_chat_record(visit, gathered, sought, record).await.map_err(fault)?;
                Ok(None)
            }
            None => {
                let sought = sought.in_vain();
                self.keep_search(visit, gathered, sought).await.map_err(fault)?;
                Ok(sought.pause())
            }
        }
    }

    async fn keep_search(
        &self,
        visit: &Visit<'_>,
        gathered: &Gathered,
        sought: Sought,
    ) -> Result<()> {
        let integration = gathered.integration.integration_id;
        let conversation = gathered.conversation.conversation_id;
        let mut tx = self.store.tenant(visit.account).await?;
        tx.note_crm_chat(integration, conversation, &json!({ "sought": sought })).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn keep_chat_record(
        &self,
        visit: &Visit<'_>,
        gathered: &Gathered,
        sought: Sought,
        record: ChatRecord,
    ) -> Result<()> {
        let portal = gathered.portal.portal_id;
        let integration = gathered.integration.integration_id;
        let conversation = gathered.conversation.conversation_id;
        let mut tx = self.store.tenant(visit.account).await?;
        tx.lock_crm_links(portal, gathered.conversation.contact_id).await?;
        // They may have been merged during the calls: the record is of whom the conversation is with now.
        let Some(contact) = tx.hold_crm_person(conversation).await? else { return Ok(()) };
        let known = json!({ "record": record.uid, "sought": null });
        tx.note_crm_chat(integration, conversation, &known).await?;
        let mut enquiry = tx.lock_crm_enquiry(integration, conversation).await?;
        let data =
            LinkData { deal: record.deal.clone(), contact: record.contact, ..LinkData::default() };
        let unsorted = (Entity::Unsorted, record.uid, LinkState::Waiting, data);
        let inside = LinkData { created_at: Some(self.clock.now()), ..LinkData::default() };
        let deal = record.deal.map(|deal| (Entity::Deal, deal, LinkState::Open, inside));
        for (entity, external_id, state, data) in std::iter::once(unsorted).chain(deal) {
            enquiry.uses.insert(entity, external_id.clone());
            tx.put_crm_link(&NewLink {
                link_id: self.ids.uuid(),
                portal_id: portal,
                entity,
                external_id,
                contact_id: contact,
                conversation_id: Some(conversation),
                data,
                state,
                written: LinkWritten::default(),
                created_at: self.clock.now(),
            })
            .await?;
        }
        // What was passed on before there was a record had no place: its task and its words get theirs
        // now.
        enquiry.passed_position = enquiry.passed_position.min(sought.before);
        tx.push(sync_job(portal, contact, integration, conversation));
        tx.save_crm_enquiry(&enquiry).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Until one is found; and once more when that was declined: its chat makes a new one then.
fn is_wanted(gathered: &Gathered) -> bool {
    let Settings::Amo(amo) = &gathered.integration.settings else { return false };
    if !matches!(amo.method, AmoMethod::Unsorted { .. }) {
        return false;
    }
    let known = gathered.facts.links.unsorted.as_ref().filter(|record| record.of_this);
    let found = gathered.enquiry.chat.as_ref().and_then(|chat| chat.get("record")?.as_str());
    match (known, found) {
        (None, found) => found.is_none(),
        // It came before this chat, of which the CRM makes another; an accepted one has its deal.
        (Some(record), None) => record.state != UnsortedState::Accepted,
        (Some(record), Some(found)) => {
            record.state == UnsortedState::Declined && record.uid.as_str() == found
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amo_4_a_record_is_looked_for_thrice_and_then_with_further_words_some_times() {
        assert_eq!(Sought::next(None, None), None, "nobody said anything");
        let mut now = Sought::next(None, Some(4)).expect("the first words");
        assert_eq!(now.before, 3);
        let mut pauses = Vec::new();
        while let Some(due) = Sought::next(Some(now), None) {
            now = due.in_vain();
            pauses.extend(now.pause());
        }
        assert_eq!(pauses, [1, 2].map(Duration::from_secs));
        let mut words = 0;
        while let Some(due) = Sought::next(Some(now), Some(9)) {
            now = due.in_vain();
            assert_eq!((now.before, now.pause()), (3, None), "one look, for the first words");
            words += 1;
        }
        assert_eq!((words, now.looks), (3, MOST_LOOKS));
    }

    #[test]
    fn amo_4_words_that_come_while_a_record_is_looked_for_take_no_look_away() {
        let now = Sought::next(None, Some(1)).expect("the first words").in_vain();
        assert_eq!(Sought::next(Some(now), Some(2)), Some(now));
    }
}
