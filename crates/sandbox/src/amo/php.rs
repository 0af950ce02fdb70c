//! Names in PHP's brackets: read from queries, written into webhooks.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde_json::Value;
use url::form_urlencoded;

/// `filter[id][]=1&filter[created_at][from]=2`, in the order they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
    /// As it was sent, for the links of the answer.
    pub raw: String,
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::read(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    pub(super) fn read(raw: &str) -> Self {
        let pairs = form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
        Self { pairs, raw: raw.to_owned() }
    }

    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.one(name)?.parse().ok()
    }

    /// `name`, `name[]` and `name[0]` alike.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let listed = |key: &str| {
            key.strip_prefix(name).is_some_and(|rest| {
                let inner = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                rest.is_empty()
                    || inner.is_some_and(|inner| inner.bytes().all(|b| b.is_ascii_digit()))
            })
        };
        let of_name = self.pairs.iter().filter(|(key, _)| listed(key));
        of_name.map(|(_, value)| value.as_str()).collect()
    }

    pub(super) fn integers(&self, name: &str) -> Vec<i64> {
        self.all(name).iter().filter_map(|value| value.parse().ok()).collect()
    }

    pub(super) fn has(&self, prefix: &str) -> bool {
        self.pairs.iter().any(|(key, _)| key.starts_with(prefix))
    }

    /// `(first bracket, second bracket, value)` of `name[a][b]=value`.
    pub(super) fn nested(&self, name: &str) -> Vec<(&str, &str, &str)> {
        let split = |key: &'_ str| -> Option<(usize, usize, usize)> {
            let rest = key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
            let middle = rest.find("][")?;
            Some((name.len() + 1, middle, rest.len()))
        };
        self.pairs
            .iter()
            .filter_map(|(key, value)| {
                let (start, middle, length) = split(key)?;
                let first = key.get(start..start + middle)?;
                let second = key.get(start + middle + 2..start + length)?;
                Some((first, second, value.as_str()))
            })
            .collect()
    }

    /// `with=a,b`.
    pub(super) fn with(&self, what: &str) -> bool {
        let named = self.all("with");
        named.iter().any(|list| list.split(',').any(|name| name.trim() == what))
    }
}

/// A body of brackets, in which everything is text and nothing is `null`.
pub(super) fn form(body: &Value) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    write(&mut form, String::new(), body);
    form.finish()
}

fn write(form: &mut form_urlencoded::Serializer<'_, String>, name: String, value: &Value) {
    let inside = |key: &str| {
        if name.is_empty() { key.to_owned() } else { format!("{name}[{key}]") }
    };
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| write(form, inside(key), value));
        }
        Value::Array(list) => {
            let numbered = list.iter().enumerate();
            numbered.for_each(|(at, value)| write(form, inside(&at.to_string()), value));
        }
        Value::Null => {
            form.append_pair(&name, "");
        }
        Value::Bool(yes) => {
            form.append_pair(&name, if *yes { "1" } else { "0" });
        }
        Value::String(text) => {
            form.append_pair(&name, text);
        }
        Value::Number(number) => {
            form.append_pair(&name, &number.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amo_sim_8_brackets_are_written_and_read() {
        let body = json!({"leads": {"status": [{"id": 1, "values": ["a", {"enum": 2}]}]}});
        let form = form(&body);
        let query = Query::read(&form);
        assert_eq!(query.one("leads[status][0][values][1][enum]"), Some("2"));
        assert_eq!(query.one("leads[status][0][values][0]"), Some("a"));
        let query = Query::read("filter[id][]=1&filter[id][1]=2&filter[statuses][0][status_id]=7");
        assert_eq!(query.integers("filter[id]"), [1, 2]);
        assert_eq!(query.nested("filter[statuses]"), [("0", "status_id", "7")]);
    }
}
