//! What a person may put into the fields that every area has: names, addresses, languages.

use domain::text::Words;

use crate::{Error, Invalid, Result};

/// Gathers what is wrong, so that a client hears of all its fields at once.
#[derive(Default)]
pub(crate) struct Check(Vec<Invalid>);

impl Check {
    pub(crate) fn add(&mut self, invalid: impl Into<Option<Invalid>>) {
        self.0.extend(invalid.into());
    }

    /// A line of 1 to 200 characters without line breaks, trimmed.
    pub(crate) fn line(&mut self, field: &str, text: &str) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.add(Invalid::new(field, "empty", Words::new("Заполните поле.", "Fill it in.")));
        } else if text.chars().count() > 200 {
            self.add(Invalid::new(
                field,
                "too_long",
                Words::new("Не больше 200 знаков.", "At most 200 characters."),
            ));
        } else if text.chars().any(char::is_control) {
            self.add(Invalid::new(
                field,
                "control_characters",
                Words::new(
                    "Уберите управляющие символы и переводы строк.",
                    "Remove control characters and line breaks.",
                ),
            ));
        }
        text.to_owned()
    }

    /// The address in its one spelling: trimmed, in lower case.
    pub(crate) fn email(&mut self, field: &str, text: &str) -> String {
        match email(text) {
            Some(email) => email,
            None => {
                self.add(Invalid::new(
                    field,
                    "not_an_email",
                    Words::new(
                        "Это не похоже на адрес почты. Пример: ivan@example.ru.",
                        "This does not look like an e-mail address. Example: ivan@example.ru.",
                    ),
                ));
                String::new()
            }
        }
    }

    pub(crate) fn language(&mut self, field: &str, text: &str) {
        if !matches!(text, "ru" | "en") {
            self.add(Invalid::new(
                field,
                "unknown_language",
                Words::new("Выберите ru или en.", "Choose ru or en."),
            ));
        }
    }

    pub(crate) fn done(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}

/// Lower case throughout: the mailbox part is case-sensitive by RFC 5321 (2.4), but no service
/// treats it so, and people do not.
pub(crate) fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (mailbox, host) = text.rsplit_once('@')?;
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '<' | '>' | ',');
    let good = !mailbox.is_empty()
        && mailbox.len() <= 64
        && host.len() <= 255
        && text.chars().all(plain)
        && !mailbox.contains('@')
        && host.split('.').count() >= 2
        && host.split('.').all(|label| !label.is_empty() && label.len() <= 63)
        && !host.contains('@');
    good.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        assert_eq!(email(" Ivan@Example.RU ").as_deref(), Some("ivan@example.ru"));
        for bad in ["", "ivan", "@a.ru", "ivan@", "ivan@ru", "a b@c.ru", "a@b@c.ru", "a@b..ru"] {
            assert_eq!(email(bad), None, "{bad}");
        }
    }
}
