//! One form for every e-mail address (CV-9): lower case, the domain as the name system knows it.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Host;

/// RFC 5321, 4.5.3.1, and erratum 1690 of RFC 3696.
const MAX_ADDRESS: usize = 254;
const MAX_LOCAL: usize = 64;

/// An address in its compared form. Its `Debug` is masked, so that it cannot slip into a log.
///
/// The local part is lowered too: RFC 5321 lets its case matter, no provider in use does, and people
/// write one address in several ways. Dots and `+tags` are kept, because they may be other people.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// The text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an e-mail address like name@example.com")]
pub struct BadEmailAddress;

/// The address that a person or a letter gives. A domain in national letters is turned into its
/// `xn--` form, so that both ways of writing it are one address.
pub fn normalise(text: &str) -> Option<EmailAddress> {
    let text = text.trim();
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let text = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
    // Letters may take up to four bytes, and the domain grows when it is turned.
    if text.len() > MAX_ADDRESS * 4 {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    let local = local.to_lowercase();
    if local.is_empty() || local.len() > MAX_LOCAL || !local.chars().all(is_local) {
        return None;
    }
    let address = format!("{local}@{}", ascii_domain(domain)?);
    (address.len() <= MAX_ADDRESS).then_some(EmailAddress(address))
}

impl EmailAddress {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In ASCII.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// As people read it, the domain in its own letters.
    pub fn shown(&self) -> String {
        format!("{}@{}", self.local(), url::quirks::domain_to_unicode(self.domain()))
    }

    pub fn masked(&self) -> String {
        let first: String = self.local().chars().take(1).collect();
        format!("{first}***@{}", self.domain())
    }
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

fn ascii_domain(domain: &str) -> Option<String> {
    // The URL parser would decode `%41` and take `[::1]`; neither is a mail domain.
    let plain = |c: char| c.is_alphanumeric() || "-.。".contains(c) || is_joining(c);
    if !domain.chars().all(plain) {
        return None;
    }
    let Ok(Host::Domain(ascii)) = Host::parse(domain) else { return None };
    let labels: Vec<&str> = ascii.split('.').collect();
    let sound = labels.len() >= 2
        && labels.iter().all(|label| {
            (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
        });
    sound.then_some(ascii)
}

/// Combining marks that some scripts write domains with.
fn is_joining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{200c}' | '\u{200d}')
}

impl TryFrom<String> for EmailAddress {
    type Error = BadEmailAddress;

    fn try_from(text: String) -> Result<Self, BadEmailAddress> {
        normalise(&text).ok_or(BadEmailAddress)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cv_9_one_address_has_one_form() {
        for (text, expect) in [
            (" Anna.Petrova@Mail.RU\n", "anna.petrova@mail.ru"),
            ("mailto:a+b@example.com", "a+b@example.com"),
            ("<a_b@example.co.uk>", "a_b@example.co.uk"),
            ("Инфо@Пример.рф", "инфо@xn--e1afmkfd.xn--p1ai"),
            ("x@xn--e1afmkfd.xn--p1ai", "x@xn--e1afmkfd.xn--p1ai"),
            ("o'brien@straße.de", "o'brien@xn--strae-oqa.de"),
            (".dots..@docomo.ne.jp", ".dots..@docomo.ne.jp"),
        ] {
            let address = normalise(text).expect(text);
            assert_eq!(address.as_str(), expect);
            assert_eq!(normalise(address.as_str()), Some(address), "again the same");
        }
        assert_eq!(normalise("x@xn--e1afmkfd.xn--p1ai").unwrap().shown(), "x@пример.рф");
    }

    #[test]
    fn cv_9_garbage_is_no_address() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long_domain = format!("a@{}.com", "b.".repeat(130));
        let long_label = format!("a@{}.com", "b".repeat(64));
        let endless = "a".repeat(100_000);
        for text in [
            "",
            "@",
            "a@",
            "@b.ru",
            "a",
            "a@b",
            "a b@c.ru",
            "a@b c.ru",
            "a@b..ru",
            "a@.ru",
            "a@b.ru.",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@b_c.ru",
            "a@%62.ru",
            "a@-b.ru",
            "a\0@b.ru",
            "\"a b\"@c.ru",
            "a,b@c.ru",
            "a@b@c.ru",
            "a\r\nBcc: x@c.ru",
            "<a@b.ru",
            "a@b.ru/path",
            &long_local,
            &long_domain,
            &long_label,
            &endless,
        ] {
            assert_eq!(normalise(text), None, "{text:.60}");
        }
    }

    #[test]
    fn an_address_is_masked_in_logs() {
        assert_eq!(format!("{:?}", normalise("anna@mail.ru").unwrap()), "a***@mail.ru");
    }

    proptest! {
        #[test]
        fn cv_9_any_text_is_survived(text in "\\PC{0,20}@\\PC{0,20}|[a-zA-Z0-9._+-]{1,9}@[a-zA-Zа-яё0-9.-]{1,20}") {
            if let Some(address) = normalise(&text) {
                prop_assert_eq!(normalise(address.as_str()), Some(address.clone()));
                prop_assert_eq!(normalise(&address.shown()), Some(address));
            }
        }
    }
}
