//! Each rule that the Telegram counterpart enforces, asked with a plain HTTP client.
//!
//! The messengers' rules proved here are what the tests of the product lean on: CH-1 (a channel
//! says what is wrong with it), CH-5 (files both ways), CV-2 (nothing lost, doubled, reordered).
#![expect(
    clippy::disallowed_methods,
    reason = "a test owns its tasks and its HTTP client; the crate under test is the far side"
)]

mod receiver;
mod telegram;
