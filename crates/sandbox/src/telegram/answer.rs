//! The envelope of every Bot API answer: <https://core.telegram.org/bots/api#making-requests>.

use serde_json::{Value, json};

pub(super) type Answer = Result<Success, Refusal>;

pub(super) struct Success {
    pub result: Value,
    pub description: Option<&'static str>,
    /// Messages that came to be, for the record of calls.
    pub message_ids: Vec<i64>,
}

impl Success {
    pub(super) fn of(result: Value) -> Self {
        Self { result, description: None, message_ids: Vec::new() }
    }

    pub(super) fn said(description: &'static str) -> Self {
        Self { description: Some(description), ..Self::of(Value::Bool(true)) }
    }

    pub(super) fn body(self) -> Value {
        match self.description {
            Some(said) => json!({"ok": true, "result": self.result, "description": said}),
            None => json!({"ok": true, "result": self.result}),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub code: u16,
    pub description: String,
    pub retry_after: Option<u64>,
}

impl Refusal {
    fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), retry_after: None }
    }

    pub(super) fn bad_request(what: impl AsRef<str>) -> Self {
        Self::new(400, format!("Bad Request: {}", what.as_ref()))
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized")
    }

    pub(super) fn forbidden(what: &str) -> Self {
        Self::new(403, format!("Forbidden: {what}"))
    }

    pub(super) fn not_found(description: &str) -> Self {
        Self::new(404, description)
    }

    pub(super) fn conflict(what: &str) -> Self {
        Self::new(409, format!("Conflict: {what}"))
    }

    pub(super) fn too_large() -> Self {
        Self::new(413, "Request Entity Too Large")
    }

    pub(super) fn too_many(retry_after: u64) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(429, format!("Too Many Requests: retry after {retry_after}"))
        }
    }

    pub(super) fn server_error(code: u16) -> Self {
        let reason = axum::http::StatusCode::from_u16(code)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Internal Server Error");
        Self::new(code, reason)
    }

    pub(super) fn body(&self) -> Value {
        let mut body = json!({
            "ok": false, "error_code": self.code, "description": self.description,
        });
        if let Some(seconds) = self.retry_after {
            body["parameters"] = json!({"retry_after": seconds});
        }
        body
    }
}
