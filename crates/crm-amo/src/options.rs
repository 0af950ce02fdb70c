//! What holds for every portal of this installation: where amoCRM is, and whose hosts are its own.

use std::time::Duration;

use url::{Host, Url};

/// Addresses are foreign facts: the ones of amoCRM by default, those of a counterpart in tests.
#[derive(Debug, Clone)]
pub struct Options {
    /// Portals live right below one of these and nowhere else (AMO-1). The first is meant when a person
    /// names a portal by its first word alone.
    pub hosts: Vec<String>,
    /// A portal's API and pages; `{host}` is `ecoles.amocrm.ru`, `{subdomain}` is `ecoles`.
    pub api: String,
    /// The page that asks people for consent.
    pub consent: Url,
    /// The chats service (AMO-13); `{domain}` is the portal's, `kommo.com`.
    pub chats: String,
    /// Of the official library.
    pub connect_timeout: Duration,
    /// Of the official library: for a whole call.
    pub timeout: Duration,
    /// How long the search of amoCRM may show the old state; no page of the documentation says it.
    pub search_lag: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            hosts: ["amocrm.ru", "amocrm.com", "kommo.com"].map(str::to_owned).to_vec(),
            api: "https://{host}".to_owned(),
            consent: fixed("https://www.amocrm.ru/oauth"),
            chats: "https://amojo.{domain}".to_owned(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(20),
            search_lag: Duration::from_secs(30),
        }
    }
}

fn fixed(address: &str) -> Url {
    Url::parse(address).expect("a fixed, valid address")
}

/// The longest label of a host name (RFC 1035).
const LONGEST_LABEL: usize = 63;
/// Of the company behind amoCRM itself, not of an account.
const NOT_PORTALS: [&str; 2] = ["www", "amojo"];

/// A host that passed the allow-list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PortalHost {
    subdomain: String,
    domain: String,
}

impl Options {
    /// The portal's host out of a request that anybody can make: nothing but one plain label below an
    /// allowed domain. Schemes, ports, user names, paths and letters outside ASCII are not looked into:
    /// they are refused.
    pub(crate) fn portal_host(&self, text: &str) -> Option<PortalHost> {
        let text = text.to_ascii_lowercase();
        let (subdomain, domain) = text.split_once('.')?;
        let allowed = self.hosts.iter().any(|host| host == domain);
        (allowed && is_label(subdomain) && !NOT_PORTALS.contains(&subdomain))
            .then(|| PortalHost { subdomain: subdomain.to_owned(), domain: domain.to_owned() })
    }

    /// What a person typed: `ecoles`, `ecoles.amocrm.ru`, `https://ecoles.amocrm.ru/leads/`.
    pub(crate) fn typed_host(&self, text: &str) -> Option<PortalHost> {
        let text = text.trim();
        if !text.contains(['.', ':', '/']) {
            return self.portal_host(&format!("{text}.{}", self.hosts.first()?));
        }
        let address =
            if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&address).ok()?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.port().is_none();
        match url.host() {
            Some(Host::Domain(host)) if plain => self.portal_host(host),
            _ => None,
        }
    }

    /// Where a portal's API and its pages are.
    pub(crate) fn base(&self, host: &PortalHost) -> Option<Url> {
        let PortalHost { subdomain, domain } = host;
        let address = self
            .api
            .replace("{host}", &format!("{subdomain}.{domain}"))
            .replace("{subdomain}", subdomain);
        Url::parse(&address).ok()
    }

    /// Where the chats of a portal are: each domain has a service of its own.
    pub(crate) fn chats_of(&self, portal: &Url) -> Option<Url> {
        if !self.chats.contains("{domain}") {
            return Url::parse(&self.chats).ok();
        }
        let PortalHost { domain, .. } = self.portal_host(portal.host_str()?)?;
        Url::parse(&self.chats.replace("{domain}", &domain)).ok()
    }

    /// The host that all accounts have in common, as a token named it; one of amoCRM's own alone. A
    /// counterpart has one address for everything.
    pub(crate) fn common(&self, host: &str) -> Option<Url> {
        if !self.is_below_ours(host) {
            return None;
        }
        if self.api.contains("{host}") {
            return Url::parse(&self.api.replace("{host}", host)).ok();
        }
        Url::parse(&self.api.replace("{subdomain}", "any")).ok()?.join("/").ok()
    }

    /// Whether a token may be sent to an address that an answer named: a host of amoCRM's own over
    /// https, or the very origin of the portal, which was checked before.
    pub(crate) fn trusts(&self, portal: &Url, named: &Url) -> bool {
        let plain = named.username().is_empty() && named.password().is_none();
        let ours = named.scheme() == "https"
            && named.port().is_none()
            && named.host_str().is_some_and(|host| self.is_below_ours(host));
        plain && (ours || named.origin() == portal.origin())
    }

    fn is_below_ours(&self, host: &str) -> bool {
        self.hosts.iter().any(|ours| {
            host.strip_suffix(ours.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|rest| rest.split('.').all(is_label))
        })
    }
}

