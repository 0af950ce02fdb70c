//! What goes wrong with one seller's calls and webhooks.

use serde::{Deserialize, Serialize};

use crate::counter::struck;

/// May be changed at any moment. A counter says how many of the next calls are hit and counts down.
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
    /// Calls answered 429 before they take effect.
    pub too_many: u32,
    /// Webhooks that are never sent: what Avito loses.
    pub lost_hooks: u32,
    /// Further copies of each webhook, sent at the same time.
    pub copies: u32,
    /// Which calls the counters above apply to.
    pub scope: Scope,
}

/// Which calls the counted faults hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Those that put a message into a chat or upload its picture.
    #[default]
    Sends,
    /// Those for tokens.
    Tokens,
    Everything,
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
    pub(super) fn strike(&mut self, operation: &str) -> Blow {
        let hit = match self.scope {
            Scope::Sends => matches!(operation, "send" | "send_image" | "upload"),
            Scope::Tokens => operation == "token",
            Scope::Everything => true,
        };
        if !hit {
            return Blow::None;
        }
        struck([
            (&mut self.drop_request, Blow::DropRequest),
            (&mut self.server_error, Blow::ServerError),
            (&mut self.too_many, Blow::TooMany),
            (&mut self.drop_answer, Blow::DropAnswer),
        ])
        .unwrap_or(Blow::None)
    }
}
