//! Which sites may show the widget: patterns like `https://shop.ru` and `https://*.shop.ru`.
//!
//! Compared as browsers compare origins (RFC 6454: scheme, host, port). A pattern also goes into a
//! `frame-ancestors` header, so nothing but the letters of a host name may stand in it.

use std::fmt;

use domain::text::Words;
use url::{Host, Url};

/// An allowed site. Its text form is a CSP host-source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitePattern {
    scheme: &'static str,
    /// `*.` stood before the host: any subdomain, at any depth, but not the host itself (as CSP 3,
    /// section 6.7.2.8, has it).
    subdomains: bool,
    /// In lower case, international names in punycode.
    host: String,
    port: u16,
}

impl SitePattern {
    /// Reads what a person wrote. The error says what to write instead.
    pub fn parse(text: &str) -> Result<Self, Words> {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once("://") else {
            let host = text.split(['/', '?', '#']).next().unwrap_or_default();
            return Err(Words::new(
                format!("Адрес «{text}» без протокола: напишите https://{host}"),
                format!("“{text}” has no protocol: write https://{host}"),
            ));
        };
        let scheme = scheme.to_ascii_lowercase();
        let (rest, subdomains) = match rest.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let Ok(url) = Url::parse(&format!("{scheme}://{rest}")) else {
            return Err(unreadable(text));
        };
        let Some((scheme, host, port)) = parts(&url) else {
            return Err(unreadable(text));
        };
        let pattern = Self { scheme, subdomains, host, port };
        if !is_bare(&url) {
            return Err(Words::new(
                format!("В адресе «{text}» лишнее: напишите {pattern} без пути и параметров"),
                format!("“{text}” says too much: write {pattern} without a path"),
            ));
        }
        let is_name = matches!(url.host(), Some(Host::Domain(_)));
        if subdomains && !(is_name && pattern.host.contains('.')) {
            return Err(Words::new(
                format!(
                    "Звёздочка в «{text}» охватывает чужие сайты: \
                     она ставится перед именем вашего сайта, например https://*.shop.ru"
                ),
                format!(
                    "The star in “{text}” covers sites of others: \
                     put it before your own site's name, as in https://*.shop.ru"
                ),
            ));
        }
        Ok(pattern)
    }

    /// Whether a page of this origin is covered.
    pub fn covers(&self, origin: &str) -> bool {
        let Ok(url) = Url::parse(origin) else { return false };
        let Some((scheme, host, port)) = parts(&url) else { return false };
        if !is_bare(&url) || scheme != self.scheme || port != self.port {
            return false;
        }
        if self.subdomains {
            host.strip_suffix(&self.host)
                .and_then(|head| head.strip_suffix('.'))
                .is_some_and(|head| !head.is_empty())
        } else {
            host == self.host
        }
    }

    /// The host, for people.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for SitePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.subdomains { "*." } else { "" };
        write!(f, "{}://{star}{}", self.scheme, self.host)?;
        match (self.scheme, self.port) {
            ("https", 443) | ("http", 80) => Ok(()),
            (_, port) => write!(f, ":{port}"),
        }
    }
}

/// Scheme, host and port of an http(s) address whose host is a name or an IPv4 address. IPv6 is
/// left out: a CSP host-source cannot say it.
fn parts(url: &Url) -> Option<(&'static str, String, u16)> {
    let scheme = match url.scheme() {
        "https" => "https",
        "http" => "http",
        _ => return None,
    };
    let host = url.host_str()?.trim_end_matches('.').to_ascii_lowercase();
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    if host.is_empty() || !host.bytes().all(plain) {
        return None;
    }
    Some((scheme, host, url.port_or_known_default()?))
}

