//! Messages of a conversation, shown in the CRM's chat (AMO-13): new ones in their order, then what
//! changed of those that are there, then what became of those that were written there. How far it came
//! is kept with each message, so that a job that dies goes on where it stopped; what it posts twice is
//! one message there, by our id of it.

use std::collections::BTreeMap;

use crm::{
    Caller, ChatBody, ChatMessage, ChatMessageRef, ChatPerson, ChatStatus, ChatWriter, Chats, Crm,
    CrmError, Posted,
};
use domain::{
    clock::Instant,
    crm::{AmoSettings, ChatSettings, EmployeeFacts, Settings, amo, crm_user_of},
    delivery::DeliveryStatus,
    ids::{AccountId, ConversationId, EmployeeId, IntegrationId, MessageId},
    text::{Language, Words},
    view::{AttachmentState, AttachmentView, Body, MessageView},
};
use serde_json::json;
use store::{
    BegunChat, ChatChange, ChatFate, ChatReaction, ChatShown, ChatWritten, FateOf, TenantTx,
};

use super::{
    chat_open::{chat_client, chat_name},
    chat_record::{Sought, sought},
    chat_words::{Around, Author, author, bodies, changed, unsigned},
    gather::Gathered,
    visit::{Fault, Visit, calling},
};
use crate::{
    App, Error, JobError, Result,
    work::{MirrorCause, back_off},
};

/// Messages that are shown between two looks at the database.
const MOST: i64 = 50;
/// A file that is still on its way from the messenger is waited for so long.
const FILE_AWAITED: chrono::Duration = chrono::Duration::minutes(15);
/// The service's codes of a message that did not reach the customer.
pub(super) const CHAT_GONE: u16 = 901;
pub(super) const SERVER_FAILED: u16 = 903;
pub(super) const CANNOT_BE_WRITTEN_TO: u16 = 904;
pub(super) const NOT_SENT: u16 = 905;

/// What the CRM's chat has not got of a conversation.
struct Backlog {
    gathered: Gathered,
    client: ChatPerson,
    /// As the service knows the chat.
    chat: String,
    begun: Option<BegunChat>,
    settings: ChatSettings,
    /// Which of the messages were written in a CRM.
    written: BTreeMap<MessageId, ChatWritten>,
    news: Vec<News>,
    changes: Vec<(ChatChange, Option<ChatMessage>)>,
    reactions: Vec<ChatReaction>,
    fates: Vec<ChatFate>,
    /// The record that the CRM makes of what a customer says there (AMO-4) is to be looked for.
    sought: Option<Sought>,
    /// There is more than was taken.
    more: bool,
}

/// A message not shown yet; nothing is posted of one that does not belong there.
struct News {
    position: i64,
    change: ChatChange,
    posts: Vec<ChatMessage>,
}

impl News {
    /// Only a customer's words are news for the CRM's people, and make a record.
    fn is_heard(&self) -> bool {
        self.posts.iter().any(|post| !post.silent)
    }
}

impl App {
    /// Brings the CRM's chat up to date with a conversation. Run twice, the second finds nothing new.
    pub(crate) async fn mirror_chat(
        &self,
        account: AccountId,
        integration: IntegrationId,
        conversation: ConversationId,
        cause: MirrorCause,
        attempts: i32,
    ) -> Result<(), JobError> {
        let fault = |error: Error| JobError::of(&error, attempts);
        loop {
            let backlog = self.chat_backlog(account, integration, conversation, cause).await;
            let Some(backlog) = backlog.map_err(fault)? else { return Ok(()) };
            let mut visit = self.visit(account, backlog.gathered.portal.portal_id).await?;
            let done = self.bring_chat_up_to_date(&mut visit, &backlog, attempts).await;
            visit.leave().await;
            done?;
            // What became of ours may have been known before they were there, and is told now.
            let ours = backlog.news.iter().flat_map(|news| &news.posts).any(|post| post.silent);
            if !backlog.more && !ours {
                return Ok(());
            }
        }
    }

