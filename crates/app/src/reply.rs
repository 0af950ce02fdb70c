//! The way out: an employee's answer or note, stored and queued in one transaction.

use domain::{
    content::Content,
    conversation::{ConversationState, Direction},
    delivery::DeliveryStatus,
    ids::{AttachmentId, ConversationId, EmployeeId, MessageId},
    people::Right,
    text::Words,
    view::{ConversationView, MessageView, SystemLine},
};
use store::{ChannelRow, MessageRow, NewMessage, StoredBody, TenantTx};

use crate::{
    Actor, App, Error, Result,
    compose::{check_client_id, check_text, compose},
    conversation_events::append_conversation,
    drafts,
    our_messages::{insert, send_job, send_off},
};

/// An answer or a note as an operator wrote it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The sender's own id of it: a repeat gives the stored message. Empty: nobody repeats it.
    pub client_id: String,
    pub text: String,
    /// Uploads of this employee.
    pub files: Vec<AttachmentId>,
    pub reply_to: Option<MessageId>,
    pub kind: DraftKind,
    /// Colleagues named in a note (CV-8).
    pub mentions: Vec<EmployeeId>,
    /// For channels with subjects; `None` keeps the conversation's.
    pub subject: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftKind {
    /// Goes to the customer.
    Answer,
    /// Stays among employees.
    Note,
}

const LONGEST_NOTE: usize = 10_000;
const MOST_MENTIONS: usize = 50;

impl App {
    /// Stores an answer or note and queues its sending. Answering a new conversation takes it.
    pub async fn reply(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        draft: Draft,
    ) -> Result<MessageView> {
        actor.require(Right::WorkConversations)?;
        check_client_id(&draft.client_id)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let Some(mut c) = tx.lock_conversation(conversation).await? else {
            return Err(Error::NotFound { what: "conversation" });
        };
        // Under the lock, so that two requests with one client id are one message.
        if let Some(stored) = tx.message_by_client_id(actor.employee, &draft.client_id).await? {
            return repeated(&mut tx, stored, conversation).await;
        }
        if !actor.viewer.sees(&c.audience()) {
            return Err(Error::NotFound { what: "conversation" });
        }
        check_named(&mut tx, conversation, &draft).await?;
        let before = c.audience();
        let mode = draft.kind.into();
        let view = match draft.kind {
            DraftKind::Note => self.write_note(&mut tx, actor, &mut c, draft).await?,
            DraftKind::Answer => self.answer(&mut tx, actor, &mut c, draft).await?,
        };
        tx.save_conversation(&c).await?;
        if c.audience() != before {
            append_conversation(&mut tx, &c, Some(before));
        }
        drafts::discard(&mut tx, actor, &c, mode).await?;
        tx.commit().await?;
        Ok(view)
    }

    async fn write_note(
        &self,
        tx: &mut TenantTx,
        actor: &Actor,
        c: &mut ConversationView,
        draft: Draft,
    ) -> Result<MessageView> {
        check_text(&draft.text, LONGEST_NOTE)?;
        let text = StoredBody::Said(Content::text(draft.text));
        // A note moves neither the preview nor the clock of auto-close: the customer sees nothing.
        let new = NewMessage {
            author_id: Some(actor.employee),
            reply_to: draft.reply_to,
            client_id: Some(draft.client_id),
            mentions: draft.mentions,
            ..self.next_message(c, Direction::Note, text)
        };
        insert(tx, c, new).await
    }

    async fn answer(
        &self,
        tx: &mut TenantTx,
        actor: &Actor,
        c: &mut ConversationView,
        draft: Draft,
    ) -> Result<MessageView> {
        if c.state == ConversationState::Closed {
            return Err(closed());
        }
        let Some(channel) = tx.channel(c.channel_id).await? else { return Err(channel_removed()) };
        let files = draft.files.clone();
        let view = self.say(tx, c, &channel, Some(actor.employee), draft).await?;
        if !files.is_empty() && !tx.attach_uploads(actor.employee, view.message_id, &files).await? {
            return Err(Error::invalid(
                "files",
                "unknown_file",
                Words::new(
                    "Файл не найден или уже отправлен. Загрузите его ещё раз.",
                    "A file was not found or was sent already. Upload it again.",
                ),
            ));
        }
        Ok(view)
    }

    /// An answer that a person wrote elsewhere (in a CRM's chat), to a locked conversation; the caller
    /// saves it. `by`: their employee here; `None`: the answer is a person's, but nobody's here. Files
    /// are rows already.
    pub(crate) async fn answer_from_elsewhere(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        channel: &ChannelRow,
        by: Option<EmployeeId>,
        draft: Draft,
    ) -> Result<MessageView> {
        let files = draft.files.clone();
        let view = self.say(tx, c, channel, by, draft).await?;
        tx.attach(view.message_id, &files).await?;
        Ok(view)
    }

