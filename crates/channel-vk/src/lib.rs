//! Communities of VK as a channel (CH-7).
//!
//! It translates between VK's API 5.199 and the words of the `channel` crate, and knows no tenant's
//! row, no queue and no other messenger. Customers are people who write to the community; chats of
//! many people, which a community can be put into, are no conversations and give no event.
//!
//! Events come to a callback server that the driver registers by itself, or by long polling where
//! this installation has no public address; the same code reads both. Start reading at [`Vk`].
//!
//! Rules: <https://dev.vk.com/ru/api/callback/getting-started>,
//! <https://dev.vk.com/ru/api/bots-long-poll/getting-started>, and VK's own JSON schema of its methods.
#![warn(missing_docs)]

mod api;
mod attachments;
mod callback;
mod changes;
mod driver;
mod errors;
mod ids;
mod inbound;
mod json;
mod listener;
mod look_up;
mod media;
mod missed;
mod outbound;
mod receive;
mod reports;
mod rights;
mod settings;
mod signs;
mod upload;

pub use driver::{Options, Vk};
