//! Employees: roles, what a role may do, presence.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Admin,
    Supervisor,
    Operator,
    Analyst,
}

/// One thing that a person or a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See conversations in the workstation, within one's visibility.
    ReadConversations,
    /// Take, answer, note, transfer, close.
    WorkConversations,
    /// See every conversation, whatever its assignee (pinned channels too).
    SeeAll,
    ManageContacts,
    ManageChannels,
    ManageScenarios,
    ManageEmployees,
    /// Company settings, outgoing webhooks, tokens of others.
    ManageAccount,
    ReadReports,
    ReadAudit,
}

impl Right {
    pub const ALL: [Self; 10] = [
        Self::ReadConversations,
        Self::WorkConversations,
        Self::SeeAll,
        Self::ManageContacts,
        Self::ManageChannels,
        Self::ManageScenarios,
        Self::ManageEmployees,
        Self::ManageAccount,
        Self::ReadReports,
        Self::ReadAudit,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadConversations => "read_conversations",
            Self::WorkConversations => "work_conversations",
            Self::SeeAll => "see_all",
            Self::ManageContacts => "manage_contacts",
            Self::ManageChannels => "manage_channels",
            Self::ManageScenarios => "manage_scenarios",
            Self::ManageEmployees => "manage_employees",
            Self::ManageAccount => "manage_account",
            Self::ReadReports => "read_reports",
            Self::ReadAudit => "read_audit",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == text)
    }
}

impl Role {
    pub const ALL: [Self; 5] =
        [Self::Owner, Self::Admin, Self::Supervisor, Self::Operator, Self::Analyst];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Supervisor => "supervisor",
            Self::Operator => "operator",
            Self::Analyst => "analyst",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == text)
    }

    pub fn rights(self) -> &'static [Right] {
        use Right::*;
        match self {
            Self::Owner | Self::Admin => &Right::ALL,
            Self::Supervisor => &[
                ReadConversations,
                WorkConversations,
                SeeAll,
                ManageContacts,
                ManageScenarios,
                ReadReports,
            ],
            Self::Operator => &[ReadConversations, WorkConversations, ManageContacts],
            Self::Analyst => &[ReadReports],
        }
    }

    pub fn may(self, right: Right) -> bool {
        self.rights().contains(&right)
    }

    /// Whether a person of this role may give, change or take away `other`. Nobody but an owner
    /// touches an owner.
    pub fn may_grant(self, other: Self) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin => other != Self::Owner,
            Self::Supervisor | Self::Operator | Self::Analyst => false,
        }
    }
}

/// What an employee set for themselves (OW-6): only those on line get new conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Online,
    Break,
    Off,
}

impl Presence {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Break => "break",
            Self::Off => "off",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "online" => Self::Online,
            "break" => Self::Break,
            "off" => Self::Off,
            _ => return None,
        })
    }
}
