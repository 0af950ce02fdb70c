//! Use-cases: what Beseda does. Each loads facts, lets `domain` decide, and writes rows, events and
//! jobs in one transaction. Knows no HTTP and no foreign wire format.
//!
//! Start reading at `inbound.rs` (the one door through which every message comes in) and
//! `reply.rs` (the way out).

mod access;
mod account;
mod actor;
mod blacklist;
mod contacts;
mod cursor;
mod error;
mod fields;
mod idempotency;
mod invites;
mod merge;
mod password;
mod people;
mod ready;
mod search;
mod secret_token;
mod tags;
mod tokens;

pub use access::{LogIn, Opened, SESSION_KEPT, SignUp};
pub use actor::{Actor, Via};
pub use contacts::{ContactChange, ContactForm};
pub use error::{Error, Invalid, Result};
pub use idempotency::RequestKey;
pub use invites::{Acceptance, Invited, OpenInvite};
pub use people::{EmployeePatch, Me};
pub use ready::Ready;
pub use secret_token::API_TOKEN_PREFIX;
pub use store::{AccountPatch, AuditState};
pub use tokens::{MadeToken, Whose};

use std::sync::Arc;

use channel::Registry;
use domain::{clock::Clock, ids::Ids};
use store::Store;

/// Everything that use-cases need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub drivers: Registry,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub settings: Arc<Settings>,
}

/// What this installation is set to, as far as use-cases care.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the outside world reaches us; `None`: only this machine does, so drivers poll.
    pub public_url: Option<url::Url>,
}
