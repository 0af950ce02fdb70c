//! The web face: REST under `/api/v1`, the WebSocket, inbound webhooks, the widget. Translates
//! between HTTP and `app`, and decides nothing. The only crate that knows status codes and the JSON
//! of our own API.
//!
//! Start reading at `router.rs` (what is served) and `actor.rs` (who asks).

mod access;
mod account;
mod actor;
mod address;
mod attachments;
mod blacklist;
mod board;
mod body;
mod canned_replies;
mod channel_consent;
mod channels;
mod contact_fields;
mod contacts;
mod conversations;
mod crm;
mod crm_hooks;
mod crm_integrations;
mod crm_log;
mod crm_quarantine;
mod drafts;
mod endpoints;
mod faces;
mod frames;
mod health;
mod hooks;
mod hub;
mod invites;
mod limits;
mod number_checks;
mod origin;
mod page;
mod people;
mod preferences;
mod problem;
mod refusals;
mod room;
mod router;
mod scenarios;
mod search;
mod sent_messages;
mod serve;
mod socket;
mod tags;
mod tokens;
mod visit;
mod visit_frames;
mod visit_limits;
mod visitors;
mod whole;
mod widget;
mod widget_files;
mod widget_preview;
mod widget_socket;
mod wire;

pub use actor::{As, COOKIE, authenticate};
pub use address::{Path, Query};
pub use body::{Json, Keyed};
pub use frames::{ClientFrame, EventFrame, FactFrame, ServerFrame};
pub use hub::Hub;
pub use limits::{Client, Limit, LimitSettings, Limits};
pub use page::{Page, PageQuery};
pub use problem::Problem;
pub use refusals::{OpenRefusals, Refusals};
pub use router::{openapi, router};
pub use serve::serve;
pub use visit_limits::VisitorLimits;

use std::sync::Arc;

use app::{App, ChannelCache};

/// Renders the figures of this process for Prometheus.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// What handlers share.
#[derive(Clone)]
pub struct Api {
    pub app: App,
    pub limits: Arc<Limits>,
    pub metrics: Option<Metrics>,
    pub hub: Arc<Hub>,
    pub channels: Arc<ChannelCache>,
    pub visitors: Arc<VisitorLimits>,
}

impl Api {
    pub fn new(app: App, limits: &LimitSettings, metrics: Option<Metrics>) -> Self {
        let hub = Hub::new(app.clone());
        let limits = Arc::new(Limits::new(limits));
        Self { app, limits, metrics, hub, channels: Arc::default(), visitors: Arc::default() }
    }
}
