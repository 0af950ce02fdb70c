//! An answer that was written in the CRM's chat, on its way to the customer (AMO-13, WA-3, WA-7): found
//! its conversation, its channel and its employee, it is an outbound message like any other.

use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use crm::{ChatEvent, ChatMedia, ChatMessageRef, ChatPlace, ChatReceiver, ChatStatus};
use domain::{
    channel::{Capabilities, FileLimit},
    content::FileKind,
    crm::{AmoSettings, ChatWay, CrmId, CrmUser, Settings, chat_way, signed},
    delivery::DeliveryStatus,
    ids::{
        AccountId, AttachmentId, ChannelId, ConversationId, EmployeeId, IdentityId, IntegrationId,
        MessageId, PortalId,
    },
    text::{Words, shortened, without_nul},
    view::{AttachmentState, ConversationView},
};
use net::SendError;
use serde_json::json;
use store::{
    BegunChat, ChannelRow, ChatRefusal, ChatWritten, IdentityRow, NewAttachment, NewJob, PortalRow,
    TenantTx,
};
use url::Url;

use super::{
    gather::language,
    mirror::{CANNOT_BE_WRITTEN_TO, CHAT_GONE, NOT_SENT, SERVER_FAILED, refused, tell},
    relay,
    visit::calling,
};
use crate::{
    App, Draft, DraftKind, Error, JobError, Result, Work,
    conversations::save,
    inbound::LARGEST_FILE,
    objects::{Objects, safe_mime},
    work::back_off,
    write_first::{Opening, address},
};

const FILE_TIMEOUT: Duration = Duration::from_secs(60);
/// Tries to fetch a file of the CRM before its message is given up.
const FILE_TRIES: i32 = 6;
const LONGEST_NAME: usize = 200;
/// Tries of a message that meets faults of ours, before the CRM is told that it does not go: sooner than
/// the job is given up.
const MOST_TRIES: i32 = 15;
/// Lists older than this are pulled anew for a writer whom they do not have.
const LISTS_FRESH: TimeDelta = TimeDelta::minutes(10);
/// Tries to pull them before a message goes on without.
const LIST_TRIES: i32 = 3;

/// A message of the CRM with everything that decides about it.
struct Answer {
    chat: ChatPlace,
    receiver: ChatReceiver,
    text: String,
    media: Option<ChatMedia>,
    reply_to: Option<ChatMessageRef>,
    /// Of the chat; `None`: it was begun in the CRM just now.
    identity: Option<IdentityRow>,
    channel: ChannelId,
    /// Whose settings showed the way.
    integration: IntegrationId,
    /// The writer's employee here.
    by: Option<EmployeeId>,
    /// The writer's name there.
    author: String,
    /// For the customer alone (WA-7).
    signature: String,
}

/// What is to be done with a message of the CRM.
enum Next {
    Nothing,
    /// To be told.
    Refuse(ChatRefusal, Kept),
    Say(Box<Answer>),
    /// The lists do not have the writer and are old: they are pulled first.
    PullLists(Box<PortalRow>),
}

/// Whether a refusal stands in the message's row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    Yes,
    No,
}

/// What is known of who wrote a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    /// As they were pulled last.
    AsTheyAre,
    /// Just now, or they cannot be had.
    Newest,
}

