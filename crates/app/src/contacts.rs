//! Contacts: looking at them, and changing by hand what is known of a person (CV-9).
//!
//! Every employee of the company who reads conversations may see every contact; whose conversations
//! they see is another matter (`domain::visibility`).

use domain::{
    email_address,
    event::{EventKind, NewEvent},
    ids::{ContactId, TagId},
    page::{Limit, Page},
    people::Right,
    phone::{self, Country},
    text::{Words, without_nul},
    view::ContactView,
};
use serde_json::{Map, Value, json};
use store::{ContactFilter, Given, NewContact, TenantTx};

use crate::{
    Actor, App, Error, Invalid, RequestKey, Result, contact_fields, cursor, fields::Check,
    idempotency,
};

/// Own fields of a contact: how many, how long a name, how much altogether.
const MOST_FIELDS: usize = 50;
const MOST_FIELD_NAME: usize = 100;
const MOST_FIELD_BYTES: usize = 16 * 1024;
/// Phones, and e-mails, of a form. Each is looked for among all contacts.
const MOST_ADDRESSES: usize = 50;

/// A contact made by hand.
#[derive(Debug, Default)]
pub struct ContactForm {
    pub name: String,
    pub phones: Vec<String>,
    pub emails: Vec<String>,
    pub fields: Map<String, Value>,
}

/// What to change; what is absent stays.
#[derive(Debug, Default)]
pub struct ContactChange {
    pub name: Option<String>,
    /// Values to set; null takes a field away.
    pub fields: Option<Map<String, Value>>,
}

impl App {
    /// Newest first, without those that were merged away.
    pub async fn contacts(
        &self,
        actor: &Actor,
        tag: Option<TagId>,
        cursor: Option<&str>,
        limit: Limit,
    ) -> Result<Page<ContactView>> {
        actor.require(Right::ReadConversations)?;
        let before = cursor::read(cursor)?.map(|(at, id)| (at, ContactId(id)));
        let mut tx = self.store.tenant(actor.account).await?;
        let rows = tx.list_contacts(&ContactFilter { tag, before }, limit.rows()).await?;
        Ok(Page::of_rows(rows, limit, |last| cursor::write(last.created_at, last.contact_id.0)))
    }