    async fn bring_chat_up_to_date(
        &self,
        visit: &mut Visit<'_>,
        backlog: &Backlog,
        attempts: i32,
    ) -> Result<(), JobError> {
        let fault = |error: Error| JobError::of(&error, attempts);
        for news in &backlog.news {
            let shown = self.post_all(visit, &news.posts, attempts).await?;
            self.news_shown(visit, backlog, news, shown).await.map_err(fault)?;
        }
        let look_again = match backlog.sought {
            Some(sought) => {
                let Backlog { gathered, chat, client, .. } = backlog;
                self.find_chat_record(visit, gathered, chat, client, sought, attempts).await?
            }
            None => None,
        };
        for (change, message) in &backlog.changes {
            let refusal = match message {
                Some(message) => {
                    let call = calling!(visit, adapter, caller => {
                        edit(&*adapter, &caller, message)
                    });
                    refused(call, attempts)?.err()
                }
                None => None,
            };
            self.change_shown(visit, backlog, change, refusal).await.map_err(fault)?;
        }
        for reaction in &backlog.reactions {
            self.show_reaction(visit, backlog, reaction, attempts).await?;
        }
        for fate in &backlog.fates {
            self.tell_fate(visit, backlog, fate, attempts).await?;
        }
        match look_again {
            Some(after) => {
                let why = "the CRM has made no record of the chat yet".to_owned();
                Err(JobError::Wait { after, why })
            }
            None => Ok(()),
        }
    }

    /// `None`: nothing of this conversation is shown there, or all of it is.
    async fn chat_backlog(
        &self,
        account: AccountId,
        integration: IntegrationId,
        conversation: ConversationId,
        cause: MirrorCause,
    ) -> Result<Option<Backlog>> {
        let mut tx = self.store.tenant(account).await?;
        let Some(mut gathered) = self.crm_gather(&mut tx, integration, conversation).await? else {
            return Ok(None);
        };
        let Settings::Amo(amo) = gathered.integration.settings.clone() else { return Ok(None) };
        let Some(settings) = amo.chats.clone().filter(|_| gathered.integration.enabled) else {
            return Ok(None);
        };
        let portal = gathered.portal.portal_id;
        gathered.facts.directory = tx.portal_directory(portal).await?.unwrap_or_default();
        if !gathered.facts.chats_connected {
            return Ok(None);
        }
        let begun = tx.begun_crm_chat(portal, gathered.conversation.identity_id).await?;
        let client = ChatPerson {
            ref_id: begun.as_ref().map(|chat| chat.client_ref.clone()),
            ..chat_client(&gathered)
        };
        let is_shown = amo::is_shown(&amo, &gathered.facts)
            || (begun.is_some() && !is_skipped(&amo, &gathered.facts.contact.phones));
        let shown_by = gathered.integration.integration_id;
        let known = &gathered.integration.settings;
        let chat =
            chat_name(known, Some(&gathered.enquiry), begun.as_ref(), &gathered.conversation);
        let mut backlog = Backlog {
            gathered,
            client,
            chat,
            begun,
            settings,
            written: tx.crm_chat_written(conversation).await?.into_iter().collect(),
            news: Vec::new(),
            changes: Vec::new(),
            reactions: Vec::new(),
            // Whoever wrote there hears of it, whatever else is shown.
            fates: tx.crm_chat_fates(portal, shown_by, conversation, MOST).await?,
            sought: None,
            more: false,
        };
        if is_shown {
            backlog.reactions = tx.crm_chat_reactions(portal, shown_by, conversation, MOST).await?;
            if cause == MirrorCause::Words || is_begun(&backlog.gathered) {
                self.gather_news(&mut tx, &amo, &mut backlog).await?;
            }
            self.gather_changes(&mut tx, &amo, &mut backlog).await?;
            let heard = backlog.news.iter().find(|news| news.is_heard());
            backlog.sought = sought(&backlog.gathered, heard.map(|news| news.position));
        }
        tx.commit().await?;
        let nothing = backlog.news.is_empty()
            && backlog.changes.is_empty()
            && backlog.reactions.is_empty()
            && backlog.fates.is_empty()
            && backlog.sought.is_none();
        Ok((!nothing).then_some(backlog))
    }

