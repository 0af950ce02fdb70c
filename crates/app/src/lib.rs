//! Use-cases: what Beseda does. Each loads facts, lets `domain` decide, and writes rows, events and
//! jobs in one transaction. Knows no HTTP and no foreign wire format.
//!
//! Start reading at `inbound.rs` (the one door through which every message comes in) and
//! `reply.rs` (the way out).

mod access;
mod account;
mod actor;
mod attachments;
mod batch;
mod blacklist;
mod blocking;
mod board;
mod canned_replies;
mod channel_cache;
mod channel_choices;
mod channel_consent;
mod channel_log;
mod channel_memory;
mod channels;
mod compose;
mod connecting;
mod contact_fields;
mod contacts;
mod conversation_events;
mod conversations;
mod crm;
mod cursor;
mod deliveries;
mod demo;
mod directory;
mod drafts;
mod echo;
mod endpoints;
mod error;
mod feed;
mod fields;
mod idempotency;
pub mod inbound;
mod invites;
mod links;
mod listening;
mod look_up;
mod merge;
mod message_changes;
mod number_checks;
pub mod objects;
mod our_messages;
mod outcome;
mod password;
mod people;
mod preferences;
mod preview;
mod prune;
mod quarantine;
mod reactions;
mod ready;
mod receipts;
mod reply;
mod routing;
mod scenarios;
mod search;
mod secret_token;
mod seen;
mod sending;
mod signs;
mod site;
mod site_rating;
mod site_ways;
mod tags;
mod tokens;
mod try_scenario;
mod typing_in;
mod work;
mod write_first;

pub use self::crm::{
    CrmExample, CrmSettings, Crowd, ImaginedEnquiry, IntegrationForm, PortalApp, PortalToken,
    ReturnFault,
};
pub use access::{LogIn, Opened, SESSION_KEPT, SignUp};
pub use actor::{Actor, Via};
pub use attachments::LINK_KEPT;
pub use batch::Batcher;
pub use channel_cache::ChannelCache;
pub use channel_choices::HalfForm;
pub use channel_consent::ConsentFault;
pub use channel_memory::ChannelMemory;
pub use channels::{ChannelDetails, ChannelForm, KindView};
pub use contacts::{ContactChange, ContactForm};
pub use conversations::{Stretch, Target};
pub use deliveries::DELIVERY_QUEUE;
pub use demo::{
    SeedChannel, SeedCompany, SeedContact, SeedEmployee, SeedEnd, SeedField, SeedFile, SeedGroup,
    SeedReply, SeedScenario, SeedSource, SeedTag, SeedTalk,
};
pub use endpoints::EndpointChange;
pub use error::{Error, Invalid, Result};
pub use idempotency::RequestKey;
pub use invites::{Acceptance, Invited, OpenInvite};
pub use links::OpenFile;
pub use listening::ChannelInbox;
pub use number_checks::CheckNumber;
pub use objects::Objects;
pub use people::{EmployeePatch, Me};
pub use quarantine::QuarantineView;
pub use ready::Ready;
pub use reply::{Draft, DraftKind};
pub use secret_token::API_TOKEN_PREFIX;
pub use site::{SiteLine, Writer};
pub use site_ways::WayOn;
pub use store::AttachmentRow;
pub use store::{
    AccountPatch, AuditState, COUNT_BOUND, CannedReplyForm, ChannelRow, ConversationFilter, Counts,
    FeedPage, Hint, RunFilter, ScenarioRow, ScheduleRow, VisitorRow, Waiting, intake::Stored,
};
pub use tokens::{MadeToken, Whose};
pub use try_scenario::{Example, TriedStep, TriedView};
pub use work::{JobError, Work};
pub use write_first::WriteFirst;

use std::sync::Arc;

use channel::Registry;
use domain::{clock::Clock, ids::Ids};
use store::Store;

/// Everything that use-cases need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub drivers: Registry,
    pub crms: ::crm::Registry,
    /// Who of this process talks to which CRM portal.
    pub crowd: Arc<Crowd>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub settings: Arc<Settings>,
    pub objects: Objects,
    pub batcher: Arc<Batcher>,
    /// Requests to addresses that customers give.
    pub outgoing: net::Outgoing,
}

impl App {
    pub fn new(
        store: Store,
        drivers: Registry,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        objects: Objects,
        settings: Settings,
    ) -> Self {
        let batcher = Arc::new(Batcher::new(store.clone()));
        let settings = Arc::new(settings);
        let outgoing = net::Outgoing::strict();
        let crms = ::crm::Registry::default();
        let crowd = Arc::default();
        Self { store, drivers, crms, crowd, clock, ids, settings, objects, batcher, outgoing }
    }

    /// With these CRMs.
    pub fn with_crms(self, crms: ::crm::Registry) -> Self {
        Self { crms, ..self }
    }

    /// With other rules for customers' addresses: plain http, or this machine (tests, development).
    pub fn with_outgoing(self, outgoing: net::Outgoing) -> Self {
        Self { outgoing, ..self }
    }
}

/// What this installation is set to, as far as use-cases care.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the outside world reaches us; `None`: only this machine does, so drivers poll.
    pub public_url: Option<url::Url>,
    pub crm: CrmSettings,
}
