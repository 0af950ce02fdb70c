//! Jobs: work that leaves the process or waits for its turn. A job carries ids, not data, and loads
//! the present rows when it runs. Runners call [`App::run`]; each kind is one use-case.

use std::{fmt::Display, time::Duration};

use domain::{
    clock::Instant,
    ids::{
        AccountId, AttachmentId, ChannelId, ContactId, ConversationId, DeliveryId, IdentityId,
        IntegrationId, MessageId, NumberCheckId, PortalId,
    },
    listing::Listing,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{App, Error, Result};

/// Every kind of job. The tag is the name in the database: a retired kind stays readable until no
/// queue holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Work {
    /// Ask the scenario what becomes of a conversation.
    Route { conversation: ConversationId, why: domain::routing::Event },
    /// Hand an outbound message to its driver.
    Send { message: MessageId },
    /// Change or take back a message that was sent.
    Change { message: MessageId },
    /// Put our emoji on a message, or take it away.
    React { message: MessageId },
    /// Tell the customer that their messages were read.
    Seen { conversation: ConversationId },
    /// Tell the customer that somebody writes.
    Typing { conversation: ConversationId, at: Instant },
    /// Tell the service that a button's press was taken.
    AnswerPress { message: MessageId },
    /// Put a person on the service's own black list.
    Block { identity: IdentityId },
    /// Ask a service whether a phone can be written to, or look for its answer (WA-1).
    CheckNumber { check: NumberCheckId },
    /// Take over a file from its service.
    Fetch { attachment: AttachmentId },
    /// Ask the service who wrote, and about what.
    LookUpPerson { identity: IdentityId },
    /// Ask the service for the whole of a message that came cropped.
    LookUpMessage { message: MessageId },
    /// The customer writes about something else now. Carries the listing itself: it stands nowhere
    /// else.
    Listing { conversation: ConversationId, listing: Listing },
    /// Check a channel's account at its service and register our webhook.
    Connect { channel: ChannelId },
    /// Take our webhook away from a channel that was removed or switched off.
    Disconnect { channel: ChannelId },
    /// Post an event to an outgoing webhook.
    Deliver { delivery: DeliveryId },
    /// Pass on to a CRM what it has not got of a conversation.
    /// In the lane of `contact`.
    SyncCrm {
        integration: IntegrationId,
        conversation: ConversationId,
        #[serde(default)]
        contact: Option<ContactId>,
    },
    /// Show in the CRM's chat what it has not got of a conversation (AMO-13).
    MirrorChat {
        integration: IntegrationId,
        conversation: ConversationId,
        #[serde(default)]
        cause: MirrorCause,
    },
    /// Say to the customer what was written in the CRM's chat (AMO-13).
    TakeChat { portal: PortalId, message: String },
    /// Tell the CRM's chats that the customer writes (AMO-13).
    TypingInCrm { conversation: ConversationId, at: Instant },
    /// Look at a CRM account, register our webhook there, pull its lists.
    ConnectPortal { portal: PortalId },
    /// Queue what was said since then, while a CRM account was disconnected.
    PassMissed {
        portal: PortalId,
        #[serde(default)]
        since: Instant,
    },
}

/// What brings a conversation to the CRM's chat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MirrorCause {
    /// There are words to show; a chat begins with them.
    #[default]
    Words,
    /// A receipt, an edit, an emoji: of a conversation that is not shown there it shows nothing.
    Changes,
}

/// Why a job is not done, by what happens next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// Tried and not succeeded: again after this time. Counts as a try.
    #[error("retry in {after:?}: {why}")]
    Retry { after: Duration, why: String },
    /// Not tried: something it needs is down. No try is counted.
    #[error("wait {after:?}: {why}")]
    Wait { after: Duration, why: String },
    /// Will never succeed: put among the dead and shown.
    #[error("{why}")]
    Fail { why: String },
}

/// Tries of a job that meets our own faults, before it is put among the dead.
const MOST_TRIES: i32 = 20;

impl JobError {
    /// A fault of ours or of the database: with growing pauses, then dead.
    pub fn of(error: &Error, attempts: i32) -> Self {
        let why = error.to_string();
        match error {
            Error::Unavailable(_) | Error::TooMany { .. } => {
                Self::Wait { after: Duration::from_secs(2), why }
            }
            _ if attempts >= MOST_TRIES => Self::Fail { why },
            _ => Self::Retry { after: back_off(attempts), why },
        }
    }
}

/// 1 s, 2 s, 4 s … up to 10 minutes.
pub fn back_off(attempts: i32) -> Duration {
    let doubled = 1_u64 << u32::try_from(attempts.clamp(0, 10)).unwrap_or(0);
    Duration::from_secs(doubled.min(600))
}

