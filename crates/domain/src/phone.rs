//! One form for every phone number (WA-6, CV-9): E.164, `+79161234567`.
//!
//! Contacts are told apart by it, so that the same number written in five ways is one contact.

use std::borrow::Cow;
use std::fmt;

use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, country};
use serde::{Deserialize, Serialize};

pub use phonenumber::country::Id as Country;

/// The most digits that E.164 allows, the country's included.
const MAX_DIGITS: usize = 15;
/// The fewest that a whole international number has.
const MIN_DIGITS: usize = 7;
/// So many at the end tell numbers apart.
const TELLING: usize = 10;
/// Nobody writes a number with so many signs; longer text is not looked at.
const MAX_TEXT: usize = 64;
/// The fewest digits worth a search: people remember the last four.
const MIN_SEARCH: usize = 4;

/// A number in E.164. Its `Debug` is masked, so that it cannot slip into a log.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// The text is not a phone number in E.164.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a phone number like +79161234567")]
pub struct BadPhone;

impl Phone {
    /// A number that a messenger vouches for: international, with or without `+`. Only the form is
    /// checked, because services know ranges that no table has (`+888` of Telegram).
    pub fn international(text: &str) -> Option<Self> {
        let digits = digits_of(without_extension(text)?)?;
        let whole = (MIN_DIGITS..=MAX_DIGITS).contains(&digits.len()) && !digits.starts_with('0');
        whole.then(|| Self(format!("+{digits}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without `+`, as most messengers want it.
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }

    /// For logs and for people who may not see it: the first and the last two signs.
    pub fn masked(&self) -> String {
        let count = self.0.chars().count();
        let shown = |n: usize| n < 2 || n + 2 >= count;
        self.0.chars().enumerate().map(|(n, c)| if shown(n) { c } else { '*' }).collect()
    }
}

/// The number that a person wrote, in E.164. `country` says how a number without `+` is read.
///
/// A Russian number may begin with `+7`, `7`, `8` or nothing. An extension is left out.
/// `None` for what no telephone network has.
pub fn normalise(text: &str, country: Country) -> Option<Phone> {
    let text = without_extension(text)?;
    let international = text.starts_with('+');
    if international {
        return valid(&format!("+{}", digits_of(&without_trunk_zero(text))?), None);
    }
    let digits = digits_of(text)?;
    let national = match (country, digits.len()) {
        // `+7` is shared by both.
        (country::RU | country::KZ, 11) if digits.starts_with(['7', '8']) => {
            valid(&format!("+7{}", digits.get(1..)?), None)
        }
        (country::RU | country::KZ, 10) => valid(&format!("+7{digits}"), None),
        _ => valid(&digits, Some(country)),
    };
    // People copy international numbers without their plus.
    national.or_else(|| {
        let digits = digits.strip_prefix("00").unwrap_or(&digits);
        (digits.len() > 10).then(|| valid(&format!("+{digits}"), None)).flatten()
    })
}

/// The digits to look for at the end of stored numbers, whatever form the query has (OW-3).
/// `None` when the query is not a piece of a phone number.
pub fn search_digits(query: &str) -> Option<String> {
    let text = without_extension(query)?;
    let digits = digits_of(text)?;
    let found = if text.starts_with('+') {
        digits.as_str()
    } else if digits.len() > TELLING {
        common_end(&digits)
    } else {
        digits.strip_prefix('0').unwrap_or(&digits)
    };
    (MIN_SEARCH..=MAX_DIGITS).contains(&found.len()).then(|| found.to_owned())
}

/// The end that all spellings of a number share: whatever its country's code was written as (8, 7, 007).
pub fn common_end(digits: &str) -> &str {
    digits.get(digits.len().saturating_sub(TELLING)..).unwrap_or(digits)
}

/// `+49 (0) 30 …`: the zero after the country's code is only dialled inside the country. Anywhere else
/// a zero in brackets is a digit like the others.
fn without_trunk_zero(text: &str) -> Cow<'_, str> {
    let after_code = |(code, rest): (&str, &str)| {
        let known = digits_of(code)?.parse().ok().filter(|code| DATABASE.by_code(code).is_some());
        known.map(|_: u16| format!("{code}{rest}"))
    };
    text.split_once("(0)").and_then(after_code).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn valid(text: &str, country: Option<Country>) -> Option<Phone> {
    if let Some(national) = text.strip_prefix("+7") {
        return valid_in_7(national).then(|| Phone(text.to_owned()));
    }
    let number = phonenumber::parse(country, text).ok()?;
    number.is_valid().then(|| Phone(number.format().mode(Mode::E164).to_string()))
}

/// The plan of code 7 (ITU-T E.164, national numbering plans): ten digits, the first 3, 4, 8 or 9 in
/// Russia and 7 in Kazakhstan. Decided here, because the library takes the first digit of `+7 800 …`
/// for the trunk prefix 8 and cuts it off.
fn valid_in_7(national: &str) -> bool {
    national.len() == 10 && national.starts_with(['3', '4', '7', '8', '9'])
}

/// What stands before an extension (`доб. 12`, `ext 12`, `#12`), trimmed, `tel:` left out.
fn without_extension(text: &str) -> Option<&str> {
    let text = text.trim_matches(is_blank);
    if text.len() > MAX_TEXT {
        return None;
    }
    let text = match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => text.get(4..)?,
        _ => text,
    };
    let ends = ["доб", "Доб", "вн", "Вн", "ext", "Ext", "EXT", "x", "X", "х", "Х", "#", ",", ";"];
    let end = ends.iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    text.get(..end).map(|text| text.trim_matches(is_blank))
}

/// White space, and the invisible direction marks of numbers copied from a page or a phone book.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

/// The digits of a text that has nothing but digits and the signs people put between them.
fn digits_of(text: &str) -> Option<String> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let mut digits = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '(' | ')' | '[' | ']' | '-' | '.' | '/' | '‐' | '‑' | '‒' | '–' | '—' | '−' =>
                {}
            c if is_blank(c) => {}
            _ => return None,
        }
    }
    (!digits.is_empty() && digits.len() <= MAX_DIGITS + 2).then_some(digits)
}

