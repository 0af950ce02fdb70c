//! A Viber bot as a channel (CH-7).
//!
//! Protocol: the REST Bot API, <https://developers.viber.com/docs/api/rest-bot-api/>. The service
//! calls one webhook and signs what it brings; we call `pa/<method>` with the bot's token.
//! Limits: texts of 7,000 characters, pictures of 1 MB with 512 characters under them, videos of
//! 26 MB, files of 50 MB, a request of 30 KB, 100 messages to a person who does not answer. Media
//! goes by public address only. A bot writes to its subscribers, never first.
//! Not supported, because it has no place in a conversation with an operator: keyboards, rich media,
//! broadcasts, payments. Changing and taking back messages the service does not have.
//!
//! Start reading at [`Viber`]; `inbound.rs`, `outbound.rs` and `status.rs` are pure and hold all that
//! is worth a test.
#![warn(missing_docs)]

mod api;
mod driver;
mod inbound;
mod media;
mod outbound;
mod receive;
mod reports;
mod settings;
mod status;
mod wire;

pub use driver::{Options, Viber};
