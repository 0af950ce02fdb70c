//! Whether a request is one that amoCRM documents: its method and path, the names of its query, and
//! every field of its body with its type. The schemas in `tests/schema` are our own notation of the
//! documentation's tables.
//!
//! A type is `int`, `string`, `bool`, `any`, a choice (`=a|b`), a name that is defined elsewhere
//! (`@tag`), a list of one type, or an object; a field may be absent when its name ends with `?`.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

const FILES: [&str; 10] = [
    include_str!("../schema/common.json"),
    include_str!("../schema/oauth.json"),
    include_str!("../schema/account.json"),
    include_str!("../schema/contacts.json"),
    include_str!("../schema/leads.json"),
    include_str!("../schema/unsorted.json"),
    include_str!("../schema/tasks.json"),
    include_str!("../schema/notes.json"),
    include_str!("../schema/webhooks.json"),
    include_str!("../schema/files.json"),
];

static BOOK: LazyLock<Book> = LazyLock::new(Book::read);

struct Book {
    types: BTreeMap<String, Value>,
    requests: Vec<Known>,
}

struct Known {
    method: String,
    path: Vec<String>,
    query: BTreeMap<String, Value>,
    body: Option<Value>,
    bytes: bool,
}

/// A request as it came over the wire, without what names the account.
pub struct Sent<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub body: &'a [u8],
}

/// What is wrong with a request; nothing, if it is as documented.
pub fn violations(sent: &Sent<'_>) -> Vec<String> {
    let name = format!("{} {}", sent.method, sent.path);
    let Some(known) = BOOK.requests.iter().find(|known| known.is(sent)) else {
        return vec![format!("{name}: no such request is documented")];
    };
    let mut found = Vec::new();
    for (key, value) in url::form_urlencoded::parse(sent.query.as_bytes()) {
        match known.query.get(key.as_ref()) {
            None => found.push(format!("{name}?{key}: unknown")),
            Some(kind) => {
                let number = value.parse::<i64>().map(Value::from);
                let value = number.unwrap_or_else(|_| Value::String(value.into_owned()));
                // A query knows no types: a number may be meant as a text.
                let as_text = Value::String(value.to_string());
                let fits = |value: &Value| {
                    let mut wrong = Vec::new();
                    check(kind, value, "", &mut wrong);
                    wrong.is_empty()
                };
                if !fits(&value) && !fits(&as_text) {
                    found.push(format!("{name}?{key}: of another type"));
                }
            }
        }
    }
    match (&known.body, known.bytes) {
        (_, true) => {}
        (None, false) if sent.body.is_empty() => {}
        (None, false) => found.push(format!("{name}: a body where none is documented")),
        (Some(kind), false) => match serde_json::from_slice(sent.body) {
            Ok(body) => check(kind, &body, &name, &mut found),
            Err(error) => found.push(format!("{name}: {error}")),
        },
    }
    found
}

impl Book {
    fn read() -> Self {
        let mut book = Self { types: BTreeMap::new(), requests: Vec::new() };
        for text in FILES {
            let file: Value = serde_json::from_str(text).expect("a schema is JSON");
            for (name, kind) in file["define"].as_object().into_iter().flatten() {
                book.types.insert(name.clone(), kind.clone());
            }
            for request in file["requests"].as_array().into_iter().flatten() {
                let call = request["call"].as_str().expect("a call has a name");
                let (method, path) = call.split_once(' ').expect("method and path");
                let query = request["query"].as_object().into_iter().flatten();
                book.requests.push(Known {
                    method: method.to_owned(),
                    path: parts(path),
                    query: query.map(|(name, kind)| (name.clone(), kind.clone())).collect(),
                    body: request.get("body").cloned(),
                    bytes: request["bytes"] == true,
                });
            }
        }
        book
    }
}

fn parts(path: &str) -> Vec<String> {
    path.trim_matches('/').split('/').map(str::to_owned).collect()
}

impl Known {
    fn is(&self, sent: &Sent<'_>) -> bool {
        let path = parts(sent.path);
        let fits = |(known, part): (&String, &String)| match known.as_str() {
            "{id}" => part.parse::<i64>().is_ok(),
            // `leads/unsorted` is no contact's number and `unsorted/forms` no uid.
            "{uid}" => part.len() > 10,
            "{token}" => !part.is_empty(),
            "{section}" => ["leads", "contacts", "companies"].contains(&part.as_str()),
            known => known == part,
        };
        self.method == sent.method
            && self.path.len() == path.len()
            && self.path.iter().zip(&path).all(fits)
    }
}

