//! Numbers as people write them: `1 234,50`, `1,234.50`, `1 500 ₽`.

use serde_json::{Value, json};

/// A decimal number in the form `-1234.5`: exact, since it goes on as text.
#[derive(Debug, PartialEq, Eq)]
pub struct Number(String);

#[derive(Debug, PartialEq, Eq)]
pub struct Money {
    pub amount: Number,
    /// ISO 4217; `None`: the text does not say.
    currency: Option<&'static str>,
}

/// The currency of a text that names none.
const HOME: &str = "RUB";

/// How people mark a currency; the longer sign first where one begins another.
const CURRENCIES: [(&str, &str); 19] = [
    ("рублей", "RUB"),
    ("рубля", "RUB"),
    ("рубль", "RUB"),
    ("руб.", "RUB"),
    ("руб", "RUB"),
    ("р.", "RUB"),
    ("₽", "RUB"),
    ("rub", "RUB"),
    ("usd", "USD"),
    ("$", "USD"),
    ("eur", "EUR"),
    ("€", "EUR"),
    ("kzt", "KZT"),
    ("₸", "KZT"),
    ("byn", "BYN"),
    ("uah", "UAH"),
    ("₴", "UAH"),
    ("gbp", "GBP"),
    ("£", "GBP"),
];

impl Number {
    pub fn text(&self) -> &str {
        &self.0
    }

    /// A JSON number, whole where it is whole.
    pub fn json(&self) -> Value {
        if let Ok(whole) = self.0.parse::<i64>() {
            return json!(whole);
        }
        match self.0.parse::<f64>() {
            Ok(real) if real.is_finite() => json!(real),
            _ => json!(self.0),
        }
    }
}

impl Money {
    /// `12|RUB`, the form of Bitrix24.
    pub fn piped(&self) -> String {
        format!("{}|{}", self.amount.text(), self.currency.unwrap_or(HOME))
    }
}

/// Spaces part thousands. Of comma and dot the last one parts the fraction when both stand there or it
/// stands once; a sign that stands several times parts thousands.
pub fn read(text: &str) -> Option<Number> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\'').collect();
    let text = text.replace('−', "-");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let (whole, fraction) = parted(digits)?;
    let whole: String = whole.chars().filter(|c| !matches!(c, ',' | '.')).collect();
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(&whole) || !all_digits(fraction) {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        rest => rest,
    };
    let fraction = fraction.trim_end_matches('0');
    let sign = if whole == "0" && fraction.is_empty() { "" } else { sign };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(Number(format!("{sign}{whole}{point}{fraction}")))
}

/// What stands before and after the fraction's sign; `None` for what no number has.
fn parted(digits: &str) -> Option<(&str, &str)> {
    let count = |sign: char| digits.matches(sign).count();
    let point = match (count(','), count('.')) {
        (1, 0) => ',',
        (0, 1) => '.',
        (_, 0) | (0, _) => return Some((digits, "")),
        (commas, dots) => {
            let (point, times) =
                if digits.rfind(',') > digits.rfind('.') { (',', commas) } else { ('.', dots) };
            if times > 1 {
                return None;
            }
            point
        }
    };
    digits.rsplit_once(point)
}

/// A number with or without its currency, before or after it.
pub fn read_money(text: &str) -> Option<Money> {
    let text = text.trim().to_lowercase();
    if let Some((amount, code)) = text.split_once('|') {
        let known = CURRENCIES.iter().find(|(_, iso)| iso.eq_ignore_ascii_case(code.trim()))?;
        return Some(Money { amount: read(amount)?, currency: Some(known.1) });
    }
    let marked = CURRENCIES.iter().find_map(|(mark, iso)| {
        let rest = text.strip_suffix(mark).or_else(|| text.strip_prefix(mark))?;
        Some((rest, *iso))
    });
    match marked {
        Some((rest, iso)) => Some(Money { amount: read(rest)?, currency: Some(iso) }),
        None => Some(Money { amount: read(&text)?, currency: None }),
    }
}
