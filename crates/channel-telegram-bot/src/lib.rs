//! The Telegram Bot API as a channel (CH-5).
//!
//! It translates between the Bot API and the words of the `channel` crate and knows no tenant's
//! row, no queue and no other messenger. Payloads and text entities are teloxide's types. Its
//! `Bot` is not used: it sleeps ten seconds on every 5xx, drops the HTTP status and `error_code`,
//! and so cannot tell "refused" from "perhaps sent". Updates are read part by part from their raw
//! JSON, so that one unknown field cannot lose a message. Start reading at [`TelegramBot`].
#![warn(missing_docs)]

mod api;
mod changes;
mod driver;
mod errors;
mod files;
mod ids;
mod inbound;
mod listener;
mod media;
mod outbound;
mod receive;
mod reports;
mod settings;
mod upload;
mod wire;

pub use driver::{Options, TelegramBot};
