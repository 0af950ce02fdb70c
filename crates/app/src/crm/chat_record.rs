//! The record of «Неразобранное» that amoCRM itself makes of a chat's first message (AMO-4 beside AMO-13):
//! found once, and then ours like any other. Tasks, notes, the stage and its acceptance follow from it.

use crm::{Caller, ChatRecord, Crm, CrmError};
use domain::{
    crm::{AmoMethod, CrmId, Entity, Settings, UnsortedState},
    ids::ContactId,
};
use serde_json::json;
use store::{LinkData, LinkState, LinkWritten, NewLink};

use super::{
    chat_open::open,
    gather::Gathered,
    mirror::{chats, refused},
    relay::sync_job,
    visit::{Visit, calling},
};
use crate::{App, Error, JobError, Result};

impl App {
    /// Looks for the record of a chat that has just been shown, and links it with the conversation.
    /// `before`: the position before the message that made it.
    /// Looked for once: a chat that belongs to a contact already gets none.
    pub(super) async fn find_chat_record(
        &self,
        visit: &mut Visit<'_>,
        gathered: &Gathered,
        name: &str,
        client: &crm::ChatPerson,
        before: i64,
        attempts: i32,
    ) -> Result<(), JobError> {
        if !is_wanted(gathered) {
            return Ok(());
        }
        let source = gathered.conversation.channel_id.to_string();
        let call = calling!(visit, adapter, caller => {
            open(&*adapter, &caller, name, &source, client)
        });
        let found = match refused(call, attempts)? {
            Ok(opened) => {
                let chat = opened.chat_id;
                let call = calling!(visit, adapter, caller => record(&*adapter, &caller, &chat));
                refused(call, attempts)?.ok().flatten()
            }
            Err(_) => None,
        };
        let kept = self.keep_chat_record(visit, gathered, before, found).await;
        kept.map_err(|error| JobError::of(&error, attempts))
    }

    async fn keep_chat_record(
        &self,
        visit: &Visit<'_>,
        gathered: &Gathered,
        before: i64,
        found: Option<ChatRecord>,
    ) -> Result<()> {
        let integration = gathered.integration.integration_id;
        let conversation = gathered.conversation.conversation_id;
        let mut tx = self.store.tenant(visit.account).await?;
        let uid = found.as_ref().map(|record| record.uid.clone());
        tx.note_crm_chat(integration, conversation, &json!({ "record": uid })).await?;
        let Some(record) = found else {
            tx.commit().await?;
            return Ok(());
        };
        let contact: ContactId = gathered.conversation.contact_id;
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
                portal_id: gathered.portal.portal_id,
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
        enquiry.passed_position = enquiry.passed_position.min(before);
        tx.push(sync_job(gathered.portal.portal_id, contact, integration, conversation));
        tx.save_crm_enquiry(&enquiry).await?;
        tx.commit().await?;
        Ok::<_, Error>(())
    }
}

/// Of the first look, and of another one after the record was declined: its chat makes a new one then.
fn is_wanted(gathered: &Gathered) -> bool {
    let Settings::Amo(amo) = &gathered.integration.settings else { return false };
    if !matches!(amo.method, AmoMethod::Unsorted { .. }) {
        return false;
    }
    let known = gathered.facts.links.unsorted.as_ref().filter(|record| record.of_this);
    let looked = gathered.enquiry.chat.as_ref().and_then(|chat| chat.get("record"));
    match (known, looked) {
        (None, looked) => looked.is_none(),
        (Some(record), _) if record.state != UnsortedState::Declined => false,
        // What was found last is the one that was declined.
        (Some(record), Some(found)) => found.as_str() == Some(record.uid.as_str()),
        (Some(_), None) => true,
    }
}

async fn record(
    adapter: &dyn Crm,
    caller: &Caller<'_>,
    chat: &CrmId,
) -> std::result::Result<Option<ChatRecord>, CrmError> {
    chats(adapter)?.record(caller, chat).await
}
