//! Strict reading of what is written: every wrong name, type and choice is found, and one finding
//! refuses the whole batch.

use serde_json::{Map, Value};

use super::answer::{Finding, Refusal};

pub(super) const BATCH: usize = 250;

/// The items of a batch; a body that is no list of objects is refused as a whole.
pub(super) fn items(body: &[u8], most: usize) -> Result<Vec<Map<String, Value>>, Refusal> {
    let wrong = |detail: &str| Refusal::new(400, detail);
    let body: Value =
        serde_json::from_slice(body).map_err(|_| wrong("Request body is not valid JSON"))?;
    let Value::Array(list) = body else {
        return Err(wrong("Request body should be an array"));
    };
    if list.is_empty() || list.len() > most {
        return Err(wrong(&format!("Request should hold from 1 to {most} items")));
    }
    let objects = list.into_iter().map(|item| match item {
        Value::Object(item) => Ok(item),
        _ => Err(wrong("Each item should be an object")),
    });
    objects.collect()
}

pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(item)) => Ok(item),
        Ok(_) => Err(Refusal::new(400, "Request body should be an object")),
        Err(_) => Err(Refusal::new(400, "Request body is not valid JSON")),
    }
}

/// Findings of a whole batch.
#[derive(Debug, Default)]
pub(super) struct Batch(Vec<(String, Vec<Finding>)>);

impl Batch {
    pub(super) fn add(&mut self, request_id: &str, findings: Vec<Finding>) {
        if !findings.is_empty() {
            self.0.push((request_id.to_owned(), findings));
        }
    }

    pub(super) fn verdict(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.0)) }
    }
}

/// The one sent, else the place in the batch.
pub(super) fn request_id(item: &Map<String, Value>, at: usize) -> String {
    match item.get("request_id") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => at.to_string(),
    }
}

pub(super) const CHOICE: &str = "NotSupportedChoice";

/// Findings of one item, or of a part of it.
#[derive(Debug, Default)]
pub(super) struct Check {
    pub findings: Vec<Finding>,
    prefix: String,
}

impl Check {
    pub(super) fn within(prefix: &str) -> Self {
        Self { findings: Vec::new(), prefix: prefix.to_owned() }
    }

    /// Of a request about one thing.
    pub(super) fn verdict(self) -> Result<(), Refusal> {
        let mut batch = Batch::default();
        batch.add("0", self.findings);
        batch.verdict()
    }

    pub(super) fn find(&mut self, code: &'static str, path: &str, detail: &str) {
        let path = format!("{}{path}", self.prefix);
        self.findings.push(Finding { code, path, detail: detail.to_owned() });
    }

    pub(super) fn no_choice(&mut self, path: &str) {
        self.find(CHOICE, path, "The value you selected is not a valid choice.");
    }

    pub(super) fn missing(&mut self, path: &str) {
        self.find("FieldMissing", path, "This field is missing.");
    }

    pub(super) fn wrong_type(&mut self, path: &str, wanted: &str) {
        self.find("InvalidType", path, &format!("This value should be of type {wanted}."));
    }

    pub(super) fn text(&mut self, item: &Map<String, Value>, name: &str) -> Option<String> {
        match item.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.wrong_type(name, "string");
                None
            }
        }
    }

    pub(super) fn integer(&mut self, item: &Map<String, Value>, name: &str) -> Option<i64> {
        match item.get(name) {
            None | Some(Value::Null) => None,
            Some(value) => {
                let whole = value.as_i64();
                if whole.is_none() {
                    self.wrong_type(name, "int");
                }
                whole
            }
        }
    }

    pub(super) fn boolean(&mut self, item: &Map<String, Value>, name: &str) -> Option<bool> {
        match item.get(name) {
            None | Some(Value::Null) => None,
            Some(value) => {
                let yes = value.as_bool();
                if yes.is_none() {
                    self.wrong_type(name, "bool");
                }
                yes
            }
        }
    }

    pub(super) fn object<'v>(
        &mut self,
        item: &'v Map<String, Value>,
        name: &str,
    ) -> Option<&'v Map<String, Value>> {
        match item.get(name) {
            None | Some(Value::Null) => None,
            Some(value) => {
                let object = value.as_object();
                if object.is_none() {
                    self.wrong_type(name, "object");
                }
                object
            }
        }
    }

    pub(super) fn list<'v>(&mut self, item: &'v Map<String, Value>, name: &str) -> &'v [Value] {
        match item.get(name) {
            None | Some(Value::Null) => &[],
            Some(value) => {
                let list = value.as_array();
                if list.is_none() {
                    self.wrong_type(name, "array");
                }
                list.map_or(&[], Vec::as_slice)
            }
        }
    }

    /// Text that must be there and not be blank.
    pub(super) fn filled(&mut self, item: &Map<String, Value>, name: &str) -> Option<String> {
        let found = self.findings.len();
        let text = self.text(item, name);
        if self.findings.len() > found {
            return None;
        }
        match text {
            None => {
                self.missing(name);
                None
            }
            Some(text) if text.trim().is_empty() => {
                self.find("NotBlank", name, "This value should not be blank.");
                None
            }
            text => text,
        }
    }

    pub(super) fn given_integer(&mut self, item: &Map<String, Value>, name: &str) -> Option<i64> {
        if item.get(name).is_none_or(Value::is_null) {
            self.missing(name);
            return None;
        }
        self.integer(item, name)
    }
}
