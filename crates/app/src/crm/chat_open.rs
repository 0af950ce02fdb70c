//! The chat of a conversation inside the CRM: made and bound to the contact before its first message, so
//! that no «unsorted» is made of it (AMO-13).

use crm::ChatPerson;
use domain::{
    crm::{AmoMethod, CrmId, Effect, PortalTrouble, Settings, names},
    view::ConversationView,
};
use store::{BegunChat, EnquiryRow};

use super::{
    chat_calls::chats,
    gather::Gathered,
    visit::{Fault, Visit, calling},
};
use crate::{App, JobError};

impl App {
    /// Makes the chat and binds it. Safe to repeat: the service knows the conversation again.
    pub(super) async fn open_crm_chat(
        &self,
        visit: &mut Visit<'_>,
        gathered: &Gathered,
        contact: &CrmId,
    ) -> Result<Effect, Fault> {
        let client = chat_client(gathered);
        if let Some(chat) = self.begun_chat(gathered).await? {
            return Ok(Effect { id: Some(CrmId(chat.chat_id)), ..Effect::default() });
        }
        if visit.portal.chat.as_ref().is_none_or(|chat| chat.scope_id.is_none()) {
            return Err(Fault::Rejected(PortalTrouble::ChatsRefused.reason()));
        }
        let settings = &gathered.integration.settings;
        let conversation =
            chat_name(settings, Some(&gathered.enquiry), None, &gathered.conversation);
        let source = gathered.conversation.channel_id.to_string();
        let opened = calling!(visit, adapter, caller => async {
            chats(&*adapter)?.open(&caller, &conversation, Some(&source), &client).await
        })?;
        let chat = opened.chat_id;
        calling!(visit, adapter, caller => async {
            chats(&*adapter)?.bind(&caller, &chat, contact).await
        })?;
        Ok(Effect { id: Some(chat), ..Effect::default() })
    }

    /// The chat that a user of the CRM began with this person: it is at their contact already.
    async fn begun_chat(&self, gathered: &Gathered) -> Result<Option<BegunChat>, Fault> {
        let begun = async {
            let mut tx = self.store.tenant(gathered.portal.account).await?;
            tx.begun_crm_chat(gathered.portal.portal_id, gathered.conversation.identity_id).await
        };
        begun.await.map_err(|error| Fault::Later(JobError::of(&error.into(), 0)))
    }
}

/// How the chats service knows the chat of a conversation. A chat is a person in a channel, as in the
/// messenger: the next conversation goes on in it. With «Неразобранное» it is the conversation alone, because
/// amoCRM makes one record of a chat, and every enquiry is to have its own (AMO-4). One that a user of the
/// CRM began, or wrote in since, is gone on with. The name is kept with the first message that is shown:
/// what was shown without one was by the former program, to which every chat was a person in a channel.
pub(super) fn chat_name(
    settings: &Settings,
    enquiry: Option<&EnquiryRow>,
    begun: Option<&BegunChat>,
    c: &ConversationView,
) -> String {
    let kept =
        enquiry.and_then(|row| row.chat.as_ref()).and_then(|chat| chat.get("name")?.as_str());
    let unsorted = matches!(
        settings,
        Settings::Amo(amo) if matches!(amo.method, AmoMethod::Unsorted { .. })
    );
    let shown = enquiry.is_some_and(|row| row.chat_position > 0);
    match kept {
        Some(name) => name.to_owned(),
        None if unsorted && begun.is_none() && !shown => c.conversation_id.to_string(),
        None => c.identity_id.to_string(),
    }
}

/// The client as the chats service is told of them: by our identity, which is one person in one channel.
pub(super) fn chat_client(gathered: &Gathered) -> ChatPerson {
    let contact = &gathered.facts.contact;
    ChatPerson {
        id: gathered.conversation.identity_id.to_string(),
        ref_id: None,
        name: names::person(&gathered.facts),
        phone: contact.phones.first().cloned(),
        email: contact.emails.first().cloned(),
    }
}
