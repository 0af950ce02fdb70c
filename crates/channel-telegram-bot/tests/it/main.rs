//! The Telegram bot driver from outside: fixtures in, a stub of the Bot API at the other end.
#![expect(clippy::disallowed_methods, reason = "tests own their tasks and their time")]

mod changing;
mod connecting;
mod contract;
mod end_to_end;
mod fetching;
mod polling;
mod sending;
mod updates;
mod world;
