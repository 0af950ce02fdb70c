//! Outgoing HTTP: the only place where clients are made, so that every call has time-outs, follows
//! no redirects by itself and shows no secret in its errors.
//!
//! This crate knows no service and no tenant. Start reading at [`client`].

mod client;
mod redact;

pub use client::{ClientError, Options, client};
pub use redact::{error_text, redact};
/// The HTTP library, named once: adapters reach its types through here.
pub use reqwest as http;
