//! Messages of a conversation, shown in the CRM's chat (AMO-13): new ones in their order, then what
//! changed of those that are there, then what became of those that were written there. How far it came
//! is kept with each message, so that a job that dies goes on where it stopped; what it posts twice is
//! one message there, by our id of it.

mod backlog;
mod fates;
mod posts;

use crm::{ChatMessage, ChatMessageRef, ChatWriter, Posted};
use domain::{
    crm_view::RunState,
    ids::{AccountId, ConversationId, IntegrationId, MessageId},
    text::Words,
};
use serde_json::json;
use store::{ChatChange, ChatReaction, ChatShown, TenantTx};

use self::backlog::{AsItIs, Backlog, News};
use super::{
    chat_calls::{chats, refused},
    visit::{Visit, calling},
};
use crate::{App, Error, JobError, Result, work::MirrorCause};

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
            let ours = backlog.posts().any(|post| post.silent);
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
        for (change, now) in &backlog.changes {
            let shown = match now {
                AsItIs::Posted(posts) => self.post_all(visit, posts, attempts).await?,
                AsItIs::Edited(message) => {
                    let call = calling!(visit, adapter, caller => async {
                        chats(&*adapter)?.edit(&caller, message).await
                    });
                    ChatShown { refusal: refused(call, attempts)?.err(), external_id: None }
                }
                AsItIs::Left => ChatShown::default(),
            };
            self.change_shown(visit, backlog, (change, now), shown).await.map_err(fault)?;
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

    /// How they came out: by the first one's id, and with the last refusal that will not change.
    async fn post_all(
        &self,
        visit: &mut Visit<'_>,
        posts: &[ChatMessage],
        attempts: i32,
    ) -> Result<ChatShown, JobError> {
        let mut shown = ChatShown::default();
        for message in posts {
            match self.post_one(visit, message, attempts).await? {
                Ok(posted) => shown.external_id = shown.external_id.or(posted.ref_id),
                Err(words) => shown.refusal = Some(words),
            }
        }
        Ok(shown)
    }

    /// A user who is no more one there is named by our bot, and the lists are pulled anew.
    async fn post_one(
        &self,
        visit: &mut Visit<'_>,
        message: &ChatMessage,
        attempts: i32,
    ) -> Result<Result<Posted, Words>, JobError> {
        let call = calling!(visit, adapter, caller => async {
            chats(&*adapter)?.post(&caller, message).await
        });
        let posted = refused(call, attempts)?;
        let (Err(_), ChatWriter::User { name, .. }) = (&posted, &message.writer) else {
            return Ok(posted);
        };
        self.refresh_directory_soon(visit.account, visit.portal.portal_id).await;
        let by_bot =
            ChatMessage { writer: ChatWriter::Bot { name: name.clone() }, ..message.clone() };
        let call = calling!(visit, adapter, caller => async {
            chats(&*adapter)?.post(&caller, &by_bot).await
        });
        refused(call, attempts)
    }

    async fn news_shown(
        &self,
        visit: &Visit<'_>,
        backlog: &Backlog,
        news: &News,
        shown: ChatShown,
    ) -> Result<()> {
        let (integration, conversation) = backlog.ids();
        let refusal = shown.refusal.as_ref().map(|why| (RunState::Failed, why));
        let mut tx = self.begin_shown(visit, backlog, news.change.message, refusal).await?;
        if !news.posts.is_empty() {
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
        (change, now): (&ChatChange, &AsItIs),
        shown: ChatShown,
    ) -> Result<()> {
        let (integration, conversation) = backlog.ids();
        let refusal = shown.refusal.as_ref().map(|why| (RunState::Failed, why));
        let mut tx = self.begin_shown(visit, backlog, change.message, refusal).await?;
        match now {
            AsItIs::Posted(_) => {
                tx.insert_crm_chat_shown(integration, conversation, change, &shown).await?;
            }
            AsItIs::Edited(_) | AsItIs::Left => {
                tx.crm_chat_change_told(integration, change).await?;
            }
        }
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
        let (chat, client) = (&backlog.chat, &backlog.client);
        let message = match &reaction.theirs {
            Some(id) => ChatMessageRef::Theirs(id.clone()),
            None => ChatMessageRef::Ours(reaction.message.to_string()),
        };
        let emoji = reaction.emoji.as_deref();
        let call = calling!(visit, adapter, caller => async {
            chats(&*adapter)?.react(&caller, chat, &message, emoji, client).await
        });
        let refusal = refused(call, attempts)?.err();
        let kept = async {
            let (integration, conversation) = backlog.ids();
            // A channel may have been registered without reactions: nobody can mend that here.
            let refusal = refusal.as_ref().map(|why| (RunState::Nothing, why));
            let mut tx = self.begin_shown(visit, backlog, reaction.message, refusal).await?;
            tx.save_crm_chat_reaction(integration, conversation, reaction).await?;
            tx.commit().await?;
            Ok(())
        };
        kept.await.map_err(|error: Error| JobError::of(&error, attempts))
    }

    /// Begins to keep how something of a message came out there; a refusal is logged with it.
    async fn begin_shown(
        &self,
        visit: &Visit<'_>,
        backlog: &Backlog,
        message: MessageId,
        refusal: Option<(RunState, &Words)>,
    ) -> Result<TenantTx> {
        let mut tx = self.store.tenant(visit.account).await?;
        if let Some(refusal) = refusal {
            self.log_not_shown(&mut tx, visit, &backlog.gathered, message, refusal).await?;
        }
        Ok(tx)
    }
}
