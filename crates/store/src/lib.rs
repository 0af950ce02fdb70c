//! Postgres: the only crate with SQL.
//!
//! [`Store`] holds two pools. Tenant work goes through [`Store::tenant`], a transaction that names
//! its account, behind row-level security; every query binds `account_id` all the same, so there are
//! two walls. The few cross-tenant duties (intake, queue, supervisor, log-in) go through
//! [`Store::platform`] under a role that reaches only their tables.
//!
//! Queries are typed `query_as` with static text (docs/adr/0001); each is proved by a test on a real
//! cluster. Start reading at `tenant.rs`, then `intake.rs` and `lanes.rs`.

mod access;
mod account;
mod attachment;
mod audit;
mod blacklist;
mod blocking;
mod board;
mod canned_replies;
mod channel;
mod channel_consent;
mod channel_log;
mod contact;
mod contact_fields;
mod contact_merge;
mod conversation;
mod crm;
mod demo;
mod drafts;
mod endpoint;
mod error;
mod events;
mod idempotency;
mod identity;
mod inspection;
pub mod intake;
pub mod lanes;
mod lease;
mod listen;
mod message;
mod message_edits;
mod message_parts;
mod migrate;
mod nodes;
mod number_check;
mod people;
mod platform;
mod preferences;
mod preview;
mod reactions;
mod renewal;
mod routing;
mod search;
mod secrets;
mod seen;
mod sent;
mod signs;
mod tags;
mod tenant;
mod visible;
mod visitor;

pub use access::{Bearer, Candidate, NewApiToken, NewSession, TokenHash};
pub use account::{AccountPatch, NewAccount};
pub use attachment::{AttachmentRow, NewAttachment};
pub use audit::{AuditEntry, AuditState};
pub use blacklist::Blacklisted;
pub use blocking::ToBlock;
pub use board::{ClosedCount, OpenCount, OpenedCount, SaidCount};
pub use canned_replies::{CannedReplyForm, SHORTCUT_TAKEN};
pub use channel::{ChannelRow, NewChannel};
pub use channel_consent::ChannelConsent;
pub use channel_log::LoggedLine;
pub use contact::{ContactFilter, Given, NewContact};
pub use contact_fields::CONTACT_FIELD_TAKEN;
pub use contact_merge::{LockedContact, Merge};
pub use conversation::{COUNT_BOUND, ConversationFilter, Counts, NewConversation, Read, Waiting};
pub use crm::{
    BegunChat, ChatChange, ChatFate, ChatReaction, ChatReceived, ChatRefusal, ChatShown,
    ChatWritten, Concerned, Consent, CrmFeedEvent, EnquiryRow, Entry, FateOf,
    INTEGRATION_CHANNEL_TAKEN, IntegrationRow, LinkData, LinkRow, LinkState, LinkWritten, Missed,
    NewConsent, NewCrmQuarantine, NewIntegration, NewLink, NewPortal, NewRun, OrderedStep, OwnApp,
    PORTAL_TAKEN, PortalAbout, PortalChat, PortalRow, PortalSecrets, PortalTokens, RateLimit,
    Refreshing, RunFilter, RunRow, Slot, StepEnd, StepRow, WrittenLine,
};
pub use demo::{
    DemoAttachment, DemoContact, DemoContactTag, DemoConversation, DemoConversationTag, DemoEmail,
    DemoEmployee, DemoIdentity, DemoMark, DemoMember, DemoMessage, DemoPhone, DemoRead, DemoRows,
};
pub use endpoint::{
    DeliveryWork, EndpointPatch, FeedEvent, Lagging, NewDelivery, NewEndpoint, Tried,
};
pub use error::{Error, Result};
pub use events::{FeedPage, Hint, Origin};
pub use idempotency::{ANSWERS_KEPT, Claim};
pub use identity::{IdentityRow, Told};
pub use lanes::NewJob;
pub use lease::{ChannelLease, Held};
pub use message::{MessageRow, NewMessage, StatusChange, StoredBody};
pub use message_parts::PartMoved;
pub use migrate::{MigrationState, migrations_fingerprint};
pub use nodes::Node;
pub use number_check::{NewNumberCheck, NumberCheckRow};
pub use people::{EmployeeSettings, NewEmployee};
pub use platform::PlatformTx;
pub use preview::LastSaid;
pub use renewal::{Ended, Renewing};
pub use routing::{ScenarioRow, ScheduleRow};
pub use search::{ContactQuery, MOST_TEXT, MessageHit, MessageKey};
pub use secrets::{MasterKeys, SecretPlace};
pub use seen::Until;
pub use tags::{TAG_NAME_TAKEN, Tag};
pub use tenant::TenantTx;
pub use visitor::{NewVisitor, VisitorMessage, VisitorRow};

