//! Fields of many values: a write replaces all of them, so the known ones are written with the new ones
//! behind. Pure.

use serde_json::{Value, json};

use super::values::object;
use crate::{
    same,
    wire::{EMAIL, FieldValues, PHONE},
};

/// All values of a field with the new ones behind; `None`: there is nothing new.
pub(super) fn merged(
    known: Option<&FieldValues>,
    code: &str,
    new: Vec<Value>,
    with_plus_7: bool,
) -> Option<Vec<Value>> {
    let known = known.map(|field| field.values.as_slice()).unwrap_or_default();
    let mut changed = false;
    let mut values: Vec<Value> = Vec::new();
    let mut there: Vec<String> = Vec::new();
    for value in known {
        let text = value.text();
        let same = same_form(code, &text);
        let written = if with_plus_7 && text.trim().starts_with('8') && same.starts_with("+7") {
            changed = true;
            same.clone()
        } else {
            text
        };
        there.push(same);
        let label = value.enum_code.as_ref().filter(|_| value.enum_id.is_none());
        values.push(object([
            ("value", Some(json!(written))),
            ("enum_id", value.enum_id.map(Value::from)),
            ("enum_code", label.map(|code| json!(code))),
        ]));
    }
    for value in new {
        let same = same_form(code, value.get("value").and_then(Value::as_str).unwrap_or_default());
        if !there.contains(&same) {
            values.push(value);
            there.push(same);
            changed = true;
        }
    }
    changed.then_some(values)
}

/// By what two values of a field are the same.
pub(super) fn same_form(code: &str, text: &str) -> String {
    match code {
        PHONE => same::phone(text),
        EMAIL => same::email(text),
        _ => text.trim().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::values::work, *};
    use crate::wire::Contact;

    fn contact(phones: Value) -> Contact {
        let field = json!({ "field_id": 3, "field_code": "PHONE", "values": phones });
        serde_json::from_value(json!({ "id": 1, "custom_fields_values": [field] }))
            .expect("a contact")
    }

    fn phones(known: &Contact, new: &[&str], with_plus_7: bool) -> Option<Value> {
        let new = new.iter().map(|text| work(text)).collect();
        merged(known.field(PHONE), PHONE, new, with_plus_7).map(Value::Array)
    }

    /// CRM-1, «обновление данных контакта»: a write replaces all values, so all are sent.
    #[test]
    fn crm_1_a_new_phone_is_added_and_the_known_ones_stay() {
        let known = contact(json!([{ "value": "+74951112233", "enum_id": 7, "enum_code": "MOB" }]));
        assert_eq!(
            phones(&known, &["+79161234567"], false),
            Some(json!([
                { "value": "+74951112233", "enum_id": 7 },
                { "value": "+79161234567", "enum_code": "WORK" },
            ]))
        );
    }

    #[test]
    fn crm_1_a_phone_that_is_there_in_another_spelling_is_not_written() {
        let known = contact(json!([{ "value": "8 (916) 123-45-67", "enum_code": "WORK" }]));
        assert_eq!(phones(&known, &["+79161234567"], false), None);
        assert_eq!(merged(known.field(EMAIL), EMAIL, Vec::new(), false), None);
    }

    /// AMO-8: a field of messengers may be mapped, and has several values too.
    #[test]
    fn amo_8_a_messenger_is_added_to_those_that_are_there() {
        let field = json!({ "field_id": 9, "values": [
            { "value": "@anna", "enum_id": 4, "enum_code": "TELEGRAM" },
        ]});
        let known = json!({ "id": 1, "custom_fields_values": [field] });
        let known: Contact = serde_json::from_value(known).expect("a contact");
        let added = |text: &str| {
            let new = json!({ "value": text, "enum_code": "OTHER" });
            merged(known.field_of(9), "", vec![new], false).map(Value::Array)
        };
        assert_eq!(
            added("anna_1"),
            Some(json!([
                { "value": "@anna", "enum_id": 4 },
                { "value": "anna_1", "enum_code": "OTHER" },
            ]))
        );
        assert_eq!(added("@Anna"), None);
    }

    #[test]
    fn wa_6_numbers_beginning_with_8_are_written_with_plus_7() {
        let known = contact(json!([
            { "value": "89161234567", "enum_code": "WORK" },
            { "value": "810 555", "enum_code": "HOME" },
        ]));
        assert_eq!(
            phones(&known, &[], true),
            Some(json!([
                { "value": "+79161234567", "enum_code": "WORK" },
                { "value": "810 555", "enum_code": "HOME" },
            ]))
        );
        let known = contact(json!([{ "value": "+79161234567", "enum_code": "WORK" }]));
        assert_eq!(phones(&known, &[], true), None);
    }
}