    async fn gather_news(
        &self,
        tx: &mut TenantTx,
        amo: &AmoSettings,
        backlog: &mut Backlog,
    ) -> Result<()> {
        let conversation = backlog.gathered.conversation.conversation_id;
        let integration = backlog.gathered.integration.integration_id;
        let after = backlog.gathered.enquiry.chat_position;
        let rows = tx.messages_after(conversation, after, MOST).await?;
        backlog.more = i64::try_from(rows.len()).is_ok_and(|n| n == MOST);
        let messages = tx.message_views(rows).await?;
        let here = backlog.gathered.portal.portal_id;
        let now = self.clock.now();
        for message in &messages {
            // Its file comes, or is given up: either is told as a change, and this job comes again.
            if awaits_file(message, now) {
                if !is_begun(&backlog.gathered) {
                    tx.note_crm_chat(integration, conversation, &json!({ "due": true })).await?;
                }
                backlog.more = false;
                break;
            }
            let there = backlog.written.get(&message.message_id).is_some_and(|w| w.portal == here);
            let posts = match shown_author(message, backlog) {
                Some(by) if !there => self.posts(tx, amo, backlog, message, by).await?,
                _ => Vec::new(),
            };
            backlog.news.push(News {
                position: message.position,
                change: change_of(message),
                posts,
            });
        }
        Ok(())
    }

    async fn gather_changes(
        &self,
        tx: &mut TenantTx,
        amo: &AmoSettings,
        backlog: &mut Backlog,
    ) -> Result<()> {
        let integration = backlog.gathered.integration.integration_id;
        let conversation = backlog.gathered.conversation.conversation_id;
        let changes = tx.crm_chat_changes(integration, conversation, MOST).await?;
        backlog.more |= i64::try_from(changes.len()).is_ok_and(|n| n == MOST);
        for change in changes {
            let Some(row) = tx.message(change.message).await? else { continue };
            let message = tx.message_view(row).await?;
            let now = match (&message.body, shown_author(&message, backlog)) {
                (Body::Said(content), Some(by)) => {
                    match changed(content, &around(backlog, by), change.removed) {
                        Some(body) => {
                            let writer = self.writer(tx, amo, backlog, &message, by).await?;
                            Some(to_post(backlog, &message, writer, body, 0))
                        }
                        None => None,
                    }
                }
                _ => None,
            };
            backlog.changes.push((change, now));
        }
        Ok(())
    }

    async fn posts(
        &self,
        tx: &mut TenantTx,
        amo: &AmoSettings,
        backlog: &Backlog,
        message: &MessageView,
        by: Author,
    ) -> Result<Vec<ChatMessage>> {
        let Body::Said(content) = &message.body else { return Ok(Vec::new()) };
        if message.removed_at.is_some() {
            return Ok(Vec::new());
        }
        let account = tx.account();
        let here = backlog.gathered.portal.portal_id;
        let writer = self.writer(tx, amo, backlog, message, by).await?;
        let quoted = match message.reply_to {
            Some(quoted) => match backlog.written.get(&quoted).filter(|w| w.portal == here) {
                Some(theirs) => Some(ChatMessageRef::Theirs(theirs.external_id.clone())),
                None => {
                    let integration = backlog.gathered.integration.integration_id;
                    let ours = tx.is_crm_chat_shown(integration, quoted).await?
                        || backlog
                            .news
                            .iter()
                            .any(|n| n.change.message == quoted && !n.posts.is_empty());
                    ours.then(|| ChatMessageRef::Ours(quoted.to_string()))
                }
            },
            None => None,
        };
        let link = |file: &AttachmentView| self.public_file(account, file);
        // WA-7: a signature of another CRM's user is the customer's alone here as well.
        let signature = backlog.written.get(&message.message_id).map(|w| w.signature.as_str());
        let content = unsigned(content, signature.unwrap_or_default());
        let posts = bodies(&content, &around(backlog, by), link)
            .into_iter()
            .enumerate()
            .map(|(n, body)| ChatMessage {
                reply_to: quoted.clone().filter(|_| n == 0),
                ..to_post(backlog, message, writer.clone(), body, n)
            })
            .collect();
        Ok(posts)
    }

