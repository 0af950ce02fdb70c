//! What the CRM's chat has not got of a conversation, gathered from our rows for a job to bring there.

use std::collections::BTreeMap;

use crm::{ChatMessage, ChatPerson};
use domain::{
    clock::Instant,
    crm::{AmoSettings, ChatSettings, Settings, amo},
    ids::{AccountId, ConversationId, IntegrationId, MessageId},
    view::{AttachmentState, Body, MessageView},
};
use serde_json::json;
use store::{
    BegunChat, ChatChange, ChatFate, ChatReaction, ChatWritten, EnquiryRow, StoredBody, TenantTx,
};

use super::{
    super::{
        chat_open::{chat_client, chat_name},
        chat_record::{Sought, sought},
        gather::Gathered,
    },
    posts::{post_changed, shown_author},
};
use crate::{App, Result, work::MirrorCause};

/// Messages that are shown between two looks at the database.
const MOST: i64 = 50;
/// A file that is still on its way from the messenger is waited for so long.
const FILE_AWAITED: chrono::Duration = chrono::Duration::minutes(15);

/// What the CRM's chat has not got of a conversation.
pub(super) struct Backlog {
    pub gathered: Gathered,
    pub client: ChatPerson,
    /// As the service knows the chat.
    pub chat: String,
    pub begun: Option<BegunChat>,
    pub settings: ChatSettings,
    /// Which of the messages were written in a CRM.
    pub written: BTreeMap<MessageId, ChatWritten>,
    pub news: Vec<News>,
    pub changes: Vec<(ChatChange, AsItIs)>,
    pub reactions: Vec<ChatReaction>,
    pub fates: Vec<ChatFate>,
    /// The record that the CRM makes of what a customer says there (AMO-4) is to be looked for.
    pub sought: Option<Sought>,
    /// There is more than was taken.
    pub more: bool,
}

impl Backlog {
    pub(super) fn ids(&self) -> (IntegrationId, ConversationId) {
        let Gathered { integration, conversation, .. } = &self.gathered;
        (integration.integration_id, conversation.conversation_id)
    }
}

impl Backlog {
    /// All that is to be posted.
    pub(super) fn posts(&self) -> impl Iterator<Item = &ChatMessage> {
        let anew = self.changes.iter().flat_map(|(_, now)| match now {
            AsItIs::Posted(posts) => posts.as_slice(),
            AsItIs::Edited(_) | AsItIs::Left => &[],
        });
        self.news.iter().flat_map(|news| &news.posts).chain(anew)
    }
}

/// A message not shown yet; nothing is posted of one that does not belong there.
pub(super) struct News {
    pub position: i64,
    pub change: ChatChange,
    pub posts: Vec<ChatMessage>,
}

impl News {
    /// Only a customer's words are news for the CRM's people, and make a record.
    pub(super) fn is_heard(&self) -> bool {
        self.posts.iter().any(|post| !post.silent)
    }
}

/// What is told of a message that was shown, or refused, and has changed.
pub(super) enum AsItIs {
    /// It is not there yet.
    Posted(Vec<ChatMessage>),
    Edited(Box<ChatMessage>),
    /// Nothing of it can be changed there.
    Left,
}

impl App {
    /// `None`: nothing of this conversation is shown there, or all of it is.
    pub(super) async fn chat_backlog(
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
            // Looked at when the channel is taken again.
            let awaited = cause == MirrorCause::Words && gathered.portal.chat.is_some();
            if (awaited || is_begun(&gathered)) && !is_due(&gathered.enquiry) {
                tx.note_crm_chat(integration, conversation, &json!({ "due": true })).await?;
                tx.commit().await?;
            }
            return Ok(None);
        }
        if is_due(&gathered.enquiry) && is_there(&gathered) {
            tx.note_crm_chat(integration, conversation, &json!({ "due": false })).await?;
        }
        let begun = tx.begun_crm_chat(portal, gathered.conversation.identity_id).await?;
        let client = ChatPerson {
            ref_id: begun.as_ref().map(|chat| chat.client_ref.clone()),
            ..chat_client(&gathered)
        };
        let is_shown = amo::is_shown(&amo, &gathered.facts)
            || (begun.is_some() && !amo::is_skipped(&amo, &gathered.facts.contact.phones));
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
        backlog.more |= is_cut(&backlog.reactions) || is_cut(&backlog.fates);
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
        let (integration, conversation) = backlog.ids();
        let after = backlog.gathered.enquiry.chat_position;
        let rows = tx.messages_after(conversation, after, MOST).await?;
        backlog.more = is_cut(&rows);
        let bodies: Vec<StoredBody> = rows.iter().map(|row| row.body.clone()).collect();
        let messages = tx.message_views(rows).await?;
        let here = backlog.gathered.portal.portal_id;
        let now = self.clock.now();
        for (message, body) in messages.iter().zip(bodies) {
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
                change: change_of(message, body),
                posts,
            });
        }
        Ok(())
    }

    /// A message that the CRM did not take is offered to it again as it is now.
    async fn gather_changes(
        &self,
        tx: &mut TenantTx,
        amo: &AmoSettings,
        backlog: &mut Backlog,
    ) -> Result<()> {
        let (integration, conversation) = backlog.ids();
        let changes = tx.crm_chat_changes(integration, conversation, MOST).await?;
        backlog.more |= is_cut(&changes);
        for change in changes {
            let Some(row) = tx.message(change.message).await? else { continue };
            let message = tx.message_view(row).await?;
            let by = shown_author(&message, backlog).filter(|_| change.refused);
            let posts = match by {
                Some(by) => self.posts(tx, amo, backlog, &message, by).await?,
                None => Vec::new(),
            };
            let now = match change.refused {
                true if posts.is_empty() => AsItIs::Left,
                true => AsItIs::Posted(posts),
                false => match post_changed(tx, amo, backlog, &message, &change).await? {
                    Some(message) => AsItIs::Edited(Box::new(message)),
                    None => AsItIs::Left,
                },
            };
            backlog.changes.push((change, now));
        }
        Ok(())
    }
}

/// Whether there may be more than what was read.
fn is_cut<T>(rows: &[T]) -> bool {
    i64::try_from(rows.len()).is_ok_and(|n| n >= MOST)
}

/// Whether the CRM's chat of a conversation is there, or is to be as soon as a file has come or the channel
/// is taken again: its changes are news there as well. Else a receipt would show a conversation from before
/// the chats.
fn is_begun(gathered: &Gathered) -> bool {
    is_there(gathered) || is_due(&gathered.enquiry)
}

fn is_there(gathered: &Gathered) -> bool {
    gathered.enquiry.chat_position > 0 || gathered.facts.links.chat.is_some()
}

fn is_due(enquiry: &EnquiryRow) -> bool {
    let due = enquiry.chat.as_ref().and_then(|chat| chat.get("due")?.as_bool());
    due == Some(true)
}

fn change_of(message: &MessageView, body: StoredBody) -> ChatChange {
    ChatChange {
        message: message.message_id,
        body,
        edited_at: message.edited_at,
        removed: message.removed_at.is_some(),
        refused: false,
    }
}

fn awaits_file(message: &MessageView, now: Instant) -> bool {
    let Body::Said(content) = &message.body else { return false };
    content.files().iter().any(|file| file.state == AttachmentState::Pending)
        && now - message.created_at < FILE_AWAITED
}
