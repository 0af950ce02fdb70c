//! Where requests to addresses given by customers may go: into the public internet and nowhere else
//! (SSRF). Names are checked after they are resolved, and the very addresses that passed are
//! connected to, so that an answer of the name system cannot change in between; addresses written
//! out in the URL never reach the resolver and are checked on their own.

use std::{
    error::Error,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Which addresses may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    Public,
    /// Also this machine: for development and tests.
    AllowLoopback,
}

/// Which schemes an address may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    HttpsOnly,
    /// Also plain http, by the installation's setting.
    HttpToo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    pub guard: Guard,
    pub scheme: Scheme,
}

/// Why an address is not called. Names no address: the text is shown to whoever typed it, and must
/// not tell what is where inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the address does not begin with https://")]
    NotHttps,
    #[error("the address does not begin with http:// or https://")]
    NotHttp,
    #[error("the address has a user name or a password in it")]
    Credentials,
    #[error("the address has no host")]
    NoHost,
    #[error("the address is not in the public internet")]
    NotPublic,
}

impl Rules {
    /// Checks what can be seen in the URL itself. A name is checked when it is resolved.
    pub fn check(self, url: &Url) -> Result<(), Refused> {
        match (url.scheme(), self.scheme) {
            ("https", _) | ("http", Scheme::HttpToo) => {}
            ("http", Scheme::HttpsOnly) => return Err(Refused::NotHttps),
            _ => return Err(Refused::NotHttp),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let allowed = match url.host() {
            None => return Err(Refused::NoHost),
            // The parser has turned decimal, octal and hexadecimal forms into addresses already
            // (WHATWG URL, 'ends in a number checker').
            Some(Host::Ipv4(ip)) => self.guard.allows(ip.into()),
            Some(Host::Ipv6(ip)) => self.guard.allows(ip.into()),
            Some(Host::Domain(name)) => match name.trim_end_matches('.') {
                "" => return Err(Refused::NoHost),
                // Names that mean this machine whatever the name system says (RFC 6761, 6.3).
                name if name == "localhost" || name.ends_with(".localhost") => {
                    self.guard == Guard::AllowLoopback
                }
                _ => true,
            },
        };
        let has_port = url.port_or_known_default().is_some_and(|port| port != 0);
        if allowed && has_port { Ok(()) } else { Err(Refused::NotPublic) }
    }
}

impl Guard {
    pub fn allows(self, ip: IpAddr) -> bool {
        let public = match ip {
            IpAddr::V4(ip) => is_public_v4(ip),
            IpAddr::V6(ip) => is_public_v6(ip),
        };
        public || (self == Self::AllowLoopback && ip.is_loopback())
    }
}

/// Not of IANA's special-purpose registry (RFC 6890 and its updates).
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !matches!(
        (a, b, c),
        // This network, private, shared (carrier-grade NAT), loopback, link-local.
        (0 | 10 | 127, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            // Protocol assignments, documentation, the 6to4 relay, benchmarks.
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            // Multicast, reserved, broadcast.
            | (224..=255, _, _)
    )
}

/// Global unicast without the blocks that lead elsewhere. So loopback, link-local, unique local,
/// multicast, IPv4 in IPv6 clothes (mapped, compatible, NAT64) and all that is not given out is out.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    let global_unicast = a & 0xe000 == 0x2000;
    let special = matches!(
        (a, b),
        // Protocol assignments: Teredo, benchmarks, ORCHID and others.
        (0x2001, 0..=0x1ff)
            // Documentation, 6to4, the returned 6bone, documentation again.
            | (0x2001, 0x0db8)
            | (0x2002, _)
            | (0x3ffe, _)
            | (0x3fff, 0..=0x0fff)
    );
    global_unicast && !special
}

/// Resolves names with the system's resolver and lets through only what the guard allows.
pub(crate) struct GuardedResolver(pub(crate) Guard);

/// The name leads nowhere, or only to where we do not go. One error for both: it tells nothing of
/// what is inside.
#[derive(Debug)]
pub(crate) struct Unresolved;

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name has no public address")
    }
}

