//! Pigeon Post as a channel.
//!
//! Protocol: put the address of the service's own documentation here.
//! Limits: longest text, largest files, rate limits, with where they are documented.
//! Not supported: what the service can do and this driver does not, so that nobody has to guess.
//!
//! Start at [`PigeonPost`] in `driver.rs`; `inbound.rs` and `outbound.rs` are pure and hold all that
//! is worth a test.

mod driver;
mod inbound;
mod outbound;
mod settings;
mod wire;

pub use driver::PigeonPost;
