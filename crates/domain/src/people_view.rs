//! What clients read about the company and its people.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{AccountId, ApiTokenId, EmployeeId, GroupId, InviteId},
    people::{Presence, Right, Role},
    visibility::Visibility,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccountView {
    pub account_id: AccountId,
    pub name: String,
    /// `ru` or `en`.
    pub language: String,
    /// IANA name.
    pub time_zone: String,
    /// ISO 3166-1, two letters: how phone numbers without a country are read.
    pub country: String,
    /// Filled with sample data at the first start.
    pub demo: bool,
    /// It still has that data: `DELETE /account/demo-data` takes it away.
    pub demo_data: bool,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EmployeeView {
    pub employee_id: EmployeeId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub visibility: Visibility,
    /// Conversations in work at once; absent = no limit.
    pub capacity: Option<i32>,
    pub presence: Presence,
    pub presence_at: DateTime<Utc>,
    pub language: String,
    pub groups: Vec<GroupId>,
    pub disabled: bool,
    pub created_at: DateTime<Utc>,
}

impl EmployeeView {
    pub fn card(&self) -> EmployeeCard {
        EmployeeCard {
            employee_id: self.employee_id,
            name: self.name.clone(),
            presence: self.presence,
            disabled: self.disabled,
        }
    }
}

/// As much of an employee as the feed carries to every colleague.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EmployeeCard {
    pub employee_id: EmployeeId,
    pub name: String,
    pub presence: Presence,
    pub disabled: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupView {
    pub group_id: GroupId,
    pub name: String,
    pub members: Vec<EmployeeId>,
    pub created_at: DateTime<Utc>,
}

/// An invitation that waits for its person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InviteView {
    pub invite_id: InviteId,
    pub email: String,
    pub role: Role,
    pub groups: Vec<GroupId>,
    pub invited_by: EmployeeId,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// One of a person's own log-ins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    pub session_id: String,
    /// The one that asks.
    pub current: bool,
    pub user_agent: String,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ApiTokenView {
    pub api_token_id: ApiTokenId,
    pub employee_id: EmployeeId,
    pub name: String,
    /// The first characters, to recognise it by.
    pub prefix: String,
    pub scopes: Vec<Right>,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditView {
    pub audit_id: i64,
    pub at: DateTime<Utc>,
    /// Absent: the program itself.
    pub actor_id: Option<EmployeeId>,
    pub action: String,
    /// Id of what it was done to.
    pub object: String,
    #[schema(value_type = Object)]
    pub details: serde_json::Value,
}
