//! What goes wrong while the sandbox runs. Counters go down by themselves.

use serde::{Deserialize, Serialize};

use crate::counter::struck;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Faults {
    /// So many of the next `messages.send` take effect, and the connection breaks without an answer.
    pub drop_answer: u32,
    /// So many of the next `messages.send` break before they take effect.
    pub drop_request: u32,
    /// So many of the next `messages.send` are refused with `error_code`.
    pub errors: u32,
    pub error_code: i64,
    /// So many of the next deliveries carry a wrong secret.
    pub wrong_secret: u32,
    /// Every event is delivered twice.
    pub twice: bool,
    /// Our own message is told as an event before the call that sent it is answered.
    pub echo_first: bool,
    /// Every answer comes so much later.
    pub slow_ms: u64,
}

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blow {
    None,
    DropAnswer,
    DropRequest,
    Refuse(i64),
}

impl Faults {
    pub(super) fn strike(&mut self, method: &str) -> Blow {
        if method != "messages.send" {
            return Blow::None;
        }
        struck([
            (&mut self.drop_request, Blow::DropRequest),
            (&mut self.errors, Blow::Refuse(self.error_code)),
            (&mut self.drop_answer, Blow::DropAnswer),
        ])
        .unwrap_or(Blow::None)
    }
}
