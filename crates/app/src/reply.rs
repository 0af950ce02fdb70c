//! The way out: an operator's answer or note, stored and queued in one transaction.

use domain::{
    channel::Capabilities,
    clock::Instant,
    content::Content,
    conversation::{ConversationState, Direction},
    delivery::DeliveryStatus,
    event::{EventKind, NewEvent},
    ids::{AttachmentId, ConversationId, EmployeeId, MessageId},
    people::Right,
    text::Words,
    view::{ConversationTail, ConversationView, MessageView, SystemLine},
    visibility::Audience,
};
use serde_json::json;
use store::{AttachmentRow, ChannelRow, MessageRow, NewJob, NewMessage, StoredBody, TenantTx};

use crate::{Actor, App, Error, Invalid, Result, drafts, work::Work};

/// An answer or a note as an operator wrote it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The sender's own id of it: a repeat gives the stored message.
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
        let new = NewMessage {
            message_id: MessageId::new(&*self.ids),
            conversation_id: c.conversation_id,
            position: c.last_position + 1,
            channel_id: c.channel_id,
            direction: Direction::Note,
            author_id: Some(actor.employee),
            automatic: false,
            words: draft.text.clone(),
            body: StoredBody::Said(Content::text(draft.text)),
            reply_to: draft.reply_to,
            status: None,
            client_id: Some(draft.client_id),
            mentions: draft.mentions,
            at: self.clock.now(),
        };
        // A note moves neither the preview nor the clock of auto-close: the customer sees nothing.
        c.last_position += 1;
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
            return Err(Error::conflict(
                "conversation_closed",
                Words::new(
                    "Обращение уже закрыто. Напишите клиенту новое обращение.",
                    "The conversation is closed. Write to the client anew.",
                ),
            ));
        }
        let Some(channel) = tx.channel(c.channel_id).await? else {
            return Err(Error::conflict(
                "channel_removed",
                Words::new(
                    "Канал этого обращения удалён, ответить через него нельзя.",
                    "This conversation's channel was removed; it cannot carry an answer.",
                ),
            ));
        };
        let capabilities = self.driver(&channel)?.capabilities();
        let files = tx.attachments(&draft.files).await?;
        let content = compose(&capabilities, c, &draft, &files)?;
        if c.state == ConversationState::New {
            self.take_locked(tx, actor.employee, c).await?;
        } else if c.assignee_id != Some(actor.employee)
            && tx.add_participant(c.conversation_id, actor.employee).await?
        {
            self.system_line(tx, c, SystemLine::Joined { by: actor.employee }).await?;
        }
        let message_id = MessageId::new(&*self.ids);
        let now = self.clock.now();
        c.last_position += 1;
        let new = NewMessage {
            message_id,
            conversation_id: c.conversation_id,
            position: c.last_position,
            channel_id: c.channel_id,
            direction: Direction::Outbound,
            author_id: Some(actor.employee),
            automatic: false,
            words: content.words(),
            body: StoredBody::Said(content),
            reply_to: draft.reply_to,
            status: Some(DeliveryStatus::Queued),
            client_id: Some(draft.client_id),
            mentions: Vec::new(),
            at: now,
        };
        answered(c, &channel, &new, now);
        let view = insert(tx, c, new).await?;
        if !draft.files.is_empty()
            && !tx.attach_uploads(actor.employee, message_id, &draft.files).await?
        {
            return Err(Error::invalid(
                "files",
                "unknown_file",
                Words::new(
                    "Файл не найден или уже отправлен. Загрузите его ещё раз.",
                    "A file was not found or was sent already. Upload it again.",
                ),
            ));
        }
        tx.push(send_job(c.conversation_id, message_id));
        Ok(view)
    }

    /// An answer that a person wrote elsewhere (in a CRM's chat), to a locked conversation; the caller
    /// saves it. `by`: their employee here, who takes the conversation or joins it; `None`: the answer
    /// is a person's, but nobody's here. Files are rows already.
    pub(crate) async fn answer_from_elsewhere(
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
        match by {
            Some(employee) if c.state == ConversationState::New => {
                self.take_locked(tx, employee, c).await?;
            }
            Some(employee)
                if c.assignee_id != Some(employee)
                    && tx.add_participant(c.conversation_id, employee).await? =>
            {
                self.system_line(tx, c, SystemLine::Joined { by: employee }).await?;
            }
            _ => {}
        }
        let message_id = MessageId::new(&*self.ids);
        let now = self.clock.now();
        c.last_position += 1;
        let new = NewMessage {
            message_id,
            conversation_id: c.conversation_id,
            position: c.last_position,
            channel_id: c.channel_id,
            direction: Direction::Outbound,
            author_id: by,
            automatic: false,
            words: content.words(),
            body: StoredBody::Said(content),
            reply_to: draft.reply_to,
            status: Some(DeliveryStatus::Queued),
            client_id: None,
            mentions: Vec::new(),
            at: now,
        };
        answered(c, channel, &new, now);
        let view = insert(tx, c, new).await?;
        tx.attach(message_id, &draft.files).await?;
        tx.push(send_job(c.conversation_id, message_id));
        Ok(view)
    }

    /// A message that a rule writes: an auto-reply or a contact form's text.
    pub(crate) async fn automatic_reply(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        channel: &ChannelRow,
        text: String,
    ) -> Result<()> {
        let content = if self.driver(channel)?.capabilities().subject {
            Content::Letter {
                subject: c.subject.clone(),
                text,
                quoted: String::new(),
                html: None,
                files: Vec::new(),
            }
        } else {
            Content::text(text)
        };
        self.automatic_content(tx, c, channel, content).await
    }

    /// Any content that a rule sends to a locked conversation; the caller saves it.
    pub(crate) async fn automatic_content(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        channel: &ChannelRow,
        content: Content<AttachmentId>,
    ) -> Result<()> {
        let message_id = MessageId::new(&*self.ids);
        let now = self.clock.now();
        let waiting = c.waiting_since;
        c.last_position += 1;
        let new = NewMessage {
            message_id,
            conversation_id: c.conversation_id,
            position: c.last_position,
            channel_id: c.channel_id,
            direction: Direction::Outbound,
            author_id: None,
            automatic: true,
            words: content.words(),
            body: StoredBody::Said(content),
            reply_to: None,
            status: Some(DeliveryStatus::Queued),
            client_id: None,
            mentions: Vec::new(),
            at: now,
        };
        let first_answer_at = c.first_answer_at;
        answered(c, channel, &new, now);
        // A rule's words are no answer of a person: the customer still waits.
        c.waiting_since = waiting;
        c.first_answer_at = first_answer_at;
        insert(tx, c, new).await?;
        tx.push(send_job(c.conversation_id, message_id));
        Ok(())
    }

    /// Adds a line about what happened to a locked conversation; the caller saves it.
    pub(crate) async fn system_line(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        line: SystemLine,
    ) -> Result<()> {
        c.last_position += 1;
        let new = NewMessage {
            message_id: MessageId::new(&*self.ids),
            conversation_id: c.conversation_id,
            position: c.last_position,
            channel_id: c.channel_id,
            direction: Direction::System,
            author_id: None,
            automatic: false,
            body: StoredBody::Happened(line),
            words: String::new(),
            reply_to: None,
            status: None,
            client_id: None,
            mentions: Vec::new(),
            at: self.clock.now(),
        };
        insert(tx, c, new).await?;
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

pub(crate) fn send_job(conversation: ConversationId, message: MessageId) -> NewJob {
    NewJob {
        lane: format!("send:{conversation}"),
        queue: "send",
        payload: json!(Work::Send { message }),
        run_at: None,
    }
}

/// What an answer changes in its conversation.
fn answered(c: &mut ConversationView, channel: &ChannelRow, new: &NewMessage, now: Instant) {
    c.last_message_at = now;
    c.waiting_since = None;
    c.first_answer_at.get_or_insert(now);
    c.preview = match &new.body {
        StoredBody::Said(content) => content.preview(),
        StoredBody::Happened(_) => String::new(),
    };
    c.preview_direction = Direction::Outbound;
    c.auto_close_at = channel.auto_close_minutes.map(|m| now + chrono::Duration::minutes(m.into()));
}

/// Inserts a message of ours and tells readers. The position is given already.
async fn insert(
    tx: &mut TenantTx,
    c: &ConversationView,
    mut new: NewMessage,
) -> Result<MessageView> {
    new.position = c.last_position;
    tx.insert_message(&new).await.map_err(|e| match e {
        store::Error::Constraint(name) if name == "messages_client" => {
            Error::Unavailable("the same message is being stored".to_owned())
        }
        other => other.into(),
    })?;
    let row = MessageRow {
        message_id: new.message_id,
        conversation_id: new.conversation_id,
        position: new.position,
        channel_id: new.channel_id,
        direction: new.direction,
        author_id: new.author_id,
        automatic: new.automatic,
        body: new.body,
        external_id: None,
        reply_to: new.reply_to,
        album: None,
        status: new.status,
        failure: None,
        failure_code: None,
        client_id: new.client_id,
        mentions: new.mentions,
        occurred_at: new.at,
        created_at: new.at,
        edited_at: None,
        removed_at: None,
        change: None,
        reactions: Vec::new(),
    };
    let view = tx.message_view(row).await?;
    tx.append(NewEvent {
        kind: EventKind::MessageCreated,
        conversation: Some(c.conversation_id),
        audience: Some(c.audience()),
        was: None,
        payload: json!({ "message": view, "conversation": tail(c) }),
    });
    Ok(view)
}

pub(crate) fn tail(c: &ConversationView) -> ConversationTail {
    ConversationTail {
        conversation_id: c.conversation_id,
        state: c.state,
        last_position: c.last_position,
        last_message_at: c.last_message_at,
        preview: c.preview.clone(),
        preview_direction: c.preview_direction,
        waiting_since: c.waiting_since,
    }
}

/// Tells readers that a conversation changed; `was` when others may see it now than before.
pub(crate) fn append_conversation(tx: &mut TenantTx, c: &ConversationView, was: Option<Audience>) {
    tx.append(NewEvent {
        kind: EventKind::ConversationChanged,
        conversation: Some(c.conversation_id),
        audience: Some(c.audience()),
        was: was.filter(|w| *w != c.audience()),
        payload: json!({ "conversation": c }),
    });
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

pub(crate) fn check_client_id(client_id: &str) -> Result<()> {
    let good = (1..=100).contains(&client_id.len())
        && client_id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    if good {
        return Ok(());
    }
    Err(Error::invalid(
        "client_id",
        "bad_client_id",
        Words::new(
            "Нужен свой идентификатор сообщения: от 1 до 100 латинских букв, цифр, -_.:",
            "Give the message an id of your own: 1 to 100 Latin letters, digits, -_.:",
        ),
    ))
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

pub(crate) fn check_text(text: &str, longest: usize) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Error::invalid(
            "text",
            "required",
            Words::new("Напишите текст или приложите файл.", "Write a text or attach a file."),
        ));
    }
    too_long("text", text.chars().count(), longest)
}

