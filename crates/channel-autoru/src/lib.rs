//! Chats of Auto.ru as a channel (CH-9).
//!
//! Protocol: a buyer's message comes as a POST to an address that the dealer puts into the Auto.ru
//! cabinet; an operator's goes to `/aggregators/auto/hook`
//! (<https://yandex.ru/dev/autoru/doc/ru/reference/chats/basic/chats-user-message>,
//! <https://yandex.ru/dev/autoru/doc/ru/reference/chats/basic/chats-operator-message>).
//! The one credential of both directions is the `ChatId` that the dealer chooses.
//!
//! Limits: none is documented, neither of text, files and speed nor of Auto.ru's repeats; ours are
//! guesses on the careful side (`driver.rs`). Answers are 200, 400 and 500, without a body.
//!
//! Not supported, because the contract has nothing for it: delivery and read receipts, edits,
//! quotes, files other than pictures, writing first. Not used: the dealer's session API
//! (`/chat/room`, `/chat/message`), which needs a log-in of a person.
//!
//! Start at [`Autoru`] in `driver.rs`; `inbound.rs` and `outbound.rs` are pure.
#![warn(missing_docs)]

mod driver;
mod inbound;
mod listing;
mod media;
mod outbound;
mod receive;
mod reports;
mod settings;
mod wire;

pub use driver::Autoru;
