//! Servers of public mailboxes, so that an address and a password are enough (CH-10). Hosts and
//! ports are the providers' own published settings.

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after a greeting in the clear.
    StartTls,
    /// None: for a server on the same machine.
    None,
}

impl Security {
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "tls" => Self::Tls,
            "starttls" => Self::StartTls,
            "none" => Self::None,
            _ => return None,
        })
    }
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
}

/// A company that gives mailboxes to the public.
#[derive(Debug)]
pub struct Provider {
    domains: &'static [&'static str],
    imap: &'static str,
    smtp: (&'static str, u16, Security),
    /// A letter that goes out over its SMTP appears in \Sent by itself.
    pub saves_sent: bool,
    /// IMAP wants only the part before the `@`.
    pub short_login: bool,
    /// Where a person makes a password for mail programs.
    pub app_password: (&'static str, &'static str),
}

impl Provider {
    pub fn imap(&self) -> Server {
        Server { host: self.imap.to_owned(), port: 993, security: Security::Tls }
    }

    pub fn smtp(&self) -> Server {
        let (host, port, security) = self.smtp;
        Server { host: host.to_owned(), port, security }
    }
}

const PROVIDERS: &[Provider] = &[
    Provider {
        domains: &["mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru", "xmail.ru", "vk.com"],
        imap: "imap.mail.ru",
        smtp: ("smtp.mail.ru", 465, Security::Tls),
        saves_sent: false,
        short_login: false,
        app_password: (
            "Почта Mail → Настройки → Безопасность → Пароли для внешних приложений",
            "Mail.ru Mail → Settings → Security → Passwords for external applications",
        ),
    },
    Provider {
        domains: &[
            "yandex.ru",
            "ya.ru",
            "yandex.com",
            "yandex.by",
            "yandex.kz",
            "yandex.ua",
            "yandex.uz",
            "yandex.net",
            "narod.ru",
        ],
        imap: "imap.yandex.com",
        smtp: ("smtp.yandex.com", 465, Security::Tls),
        saves_sent: false,
        short_login: false,
        app_password: (
            "Яндекс ID → Безопасность → Пароли приложений → Почта; \
             в настройках Почты должен быть разрешён доступ по IMAP",
            "Yandex ID → Security → App passwords → Mail; \
             access by IMAP must be allowed in the settings of Yandex Mail",
        ),
    },
    Provider {
        domains: &["gmail.com", "googlemail.com"],
        imap: "imap.gmail.com",
        smtp: ("smtp.gmail.com", 465, Security::Tls),
        saves_sent: true,
        short_login: false,
        app_password: (
            "Аккаунт Google → Безопасность → Двухэтапная аутентификация → Пароли приложений",
            "Google Account → Security → 2-Step Verification → App passwords",
        ),
    },
    Provider {
        domains: &[
            "rambler.ru",
            "lenta.ru",
            "autorambler.ru",
            "myrambler.ru",
            "ro.ru",
            "rambler.ua",
        ],
        imap: "imap.rambler.ru",
        smtp: ("smtp.rambler.ru", 465, Security::Tls),
        saves_sent: false,
        short_login: false,
        app_password: (
            "Рамблер/почта → Настройки → Почтовые программы",
            "Rambler Mail → Settings → Mail programs",
        ),
    },
    Provider {
        domains: &["icloud.com", "me.com", "mac.com"],
        imap: "imap.mail.me.com",
        smtp: ("smtp.mail.me.com", 587, Security::StartTls),
        saves_sent: false,
        short_login: true,
        app_password: (
            "Apple ID → Вход и безопасность → Пароли приложений",
            "Apple ID → Sign-In and Security → App-Specific Passwords",
        ),
    },
    Provider {
        domains: &[
            "outlook.com",
            "hotmail.com",
            "live.com",
            "msn.com",
            "outlook.ru",
            "live.ru",
            "office365.com",
            "onmicrosoft.com",
        ],
        imap: "outlook.office365.com",
        smtp: ("smtp.office365.com", 587, Security::StartTls),
        saves_sent: true,
        short_login: false,
        app_password: (
            "Microsoft принимает только вход по OAuth: выберите способ входа XOAUTH2",
            "Microsoft takes only OAuth: choose XOAUTH2 as the way to log in",
        ),
    },
];

/// The provider of an address, if it is a public mailbox that we know.
pub fn of(address: &str) -> Option<&'static Provider> {
    let domain = address.rsplit_once('@')?.1.trim().to_ascii_lowercase();
    PROVIDERS.iter().find(|p| {
        p.domains.iter().any(|d| {
            domain == *d
                || domain.strip_suffix(d).is_some_and(|sub| sub.ends_with('.'))
                    && matches!(*d, "onmicrosoft.com" | "mail.ru")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ch_10_public_mailboxes_fill_their_servers() {
        for (address, imap, smtp) in [
            ("Shop@Mail.Ru", "imap.mail.ru", "smtp.mail.ru"),
            ("a@bk.ru", "imap.mail.ru", "smtp.mail.ru"),
            ("a@corp.mail.ru", "imap.mail.ru", "smtp.mail.ru"),
            ("a@ya.ru", "imap.yandex.com", "smtp.yandex.com"),
            ("a@gmail.com", "imap.gmail.com", "smtp.gmail.com"),
            ("a@rambler.ru", "imap.rambler.ru", "smtp.rambler.ru"),
            ("a@icloud.com", "imap.mail.me.com", "smtp.mail.me.com"),
            ("a@outlook.com", "outlook.office365.com", "smtp.office365.com"),
            ("a@shop.onmicrosoft.com", "outlook.office365.com", "smtp.office365.com"),
        ] {
            let found = of(address).map(|p| (p.imap().host, p.smtp().host));
            assert_eq!(found, Some((imap.to_owned(), smtp.to_owned())), "{address}");
        }
        for address in ["a@shop.test", "a@notmail.ru", "a@evil-gmail.com", "a"] {
            assert!(of(address).is_none(), "{address}");
        }
    }
}
