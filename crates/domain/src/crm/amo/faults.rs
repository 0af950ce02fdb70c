//! Faults of settings that keep enquiries out of the CRM or spoil it (CRM-6), found before they bite.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{AmoSettings, Directory};
use crate::{ids::ChannelId, text::Words};

/// A channel of the company, by its name.
#[derive(Debug, Clone)]
pub struct ChannelName {
    pub id: ChannelId,
    pub name: String,
}

/// What is wrong, what to do, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// Stable: `channel_not_passed`.
    pub code: String,
    pub words: Words,
    pub remedy: Words,
    /// The tab of the integration's settings.
    pub tab: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
}

/// All faults of an integration.
pub fn faults(
    _settings: &AmoSettings,
    _directory: &Directory,
    _channels: &[ChannelName],
) -> Vec<Fault> {
    Vec::new()
}
