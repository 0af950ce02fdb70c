//! Contacts. Source: <https://www.amocrm.ru/developers/content/crm_platform/contacts-api>.

use crm::CrmError;
use domain::{
    crm::{ContactDraft, CrmId, Effect, Entity, FieldValue},
    phone::{self, Country},
};
use net::http::Method;
use serde_json::{Value, json};

use super::{
    parse, patch,
    save::{Save, save},
    values::{custom_fields, multitext, object, tags, work},
};
use crate::{
    api::{Api, unreadable},
    find::there,
    wire::{Contact, EMAIL, FieldValue as Known, Id, PHONE, Page},
};

pub(super) async fn create(api: &Api<'_>, draft: &ContactDraft) -> Result<Effect, CrmError> {
    let person = Person::of(api, &draft.phones, &draft.emails, &draft.fields);
    let item = object([
        ("name", Some(json!(draft.name))),
        ("created_at", Some(json!(draft.created_at.timestamp()))),
        (
            "responsible_user_id",
            draft.responsible.as_ref().map(parse).transpose()?.map(Value::from),
        ),
        ("custom_fields_values", person.values()?),
        ("tags_to_add", tags(&draft.tags)),
        ("request_id", Some(json!("0"))),
    ]);
    made(api, "contacts", "contacts", item, None).await
}

/// Phones, e-mails and the company's own fields of a person. A field that the company mapped may be the
/// phones' or the e-mails' own: its values join theirs, because two writes of one field would leave
/// only one of them.
pub(super) struct Person {
    phones: Vec<String>,
    emails: Vec<String>,
    fields: Vec<FieldValue>,
}

impl Person {
    pub(super) fn of(
        api: &Api<'_>,
        phones: &[String],
        emails: &[String],
        fields: &[FieldValue],
    ) -> Self {
        let mut person =
            Self { phones: phones.to_vec(), emails: emails.to_vec(), fields: Vec::new() };
        for field in fields {
            let known = api.caller.directory.field(Entity::Contact, &field.field);
            match known.and_then(|known| known.code.as_deref()) {
                Some(PHONE) => join(&mut person.phones, PHONE, &field.value),
                Some(EMAIL) => join(&mut person.emails, EMAIL, &field.value),
                _ => person.fields.push(field.clone()),
            }
        }
        person
    }

    pub(super) fn values(&self) -> Result<Option<Value>, CrmError> {
        custom_fields(&self.phones, &self.emails, &self.fields)
    }
}

/// The texts of a field's values that are not there yet.
fn join(texts: &mut Vec<String>, code: &str, values: &Value) {
    for value in values.as_array().into_iter().flatten() {
        let Some(text) = value.get("value").and_then(Value::as_str) else { continue };
        let same = same_form(code, text);
        if !texts.iter().any(|known| same_form(code, known) == same) {
            texts.push(text.to_owned());
        }
    }
}

/// The id of the one thing that a creation made.
pub(super) async fn made(
    api: &Api<'_>,
    path: &str,
    name: &str,
    item: Value,
    about: Option<String>,
) -> Result<Effect, CrmError> {
    let mut effect = Effect::default();
    let creation = Save { method: Method::POST, path, in_list: true, about };
    let Some(mut page) = save::<Page>(api, &creation, item, &mut effect).await? else {
        return Ok(effect);
    };
    let ids: Vec<Id> =
        page.take(name).map_err(|error| unreadable(&Method::POST, &error.to_string()))?;
    let id = ids.first().ok_or_else(|| unreadable(&Method::POST, "no id"))?;
    effect.id = Some(id.id.into());
    Ok(effect)
}

/// What a contact gets on top of what it has.
pub(super) struct Additions<'a> {
    pub(super) phones: &'a [String],
    pub(super) emails: &'a [String],
    /// Numbers beginning with 8 are written with +7 (WA-6).
    pub(super) with_plus_7: bool,
    pub(super) fields: &'a [FieldValue],
    pub(super) tags: &'a [String],
}

