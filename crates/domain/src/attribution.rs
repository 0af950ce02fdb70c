//! Where an enquiry came from (CV-5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::listing::Listing;

/// Kept with the conversation from its first message on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Attribution {
    /// Host of the site where the widget stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Address of the page, without fragment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `utm_source`, `utm_medium`, `utm_campaign`, `utm_term`, `utm_content`, without the prefix.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub utm: BTreeMap<String, String>,
    /// What came with a deep link (`/start` of a Telegram bot, `ref` of VK …).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_payload: Option<String>,
    /// What the customer writes about, at classifieds services. The last one, if it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listing: Option<Listing>,
}

impl Attribution {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
