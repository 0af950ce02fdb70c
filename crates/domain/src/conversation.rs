//! The life of a conversation (CV-1 to CV-3).

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationState {
    /// Новые: nobody has taken it.
    New,
    /// В работе.
    InWork,
    /// Закрытые. Never opened again: the next message opens the contact's next conversation.
    Closed,
}

impl ConversationState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InWork => "in_work",
            Self::Closed => "closed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "new" => Self::New,
            "in_work" => Self::InWork,
            "closed" => Self::Closed,
            _ => return None,
        })
    }
}

/// Whether somebody chats or left a form (WG-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    Chat,
    /// Офлайн-заявка.
    Request,
}

impl ConversationKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Request => "request",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "chat" => Self::Chat,
            "request" => Self::Request,
            _ => return None,
        })
    }
}

/// Who or what did it: the cause kept with assignments, closings and system lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A person, by hand.
    Employee,
    Scenario,
    /// Silence longer than the channel allows (CH-12).
    AutoClose,
    Assistant,
    /// The customer (wrote, or left the chat).
    Customer,
}

impl Cause {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Employee => "employee",
            Self::Scenario => "scenario",
            Self::AutoClose => "auto_close",
            Self::Assistant => "assistant",
            Self::Customer => "customer",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "employee" => Self::Employee,
            "scenario" => Self::Scenario,
            "auto_close" => Self::AutoClose,
            "assistant" => Self::Assistant,
            "customer" => Self::Customer,
            _ => return None,
        })
    }
}

/// Direction of a message within a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Inbound,
    Outbound,
    /// Seen by employees alone (CV-8).
    Note,
    /// A line about what happened: taken, transferred, closed.
    System,
}

impl Direction {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Note => "note",
            Self::System => "system",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "inbound" => Self::Inbound,
            "outbound" => Self::Outbound,
            "note" => Self::Note,
            "system" => Self::System,
            _ => return None,
        })
    }
}
