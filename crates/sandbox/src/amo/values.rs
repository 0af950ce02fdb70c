//! `custom_fields_values`: which values a field of each type takes, and how they are answered.

use serde_json::{Map, Value, json};

use super::{
    check::Check,
    world::{AccountState, Field, FieldEnum, FieldValue, Kind, Values},
};

/// Values of one entity as a request names them; findings go to `check`.
pub(super) fn read(
    account: &AccountState,
    check: &mut Check,
    item: &Map<String, Value>,
    kind: Kind,
) -> Values {
    let mut values = Values::new();
    for (at, entry) in check.list(item, "custom_fields_values").iter().enumerate() {
        let path = format!("custom_fields_values.{at}");
        let Some(entry) = entry.as_object() else {
            check.wrong_type(&path, "object");
            continue;
        };
        let Some(field) = field_of(account, check, entry, &path, kind) else { continue };
        match entry.get("values") {
            // Nothing clears the field.
            Some(Value::Null) => {
                values.insert(field.id, Vec::new());
            }
            Some(Value::Array(list)) => {
                let read = list.iter().enumerate().filter_map(|(n, value)| {
                    one(field, check, value, &format!("{path}.values.{n}"))
                });
                let read: Vec<FieldValue> = read.collect();
                if read.len() > 1 && !takes_many(&field.field_type) {
                    check.find("TooMuch", &format!("{path}.values"), "Only one value is allowed.");
                }
                values.insert(field.id, read);
            }
            Some(_) => check.wrong_type(&format!("{path}.values"), "array"),
            None => check.missing(&format!("{path}.values")),
        }
    }
    values
}

fn field_of<'a>(
    account: &'a AccountState,
    check: &mut Check,
    entry: &Map<String, Value>,
    path: &str,
    kind: Kind,
) -> Option<&'a Field> {
    match (entry.get("field_id"), entry.get("field_code")) {
        (Some(Value::Number(id)), _) => {
            let of_kind = |field: &&Field| field.kind == kind;
            let found = id.as_i64().and_then(|id| account.fields.get(&id)).filter(of_kind);
            if found.is_none() {
                check.no_choice(&format!("{path}.field_id"));
            }
            found
        }
        (Some(id), _) if !id.is_null() => {
            check.wrong_type(&format!("{path}.field_id"), "int");
            None
        }
        (_, Some(Value::String(code))) => {
            let found = account.field_by_code(kind, code);
            if found.is_none() {
                check.no_choice(&format!("{path}.field_code"));
            }
            found
        }
        _ => {
            check.missing(&format!("{path}.field_id"));
            None
        }
    }
}

fn takes_many(field_type: &str) -> bool {
    matches!(field_type, "multiselect" | "multitext" | "smart_address" | "file" | "chained_list")
}

fn one(field: &Field, check: &mut Check, entry: &Value, path: &str) -> Option<FieldValue> {
    let Some(entry) = entry.as_object() else {
        check.wrong_type(path, "object");
        return None;
    };
    let value = entry.get("value").cloned().unwrap_or(Value::Null);
    let at = format!("{path}.value");
    let plain = |value: Value| Some(FieldValue { value, enum_id: None, enum_code: None });
    let empty = value.is_null() || value.as_str().is_some_and(str::is_empty);
    match field.field_type.as_str() {
        "select" | "radiobutton" | "multiselect" => {
            let chosen = chosen(field, check, entry, path)?;
            let code = None;
            Some(FieldValue {
                value: json!(chosen.value),
                enum_id: Some(chosen.id),
                enum_code: code,
            })
        }
        _ if empty => None,
        "multitext" | "smart_address" => {
            if !value.is_string() {
                check.wrong_type(&at, "string");
                return None;
            }
            let named = entry.contains_key("enum_id") || entry.contains_key("enum_code");
            let chosen =
                if named { chosen(field, check, entry, path)? } else { field.enums.first()? };
            let code = Some(chosen.value.clone());
            Some(FieldValue { value, enum_id: Some(chosen.id), enum_code: code })
        }
        "checkbox" => match value {
            Value::Bool(_) => plain(value),
            _ => {
                check.wrong_type(&at, "bool");
                None
            }
        },
        "numeric" | "monetary" | "price" => {
            let number = match &value {
                Value::Number(number) => Some(number.to_string()),
                Value::String(text) => text.trim().parse::<f64>().ok().map(|_| text.clone()),
                _ => None,
            };
            match number {
                // They come back as text.
                Some(number) => plain(json!(number.trim())),
                None => {
                    check.wrong_type(&at, "numeric");
                    None
                }
            }
        }
        "date" | "date_time" | "birthday" => match &value {
            Value::Number(number) if number.is_i64() => plain(value),
            Value::String(text) if dated(text) => plain(value),
            _ => {
                check.find("InvalidType", &at, "This value is not a valid date.");
                None
            }
        },
        "file" | "chained_list" | "legal_entity" | "items" | "payer" | "supplier" => plain(value),
        _ => {
            if !value.is_string() {
                check.wrong_type(&at, "string");
                return None;
            }
            plain(value)
        }
    }
}

/// Unix seconds as text, or `2026-11-22T10:00:00+03:00`.
fn dated(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let day = text.get(..10).map(str::as_bytes);
    let rfc = day.is_some_and(|day| {
        day.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    });
    digits || rfc
}

fn chosen<'f>(
    field: &'f Field,
    check: &mut Check,
    entry: &Map<String, Value>,
    path: &str,
) -> Option<&'f FieldEnum> {
    let by_value = |text: &str| field.enums.iter().find(|choice| choice.value == text);
    let given = |name: &str| entry.get(name).filter(|value| !value.is_null());
    let (name, found) = if let Some(id) = given("enum_id") {
        ("enum_id", field.enums.iter().find(|choice| id.as_i64() == Some(choice.id)))
    } else if let Some(code) = given("enum_code") {
        ("enum_code", code.as_str().and_then(by_value))
    } else {
        ("value", given("value").and_then(Value::as_str).and_then(by_value))
    };
    if found.is_none() {
        check.no_choice(&format!("{path}.{name}"));
    }
    found
}

impl AccountState {
    pub(super) fn field_by_code(&self, kind: Kind, code: &str) -> Option<&Field> {
        self.fields.values().find(|f| f.kind == kind && f.code.as_deref() == Some(code))
    }

    /// Texts of one field, which is named by its code.
    pub(super) fn texts(&self, values: &Values, kind: Kind, code: &str) -> Vec<String> {
        let field = self.field_by_code(kind, code);
        let of_field = field.and_then(|field| values.get(&field.id));
        of_field
            .into_iter()
            .flatten()
            .filter_map(|value| value.value.as_str().map(str::to_owned))
            .collect()
    }

    /// As `custom_fields_values` of an answer; `null` without any.
    pub(super) fn values_json(&self, values: &Values) -> Value {
        let filled = values.iter().filter(|(_, values)| !values.is_empty());
        let shown: Vec<Value> = filled
            .filter_map(|(id, values)| {
                let field = self.fields.get(id)?;
                Some(json!({
                    "field_id": field.id, "field_name": field.name, "field_code": field.code,
                    "field_type": field.field_type, "values": values,
                }))
            })
            .collect();
        if shown.is_empty() { Value::Null } else { Value::Array(shown) }
    }
}

/// Digits of a phone in the one form that all spellings of a Russian number share.
pub(super) fn same_phone(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let tail = digits.len().checked_sub(10).and_then(|from| digits.get(from..));
    match tail {
        Some(tail) if digits.len() <= 11 => tail.to_owned(),
        _ => digits,
    }
}