pub(crate) fn too_long(field: &str, length: usize, longest: usize) -> Result<()> {
    if length <= longest {
        return Ok(());
    }
    Err(Error::invalid(
        field,
        "too_long",
        Words::new(
            format!("Слишком длинно: {length}, можно до {longest}. Разделите сообщение."),
            format!("Too long: {length}, at most {longest}. Split the message."),
        ),
    ))
}

/// Builds what is sent, checked against what the channel can carry; every wrong field is named.
fn compose(
    can: &Capabilities,
    c: &ConversationView,
    draft: &Draft,
    files: &[AttachmentRow],
) -> Result<Content<AttachmentId>> {
    if draft.files.is_empty() {
        check_text(&draft.text, usize::MAX)?;
    }
    let limit = if draft.files.is_empty() || can.subject { can.max_text } else { can.max_caption };
    too_long("text", can.text_unit.length(&draft.text), limit)?;
    let mut wrong = Vec::new();
    if draft.files.len() > can.max_files {
        wrong.push(Invalid::new(
            "files",
            "too_many_files",
            Words::new(
                format!("Этот канал передаёт не больше {} файлов сразу.", can.max_files),
                format!("This channel carries at most {} files at once.", can.max_files),
            ),
        ));
    }
    for (n, id) in draft.files.iter().enumerate() {
        let field = format!("files[{n}]");
        let Some(file) = files.iter().find(|f| f.view.attachment_id == *id) else {
            wrong.push(Invalid::new(
                field,
                "unknown_file",
                Words::new(
                    "Файл не найден. Загрузите его ещё раз.",
                    "No such file. Upload it again.",
                ),
            ));
            continue;
        };
        let size = u64::try_from(file.view.size.unwrap_or(0)).unwrap_or(0);
        match can.files.iter().find(|l| l.kind == file.view.kind) {
            None => wrong.push(Invalid::new(
                field,
                "kind_not_carried",
                Words::new(
                    "Этот канал не передаёт файлы такого вида.",
                    "This channel does not carry files of this kind.",
                ),
            )),
            Some(limit) if size > limit.max_bytes => wrong.push(Invalid::new(
                field,
                "file_too_large",
                Words::new(
                    format!(
                        "Файл больше {} МБ, этот канал его не передаст.",
                        limit.max_bytes >> 20
                    ),
                    format!(
                        "The file is over {} MB; this channel cannot carry it.",
                        limit.max_bytes >> 20
                    ),
                ),
            )),
            Some(_) => {}
        }
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    Ok(if can.subject {
        Content::Letter {
            subject: draft.subject.clone().unwrap_or_else(|| c.subject.clone()),
            text: draft.text.clone(),
            quoted: String::new(),
            html: None,
            files: draft.files.clone(),
        }
    } else if draft.files.is_empty() {
        Content::text(draft.text.clone())
    } else {
        Content::Files { files: draft.files.clone(), caption: draft.text.clone() }
    })
}
