//! The driver against real servers (Dovecot, OpenSMTPD) and against a scripted SMTP server that
//! fails at each step.
#![expect(clippy::disallowed_methods, reason = "tests own the real clock and their tasks")]

mod listening;
mod secured;
mod sending;
mod support;
// The crate offers it behind a feature to the tests of the whole; here it is compiled in directly.
#[path = "../../src/testserver.rs"]
mod testserver;
