//! What a conversation is about: the goods, the car, the flat that the customer looks at.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::text::{shortened, without_nul};

/// An advertisement of the company at a classifieds service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Listing {
    /// The service's id of it, or its address where there is no id: two listings are the same
    /// if this is.
    pub external_id: String,
    /// Make and model, name of the goods. May be empty while only the id is known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// As the service writes it: `1 250 000 ₽`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// Its page, http(s) only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// A picture of it, https only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

const LONGEST: usize = 300;
const LONGEST_URL: usize = 2000;

impl Listing {
    /// Shortened to what is stored, without addresses that a browser should not open.
    pub fn clean(self) -> Self {
        let text = |s: String| shortened(without_nul(&s).trim(), LONGEST);
        Self {
            external_id: text(self.external_id),
            title: text(self.title),
            price: self.price.map(text).filter(|p| !p.is_empty()),
            url: self.url.filter(|u| openable(u, &["https", "http"])),
            image: self.image.filter(|u| openable(u, &["https"])),
        }
    }

    /// What is known after the same listing was told of again: new words win, silence keeps.
    pub fn told(self, again: Self) -> Self {
        if again.external_id != self.external_id {
            return again;
        }
        Self {
            external_id: self.external_id,
            title: if again.title.is_empty() { self.title } else { again.title },
            price: again.price.or(self.price),
            url: again.url.or(self.url),
            image: again.image.or(self.image),
        }
    }
}

fn openable(address: &str, schemes: &[&str]) -> bool {
    address.len() <= LONGEST_URL
        && Url::parse(address).is_ok_and(|u| schemes.contains(&u.scheme()) && u.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn car() -> Listing {
        Listing {
            external_id: "1".to_owned(),
            title: "Lada Vesta".to_owned(),
            price: Some("900 000 ₽".to_owned()),
            ..Listing::default()
        }
    }

    #[test]
    fn only_addresses_that_a_browser_may_open_stay() {
        let evil = Listing {
            url: Some("javascript:alert(1)".to_owned()),
            image: Some("http://plain.test/x.jpg".to_owned()),
            ..car()
        };
        let clean = evil.clean();
        assert_eq!((clean.url, clean.image), (None, None));
        let good = Listing { url: Some("https://auto.ru/1".to_owned()), ..car() };
        assert_eq!(good.clone().clean(), good);
    }

    #[test]
    fn the_same_listing_keeps_what_it_is_not_told_anew() {
        let again = Listing { external_id: "1".to_owned(), ..Listing::default() };
        assert_eq!(car().told(again), car());
        let other = Listing { external_id: "2".to_owned(), ..Listing::default() };
        assert_eq!(car().told(other.clone()), other);
    }
}