impl TryFrom<String> for Phone {
    type Error = BadPhone;

    fn try_from(text: String) -> Result<Self, BadPhone> {
        let digits = text.strip_prefix('+').ok_or(BadPhone)?;
        let sound =
            (5..=MAX_DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if sound { Ok(Self(text)) } else { Err(BadPhone) }
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn e164(text: &str, country: Country) -> Option<String> {
        normalise(text, country).map(String::from)
    }

    #[test]
    fn wa_6_a_russian_number_has_one_form() {
        for text in [
            "+79161234567",
            "79161234567",
            "89161234567",
            "9161234567",
            "8 (916) 123-45-67",
            "+7 916 123 45 67",
            "8-916-123-45-67",
            "8.916.123.45.67",
            "+7\u{a0}(916)\u{2009}123‑45‑67",
            "tel:+7-916-123-45-67",
            "8 916 123-45-67 доб. 12",
            "+7 916 123-45-67, доб 5",
            "+7 (916) 1234567 ext 9",
            "8 916 1234567 #3",
            "\u{202a}+7 916 123-45-67\u{202c}",
            "007 916 123 45 67",
            "8 916 123 45 67 вн. 104",
            "  89161234567\n",
        ] {
            assert_eq!(e164(text, country::RU).as_deref(), Some("+79161234567"), "{text}");
        }
        assert_eq!(e164("8 495 123-45-67", country::RU).as_deref(), Some("+74951234567"));
        assert_eq!(e164("8 800 555 35 35", country::RU).as_deref(), Some("+78005553535"));
        assert_eq!(e164("+7 800 555 35 35", country::DE).as_deref(), Some("+78005553535"));
        assert_eq!(e164("8 701 123 45 67", country::KZ).as_deref(), Some("+77011234567"));
    }

    #[test]
    fn cv_9_other_countries_by_code_or_by_default() {
        for (text, country, expect) in [
            ("+49 (0) 30 901820", country::RU, "+4930901820"),
            ("+49(0)30 901820", country::RU, "+4930901820"),
            ("+ 7 90000(0)0000", country::RU, "+79000000000"),
            ("+7 9(0)0 000-00-00", country::RU, "+79000000000"),
            ("030 901820", country::DE, "+4930901820"),
            ("0049 30 901820", country::DE, "+4930901820"),
            ("+375 29 123-45-67", country::RU, "+375291234567"),
            ("375291234567", country::RU, "+375291234567"),
            ("+380 50 123 45 67", country::RU, "+380501234567"),
            ("+998 90 123 45 67", country::RU, "+998901234567"),
            ("+39 06 6982 0000", country::RU, "+390669820000"),
            ("(415) 555-2671", country::US, "+14155552671"),
            ("+1 415 555 2671 x33", country::RU, "+14155552671"),
            ("79161234567", country::FR, "+79161234567"),
        ] {
            assert_eq!(e164(text, country).as_deref(), Some(expect), "{text}");
        }
    }

    #[test]
    fn cv_9_garbage_is_no_number() {
        for text in [
            "",
            "+",
            "12",
            "123456",
            "не скажу",
            "8 916 123 45",
            "8 916 123 45 67 89 01 23",
            "+0 000 000 00 00",
            "00000000000",
            "11111111111",
            "a89161234567",
            "89161234567a",
            "1-800-FLOWERS",
            "+7 916 123 45 67 8",
            "+7 016 123 45 67",
            "1161234567",
            "++79161234567",
            "2026-11-22",
            "４１５",
            "+\u{0660}\u{0661}\u{0662}\u{0663}",
        ] {
            assert_eq!(e164(text, country::RU), None, "{text}");
        }
        assert_eq!(e164(&"8".repeat(100_000), country::RU), None);
    }

    #[test]
    fn cv_9_a_service_vouches_for_its_numbers() {
        let of = |text| Phone::international(text).map(String::from);
        assert_eq!(of("79161234567").as_deref(), Some("+79161234567"));
        assert_eq!(of("+888 0123 4567").as_deref(), Some("+88801234567"));
        assert_eq!(of("0161234567"), None);
        assert_eq!(of("12345"), None);
        assert_eq!(of("1234567890123456"), None);
    }

    #[test]
    fn ow_3_a_search_finds_any_format() {
        let phone = "+79161234567";
        for query in [
            "8 (916) 123-45-67",
            "+7916 1234567",
            "79161234567",
            "916 123 45 67",
            "123-45-67",
            "45-67",
        ] {
            let digits = search_digits(query).expect(query);
            assert!(phone.ends_with(&digits), "{query} looks for {digits}");
        }
        assert_eq!(search_digits("030 901820").as_deref(), Some("30901820"));
        assert_eq!(search_digits("+49 30 901820").as_deref(), Some("4930901820"));
        for query in ["567", "Иван", "ivan2024", "", "заказ 12345", "12345678901234567890"]
        {
            assert_eq!(search_digits(query), None, "{query}");
        }
    }

    #[test]
    fn amo_3_all_spellings_of_a_number_share_its_end() {
        for digits in ["79161234567", "89161234567", "0079161234567", "9161234567"] {
            assert_eq!(common_end(digits), "9161234567", "{digits}");
        }
        assert_eq!(common_end("37060012"), "37060012");
        assert_eq!(common_end(""), "");
    }

    #[test]
    fn a_number_is_masked_in_logs_and_checked_when_read() {
        let phone = Phone::try_from("+79161234567".to_owned()).unwrap();
        assert_eq!(phone.masked(), "+7********67");
        assert_eq!(format!("{phone:?}"), "+7********67");
        assert_eq!(phone.digits(), "79161234567");
        for text in ["79161234567", "+7916123456a", "+1234", "+1234567890123456"] {
            assert_eq!(Phone::try_from(text.to_owned()), Err(BadPhone), "{text}");
        }
    }

    proptest! {
        /// However it is written, it is one contact.
        #[test]
        fn cv_9_no_way_of_writing_makes_a_second_contact(
            national in "9[0-9]{9}",
            prefix in prop_oneof![Just("+7"), Just("7"), Just("8"), Just(""), Just("+ 7 ")],
            gaps in proptest::collection::vec("[ ().\u{a0}‑-]{0,2}", 10),
            tail in prop_oneof![Just(""), Just(" доб. 7"), Just(" ext 12"), Just("#4"), Just("\u{200e}")],
        ) {
            let written: String = std::iter::once(prefix.to_owned())
                .chain(national.chars().zip(gaps).map(|(digit, gap)| format!("{gap}{digit}")))
                .chain([tail.to_owned()])
                .collect();
            let expect = format!("+7{national}");
            prop_assert_eq!(e164(&written, country::RU), Some(expect.clone()), "{}", written);
            prop_assert!(search_digits(&written).is_some_and(|digits| expect.ends_with(&digits)));
        }

        /// Any text at all: an answer, and one that stays the same.
        #[test]
        fn cv_9_any_text_is_survived(text in "\\PC{0,40}|[+0-9() -]{0,24}") {
            for country in [country::RU, country::DE, country::US] {
                if let Some(phone) = normalise(&text, country) {
                    prop_assert_eq!(normalise(phone.as_str(), country), Some(phone));
                }
            }
            let _ = (search_digits(&text), Phone::international(&text));
        }
    }
}
