//! Contacts. Source: <https://www.amocrm.ru/developers/content/crm_platform/contacts-api>.

use crm::CrmError;
use domain::crm::{ContactDraft, CrmField, CrmId, Effect, Entity, FieldKind, FieldValue};
use net::http::Method;
use serde_json::{Value, json};

use super::{
    merge::{merged, same_form},
    parse, patch,
    save::{Save, save},
    values::{custom_fields, multitext, object, tags, work},
};
use crate::{
    api::{Api, unreadable},
    find::there,
    wire::{Contact, EMAIL, Id, PHONE, Page},
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
    /// Other fields of many values, messengers for instance.
    lists: Vec<FieldValue>,
    fields: Vec<FieldValue>,
}

impl Person {
    pub(super) fn of(
        api: &Api<'_>,
        phones: &[String],
        emails: &[String],
        fields: &[FieldValue],
    ) -> Self {
        let mut person = Self {
            phones: phones.to_vec(),
            emails: emails.to_vec(),
            lists: Vec::new(),
            fields: Vec::new(),
        };
        for field in fields {
            let known = api.caller.directory.field(Entity::Contact, &field.field);
            match known.and_then(|known| known.code.as_deref()) {
                Some(PHONE) => join(&mut person.phones, PHONE, &field.value),
                Some(EMAIL) => join(&mut person.emails, EMAIL, &field.value),
                _ if known.is_some_and(has_many) => person.lists.push(field.clone()),
                _ => person.fields.push(field.clone()),
            }
        }
        person
    }

    pub(super) fn values(&self) -> Result<Option<Value>, CrmError> {
        let fields: Vec<FieldValue> = self.lists.iter().chain(&self.fields).cloned().collect();
        custom_fields(&self.phones, &self.emails, &fields)
    }

    fn has_lists(&self) -> bool {
        !(self.phones.is_empty() && self.emails.is_empty() && self.lists.is_empty())
    }
}

fn has_many(field: &CrmField) -> bool {
    field.kind == FieldKind::Multitext
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
    if additions.with_plus_7 || person.has_lists() {
        let known: Option<Contact> = there(api.get(&path, &[]).await)?;
        let Some(known) = known.filter(|known| !known.is_deleted) else {
            return Ok(Effect { target_gone: true, ..Effect::default() });
        };
        fields.extend(missing(&known, &person, additions.with_plus_7)?);
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

/// The fields of many values that have something new, whole.
fn missing(known: &Contact, person: &Person, with_plus_7: bool) -> Result<Vec<Value>, CrmError> {
    let mut fields = Vec::new();
    let texts = |texts: &[String]| texts.iter().map(|text| work(text)).collect::<Vec<_>>();
    for (code, new, with_plus_7) in
        [(PHONE, texts(&person.phones), with_plus_7), (EMAIL, texts(&person.emails), false)]
    {
        let values = merged(known.field(code), code, new, with_plus_7);
        fields.extend(values.map(|values| multitext(code, values)));
    }
    for FieldValue { field, value } in &person.lists {
        let id = parse(field)?;
        let new = value.as_array().cloned().unwrap_or_default();
        let values = merged(known.field_of(id), "", new, false);
        fields.extend(values.map(|values| json!({ "field_id": id, "values": values })));
    }
    Ok(fields)
}
