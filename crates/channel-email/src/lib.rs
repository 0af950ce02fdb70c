//! E-mail: reads a mailbox over IMAP, answers over SMTP.
//!
//! Two halves. The pure one turns raw letters into our words and back: [`letter`], `html`,
//! `inbound`, `compose`, `cursor`. The other talks to servers: `wire`, `imap`, `smtp`, `listen`,
//! tied together in [`driver`]. Everything that comes from a letter is hostile until it went
//! through `letter::scan`, `html::simple_enough` and the thread of `reader`.
//!
//! This crate knows no tenant, no SQL and no other driver. Start reading at `driver`.

mod compose;
mod cursor;
mod driver;
mod html;
mod ids;
mod imap;
mod inbound;
mod letter;
mod listen;
mod oauth;
mod providers;
mod reader;
mod settings;
mod smtp;
mod wire;
mod words;

#[cfg(feature = "testserver")]
pub mod testserver;

pub use driver::Email;
pub use listen::Pace;
pub use wire::Reach;
