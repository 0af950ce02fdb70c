//! Finding a person. `query` is a full-text search over every field, so each hit is compared with the
//! contact's own phones and addresses: the first hit may be somebody whose order number has these
//! digits, and writing to it has spoiled contacts
//! (<https://github.com/amocrm/amocrm-api-php/issues/515>).

use crm::CrmError;
use domain::{
    crm::{CrmId, FoundContact},
    phone::{self, Country},
};

use super::there;
use crate::{
    api::{Api, Failure},
    list::{self, MOST},
    same,
    wire::{Contact, EMAIL, PHONE, moment},
};

/// `+7…`, `8…` and `7…` of one number have these in common.
const COMMON_DIGITS: usize = 10;

/// Contacts with one of these; the search ends with the first phone or address that is somebody's, as
/// each costs a call. Phones come first, the oldest contact is the best.
pub(super) async fn find(
    api: &Api<'_>,
    phones: &[String],
    emails: &[String],
) -> Result<Vec<FoundContact>, CrmError> {
    for phone in phones {
        let found = by_key(api, digits(phone)).await?;
        let same = chosen(found, |contact| has_phone(contact, phone));
        if !same.is_empty() {
            return Ok(facts(same, &format!("phone {phone}")));
        }
    }
    for email in emails {
        let found = by_key(api, email).await?;
        let same = chosen(found, |contact| has_email(contact, email));
        if !same.is_empty() {
            return Ok(facts(same, &format!("email {email}")));
        }
    }
    Ok(Vec::new())
}

/// All hits of the full-text search.
pub(crate) async fn by_key(api: &Api<'_>, key: &str) -> Result<Vec<Contact>, CrmError> {
    let query = [("query", key), ("with", "leads"), ("limit", MOST)];
    list::all(api, "contacts", &query, "contacts").await.map_err(Failure::into_error)
}

pub(super) async fn one(api: &Api<'_>, id: &CrmId) -> Result<Option<Contact>, CrmError> {
    let found: Option<Contact> =
        there(api.get(&format!("contacts/{id}"), &[("with", "leads")]).await)?;
    Ok(found.filter(|contact| !contact.is_deleted))
}

/// The end of a number in E.164 that all its spellings share.
pub(crate) fn digits(phone: &str) -> &str {
    let digits = phone.trim_start_matches('+');
    let from = digits.len().saturating_sub(COMMON_DIGITS);
    digits.get(from..).unwrap_or(digits)
}

fn chosen(found: Vec<Contact>, is_same: impl Fn(&Contact) -> bool) -> Vec<Contact> {
    let mut same: Vec<Contact> =
        found.into_iter().filter(|contact| !contact.is_deleted && is_same(contact)).collect();
    same.sort_by_key(|contact| (contact.created_at.unwrap_or(i64::MAX), contact.id));
    same
}

/// Whether a contact has this number, in whatever spelling. Numbers without a country are read as
/// Russian ones, which is how people write them in amoCRM.
fn has_phone(contact: &Contact, phone: &str) -> bool {
    contact.texts(PHONE).iter().any(|text| match phone::normalise(text, Country::RU) {
        Some(number) => number.as_str() == phone,
        // Ranges that no table knows: the digits decide.
        None => {
            let written: String = text.chars().filter(char::is_ascii_digit).collect();
            !written.is_empty() && written == phone.trim_start_matches('+')
        }
    })
}

fn has_email(contact: &Contact, email: &str) -> bool {
    let ours = same::email(email);
    contact.texts(EMAIL).iter().any(|text| same::email(text) == ours)
}

fn facts(contacts: Vec<Contact>, matched_by: &str) -> Vec<FoundContact> {
    contacts.into_iter().map(|contact| fact(contact, matched_by.to_owned())).collect()
}

pub(super) fn fact(contact: Contact, matched_by: String) -> FoundContact {
    FoundContact {
        id: contact.id.into(),
        phones: contact.texts(PHONE),
        emails: contact.texts(EMAIL),
        responsible: contact.responsible_user_id.map(CrmId::from),
        matched_by,
        created_at: contact.created_at.and_then(moment),
        deals: contact.embedded.leads.iter().map(|lead| lead.id.into()).collect(),
        name: contact.name,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contact(id: i64, created_at: i64, phone: &str) -> Contact {
        let field = json!({ "field_code": "PHONE", "values": [{ "value": phone }] });
        let contact =
            json!({ "id": id, "created_at": created_at, "custom_fields_values": [field] });
        serde_json::from_value(contact).expect("a contact")
    }

    /// Gotcha 1 of the wire facts: +7…, 8… and 7… are different texts.
    #[test]
    fn amo_3_a_number_is_searched_by_its_last_ten_digits() {
        assert_eq!(digits("+79161234567"), "9161234567");
        assert_eq!(digits("+4930123456"), "4930123456");
        assert_eq!(digits("+37060012"), "37060012");
    }

    #[test]
    fn amo_3_the_same_number_in_any_spelling_is_the_same_person() {
        for written in
            ["+79161234567", "89161234567", "8 (916) 123-45-67", "79161234567", "9161234567"]
        {
            assert!(has_phone(&contact(1, 1, written), "+79161234567"), "{written}");
        }
        for written in ["+79161234568", "19161234567", "order 9161234567", "", "12345"] {
            assert!(!has_phone(&contact(1, 1, written), "+79161234567"), "{written}");
        }
    }

    #[test]
    fn amo_3_the_same_address_in_any_spelling_is_the_same_person() {
        let contact = |email: &str| {
            let field = json!({ "field_code": "EMAIL", "values": [{ "value": email }] });
            let contact = json!({ "id": 1, "custom_fields_values": [field] });
            serde_json::from_value::<Contact>(contact).expect("a contact")
        };
        for (written, ours) in [
            ("Anna@Example.RU ", "anna@example.ru"),
            ("anna@example.ru", "Anna@Example.ru"),
            ("анна@пример.рф", "анна@xn--e1afmkfd.xn--p1ai"),
        ] {
            assert!(has_email(&contact(written), ours), "{written}");
        }
        for written in ["not-anna@example.ru", "anna@example.ru.evil.com", "", "anna"] {
            assert!(!has_email(&contact(written), "anna@example.ru"), "{written}");
        }
    }

    #[test]
    fn amo_3_of_several_the_oldest_is_the_best() {
        let found = vec![
            contact(7, 300, "+79161234567"),
            contact(9, 100, "89161234567"),
            contact(8, 100, "+79161234567"),
            contact(5, 50, "+79990000000"),
        ];
        let same = chosen(found, |contact| has_phone(contact, "+79161234567"));
        assert_eq!(same.iter().map(|c| c.id).collect::<Vec<_>>(), [8, 9, 7]);
    }
}
