//! The company's CRMs: portals and their secrets, integrations, decisions with their steps, links, and
//! the limiter of calls. What the columns mean stands in `migrations/20261122001100_crm.sql`.

mod breaker;
mod chat_reactions;
mod chats;
mod concern;
mod consents;
mod enquiries;
mod feeds;
mod integrations;
mod lines;
mod links;
mod portals;
mod quarantine;
mod rates;
mod runs;

pub use breaker::Entry;
pub use chat_reactions::ChatReaction;
pub use chats::{BegunChat, ChatChange, ChatFate, ChatReceived, ChatRefusal};
pub use concern::Concerned;
pub use consents::{Consent, NewConsent};
pub use enquiries::EnquiryRow;
pub use feeds::CrmFeedEvent;
pub use integrations::{INTEGRATION_CHANNEL_TAKEN, IntegrationRow, NewIntegration};
pub use lines::WrittenLine;
pub use links::{LinkData, LinkRow, LinkState, LinkWritten, NewLink};
pub use portals::{
    NewPortal, PORTAL_TAKEN, PortalAbout, PortalChat, PortalRow, PortalSecrets, PortalTokens,
    Refreshing,
};
pub use quarantine::NewCrmQuarantine;
pub use rates::{RateLimit, Slot};
pub use runs::{NewRun, RunFilter, RunRow, StepEnd, StepRow};
