use serde::{Deserialize, Serialize};

use crate::counter::struck;

/// What goes wrong with one dealer from now on; may be changed at any moment.
///
/// A counter says how many of the next calls are hit and counts down; `u32::MAX` means for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Faults {
    /// Every answer is held back this long, after the call took effect.
    pub slow_ms: u64,
    /// Calls that take effect, whose connection is then closed without an answer.
    pub drop_answer: u32,
    /// Calls whose connection is closed before they take effect.
    pub drop_request: u32,
    /// Calls answered 500 before they take effect.
    pub server_error: u32,
    /// Calls that take effect and are answered 500 all the same.
    pub server_error_after: u32,
    /// Calls answered 400.
    pub bad_request: u32,
    /// Further copies of each delivery, sent at the same time as the first.
    pub copies_parallel: u32,
    /// Further copies of each delivery, sent one by one after it was acknowledged.
    pub copies_later: u32,
    /// What a ChatId that no dealer has entered is answered with: 403 if left at zero. The document
    /// does not say.
    pub dead_status: u16,
}

/// What is done to one call, decided before it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blow {
    None,
    DropRequest,
    ServerError,
    BadRequest,
    DropAnswer,
    ServerErrorAfter,
}

impl Faults {
    /// Takes the next fault for a call and counts it down.
    pub(super) fn strike(&mut self) -> Blow {
        struck([
            (&mut self.drop_request, Blow::DropRequest),
            (&mut self.server_error, Blow::ServerError),
            (&mut self.bad_request, Blow::BadRequest),
            (&mut self.drop_answer, Blow::DropAnswer),
            (&mut self.server_error_after, Blow::ServerErrorAfter),
        ])
        .unwrap_or(Blow::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_faults_run_out() {
        let mut faults = Faults { drop_answer: 1, server_error: 1, ..Faults::default() };
        assert_eq!(faults.strike(), Blow::ServerError);
        assert_eq!(faults.strike(), Blow::DropAnswer);
        assert_eq!(faults.strike(), Blow::None);
    }
}
