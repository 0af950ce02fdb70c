//! What amoCRM answers, as far as it is read. Tolerant: unknown fields are let through, what may be
//! absent, may also be null, and PHP writes an object of nothing as a list of nothing.

use chrono::DateTime;
use domain::clock::Instant;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// One page of a list: `{_links, _embedded: {leads: […]}}`. The `next` link alone says whether there
/// is more.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    #[serde(rename = "_links", default, deserialize_with = "or_default")]
    links: Links,
    #[serde(rename = "_embedded", default, deserialize_with = "fields")]
    embedded: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Links {
    next: Option<Link>,
}

#[derive(Debug, Deserialize)]
struct Link {
    href: String,
}

impl Page {
    /// The items of one name; one that cannot be read spoils the page, since it would look deleted.
    pub(crate) fn take<T: for<'de> Deserialize<'de>>(
        &mut self,
        name: &str,
    ) -> Result<Vec<T>, serde_json::Error> {
        match self.embedded.remove(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(items) => serde_json::from_value(items),
        }
    }

    /// Where the next page is.
    pub(crate) fn next(&self) -> Option<&str> {
        self.links.next.as_ref().map(|link| link.href.as_str())
    }
}

/// What an entity embeds, whichever it is: each has some of these.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Inside {
    #[serde(deserialize_with = "or_default")]
    pub(crate) task_types: Vec<Named>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) statuses: Vec<Status>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) leads: Vec<Id>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) contacts: Vec<Id>,
}

/// An entity of which only the id is wanted.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Id {
    pub(crate) id: i64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) subdomain: String,
    pub(crate) current_user_id: Option<i64>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) is_unsorted_on: bool,
    pub(crate) amojo_id: Option<String>,
    pub(crate) drive_url: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) is_api_filter_enabled: bool,
    #[serde(rename = "_embedded", default, deserialize_with = "or_default")]
    pub(crate) embedded: Inside,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) email: String,
    pub(crate) amojo_id: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) rights: Rights,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Rights {
    #[serde(deserialize_with = "or_default")]
    pub(crate) is_admin: bool,
    #[serde(deserialize_with = "or_default")]
    pub(crate) is_active: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Pipeline {
    pub(crate) id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) sort: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) is_main: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) is_archive: bool,
    #[serde(rename = "_embedded", default, deserialize_with = "or_default")]
    pub(crate) embedded: Inside,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Status {
    pub(crate) id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) sort: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) color: String,
    /// 1 is «Неразобранное».
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub(crate) kind: i64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Field {
    pub(crate) id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) name: String,
    pub(crate) code: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub(crate) kind: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) enums: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    pub(crate) id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Contact {
    pub(crate) id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) name: String,
    pub(crate) responsible_user_id: Option<i64>,
    pub(crate) created_at: Option<i64>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) is_deleted: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) custom_fields_values: Vec<FieldValues>,
    #[serde(rename = "_embedded", default, deserialize_with = "or_default")]
    pub(crate) embedded: Inside,
}

/// The values of one field.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct FieldValues {
    pub(crate) field_id: Option<i64>,
    pub(crate) field_code: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) values: Vec<FieldValue>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct FieldValue {
    #[serde(default)]
    pub(crate) value: Value,
    pub(crate) enum_id: Option<i64>,
    pub(crate) enum_code: Option<String>,
}

impl FieldValue {
    /// The value as a person reads it.
    pub(crate) fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        }
    }
}

/// A multitext field of the system, by its code.
pub(crate) const PHONE: &str = "PHONE";
/// As [`PHONE`].
pub(crate) const EMAIL: &str = "EMAIL";

impl Contact {
    pub(crate) fn field(&self, code: &str) -> Option<&FieldValues> {
        self.custom_fields_values.iter().find(|f| f.field_code.as_deref() == Some(code))
    }

    pub(crate) fn field_of(&self, id: i64) -> Option<&FieldValues> {
        self.custom_fields_values.iter().find(|f| f.field_id == Some(id))
    }

    /// Phones or e-mails, as they are written there.
    pub(crate) fn texts(&self, code: &str) -> Vec<String> {
        let values = self.field(code).map(|field| field.values.as_slice()).unwrap_or_default();
        values.iter().map(FieldValue::text).filter(|text| !text.is_empty()).collect()
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Lead {
    pub(crate) id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) name: String,
    pub(crate) responsible_user_id: Option<i64>,
    pub(crate) status_id: i64,
    pub(crate) pipeline_id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) created_at: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) updated_at: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) is_deleted: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Task {
    pub(crate) id: i64,
    pub(crate) entity_id: Option<i64>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) text: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) complete_till: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) is_completed: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Note {
    pub(crate) id: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) note_type: String,
    #[serde(default)]
    pub(crate) params: Value,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Unsorted {
    pub(crate) uid: String,
    #[serde(default)]
    pub(crate) metadata: Value,
    #[serde(rename = "_embedded", default, deserialize_with = "or_default")]
    pub(crate) embedded: Inside,
}

/// Of the files service, for the first and the next part of a file.
#[derive(Debug, Deserialize)]
pub(crate) struct Upload {
    pub(crate) upload_url: String,
    pub(crate) max_file_size: Option<u64>,
    pub(crate) max_part_size: Option<usize>,
}

/// The answer to a part: where the next one goes, or the file.
#[derive(Debug, Deserialize)]
pub(crate) struct Uploaded {
    pub(crate) next_url: Option<String>,
    pub(crate) uuid: Option<String>,
    pub(crate) version_uuid: Option<String>,
}

/// Of a card's list of files.
#[derive(Debug, Deserialize)]
pub(crate) struct Hung {
    pub(crate) file_uuid: String,
}

/// What the files service keeps.
#[derive(Debug, Deserialize)]
pub(crate) struct StoredFile {
    pub(crate) uuid: String,
    pub(crate) version_uuid: String,
    /// Without what is behind the dot.
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    metadata: FileMetadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FileMetadata {
    #[serde(deserialize_with = "or_default")]
    extension: String,
}

impl StoredFile {
    pub(crate) fn full_name(&self) -> String {
        match self.metadata.extension.as_str() {
            "" => self.name.clone(),
            extension => format!("{}.{extension}", self.name),
        }
    }
}

/// A moment of amoCRM: Unix seconds.
pub(crate) fn moment(seconds: i64) -> Option<Instant> {
    DateTime::from_timestamp(seconds, 0)
}

fn fields<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Object(fields) => fields,
        _ => Map::new(),
    })
}

/// What may be absent may be null too.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What cannot be read is asked for again and again, so nothing harmless may be unreadable.
    #[test]
    fn crm_6_nothing_is_null_or_a_list_of_nothing_or_absent() {
        for nothing in [json!(null), json!([]), json!({})] {
            let page = json!({ "_links": nothing, "_embedded": nothing });
            let mut page: Page = serde_json::from_value(page).expect("a page");
            assert!(page.next().is_none());
            assert_eq!(page.take::<Id>("leads").expect("a list").len(), 0);
            let contact = json!({ "id": 1, "_embedded": nothing });
            let contact: Contact = serde_json::from_value(contact).expect("a contact");
            assert_eq!(contact.embedded.leads.len(), 0);
            let user = json!({ "id": 1, "rights": nothing });
            let user: User = serde_json::from_value(user).expect("a user");
            assert!(!user.rights.is_active);
        }
        let page: Page = serde_json::from_value(json!({})).expect("a page");
        assert!(page.next().is_none());
    }
}