/// Writes down what a service has said, however long the database takes: asked again, the service may
/// do its work twice. Run twice, `write` writes once.
pub(crate) async fn patiently<T, F>(write: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let pauses = Pauses { first: Duration::from_millis(200), longest: Duration::from_secs(5) };
    pauses.between(write, |error| matches!(error, Error::Unavailable(_))).await
}

/// How long a write that waits for the database waits between its tries: twice as long each time.
pub(crate) struct Pauses {
    pub first: Duration,
    pub longest: Duration,
}

impl Pauses {
    /// Writes until it is done, or meets an error that `passes` says will not pass.
    pub async fn between<T, E, F>(
        &self,
        write: impl Fn() -> F,
        passes: impl Fn(&E) -> bool,
    ) -> Result<T, E>
    where
        E: Display,
        F: Future<Output = Result<T, E>>,
    {
        let mut pause = self.first;
        loop {
            match write().await {
                Err(error) if passes(&error) => {
                    tracing::warn!(%error, "what a service said waits for the database");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(self.longest);
                }
                done => return done,
            }
        }
    }
}

/// While nodes are replaced one by one, a newer one leaves jobs that only it knows: they wait for it
/// (migrations/README.md, rule 3).
fn unknown(error: &serde_json::Error, attempts: i32) -> JobError {
    let why = format!("unknown job: {error}");
    match attempts >= MOST_TRIES {
        true => JobError::Fail { why },
        false => JobError::Retry { after: back_off(attempts), why },
    }
}

impl App {
    /// Does one job of an account.
    pub async fn run(
        &self,
        account: AccountId,
        payload: &Value,
        attempts: i32,
    ) -> Result<(), JobError> {
        let work: Work =
            serde_json::from_value(payload.clone()).map_err(|e| unknown(&e, attempts))?;
        let done = match work {
            Work::Route { conversation, why } => self.route(account, conversation, why).await,
            Work::Send { message } => return self.send(account, message, attempts).await,
            Work::Change { message } => return self.change_sent(account, message, attempts).await,
            Work::React { message } => return self.send_reaction(account, message, attempts).await,
            Work::Seen { conversation } => self.tell_seen(account, conversation).await,
            Work::Typing { conversation, at } => self.tell_typing(account, conversation, at).await,
            Work::AnswerPress { message } => self.answer_press(account, message).await,
            Work::Block { identity } => return self.block(account, identity, attempts).await,
            Work::CheckNumber { check } => {
                return self.put_number_question(account, check, attempts).await;
            }
            Work::Fetch { attachment } => return self.fetch(account, attachment, attempts).await,
            Work::LookUpPerson { identity } => {
                return self.look_up_person(account, identity, attempts).await;
            }
            Work::LookUpMessage { message } => {
                return self.look_up_message(account, message, attempts).await;
            }
            Work::Listing { conversation, listing } => {
                self.listing_told(account, conversation, listing).await
            }
            Work::Connect { channel } => return self.connect(account, channel, attempts).await,
            Work::Disconnect { channel } => self.disconnect(account, channel).await,
            Work::Deliver { delivery } => return self.deliver(account, delivery, attempts).await,
            Work::SyncCrm { integration, conversation, contact } => {
                return self.sync_crm(account, integration, conversation, contact, attempts).await;
            }
            Work::MirrorChat { integration, conversation, cause } => {
                return self.mirror_chat(account, integration, conversation, cause, attempts).await;
            }
            Work::TakeChat { portal, message } => {
                return self.take_chat(account, portal, &message, attempts).await;
            }
            Work::TypingInCrm { conversation, at } => {
                self.tell_crm_typing(account, conversation, at).await
            }
            Work::ConnectPortal { portal } => {
                return self.connect_portal(account, portal, attempts).await;
            }
            Work::PassMissed { portal, since } => self.pass_missed(account, portal, since).await,
        };
        done.map_err(|error| JobError::of(&error, attempts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_of_a_newer_program_waits_for_it_and_not_for_ever() {
        let error = serde_json::from_str::<Work>(r#"{"job":"newer"}"#).expect_err("not known");
        assert!(matches!(unknown(&error, 3), JobError::Retry { .. }));
        assert!(matches!(unknown(&error, MOST_TRIES), JobError::Fail { .. }));
    }

    #[test]
    fn pauses_grow_and_stop_growing() {
        assert_eq!(back_off(0), Duration::from_secs(1));
        assert_eq!(back_off(3), Duration::from_secs(8));
        assert_eq!(back_off(40), Duration::from_secs(600));
    }
}
