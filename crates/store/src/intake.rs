//! The accepting transaction: any number of inbound messages, of any accounts, stored in a fixed
//! number of statements. Concurrent webhooks are gathered by `app` into one batch, so they share one
//! commit; each is answered after it.
//!
//! Locks are taken in one order everywhere: identities by id, conversations by id, the account's
//! counter, lanes, the counter again for events. The identity's lock is the door to opening a
//! conversation, so there is never a second open one (CV-2); the conversation's lock gives positions,
//! so order is the order of commits. Doubles are found after the locks are held and are also refused
//! by the unique key.

mod open;
mod people;
mod place;
mod tell;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::{
    attribution::Attribution,
    content::Content,
    conversation::{Cause, ConversationKind, ConversationState, Direction},
    event::{EventKind, NewEvent},
    ids::{
        AccountId, AttachmentId, ChannelId, ContactId, ConversationId, EmployeeId, GroupId,
        IdentityId, MessageId,
    },
    view::{AttachmentView, Body, ConversationTail, ConversationView, MessageView},
    visibility::Audience,
};
use serde_json::json;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use self::{
    open::{open_and_known, open_one, sending},
    people::people,
    place::{place_message, resolve_replies, route_job, view_of},
    tell::append_events,
    write::write,
};
use crate::{
    Error, NewAttachment, NewJob, PlatformTx, Result, Store, attachment,
    events::{self, Growth},
    lanes,
    message::{StoredBody, searchable},
};

/// A message to store. Ids are made by the caller; those of contact, identity and conversation are
/// used only if they turn out to be new.
#[derive(Debug, Clone)]
pub struct Item {
    pub account: AccountId,
    pub channel: ChannelId,
    pub message_id: MessageId,
    pub new_contact: ContactId,
    pub new_identity: IdentityId,
    pub new_conversation: ConversationId,
    pub person: Person,
    /// The key against doubles, unique within the channel.
    pub external_id: String,
    pub aliases: Vec<String>,
    /// `Inbound`, or `Outbound` for what our side wrote elsewhere.
    pub direction: Direction,
    pub content: Content<AttachmentId>,
    pub files: Vec<NewAttachment>,
    pub reply_to: Option<String>,
    /// Ids or aliases of earlier messages of the thread, newest first.
    pub thread: Vec<String>,
    pub album: Option<String>,
    pub kind: ConversationKind,
    pub automatic: bool,
    pub attribution: Attribution,
    /// What the service tells when it is asked: jobs are left for what is missing.
    pub look_up: LookUp,
    pub occurred_at: DateTime<Utc>,
    pub now: DateTime<Utc>,
    pub raw: Option<String>,
}

/// What is to be asked of the service after the message is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LookUp {
    /// The person, if they have no name yet.
    pub person: bool,
    /// The message's whole text.
    pub whole: bool,
    /// Nothing: the service waits for a word that a button's press was taken.
    pub press: bool,
}

/// The customer of a message.
#[derive(Debug, Clone, Default)]
pub struct Person {
    pub external_id: String,
    /// The person behind several chats of one channel.
    pub key: Option<String>,
    pub name: String,
    pub username: String,
    pub language: Option<String>,
    /// E.164.
    pub phones: Vec<String>,
    /// Normalised.
    pub emails: Vec<String>,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    New {
        conversation: ConversationId,
        message: Box<MessageView>,
        /// The message opened its conversation.
        opened: bool,
    },
    /// It was stored before.
    Duplicate { message: MessageId },
    /// Our side's copy of a message whose sending is not finished: come again.
    Later,
    /// The channel was taken away meanwhile.
    Gone,
}

#[derive(sqlx::FromRow)]
struct ChannelFacts {
    channel_id: Uuid,
    pinned_employee_id: Option<Uuid>,
    scenario_id: Option<Uuid>,
    auto_close_minutes: Option<i32>,
}

#[derive(Clone)]
struct Identity {
    identity_id: Uuid,
    contact_id: Uuid,
    contact_name: String,
    name: String,
    username: String,
    reachable: bool,
    /// Told before they wrote; their next conversation takes it.
    came_from: Option<Attribution>,
    person_key: Option<String>,
    language: Option<String>,
    /// When the service was last asked who this is.
    asked_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow, Clone)]
struct Open {
    conversation_id: Uuid,
    identity_id: Uuid,
    number: i64,
    state: String,
    pinned_id: Option<Uuid>,
    assignee_id: Option<Uuid>,
    offered_id: Option<Uuid>,
    group_id: Option<Uuid>,
    last_position: i64,
    waiting_since: Option<DateTime<Utc>>,
    first_answer_at: Option<DateTime<Utc>>,
    attribution: Json<Attribution>,
}

