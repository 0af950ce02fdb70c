//! The Viber driver from outside: fixtures in, a stub of the Bot API and the sandbox at the other end.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod callbacks;
mod connecting;
mod contract;
mod end_to_end;
mod fetching;
mod hostile;
mod sending;
mod world;
