//! The adapter from outside.

mod chats;
mod connect;
mod doubt;
mod fake;
mod faults;
mod hooks;
mod read;
mod samples;
mod sand;
mod schema;
mod stand;
mod write;
