//! What becomes of a new conversation (RT-1 to RT-3a): the walk through a scenario, as a pure function.
//!
//! [`decide`] is called when a conversation opens, when the time in [`Decision::wake_at`] has come, and
//! when something happened that may change the answer ([`Event`]). It is meant for conversations that are
//! still new: once somebody has taken one, its [`Progress`] is of no further use.
//!
//! After every call the conversation is in one of these states, and in no other (RT-3a, never limbo):
//! offered to one employee, in sight of a group or of everybody, waiting until a known moment, closed.
//!
//! Calling it twice for one event is harmless: a moment that has not come, or an event that changes
//! nothing, gives the same progress and no effects.

mod conditions;
mod explain;
mod pick;
mod walk;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::walk::Walk;
pub use self::{
    conditions::holds,
    explain::{Names, Outcome, Told, Tried, result_words, told_words, try_out},
};
use crate::{
    attribution::Attribution,
    channel::ChannelKind,
    clock::Instant,
    ids::{ChannelId, EmployeeId, GroupId, ScheduleId, TagId},
    people::Presence,
    scenario::{EnquiryOrder, Known, Question, Scenario},
    working_hours::Schedule,
};

/// Why a decision is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The conversation was opened by the customer.
    Opened,
    /// The moment of [`Decision::wake_at`] has come: an answer time, a wait or a form ran out.
    TimeCame,
    /// The contact form was filled, or the customer chose to go on without.
    FormDone,
    EmployeeCameOnline,
    /// An employee closed or gave away a conversation, so that there is room.
    EmployeeReleased,
    /// An employee went on a break, off line, or lost the access.
    EmployeeLeft,
}

/// What must be known to decide.
#[derive(Debug, Clone)]
pub struct Facts {
    pub now: Instant,
    pub channel: ChannelFacts,
    pub attribution: Attribution,
    pub enquiry: EnquiryOrder,
    /// Whether a phone or an e-mail address of the contact is known.
    pub contact: Known,
    /// Who had the contact's last conversation.
    pub last_assignee: Option<EmployeeId>,
    /// The words of the customer's messages so far.
    pub text: String,
    /// IETF language tag, where the service tells it.
    pub language: Option<String>,
    /// Those that the scenario names. One that is missing counts as open.
    pub schedules: BTreeMap<ScheduleId, Schedule>,
    /// Everyone who may work with this channel's conversations.
    pub employees: Vec<EmployeeFacts>,
}

#[derive(Debug, Clone)]
pub struct ChannelFacts {
    pub id: ChannelId,
    pub kind: ChannelKind,
    /// CH-3: whose channel it is.
    pub pinned: Option<EmployeeId>,
    /// Whether a contact form can be shown (RT-3: the widget chat).
    pub asks_forms: bool,
}

#[derive(Debug, Clone)]
pub struct EmployeeFacts {
    pub id: EmployeeId,
    pub presence: Presence,
    /// Conversations in work, and those offered right now.
    pub load: u32,
    /// The most conversations at once. `None`: no limit.
    pub capacity: Option<u32>,
    pub groups: Vec<GroupId>,
    pub last_offered_at: Option<Instant>,
}

/// What to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Say this to the customer. A template, see [`crate::template`]. Always automatic: the caller counts
    /// these against the limit of automatic replies.
    AutoReply {
        text: String,
    },
    AskForm {
        text: String,
        fields: Vec<Question>,
    },
    Tag {
        tags: Vec<TagId>,
    },
    /// Only this employee sees it as new (pinned: sees it at all).
    OfferTo {
        employee: EmployeeId,
    },
    /// All of the group see it as new; the first to take it wins.
    OfferToGroup {
        group: GroupId,
    },
    OfferToAll {},
    Close {},
    /// Somebody responsible should be told that the conversation lies unattended.
    Alarm {
        reason: AlarmReason,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmReason {
    /// Nobody who could have it is on line and has room.
    NobodyOnline,
    /// Everyone was asked and nobody took it in time.
    NobodyAnswered,
    /// The scenario was changed under the conversation, or cannot be walked; everybody sees it now.
    ScenarioChanged,
    /// The channel is pinned to an employee who is no longer there.
    PinnedEmployeeGone,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub effects: Vec<Effect>,
    pub progress: Progress,
    /// When to ask again with [`Event::TimeCame`].
    pub wake_at: Option<Instant>,
}

/// Where a conversation stands in its scenario. Kept with the conversation as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// From the root to the step at which it stands.
    pub path: Vec<Hop>,
    pub standing: Standing,
}

/// One step of the path, with what is remembered of a distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hop {
    /// Index in its list.
    pub step: usize,
    /// The branch of this step in which the path goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into: Option<Branch>,
    /// Who was asked in this round.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offered: Vec<EmployeeId>,
    /// Rounds that are over.
    #[serde(skip_serializing_if = "is_zero")]
    pub rounds: u8,
    #[serde(skip_serializing_if = "Absence::is_new")]
    pub absence: Absence,
}

fn is_zero(n: &u8) -> bool {
    *n == 0
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Branch {
    Then,
    Otherwise,
    Unanswered,
    NobodyOnline,
}

/// What was done about nobody being there. The customer is told once, not at every change of shift.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    #[default]
    New,
    /// The steps of `nobody_online` have run.
    Handled,
}

