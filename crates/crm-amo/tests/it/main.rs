//! The adapter from outside: against the sandbox, against answers in the shape of the documentation's
//! samples, and each request against the documented schemas.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod chats;
mod connect;
mod doubt;
mod fake;
mod faults;
mod hooks;
mod pages;
mod read;
mod samples;
mod sand;
mod schema;
mod stand;
mod write;
