//! SMS as a channel (CH-11): one rented number, both directions.
//!
//! It translates between an SMS provider and the words of the `channel` crate and knows no tenant's
//! row, no queue and no other messenger. A number is reached in one of two ways behind the private
//! trait `Gateway`: SMPP 3.4 over a connection that we hold (`smpp`), or a provider's HTTP API
//! (`http`). Which one is the channel's setting `provider`. Start reading at [`Sms`].
#![warn(missing_docs)]

mod driver;
mod gateway;
mod http;
mod settings;
mod smpp;
#[cfg(feature = "testserver")]
pub mod testserver;

pub use driver::{Options, Sms};
pub use smpp::{Pace, Reach};
