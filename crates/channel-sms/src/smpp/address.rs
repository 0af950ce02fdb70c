//! Numbers and names with their TON and NPI (SMPP 3.4, 5.2.5 and 5.2.6), theirs into ours and back.

use channel::Person;
use domain::phone::{self, Country, Phone};

/// A short number has no more digits than this.
const LONGEST_SHORT: usize = 6;
/// 3GPP TS 23.040: what a sender's name has room for.
const LONGEST_NAME: usize = 11;

const INTERNATIONAL: u8 = 1;
const NETWORK_SPECIFIC: u8 = 3;
const ALPHANUMERIC: u8 = 5;
const UNKNOWN: u8 = 0;
const ISDN: u8 = 1;

/// An address as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) ton: u8,
    pub(crate) npi: u8,
    pub(crate) value: String,
}

/// From whom our messages come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sender {
    /// How people write it: with `+` where it is a phone.
    pub(crate) title: String,
    pub(crate) address: Address,
}

impl Sender {
    /// Reads what a person typed; TON and NPI follow from its form unless they are given.
    pub(crate) fn of(text: &str, ton: Option<u8>, npi: Option<u8>) -> Option<Self> {
        let is_short =
            (1..=LONGEST_SHORT).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit());
        let is_name = text.chars().any(|c| c.is_ascii_alphabetic())
            && text.len() <= LONGEST_NAME
            && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        let (title, value, usual) = if is_short {
            (text.to_owned(), text.to_owned(), (NETWORK_SPECIFIC, UNKNOWN))
        } else if is_name {
            (text.to_owned(), text.to_owned(), (ALPHANUMERIC, UNKNOWN))
        } else {
            let phone =
                phone::normalise(text, Country::RU).or_else(|| Phone::international(text))?;
            (phone.as_str().to_owned(), phone.digits().to_owned(), (INTERNATIONAL, ISDN))
        };
        let address = Address { ton: ton.unwrap_or(usual.0), npi: npi.unwrap_or(usual.1), value };
        Some(Self { title, address })
    }
}

/// Where a message goes: a phone, or a short number. `None` for a name, which nobody can answer.
pub(crate) fn destination(recipient: &str) -> Option<Address> {
    if let Some(digits) = recipient.strip_prefix('+') {
        let phone = Phone::international(digits)?;
        return Some(Address { ton: INTERNATIONAL, npi: ISDN, value: phone.digits().to_owned() });
    }
    let is_number =
        (1..=20).contains(&recipient.len()) && recipient.chars().all(|c| c.is_ascii_digit());
    is_number.then(|| Address { ton: UNKNOWN, npi: ISDN, value: recipient.to_owned() })
}

/// Who wrote. A phone is known by its E.164, however the SMSC writes it; a short number or a name is
/// known by itself.
pub(crate) fn person(address: &Address) -> Person {
    match phone_of(address) {
        Some(phone) => Person {
            external_id: phone.as_str().to_owned(),
            phones: vec![phone.as_str().to_owned()],
            ..Person::default()
        },
        None => Person {
            external_id: address.value.clone(),
            name: Some(address.value.clone()),
            ..Person::default()
        },
    }
}

fn phone_of(address: &Address) -> Option<Phone> {
    let digits = address.value.strip_prefix('+').unwrap_or(&address.value);
    let is_number = digits.chars().all(|c| c.is_ascii_digit()) && digits.len() > LONGEST_SHORT;
    if address.ton == ALPHANUMERIC || !is_number {
        return None;
    }
    let international = || phone::normalise(&format!("+{digits}"), Country::RU);
    let national = || phone::normalise(digits, Country::RU);
    // What is called international is mostly so, but `8916…` comes with TON 1 as well.
    match address.ton {
        INTERNATIONAL => international().or_else(national),
        _ => national().or_else(international),
    }
    .or_else(|| Phone::international(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ch_11_a_sender_gets_its_ton_and_npi_by_its_form() {
        for (text, expected) in [
            ("+79161234567", Some((1, 1, "79161234567", "+79161234567"))),
            ("8 916 123-45-67", Some((1, 1, "79161234567", "+79161234567"))),
            ("1234", Some((3, 0, "1234", "1234"))),
            ("MyShop", Some((5, 0, "MyShop", "MyShop"))),
            ("ALongNameOfAShop", None),
            ("Магазин", None),
            ("", None),
        ] {
            let sender = Sender::of(text, None, None);
            let found = sender.as_ref().map(|s| {
                (s.address.ton, s.address.npi, s.address.value.as_str(), s.title.as_str())
            });
            assert_eq!(found, expected, "{text}");
        }
        let given = Sender::of("1234", Some(0), Some(1)).expect("a short number");
        assert_eq!((given.address.ton, given.address.npi), (0, 1));
    }

    #[test]
    fn cv_4_a_person_is_known_by_e_164_however_the_smsc_writes_it() {
        for (ton, value, expected) in [
            (1, "79161234567", "+79161234567"),
            (1, "+79161234567", "+79161234567"),
            (0, "89161234567", "+79161234567"),
            (1, "89161234567", "+79161234567"),
            (2, "9161234567", "+79161234567"),
            (1, "4915112345678", "+4915112345678"),
            (0, "900", "900"),
            (5, "Tinkoff", "Tinkoff"),
            (0, "Tinkoff", "Tinkoff"),
        ] {
            let who = person(&Address { ton, npi: 1, value: value.to_owned() });
            assert_eq!(who.external_id, expected, "{ton} {value}");
            assert_eq!(who.phones.is_empty(), !expected.starts_with('+'), "{ton} {value}");
        }
    }

    #[test]
    fn cv_4_a_recipient_goes_out_as_digits() {
        let to = destination("+79161234567").expect("a phone");
        assert_eq!((to.ton, to.npi, to.value.as_str()), (1, 1, "79161234567"));
        assert_eq!(destination("900").map(|a| a.ton), Some(0));
        assert_eq!(destination("Tinkoff"), None);
    }
}
