//! What the CRM sync stands on, on a real Postgres: the limiter, consent, decisions and their steps,
//! links, channels that go to one CRM account once.

mod chats;
mod company;
mod links;
mod merges;
mod portals;
mod rates;
mod runs;
