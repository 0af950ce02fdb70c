//! What was asked of the sandbox and what it delivered: the sandbox's half of a ledger.

use serde::Serialize;
use serde_json::{Map, Value};

/// One call of a method.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    pub community: i64,
    pub method: String,
    /// As they came, without the key.
    pub params: Map<String, Value>,
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
    Refused {
        code: i64,
        text: String,
    },
}

impl Call {
    #[must_use]
    pub fn took_effect(&self) -> bool {
        match self.outcome {
            Outcome::Accepted | Outcome::AnswerDropped => true,
            Outcome::RequestDropped | Outcome::Refused { .. } => false,
        }
    }

    /// A parameter as text.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).and_then(Value::as_str)
    }
}

/// One try to hand an event to a callback server.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    pub server: i64,
    pub event_id: String,
    pub kind: String,
    /// From 0, as the header `X-Retry-Counter` has it.
    pub attempt: u32,
    /// Status, content type and the beginning of the body, or why there was none.
    pub answer: Result<(u16, String, String), String>,
}
