//! Values of parameters in the form that a CRM's field takes (AMO-8, BY-3).
//!
//! A text is first read as what the field holds (a number, a day, a choice …) and then written in the
//! form of the CRM: for amoCRM the content of `values`, for Bitrix24 the value itself. What does not fit
//! is a [`Converted::Misfit`]: it is told in the log and the other fields are saved, because both CRMs
//! would refuse or silently drop it.

mod date;
mod number;
#[cfg(test)]
mod tests;

use chrono_tz::Tz;
use serde_json::{Value, json};
use url::Url;

use super::{CrmField, CrmKind, FieldChoice, FieldKind};
use crate::{
    email_address, phone,
    text::{Words, shortened},
};
use date::When;
use number::{Money, Number};

/// What a text became for a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Converted {
    /// In the CRM's own JSON form: of amoCRM the list that stands in `values`.
    Value(Value),
    /// Nothing to write.
    Empty,
    /// The text does not fit the field; said in the log, the rest is written.
    Misfit(Words),
}

/// The text as a value of the field. Dates are read in the company's time zone.
pub fn convert(crm: CrmKind, field: &CrmField, text: &str, zone: Tz) -> Converted {
    let text = text.trim();
    if text.is_empty() {
        return Converted::Empty;
    }
    if field.read_only {
        return Converted::Misfit(read_only(field));
    }
    match read(field, text, zone) {
        Ok(read) => Converted::Value(match crm {
            CrmKind::Amo => for_amo(&read),
            CrmKind::Bitrix => for_bitrix(&read, field),
        }),
        Err(wanted) => Converted::Misfit(misfit(field, text, &wanted)),
    }
}

/// A text as what a field holds.
enum Read<'a> {
    Text(String),
    Number(Number),
    Money(Money),
    Flag(bool),
    Choice(&'a FieldChoice),
    Choices(Vec<&'a FieldChoice>),
    Day(When),
    Moment(When),
    /// Phones or e-mails with the label under which the card shows them.
    Contacts {
        values: Vec<String>,
        label: &'a str,
    },
    /// The lines of an address; a «smart» one has named parts, of which the first takes the text.
    Address {
        text: String,
        part: Option<&'a FieldChoice>,
    },
}

/// The text as the kind of the field demands it, or what was expected instead.
fn read<'a>(field: &'a CrmField, text: &str, zone: Tz) -> Result<Read<'a>, Words> {
    match field.kind {
        FieldKind::Text | FieldKind::Textarea | FieldKind::Tracking => {
            Ok(Read::Text(text.to_owned()))
        }
        FieldKind::Numeric => {
            number::read(text).map(Read::Number).ok_or_else(|| Words::new("число", "a number"))
        }
        FieldKind::Monetary => number::read_money(text)
            .map(Read::Money)
            .ok_or_else(|| Words::new("сумму", "an amount of money")),
        FieldKind::Checkbox => {
            flag(text).map(Read::Flag).ok_or_else(|| Words::new("«да» или «нет»", "“yes” or “no”"))
        }
        FieldKind::Select | FieldKind::Radio => {
            choice(field, text).map(Read::Choice).ok_or_else(|| one_of(field))
        }
        FieldKind::Multiselect => {
            choices(field, text).map(Read::Choices).ok_or_else(|| one_of(field))
        }
        FieldKind::Date | FieldKind::Birthday => {
            date::read(text, zone).map(Read::Day).ok_or_else(date_wanted)
        }
        FieldKind::DateTime => date::read(text, zone).map(Read::Moment).ok_or_else(date_wanted),
        FieldKind::Url => link(text).map(Read::Text).ok_or_else(|| {
            Words::new("ссылку с http:// или https://", "a link with http:// or https://")
        }),
        FieldKind::Multitext => contacts(field, text),
        FieldKind::Address => {
            let line = field.choices.iter().find(|part| folded(&part.value) == "address_line_1");
            Ok(Read::Address { text: text.to_owned(), part: line.or(field.choices.first()) })
        }
        FieldKind::Other => Err(Words::new(
            "значение, которое нельзя передать текстом",
            "a value that cannot be given as text",
        )),
    }
}

/// The content of `values` (amoCRM, «Примеры заполнения разных типов полей через API»): numbers and
/// money are text there, a day is a second of it in Unix time.
fn for_amo(read: &Read<'_>) -> Value {
    let value = |value: Value| json!([{ "value": value }]);
    let chosen = |choice: &FieldChoice| match choice.id.as_str().parse::<i64>() {
        Ok(id) => json!({ "enum_id": id }),
        Err(_) => json!({ "value": choice.value }),
    };
    match read {
        Read::Text(text) => value(json!(text)),
        Read::Number(number) => value(json!(number.text())),
        Read::Money(money) => value(json!(money.amount.text())),
        Read::Flag(flag) => value(json!(flag)),
        Read::Choice(choice) => json!([chosen(choice)]),
        Read::Choices(choices) => choices.iter().map(|choice| chosen(choice)).collect(),
        Read::Day(when) => value(json!(when.noon())),
        Read::Moment(when) => value(json!(when.seconds())),
        Read::Contacts { values, label } => {
            values.iter().map(|text| json!({ "value": text, "enum_code": label })).collect()
        }
        Read::Address { text, part: Some(part) } => {
            json!([{ "value": text, "enum_code": part.value }])
        }
        Read::Address { text, part: None } => value(json!(text)),
    }
}