fn is_label(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=LONGEST_LABEL).contains(&text.len())
        && text.bytes().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// An address below a base, whose own path is kept.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bar of the issue: a return from the consent page with a foreign host is refused.
    #[test]
    fn amo_1_only_a_host_right_below_an_allowed_domain_is_a_portal() {
        let options = Options::default();
        for good in ["ecoles.amocrm.ru", "ECOLES.amocrm.ru", "my-shop2.amocrm.com", "a.kommo.com"] {
            assert!(options.portal_host(good).is_some(), "{good}");
        }
        for evil in [
            "",
            "amocrm.ru",
            ".amocrm.ru",
            "evil-amocrm.ru",
            "amocrm.ru.evil.com",
            "x.amocrm.ru.evil.com",
            "x.amocrm.ru@evil.com",
            "evil.com#x.amocrm.ru",
            "evil.com/x.amocrm.ru",
            "evil.com?x.amocrm.ru",
            "evil.com\\x.amocrm.ru",
            "x.amocrm.ru:8443",
            "x.amocrm.ru.",
            "https://x.amocrm.ru",
            "//x.amocrm.ru",
            "x.amocrm.ru/",
            "x.y.amocrm.ru",
            "-x.amocrm.ru",
            "x-.amocrm.ru",
            "x_y.amocrm.ru",
            "x y.amocrm.ru",
            "x\n.amocrm.ru",
            "x%2eevil.com.amocrm.ru",
            // Cyrillic letters that look like Latin ones, and what they become in a URL.
            "x.аmocrm.ru",
            "х.amocrm.ru",
            "x.xn--mocrm-5fg.ru",
            "127.0.0.1",
            "[::1]",
            "localhost",
            "www.amocrm.ru",
        ] {
            assert_eq!(options.portal_host(evil), None, "{evil:?}");
        }
    }

    #[test]
    fn crm_7_a_portal_is_known_by_its_first_word_or_its_address() {
        let options = Options::default();
        let base = |text: &str| {
            let host = options.typed_host(text)?;
            options.base(&host).map(String::from)
        };
        for text in
            ["ecoles", " ecoles ", "ecoles.amocrm.ru", "https://ecoles.amocrm.ru/leads/list?x=1"]
        {
            assert_eq!(base(text).as_deref(), Some("https://ecoles.amocrm.ru/"), "{text}");
        }
        assert_eq!(base("shop.kommo.com").as_deref(), Some("https://shop.kommo.com/"));
        for text in [
            "",
            "https://evil.com/ecoles.amocrm.ru",
            "https://ecoles.amocrm.ru@evil.com",
            "https://user@ecoles.amocrm.ru",
            "https://ecoles.amocrm.ru:444",
            "ftp://ecoles.amocrm.ru",
            "https://127.0.0.1/",
            "два слова",
        ] {
            assert_eq!(base(text), None, "{text}");
        }
    }

    /// Crm.md 1.1.
    #[test]
    fn amo_13_the_chats_of_a_kommo_account_are_kommos() {
        let chats = |options: &Options, portal: &str| {
            options.chats_of(&Url::parse(portal).expect("an address")).map(String::from)
        };
        let options = Options::default();
        for (portal, expect) in [
            ("https://ecoles.amocrm.ru", Some("https://amojo.amocrm.ru/")),
            ("https://shop.kommo.com", Some("https://amojo.kommo.com/")),
            ("https://shop.evil.com", None),
        ] {
            assert_eq!(chats(&options, portal).as_deref(), expect, "{portal}");
        }
        let beside = Options { chats: "http://127.0.0.1:7001/amojo".to_owned(), ..options };
        let there = chats(&beside, "http://127.0.0.1:7001/a/ecoles");
        assert_eq!(there.as_deref(), Some("http://127.0.0.1:7001/amojo"));
    }

    #[test]
    fn a_counterpart_is_reached_by_its_template() {
        let api = "http://127.0.0.1:7001/a/{subdomain}".to_owned();
        let options = Options { api, ..Options::default() };
        let host = options.portal_host("ecoles.amocrm.ru").expect("an allowed host");
        let base = options.base(&host).expect("an address");
        assert_eq!(below(&base, "api/v4/account").path(), "/a/ecoles/api/v4/account");
    }

    #[test]
    fn amo_1_the_common_host_of_a_token_is_amocrms_own() {
        let common = |host: &str| Options::default().common(host).map(String::from);
        assert_eq!(common("api-b.amocrm.ru").as_deref(), Some("https://api-b.amocrm.ru/"));
        for host in ["", "evil.com", "amocrm.ru.evil.com", "api-b.amocrm.ru/x", "a@api.amocrm.ru"] {
            assert_eq!(common(host), None, "{host}");
        }
        let api = "http://127.0.0.1:7001/a/{subdomain}".to_owned();
        let options = Options { api, ..Options::default() };
        let root = options.common("api-b.amocrm.ru").map(String::from);
        assert_eq!(root.as_deref(), Some("http://127.0.0.1:7001/"));
    }

    #[test]
    fn a_token_goes_only_to_amocrm_and_to_the_portal_itself() {
        let options = Options::default();
        let url = |text: &str| Url::parse(text).expect("an address");
        let portal = url("https://ecoles.amocrm.ru");
        assert!(options.trusts(&portal, &url("https://drive-b.amocrm.ru/v1.0")));
        for other in [
            "https://drive.evil.com",
            "https://evil-amocrm.ru",
            "http://drive-b.amocrm.ru",
            "https://drive-b.amocrm.ru:8080",
            "https://a@drive-b.amocrm.ru",
            "http://127.0.0.1",
        ] {
            assert!(!options.trusts(&portal, &url(other)), "{other}");
        }
        let sandbox = url("http://127.0.0.1:7001/a/ecoles");
        assert!(options.trusts(&sandbox, &url("http://127.0.0.1:7001/drive/ecoles")));
    }
}
