//! Own fields of contacts (CV-9): what the company asks of a person beside name, phone and e-mail.
//! A definition says how a value is asked and checked; values are kept with the contact, and one
//! without a definition stays what it is.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::text::Words;

/// What a value of the field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactFieldKind {
    Text,
    /// Digits, with a sign and a decimal point or comma.
    Number,
    /// `2026-11-22`
    Date,
    /// An address that begins with `http://` or `https://`.
    Link,
    /// One of the choices.
    Choice,
}

impl ContactFieldKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::Link => "link",
            Self::Choice => "choice",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "text" => Self::Text,
            "number" => Self::Number,
            "date" => Self::Date,
            "link" => Self::Link,
            "choice" => Self::Choice,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContactFieldView {
    /// Under which a contact's `fields` has the value.
    pub key: String,
    pub name: String,
    pub kind: ContactFieldKind,
    /// Of `choice`; else empty.
    pub choices: Vec<String>,
    /// Where it stands in the card: smaller first.
    pub position: i32,
}

impl ContactFieldView {
    /// What is wrong with a value of this field. An empty text is no value and never wrong.
    pub fn misfit(&self, value: &Value) -> Option<Words> {
        let text = match value {
            Value::String(text) => text.trim(),
            // Programs may write numbers as such.
            Value::Number(_) if self.kind == ContactFieldKind::Number => return None,
            _ => "",
        };
        if text.is_empty() && value.is_string() {
            return None;
        }
        match self.kind {
            ContactFieldKind::Text => None,
            ContactFieldKind::Number => (!is_number(text))
                .then(|| Words::new("Нужно число. Пример: 12,5.", "Give a number, like 12.5.")),
            ContactFieldKind::Date => (!is_date(text)).then(|| {
                Words::new(
                    "Нужна дата в виде год-месяц-день. Пример: 2026-11-22.",
                    "Give a date as year-month-day, like 2026-11-22.",
                )
            }),
            ContactFieldKind::Link => (!is_link(text)).then(|| {
                Words::new(
                    "Нужен адрес страницы. Пример: https://example.ru.",
                    "Give a web address, like https://example.com.",
                )
            }),
            ContactFieldKind::Choice => (!self.choices.iter().any(|c| c == text)).then(|| {
                let all = self.choices.join(", ");
                Words::new(
                    format!("Выберите одно из: {all}."),
                    format!("Choose one of these: {all}."),
                )
            }),
        }
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+', '−']).unwrap_or(text);
    let (whole, part) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
    let all_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    // People part thousands by spaces, and copy them as no-break ones.
    let whole: String =
        whole.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}')).collect();
    all_digits(&whole) && all_digits(part)
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

fn is_link(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cv_9_a_value_fits_the_kind_of_its_field() {
        use ContactFieldKind::*;
        for (kind, value, fits) in [
            (Text, json!("что угодно"), true),
            (Text, json!(true), true),
            (Number, json!("12"), true),
            (Number, json!("-12,50"), true),
            (Number, json!("1 000 000.5"), true),
            (Number, json!(7.5), true),
            (Number, json!("12 руб"), false),
            (Number, json!("1e5"), false),
            (Number, json!("."), false),
            (Number, json!("12."), false),
            (Number, json!(true), false),
            (Date, json!("2026-11-22"), true),
            (Date, json!("2026-02-30"), false),
            (Date, json!("22.11.2026"), false),
            (Date, json!(20261122), false),
            (Link, json!("https://example.ru/a?b"), true),
            (Link, json!("example.ru"), false),
            (Link, json!("javascript:alert(1)"), false),
            (Choice, json!("золото"), true),
            (Choice, json!("медь"), false),
            (Choice, json!("  "), true),
        ] {
            let field = ContactFieldView {
                key: "k".to_owned(),
                name: "K".to_owned(),
                kind,
                choices: vec!["золото".to_owned(), "серебро".to_owned()],
                position: 0,
            };
            assert_eq!(field.misfit(&value).is_none(), fits, "{kind:?} {value}");
        }
    }

    #[test]
    fn kinds_read_back_as_they_are_written() {
        use ContactFieldKind::*;
        for kind in [Text, Number, Date, Link, Choice] {
            assert_eq!(ContactFieldKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(ContactFieldKind::parse("colour"), None);
    }
}
