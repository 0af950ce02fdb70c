//! The company's CRMs: portals and their secrets, integrations, decisions with their steps, links, and
//! the limiter of calls. What the columns mean stands in `migrations/20261122001100_crm.sql`.

mod breaker;
mod chat_reactions;
mod chat_typing;
mod chats;
mod concern;
mod consents;
mod enquiries;
mod feeds;
mod integration_moves;
mod integrations;
mod lines;
mod links;
mod own_app;
mod portal_changes;
mod portal_lists;
mod portal_lookup;
mod portal_secrets;
mod portal_tokens;
mod portal_upkeep;
mod portals;
mod quarantine;
mod rates;
mod runs;

pub use breaker::Entry;
pub use chat_reactions::ChatReaction;
pub use chats::{
    BegunChat, ChatChange, ChatFate, ChatReceived, ChatRefusal, ChatShown, ChatWritten, FateOf,
};
pub use concern::{Concerned, Missed};
pub use consents::{Consent, NewConsent};
pub use enquiries::EnquiryRow;
pub use feeds::CrmFeedEvent;
pub use integrations::{INTEGRATION_CHANNEL_TAKEN, IntegrationRow, NewIntegration};
pub use lines::WrittenLine;
pub use links::{LinkData, LinkRow, LinkState, LinkWritten, NewLink};
pub use own_app::OwnApp;
pub use portal_changes::{NewPortal, PORTAL_TAKEN, PortalAbout};
pub use portal_secrets::PortalSecrets;
pub use portal_tokens::{PortalTokens, Refreshing};
pub use portals::{PortalChat, PortalRow};
pub use quarantine::NewCrmQuarantine;
pub use rates::{RateLimit, Slot};
pub use runs::{NewRun, OrderedStep, RunFilter, RunRow, StepEnd, StepRow};
