//! What a CRM account has to choose from: people, funnels, fields. A copy, refreshed on demand, by
//! schedule, and when a write is refused because something is gone.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CrmId, Entity};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = CrmDirectory)]
pub struct Directory {
    pub users: Vec<CrmUser>,
    /// By their order in the CRM, archived ones too.
    pub pipelines: Vec<Pipeline>,
    /// Stages of leads (Bitrix24).
    pub lead_stages: Vec<Stage>,
    /// Of contacts, deals and leads.
    pub fields: Vec<CrmField>,
    pub task_types: Vec<TaskType>,
    pub lead_mode: LeadMode,
    pub fetched_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CrmUser {
    pub id: CrmId,
    pub name: String,
    #[serde(default)]
    pub email: String,
    /// An inactive one cannot be made responsible: the CRM refuses the whole write.
    pub active: bool,
    #[serde(default)]
    pub admin: bool,
    /// The id under which the chats service knows the person (amojo).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pipeline {
    pub id: CrmId,
    pub name: String,
    pub sort: i64,
    #[serde(default)]
    pub main: bool,
    #[serde(default)]
    pub archived: bool,
    /// In their order.
    pub stages: Vec<Stage>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stage {
    pub id: CrmId,
    pub name: String,
    pub sort: i64,
    #[serde(default)]
    pub color: String,
    pub kind: StageKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageKind {
    /// «Неразобранное»: nobody can be put there by hand.
    Unsorted,
    Open,
    Won,
    Lost,
}

/// A stage within its funnel: ids of stages repeat between funnels (142 and 143 of amoCRM).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StageRef {
    pub pipeline: CrmId,
    pub stage: CrmId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CrmField {
    pub id: CrmId,
    pub of: Entity,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    pub kind: FieldKind,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<FieldChoice>,
    /// Not to be written by us: computed, or kept for another integration.
    #[serde(default)]
    pub read_only: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldChoice {
    pub id: CrmId,
    pub value: String,
}

/// The types of fields of both CRMs, as far as a value must be converted (BY-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Textarea,
    Numeric,
    Monetary,
    Checkbox,
    Select,
    Multiselect,
    Radio,
    Date,
    DateTime,
    Birthday,
    Url,
    /// Phones and e-mails.
    Multitext,
    Address,
    /// UTM marks and the like of amoCRM.
    Tracking,
    /// Known to exist, never written: files, chained lists, legal entities …
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskType {
    pub id: CrmId,
    pub name: String,
}

/// Whether the account keeps leads (Bitrix24: the classic mode). amoCRM is always `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeadMode {
    #[default]
    None,
    Classic,
    /// A created lead becomes a deal at once and cannot be read.
    Simple,
}

impl Directory {
    pub fn user(&self, id: &CrmId) -> Option<&CrmUser> {
        self.users.iter().find(|u| u.id == *id)
    }

    pub fn pipeline(&self, id: &CrmId) -> Option<&Pipeline> {
        self.pipelines.iter().find(|p| p.id == *id)
    }

    pub fn stage(&self, at: &StageRef) -> Option<&Stage> {
        self.pipeline(&at.pipeline)?.stages.iter().find(|s| s.id == at.stage)
    }

    pub fn field(&self, of: Entity, id: &CrmId) -> Option<&CrmField> {
        self.fields.iter().find(|f| f.of == of && f.id == *id)
    }

    /// AMO-10: the first funnel that is not archived, and its first stage that takes deals.
    pub fn first_stage(&self) -> Option<StageRef> {
        let mut living: Vec<&Pipeline> = self.pipelines.iter().filter(|p| !p.archived).collect();
        living.sort_by_key(|p| p.sort);
        living.into_iter().find_map(Pipeline::first_stage)
    }
}

impl Pipeline {
    pub fn first_stage(&self) -> Option<StageRef> {
        let mut open: Vec<&Stage> =
            self.stages.iter().filter(|s| s.kind == StageKind::Open).collect();
        open.sort_by_key(|s| s.sort);
        let first = open.first()?;
        Some(StageRef { pipeline: self.id.clone(), stage: first.id.clone() })
    }
}