/// Why a message does not go.
enum Stop {
    Refused(ChatRefusal),
    Fault(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

impl App {
    /// Says in our conversation what was written in the CRM's chat. Run twice, it says it once.
    pub(crate) async fn take_chat(
        &self,
        account: AccountId,
        portal: PortalId,
        external_id: &str,
        attempts: i32,
    ) -> Result<(), JobError> {
        let done = self.carry_chat(account, portal, external_id, attempts).await;
        match done {
            Err(JobError::Retry { why, .. }) if attempts >= MOST_TRIES => {
                tracing::error!(portal.id = %portal, %why, "a message of a CRM's chat is given up");
                self.refuse_chat(account, portal, external_id, ours_failed()).await
            }
            other => other,
        }
    }

    async fn carry_chat(
        &self,
        account: AccountId,
        portal: PortalId,
        external_id: &str,
        attempts: i32,
    ) -> Result<(), JobError> {
        let fault = |error: Error| JobError::of(&error, attempts);
        let mut lists = Lists::AsTheyAre;
        let answer = loop {
            match self.chat_next(account, portal, external_id, lists).await.map_err(fault)? {
                Next::Nothing => return Ok(()),
                Next::Refuse(refusal, Kept::Yes) => {
                    return self
                        .tell_refusal(account, portal, external_id, refusal, attempts)
                        .await;
                }
                Next::Refuse(refusal, Kept::No) => {
                    return self.refuse_chat(account, portal, external_id, refusal).await;
                }
                Next::PullLists(row) => {
                    if let Err(why) = self.refresh_directory(*row).await
                        && attempts < LIST_TRIES
                    {
                        let why = format!("who wrote is not known: {why}");
                        return Err(JobError::Retry { after: back_off(attempts), why });
                    }
                    lists = Lists::Newest;
                }
                Next::Say(answer) => break *answer,
            }
        };
        let file = match &answer.media {
            Some(media) => match self.chat_file(account, media, attempts).await? {
                Ok(file) => Some(file),
                Err(words) => {
                    let refusal = ChatRefusal { code: NOT_SENT, words };
                    return self.refuse_chat(account, portal, external_id, refusal).await;
                }
            },
            None => None,
        };
        match self.say(account, portal, external_id, answer, file).await {
            Ok(()) => Ok(()),
            Err(Stop::Fault(error)) => Err(fault(error)),
            Err(Stop::Refused(refusal)) => {
                self.refuse_chat(account, portal, external_id, refusal).await
            }
        }
    }

    async fn chat_next(
        &self,
        account: AccountId,
        portal: PortalId,
        external_id: &str,
        lists: Lists,
    ) -> Result<Next> {
        let mut tx = self.store.tenant(account).await?;
        let Some(row) = tx.lock_crm_chat_received(portal, external_id).await? else {
            return Ok(Next::Nothing);
        };
        if row.message.is_some() || row.told.is_some() {
            return Ok(Next::Nothing);
        }
        if let Some(refusal) = row.refusal {
            return Ok(Next::Refuse(refusal, Kept::Yes));
        }
        let event: ChatEvent = serde_json::from_value(row.said)
            .map_err(|e| Error::Internal(format!("a message of a CRM's chat: {e}")))?;
        let ChatEvent::Message {
            chat,
            source,
            sender,
            sender_name,
            receiver,
            text,
            media,
            reply_to,
            ..
        } = event
        else {
            return Ok(Next::Nothing);
        };
        let refuse = |code, words| Ok(Next::Refuse(ChatRefusal { code, words }, Kept::No));
        let identity = chat_identity(&mut tx, portal, &chat).await?;
        if identity.is_none() && chat.conversation_id.is_some() {
            return refuse(CHAT_GONE, gone());
        }
        let chosen = source.and_then(|source| source.parse().ok());
        let asked = identity.as_ref().map(|identity| identity.channel_id).or(chosen);
        let directory = tx.portal_directory(portal).await?.unwrap_or_default();
        let user = directory.users.iter().find(|user| user.chat_id.as_deref() == Some(&sender));
        let settings = chat_settings(&mut tx, portal).await?;
        // A robot is in no list; but whoever wrote in chats for the first time is not either, till the
        // lists are pulled, and has a line in the settings perhaps.
        if user.is_none() && lists == Lists::AsTheyAre && names_people(&settings) {
            let fresh = directory.fetched_at.is_some_and(|at| self.clock.now() - at < LISTS_FRESH);
            if let (false, Some(row)) = (fresh, tx.portal(portal).await?) {
                return Ok(Next::PullLists(Box::new(row)));
            }
        }
        let (way, (integration, settings)) = match way(&settings, user.map(|user| &user.id), asked)
        {
            Ok(found) => found,
            Err(words) => return refuse(NOT_SENT, words),
        };
        let by = match user {
            Some(user) => employee_of(&mut tx, settings, user).await?,
            None => None,
        };
        let name = user.map(|user| user.name.clone()).or(sender_name).unwrap_or_default();
        Ok(Next::Say(Box::new(Answer {
            text: signed(&without_nul(&text), &way.signature),
            chat,
            receiver,
            media,
            reply_to,
            identity,
            channel: way.channel,
            integration: *integration,
            by,
            author: shortened(&without_nul(&name), LONGEST_NAME),
            signature: way.signature,
        })))
    }

    /// Stores the message and queues its sending, in one transaction with the note that it is there.
    async fn say(
        &self,
        account: AccountId,
        portal: PortalId,
        external_id: &str,
        answer: Answer,
        file: Option<NewAttachment>,
    ) -> Result<(), Stop> {
        let mut tx = self.store.tenant(account).await?;
        let row = tx.lock_crm_chat_received(portal, external_id).await?;
        if row.is_none_or(|row| row.message.is_some()) {
            return Ok(());
        }
        let Some(channel) = tx.channel(answer.channel).await? else {
            return Err(not_sent(Words::new(
                "Канал, через который пишет этот сотрудник, удалён.",
                "The channel that this person writes through was removed.",
            )));
        };
        let name = answer.receiver.name.as_deref().unwrap_or_default();
        let opening = Opening { assignee: answer.by, name, subject: "" };
        let here = answer.identity.filter(|identity| identity.channel_id == channel.channel_id);
        let conversation = match here {
            Some(identity) => {
                let identity = tx
                    .lock_identity(channel.channel_id, &identity.external_id)
                    .await?
                    .unwrap_or(identity);
                self.open_with(&mut tx, &channel, &identity, &opening).await?
            }
            None => {
                if !self.driver(&channel)?.capabilities().write_first {
                    return Err(not_sent(Words::new(
                        "В этом канале первым пишет клиент.",
                        "In this channel the client writes first.",
                    )));
                }
                let receiver = &answer.receiver;
                let to = [&receiver.phone, &receiver.email]
                    .into_iter()
                    .flatten()
                    .find_map(|to| address(&channel, to).ok())
                    .ok_or_else(nobody_to_write_to)?;
                self.open_to(&mut tx, &channel, &to, &opening).await?
            }
        };
        let Some(mut c) = tx.lock_conversation(conversation).await? else {
            return Err(Error::NotFound { what: "conversation" }.into());
        };
        let before = c.audience();
        // What this begins goes on in the chat where it was begun.
        if let (Some(name), 0) = (&answer.chat.conversation_id, c.last_position) {
            let known = json!({ "name": name });
            tx.note_crm_chat(answer.integration, conversation, &known).await?;
        }
        if answer.chat.conversation_id.is_none() {
            tx.insert_begun_crm_chat(
                portal,
                &BegunChat {
                    identity: c.identity_id,
                    chat_id: answer.chat.conversation_ref,
                    client_ref: answer.receiver.ref_id,
                },
            )
            .await?;
        }
        let can = self.driver(&channel)?.capabilities();
        let mut files = Vec::new();
        if let Some(mut file) = file {
            file.kind = carried(file.kind, file.size.unwrap_or(0), &can.files);
            tx.insert_attachment(&file).await?;
            files.push(file.attachment_id);
        }
        let reply_to = quoted(&mut tx, portal, answer.reply_to).await?;
        let (words, caption) = parted(&can, answer.text, !files.is_empty());
        let draft = |text, files, reply_to| Draft {
            client_id: String::new(),
            text,
            files,
            reply_to,
            kind: DraftKind::Answer,
            mentions: Vec::new(),
            subject: None,
        };
        let said = draft(words, files, reply_to);
        let said = self.say_one(&mut tx, &mut c, &channel, answer.by, said).await?;
        let caption = match caption {
            Some(words) => {
                let after = draft(words, Vec::new(), None);
                Some(self.say_one(&mut tx, &mut c, &channel, answer.by, after).await?)
            }
            None => None,
        };
        save(&mut tx, &c, before).await?;
        let written = ChatWritten {
            portal,
            external_id: external_id.to_owned(),
            author: answer.author,
            signature: answer.signature,
        };
        tx.crm_chat_became(conversation, said, caption, &written).await?;
        tx.commit().await?;
        Ok(())
    }

    /// One message; why the channel does not take it, in words.
    async fn say_one(
        &self,
        tx: &mut TenantTx,
        c: &mut ConversationView,
        channel: &ChannelRow,
        by: Option<EmployeeId>,
        draft: Draft,
    ) -> Result<MessageId, Stop> {
        match self.answer_from_elsewhere(tx, c, channel, by, draft).await {
            Ok(said) => Ok(said.message_id),
            Err(Error::Invalid(wrong)) => Err(match wrong.into_iter().next() {
                Some(wrong) => not_sent(wrong.message),
                None => Stop::Fault(Error::Internal("invalid for no reason".to_owned())),
            }),
            Err(other) => Err(Stop::Fault(other)),
        }
    }

    /// Fetches a file of the CRM. The inner error: it will not come.
    async fn chat_file(
        &self,
        account: AccountId,
        media: &ChatMedia,
        attempts: i32,
    ) -> Result<Result<NewAttachment, Words>, JobError> {
        let gone = || {
            Words::new(
                "Файл не удалось забрать из CRM.",
                "The file could not be fetched from the CRM.",
            )
        };
        let Ok(url) = Url::parse(&media.url) else { return Ok(Err(gone())) };
        let most = usize::try_from(LARGEST_FILE).unwrap_or(usize::MAX);
        let fetched = match self.outgoing.fetch(&url, FILE_TIMEOUT, most).await {
            Ok(fetched) if fetched.status == 200 => fetched,
            Err(SendError::Refused(_)) => return Ok(Err(gone())),
            failed if attempts < FILE_TRIES => {
                let why = match failed {
                    Ok(fetched) => format!("HTTP {}", fetched.status),
                    Err(error) => error.to_string(),
                };
                return Err(JobError::Retry { after: back_off(attempts), why });
            }
            Ok(_) | Err(_) => return Ok(Err(gone())),
        };
        let Some(body) = fetched.body else {
            return Ok(Err(Words::new(
                format!("Файл больше {} МБ.", LARGEST_FILE >> 20),
                format!("The file is over {} MB.", LARGEST_FILE >> 20),
            )));
        };
        let id = AttachmentId::new(&*self.ids);
        let key = Objects::key(account, id);
        let written = self
            .objects
            .put(&key, Bytes::from(body))
            .await
            .map_err(|e| JobError::of(&Error::Unavailable(e.to_string()), attempts))?;
        Ok(Ok(NewAttachment {
            attachment_id: id,
            message_id: None,
            channel_id: None,
            uploaded_by: None,
            kind: match media.kind {
                FileKind::Sticker => FileKind::Image,
                kind => kind,
            },
            name: file_name(media, &url),
            mime: safe_mime(fetched.content_type.as_deref(), written.sniffed.as_deref()),
            size: i64::try_from(written.size).ok(),
            width: None,
            height: None,
            duration: None,
            content_id: None,
            state: AttachmentState::Stored,
            failure: None,
            handle: None,
            storage_key: Some(key),
        }))
    }

    /// Keeps why a message does not go.
    async fn refuse_chat(
        &self,
        account: AccountId,
        portal: PortalId,
        external_id: &str,
        refusal: ChatRefusal,
    ) -> Result<(), JobError> {
        let kept = async {
            let mut tx = self.store.tenant(account).await?;
            keep_refusal(&mut tx, portal, external_id, &refusal).await?;
            tx.commit().await
        };
        kept.await.map(|_| ()).map_err(|error| JobError::of(&error.into(), 0))
    }

    /// Tells the CRM why a message does not go.
    async fn tell_refusal(
        &self,
        account: AccountId,
        portal: PortalId,
        external_id: &str,
        refusal: ChatRefusal,
        attempts: i32,
    ) -> Result<(), JobError> {
        let said = async {
            let mut tx = self.store.tenant(account).await?;
            language(&mut tx).await
        };
        let language = said.await.map_err(|error| JobError::of(&error, 0))?;
        let why = refusal.words.said_in(language).to_owned();
        let status = ChatStatus::Failed { code: refusal.code, why };
        let mut visit = self.visit(account, portal).await?;
        let call =
            calling!(visit, adapter, caller => tell(&*adapter, &caller, external_id, &status));
        if refused(call, attempts)?.is_err() {
            let (code, status) = (refusal.code, visit.refused_with());
            tracing::warn!(portal.id = %portal, code, http.status = status, "a refusal was not taken");
        }
        let told = async {
            let mut tx = self.store.tenant(account).await?;
            tx.told_crm_chat(portal, external_id, DeliveryStatus::Failed).await?;
            tx.commit().await
        };
        told.await.map(|_| ()).map_err(|error| JobError::of(&error.into(), 0))
    }
}

/// Keeps why a message does not go; the CRM is told by another job, because that may have to wait for
/// the CRM, and what is written after it has not.
pub(super) async fn keep_refusal(
    tx: &mut TenantTx,
    portal: PortalId,
    external_id: &str,
    refusal: &ChatRefusal,
) -> Result<(), store::Error> {
    tx.refuse_crm_chat(portal, external_id, refusal).await?;
    tx.push(NewJob {
        lane: format!("crm:{portal}:refused:{external_id}"),
        queue: relay::QUEUE,
        payload: json!(Work::TakeChat { portal, message: external_id.to_owned() }),
        run_at: None,
    });
    Ok(())
}

/// Whom the chat is with.
pub(super) async fn chat_identity(
    tx: &mut TenantTx,
    portal: PortalId,
    chat: &ChatPlace,
) -> Result<Option<IdentityRow>> {
    let name = chat.conversation_id.as_deref().unwrap_or_default();
    let of_conversation = match name.parse::<ConversationId>() {
        Ok(id) => tx.conversation(id).await?.map(|c| c.identity_id),
        Err(_) => None,
    };
    let id = match name.parse::<IdentityId>().ok().or(of_conversation) {
        Some(id) => Some(id),
        None => {
            tx.begun_crm_chat_of(portal, &chat.conversation_ref).await?.map(|begun| begun.identity)
        }
    };
    match id {
        Some(id) => Ok(tx.identity(id).await?),
        None => Ok(None),
    }
}

/// The employee who is this user of the CRM's chats.
pub(super) async fn chat_employee(
    tx: &mut TenantTx,
    portal: PortalId,
    sender: &str,
) -> Result<Option<EmployeeId>> {
    let directory = tx.portal_directory(portal).await?.unwrap_or_default();
    let Some(user) = directory.users.iter().find(|u| u.chat_id.as_deref() == Some(sender)) else {
        return Ok(None);
    };
    for (_, settings) in chat_settings(tx, portal).await? {
        if let Some(employee) = employee_of(tx, &settings, user).await? {
            return Ok(Some(employee));
        }
    }
    Ok(None)
}

/// Of the portal's integrations that have chats.
async fn chat_settings(
    tx: &mut TenantTx,
    portal: PortalId,
) -> Result<Vec<(IntegrationId, AmoSettings)>> {
    let rows = tx.integrations().await?;
    Ok(rows
        .into_iter()
        .filter(|row| row.portal_id == portal && row.enabled)
        .filter_map(|row| match row.settings {
            Settings::Amo(amo) if amo.chats.is_some() => Some((row.integration_id, amo)),
            Settings::Amo(_) | Settings::Bitrix(_) => None,
        })
        .collect())
}

/// The way through the integration that has the chat's channel; for a chat that is begun now, through
/// the first that knows one.
fn way<'s>(
    settings: &'s [(IntegrationId, AmoSettings)],
    user: Option<&CrmId>,
    asked: Option<ChannelId>,
) -> Result<(ChatWay, &'s (IntegrationId, AmoSettings)), Words> {
    let has = |amo: &AmoSettings| {
        asked.is_some_and(|asked| amo.channels.iter().any(|rule| rule.channel == asked))
    };
    let mut sorted: Vec<&(IntegrationId, AmoSettings)> = settings.iter().collect();
    sorted.sort_by_key(|(_, amo)| !has(amo));
    let mut refusal = Words::new(
        "Чаты выключены в настройках интеграции.",
        "Chats are switched off in the settings of the integration.",
    );
    for one in sorted {
        let (_, amo) = one;
        let Some(chats) = &amo.chats else { continue };
        let passed: Vec<ChannelId> = amo.channels.iter().map(|rule| rule.channel).collect();
        match chat_way(chats, &passed, user, asked) {
            Ok(way) => return Ok((way, one)),
            Err(words) => refusal = words,
        }
        if has(amo) {
            break;
        }
    }
    Err(refusal)
}

/// CRM-3, the other way round: the employee whom the company's list names, else one with an equal
/// e-mail address.
async fn employee_of(
    tx: &mut TenantTx,
    settings: &AmoSettings,
    user: &CrmUser,
) -> Result<Option<EmployeeId>> {
    let listed = settings.responsible.people.iter().find(|line| line.user == user.id);
    match listed {
        // Whoever left has nothing to do with conversations any more.
        Some(line) => {
            let here = tx.employee(line.employee).await?.filter(|employee| !employee.disabled);
            Ok(here.map(|_| line.employee))
        }
        None if user.email.trim().is_empty() => Ok(None),
        None => Ok(tx.employee_by_email(user.email.trim()).await?),
    }
}

pub(super) async fn quoted(
    tx: &mut TenantTx,
    portal: PortalId,
    quoted: Option<ChatMessageRef>,
) -> Result<Option<MessageId>> {
    match quoted {
        // The second file of a message is `msg_….1`.
        Some(ChatMessageRef::Ours(id)) => {
            let id = id.split('.').next().and_then(|id| id.parse::<MessageId>().ok());
            match id {
                Some(id) => Ok(tx.message(id).await?.map(|message| message.message_id)),
                None => Ok(None),
            }
        }
        Some(ChatMessageRef::Theirs(id)) => Ok(tx.crm_chat_message(portal, &id).await?),
        None => Ok(None),
    }
}

/// As what a file goes: as itself, or as a plain file where the channel does not carry it as that.
fn carried(kind: FileKind, size: i64, limits: &[FileLimit]) -> FileKind {
    let size = u64::try_from(size).unwrap_or(0);
    let fits = |kind: FileKind| limits.iter().any(|l| l.kind == kind && size <= l.max_bytes);
    if !fits(kind) && fits(FileKind::File) { FileKind::File } else { kind }
}

/// The words with a file, and those that go after it because the channel carries none or fewer with it.
fn parted(can: &Capabilities, text: String, with_file: bool) -> (String, Option<String>) {
    let fits = can.subject || can.text_unit.length(&text) <= can.max_caption;
    match with_file && !fits {
        true => (String::new(), Some(text)),
        false => (text, None),
    }
}

fn file_name(media: &ChatMedia, url: &Url) -> String {
    let last = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let name = if media.name.is_empty() { last } else { media.name.as_str() };
    shortened(&without_nul(name), LONGEST_NAME)
}

/// Whether settings say of single people how they write.
fn names_people(settings: &[(IntegrationId, AmoSettings)]) -> bool {
    let mut chats = settings.iter().filter_map(|(_, amo)| amo.chats.as_ref());
    chats.any(|chats| chats.listed_only || !chats.users.is_empty())
}

pub(super) fn gone() -> Words {
    Words::new(
        "Этого чата больше нет: клиент удалён. Напишите ему из карточки контакта.",
        "This chat is gone: the client was removed. Write to them from the contact's card.",
    )
}

fn ours_failed() -> ChatRefusal {
    let words = Words::new(
        "Сообщение не отправлено из-за сбоя на нашей стороне. Отправьте его ещё раз.",
        "The message was not sent because of a fault of ours. Send it once more.",
    );
    ChatRefusal { code: SERVER_FAILED, words }
}

fn not_sent(words: Words) -> Stop {
    Stop::Refused(ChatRefusal { code: NOT_SENT, words })
}

fn nobody_to_write_to() -> Stop {
    let words = Words::new(
        "У контакта нет телефона или адреса, по которому этот канал может написать.",
        "The contact has no phone or address that this channel can write to.",
    );
    Stop::Refused(ChatRefusal { code: CANNOT_BE_WRITTEN_TO, words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amo_13_a_file_goes_as_the_channel_carries_it() {
        let limit = |kind, max_bytes| FileLimit { kind, max_bytes };
        let all = [limit(FileKind::Image, 10), limit(FileKind::File, 100)];
        for (kind, size, expect) in [
            (FileKind::Image, 10, FileKind::Image),
            (FileKind::Image, 11, FileKind::File),
            (FileKind::Voice, 11, FileKind::File),
            (FileKind::Voice, 101, FileKind::Voice),
        ] {
            assert_eq!(carried(kind, size, &all), expect, "{kind:?} {size}");
        }
        assert_eq!(carried(FileKind::Voice, 1, &all[..1]), FileKind::Voice, "it is told so");
    }
}
