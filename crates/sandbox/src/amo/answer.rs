//! Answers of the account API: hal+json, empty 204, and the problem of RFC 7807.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::{Value, json};

pub(super) type Answer = Result<Reply, Refusal>;

#[derive(Clone, Debug)]
pub(super) enum Reply {
    Hal(Value),
    Created(Value),
    /// An empty list, an unknown id, and what has nothing to say.
    Nothing,
    /// 202 without a body, of the chats and of some acts.
    Accepted,
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let (status, value) = match self {
            Self::Hal(value) => (StatusCode::OK, value),
            Self::Created(value) => (StatusCode::CREATED, value),
            Self::Nothing => return StatusCode::NO_CONTENT.into_response(),
            Self::Accepted => return StatusCode::ACCEPTED.into_response(),
        };
        let mut response = (status, Json(value)).into_response();
        let hal = HeaderValue::from_static("application/hal+json");
        response.headers_mut().insert(header::CONTENT_TYPE, hal);
        response
    }
}

/// What is wrong with one item of a batch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    pub code: &'static str,
    pub path: String,
    pub detail: String,
}

#[derive(Clone, Debug)]
pub(super) enum Refusal {
    Problem {
        status: u16,
        title: String,
        detail: String,
        hint: Option<&'static str>,
    },
    /// By `request_id`.
    Invalid(Vec<(String, Vec<Finding>)>),
    /// The front server speaks HTML.
    Page(u16),
}

impl Refusal {
    pub(super) fn new(status: u16, detail: impl Into<String>) -> Self {
        let title = StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Error");
        Self::Problem { status, title: title.to_owned(), detail: detail.into(), hint: None }
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "Not found")
    }

    pub(super) fn forbidden() -> Self {
        Self::new(403, "Only for admins")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::Page(status) => {
                let code = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
                let reason = code.canonical_reason().unwrap_or_default();
                let page = format!(
                    "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n\
                     <center><h1>{status} {reason}</h1></center>\r\n<hr><center>nginx</center>\r\n\
                     </body>\r\n</html>\r\n"
                );
                return (code, Html(page)).into_response();
            }
            Self::Problem { status, title, detail, hint } => {
                let mut body = json!({
                    "title": title, "type": format!("https://httpstatus.es/{status}"),
                    "status": status, "detail": detail,
                });
                if let Some(hint) = hint {
                    body["hint"] = json!(hint);
                    body["type"] = json!("https://developers.amocrm.ru/v3/errors/OAuthProblemJson");
                }
                (status, body)
            }
            Self::Invalid(items) => {
                let items: Vec<Value> = items
                    .into_iter()
                    .map(|(request_id, findings)| {
                        let errors: Vec<Value> = findings
                            .into_iter()
                            .map(|f| json!({"code": f.code, "path": f.path, "detail": f.detail}))
                            .collect();
                        json!({"request_id": request_id, "errors": errors})
                    })
                    .collect();
                let body = json!({
                    "validation-errors": items, "title": "Bad Request",
                    "type": "https://httpstatus.es/400", "status": 400,
                    "detail": "Request validation failed",
                });
                (400, body)
            }
        };
        let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (code, Json(body)).into_response();
        let problem = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, problem);
        response
    }
}