use std::{sync::Arc, time::Duration};

use domain::passing::Passing;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::broadcast;

/// How to reach the database.
#[derive(Debug, Clone)]
pub struct Options {
    /// `postgres://…`
    pub url: String,
    /// Connections of the tenant pool.
    pub tenant_connections: u32,
    /// Connections of the platform pool.
    pub platform_connections: u32,
    /// How long a request waits for a connection before it is told 'try later'.
    pub acquire_timeout: Duration,
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    tenant: PgPool,
    platform: PgPool,
    keys: Arc<MasterKeys>,
    hints: broadcast::Sender<Hint>,
    wakes: broadcast::Sender<&'static str>,
    passing: broadcast::Sender<(Origin, Passing)>,
    options: PgConnectOptions,
}

impl Store {
    /// Opens the pools without connecting: a database that is down shows when it is used.
    pub fn open(options: &Options, keys: MasterKeys) -> Result<Self> {
        let connect: PgConnectOptions = options.url.parse::<PgConnectOptions>()?;
        // Compiling a plan takes a hundred milliseconds, and no statement of ours runs for that long; a
        // table read whole in spite of the setting below counts as dear enough for it.
        let connect = connect.application_name("beseda").options([("jit", "off")]);
        // The platform role's statements are few and fixed, and each has its index. Planned once a
        // connection, they cost half as much as planned anew each time, as Postgres does with array
        // parameters; and plans made while a new installation's tables are empty read no whole tables.
        let planner = [("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off")];
        let pool = |role: &str, connections: u32, settings: &[(&str, &str)]| {
            PgPoolOptions::new()
                .max_connections(connections)
                .min_connections(1)
                .acquire_timeout(options.acquire_timeout)
                // A broken connection shows at its first query; testing each one costs a round trip.
                .test_before_acquire(false)
                .connect_lazy_with(
                    connect.clone().options([("role", role)]).options(settings.iter().copied()),
                )
        };
        let (hints, _) = broadcast::channel(4096);
        let (wakes, _) = broadcast::channel(4096);
        let (passing, _) = broadcast::channel(1024);
        Ok(Self {
            tenant: pool("beseda_app", options.tenant_connections, &[]),
            platform: pool("beseda_platform", options.platform_connections, &planner),
            keys: Arc::new(keys),
            hints,
            wakes,
            passing,
            options: connect,
        })
    }

    /// Names of queues that this process put work into, as it commits. Other processes' work is
    /// found by polling.
    pub fn wakes(&self) -> broadcast::Receiver<&'static str> {
        self.wakes.subscribe()
    }

    pub(crate) fn keys(&self) -> &Arc<MasterKeys> {
        &self.keys
    }

    /// Signs a text that goes out and comes back, with a key derived from nothing a client sees.
    pub fn sign_text(&self, text: &[u8]) -> Result<[u8; 32]> {
        self.keys.sign(text)
    }

    /// Whether this installation signed it.
    pub fn signed_text(&self, text: &[u8], signature: &[u8]) -> bool {
        self.keys.signed(text, signature)
    }

    /// Ends when the pools have let go of every connection.
    pub async fn close(&self) {
        self.tenant.close().await;
        self.platform.close().await;
    }
}
