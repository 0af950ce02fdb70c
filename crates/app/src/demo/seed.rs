//! What sample data are made from: a file of ours, read by the server.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::{
    attribution::Attribution,
    contact_field::ContactFieldKind,
    content::FileKind,
    people::{Presence, Role},
    working_hours::ScheduleForm,
};
use serde::Deserialize;

/// A company as somebody invented it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedCompany {
    pub name: String,
    /// Which driver plays the messengers.
    pub channel_kind: String,
    pub employees: Vec<SeedEmployee>,
    pub groups: Vec<SeedGroup>,
    pub tags: Vec<SeedTag>,
    pub fields: Vec<SeedField>,
    pub replies: Vec<SeedReply>,
    pub scenario: SeedScenario,
    pub channels: Vec<SeedChannel>,
    /// Where people come from, by a name that talks use.
    pub sources: BTreeMap<String, SeedSource>,
    pub contacts: Vec<SeedContact>,
    pub talks: Vec<SeedTalk>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedEmployee {
    pub key: String,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub capacity: Option<i32>,
    pub presence: Presence,
    /// How long ago they set it.
    pub since_minutes: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedGroup {
    pub key: String,
    pub name: String,
    pub members: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedTag {
    pub name: String,
    pub color: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedField {
    pub key: String,
    pub name: String,
    pub kind: ContactFieldKind,
    #[serde(default)]
    pub choices: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedReply {
    pub shortcut: String,
    pub title: String,
    pub section: String,
    pub text: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedScenario {
    pub name: String,
    pub hours_name: String,
    pub hours: ScheduleForm,
    /// JSON, with `$schedule`, `$group:key$` and `$tag:name$` in the places of ids.
    pub tree: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedChannel {
    pub key: String,
    pub name: String,
    pub title: String,
    pub looks_like: String,
    #[serde(default)]
    pub by_scenario: bool,
    /// Switched off.
    #[serde(default)]
    pub off: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct SeedSource(pub Attribution);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedContact {
    pub key: String,
    pub name: String,
    #[serde(default)]
    pub phone: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub username: String,
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    #[serde(default)]
    pub tags: Vec<String>,
}

/// One conversation. `script.rs` says how its lines are written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedTalk {
    pub channel: String,
    pub who: String,
    /// Who answers; nobody: it is new.
    #[serde(default)]
    pub by: Option<String>,
    /// So many days before today, at the time of day `at`.
    #[serde(default)]
    pub day: i64,
    /// `HH:MM` by the company's clock.
    #[serde(default)]
    pub at: Option<String>,
    /// Instead of both: it began so many minutes ago.
    #[serde(default)]
    pub ago: Option<i64>,
    pub end: SeedEnd,
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default)]
    pub subject: String,
    #[serde(default)]
    pub group: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    pub lines: String,
}

/// How a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeedEnd {
    New,
    Work,
    Closed,
    /// Closed by silence.
    Silence,
}

/// A file that messages carry.
#[derive(Debug, Clone)]
pub struct SeedFile {
    pub key: String,
    pub kind: FileKind,
    pub name: String,
    pub mime: String,
    pub width: Option<i32>,
    pub height: Option<i32>,
    /// In seconds.
    pub duration: Option<i32>,
    pub bytes: Bytes,
}
