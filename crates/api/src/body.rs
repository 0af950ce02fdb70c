//! JSON bodies, read strictly: right content type, at most 1 MiB, no unknown fields (the shapes deny
//! them), no NUL characters (Postgres keeps none), and a wrong field is named.

use app::RequestKey;
use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::text::Words;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Problem, problem::FieldProblem, whole::whole};

/// The longest JSON body.
pub const LONGEST: usize = 1024 * 1024;

/// A JSON body, in both directions.
pub struct Json<T>(pub T);

/// A JSON body with the `Idempotency-Key` under which its answer is kept for a day.
pub struct Keyed<T> {
    pub body: T,
    pub key: Option<RequestKey>,
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        json_type(request.headers())?;
        read(&whole(request.into_body(), LONGEST).await?).map(Self)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Keyed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        json_type(request.headers())?;
        let name = key_name(request.headers())?;
        let (parts, body) = request.into_parts();
        let bytes = whole(body, LONGEST).await?;
        let key = name.map(|key| RequestKey {
            key,
            hash: request_hash(&parts.method, parts.uri.path(), &bytes),
        });
        Ok(Self { body: read(&bytes)?, key })
    }
}

/// What makes two requests the same: method, path and body.
fn request_hash(method: &Method, path: &str, body: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(method.as_str())
        .chain_update([0])
        .chain_update(path)
        .chain_update([0])
        .chain_update(body)
        .finalize()
        .into()
}

fn key_name(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=200).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Problem::bad_request(
            "bad_idempotency_key",
            "Заголовок Idempotency-Key: от 1 до 200 печатных символов ASCII.",
            "The Idempotency-Key header takes 1 to 200 printable ASCII characters.",
        )),
    }
}

fn json_type(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unknown_encoding",
            Words::new("Пришлите тело без сжатия.", "Send the body without compression."),
        ));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/json" || kind.ends_with("+json") {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "not_json",
        Words::new(
            "Пришлите тело с заголовком Content-Type: application/json.",
            "Send the body with the header Content-Type: application/json.",
        ),
    ))
}

/// Reads a body; what is wrong is told by field.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde would take a list for the fields in their order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        let words =
            Words::new("Нужен объект JSON, а не список.", "Send a JSON object, not a list.");
        return Err(wrong_field(String::new(), "wrong_value", words));
    }
    // In JSON a NUL can stand only as this escape; looking for it first spares a second parse.
    if bytes.windows(6).any(|w| w == b"\\u0000") {
        let value: Value = serde_json::from_slice(bytes).map_err(|e| unreadable(&e))?;
        if let Some(field) = nul_in(&value, String::new()) {
            return Err(wrong_field(
                field,
                "nul_character",
                Words::new(
                    "Уберите нулевой символ (U+0000).",
                    "Remove the NUL character (U+0000).",
                ),
            ));
        }
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() { misfit(&path, &inner.to_string()) } else { unreadable(&inner) }
    })?;
    json.end().map_err(|e| unreadable(&e))?;
    Ok(value)
}

fn unreadable(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    Problem::bad_request(
        "bad_json",
        &format!("Тело запроса не читается как JSON (строка {line}, знак {column})."),
        &format!("The body cannot be read as JSON (line {line}, column {column})."),
    )
}

/// The path of the first text with a NUL.
fn nul_in(value: &Value, path: String) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then_some(path),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(n, item)| nul_in(item, format!("{path}[{n}]")))
        }
        Value::Object(map) => map.iter().find_map(|(key, item)| {
            let dot = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{dot}{}", key.replace('\0', ""));
            if key.contains('\0') { Some(path) } else { nul_in(item, path) }
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// serde's own words name the field in back-quotes when it is missing or unknown.
fn misfit(path: &str, message: &str) -> Problem {
    let named = message.split('`').nth(1).unwrap_or_default();
    let inside = |name: &str| match path {
        "." | "" => name.to_owned(),
        // An unknown field is already in the path.
        _ if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        _ => format!("{path}.{name}"),
    };
    let text = message.split(" at line ").next().unwrap_or_default();
    if message.starts_with("missing field") {
        let words = Words::new("Обязательное поле отсутствует.", "This field is required.");
        wrong_field(inside(named), "missing", words)
    } else if message.starts_with("unknown field") {
        let words = Words::new("Такого поля нет.", "There is no such field.");
        wrong_field(inside(named), "unknown_field", words)
    } else {
        let field = if path == "." { String::new() } else { path.to_owned() };
        let words = Words::new(format!("Значение не подходит: {text}."), format!("{text}."));
        wrong_field(field, "wrong_value", words)
    }
}

fn wrong_field(field: String, code: &str, message: Words) -> Problem {
    Problem {
        errors: vec![FieldProblem { field, code: code.to_owned(), message }],
        ..Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            Words::new("Проверьте поля запроса.", "Check the fields of the request."),
        )
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its reading is tested")]
        n: i32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[expect(dead_code, reason = "only its reading is tested")]
        name: String,
        #[expect(dead_code, reason = "only its reading is tested")]
        list: Vec<Inner>,
    }

    #[test]
    fn a_wrong_field_is_named_with_its_path() {
        let told = |text: &str| {
            let problem = read::<Form>(text.as_bytes()).expect_err("is wrong");
            let field = problem.errors.first().map(|e| (e.field.clone(), e.code.clone()));
            (problem.status, field.unwrap_or_default())
        };
        let field = |name: &str, code: &str| (422, (name.to_owned(), code.to_owned()));
        assert_eq!(told(r#"{"list":[]}"#), field("name", "missing"));
        assert_eq!(told(r#"{"name":"a","list":[{}]}"#), field("list[0].n", "missing"));
        assert_eq!(told(r#"{"name":"a","list":[],"role":1}"#), field("role", "unknown_field"));
        assert_eq!(
            told(r#"{"name":"a","list":[{"n":1,"x":2}]}"#),
            field("list[0].x", "unknown_field")
        );
        assert_eq!(told(r#"{"name":5,"list":[]}"#), field("name", "wrong_value"));
        assert_eq!(told(r#"{"name":"a\u0000b","list":[]}"#), field("name", "nul_character"));
        assert_eq!(told("{").0, 400);
        assert_eq!(told(r#"{"name":"a","list":[]} x"#).0, 400);
        assert_eq!(told(r#" ["a",[]]"#), field("", "wrong_value"));
        assert_eq!(told(&"[".repeat(100_000)), field("", "wrong_value"));
        assert_eq!(
            told(&format!(r#"{{"name":{}"#, "[".repeat(100_000))),
            field("name", "wrong_value")
        );
        assert!(read::<Form>(br#"{"name":"a\\u0000","list":[]}"#).is_ok(), "an escaped backslash");
    }
}
