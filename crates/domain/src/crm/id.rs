//! Names of things in a CRM.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which CRM.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CrmKind {
    Amo,
    Bitrix,
}

impl CrmKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Amo => "amo",
            Self::Bitrix => "bitrix",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "amo" => Self::Amo,
            "bitrix" => Self::Bitrix,
            _ => return None,
        })
    }
}

/// An id as the CRM gives it: a number of amoCRM (`31415`), a stage of Bitrix24 (`C5:NEW`). Opaque.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct CrmId(pub String);

impl CrmId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CrmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for CrmId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<i64> for CrmId {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

/// What a CRM keeps. The leads of amoCRM («сделки») are [`Entity::Deal`]; [`Entity::Lead`] is a lead
/// of Bitrix24, which amoCRM does not have.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    Contact,
    Company,
    Lead,
    Deal,
    /// «Неразобранное» of amoCRM; its id is the uid, its deal is a separate link.
    Unsorted,
    Task,
    /// «Дело» of Bitrix24.
    Activity,
    /// A note of amoCRM, a timeline comment of Bitrix24.
    Note,
    /// A chat inside the CRM (AMO-13, B24-15).
    Chat,
}

impl Entity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Company => "company",
            Self::Lead => "lead",
            Self::Deal => "deal",
            Self::Unsorted => "unsorted",
            Self::Task => "task",
            Self::Activity => "activity",
            Self::Note => "note",
            Self::Chat => "chat",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "contact" => Self::Contact,
            "company" => Self::Company,
            "lead" => Self::Lead,
            "deal" => Self::Deal,
            "unsorted" => Self::Unsorted,
            "task" => Self::Task,
            "activity" => Self::Activity,
            "note" => Self::Note,
            "chat" => Self::Chat,
            _ => return None,
        })
    }
}

/// An entity that a step works on: one that is there, or the one that an earlier step of the same plan
/// makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ref {
    Id(CrmId),
    /// Index of the step that makes it. Of an «unsorted» it is the deal or the contact inside, whichever
    /// is meant there.
    Step(usize),
}