    /// What a person says to the customer.
    async fn say(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        channel: &ChannelRow,
        by: Option<EmployeeId>,
        draft: Draft,
    ) -> Result<MessageView> {
        let capabilities = self.driver(channel)?.capabilities();
        let files = tx.attachments(&draft.files).await?;
        let content = compose(&capabilities, c, &draft, &files)?;
        if let Some(employee) = by {
            self.take_part(tx, c, employee).await?;
        }
        let new = NewMessage {
            author_id: by,
            reply_to: draft.reply_to,
            client_id: Some(draft.client_id).filter(|id| !id.is_empty()),
            ..self.next_message(c, Direction::Outbound, StoredBody::Said(content))
        };
        c.waiting_since = None;
        c.first_answer_at.get_or_insert(new.at);
        send_off(tx, c, channel, new).await
    }

    /// Whoever answers takes a new conversation, and joins one that is not theirs.
    async fn take_part(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        employee: EmployeeId,
    ) -> Result<()> {
        if c.state == ConversationState::New {
            return self.take_locked(tx, employee, c).await;
        }
        if c.assignee_id != Some(employee)
            && tx.add_participant(c.conversation_id, employee).await?
        {
            self.system_line(tx, c, SystemLine::Joined { by: employee }).await?;
        }
        Ok(())
    }

    /// An operator decides about a message whose fate is uncertain or that failed: send it again.
    pub async fn send_again(&self, actor: &Actor, message: MessageId) -> Result<MessageView> {
        actor.require(Right::WorkConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let Some(row) = tx.message(message).await? else {
            return Err(Error::NotFound { what: "message" });
        };
        let Some(c) = tx.lock_conversation(row.conversation_id).await? else {
            return Err(Error::NotFound { what: "message" });
        };
        if !actor.viewer.sees(&c.audience()) {
            return Err(Error::NotFound { what: "message" });
        }
        // Read again under the lock: two clicks must send once.
        let Some(row) = tx.message(message).await? else {
            return Err(Error::NotFound { what: "message" });
        };
        match row.status {
            Some(DeliveryStatus::Failed | DeliveryStatus::Uncertain) => {}
            _ => {
                return Err(Error::conflict(
                    "not_failed",
                    Words::new(
                        "Это сообщение уже отправлено или отправляется.",
                        "This message is sent or on its way already.",
                    ),
                ));
            }
        }
        tx.set_status(message, DeliveryStatus::Queued, None).await?;
        crate::inbound::append_changed(&mut tx, message, &c.audience()).await?;
        tx.push(send_job(c.conversation_id, message));
        let row = tx.message(message).await?.ok_or(Error::NotFound { what: "message" })?;
        let view = tx.message_view(row).await?;
        tx.commit().await?;
        Ok(view)
    }
}

/// A repeat of a request that is stored already.
async fn repeated(
    tx: &mut TenantTx,
    stored: MessageRow,
    conversation: ConversationId,
) -> Result<MessageView> {
    if stored.conversation_id != conversation {
        return Err(Error::conflict(
            "client_id_used",
            Words::new(
                "Этот client_id уже использован в другом обращении. Возьмите новый.",
                "This client_id was used in another conversation. Take a new one.",
            ),
        ));
    }
    Ok(tx.message_view(stored).await?)
}

/// What a draft names must be there: a message of this conversation, colleagues of this company.
async fn check_named(tx: &mut TenantTx, conversation: ConversationId, draft: &Draft) -> Result<()> {
    if let Some(quoted) = draft.reply_to
        && tx.message(quoted).await?.is_none_or(|m| m.conversation_id != conversation)
    {
        return Err(Error::invalid(
            "reply_to",
            "unknown",
            Words::new(
                "Такого сообщения в этом обращении нет.",
                "No such message in this conversation.",
            ),
        ));
    }
    if draft.mentions.len() > MOST_MENTIONS {
        return Err(Error::invalid(
            "mentions",
            "too_many",
            Words::new(
                format!("Можно упомянуть не больше {MOST_MENTIONS} коллег."),
                format!("At most {MOST_MENTIONS} colleagues can be named."),
            ),
        ));
    }
    for (n, colleague) in draft.mentions.iter().enumerate() {
        if tx.employee(*colleague).await?.is_none() {
            return Err(Error::invalid(
                &format!("mentions[{n}]"),
                "unknown",
                Words::new("Такого сотрудника нет.", "No such employee."),
            ));
        }
    }
    Ok(())
}

fn closed() -> Error {
    Error::conflict(
        "conversation_closed",
        Words::new(
            "Обращение уже закрыто. Напишите клиенту новое обращение.",
            "The conversation is closed. Write to the client anew.",
        ),
    )
}

fn channel_removed() -> Error {
    Error::conflict(
        "channel_removed",
        Words::new(
            "Канал этого обращения удалён, ответить через него нельзя.",
            "This conversation's channel was removed; it cannot carry an answer.",
        ),
    )
}
