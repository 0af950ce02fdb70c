use serde::{Deserialize, Serialize};

use super::world::Chance;

use crate::counter::count_down;

/// What goes wrong in one account from now on; may be changed at any moment.
///
/// A counter says how many of the next calls are hit and counts down; `u32::MAX` means for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Faults {
    /// Every answer is held back this long, after the call took effect.
    pub slow_ms: u64,
    /// Calls that take effect, whose connection is then closed without an answer.
    pub drop_answer: u32,
    /// Calls whose connection is closed before they take effect.
    pub drop_request: u32,
    /// Calls that take effect and are answered only after `hang_ms`: the caller gives up before.
    pub hang: u32,
    /// 60,000 if left at zero.
    pub hang_ms: u64,
    /// Calls answered with `server_error_status` before they take effect.
    pub server_error: u32,
    /// 500 if left at zero.
    pub server_error_status: u16,
    /// Calls that take effect and are answered 504 all the same.
    pub error_after_effect: u32,
    /// Calls answered 429 before they take effect, though the caller kept the limits.
    pub too_many: u32,
    /// Shares of all calls, drawn by the seed of the sandbox; nothing takes effect.
    pub too_many_percent: f64,
    pub server_error_percent: f64,
    /// Share of calls that take effect and whose answer is lost.
    pub drop_answer_percent: f64,
    pub outage: Outage,
    /// Which calls the counters and shares above apply to; an outage hits all.
    pub scope: Scope,
}

/// The whole account is gone: its API, its tokens, its files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outage {
    #[default]
    No,
    /// 503 to everything.
    Unavailable,
    /// Each connection is closed without an answer.
    Refused,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// POST, PATCH, PUT and DELETE of the account's API.
    #[default]
    Writes,
    /// The exchange and the refresh of tokens.
    Tokens,
    Everything,
}

impl Scope {
    fn covers(self, method: &str, path: &str) -> bool {
        let tokens = path.starts_with("/oauth2/");
        match self {
            Self::Writes => method != "GET" && !tokens,
            Self::Tokens => tokens,
            Self::Everything => true,
        }
    }
}

/// What is done to one call, decided before it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blow {
    None,
    DropRequest,
    Status(u16),
    TooMany,
    DropAnswer,
    StatusAfter(u16),
    Hang(u64),
}

impl Faults {
    pub(super) fn strike(&mut self, method: &str, path: &str, chance: &mut Chance) -> Blow {
        match self.outage {
            Outage::No => {}
            Outage::Unavailable => return Blow::Status(503),
            Outage::Refused => return Blow::DropRequest,
        }
        if !self.scope.covers(method, path) {
            return Blow::None;
        }
        let status = if self.server_error_status == 0 { 500 } else { self.server_error_status };
        if count_down(&mut self.drop_request) {
            Blow::DropRequest
        } else if count_down(&mut self.server_error) || drawn(self.server_error_percent, chance) {
            Blow::Status(status)
        } else if count_down(&mut self.too_many) || drawn(self.too_many_percent, chance) {
            Blow::TooMany
        } else if count_down(&mut self.drop_answer) || drawn(self.drop_answer_percent, chance) {
            Blow::DropAnswer
        } else if count_down(&mut self.error_after_effect) {
            Blow::StatusAfter(504)
        } else if count_down(&mut self.hang) {
            Blow::Hang(if self.hang_ms == 0 { 60_000 } else { self.hang_ms })
        } else {
            Blow::None
        }
    }
}

fn drawn(percent: f64, chance: &mut Chance) -> bool {
    percent > 0.0 && chance.percent(percent)
}

/// How one account is set up and how it behaves; may be changed at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Switches {
    /// «Фильтрация»: without it `filter` of leads, contacts and companies is ignored in silence.
    pub paid_filter: bool,
    /// Not paid: 402 to everything.
    pub unpaid: bool,
    /// `leads/complex` and forms join what has an equal phone or email.
    pub duplicate_control: bool,
    /// Notes on a lead that waits in Unsorted are taken. The documentation is silent.
    pub notes_on_unsorted: bool,
    /// Unsorted events can be subscribed to. The list of events does not name them, the description
    /// of the bodies does.
    pub unsorted_events: bool,
    /// Events about the same thing that wait together become one.
    pub coalesce_webhooks: bool,
    /// Events that wait together leave in the opposite order.
    pub reorder_webhooks: bool,
    /// Every so many events one is lost; 0 loses none.
    pub lose_webhooks: u32,
    /// How long events are gathered before they leave, in ms of the sandbox's clock.
    pub webhook_delay_ms: u64,
    /// Overrides [`Options::search_lag`](super::Options::search_lag).
    pub search_lag_ms: Option<u64>,
    /// The integrations were let in with the scope «files»; without it the files answer 403.
    pub files_scope: bool,
    /// A list with a larger `limit` takes too long: the server in front answers 504. 0 manages all.
    pub heavy_above: u32,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            paid_filter: true,
            unpaid: false,
            duplicate_control: false,
            notes_on_unsorted: true,
            unsorted_events: true,
            coalesce_webhooks: false,
            reorder_webhooks: false,
            lose_webhooks: 0,
            webhook_delay_ms: 0,
            search_lag_ms: None,
            files_scope: true,
            heavy_above: 0,
        }
    }
}
