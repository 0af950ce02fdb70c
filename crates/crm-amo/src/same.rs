//! One form for all spellings of a number or an address, to be compared by.

use domain::{
    email_address,
    phone::{self, Country},
};

/// Numbers without a country are read as Russian ones, which is how people write them in amoCRM.
pub(crate) fn phone(text: &str) -> String {
    match phone::normalise(text, Country::RU) {
        Some(number) => number.as_str().to_owned(),
        None => text.trim().to_owned(),
    }
}

/// Case does not count, nor in which letters the domain is written.
pub(crate) fn email(text: &str) -> String {
    match email_address::normalise(text) {
        Some(address) => address.as_str().to_owned(),
        None => text.trim().to_lowercase(),
    }
}
