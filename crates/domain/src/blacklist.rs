//! The black list (CV-9, WA-5): people whose messages are not shown, by phone, address or a
//! service's id. Entries of all three kinds are compared as text, each in its one form.

use serde::{Deserialize, Serialize};

use crate::{
    email_address,
    phone::{self, Country},
};

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    Phone,
    Email,
    /// The service's id of a person: a Telegram user's number.
    ExternalId,
}

/// The entry's one form. `None`: not a phone, not an address, or nothing.
pub fn entry(kind: EntryKind, text: &str, country: Country) -> Option<String> {
    match kind {
        EntryKind::Phone => phone::normalise(text, country).map(String::from),
        EntryKind::Email => email_address::normalise(text).map(String::from),
        EntryKind::ExternalId => {
            let text = text.trim();
            let plain = !text.is_empty() && text.len() <= 200 && !text.contains(char::is_control);
            plain.then(|| text.to_owned())
        }
    }
}

/// What to look up for a person: the list says no when it has any of these. Phone and address are in
/// the form of [`phone::normalise`] and [`email_address::normalise`].
pub fn keys(external_id: &str, phone: Option<&str>, email: Option<&str>) -> Vec<String> {
    [Some(external_id), phone, email].into_iter().flatten().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wa_5_an_entry_meets_the_person_in_whatever_form_it_was_typed() {
        let ru = phonenumber::country::RU;
        let listed = [
            entry(EntryKind::Phone, "8 (916) 123-45-67", ru),
            entry(EntryKind::Email, " Spam@Example.com", ru),
            entry(EntryKind::ExternalId, " 535362388 ", ru),
        ]
        .map(Option::unwrap);
        let is_listed = |keys: Vec<String>| keys.iter().any(|key| listed.contains(key));
        assert!(is_listed(keys("1", Some("+79161234567"), None)));
        assert!(is_listed(keys("1", None, Some("spam@example.com"))));
        assert!(is_listed(keys("535362388", None, None)));
        assert!(!is_listed(keys("1", Some("+79161234568"), Some("a@example.com"))));
    }

    #[test]
    fn garbage_makes_no_entry() {
        let ru = phonenumber::country::RU;
        for (kind, text) in [
            (EntryKind::Phone, "не скажу"),
            (EntryKind::Email, "a@b"),
            (EntryKind::ExternalId, "  "),
            (EntryKind::ExternalId, "a\nb"),
        ] {
            assert_eq!(entry(kind, text, ru), None, "{text}");
        }
    }
}