    /// One contact; one that was merged away says where to.
    pub async fn contact(&self, actor: &Actor, id: ContactId) -> Result<ContactView> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        tx.contact(id).await?.ok_or(NOT_FOUND)
    }

    pub async fn create_contact(
        &self,
        actor: &Actor,
        form: ContactForm,
        key: Option<&RequestKey>,
    ) -> Result<ContactView> {
        actor.require(Right::ManageContacts)?;
        let mut check = Check::default();
        let name = check.line("name", &form.name);
        check.add(check_fields(&form.fields));
        check.add(check_count("phones", form.phones.len()));
        check.add(check_count("emails", form.emails.len()));
        check.done()?;
        let id = ContactId::new(&*self.ids);
        let mut tx = self.store.tenant(actor.account).await?;
        if let Some(answer) = idempotency::answered(&mut tx, actor, key).await? {
            return Ok(answer);
        }
        let mut check = Check::default();
        contact_fields::check_values(&mut tx, &mut check, &form.fields).await?;
        check.done()?;
        let new = NewContact { name, fields: form.fields };
        tx.insert_contact(id, &new, self.clock.now()).await?;
        for (n, phone) in form.phones.iter().enumerate() {
            give_phone(&mut tx, id, &format!("phones[{n}]"), phone).await?;
        }
        for (n, email) in form.emails.iter().enumerate() {
            give_email(&mut tx, id, &format!("emails[{n}]"), email).await?;
        }
        let view = changed(&mut tx, id).await?;
        idempotency::remember(&mut tx, actor, key, &view).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// A name given by hand is not overwritten by services any more.
    pub async fn change_contact(
        &self,
        actor: &Actor,
        id: ContactId,
        change: ContactChange,
    ) -> Result<ContactView> {
        actor.require(Right::ManageContacts)?;
        let mut check = Check::default();
        let name = change.name.as_deref().map(|name| check.line("name", name));
        check.done()?;
        let mut tx = self.locked(actor, id).await?;
        if let Some(name) = name {
            tx.rename_contact(id, &name).await?;
        }
        if let Some(fields) = change.fields {
            let mut check = Check::default();
            contact_fields::check_values(&mut tx, &mut check, &fields).await?;
            let mut all = tx.contact(id).await?.ok_or(NOT_FOUND)?.fields;
            for (key, value) in fields {
                if value.is_null() {
                    all.remove(&key);
                } else {
                    all.insert(key, value);
                }
            }
            check.add(check_fields(&all));
            check.done()?;
            tx.set_contact_fields(id, &all).await?;
        }
        told(tx, id).await
    }

    /// Refused with the other contact's id when the phone is somebody else's: they may be one
    /// person, and a merge is offered.
    pub async fn add_contact_phone(
        &self,
        actor: &Actor,
        id: ContactId,
        phone: &str,
    ) -> Result<ContactView> {
        actor.require(Right::ManageContacts)?;
        let mut tx = self.locked(actor, id).await?;
        give_phone(&mut tx, id, "phone", phone).await?;
        told(tx, id).await
    }

    /// The same with an e-mail address.
    pub async fn add_contact_email(
        &self,
        actor: &Actor,
        id: ContactId,
        email: &str,
    ) -> Result<ContactView> {
        actor.require(Right::ManageContacts)?;
        let mut tx = self.locked(actor, id).await?;
        give_email(&mut tx, id, "email", email).await?;
        told(tx, id).await
    }

    pub async fn remove_contact_phone(
        &self,
        actor: &Actor,
        id: ContactId,
        phone: &str,
    ) -> Result<ContactView> {
        actor.require(Right::ManageContacts)?;
        let mut tx = self.locked(actor, id).await?;
        let country = country(&mut tx).await?;
        let phone = phone::normalise(phone, country)
            .map_or_else(|| without_nul(phone).into_owned(), String::from);
        if !tx.remove_contact_phone(id, &phone).await? {
            return Err(Error::NotFound { what: "phone" });
        }
        told(tx, id).await
    }

    pub async fn remove_contact_email(
        &self,
        actor: &Actor,
        id: ContactId,
        email: &str,
    ) -> Result<ContactView> {
        actor.require(Right::ManageContacts)?;
        let mut tx = self.locked(actor, id).await?;
        let email = email_address::normalise(email)
            .map_or_else(|| without_nul(email).into_owned(), String::from);
        if !tx.remove_contact_email(id, &email).await? {
            return Err(Error::NotFound { what: "email" });
        }
        told(tx, id).await
    }

    pub async fn tag_contact(
        &self,
        actor: &Actor,
        id: ContactId,
        tag: TagId,
    ) -> Result<ContactView> {
        actor.require(Right::ManageContacts)?;
        let mut tx = self.locked(actor, id).await?;
        if !tx.tag_exists(tag).await? {
            return Err(Error::NotFound { what: "tag" });
        }
        tx.tag_contact(id, tag).await?;
        told(tx, id).await
    }

    pub async fn untag_contact(
        &self,
        actor: &Actor,
        id: ContactId,
        tag: TagId,
    ) -> Result<ContactView> {
        actor.require(Right::ManageContacts)?;
        let mut tx = self.locked(actor, id).await?;
        tx.untag_contact(id, tag).await?;
        told(tx, id).await
    }

    async fn locked(&self, actor: &Actor, id: ContactId) -> Result<TenantTx> {
        let mut tx = self.store.tenant(actor.account).await?;
        tx.lock_contact(id).await?.ok_or(NOT_FOUND)?;
        Ok(tx)
    }
}

pub(crate) const NOT_FOUND: Error = Error::NotFound { what: "contact" };

/// Reads the contact as it is now and tells every client.
pub(crate) async fn changed(tx: &mut TenantTx, id: ContactId) -> Result<ContactView> {
    let view = tx.contact(id).await?.ok_or(NOT_FOUND)?;
    tx.append(NewEvent {
        kind: EventKind::ContactChanged,
        conversation: None,
        audience: None,
        was: None,
        payload: json!({ "contact": view }),
    });
    Ok(view)
}

/// The same as the last of a change.
async fn told(mut tx: TenantTx, id: ContactId) -> Result<ContactView> {
    let view = changed(&mut tx, id).await?;
    tx.commit().await?;
    Ok(view)
}

