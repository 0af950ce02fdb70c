//! What the full-text search sees of an entity, and whose phones and e-mails are alike.

use serde_json::Value;

use super::{
    values::same_phone,
    world::{AccountState, Contact, FieldValue, Indexed, Kind, Lead, Values},
};

impl AccountState {
    /// All that is filled in, as the full-text search sees it; a phone by its digits as well.
    pub(super) fn contact_text(&self, kind: Kind, contact: &Contact) -> String {
        let mut text = vec![contact.name.to_lowercase(), self.values_text(&contact.values)];
        let phones = self.texts(&contact.values, kind, "PHONE");
        text.extend(phones.iter().map(|p| p.chars().filter(char::is_ascii_digit).collect()));
        text.join("\n")
    }

    pub(super) fn lead_text(&self, lead: &Lead) -> String {
        let price = lead.price.to_string();
        [lead.name.to_lowercase(), self.values_text(&lead.values), price].join("\n")
    }

    fn values_text(&self, values: &Values) -> String {
        let text = |value: &FieldValue| match &value.value {
            Value::String(text) => text.to_lowercase(),
            other => other.to_string(),
        };
        values.values().flatten().map(text).collect::<Vec<_>>().join("\n")
    }

    /// Contacts that share a phone or an email with these values, for the duplicate control.
    pub(super) fn contacts_like(&self, values: &Values) -> Vec<i64> {
        let phones = |values: &Values| -> Vec<String> {
            let texts = self.texts(values, Kind::Contacts, "PHONE");
            texts.iter().map(|text| same_phone(text)).collect()
        };
        let emails = |values: &Values| -> Vec<String> {
            let texts = self.texts(values, Kind::Contacts, "EMAIL");
            texts.iter().map(|text| text.to_lowercase()).collect()
        };
        let (own_phones, own_emails) = (phones(values), emails(values));
        if own_phones.is_empty() && own_emails.is_empty() {
            return Vec::new();
        }
        self.contacts
            .values()
            .filter(|contact| !contact.hidden && !contact.deleted)
            .filter(|contact| {
                phones(&contact.values).iter().any(|phone| own_phones.contains(phone))
                    || emails(&contact.values).iter().any(|email| own_emails.contains(email))
            })
            .map(|contact| contact.id)
            .collect()
    }
}

impl Indexed {
    pub(super) fn holds(&self, what: &str, now_ms: i64) -> bool {
        let now = self.0.iter().rev().find(|(from, _)| *from <= now_ms);
        now.is_some_and(|(_, text)| text.contains(what))
    }
}
