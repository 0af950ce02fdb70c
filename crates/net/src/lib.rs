//! Outgoing HTTP: the only place where clients are made, so that every call has time-outs, follows
//! no redirects by itself and shows no secret in its errors.
//!
//! This crate knows no service and no tenant. Start reading at [`client`]; addresses that customers
//! give go through [`Outgoing`].

mod call;
mod client;
mod clients;
mod guard;
mod named;
mod outgoing;
mod redact;
mod signature;
mod upload;

pub use call::{CallError, Unanswered, whole};
pub use client::{ClientError, Options, client};
pub use clients::Clients;
pub use guard::{Guard, Refused, Rules, Scheme};
pub use named::redact_named;
pub use outgoing::{Answer, Fetched, Outgoing, SendError};
pub use redact::{HIDDEN, error_text, redact};
/// The HTTP library, named once: adapters reach its types through here.
pub use reqwest as http;
pub use signature::{SigningSecret, sign};
pub use upload::{Broken, PartOf, part};
