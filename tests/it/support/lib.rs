//! What tests through the front door share: a Postgres cluster, a database for each test, a whole
//! server in this process or as a process of its own, and a client that states what it expects.
//!
//! Start reading at [`TestServer`] (fast, most tests) and [`ProcessServer`] (may be killed with -9).
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "this crate exists for tests: it owns clients, time and the environment, and a panic \
              is how a test fails"
)]

mod amo;
mod channels;
mod client;
mod cluster;
mod company;
mod database;
mod hire;
mod inbox;
mod integrations;
mod process;
mod server;
mod socket;
mod telegram;
mod use_cases;
mod visitor;
mod wait;

pub use amo::{AmoHouse, AmoStage};
pub use channels::at_channel;
pub use client::{Answer, Client, Session};
pub use cluster::cluster;
pub use company::{Company, bare_channel, comes_in, incoming, newcomer, somebody};
pub use database::{Database, MASTER_KEY};
pub use inbox::{at_conversation, at_message, texts};
pub use integrations::{amo_settings, bare_portal};
pub use process::{Place, ProcessServer, beseda, kill_9};
pub use server::{TestServer, free_address};
pub use socket::Socket;
pub use telegram::{TelegramStage, Way, connect};
pub use use_cases::{HandClock, founder, plain, use_cases};
pub use visitor::{Visitor, widget};
pub use wait::{PATIENCE, eventually, until};

/// A picture.
pub const PIXEL: &[u8] = include_bytes!("pixel.png");
