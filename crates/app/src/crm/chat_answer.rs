//! An answer that was written in the CRM's chat, on its way to the customer (AMO-13, WA-3, WA-7): found
//! its conversation, its channel and its employee, it is an outbound message like any other.

mod file;
mod say;
mod way;

use chrono::TimeDelta;
use crm::{ChatEvent, ChatMedia, ChatMessageRef, ChatPlace, ChatReceiver};
use domain::{
    crm::{WrittenIn, signed},
    ids::{AccountId, ChannelId, EmployeeId, IntegrationId, PortalId},
    text::{shortened, without_nul},
};
use store::{ChatRefusal, IdentityRow, PortalRow};

use self::{
    file::file_key,
    say::Stop,
    way::{is_for_listed_only, names_people, way},
};
use super::{
    chat_named::{chat_identity, chat_settings, employee_of},
    chat_refusal::{chat_gone, not_sent, ours_failed, unknown_writer},
};
use crate::{App, Error, JobError, Result, work::back_off};

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
    Come(Outcome),
    Say(Box<Answer>),
    /// The lists do not have the writer and are old: they are pulled first.
    PullLists(Box<PortalRow>),
}

/// What has come of a message of the CRM.
enum Outcome {
    /// It is said, or nothing is to be done with it.
    Done,
    /// It does not go: that is to be kept.
    Refused(ChatRefusal),
    /// That is kept, and the CRM is to be told.
    RefusedBefore(ChatRefusal),
}

/// What is known of who wrote a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    /// As they were pulled last.
    AsTheyAre,
    /// As they were pulled just now.
    Newest,
    NotToBeHad,
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
        let came = match self.carry_chat(account, portal, external_id, attempts).await {
            Err(JobError::Retry { why, .. }) if attempts >= MOST_TRIES => {
                tracing::error!(portal.id = %portal, %why, "a message of a CRM's chat is given up");
                self.forget_chat_file(Some(file_key(account, portal, external_id))).await;
                Outcome::Refused(ours_failed())
            }
            other => other?,
        };
        match came {
            Outcome::Done => Ok(()),
            Outcome::Refused(refusal) => {
                self.refuse_chat(account, portal, external_id, &refusal, attempts).await
            }
            Outcome::RefusedBefore(refusal) => {
                self.tell_refusal(account, portal, external_id, &refusal, attempts).await
            }
        }
    }

    async fn carry_chat(
        &self,
        account: AccountId,
        portal: PortalId,
        external_id: &str,
        attempts: i32,
    ) -> Result<Outcome, JobError> {
        let fault = |error: Error| JobError::of(&error, attempts);
        let mut lists = Lists::AsTheyAre;
        let answer = loop {
            match self.chat_next(account, portal, external_id, lists).await.map_err(fault)? {
                Next::Come(outcome) => return Ok(outcome),
                Next::PullLists(row) => {
                    lists = match self.refresh_directory(*row).await {
                        Ok(_) => Lists::Newest,
                        Err(why) if attempts < LIST_TRIES => {
                            let why = format!("who wrote is not known: {why}");
                            return Err(JobError::Retry { after: back_off(attempts), why });
                        }
                        Err(_) => Lists::NotToBeHad,
                    };
                }
                Next::Say(answer) => break *answer,
            }
        };
        let file = match &answer.media {
            Some(media) => {
                match self.chat_file(account, (portal, external_id), media, attempts).await? {
                    Ok(file) => Some(file),
                    Err(words) => return Ok(Outcome::Refused(not_sent(words))),
                }
            }
            None => None,
        };
        let key = file.as_ref().and_then(|file| file.storage_key.clone());
        match self.say_in_chat(account, portal, external_id, answer, file).await {
            Ok(()) => Ok(Outcome::Done),
            Err(Stop::Refused(refusal)) => {
                self.forget_chat_file(key).await;
                Ok(Outcome::Refused(refusal))
            }
            Err(Stop::Fault(error)) => Err(fault(error)),
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
            return Ok(Next::Come(Outcome::Done));
        };
        if row.message.is_some() || row.told.is_some() {
            return Ok(Next::Come(Outcome::Done));
        }
        if let Some(refusal) = row.refusal {
            return Ok(Next::Come(Outcome::RefusedBefore(refusal)));
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
            at,
            ..
        } = event
        else {
            return Ok(Next::Come(Outcome::Done));
        };
        let refuse = |refusal| Ok(Next::Come(Outcome::Refused(refusal)));
        let identity = chat_identity(&mut tx, portal, &chat).await?;
        if identity.is_none() && chat.conversation_id.is_some() {
            return refuse(chat_gone());
        }
        let written = match &identity {
            Some(identity) => WrittenIn::Chat(identity.channel_id),
            None => WrittenIn::New(source.and_then(|source| source.parse().ok())),
        };
        let directory = tx.portal_directory(portal).await?.unwrap_or_default();
        let user = directory.users.iter().find(|user| user.chat_id.as_deref() == Some(&sender));
        let settings = chat_settings(&mut tx, portal).await?;
        // A robot is in no list; but whoever wrote in chats for the first time is not either, till the
        // lists are pulled, and has a line in the settings perhaps.
        let strict = is_for_listed_only(&settings);
        match (user, lists) {
            (None, Lists::AsTheyAre) if names_people(&settings) => {
                // Where only those listed may write, lists from before the message prove nothing.
                let stale = self.clock.now() - LISTS_FRESH;
                let since = if strict { at.max(stale) } else { stale };
                let fresh = directory.fetched_at.is_some_and(|fetched| fetched > since);
                if let (false, Some(row)) = (fresh, tx.portal(portal).await?) {
                    return Ok(Next::PullLists(Box::new(row)));
                }
            }
            (None, Lists::NotToBeHad) if strict => return refuse(unknown_writer()),
            _ => {}
        }
        let user_id = user.map(|user| &user.id);
        let (way, (integration, settings)) = match way(&settings, user_id, written) {
            Ok(found) => found,
            Err(words) => return refuse(not_sent(words)),
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
}
