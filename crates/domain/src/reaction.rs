//! Emoji on messages (CV-6).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ids::EmployeeId, text::Words};

/// An emoji on a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MessageReaction {
    pub side: ReactionSide,
    pub emoji: String,
    /// Who of ours put it; absent when it was put outside Beseda.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee_id: Option<EmployeeId>,
    /// Of ours: absent when the customer sees it as it is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ReactionState>,
    /// Why the service would not do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Words>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReactionSide {
    Customer,
    OurSide,
}

impl ReactionSide {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::OurSide => "our_side",
        }
    }
}

/// How far a reaction of ours got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReactionState {
    /// On its way to the service.
    Adding,
    /// Being taken away.
    Removing,
    /// The service would not put it, or not take it away.
    Refused,
}

impl ReactionState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Adding => "adding",
            Self::Removing => "removing",
            Self::Refused => "refused",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "adding" => Self::Adding,
            "removing" => Self::Removing,
            "refused" => Self::Refused,
            _ => return None,
        })
    }
}