    /// CRM-3: an employee is shown as the user of the CRM that they are.
    async fn writer(
        &self,
        tx: &mut TenantTx,
        amo: &AmoSettings,
        backlog: &Backlog,
        message: &MessageView,
        by: Author,
    ) -> Result<ChatWriter> {
        Ok(match by {
            Author::Client => ChatWriter::Client,
            Author::Rule => ChatWriter::Bot { name: "Бот".to_owned() },
            Author::Phone => ChatWriter::Bot { name: "Телефон".to_owned() },
            Author::OtherCrm => {
                let written = backlog.written.get(&message.message_id);
                let name = written.map(|w| w.author.trim()).filter(|name| !name.is_empty());
                ChatWriter::Bot { name: name.unwrap_or("Оператор").to_owned() }
            }
            Author::Employee(id) => self.employee_writer(tx, amo, backlog, id).await?,
        })
    }

    async fn employee_writer(
        &self,
        tx: &mut TenantTx,
        amo: &AmoSettings,
        backlog: &Backlog,
        id: EmployeeId,
    ) -> Result<ChatWriter> {
        let Some(employee) = tx.employee(id).await? else {
            return Ok(ChatWriter::Bot { name: "Оператор".to_owned() });
        };
        let facts = EmployeeFacts { id, name: employee.name.clone(), email: employee.email };
        let user = crm_user_of(&amo.responsible, &backlog.gathered.facts.directory, &facts);
        Ok(match user.and_then(|user| user.chat_id.clone()) {
            Some(ref_id) => ChatWriter::User { id: id.to_string(), name: employee.name, ref_id },
            None => ChatWriter::Bot { name: employee.name },
        })
    }

    /// How they came out: by the first one's id, and with the last refusal that will not change.
    async fn post_all(
        &self,
        visit: &mut Visit<'_>,
        posts: &[ChatMessage],
        attempts: i32,
    ) -> Result<ChatShown, JobError> {
        let mut shown = ChatShown::default();
        for message in posts {
            let call = calling!(visit, adapter, caller => post(&*adapter, &caller, message));
            match refused(call, attempts)? {
                Ok(posted) => shown.external_id = shown.external_id.or(posted.ref_id),
                Err(words) => shown.refusal = Some(words),
            }
        }
        Ok(shown)
    }

