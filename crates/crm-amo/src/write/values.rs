//! Custom fields, phones and tags in the form that amoCRM writes them in.

use crm::CrmError;
use domain::crm::FieldValue;
use serde_json::{Map, Value, json};

use super::parse;
use crate::wire::{EMAIL, PHONE};

/// Phones, e-mails and the company's own fields; nothing where there is nothing.
pub(super) fn custom_fields(
    phones: &[String],
    emails: &[String],
    fields: &[FieldValue],
) -> Result<Option<Value>, CrmError> {
    let mut values: Vec<Value> = [(PHONE, phones), (EMAIL, emails)]
        .into_iter()
        .filter(|(_, texts)| !texts.is_empty())
        .map(|(code, texts)| multitext(code, texts.iter().map(|text| work(text)).collect()))
        .collect();
    for field in fields {
        values.push(json!({ "field_id": parse(&field.field)?, "values": list(&field.value) }));
    }
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

/// A field of phones or e-mails, by its code: its id differs between accounts.
pub(super) fn multitext(code: &str, values: Vec<Value>) -> Value {
    json!({ "field_code": code, "values": values })
}

/// A phone or an e-mail under the label that both have.
pub(super) fn work(text: &str) -> Value {
    json!({ "value": text, "enum_code": "WORK" })
}

/// The content of `values`; a value on its own is a list of one.
fn list(value: &Value) -> Value {
    match value {
        Value::Array(_) => value.clone(),
        Value::Object(_) => json!([value]),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            json!([{ "value": value }])
        }
    }
}

/// Tags by name; amoCRM makes those it does not know.
pub(super) fn tags(names: &[String]) -> Option<Value> {
    let tags: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    (!tags.is_empty()).then_some(Value::Array(tags))
}

/// An object of what there is.
pub(super) fn object<const N: usize>(parts: [(&str, Option<Value>); N]) -> Value {
    let parts = parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(parts.collect::<Map<_, _>>())
}
