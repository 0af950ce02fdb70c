//! Answers about what went wrong: application/problem+json (RFC 9457), naming field and remedy.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::text::Words;
use serde::Serialize;
use utoipa::ToSchema;

/// An error answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// A stable address of this kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// Stable name for programs.
    pub code: String,
    /// What happened and what to do, in the interface's languages.
    pub detail: Words,
    /// Wrong fields of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// Facts that the client may need (who took the conversation …).
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    #[schema(value_type = Object)]
    pub details: serde_json::Value,
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Path of the field in the request.
    pub field: String,
    pub code: String,
    pub message: Words,
}

impl Problem {
    pub fn new(status: StatusCode, code: &str, detail: Words) -> Self {
        Self {
            kind: format!("urn:beseda:problem:{code}"),
            title: status.canonical_reason().unwrap_or("error").to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail,
            errors: Vec::new(),
            details: serde_json::Value::Null,
            retry_after: None,
        }
    }

    /// There is nothing at this address, or not for this person.
    pub fn not_found() -> Self {
        app::Error::NotFound { what: "address" }.into()
    }

    /// A request that cannot be read at all.
    pub fn bad_request(code: &str, ru: &str, en: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, Words::new(ru, en))
    }
}

impl From<app::Error> for Problem {
    fn from(error: app::Error) -> Self {
        use app::Error;
        match error {
            Error::NotFound { what } => Self {
                details: serde_json::json!({ "what": what }),
                ..Self::new(
                    StatusCode::NOT_FOUND,
                    "not_found",
                    Words::new(
                        "Такого нет или он вам не виден.",
                        "No such thing, or you may not see it.",
                    ),
                )
            },
            Error::Unauthenticated => Self::new(
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                Words::new("Войдите, чтобы продолжить.", "Log in to go on."),
            ),
            Error::Forbidden(what) => Self {
                details: serde_json::json!({ "right": what }),
                ..Self::new(
                    StatusCode::FORBIDDEN,
                    "forbidden",
                    Words::new(
                        "У вас нет права на это. Обратитесь к администратору компании.",
                        "You have no right to do this. Ask your company's administrator.",
                    ),
                )
            },
            Error::Conflict { code, message, details } => {
                Self { details, ..Self::new(StatusCode::CONFLICT, code, message) }
            }
            Error::Invalid(fields) => Self {
                errors: fields
                    .into_iter()
                    .map(|f| FieldProblem {
                        field: f.field,
                        code: f.code.to_owned(),
                        message: f.message,
                    })
                    .collect(),
                ..Self::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "invalid",
                    Words::new("Проверьте поля запроса.", "Check the fields of the request."),
                )
            },
            Error::TooMany { after } => Self {
                retry_after: Some(after.as_secs().max(1)),
                ..Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too_many_requests",
                    Words::new(
                        "Слишком часто. Подождите и повторите.",
                        "Too often. Wait and try again.",
                    ),
                )
            },
            Error::Unavailable(why) => {
                tracing::warn!(error = %why, "answering 503");
                Self {
                    retry_after: Some(1),
                    ..Self::new(
                        StatusCode::SERVICE_UNAVAILABLE,
                        "unavailable",
                        Words::new(
                            "Сервис временно недоступен. Повторите через несколько секунд.",
                            "Temporarily unavailable. Try again in a few seconds.",
                        ),
                    )
                }
            }
            Error::Internal(why) => {
                tracing::error!(error = %why, "answering 500");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    Words::new(
                        "Ошибка на нашей стороне. Мы уже знаем о ней.",
                        "An error on our side. It has been recorded.",
                    ),
                )
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        // The rest of such a body is not read, so the connection can carry no further request; a client
        // that is not told would send its next one into a connection that is being closed.
        let unread = matches!(self.status, 408 | 413 | 415) || self.code == "broken_body";
        let mut response = (status, axum::Json(self)).into_response();
        let headers = response.headers_mut();
        if unread {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
