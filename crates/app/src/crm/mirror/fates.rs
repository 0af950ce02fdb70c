//! What became of messages, told to the CRM's chat: of those that its users wrote, and of ours that failed
//! (AMO-13, WA-2).

use crm::{ChatBody, ChatMessage, ChatMessageRef, ChatStatus, ChatWriter};
use domain::{
    delivery::DeliveryStatus,
    text::{Language, Words},
};
use store::{ChatFate, FateOf};

use super::{
    super::{
        chat_calls::{chats, refused},
        chat_refusal::{CANNOT_BE_WRITTEN_TO, NOT_SENT},
        visit::{Visit, calling},
    },
    Backlog,
};
use crate::{App, JobError};

impl App {
    /// What became of a message; WA-2: a failure of one that was written in the CRM also in words,
    /// unless the company wants none.
    pub(super) async fn tell_fate(
        &self,
        visit: &mut Visit<'_>,
        backlog: &Backlog,
        fate: &ChatFate,
        attempts: i32,
    ) -> Result<(), JobError> {
        let status = match fate.status {
            DeliveryStatus::Delivered => ChatStatus::Delivered,
            DeliveryStatus::Read => ChatStatus::Read,
            _ => failure(fate, backlog.gathered.facts.company.language),
        };
        let in_words = fate.of == FateOf::Theirs && !backlog.settings.hide_errors;
        if let (ChatStatus::Failed { why, .. }, true) = (&status, in_words) {
            let message = self.fault_line(backlog, &fate.external_id, why);
            self.post_all(visit, &[message], attempts).await?;
        }
        let call = calling!(visit, adapter, caller => async {
            chats(&*adapter)?.status(&caller, &fate.external_id, &status).await
        });
        if refused(call, attempts)?.is_err() {
            let (id, status) = (visit.portal.portal_id, visit.refused_with());
            tracing::warn!(portal.id = %id, http.status = status, "a status was not taken");
        }
        let told = async {
            let mut tx = self.store.tenant(visit.account).await?;
            match fate.of {
                FateOf::Theirs => {
                    let portal = visit.portal.portal_id;
                    tx.told_crm_chat(portal, &fate.external_id, fate.status).await?;
                }
                FateOf::Ours(message) => {
                    let (integration, _) = backlog.ids();
                    tx.told_crm_chat_shown(integration, message, fate.status).await?;
                }
            }
            tx.commit().await
        };
        told.await.map(|_| ()).map_err(|error| JobError::of(&error.into(), attempts))
    }

    /// WA-2: a line of our bot below the message that did not arrive.
    fn fault_line(&self, backlog: &Backlog, external_id: &str, why: &str) -> ChatMessage {
        ChatMessage {
            id: format!("err_{external_id}"),
            conversation_id: backlog.chat.clone(),
            conversation_ref: backlog.begun.as_ref().map(|chat| chat.chat_id.clone()),
            source: Some(backlog.gathered.conversation.channel_id.to_string()),
            client: backlog.client.clone(),
            writer: ChatWriter::Bot { name: "Беседа".to_owned() },
            body: ChatBody::Text(match backlog.gathered.facts.company.language {
                Language::Ru => format!("[Ошибка] {why}"),
                Language::En => format!("[Error] {why}"),
            }),
            reply_to: Some(ChatMessageRef::Theirs(external_id.to_owned())),
            silent: true,
            at: self.clock.now(),
        }
    }
}

fn failure(fate: &ChatFate, language: Language) -> ChatStatus {
    let (code, [ru, en]) = match fate.reachable {
        true => (NOT_SENT, ["Сообщение не доставлено.", "The message was not delivered."]),
        false => (
            CANNOT_BE_WRITTEN_TO,
            ["Этому клиенту нельзя написать.", "This client cannot be written to."],
        ),
    };
    let reason = fate.failure.as_deref().unwrap_or_default();
    let said = |words: &str| format!("{words} {reason}").trim_end().to_owned();
    let why = Words::new(said(ru), said(en)).said_in(language).to_owned();
    ChatStatus::Failed { code, why }
}
