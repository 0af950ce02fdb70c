//! The driver against counterparts that are not ours to bend: an SMSC of the npm package `smpp`, and
//! the sandbox for providers with an HTTP API.
#![expect(clippy::disallowed_methods, reason = "tests own the real clock and their tasks")]

mod smpp;
mod tls;
mod world;
// The crate offers it behind a feature to the tests of the whole; here it is compiled in directly.
#[path = "../../src/testserver.rs"]
mod testserver;