impl Absence {
    fn is_new(&self) -> bool {
        *self == Self::New
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Standing {
    #[default]
    NotStarted,
    /// Only this employee sees it.
    Offered {
        employee: EmployeeId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
    },
    /// These see it, and at least one of them is expected to take it.
    InSight {
        of: Crowd,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
    },
    /// These see it; it is offered as soon as one of them is on line and has room.
    WaitsForSomebody {
        of: Crowd,
    },
    WaitsForForm {
        until: Instant,
    },
    Pauses {
        until: Instant,
    },
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Crowd {
    Group(GroupId),
    Everybody,
}

impl Standing {
    /// When the caller must ask again.
    pub fn until(&self) -> Option<Instant> {
        match self {
            Self::Offered { until, .. } | Self::InSight { until, .. } => *until,
            Self::WaitsForForm { until } | Self::Pauses { until } => Some(*until),
            Self::NotStarted | Self::WaitsForSomebody { .. } | Self::Closed => None,
        }
    }
}

impl Crowd {
    fn offer(self) -> Effect {
        match self {
            Self::Group(group) => Effect::OfferToGroup { group },
            Self::Everybody => Effect::OfferToAll {},
        }
    }
}

impl Facts {
    fn is_online(&self, employee: EmployeeId) -> bool {
        self.employees.iter().any(|e| e.id == employee && e.presence == Presence::Online)
    }

    fn anyone_online(&self, crowd: Crowd) -> bool {
        self.employees.iter().any(|e| {
            e.presence == Presence::Online
                && match crowd {
                    Crowd::Group(group) => e.groups.contains(&group),
                    Crowd::Everybody => true,
                }
        })
    }
}

/// Decides what to do with a new conversation.
pub fn decide(
    scenario: Option<&Scenario>,
    progress: &Progress,
    event: Event,
    facts: &Facts,
) -> Decision {
    decided(scenario, progress, event, facts, None)
}

/// The same decision, with what each step on the way came to.
pub fn explained(
    scenario: Option<&Scenario>,
    progress: &Progress,
    event: Event,
    facts: &Facts,
) -> (Decision, Vec<Told>) {
    let mut told = Vec::new();
    let decision = decided(scenario, progress, event, facts, Some(&mut told));
    (decision, told)
}

fn decided(
    scenario: Option<&Scenario>,
    progress: &Progress,
    event: Event,
    facts: &Facts,
    told: Option<&mut Vec<Told>>,
) -> Decision {
    if progress.standing == Standing::Closed {
        return unchanged(progress);
    }
    if let Some(employee) = facts.channel.pinned {
        return offer_to_pinned(employee, progress, facts);
    }
    let Some(scenario) = scenario else {
        return offer_to_all(progress, event, facts);
    };
    let walk = Walk::new(scenario, progress, facts, told);
    // A moment that has passed counts whatever the event is, so that a lost waking repairs itself.
    let time_came = progress.standing.until().is_some_and(|until| until <= facts.now);
    match &progress.standing {
        Standing::NotStarted => walk.start(),
        Standing::Offered { .. } | Standing::InSight { .. } if time_came => walk.unanswered(),
        Standing::Offered { employee, .. }
            if event == Event::EmployeeLeft && !facts.is_online(*employee) =>
        {
            walk.offer_again()
        }
        Standing::WaitsForSomebody { .. } => {
            walk.offer_to_newcomer().unwrap_or_else(|| unchanged(progress))
        }
        Standing::WaitsForForm { .. } if time_came || event == Event::FormDone => walk.go_on(),
        Standing::Pauses { .. } if time_came => walk.go_on(),
        Standing::Offered { .. }
        | Standing::InSight { .. }
        | Standing::WaitsForForm { .. }
        | Standing::Pauses { .. }
        | Standing::Closed => unchanged(progress),
    }
}

fn unchanged(progress: &Progress) -> Decision {
    Decision { effects: Vec::new(), progress: progress.clone(), wake_at: progress.standing.until() }
}

/// CH-3: no scenario, no presence, no capacity: nobody else sees it anyway.
fn offer_to_pinned(employee: EmployeeId, progress: &Progress, facts: &Facts) -> Decision {
    let standing = Standing::Offered { employee, until: None };
    if progress.standing == standing {
        return unchanged(progress);
    }
    let mut effects = vec![Effect::OfferTo { employee }];
    if !facts.employees.iter().any(|e| e.id == employee) {
        effects.push(Effect::Alarm { reason: AlarmReason::PinnedEmployeeGone });
    }
    Decision { effects, progress: Progress { path: Vec::new(), standing }, wake_at: None }
}

/// CH-2: a channel without a scenario. One that lost its scenario while conversations were on their way
/// is no reason to leave them with somebody who does not answer, or waiting.
fn offer_to_all(progress: &Progress, event: Event, facts: &Facts) -> Decision {
    let left_alone = match &progress.standing {
        Standing::NotStarted
        | Standing::WaitsForForm { .. }
        | Standing::Pauses { .. }
        | Standing::WaitsForSomebody { of: Crowd::Group(_) } => false,
        Standing::Offered { employee, .. } => {
            event != Event::TimeCame && facts.is_online(*employee)
        }
        Standing::InSight { of: Crowd::Group(_), .. } => event != Event::TimeCame,
        Standing::InSight { of: Crowd::Everybody, .. }
        | Standing::WaitsForSomebody { of: Crowd::Everybody }
        | Standing::Closed => true,
    };
    if left_alone {
        return unchanged(progress);
    }
    let mut effects = vec![Effect::OfferToAll {}];
    if !facts.anyone_online(Crowd::Everybody) {
        effects.push(Effect::Alarm { reason: AlarmReason::NobodyOnline });
    }
    let standing = Standing::InSight { of: Crowd::Everybody, until: None };
    Decision { effects, progress: Progress { path: Vec::new(), standing }, wake_at: None }
}
