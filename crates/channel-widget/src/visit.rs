//! Where a visitor came from (CV-5, WG-1), read from what the page told: cleaned and capped,
//! because a page can tell anything.

use std::collections::BTreeMap;

use domain::{attribution::Attribution, text::without_nul};
use serde_json::Value;
use url::Url;

const MAX_ADDRESS: usize = 2048;
const MAX_TITLE: usize = 300;
const MAX_MARK: usize = 200;
const MAX_MARKS: usize = 20;

/// Click ids that advertising networks add to a link, with the network's name.
const CLICKS: &[(&str, &str)] = &[
    ("yclid", "yandex"),
    ("ymclid", "yandex_market"),
    ("ysclid", "yandex_search"),
    ("gclid", "google"),
    ("gbraid", "google"),
    ("wbraid", "google"),
    ("fbclid", "facebook"),
    ("msclkid", "bing"),
    ("rb_clickid", "vk"),
    ("vk_click_id", "vk"),
    ("ttclid", "tiktok"),
    ("twclid", "x"),
    ("li_fat_id", "linkedin"),
];

/// Reads a visit.
pub fn attribution(visit: &Value) -> Attribution {
    let page = visit.get("page").and_then(address);
    let site = visit.get("site").and_then(site).or_else(|| page.as_ref().and_then(host));
    let referrer =
        visit.get("referrer").and_then(address).filter(|r| host(r).is_none() || host(r) != site);
    let utm = marks(visit.get("utm"));
    let campaign = text(visit.get("campaign"), MAX_MARK).or_else(|| utm.get("campaign").cloned());
    let source = text(visit.get("source"), MAX_MARK)
        .or_else(|| utm.get("source").cloned())
        .or_else(|| {
            let click = CLICKS.iter().find(|(name, _)| utm.contains_key(*name));
            click.map(|(_, network)| (*network).to_owned())
        })
        .or_else(|| referrer.as_ref().and_then(host));
    Attribution {
        site,
        page: page.map(String::from),
        page_title: text(visit.get("title"), MAX_TITLE),
        referrer: referrer.map(String::from),
        campaign,
        source,
        utm,
        start_payload: None,
        listing: None,
    }
}

/// UTM marks without their prefix, and click ids under their own names.
fn marks(value: Option<&Value>) -> BTreeMap<String, String> {
    let Some(Value::Object(given)) = value else { return BTreeMap::new() };
    given
        .iter()
        .filter_map(|(key, value)| {
            let key = key.to_ascii_lowercase();
            let key = key.strip_prefix("utm_").unwrap_or(&key);
            let is_name = (1..=32).contains(&key.len())
                && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            is_name.then(|| text(Some(value), MAX_MARK)).flatten().map(|v| (key.to_owned(), v))
        })
        .take(MAX_MARKS)
        .collect()
}

/// A trimmed text without NUL and of at most `max` characters; `None` when nothing is left.
fn text(value: Option<&Value>, max: usize) -> Option<String> {
    let value = without_nul(value?.as_str()?);
    let value: String = value.trim().chars().take(max).collect();
    (!value.is_empty()).then_some(value)
}

/// An http(s) address without fragment, user name and password.
fn address(value: &Value) -> Option<Url> {
    let value = value.as_str().filter(|v| v.len() <= 4 * MAX_ADDRESS)?;
    let mut url = Url::parse(value).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    if url.as_str().len() > MAX_ADDRESS {
        url.set_query(None);
    }
    (url.as_str().len() <= MAX_ADDRESS).then_some(url)
}

/// The host of a site that was told as an origin or as a bare host.
fn site(value: &Value) -> Option<String> {
    let value = value.as_str().filter(|v| !v.is_empty() && v.len() <= 300)?;
    match address(&Value::from(value)) {
        Some(url) => host(&url),
        None => host(&address(&Value::from(format!("https://{value}")))?),
    }
}

fn host(url: &Url) -> Option<String> {
    url.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cv_5_the_visit_is_kept_with_marks_and_without_fragments() {
        let kept = attribution(&json!({
            "site": "https://shop.test",
            "page": "https://user:pw@shop.test/boots?size=42#reviews",
            "title": "  Boots\u{0}  ",
            "referrer": "https://ya.ru/search?text=boots#x",
            "utm": { "utm_source": "yandex", "UTM_Campaign": "autumn", "yclid": "77" },
        }));
        assert_eq!(kept.site.as_deref(), Some("shop.test"));
        assert_eq!(kept.page.as_deref(), Some("https://shop.test/boots?size=42"));
        assert_eq!(kept.page_title.as_deref(), Some("Boots"));
        assert_eq!(kept.referrer.as_deref(), Some("https://ya.ru/search?text=boots"));
        assert_eq!(kept.source.as_deref(), Some("yandex"));
        assert_eq!(kept.campaign.as_deref(), Some("autumn"));
        let utm: Vec<_> = kept.utm.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(utm, [("campaign", "autumn"), ("source", "yandex"), ("yclid", "77")]);
    }

    #[track_caller]
    fn source(visit: Value, expected: Option<&str>) {
        assert_eq!(attribution(&visit).source.as_deref(), expected, "{visit}");
    }

    #[test]
    fn cv_5_the_source_is_the_best_that_is_known() {
        source(json!({ "source": "flyer", "utm": { "utm_source": "x" } }), Some("flyer"));
        source(json!({ "utm": { "utm_source": "mailing", "gclid": "1" } }), Some("mailing"));
        source(json!({ "utm": { "gclid": "1" } }), Some("google"));
        source(json!({ "referrer": "https://blog.test/post" }), Some("blog.test"));
        source(json!({ "page": "https://shop.test/b", "referrer": "https://shop.test/a" }), None);
        source(json!({}), None);
    }

    #[test]
    fn anything_else_than_a_visit_is_nothing() {
        for visit in
            [json!(null), json!([]), json!("x"), json!({ "page": 7, "utm": [1], "site": {} })]
        {
            assert!(attribution(&visit).is_empty(), "{visit}");
        }
        let kept = attribution(&json!({
            "page": "javascript:alert(1)", "referrer": "data:text/html,x", "site": "<b>",
        }));
        assert!(kept.is_empty(), "{kept:?}");
    }

    #[test]
    fn everything_is_capped() {
        let long = "я".repeat(5000);
        let utm: serde_json::Map<String, Value> =
            (0..100).map(|n| (format!("utm_m{n}"), json!(long))).collect();
        let kept = attribution(&json!({
            "title": long, "campaign": long, "utm": utm,
            "page": format!("https://shop.test/?q={}", "a".repeat(5000)),
        }));
        assert_eq!(kept.page_title.map(|t| t.chars().count()), Some(MAX_TITLE));
        assert_eq!(kept.campaign.map(|t| t.chars().count()), Some(MAX_MARK));
        assert_eq!(kept.utm.len(), MAX_MARKS);
        assert_eq!(kept.page.as_deref(), Some("https://shop.test/"));
    }
}
