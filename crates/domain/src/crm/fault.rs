//! What is wrong with an integration, found before an enquiry is lost to it (CRM-6).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// Stable, and the same as in the log's reasons: `channel_not_passed`.
    pub code: String,
    pub words: Words,
    pub remedy: Words,
    /// The tab of the integration's settings where it is mended.
    pub tab: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    /// Of a fault of several channels, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelId>,
}

impl Fault {
    pub fn new(tab: &str, code: &str, words: Words, remedy: Words) -> Self {
        let (tab, code) = (tab.to_owned(), code.to_owned());
        Self { code, words, remedy, tab, channel: None, channels: Vec::new() }
    }

    #[must_use]
    pub fn of_all(mut self, channels: Vec<ChannelId>) -> Self {
        self.channels = channels;
        self
    }

    #[must_use]
    pub fn of(mut self, channel: ChannelId) -> Self {
        self.channel = Some(channel);
        self
    }
}
