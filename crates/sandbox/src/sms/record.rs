//! What was asked of the sandbox and what it delivered: the sandbox's half of a ledger.

use serde::Serialize;

use super::Provider;

/// One call of a provider's API.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// Counts all calls of this sandbox from 1.
    pub number: u64,
    pub provider: Provider,
    /// The last parts of the path: `sms/send`, `send.php`, `SendSMS`.
    pub method: String,
    /// Whose credentials it had.
    pub account: Option<u64>,
    /// For sends: the recipient.
    pub to: Option<String>,
    /// For sends: the text.
    pub text: Option<String>,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It took effect, and the caller was told.
    Accepted,
    /// It took effect, and the caller was not told.
    AnswerDropped,
    /// It had no effect, and the caller was not told.
    RequestDropped,
    Refused(String),
}

/// One try to hand a callback over.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    pub url: String,
    pub body: String,
    /// From 1.
    pub attempt: u32,
    /// The HTTP status, or why there was none.
    pub answer: Result<u16, String>,
}