impl Open {
    fn audience(&self) -> Audience {
        Audience {
            pinned: self.pinned_id.map(EmployeeId),
            assignee: self.assignee_id.map(EmployeeId),
            offered: self.offered_id.map(EmployeeId),
            group: self.group_id.map(GroupId),
        }
    }
}

/// What the batch made, gathered for the bulk statements at its end.
#[derive(Default)]
struct Made {
    conversations: BTreeMap<Uuid, Touched>,
    messages: Vec<usize>,
    positions: Vec<i64>,
    message_conversations: Vec<Uuid>,
    replies: Vec<Option<Uuid>>,
    events: Vec<(AccountId, NewEvent)>,
    jobs: Vec<(AccountId, NewJob)>,
}

struct Touched {
    account: Uuid,
    open: Open,
    last_message_at: DateTime<Utc>,
    preview: String,
    preview_direction: Direction,
    auto_close_at: Option<DateTime<Utc>>,
}

type Place = (Uuid, String);

impl Store {
    /// Stores a batch in a transaction of its own and returns after COMMIT.
    pub async fn accept(&self, items: &[Item]) -> Result<Vec<Stored>> {
        let mut tx = self.platform().await?;
        let accepted = tx.accept(items).await?;
        tx.commit().await?;
        Ok(self.tell(accepted))
    }

    /// Tells local readers of what a platform transaction appended and queued, now that it is
    /// committed. Returns the items' fates.
    pub fn tell(&self, accepted: Accepted) -> Vec<Stored> {
        for growth in accepted.feeds {
            self.hint(growth);
        }
        for queue in accepted.queues {
            let _ = self.wakes.send(queue);
        }
        accepted.fates
    }
}

/// What a batch came to. Hand it to [`Store::tell`] after commit.
#[must_use]
#[derive(Debug)]
pub struct Accepted {
    /// In the order of the items.
    pub fates: Vec<Stored>,
    feeds: Vec<Growth>,
    /// Queues that got work.
    queues: BTreeSet<&'static str>,
}

impl PlatformTx {
    /// Stores a batch within this transaction.
    pub async fn accept(&mut self, items: &[Item]) -> Result<Accepted> {
        let conn = self.conn();
        let (channels, identities) = people(conn, items).await?;
        let (mut open, mut known) = open_and_known(conn, items, &identities).await?;
        let sending = sending(conn, items, &open).await?;

        let mut stored = Vec::with_capacity(items.len());
        let mut made = Made::default();
        let mut opened: Vec<(usize, Uuid)> = Vec::new();
        for (n, item) in items.iter().enumerate() {
            let Some(channel) = channels.get(&item.channel.0) else {
                stored.push(Stored::Gone);
                continue;
            };
            let key: Place = (item.channel.0, item.external_id.clone());
            let names = std::iter::once(&item.external_id).chain(&item.aliases);
            let former =
                names.filter_map(|name| known.get(&(item.channel.0, name.clone()))).next().copied();
            if let Some(message) = former {
                stored.push(Stored::Duplicate { message: MessageId(message) });
                continue;
            }
            let place = (item.channel.0, item.person.external_id.clone());
            let Some(identity) = identities.get(&place) else {
                return Err(Error::Inconsistent {
                    table: "identities",
                    column: "external_id",
                    why: "an identity is missing after it was made".to_owned(),
                });
            };
            if item.direction == Direction::Outbound
                && open
                    .get(&identity.identity_id)
                    .is_some_and(|o| sending.contains(&o.conversation_id))
            {
                stored.push(Stored::Later);
                continue;
            }
            let is_new = !open.contains_key(&identity.identity_id);
            if is_new {
                let conversation = open_one(conn, item, identity, channel).await?;
                opened.push((n, identity.identity_id));
                open.insert(identity.identity_id, conversation);
            }
            let Some(conversation) = open.get_mut(&identity.identity_id) else { continue };
            place_message(&mut made, n, item, channel, conversation);
            known.insert(key, item.message_id.0);
            let view = view_of(item, conversation);
            if is_new {
                made.jobs.extend(route_job(item, channel, conversation));
            }
            stored.push(Stored::New {
                conversation: ConversationId(conversation.conversation_id),
                message: Box::new(view),
                opened: is_new,
            });
        }
        resolve_replies(items, &mut made, &known);
        write(conn, items, &made).await?;
        append_events(conn, items, &mut made, &mut stored, &identities, &opened).await?;
        let queues = made.jobs.iter().map(|(_, job)| job.queue).collect();
        if !made.jobs.is_empty() {
            lanes::push(conn, &made.jobs).await?;
        }
        let feeds = if made.events.is_empty() {
            Vec::new()
        } else {
            events::append(conn, std::mem::take(&mut made.events)).await?
        };
        Ok(Accepted { fates: stored, feeds, queues })
    }
}
