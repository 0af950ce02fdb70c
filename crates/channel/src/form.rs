//! A kind's settings form as data, so that the cabinet draws every form with one code.

use domain::text::Words;
use serde::Serialize;
use url::Url;

/// The fields that a person fills to connect a channel, in order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SettingsForm {
    /// What to prepare before, in plain words.
    pub intro: Words,
    /// In the order of the page.
    pub fields: Vec<Field>,
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Name in the channel's settings.
    pub key: &'static str,
    /// Its caption.
    pub label: Words,
    /// What it is and where to find it.
    pub help: Option<Words>,
    /// How it is drawn and stored.
    #[serde(flatten)]
    pub kind: FieldKind,
    /// Whether an empty value is refused.
    pub required: bool,
    /// Shown only on demand: most people never need it.
    pub advanced: bool,
}

/// How a field is drawn and stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FieldKind {
    /// One line.
    Text {
        /// Grey example text.
        placeholder: Option<String>,
    },
    /// Several lines.
    LongText,
    /// Stored encrypted, never sent back.
    Secret,
    /// A secret that the company makes up itself and gives to the service. Stored as a
    /// [`Self::Secret`]; the cabinet offers a random one and shows what is typed. Only the driver's
    /// [`crate::Driver::hand_over`] may show it again.
    OwnSecret {
        /// Characters of the random one, of A-Z a-z 0-9.
        length: u8,
    },
    /// An http(s) address.
    Url,
    /// A whole number.
    Number {
        /// Smallest allowed.
        min: i64,
        /// Largest allowed.
        max: i64,
        /// Used when empty.
        default: Option<i64>,
    },
    /// On or off.
    Toggle {
        /// Used when unset.
        default: bool,
    },
    /// One of a list.
    Select {
        /// The choices.
        options: Vec<FieldOption>,
        /// Used when unset.
        default: Option<&'static str>,
    },
    /// One of several ways to connect, each with fields of its own: those of the ways that are not
    /// chosen are neither shown nor sent.
    Ways {
        /// The ways.
        ways: Vec<Way>,
        /// Used when unset.
        default: Option<&'static str>,
    },
    /// One of what the service offers for the other answers ([`crate::Driver::choices`]), fetched on
    /// demand; a value of one's own may be typed too.
    Choice {
        /// Grey example text.
        placeholder: Option<String>,
    },
    /// Several lines of text, stored as a list.
    List {
        /// Grey example text.
        placeholder: Option<String>,
    },
    /// #rrggbb
    Color {
        /// Used when unset.
        default: &'static str,
    },
}

impl FieldKind {
    /// Whether answers are sealed in the database and left out of what is sent back.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Secret | Self::OwnSecret { .. })
    }
}

/// One choice of a [`FieldKind::Select`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldOption {
    /// Stored.
    pub value: &'static str,
    /// Shown.
    pub label: Words,
}

/// One choice of [`FieldKind::Ways`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Way {
    /// Stored.
    pub value: &'static str,
    /// Shown.
    pub label: Words,
    /// Keys of the fields that belong to it; a field may belong to several ways.
    pub fields: Vec<&'static str>,
}

/// A value that a person copies from here into the service's own cabinet, because the service has
/// no call for it. Shown to those who manage channels, after saving.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandOver {
    /// The field's caption at the service.
    pub label: Words,
    /// What to put there.
    pub value: String,
    /// Where that field is.
    pub help: Option<Words>,
}

/// What is wrong with a field and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's key.
    pub field: String,
    /// Stable name for programs: `required`, `bad_token` …
    pub code: &'static str,
    /// What is wrong and the remedy.
    pub message: Words,
}

impl FieldError {
    /// An error at one field.
    pub fn new(field: &str, code: &'static str, message: Words) -> Self {
        Self { field: field.to_owned(), code, message }
    }

    /// An empty field that must be filled.
    pub fn required(field: &str) -> Self {
        Self::new(field, "required", Words::new("Заполните это поле.", "Fill in this field."))
    }
}

/// Reads an http(s) address of a field.
pub fn web_address(field: &str, text: &str) -> Result<Url, FieldError> {
    let url = Url::parse(text.trim()).ok();
    url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()).ok_or_else(|| {
        let message = Words::new(
            "Это не адрес. Он начинается с https:// или http://.",
            "This is not an address. It starts with https:// or http://.",
        );
        FieldError::new(field, "bad_url", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ch_7_an_address_is_of_the_web_and_has_a_host() {
        for (text, right) in [
            ("https://api.vk.ru", true),
            (" http://127.0.0.1:8081/tg ", true),
            ("api.vk.ru", false),
            ("ftp://api.vk.ru", false),
            ("https://", false),
            ("mailto:a@b.test", false),
        ] {
            let read = web_address("base_url", text);
            assert_eq!(read.is_ok(), right, "{text}");
            assert!(read.is_ok() || read.is_err_and(|wrong| wrong.code == "bad_url"));
        }
    }
}