impl Error for Unresolved {}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0;
        Box::pin(async move {
            let found =
                tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| Unresolved)?;
            let allowed = allowed(guard, found);
            if allowed.is_empty() {
                return Err(Unresolved.into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

fn allowed(guard: Guard, found: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    found.filter(|address| guard.allows(address.ip())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: Rules = Rules { guard: Guard::Public, scheme: Scheme::HttpToo };
    const LOCAL: Rules = Rules { guard: Guard::AllowLoopback, scheme: Scheme::HttpToo };

    /// S13 of the security plan (AD-2): every special block of the IANA registries, by its edges.
    #[test]
    fn ad_2_special_addresses_are_not_called() {
        for ip in [
            "0.0.0.0",
            "0.0.0.1",
            "0.255.255.255",
            "10.0.0.0",
            "10.1.2.3",
            "10.255.255.255",
            "100.64.0.0",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.0.0.53",
            "127.255.255.255",
            "169.254.0.0",
            "169.254.169.254",
            "169.254.255.255",
            "172.16.0.0",
            "172.20.1.1",
            "172.31.255.255",
            "192.0.0.0",
            "192.0.0.8",
            "192.0.0.170",
            "192.0.2.0",
            "192.0.2.255",
            "192.88.99.0",
            "192.88.99.255",
            "192.168.0.0",
            "192.168.1.1",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.0",
            "198.51.100.255",
            "203.0.113.0",
            "203.0.113.255",
            "224.0.0.1",
            "233.252.0.1",
            "239.255.255.255",
            "240.0.0.0",
            "250.1.1.1",
            "255.255.255.254",
            "255.255.255.255",
            "::",
            "::1",
            "::2",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "100:0:0:1::1",
            "2001::1",
            "2001:0:53aa::1",
            "2001:1::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:30::1",
            "2001:1ff:ffff::1",
            "2001:db8::",
            "2001:db8:ffff::1",
            "2002::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "3ffe::1",
            "3fff::1",
            "3fff:fff:ffff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fdff:ffff::1",
            "fe80::1",
            "febf:ffff::1",
            "fec0::1",
            "feff::1",
            "ff00::1",
            "ff02::1",
            "ff0e::1",
            "1::1",
            "1fff:ffff::1",
        ] {
            let address: IpAddr = ip.parse().expect(ip);
            assert!(!Guard::Public.allows(address), "{ip}");
            let loopback = address.is_loopback();
            assert_eq!(Guard::AllowLoopback.allows(address), loopback, "{ip}");
        }
    }

    #[test]
    fn ad_2_public_addresses_are_called() {
        for ip in [
            "1.0.0.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "77.88.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "203.0.112.255",
            "223.255.255.255",
            "2000::1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2001:db7::1",
            "2001:db9::1",
            "2003::1",
            "2a02:6b8::feed:0ff",
            "3ffd::1",
            "3fff:1000::1",
        ] {
            assert!(Guard::Public.allows(ip.parse().expect(ip)), "{ip}");
        }
    }

    /// The same address in the spellings that a URL allows.
    #[test]
    fn ad_2_no_spelling_of_an_inner_address_passes() {
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://127.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.0.0.1/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://017700000001/",
            "http://127.0.0.1./",
            "http://0/",
            "http://0x0/",
            "http://00/",
            "http://0.0.0.0:80/",
            "http://[::]/",
            "http://[::1]/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://localhost/",
            "http://LOCALHOST:8080/",
            "http://localhost./",
            "http://a.localhost/",
            "http://１２７.０.０.１/",
            "http://127。0。0。1/",
            "http://%31%32%37.0.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0251.0376.0251.0376/",
            "http://10.0.0.1/",
            "http://012.0.0.1/",
            "http://192.168.1.1/",
            "http://100.64.0.1/",
            "http://8.8.8.8:0/",
        ] {
            let parsed = Url::parse(url).expect(url);
            assert_eq!(PUBLIC.check(&parsed), Err(Refused::NotPublic), "{url}");
        }
        for url in ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/"] {
            assert_eq!(LOCAL.check(&Url::parse(url).expect(url)), Ok(()), "{url}");
        }
        // What is not even a URL never gets this far.
        for url in
            ["http://[fe80::1%25eth0]/", "http://256.0.0.1/", "http://1.2.3.4.5/", "http:///"]
        {
            assert!(Url::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn ad_2_only_web_addresses_without_credentials() {
        let check = |rules: Rules, url: &str| rules.check(&Url::parse(url).expect(url));
        let strict = Rules { guard: Guard::Public, scheme: Scheme::HttpsOnly };
        assert_eq!(check(strict, "https://example.com:8443/hook?a=1"), Ok(()));
        assert_eq!(check(strict, "http://example.com/"), Err(Refused::NotHttps));
        assert_eq!(check(PUBLIC, "http://example.com/"), Ok(()));
        for url in ["ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "data:x"] {
            assert_eq!(check(PUBLIC, url), Err(Refused::NotHttp), "{url}");
        }
        for url in ["http://user@example.com/", "http://user:word@example.com/", "http://:w@a.com/"]
        {
            assert_eq!(check(PUBLIC, url), Err(Refused::Credentials), "{url}");
        }
        assert_eq!(check(PUBLIC, "http://10.0.0.1@example.com/"), Err(Refused::Credentials));
        assert_eq!(check(PUBLIC, "http://example.com#@10.0.0.1/"), Ok(()), "the host is before #");
    }

    /// A name with public and inner addresses (a rebinding name system) keeps only the public ones.
    #[test]
    fn ad_2_inner_answers_of_the_name_system_are_dropped() {
        let found = ["8.8.8.8:0", "10.0.0.1:0", "[::1]:0", "[2a02:6b8::1]:0", "127.0.0.1:0"]
            .map(|a| a.parse::<SocketAddr>().expect(a));
        let kept = |guard| -> Vec<String> {
            allowed(guard, found.into_iter()).iter().map(|a| a.ip().to_string()).collect()
        };
        assert_eq!(kept(Guard::Public), ["8.8.8.8", "2a02:6b8::1"]);
        assert_eq!(kept(Guard::AllowLoopback), ["8.8.8.8", "::1", "2a02:6b8::1", "127.0.0.1"]);
    }
}
