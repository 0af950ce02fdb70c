//! The scenario of a channel (RT-1): a tree of conditions and operations, as data.
//!
//! It only moves forward: a step runs at most once in a conversation, so an auto-reply is never said
//! twice. [`check()`] says what is wrong with one before it is saved; [`crate::routing`] walks it.
//!
//! The visual editor and the API use this JSON. Unknown fields are refused.
//!
//! ```json
//! { "steps": [
//!   { "do": "if",
//!     "when": { "is": "working_hours", "schedule": "shd_0190…", "state": "closed" },
//!     "then": [
//!       { "do": "auto_reply", "text": "{contact.name}, ответим {working_hours.next_opening}." },
//!       { "do": "contact_form", "text": "Как с вами связаться?",
//!         "fields": [ { "ask": "name" }, { "ask": "phone", "need": "optional" } ],
//!         "wait_seconds": 600 } ],
//!     "otherwise": [] },
//!   { "do": "if",
//!     "when": { "is": "all", "of": [
//!       { "is": "kind", "kinds": ["telegram_bot"] },
//!       { "is": "not", "of": [ { "is": "text", "any_of": ["возврат"] } ] } ] },
//!     "then": [ { "do": "tag", "tags": ["tag_0190…"] } ] },
//!   { "do": "distribute",
//!     "to": { "group": "grp_0190…" },
//!     "by": { "strategy": "last_assignee", "otherwise": "round_robin" },
//!     "capacity": "respect",
//!     "answer": { "within_seconds": 120, "then": { "go": "next_person", "rounds": 1 } },
//!     "nobody_online": { "go": "steps", "steps": [
//!       { "do": "auto_reply", "text": "Сейчас все заняты, скоро ответим." } ] } }
//! ] }
//! ```

mod check;
mod hours;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::check::{MAX_CONDITIONS, MAX_DEPTH, MAX_ITEMS, MAX_STEPS, MAX_TEXT, MAX_WORD, check};
use crate::{
    channel::ChannelKind,
    ids::{ChannelId, EmployeeId, GroupId, ScheduleId, TagId},
};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Done in turn. When the list ends without `distribute` or `close`, the conversation is offered
    /// to everybody, as without a scenario (CH-2).
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    If {
        when: Condition,
        #[serde(default)]
        then: Vec<Step>,
        #[serde(default)]
        otherwise: Vec<Step>,
    },
    /// Ends its list: what comes after is said by `answer` and `nobody_online`.
    Distribute(Box<Distribution>),
    /// A text with parameters ([`crate::template`]).
    AutoReply {
        text: String,
    },
    /// Asks for contacts before it goes on (RT-3). A channel that cannot show a form skips it.
    ContactForm {
        /// What stands above the fields.
        #[serde(default)]
        text: String,
        fields: Vec<Question>,
        /// It goes on after so long, even if the customer left the form empty.
        #[serde(default = "form_wait")]
        wait_seconds: u32,
    },
    Tag {
        tags: Vec<TagId>,
    },
    Wait {
        seconds: u32,
    },
    Close {},
}

fn form_wait() -> u32 {
    600
}

/// A field of the contact form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub ask: Asked,
    #[serde(default)]
    pub need: Need,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    Name,
    Phone,
    Email,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    #[default]
    Required,
    Optional,
}

/// Who gets the conversation, and what happens when they do not take it (RT-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    pub to: Target,
    pub by: Strategy,
    #[serde(default)]
    pub capacity: Capacity,
    /// The time in which it must be taken. Without it an offer stands until it is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// RT-3a: what happens when nobody of `to` is on line and has room.
    #[serde(default)]
    pub nobody_online: NobodyOnline,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Employees(Vec<EmployeeId>),
    Group(GroupId),
    Everybody,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "strategy", rename_all = "snake_case", deny_unknown_fields)]
pub enum Strategy {
    /// Everyone of the target sees it; the first to take it wins.
    Everyone {},
    /// The one who was offered something longest ago.
    RoundRobin {},
    /// The one with the smallest share of their capacity in use.
    LeastBusy {},
    /// The employee who had this contact last, if they are of the target, on line and have room.
    LastAssignee { otherwise: Fallback },
}

/// The strategy when the last assignee cannot have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    Everyone,
    RoundRobin,
    LeastBusy,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capacity {
    /// Employees who have as many conversations as they can hold are skipped.
    #[default]
    Respect,
    Ignore,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub within_seconds: u32,
    pub then: Unanswered,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "go", rename_all = "snake_case", deny_unknown_fields)]
pub enum Unanswered {
    /// The next of the target. When each was asked `rounds` times, all of the target see it.
    NextPerson {
        #[serde(default = "one_round")]
        rounds: u8,
    },
    Group {
        group: GroupId,
    },
    Everybody {},
    /// When these end without `distribute` or `close`, all of the target see it.
    Steps {
        steps: Vec<Step>,
    },
}

fn one_round() -> u8 {
    1
}

/// In both cases the conversation is in sight of the whole target and is offered by the strategy as
/// soon as somebody comes on line or gets room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "go", rename_all = "snake_case", deny_unknown_fields)]
pub enum NobodyOnline {
    Wait {},
    /// Auto-reply, form, another distribution, close …
    Steps {
        steps: Vec<Step>,
    },
}

impl Default for NobodyOnline {
    fn default() -> Self {
        Self::Wait {}
    }
}

/// Words are compared without regard to case, `ё` being `е`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    All {
        of: Vec<Condition>,
    },
    Any {
        of: Vec<Condition>,
    },
    /// None of these holds.
    Not {
        of: Vec<Condition>,
    },
    Channel {
        channels: Vec<ChannelId>,
    },
    Kind {
        kinds: Vec<ChannelKind>,
    },
    /// The site's host is one of these; `www.` is left out of account.
    Site {
        any_of: Vec<String>,
    },
    Campaign {
        any_of: Vec<String>,
    },
    Source {
        any_of: Vec<String>,
    },
    /// `key` without the prefix `utm_`.
    Utm {
        key: String,
        any_of: Vec<String>,
    },
    /// The address of the page contains one of these.
    Page {
        any_of: Vec<String>,
    },
    WorkingHours {
        schedule: ScheduleId,
        state: Hours,
    },
    Enquiry {
        order: EnquiryOrder,
    },
    /// Whether a phone or an e-mail address of the contact is known.
    Contact {
        state: Known,
    },
    /// The employee who had the contact last is on line.
    LastAssigneeOnline {},
    /// The message contains one of these words or parts of words.
    Text {
        any_of: Vec<String>,
    },
    /// The language of the message (`ru`, `en`), where the service tells it.
    Language {
        any_of: Vec<String>,
    },
    /// Somebody of the group, or of the whole company, is on line.
    AnyoneOnline {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<GroupId>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hours {
    Open,
    Closed,
}

/// CV-2: the contact's first enquiry ever, or a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnquiryOrder {
    First,
    Repeat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    Known,
    Unknown,
}

/// What the account has, for [`check()`] to compare the scenario with.
#[derive(Debug, Clone, Default)]
pub struct Existing {
    pub channels: BTreeSet<ChannelId>,
    pub kinds: BTreeSet<ChannelKind>,
    pub employees: BTreeSet<EmployeeId>,
    pub groups: BTreeSet<GroupId>,
    pub schedules: BTreeSet<ScheduleId>,
    pub tags: BTreeSet<TagId>,
}
