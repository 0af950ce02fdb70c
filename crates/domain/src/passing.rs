//! What employees' sockets are told outside the log: true for a moment, and lost without harm.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, ConversationId, EmployeeId},
    visibility::Audience,
};

/// A sign of life in a conversation. Travels between processes as JSON of at most 500 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passing {
    pub account: AccountId,
    pub conversation: ConversationId,
    /// Who may be told.
    pub audience: Audience,
    pub sign: Sign,
}

/// What somebody does just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "sign")]
pub enum Sign {
    /// An employee writes.
    Typing { employee: EmployeeId },
    /// The customer writes: a site's visitor, or a messenger tells it.
    VisitorTyping,
    /// An employee has opened the conversation and asks who else has it open.
    Opened { employee: EmployeeId },
    /// An employee has it open still: the answer to `Opened`.
    StillOpen { employee: EmployeeId },
    /// An employee has left it.
    Left { employee: EmployeeId },
}
