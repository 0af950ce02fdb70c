//! What clients read about tags, merges, the black list and what a search found.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    conversation::{ConversationState, Direction},
    ids::{ContactId, ConversationId, EmployeeId, MergeId, MessageId, TagId},
    view::{ContactView, ConversationView},
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TagView {
    pub tag_id: TagId,
    pub name: String,
    /// `#rrggbb`
    pub color: String,
    pub created_at: DateTime<Utc>,
}

/// One contact was made part of another; can be undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MergeView {
    pub merge_id: MergeId,
    pub kept_id: ContactId,
    pub merged_id: ContactId,
    /// Who merged them.
    pub employee_id: EmployeeId,
    pub created_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlacklistView {
    /// A phone in E.164 form, an address in lower case, or a service's id.
    pub entry: String,
    pub note: String,
    pub employee_id: EmployeeId,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SearchView {
    /// Of the first page.
    pub contacts: Vec<ContactView>,
    /// The one that a query like `#123` names.
    pub conversation: Option<ConversationView>,
    /// Newest first.
    pub messages: Vec<FoundMessage>,
    /// Asks for older messages; absent: there are none.
    pub next: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FoundMessage {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// Where it stands in the conversation.
    pub position: i64,
    pub direction: Direction,
    pub created_at: DateTime<Utc>,
    pub conversation_number: i64,
    pub conversation_state: ConversationState,
    pub contact_id: ContactId,
    pub contact_name: String,
    /// A piece of the message around the first match, in parts. Plain text, not HTML.
    pub excerpt: Vec<Part>,
}

/// A part of an excerpt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Part {
    pub text: String,
    /// One of the words that were looked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hit: bool,
}
