//! What clients read: the shapes of conversations, messages and files that the REST API answers and
//! the event feed carries. One shape for both, so that a client needs one piece of code for them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    attribution::Attribution,
    channel::ChannelState,
    content::{Content, FileKind},
    conversation::{Cause, ConversationKind, ConversationState, Direction},
    crm::CrmKind,
    delivery::DeliveryStatus,
    ids::{
        AttachmentId, ChannelId, ContactId, ConversationId, EmployeeId, GroupId, IdentityId,
        MessageId, PortalId, TagId,
    },
    listing::Listing,
    message_change::MessageChange,
    reaction::MessageReaction,
    text::Words,
    visibility::Audience,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConversationView {
    pub conversation_id: ConversationId,
    /// The public number within the company.
    pub number: i64,
    pub channel_id: ChannelId,
    pub identity_id: IdentityId,
    pub contact_id: ContactId,
    pub contact_name: String,
    /// Stands for the name of a contact who has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_phone: Option<String>,
    pub kind: ConversationKind,
    pub state: ConversationState,
    /// The contact's first enquiry ever.
    pub is_first: bool,
    pub pinned_id: Option<EmployeeId>,
    pub assignee_id: Option<EmployeeId>,
    pub offered_id: Option<EmployeeId>,
    pub group_id: Option<GroupId>,
    pub attribution: Attribution,
    pub subject: String,
    pub last_position: i64,
    pub last_message_at: DateTime<Utc>,
    pub preview: String,
    pub preview_direction: Direction,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<DateTime<Utc>>,
    pub auto_close_at: Option<DateTime<Utc>>,
    pub opened_at: DateTime<Utc>,
    pub taken_at: Option<DateTime<Utc>>,
    pub first_answer_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    pub close_cause: Option<Cause>,
    pub closed_by: Option<EmployeeId>,
    #[serde(default)]
    pub tags: Vec<TagId>,
}

impl ConversationView {
    pub fn audience(&self) -> Audience {
        Audience {
            pinned: self.pinned_id,
            assignee: self.assignee_id,
            offered: self.offered_id,
            group: self.group_id,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MessageView {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// Order within the conversation. Contiguity is not promised.
    pub position: i64,
    pub direction: Direction,
    /// The employee who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_id: Option<EmployeeId>,
    /// Written by a rule.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    pub body: Body,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub album: Option<String>,
    /// Of outbound messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<DeliveryStatus>,
    /// Why it failed or is uncertain, in the service's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The same to be shown, in the reader's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Words>,
    /// The sender's own id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<EmployeeId>,
    /// By the service's clock.
    pub occurred_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<DateTime<Utc>>,
    /// The customer or we took it back; the text stays for the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<DateTime<Utc>>,
    /// Of ours: a change that the customer does not see yet, or that the service would not do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<MessageChange>,
    /// At most one of each side.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<MessageReaction>,
}

/// What a message of any direction says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Body {
    Said(Content<AttachmentView>),
    Happened(SystemLine),
}

/// A system line of a conversation: what happened, by whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "happened", rename_all = "snake_case")]
pub enum SystemLine {
    Taken {
        by: EmployeeId,
    },
    Assigned {
        to: EmployeeId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<EmployeeId>,
        cause: Cause,
    },
    TransferredToGroup {
        group: GroupId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<EmployeeId>,
        cause: Cause,
    },
    Joined {
        by: EmployeeId,
    },
    Left {
        by: EmployeeId,
    },
    /// Given back to everybody.
    Released {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<EmployeeId>,
        cause: Cause,
    },
    Closed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<EmployeeId>,
        cause: Cause,
    },
    /// Nobody could be found to answer (RT-3a).
    NobodyOnline,
    /// The customer blocked the account, or lets us write again.
    Blocked,
    Unblocked,
    /// The person is on our black list, and the service did not take them onto its own (WA-5).
    BlockRefused {
        why: Words,
    },
    /// The customer writes about another listing now (Avito, Auto.ru).
    Listing {
        listing: Listing,
    },
    /// The visitor of a site says how the closed conversation was (WG-1).
    Rated {
        /// 1 to 5.
        stars: u8,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// What was done in a CRM for this conversation, or happened there (CRM-4, CRM-4a): one line for
    /// everything that came together.
    Crm {
        crm: CrmKind,
        portal_id: PortalId,
        items: Vec<CrmItem>,
    },
}

/// One thing of a [`SystemLine::Crm`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CrmItem {
    pub what: CrmWhat,
    /// What it is called: a contact's or deal's name, a task's text, a user.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Where it stands now: funnel and stage.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Its card in the CRM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CrmWhat {
    ContactCreated,
    /// One that was there is used.
    ContactFound,
    LeadCreated,
    DealCreated,
    DealFound,
    UnsortedCreated,
    UnsortedAccepted,
    UnsortedDeclined,
    TaskCreated,
    TaskDone,
    StageChanged,
    ResponsibleChanged,
    DealRemoved,
    /// It was not done; the CRM log says why.
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentState {
    /// Still at the service; being fetched.
    Pending,
    Stored,
    /// Will not come; `failure` says why.
    Failed,
}

impl AttachmentState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Stored => "stored",
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "pending" => Self::Pending,
            "stored" => Self::Stored,
            "failed" => Self::Failed,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttachmentView {
    pub attachment_id: AttachmentId,
    pub kind: FileKind,
    pub name: String,
    pub mime: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<i32>,
    /// Of audio, voice and video, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    pub state: AttachmentState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Words>,
    /// A signed address that expires. Absent in events: ask for the attachment to get one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What a new message changes in its conversation, for lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConversationTail {
    pub conversation_id: ConversationId,
    pub state: ConversationState,
    pub last_position: i64,
    pub last_message_at: DateTime<Utc>,
    pub preview: String,
    pub preview_direction: Direction,
    pub waiting_since: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContactView {
    pub contact_id: ContactId,
    pub name: String,
    pub phones: Vec<String>,
    pub emails: Vec<String>,
    #[schema(value_type = Object)]
    pub fields: serde_json::Map<String, serde_json::Value>,
    pub tags: Vec<TagId>,
    pub identities: Vec<IdentityView>,
    /// Set when it was merged into another contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<ContactId>,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IdentityView {
    pub identity_id: IdentityId,
    pub channel_id: ChannelId,
    /// The person's id with the service: what the black list takes.
    #[serde(default)]
    pub external_id: String,
    pub name: String,
    pub username: String,
    /// False when the person blocked the account.
    pub reachable: bool,
}

/// A channel as every employee may see it: no settings, no secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChannelView {
    pub channel_id: ChannelId,
    pub kind: String,
    /// The kind whose sign is shown instead of its own (a demo channel).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_like: Option<String>,
    pub name: String,
    /// What people call the account at the service.
    pub title: String,
    pub state: ChannelState,
    pub reason: Option<Words>,
    pub remedy: Option<Words>,
    pub state_at: DateTime<Utc>,
    pub pinned_employee_id: Option<EmployeeId>,
}
