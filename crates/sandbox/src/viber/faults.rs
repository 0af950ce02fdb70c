//! What goes wrong on the way, switched on by a test or by a person at the page.

use serde::{Deserialize, Serialize};

use crate::counter::{count_down, struck};

/// Counters say how many of the next messages of the bot suffer; they count down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Faults {
    /// Answers of all calls come so late.
    pub slow_ms: u64,
    /// Taken, and the connection breaks before the answer.
    pub drop_answer: u32,
    /// The connection breaks before anything is taken.
    pub drop_request: u32,
    /// HTTP 502 of a gateway, nothing is taken.
    pub gateway_error: u32,
    /// Status 12 whatever the limits say.
    pub too_many: u32,
    /// Any other status of the table, for the next `refuse` messages.
    pub refuse: u32,
    pub refuse_status: u32,
    /// The person's application turns the next messages down after they were accepted.
    pub fail_later: u32,
    /// Every callback comes so many times more.
    pub copies: u32,
    /// Every report comes from so many devices more.
    pub more_devices: u32,
}

/// What Viber itself holds against a bot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    #[default]
    Good,
    Blocked,
    Suspended,
    NoBalance,
    FreeMessagesUsed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blow {
    None,
    DropRequest,
    GatewayError,
    Refuse(u32),
    DropAnswer,
}

impl Faults {
    /// Takes the next fault for a message and counts it down.
    pub(super) fn strike(&mut self) -> Blow {
        struck([
            (&mut self.drop_request, Blow::DropRequest),
            (&mut self.gateway_error, Blow::GatewayError),
            (&mut self.too_many, Blow::Refuse(12)),
            (&mut self.refuse, Blow::Refuse(self.refuse_status.max(1))),
            (&mut self.drop_answer, Blow::DropAnswer),
        ])
        .unwrap_or(Blow::None)
    }

    pub(super) fn fails_later(&mut self) -> bool {
        count_down(&mut self.fail_later)
    }
}