/// Nothing beyond the origin stands in it; a closing slash does not count.
fn is_bare(url: &Url) -> bool {
    matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

fn unreadable(text: &str) -> Words {
    Words::new(
        format!("«{text}» — не адрес сайта: напишите, например, https://shop.ru"),
        format!("“{text}” is no address of a site: write one like https://shop.ru"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, origin: &str, covered: bool) {
        let parsed = SitePattern::parse(pattern).unwrap_or_else(|w| panic!("{}", w.en));
        assert_eq!(parsed.covers(origin), covered, "{pattern} covers {origin}");
    }

    #[test]
    fn origins_are_compared_by_scheme_host_and_port() {
        check("https://shop.ru", "https://shop.ru", true);
        check("https://shop.ru/", "https://shop.ru", true);
        check("HTTPS://Shop.RU", "https://shop.ru", true);
        check("https://shop.ru:443", "https://shop.ru", true);
        check("https://shop.ru.", "https://shop.ru", true);
        check("https://shop.ru", "http://shop.ru", false);
        check("https://shop.ru", "https://shop.ru:8443", false);
        check("https://shop.ru:8443", "https://shop.ru:8443", true);
        check("https://shop.ru", "https://www.shop.ru", false);
        check("https://shop.ru", "https://shop.ru.evil.test", false);
        check("https://shop.ru", "https://evilshop.ru", false);
        check("https://shop.ru", "https://evil.test/?https://shop.ru", false);
        check("https://shop.ru", "https://shop.ru@evil.test", false);
        check("https://shop.ru", "null", false);
        check("https://shop.ru", "", false);
        check("http://127.0.0.1:8080", "http://127.0.0.1:8080", true);
        check("http://localhost:3000", "http://localhost:3000", true);
    }

    #[test]
    fn a_star_covers_subdomains_and_not_the_site_itself() {
        check("https://*.shop.ru", "https://www.shop.ru", true);
        check("https://*.shop.ru", "https://a.b.shop.ru", true);
        check("https://*.shop.ru", "https://shop.ru", false);
        check("https://*.shop.ru", "https://evilshop.ru", false);
        check("https://*.shop.ru", "http://www.shop.ru", false);
        check("https://*.shop.ru:8443", "https://www.shop.ru:8443", true);
    }

    #[test]
    fn international_names_are_the_same_in_both_spellings() {
        check("https://магазин.рф", "https://xn--80aairftm.xn--p1ai", true);
        check("https://*.магазин.рф", "https://спб.магазин.рф", true);
        let shown = SitePattern::parse("https://*.Магазин.РФ").map(|p| p.to_string());
        assert_eq!(shown.as_deref(), Ok("https://*.xn--80aairftm.xn--p1ai"));
    }

    #[track_caller]
    fn refused(text: &str, remedy: &str) {
        match SitePattern::parse(text) {
            Ok(pattern) => panic!("{text} is accepted as {pattern}"),
            Err(words) => assert!(words.en.contains(remedy), "{text}: {}", words.en),
        }
    }

    #[test]
    fn a_wrong_site_is_refused_with_what_to_write() {
        refused("shop.ru", "write https://shop.ru");
        refused("shop.ru/catalog", "write https://shop.ru");
        refused("https://shop.ru/catalog", "write https://shop.ru without a path");
        refused("https://shop.ru?x=1", "write https://shop.ru without a path");
        refused("https://user@shop.ru", "write https://shop.ru without a path");
        refused("ftp://shop.ru", "https://shop.ru");
        refused("https://", "https://shop.ru");
        refused("https://*", "https://shop.ru");
        refused("https://*.ru", "https://*.shop.ru");
        refused("https://*.127.0.0.1", "https://*.shop.ru");
        refused("https://www.*.shop.ru", "https://shop.ru");
        refused("https://[::1]", "https://shop.ru");
    }

    #[test]
    fn nothing_can_be_smuggled_into_the_header() {
        for text in
            ["https://shop.ru;script-src", "https://a'b.ru", "https://a,b.ru", "https://a b.ru"]
        {
            assert!(SitePattern::parse(text).is_err(), "{text}");
        }
    }
}