/// The value in `fields` of `crm.item.*`.
fn for_bitrix(read: &Read<'_>, field: &CrmField) -> Value {
    let chosen = |choice: &FieldChoice| match choice.id.as_str().parse::<i64>() {
        Ok(id) => json!(id),
        Err(_) => json!(choice.id.as_str()),
    };
    match read {
        Read::Text(text) | Read::Address { text, .. } => json!(text),
        Read::Number(number) => number.json(),
        Read::Money(money) => json!(money.piped()),
        // Fields of the company's own are 1 and 0, those of the CRM Y and N.
        Read::Flag(flag) if is_own(field) => json!(i32::from(*flag)),
        Read::Flag(flag) => json!(if *flag { "Y" } else { "N" }),
        Read::Choice(choice) => chosen(choice),
        Read::Choices(choices) => choices.iter().map(|choice| chosen(choice)).collect(),
        Read::Day(when) => json!(when.iso_day()),
        Read::Moment(when) => json!(when.iso()),
        Read::Contacts { values, label } => {
            let multi = |text: &String| {
                let of = if text.contains('@') { "EMAIL" } else { "PHONE" };
                json!({ "typeId": of, "valueType": label, "value": text })
            };
            values.iter().map(multi).collect()
        }
    }
}

/// `ufCrm_1713790573`, or `UF_CRM_1713790573` by its old name.
fn is_own(field: &CrmField) -> bool {
    field.id.as_str().to_ascii_lowercase().starts_with("uf")
}

fn flag(text: &str) -> Option<bool> {
    match folded(text).as_str() {
        "да" | "есть" | "вкл" | "истина" | "yes" | "y" | "true" | "on" | "1" | "+" => {
            Some(true)
        }
        "нет" | "выкл" | "ложь" | "no" | "n" | "false" | "off" | "0" | "-" => {
            Some(false)
        }
        _ => None,
    }
}

fn choice<'a>(field: &'a CrmField, text: &str) -> Option<&'a FieldChoice> {
    let text = folded(text);
    field.choices.iter().find(|choice| folded(&choice.value) == text)
}

/// By commas, semicolons or lines; a choice that has a comma in it is met as a whole first.
fn choices<'a>(field: &'a CrmField, text: &str) -> Option<Vec<&'a FieldChoice>> {
    if let Some(whole) = choice(field, text) {
        return Some(vec![whole]);
    }
    let mut chosen: Vec<&FieldChoice> = Vec::new();
    for part in parts(text) {
        let found = choice(field, part)?;
        if !chosen.contains(&found) {
            chosen.push(found);
        }
    }
    (!chosen.is_empty()).then_some(chosen)
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty())
}

fn link(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let of_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    of_web.then(|| text.to_owned())
}

/// Phones and e-mails, told apart by the field's code, else by their look.
fn contacts<'a>(field: &'a CrmField, text: &str) -> Result<Read<'a>, Words> {
    let code = field.code.as_deref().unwrap_or_else(|| field.id.as_str()).to_ascii_uppercase();
    let values: Option<Vec<String>> = parts(text)
        .map(|part| match code.as_str() {
            "PHONE" => phone_of(part),
            "EMAIL" => email_of(part),
            _ => email_of(part).or_else(|| phone_of(part)).or_else(|| Some(part.to_owned())),
        })
        .collect();
    let values = values.filter(|values| !values.is_empty()).ok_or_else(|| match code.as_str() {
        "EMAIL" => Words::new("адрес почты", "an e-mail address"),
        _ => Words::new("номер телефона", "a phone number"),
    })?;
    // Both CRMs label a value; «рабочий» is in each list unless the company took it out.
    let work = field.choices.iter().find(|label| label.value.eq_ignore_ascii_case("WORK"));
    let label = work.or(field.choices.first()).map_or("WORK", |label| label.value.as_str());
    Ok(Read::Contacts { values, label })
}

fn phone_of(text: &str) -> Option<String> {
    let national = phone::normalise(text, phone::Country::RU);
    let number = national.or_else(|| phone::Phone::international(text.strip_prefix('+')?))?;
    Some(number.as_str().to_owned())
}

fn email_of(text: &str) -> Option<String> {
    email_address::normalise(text).map(|address| address.as_str().to_owned())
}

/// The form in which choices are compared: people mind neither case, nor `ё`, nor a second space.
fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase().replace('ё', "е")
}

fn date_wanted() -> Words {
    Words::new("дату вида 22.11.2026 или 2026-11-22", "a date like 22.11.2026 or 2026-11-22")
}

/// The first choices of a list, so that a person sees what to write.
fn one_of(field: &CrmField) -> Words {
    const SHOWN: usize = 5;
    if field.choices.is_empty() {
        return Words::new("вариант из списка", "a choice of the list");
    }
    let named = |open: &str, close: &str| {
        let names = field.choices.iter().take(SHOWN);
        let names: Vec<String> =
            names.map(|choice| format!("{open}{}{close}", choice.value)).collect();
        let more = if field.choices.len() > SHOWN { "…" } else { "" };
        names.join(", ") + more
    };
    Words::new(
        format!("один из вариантов {}", named("«", "»")),
        format!("one of {}", named("“", "”")),
    )
}

fn read_only(field: &CrmField) -> Words {
    Words::new(
        format!("Поле «{}» в CRM нельзя заполнить извне. Выберите другое поле.", field.name),
        format!(
            "The field “{}” cannot be filled from outside the CRM. Choose another.",
            field.name
        ),
    )
}

fn misfit(field: &CrmField, text: &str, wanted: &Words) -> Words {
    const SHOWN: usize = 60;
    let (name, text) = (&field.name, shortened(text, SHOWN));
    Words::new(
        format!(
            "Поле «{name}» ждёт {}, а значение — «{text}». Поле пропущено; для любого текста \
             подойдёт поле типа «Текст».",
            wanted.ru
        ),
        format!(
            "The field “{name}” expects {}, and the value is “{text}”. It was left out; a field of \
             the type “Text” takes any words.",
            wanted.en
        ),
    )
}
