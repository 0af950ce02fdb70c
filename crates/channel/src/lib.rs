//! The interface between a messenger's driver and the rest of Beseda.
//!
//! A driver translates: foreign requests into [`Inbound`], [`Outbound`] into foreign requests. It
//! knows no tenant rows, no SQL, no queue and no other driver. [`Driver`] is the place to start;
//! what a service cannot do is a role that its driver does not fill.
#![warn(missing_docs)]

mod driver;
mod extras;
mod form;
mod inbound;
mod media;
mod memory;
mod outbound;
mod registry;
mod request;
mod roles;
#[cfg(feature = "testkit")]
pub mod testkit;

pub use driver::{Channel, ConnectError, Connected, Connecting, Driver, Receive};
pub use extras::{
    Asking, Blocked, Blocks, Changes, Choice, Consent, LookUp, Numbers, Presses, Profile, Question,
    Reactions, Signs, Told,
};
pub use form::{
    Field, FieldError, FieldKind, FieldOption, HandOver, SettingsForm, Way, web_address,
};
pub use inbound::{
    DeliveryReport, Edited, Inbound, InboundMessage, NewFile, NewFileSource, Person, Quarantined,
    Reach, Reaction, Removed, Sender,
};
pub use media::{ByteStream, FetchError, Fetched, Media};
pub use memory::{Forgetful, Former, Memory, MemoryError, RenewError, Renewal};
pub use outbound::{OutFile, Outbound, RetryScope, SendError, Sent, Thread};
pub use registry::Registry;
pub use request::Request;
pub use roles::{
    AcceptError, Batch, Inbox, ListenError, Listener, ParseError, Received, Reply, Site, SiteFile,
    SiteFrame, VerifyError, Webhook,
};
