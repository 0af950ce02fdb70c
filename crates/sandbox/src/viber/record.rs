//! What was asked of the sandbox and what it delivered: the sandbox's half of a ledger.

use serde::Serialize;

/// One call of the Bot API.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// The bot whose token it brought, if it was anybody's.
    pub bot: Option<u64>,
    pub method: String,
    pub receiver: Option<String>,
    pub kind: Option<String>,
    /// Text or caption as it was given.
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
    Refused(u32),
}

/// One try to hand a callback to the webhook.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    pub bot: u64,
    pub event: String,
    /// The callback's message token; as text, because browsers hold no 64 bits.
    pub token: String,
    /// From 1; copies made by a fault carry the number of the try they belong to.
    pub attempt: u32,
    /// The HTTP status, or why there was none.
    pub answer: Result<u16, String>,
}
