//! The company's own fields of contacts (CV-9): which there are and how a value is checked.

use std::collections::BTreeSet;

use domain::{
    contact_field::{ContactFieldKind, ContactFieldView},
    event::Directory,
    people::Right,
    text::{Words, without_nul},
};
use serde_json::{Map, Value, json};
use store::{CONTACT_FIELD_TAKEN, TenantTx};

use crate::{
    Actor, App, Error, Invalid, RequestKey, Result, directory, fields::Check, idempotency,
};

/// As many as a contact can have.
const MOST_FIELDS: usize = 50;
const MOST_KEY: usize = 100;
const MOST_CHOICES: usize = 100;

impl App {
    /// All in the order of the card.
    pub async fn contact_fields(&self, actor: &Actor) -> Result<Vec<ContactFieldView>> {
        actor.require(Right::ReadConversations)?;
        let mut tx = self.store.tenant(actor.account).await?;
        Ok(tx.contact_fields().await?)
    }

    pub async fn create_contact_field(
        &self,
        actor: &Actor,
        field: ContactFieldView,
        key: Option<&RequestKey>,
    ) -> Result<ContactFieldView> {
        actor.require(Right::ManageAccount)?;
        let field = checked(field)?;
        let mut tx = self.store.tenant(actor.account).await?;
        if let Some(answer) = idempotency::answered(&mut tx, actor, key).await? {
            return Ok(answer);
        }
        if tx.contact_fields().await?.len() >= MOST_FIELDS {
            return Err(Error::conflict(
                "too_many_contact_fields",
                Words::new(
                    "Не больше 50 полей. Удалите ненужное.",
                    "At most 50 fields. Delete one that is not needed.",
                ),
            ));
        }
        tx.insert_contact_field(&field).await.map_err(key_taken)?;
        idempotency::remember(&mut tx, actor, key, &field).await?;
        self.contact_field_noted(&mut tx, actor, "contact_field.created", &field.key).await?;
        tx.commit().await?;
        Ok(field)
    }

    /// Values that contacts have stay as they are, whatever the new kind.
    pub async fn change_contact_field(
        &self,
        actor: &Actor,
        field: ContactFieldView,
    ) -> Result<ContactFieldView> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        // Before the form is looked at: a key that is none is a 404 and not a wrong field.
        if !tx.contact_fields().await?.iter().any(|known| known.key == field.key) {
            return Err(NOT_FOUND);
        }
        let field = checked(field)?;
        if !tx.update_contact_field(&field).await? {
            return Err(NOT_FOUND);
        }
        self.contact_field_noted(&mut tx, actor, "contact_field.changed", &field.key).await?;
        tx.commit().await?;
        Ok(field)
    }

    /// Values that contacts have under this key are kept.
    pub async fn delete_contact_field(&self, actor: &Actor, key: &str) -> Result<()> {
        actor.require(Right::ManageAccount)?;
        let mut tx = self.store.tenant(actor.account).await?;
        let key = without_nul(key);
        if !tx.delete_contact_field(&key).await? {
            return Err(NOT_FOUND);
        }
        self.contact_field_noted(&mut tx, actor, "contact_field.deleted", &key).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn contact_field_noted(
        &self,
        tx: &mut TenantTx,
        actor: &Actor,
        action: &'static str,
        key: &str,
    ) -> Result<()> {
        directory::changed(tx, Directory::ContactFields);
        self.note(tx, actor, action, key.to_owned(), json!({})).await
    }
}

const NOT_FOUND: Error = Error::NotFound { what: "contact field" };

/// What is wrong with values that somebody gives now. Taking one away is never wrong.
pub(crate) async fn check_values(
    tx: &mut TenantTx,
    check: &mut Check,
    given: &Map<String, Value>,
) -> Result<()> {
    if given.is_empty() {
        return Ok(());
    }
    for field in tx.contact_fields().await? {
        let value = given.get(&field.key).filter(|value| !value.is_null());
        if let Some(words) = value.and_then(|value| field.misfit(value)) {
            check.add(Invalid::new(format!("fields.{}", field.key), "wrong_value", words));
        }
    }
    Ok(())
}

