use serde::{Deserialize, Serialize};

use crate::counter::struck;

/// What goes wrong with one bot from now on; may be changed at any moment.
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
    /// Calls answered with `server_error_status` before they take effect.
    pub server_error: u32,
    /// 500 if left at zero.
    pub server_error_status: u16,
    /// Calls answered 429 before they take effect.
    pub too_many: u32,
    /// `parameters.retry_after` of these, in seconds; 1 if left at zero.
    pub retry_after: u64,
    /// Further copies of each webhook delivery, sent at the same time as the first.
    pub copies_parallel: u32,
    /// Further copies of each webhook delivery, sent one by one after it was acknowledged.
    pub copies_later: u32,
    /// Each message of the bot also comes back as an update, before the call is answered. The real
    /// server does so only over business connections; the switch exists to test a driver's guard.
    pub echo_first: bool,
    /// Which calls the counters above apply to.
    pub scope: Scope,
}

/// Which methods the counted faults hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Those that change a chat: send, edit, delete. A poller in the background uses up nothing,
    /// nor does the 'typing' of `sendChatAction`.
    #[default]
    Sends,
    Everything,
}

impl Scope {
    pub(super) fn covers(self, method: &str) -> bool {
        match self {
            Self::Sends => {
                ["send", "edit", "delete"].iter().any(|verb| method.starts_with(verb))
                    && !["deletewebhook", "sendchataction", "deletemycommands"].contains(&method)
            }
            Self::Everything => true,
        }
    }
}

/// What is done to one call, decided before it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blow {
    None,
    DropRequest,
    ServerError(u16),
    TooMany(u64),
    DropAnswer,
}

impl Faults {
    /// Takes the next fault for a call of `method` (in lower case) and counts it down.
    pub(super) fn strike(&mut self, method: &str) -> Blow {
        if !self.scope.covers(method) {
            return Blow::None;
        }
        let status = if self.server_error_status == 0 { 500 } else { self.server_error_status };
        struck([
            (&mut self.drop_request, Blow::DropRequest),
            (&mut self.server_error, Blow::ServerError(status)),
            (&mut self.too_many, Blow::TooMany(self.retry_after.max(1))),
            (&mut self.drop_answer, Blow::DropAnswer),
        ])
        .unwrap_or(Blow::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_faults_run_out_and_spare_the_poller() {
        let mut faults = Faults { drop_answer: 1, ..Faults::default() };
        for spared in ["getupdates", "deletewebhook", "sendchataction"] {
            assert_eq!(faults.strike(spared), Blow::None);
        }
        assert_eq!(faults.strike("sendmessage"), Blow::DropAnswer);
        assert_eq!(faults.strike("sendmessage"), Blow::None);
        let mut always = Faults { too_many: u32::MAX, retry_after: 7, ..Faults::default() };
        assert_eq!(always.strike("sendphoto"), Blow::TooMany(7));
        assert_eq!(always.strike("sendphoto"), Blow::TooMany(7));
    }
}