/// Phones and e-mails are read first, because a write replaces all of them. Names and whoever is
/// responsible are never sent back: what was read may be refused now.
pub(super) async fn update(
    api: &Api<'_>,
    contact: i64,
    additions: &Additions<'_>,
) -> Result<Effect, CrmError> {
    let path = format!("contacts/{contact}");
    let person = Person::of(api, additions.phones, additions.emails, additions.fields);
    let mut fields = match custom_fields(&[], &[], &person.fields)? {
        Some(Value::Array(fields)) => fields,
        _ => Vec::new(),
    };
    if additions.with_plus_7 || !person.phones.is_empty() || !person.emails.is_empty() {
        let known: Option<Contact> = there(api.get(&path, &[]).await)?;
        let Some(known) = known.filter(|known| !known.is_deleted) else {
            return Ok(Effect { target_gone: true, ..Effect::default() });
        };
        fields.extend(merged(&known, PHONE, &person.phones, additions.with_plus_7));
        fields.extend(merged(&known, EMAIL, &person.emails, false));
    }
    let item = object([
        ("custom_fields_values", (!fields.is_empty()).then_some(Value::Array(fields))),
        ("tags_to_add", tags(additions.tags)),
    ]);
    if item == json!({}) {
        return Ok(Effect { id: Some(CrmId::from(contact)), ..Effect::default() });
    }
    patch(api, &path, item).await
}

/// All values of a field with the new ones behind; `None`: there is nothing new.
fn merged(known: &Contact, code: &str, new: &[String], with_plus_7: bool) -> Option<Value> {
    let field = known.field(code);
    let known: &[Known] = field.map(|field| field.values.as_slice()).unwrap_or_default();
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
        values.push(object([
            ("value", Some(json!(written))),
            ("enum_id", value.enum_id.map(Value::from)),
            (
                "enum_code",
                value
                    .enum_code
                    .as_ref()
                    .filter(|_| value.enum_id.is_none())
                    .map(|code| json!(code)),
            ),
        ]));
    }
    for text in new {
        let same = same_form(code, text);
        if !there.contains(&same) {
            values.push(work(text));
            there.push(same);
            changed = true;
        }
    }
    changed.then(|| multitext(code, values))
}

/// One form for all spellings of a number or an address.
fn same_form(code: &str, text: &str) -> String {
    if code == EMAIL {
        return text.trim().to_lowercase();
    }
    match phone::normalise(text, Country::RU) {
        Some(number) => number.as_str().to_owned(),
        None => text.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(phones: Value) -> Contact {
        let field = json!({ "field_id": 3, "field_code": "PHONE", "values": phones });
        serde_json::from_value(json!({ "id": 1, "custom_fields_values": [field] }))
            .expect("a contact")
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    /// CRM-1, «обновление данных контакта»: a write replaces all values, so all are sent.
    #[test]
    fn crm_1_a_new_phone_is_added_and_the_known_ones_stay() {
        let known = contact(json!([{ "value": "+74951112233", "enum_id": 7, "enum_code": "MOB" }]));
        let merged = merged(&known, PHONE, &texts(&["+79161234567"]), false);
        assert_eq!(
            merged,
            Some(json!({ "field_code": "PHONE", "values": [
                { "value": "+74951112233", "enum_id": 7 },
                { "value": "+79161234567", "enum_code": "WORK" },
            ]}))
        );
    }

    #[test]
    fn crm_1_a_phone_that_is_there_in_another_spelling_is_not_written() {
        let known = contact(json!([{ "value": "8 (916) 123-45-67", "enum_code": "WORK" }]));
        assert_eq!(merged(&known, PHONE, &texts(&["+79161234567"]), false), None);
        assert_eq!(merged(&known, EMAIL, &[], false), None);
    }

    #[test]
    fn wa_6_numbers_beginning_with_8_are_written_with_plus_7() {
        let known = contact(json!([
            { "value": "89161234567", "enum_code": "WORK" },
            { "value": "810 555", "enum_code": "HOME" },
        ]));
        assert_eq!(
            merged(&known, PHONE, &[], true),
            Some(json!({ "field_code": "PHONE", "values": [
                { "value": "+79161234567", "enum_code": "WORK" },
                { "value": "810 555", "enum_code": "HOME" },
            ]}))
        );
        let known = contact(json!([{ "value": "+79161234567", "enum_code": "WORK" }]));
        assert_eq!(merged(&known, PHONE, &[], true), None);
    }
}
