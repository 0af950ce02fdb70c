//! What an employee has begun to write and not sent (OW-6). It is theirs alone, on all their devices.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::ConversationId;

/// How long a draft may be, in characters. Whether the channel carries it is asked when it is sent.
pub const MOST_TEXT: usize = 10_000;

/// Which of the two things that one writes in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DraftMode {
    /// To the customer.
    Answer,
    /// Among employees.
    Note,
}

impl DraftMode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Note => "note",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "answer" => Self::Answer,
            "note" => Self::Note,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DraftView {
    pub conversation_id: ConversationId,
    pub mode: DraftMode,
    pub text: String,
    pub updated_at: DateTime<Utc>,
}
