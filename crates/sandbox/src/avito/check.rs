//! Whether a request has the documented shape.

use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::answer::Refusal;

fn bad(what: impl Into<String>) -> Refusal {
    Refusal::new(400, what)
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn has_type(headers: &HeaderMap, wanted: &str) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    given.is_some_and(|t| t.split(';').next().is_some_and(|t| t.trim() == wanted))
}

/// A JSON object with these keys, all of them required, and no others.
pub(super) fn object(
    headers: &HeaderMap,
    body: &[u8],
    keys: &[&str],
) -> Result<Map<String, Value>, Refusal> {
    if !has_type(headers, "application/json") {
        return Err(bad("the body must be application/json"));
    }
    let body: Value = serde_json::from_slice(body).map_err(|_| bad("the body is not JSON"))?;
    keyed(body, keys)
}

pub(super) fn keyed(body: Value, keys: &[&str]) -> Result<Map<String, Value>, Refusal> {
    let Value::Object(body) = body else { return Err(bad("an object was expected")) };
    if let Some(key) = body.keys().find(|key| !keys.contains(&key.as_str())) {
        return Err(bad(format!("the field {key} is not documented")));
    }
    match keys.iter().find(|key| !body.contains_key(**key)) {
        Some(key) => Err(bad(format!("the field {key} is missing"))),
        None => Ok(body),
    }
}

pub(super) fn text<'a>(body: &'a Map<String, Value>, key: &str) -> Result<&'a str, Refusal> {
    body.get(key).and_then(Value::as_str).ok_or_else(|| bad(format!("{key} must be a string")))
}

/// Nothing, or an empty object.
pub(super) fn nothing(body: &[u8]) -> Result<(), Refusal> {
    let empty = body.is_empty() || matches!(body, b"{}" | b"null");
    if empty { Ok(()) } else { Err(bad("no body is documented here")) }
}

/// A form with exactly these fields.
pub(super) fn form(
    headers: &HeaderMap,
    body: &[u8],
) -> Result<std::collections::BTreeMap<String, String>, Refusal> {
    if !has_type(headers, "application/x-www-form-urlencoded") {
        return Err(bad("the body must be application/x-www-form-urlencoded"));
    }
    Ok(url::form_urlencoded::parse(body).into_owned().collect())
}

/// Query parameters that only these operations know.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(query: &str, known: &[&str]) -> Result<Self, Refusal> {
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(bad(format!("the parameter {name} is not documented"))),
            None => Ok(Self(pairs)),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Lists come as `a,b` and as repeated parameters.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let given = self.0.iter().filter(|(n, _)| n == name);
        given.flat_map(|(_, value)| value.split(',').map(str::to_owned)).collect()
    }

    pub(super) fn number(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<usize>,
        usual: usize,
    ) -> Result<usize, Refusal> {
        let Some(given) = self.get(name) else { return Ok(usual) };
        given
            .parse()
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| bad(format!("{name} must be {} to {}", range.start(), range.end())))
    }
}