    async fn news_shown(
        &self,
        visit: &Visit<'_>,
        backlog: &Backlog,
        news: &News,
        shown: ChatShown,
    ) -> Result<()> {
        let integration = backlog.gathered.integration.integration_id;
        let conversation = backlog.gathered.conversation.conversation_id;
        let mut tx = self.store.tenant(visit.account).await?;
        if !news.posts.is_empty() {
            let message = news.change.message;
            if let Some(why) = &shown.refusal {
                self.log_not_shown(&mut tx, visit, &backlog.gathered, message, why).await?;
            }
            tx.insert_crm_chat_shown(integration, conversation, &news.change, &shown).await?;
        }
        if backlog.gathered.enquiry.chat_position == 0 {
            tx.note_crm_chat(integration, conversation, &json!({ "name": backlog.chat })).await?;
        }
        // With the position, or a process that dies now would never look for it.
        if let Some(sought) = backlog.sought.filter(|_| news.is_heard()) {
            tx.note_crm_chat(integration, conversation, &json!({ "sought": sought })).await?;
        }
        tx.save_crm_chat(integration, conversation, news.position).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn change_shown(
        &self,
        visit: &Visit<'_>,
        backlog: &Backlog,
        change: &ChatChange,
        refusal: Option<Words>,
    ) -> Result<()> {
        let integration = backlog.gathered.integration.integration_id;
        let conversation = backlog.gathered.conversation.conversation_id;
        let mut tx = self.store.tenant(visit.account).await?;
        if let Some(why) = &refusal {
            self.log_not_shown(&mut tx, visit, &backlog.gathered, change.message, why).await?;
        }
        let shown = ChatShown { external_id: None, refusal };
        tx.insert_crm_chat_shown(integration, conversation, change, &shown).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The customer's emoji; one that the CRM does not take is not offered again.
    async fn show_reaction(
        &self,
        visit: &mut Visit<'_>,
        backlog: &Backlog,
        reaction: &ChatReaction,
        attempts: i32,
    ) -> Result<(), JobError> {
        let client = &backlog.client;
        let message = match &reaction.theirs {
            Some(id) => ChatMessageRef::Theirs(id.clone()),
            None => ChatMessageRef::Ours(reaction.message.to_string()),
        };
        let emoji = reaction.emoji.as_deref();
        let call = calling!(visit, adapter, caller => {
            react(&*adapter, &caller, &backlog.chat, client, &message, emoji)
        });
        let refusal = refused(call, attempts)?.err();
        self.reaction_shown(visit, backlog, reaction, refusal)
            .await
            .map_err(|error| JobError::of(&error, attempts))
    }

    async fn reaction_shown(
        &self,
        visit: &Visit<'_>,
        backlog: &Backlog,
        reaction: &ChatReaction,
        refusal: Option<Words>,
    ) -> Result<()> {
        let integration = backlog.gathered.integration.integration_id;
        let conversation = backlog.gathered.conversation.conversation_id;
        let mut tx = self.store.tenant(visit.account).await?;
        if let Some(why) = &refusal {
            self.log_not_shown(&mut tx, visit, &backlog.gathered, reaction.message, why).await?;
        }
        tx.save_crm_chat_reaction(integration, conversation, reaction).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What became of a message; WA-2: a failure of one that was written in the CRM also in words,
    /// unless the company wants none.
    async fn tell_fate(
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
        let call = calling!(visit, adapter, caller => {
            tell(&*adapter, &caller, &fate.external_id, &status)
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
                    let integration = backlog.gathered.integration.integration_id;
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

/// What came of a call: done, refused for good, or to be done again by this job. A message of which it
/// is not known whether it was posted is posted again: the service knows it by its id.
pub(super) fn refused<T>(
    call: std::result::Result<T, Fault>,
    attempts: i32,
) -> Result<std::result::Result<T, Words>, JobError> {
    match call {
        Ok(done) => Ok(Ok(done)),
        Err(Fault::Rejected(words)) => Ok(Err(words)),
        Err(Fault::Later(later)) => Err(later),
        Err(Fault::Unknown { why, .. }) => {
            Err(JobError::Wait { after: back_off(attempts.min(4)), why })
        }
    }
}

/// Whether a message is one for the CRM's chat, and whose. WA-4: those from the phone only by choice.
fn shown_author(message: &MessageView, backlog: &Backlog) -> Option<Author> {
    let in_a_crm = backlog.written.contains_key(&message.message_id);
    author(message, in_a_crm)
        .filter(|author| *author != Author::Phone || backlog.settings.import_outgoing)
}

/// Whether the CRM's chat of a conversation is there, or is to be as soon as a file has come: its changes
/// are news there as well. Else a receipt would show a conversation from before the chats.
fn is_begun(gathered: &Gathered) -> bool {
    let enquiry = &gathered.enquiry;
    let due = || enquiry.chat.as_ref().and_then(|chat| chat.get("due")?.as_bool());
    enquiry.chat_position > 0 || gathered.facts.links.chat.is_some() || due() == Some(true)
}

/// WA-5: of this number nothing is passed on, whoever began.
pub(super) fn is_skipped(amo: &AmoSettings, phones: &[String]) -> bool {
    phones.iter().any(|phone| amo.skip_phones.contains(phone))
}

fn around(backlog: &Backlog, by: Author) -> Around {
    let channel = &backlog.gathered.facts.enquiry.channel;
    let named = backlog.settings.named_channels.contains(&channel.id);
    let language = backlog.gathered.facts.company.language;
    Around::of(by, named.then_some(channel.name.as_str()), language)
}

fn to_post(
    backlog: &Backlog,
    message: &MessageView,
    writer: ChatWriter,
    body: ChatBody,
    n: usize,
) -> ChatMessage {
    let id = message.message_id;
    ChatMessage {
        id: if n == 0 { id.to_string() } else { format!("{id}.{n}") },
        conversation_id: backlog.chat.clone(),
        conversation_ref: backlog.begun.as_ref().map(|chat| chat.chat_id.clone()),
        source: Some(backlog.gathered.conversation.channel_id.to_string()),
        client: backlog.client.clone(),
        // Only a customer's words are news for the CRM's people, and make an «unsorted» (AMO-4).
        silent: writer != ChatWriter::Client,
        writer,
        body,
        reply_to: None,
        at: message.occurred_at,
    }
}

fn change_of(message: &MessageView) -> ChatChange {
    ChatChange {
        message: message.message_id,
        edited_at: message.edited_at,
        removed: message.removed_at.is_some(),
    }
}

fn awaits_file(message: &MessageView, now: Instant) -> bool {
    let Body::Said(content) = &message.body else { return false };
    content.files().iter().any(|file| file.state == AttachmentState::Pending)
        && now - message.created_at < FILE_AWAITED
}

fn failure(fate: &ChatFate, language: Language) -> ChatStatus {
    let why = fate.failure.clone().unwrap_or_default();
    if fate.reachable {
        let words = Words::new(
            format!("Сообщение не доставлено. {why}").trim_end().to_owned(),
            format!("The message was not delivered. {why}").trim_end().to_owned(),
        );
        return ChatStatus::Failed { code: NOT_SENT, why: words.said_in(language).to_owned() };
    }
    let words = Words::new(
        format!("Этому клиенту нельзя написать. {why}").trim_end().to_owned(),
        format!("This client cannot be written to. {why}").trim_end().to_owned(),
    );
    ChatStatus::Failed { code: CANNOT_BE_WRITTEN_TO, why: words.said_in(language).to_owned() }
}

pub(super) fn chats(adapter: &dyn Crm) -> Result<&dyn Chats, CrmError> {
    adapter.chats().ok_or_else(|| CrmError::Rejected {
        words: Words::new("У этой CRM нет чатов.", "This CRM has no chats."),
    })
}

async fn post(
    adapter: &dyn Crm,
    caller: &Caller<'_>,
    message: &ChatMessage,
) -> Result<Posted, CrmError> {
    chats(adapter)?.post(caller, message).await
}

async fn edit(
    adapter: &dyn Crm,
    caller: &Caller<'_>,
    message: &ChatMessage,
) -> Result<(), CrmError> {
    chats(adapter)?.edit(caller, message).await
}

async fn react(
    adapter: &dyn Crm,
    caller: &Caller<'_>,
    chat: &str,
    client: &ChatPerson,
    message: &ChatMessageRef,
    emoji: Option<&str>,
) -> Result<(), CrmError> {
    chats(adapter)?.react(caller, chat, message, emoji, client).await
}

pub(super) async fn tell(
    adapter: &dyn Crm,
    caller: &Caller<'_>,
    external_id: &str,
    status: &ChatStatus,
) -> Result<(), CrmError> {
    chats(adapter)?.status(caller, external_id, status).await
}