fn check(kind: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let mut expect = |fits: bool| {
        if !fits {
            found.push(format!("{at}: {kind} is wanted, not {value}"));
        }
    };
    match kind {
        Value::String(name) => match name.as_str() {
            "any" => {}
            "int" => expect(value.is_i64()),
            "bool" => expect(value.is_boolean()),
            "string" => expect(value.is_string()),
            name => match (name.strip_prefix('='), name.strip_prefix('@')) {
                (Some(choices), _) => {
                    expect(
                        value.as_str().is_some_and(|text| choices.split('|').any(|c| c == text)),
                    );
                }
                (_, Some(defined)) => {
                    let kind = BOOK.types.get(defined).expect("a type that is defined");
                    check(kind, value, at, found);
                }
                (None, None) => panic!("{name} is no type"),
            },
        },
        Value::Array(of) => match (of.first(), value.as_array()) {
            (Some(kind), Some(items)) if !items.is_empty() => {
                for (n, item) in items.iter().enumerate() {
                    check(kind, item, &format!("{at}.{n}"), found);
                }
            }
            _ => found.push(format!("{at}: a list of something is wanted, not {value}")),
        },
        Value::Object(fields) => match value.as_object() {
            Some(values) => {
                for (name, kind) in fields {
                    let (name, required) = match name.strip_suffix('?') {
                        Some(name) => (name, false),
                        None => (name.as_str(), true),
                    };
                    match values.get(name) {
                        Some(value) => check(kind, value, &format!("{at}.{name}"), found),
                        None if required => found.push(format!("{at}.{name}: is missing")),
                        None => {}
                    }
                }
                for name in values.keys() {
                    if !fields.contains_key(name) && !fields.contains_key(&format!("{name}?")) {
                        found.push(format!("{at}.{name}: unknown"));
                    }
                }
            }
            None => found.push(format!("{at}: an object is wanted, not {value}")),
        },
        _ => panic!("{kind} is no type"),
    }
}

/// The checker itself: a schema that lets everything through proves nothing.
mod tests {
    use super::*;

    fn wrong(method: &str, path: &str, query: &str, body: &str) -> Vec<String> {
        violations(&Sent { method, path, query, body: body.as_bytes() })
    }

    #[test]
    fn a_documented_request_passes() {
        let body = r#"[{"name":"A","custom_fields_values":[{"field_id":1,"values":[{"value":"x"}]}],
            "tags_to_add":[{"name":"t"}],"request_id":"0"}]"#;
        assert_eq!(wrong("POST", "/api/v4/contacts", "", body), [""; 0]);
        assert_eq!(wrong("GET", "/api/v4/contacts", "query=9161234567&limit=250", ""), [""; 0]);
        assert_eq!(wrong("GET", "/api/v4/leads", "filter%5Bid%5D%5B%5D=5", ""), [""; 0]);
    }

    #[test]
    fn unknown_fields_wrong_types_and_missing_fields_are_found() {
        for (method, path, query, body) in [
            ("POST", "/api/v4/contacts", "", r#"[{"nme":"A"}]"#),
            ("POST", "/api/v4/contacts", "", r#"[{"name":5}]"#),
            ("POST", "/api/v4/contacts", "", r#"{"name":"A"}"#),
            ("POST", "/api/v4/contacts", "", "[]"),
            ("POST", "/api/v4/leads", "", r#"[{"price":"10"}]"#),
            ("POST", "/api/v4/leads", "", r#"[{"custom_fields_values":[{"field_id":1}]}]"#),
            ("PATCH", "/api/v4/leads/5", "", r#"{"_embedded":{"tags":[]}}"#),
            ("POST", "/api/v4/tasks", "", r#"[{"text":"A"}]"#),
            ("POST", "/api/v4/leads/5/notes", "", r#"[{"note_type":"odd","params":{}}]"#),
            ("GET", "/api/v4/contacts", "serach=1", ""),
            ("GET", "/api/v4/contacts", "limit=many", ""),
            ("GET", "/api/v4/contacts", "", "{}"),
            ("GET", "/api/v4/contact", "", ""),
            ("PUT", "/api/v4/contacts", "", "[]"),
        ] {
            assert!(!wrong(method, path, query, body).is_empty(), "{method} {path}?{query} {body}");
        }
    }
}
