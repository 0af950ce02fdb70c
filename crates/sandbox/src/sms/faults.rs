use serde::{Deserialize, Serialize};

use crate::counter::{count_down, struck};

/// What goes wrong with one account from now on; may be changed at any moment.
///
/// A counter says how many of the next sends are hit and counts down; `u32::MAX` means for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Faults {
    /// Every answer is held back this long, after the call took effect.
    pub slow_ms: u64,
    /// Sends that take effect, whose connection is then closed without an answer.
    pub drop_answer: u32,
    /// Sends whose connection is closed before they take effect.
    pub drop_request: u32,
    /// Sends answered with 500 before they take effect.
    pub server_error: u32,
    /// Sends answered 429 (SMSC.ru: code 9) before they take effect.
    pub too_many: u32,
    /// The next looks at a message's state find the server gone.
    pub drop_status: u32,
    /// Further copies of each callback.
    pub copies: u32,
    /// Callbacks come with a wrong key in their address.
    pub wrong_key: bool,
    /// The account is reached from an address that SMSC.ru does not let in (code 4).
    pub ip_blocked: bool,
    /// The network never answers questions to its register.
    pub silent_register: bool,
    /// SMS Aero refuses in its older words, `{"result": "reject", …}` and `{"result": "no credits"}`.
    pub old_words: bool,
}

/// What is done to one call, decided before it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blow {
    None,
    DropRequest,
    ServerError,
    TooMany,
    DropAnswer,
}

impl Faults {
    /// Takes the next fault for a send and counts it down.
    pub(super) fn strike_send(&mut self) -> Blow {
        struck([
            (&mut self.drop_request, Blow::DropRequest),
            (&mut self.server_error, Blow::ServerError),
            (&mut self.too_many, Blow::TooMany),
            (&mut self.drop_answer, Blow::DropAnswer),
        ])
        .unwrap_or(Blow::None)
    }

    pub(super) fn strike_status(&mut self) -> Blow {
        if count_down(&mut self.drop_status) { Blow::DropRequest } else { Blow::None }
    }
}
