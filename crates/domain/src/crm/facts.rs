//! What must be known to decide. Our own facts are loaded whole; those of the CRM are asked for one by
//! one ([`super::next_question`]) and stand here as [`Asked`].

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{CrmId, Directory, Entity, StageRef};
use crate::{
    attribution::Attribution,
    clock::Instant,
    conversation::{ConversationKind, Direction},
    ids::{AttachmentId, ChannelId, ContactId, ConversationId, EmployeeId, MessageId},
    scenario::EnquiryOrder,
    text::{Language, Words},
};

#[derive(Debug, Clone)]
pub struct Facts {
    pub now: Instant,
    pub company: Company,
    pub enquiry: Enquiry,
    pub contact: ContactFacts,
    pub occasion: Occasion,
    pub links: Links,
    pub known: Known,
    pub directory: Directory,
    /// Whether the CRM tells us of changes by webhook, so that [`Links`] are as the CRM has them. Off
    /// in LITE (CRM-7): there the CRM is asked.
    pub mirrored: bool,
    /// Whether the chats service works for this portal (AMO-13): with it, amoCRM makes the «unsorted»
    /// of a chat by itself.
    pub chats_connected: bool,
}

#[derive(Debug, Clone)]
pub struct Company {
    pub name: String,
    /// What is written into the CRM is in it.
    pub language: Language,
    pub time_zone: Tz,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enquiry {
    pub conversation: ConversationId,
    pub number: i64,
    pub kind: ConversationKind,
    pub order: EnquiryOrder,
    pub channel: ChannelFacts,
    pub attribution: Attribution,
    pub first_text: String,
    pub opened_at: Instant,
    pub closed_at: Option<Instant>,
    /// Whom the conversation is with.
    pub employee: Option<EmployeeFacts>,
    /// Names of its tags.
    pub tags: Vec<String>,
    /// Its address in our workstation; empty where the installation has no public address.
    pub link: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChannelFacts {
    pub id: ChannelId,
    pub kind: String,
    /// The kind in people's words: «Telegram-бот».
    pub kind_title: Words,
    pub name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EmployeeFacts {
    pub id: EmployeeId,
    pub name: String,
    pub email: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ContactFacts {
    pub contact: ContactId,
    pub name: String,
    /// E.164.
    pub phones: Vec<String>,
    pub emails: Vec<String>,
    pub username: String,
    /// The company's own fields, as text.
    pub fields: BTreeMap<String, String>,
}

/// What happened in the conversation since the CRM was last brought up to date with it. Several
/// happenings may come together: they are passed on by one plan.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Occasion {
    /// This conversation was never passed on to this CRM before.
    pub opened: bool,
    /// It is closed, and its closing was not passed on.
    pub closed: bool,
    /// Messages not passed on, in order: inbound, outbound, no system lines, no notes.
    pub lines: Vec<Line>,
    /// Among them is the customer's first in this conversation (WA-6).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub first_inbound: bool,
    /// All of the conversation's messages, where a transcript is written at its end and the end is
    /// there; else empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Line>,
    /// An employee answered, who was not the responsible one by our hand before (CRM-3).
    pub answered_by: Option<EmployeeFacts>,
    /// Phones, e-mails, name or fields of the contact changed.
    pub contact_changed: bool,
    /// An operator chose the deal for this conversation (BY-5).
    pub chosen_deal: Option<CrmId>,
}

impl Occasion {
    pub fn has_inbound(&self) -> bool {
        self.lines.iter().any(|line| line.direction == Direction::Inbound)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub message: MessageId,
    pub position: i64,
    pub direction: Direction,
    /// The customer's or the employee's name; empty for a rule's words.
    pub author: String,
    pub text: String,
    pub files: Vec<LineFile>,
    pub at: Instant,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineFile {
    pub attachment: AttachmentId,
    pub name: String,
}

/// What we know to be ours in this CRM: the truth before any search.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Links {
    pub contact: Option<LinkedContact>,
    /// Of this contact, the newest first. `of_this` marks the one this conversation went to.
    pub deals: Vec<LinkedDeal>,
    /// Leads of Bitrix24, as `deals`.
    pub leads: Vec<LinkedDeal>,
    pub unsorted: Option<LinkedUnsorted>,
    /// The last task that we made for this contact.
    pub task: Option<LinkedTask>,
    pub activity: Option<LinkedTask>,
    /// Of this conversation alone: messages are counted in each.
    pub written: Vec<Written>,
    /// Files that lie in the CRM already.
    pub attached: Vec<AttachmentId>,
    /// The chat of this conversation inside the CRM (AMO-13).
    pub chat: Option<CrmId>,
    /// Of these nothing was heard for long. Webhooks get lost, so the CRM is asked, mirrored or not.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stale: BTreeSet<Entity>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LinkedContact {
    pub id: CrmId,
    /// Of the last that we know.
    pub responsible: Option<CrmId>,
    /// As in [`LinkedDeal`].
    #[serde(default)]
    pub responsible_by_hand: bool,
    pub gone: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LinkedDeal {
    pub id: CrmId,
    pub at: Option<StageRef>,
    pub state: EntityState,
    pub responsible: Option<CrmId>,
    /// Responsible was changed in the CRM after our last write: a person's choice, which we leave (CRM-3).
    pub responsible_by_hand: bool,
    /// This conversation belongs to it.
    pub of_this: bool,
    pub created_at: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityState {
    Open,
    /// Won or lost.
    Closed,
    /// Deleted, or merged into another.
    Gone,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LinkedUnsorted {
    pub uid: CrmId,
    pub deal: Option<CrmId>,
    pub contact: Option<CrmId>,
    pub state: UnsortedState,
    pub of_this: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnsortedState {
    Waiting,
    Accepted,
    Declined,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LinkedTask {
    pub id: CrmId,
    pub deal: Option<CrmId>,
    /// By webhook or by the last look.
    pub done: bool,
}

/// A note or comment of ours that grows with the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Written {
    pub note: CrmId,
    pub to: Entity,
    pub of: CrmId,
    /// What stands in it.
    pub text: String,
    /// Of our messages, the last in it.
    pub up_to: i64,
}

/// An answer of the CRM, or not asked yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked<T> {
    #[default]
    Not,
    Is(T),
}

impl<T> Asked<T> {
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Not => None,
            Self::Is(answer) => Some(answer),
        }
    }
}

/// What the CRM answered in this gathering.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Known {
    /// Contacts whose phone or e-mail equals one of ours, the best first; empty: none.
    pub contacts: Asked<Vec<FoundContact>>,
    /// The linked contact as it is now; inner `None`: it is gone.
    pub contact: Asked<Option<FoundContact>>,
    /// Deals of the contact, open and closed, the newest first.
    pub deals: Asked<Vec<DealFact>>,
    /// Bitrix24: leads of the client, the newest first.
    pub leads: Asked<Vec<DealFact>>,
    /// Bitrix24: companies with the phone or e-mail.
    pub companies: Asked<Vec<CrmId>>,
    /// Whether the linked task is done; a task that is gone is done.
    pub task_done: Asked<bool>,
    pub activity_done: Asked<bool>,
    pub unsorted: Asked<UnsortedState>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundContact {
    pub id: CrmId,
    pub name: String,
    /// As written there.
    pub phones: Vec<String>,
    pub emails: Vec<String>,
    pub responsible: Option<CrmId>,
    /// Which of ours it has: `phone +7916…`.
    pub matched_by: String,
    pub created_at: Option<Instant>,
    /// Ids of its deals, where the answer brings them (amoCRM, `with=leads`).
    pub deals: Vec<CrmId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DealFact {
    pub id: CrmId,
    pub name: String,
    pub at: StageRef,
    pub state: EntityState,
    pub responsible: Option<CrmId>,
    pub created_at: Instant,
    pub changed_at: Instant,
}
