//! The account's feed: facts that clients may read, in the order in which they were committed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{clock::Instant, ids::ConversationId, visibility::Audience};

/// A fact to append. Its number is given at commit.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    pub kind: EventKind,
    pub conversation: Option<ConversationId>,
    /// Who may see it; `None`: every employee of the account.
    pub audience: Option<Audience>,
    /// Who could see the conversation before, when that changed.
    pub was: Option<Audience>,
    pub payload: Value,
}

/// A fact of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Contiguous within the account, from 1.
    pub seq: i64,
    pub kind: String,
    pub conversation: Option<ConversationId>,
    pub audience: Option<Audience>,
    pub was: Option<Audience>,
    pub payload: Value,
    pub created_at: Instant,
}

/// The kinds of the feed. Payloads are the shapes of [`crate::view`], under the names given here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum EventKind {
    /// `conversation`: ConversationView.
    #[serde(rename = "conversation.created")]
    ConversationCreated,
    /// `conversation`: ConversationView.
    #[serde(rename = "conversation.changed")]
    ConversationChanged,
    /// `message`: MessageView, `conversation`: ConversationTail.
    #[serde(rename = "message.created")]
    MessageCreated,
    /// `message`: MessageView.
    #[serde(rename = "message.changed")]
    MessageChanged,
    /// `contact`: ContactView.
    #[serde(rename = "contact.changed")]
    ContactChanged,
    /// `channel`: ChannelView.
    #[serde(rename = "channel.changed")]
    ChannelChanged,
    /// `employee`: id, name, presence.
    #[serde(rename = "employee.changed")]
    EmployeeChanged,
    /// `channel_id`, `reason`: something waits in quarantine.
    #[serde(rename = "quarantine.added")]
    QuarantineAdded,
    /// `conversation_id`: nobody could be found to answer (RT-3a).
    #[serde(rename = "routing.alarm")]
    RoutingAlarm,
    /// `conversation_id`, `employee_id`, `position`: for this employee's other windows.
    #[serde(rename = "conversation.read")]
    ConversationRead,
    /// `conversation_id`, `mode`, `text` (empty: it is gone), `employee_id`: for this employee's
    /// other windows and devices (OW-6).
    #[serde(rename = "draft.changed")]
    DraftChanged,
    /// `of`: a [`Directory`] is to be read anew.
    #[serde(rename = "directory.changed")]
    DirectoryChanged,
    /// `conversation_id` (absent: the portal itself), `portal_id`: what a CRM has of it is to be read
    /// anew.
    #[serde(rename = "crm.changed")]
    CrmChanged,
    /// `check`: NumberCheckView, what a channel knows of a phone (WA-1).
    #[serde(rename = "number.checked")]
    NumberChecked,
}

/// A short list of the company's that every client keeps whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Directory {
    Tags,
    Groups,
    CannedReplies,
    ContactFields,
    Scenarios,
    Schedules,
}

impl EventKind {
    pub const ALL: [Self; 14] = [
        Self::ConversationCreated,
        Self::ConversationChanged,
        Self::MessageCreated,
        Self::MessageChanged,
        Self::ContactChanged,
        Self::ChannelChanged,
        Self::EmployeeChanged,
        Self::QuarantineAdded,
        Self::RoutingAlarm,
        Self::ConversationRead,
        Self::DraftChanged,
        Self::DirectoryChanged,
        Self::CrmChanged,
        Self::NumberChecked,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConversationCreated => "conversation.created",
            Self::ConversationChanged => "conversation.changed",
            Self::MessageCreated => "message.created",
            Self::MessageChanged => "message.changed",
            Self::ContactChanged => "contact.changed",
            Self::ChannelChanged => "channel.changed",
            Self::EmployeeChanged => "employee.changed",
            Self::QuarantineAdded => "quarantine.added",
            Self::RoutingAlarm => "routing.alarm",
            Self::ConversationRead => "conversation.read",
            Self::DraftChanged => "draft.changed",
            Self::DirectoryChanged => "directory.changed",
            Self::CrmChanged => "crm.changed",
            Self::NumberChecked => "number.checked",
        }
    }

    /// Whether receivers of outgoing webhooks may get it. What one has not sent is nobody else's.
    pub fn is_for_receivers(self) -> bool {
        match self {
            Self::DraftChanged => false,
            Self::ConversationCreated
            | Self::ConversationChanged
            | Self::MessageCreated
            | Self::MessageChanged
            | Self::ContactChanged
            | Self::ChannelChanged
            | Self::EmployeeChanged
            | Self::QuarantineAdded
            | Self::RoutingAlarm
            | Self::ConversationRead
            | Self::DirectoryChanged
            | Self::CrmChanged
            | Self::NumberChecked => true,
        }
    }
}
