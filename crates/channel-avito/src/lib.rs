//! Avito's messenger as a channel (CH-8): buyers write about advertisements, the company answers.
//!
//! It translates between Avito's messenger API (<https://developers.avito.ru/api-catalog/messenger>)
//! and the words of the `channel` crate, and knows no tenant's row, no queue and no other service.
//!
//! What Avito leaves open, and what is done about it: the signature of webhooks is not published, so
//! the proof is a secret in the webhook's address; how webhooks are repeated is not documented, so
//! chats are read over again every few minutes (`listener.rs`, BY-8); an expired token answers 403 as
//! a missing right does, so a 403 renews the token once and is believed after that (`account.rs`).
//! Nobody can write first, edit, or send anything but text and pictures. Start reading at [`Avito`].
#![warn(missing_docs)]

mod account;
mod aside;
mod call;
mod consent;
mod driver;
mod errors;
mod inbound;
mod listener;
mod media;
mod oauth;
mod outbound;
mod receive;
mod reports;
mod round;
mod settings;
mod tokens;
mod turns;
mod wire;

pub use driver::{AppKeys, Avito, Options};