/// The definition in its one spelling; every wrong field is named.
fn checked(field: ContactFieldView) -> Result<ContactFieldView> {
    let mut check = Check::default();
    let key = field.key.trim().to_owned();
    let plain = |c: char| !c.is_control() && !matches!(c, '/' | '\\');
    if key.chars().count() > MOST_KEY
        || !key.chars().any(char::is_alphanumeric)
        || !key.chars().all(plain)
    {
        check.add(Invalid::new(
            "key",
            "bad_key",
            Words::new(
                "Ключ — до 100 знаков, с буквами или цифрами и без косой черты. Пример: city.",
                "A key has up to 100 characters, letters or digits among them, and no slash. \
                 Example: city.",
            ),
        ));
    }
    let name = check.line("name", &field.name);
    let choices: Vec<String> = field.choices.iter().map(|c| c.trim().to_owned()).collect();
    check.add(check_choices(field.kind, &choices));
    check.done()?;
    Ok(ContactFieldView { key, name, kind: field.kind, choices, position: field.position })
}

fn check_choices(kind: ContactFieldKind, choices: &[String]) -> Option<Invalid> {
    let bad = |at: &str, code, ru: &str, en: &str| Some(Invalid::new(at, code, Words::new(ru, en)));
    match kind {
        ContactFieldKind::Choice if choices.is_empty() => {
            bad("choices", "empty", "Добавьте хотя бы один вариант.", "Give at least one choice.")
        }
        ContactFieldKind::Choice if choices.len() > MOST_CHOICES => {
            bad("choices", "too_many", "Не больше 100 вариантов.", "At most 100 choices.")
        }
        ContactFieldKind::Choice => {
            let mut seen = BTreeSet::new();
            let good =
                |c: &str| (1..=200).contains(&c.chars().count()) && !c.contains(char::is_control);
            let wrong = choices.iter().position(|c| !good(c) || !seen.insert(c.as_str()))?;
            bad(
                &format!("choices[{wrong}]"),
                "bad_choice",
                "Вариант — строка до 200 знаков, и каждый назван один раз.",
                "A choice is a line of up to 200 characters, and each is given once.",
            )
        }
        ContactFieldKind::Text
        | ContactFieldKind::Number
        | ContactFieldKind::Date
        | ContactFieldKind::Link => {
            if choices.is_empty() {
                return None;
            }
            bad(
                "choices",
                "not_a_choice",
                "Варианты бывают только у поля с выбором.",
                "Only a field of choices has them.",
            )
        }
    }
}

fn key_taken(error: store::Error) -> Error {
    match error {
        store::Error::Constraint(name) if name == CONTACT_FIELD_TAKEN => Error::conflict(
            "contact_field_taken",
            Words::new(
                "Поле с таким ключом уже есть. Выберите другой.",
                "There is a field of this key. Choose another one.",
            ),
        ),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cv_9_every_wrong_part_of_a_definition_is_named() {
        let field = |key: &str, kind, choices: &[&str]| ContactFieldView {
            key: key.to_owned(),
            name: "Поле".to_owned(),
            kind,
            choices: choices.iter().map(|c| (*c).to_owned()).collect(),
            position: 1,
        };
        let wrong = |field| match checked(field) {
            Ok(_) => String::new(),
            Err(Error::Invalid(wrong)) => {
                wrong.first().map(|w| w.field.clone()).unwrap_or_default()
            }
            Err(other) => panic!("{other:?}"),
        };
        use ContactFieldKind::{Choice, Text};
        for (given, told) in [
            (field(" город ", Text, &[]), ""),
            (field("Дата рождения", Text, &[]), ""),
            (field("", Text, &[]), "key"),
            (field("..", Text, &[]), "key"),
            (field("a/b", Text, &[]), "key"),
            (field("a", Text, &["x"]), "choices"),
            (field("a", Choice, &[]), "choices"),
            (field("a", Choice, &["x", " y "]), ""),
            (field("a", Choice, &["x", ""]), "choices[1]"),
            (field("a", Choice, &["x", "y", "x"]), "choices[2]"),
        ] {
            let shown = format!("{given:?}");
            assert_eq!(wrong(given), told, "{shown}");
        }
    }
}