/// How numbers without `+` are read in this company.
pub(crate) async fn country(tx: &mut TenantTx) -> Result<Country> {
    let company = tx.company().await?;
    Ok(company.and_then(|c| c.country.parse().ok()).unwrap_or(Country::RU))
}

fn check_count(field: &str, count: usize) -> Option<Invalid> {
    let words = Words::new(
        format!("Не больше {MOST_ADDRESSES}, сейчас {count}."),
        format!("At most {MOST_ADDRESSES}, now {count}."),
    );
    (count > MOST_ADDRESSES).then(|| Invalid::new(field, "too_many", words))
}

/// `field` is the text's place in the request.
async fn give_phone(tx: &mut TenantTx, id: ContactId, field: &str, text: &str) -> Result<()> {
    let country = country(tx).await?;
    let Some(phone) = phone::normalise(text, country) else {
        return Err(Error::invalid(
            field,
            "not_a_phone",
            Words::new(
                "Это не похоже на номер телефона. Пример: +7 916 123-45-67.",
                "This does not look like a phone number. Example: +7 916 123-45-67.",
            ),
        ));
    };
    match tx.add_contact_phone(id, phone.as_str()).await? {
        Given::Added | Given::Had => Ok(()),
        Given::BelongsTo(other) => Err(taken(tx, "phone_taken", other).await?),
    }
}

async fn give_email(tx: &mut TenantTx, id: ContactId, field: &str, text: &str) -> Result<()> {
    let Some(email) = email_address::normalise(text) else {
        return Err(Error::invalid(
            field,
            "not_an_email",
            Words::new(
                "Это не похоже на адрес почты. Пример: ivan@example.ru.",
                "This does not look like an e-mail address. Example: ivan@example.ru.",
            ),
        ));
    };
    match tx.add_contact_email(id, email.as_str()).await? {
        Given::Added | Given::Had => Ok(()),
        Given::BelongsTo(other) => Err(taken(tx, "email_taken", other).await?),
    }
}

async fn taken(tx: &mut TenantTx, code: &'static str, other: ContactId) -> Result<Error> {
    let name = tx.contact(other).await?.map(|c| c.name).unwrap_or_default();
    Ok(Error::Conflict {
        code,
        message: Words::new(
            format!("Это есть у другого контакта: {name}. Если это один человек, объедините их."),
            format!("Another contact has it: {name}. If they are one person, merge them."),
        ),
        details: json!({ "contact_id": other, "contact_name": name }),
    })
}

fn check_fields(fields: &Map<String, Value>) -> Option<Invalid> {
    let simple = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    let name = |key: &str| !key.trim().is_empty() && key.chars().count() <= MOST_FIELD_NAME;
    let bytes = |(key, value): (&String, &Value)| key.len() + value.to_string().len();
    if let Some((key, _)) = fields.iter().find(|(key, value)| !name(key) || !simple(value)) {
        let key: String = key.chars().take(MOST_FIELD_NAME).collect();
        return Some(Invalid::new(
            format!("fields.{key}"),
            "bad_field",
            Words::new(
                "Поле — это название до 100 знаков и строка, число или да/нет.",
                "A field is a name of up to 100 characters with a text, a number or true/false.",
            ),
        ));
    }
    (fields.len() > MOST_FIELDS || fields.iter().map(bytes).sum::<usize>() > MOST_FIELD_BYTES).then(
        || {
            Invalid::new(
                "fields",
                "too_much",
                Words::new(
                    "Не больше 50 полей и 16 кБ вместе.",
                    "At most 50 fields and 16 kB together.",
                ),
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cv_9_fields_are_few_short_and_simple() {
        let fields = |value: Value| value.as_object().cloned().unwrap_or_default();
        let code = |value: Value| check_fields(&fields(value)).map(|bad| bad.code);
        assert_eq!(code(json!({ "город": "Омск", "визитов": 3, "vip": true })), None);
        assert_eq!(code(json!({ "a": { "b": 1 } })), Some("bad_field"));
        assert_eq!(code(json!({ " ": 1 })), Some("bad_field"));
        assert_eq!(code(json!({ "a": "я".repeat(9000) })), Some("too_much"));
        let many: Map<String, Value> = (0..51).map(|n| (n.to_string(), json!(n))).collect();
        assert_eq!(check_fields(&many).map(|bad| bad.code), Some("too_much"));
    }
}
