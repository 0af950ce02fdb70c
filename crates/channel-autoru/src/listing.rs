//! The car that a buyer writes about.

use domain::listing::Listing;
use url::Url;

use crate::wire::Sender;

/// The listing of a message. One buyer asks about several cars under one id, so it is read from
/// each message anew.
pub(crate) fn listing(sender: &Sender) -> Option<Listing> {
    let external_id = match (&sender.url, &sender.title) {
        (Some(url), _) => page(url),
        (None, Some(title)) => title.clone(),
        (None, None) => return None,
    };
    let (title, price) = match &sender.title {
        Some(title) => titled(title),
        None => (String::new(), None),
    };
    let (url, image) = (sender.url.clone(), sender.photo.clone());
    Some(Listing { external_id, title, price, url, image })
}

/// The page without what marks where its visitor came from.
fn page(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut parsed) => {
            parsed.set_query(None);
            parsed.set_fragment(None);
            parsed.into()
        }
        Err(_) => url.to_owned(),
    }
}

/// Parts `Mercedes-Benz E-Класс V (W213, S213, C238), 1670000 руб` into the model and `1 670 000 ₽`.
/// What does not end so stays whole.
fn titled(text: &str) -> (String, Option<String>) {
    let text = text.trim();
    let priced = text.rsplit_once(',').and_then(|(title, price)| {
        let figure = price.trim().trim_end_matches('.').trim_end_matches(['₽']).trim_end();
        let figure = figure.strip_suffix("руб").unwrap_or(figure).trim_end();
        let roubles = price.contains("руб") || price.contains('₽');
        let digits: String = figure.chars().filter(|c| !c.is_whitespace()).collect();
        let whole = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
        (roubles && whole).then(|| (title.trim().to_owned(), format!("{} ₽", grouped(&digits))))
    });
    match priced {
        Some((title, price)) => (title, Some(price)),
        None => (text.to_owned(), None),
    }
}

/// `1670000` as `1 670 000`, with spaces that do not break.
fn grouped(digits: &str) -> String {
    let length = digits.chars().count();
    let mut grouped = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (length - n).is_multiple_of(3) {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cv_5_model_and_price_are_parted_where_they_can_be() {
        for (text, title, price) in [
            (
                "Mercedes-Benz E-Класс V (W213, S213, C238), 1670000 руб",
                "Mercedes-Benz E-Класс V (W213, S213, C238)",
                Some("1\u{a0}670\u{a0}000 ₽"),
            ),
            ("Lada Vesta, 999 000 руб.", "Lada Vesta", Some("999\u{a0}000 ₽")),
            ("Lada Niva, 5000 ₽", "Lada Niva", Some("5\u{a0}000 ₽")),
            ("Lada Niva, 900 руб", "Lada Niva", Some("900 ₽")),
            ("Audi A6 (C7, C8)", "Audi A6 (C7, C8)", None),
            ("Peugeot 3008, 2021", "Peugeot 3008, 2021", None),
            ("цена договорная, руб", "цена договорная, руб", None),
            (",", ",", None),
        ] {
            assert_eq!(titled(text), (title.to_owned(), price.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn the_same_car_is_the_same_wherever_the_buyer_came_from() {
        let plain = "https://auto.ru/cars/used/sale/lada/vesta/1-2/";
        assert_eq!(page(&format!("{plain}?from=search#photos")), plain);
        assert_eq!(page("no address"), "no address");
    }
}
