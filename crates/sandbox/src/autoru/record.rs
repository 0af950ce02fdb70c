//! What was asked of the sandbox and what it delivered: the sandbox's half of a ledger.

use std::time::SystemTime;

use serde::Serialize;

/// One call of `/aggregators/auto/hook` with a ChatId that a dealer has.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// `text`, `photo`, `seen`; empty where the body could not be read so far.
    pub kind: String,
    /// The buyer.
    pub recipient: String,
    pub message_id: String,
    pub text: Option<String>,
    pub file: Option<String>,
    #[serde(serialize_with = "unix_millis")]
    pub at: SystemTime,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It took effect, and the caller was told.
    Accepted,
    /// The id was known: no effect, and the caller was told of success.
    Repeated,
    /// It took effect, and the caller was not told so.
    AnswerLost,
    /// It had no effect, and the caller was not told.
    RequestDropped,
    Refused {
        status: u16,
        why: String,
    },
}

/// One try to hand a buyer's message to the dealer's system.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    pub message_id: String,
    /// From 1; copies made by a fault carry the number of the try they belong to.
    pub attempt: u32,
    #[serde(serialize_with = "unix_millis")]
    pub at: SystemTime,
    /// The HTTP status, or why there was none.
    pub answer: Result<u16, String>,
}

pub(super) fn unix_millis<S: serde::Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    to.serialize_u64(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
