//! A mailbox as its settings describe it, and the form that asks for them.

use std::fmt;

use channel::{Channel, Field, FieldError, FieldKind, FieldOption, SettingsForm};
use domain::text::Words;
use lettre::Address;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use crate::providers::{self, Provider, Security, Server};

/// How the mailbox lets us in.
#[derive(Clone)]
pub enum Auth {
    Password(SecretString),
    /// A token that a person made elsewhere and that does not change.
    Token(SecretString),
    /// A token that we renew.
    Refresh(Refresh),
}

/// What it takes to get a new access token (RFC 6749, section 6).
#[derive(Clone)]
pub struct Refresh {
    pub token_url: Url,
    pub client_id: String,
    pub client_secret: Option<SecretString>,
    pub refresh_token: SecretString,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password",
            Self::Token(_) => "Token",
            Self::Refresh(_) => "Refresh",
        })
    }
}

/// Settings that passed every check.
#[derive(Debug, Clone)]
pub struct Mailbox {
    /// In lower case.
    pub address: String,
    /// Shown to customers beside the address.
    pub sender_name: Option<String>,
    pub imap: Server,
    pub imap_login: String,
    pub smtp: Server,
    pub smtp_login: String,
    pub auth: Auth,
    pub watch_sent: bool,
    pub provider: Option<&'static Provider>,
}

impl Mailbox {
    /// Reads and checks the settings; every wrong field is named.
    pub fn of(channel: &Channel) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let address = match channel.setting("email") {
            None => Err(FieldError::required("email")),
            Some(text) => text.parse::<Address>().map(|a| a.to_string()).map_err(|_| {
                FieldError::new(
                    "email",
                    "bad_address",
                    Words::new(
                        "Это не адрес почты. Пример: sales@example.ru",
                        "This is no e-mail address. Example: sales@example.com",
                    ),
                )
            }),
        };
        let provider = address.as_deref().ok().and_then(providers::of);
        let address = keep(address, &mut errors);
        let imap = keep(server(channel, &IMAP, provider.map(Provider::imap)), &mut errors);
        let smtp = keep(server(channel, &SMTP, provider.map(Provider::smtp)), &mut errors);
        let auth = keep(auth(channel), &mut errors);
        let (Some(address), Some(imap), Some(smtp), Some(auth)) = (address, imap, smtp, auth)
        else {
            return Err(errors);
        };
        if !errors.is_empty() {
            return Err(errors);
        }
        let address = address.to_lowercase();
        let login = channel.setting("login").map(str::to_owned);
        let short = address.split('@').next().unwrap_or_default().to_owned();
        let imap_login = match &login {
            Some(login) => login.clone(),
            None if provider.is_some_and(|p| p.short_login) => short,
            None => address.clone(),
        };
        Ok(Self {
            imap_login,
            smtp_login: login.unwrap_or_else(|| address.clone()),
            sender_name: channel.setting("sender_name").map(str::to_owned),
            watch_sent: toggle(channel, "watch_sent").unwrap_or(true),
            address,
            imap,
            smtp,
            auth,
            provider,
        })
    }
}

fn keep<T>(result: Result<T, FieldError>, errors: &mut Vec<FieldError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            errors.push(error);
            None
        }
    }
}

/// The keys of one server's fields.
struct Keys {
    host: &'static str,
    port: &'static str,
    security: &'static str,
    /// The usual port by security.
    usual: fn(Security) -> u16,
}

const IMAP: Keys = Keys {
    host: "imap_host",
    port: "imap_port",
    security: "imap_security",
    usual: |security| match security {
        Security::Tls => 993,
        Security::StartTls | Security::None => 143,
    },
};

const SMTP: Keys = Keys {
    host: "smtp_host",
    port: "smtp_port",
    security: "smtp_security",
    usual: |security| match security {
        Security::Tls => 465,
        Security::StartTls => 587,
        Security::None => 25,
    },
};

fn server(channel: &Channel, keys: &Keys, preset: Option<Server>) -> Result<Server, FieldError> {
    let security = match channel.setting(keys.security) {
        None => None,
        Some(text) => Some(Security::parse(text).ok_or_else(|| {
            FieldError::new(
                keys.security,
                "bad_choice",
                Words::new("Выберите tls, starttls или none.", "Choose tls, starttls or none."),
            )
        })?),
    };
    let port = number(channel, keys.port)?;
    let Some(host) = channel.setting(keys.host) else {
        let Some(preset) = preset else {
            return Err(FieldError::new(
                keys.host,
                "required",
                Words::new(
                    "Этот почтовый домен нам не знаком. Укажите сервер, его сообщит тот, \
                     кто ведёт вашу почту.",
                    "We do not know this mail domain. Enter the server; whoever runs your mail \
                     can tell it.",
                ),
            ));
        };
        let security = security.unwrap_or(preset.security);
        return Ok(Server { port: port.unwrap_or(preset.port), security, ..preset });
    };
    let bad_host = host.len() > 253
        || host.chars().any(|c| c.is_whitespace() || c.is_control() || "/@?#\\\"".contains(c));
    if bad_host {
        return Err(FieldError::new(
            keys.host,
            "bad_host",
            Words::new(
                "Укажите только имя сервера, без https:// и порта.",
                "Enter the server's name alone, without https:// and port.",
            ),
        ));
    }
    let security = security.unwrap_or(Security::Tls);
    if security == Security::None
        && !is_loopback(host)
        && !toggle(channel, "allow_unencrypted").unwrap_or(false)
    {
        return Err(FieldError::new(
            keys.security,
            "unencrypted",
            Words::new(
                "Без шифрования пароль увидит любой на пути. Выберите TLS или STARTTLS, \
                 либо разрешите это отдельно ниже.",
                "Without encryption everybody on the way sees the password. Choose TLS or \
                 STARTTLS, or allow it on its own below.",
            ),
        ));
    }
    Ok(Server {
        host: host.to_owned(),
        port: port.unwrap_or_else(|| (keys.usual)(security)),
        security,
    })
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn number(channel: &Channel, key: &'static str) -> Result<Option<u16>, FieldError> {
    let value = match channel.settings.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_u64().and_then(|n| u16::try_from(n).ok()),
    };
    match value {
        Some(port) if port > 0 => Ok(Some(port)),
        Some(_) | None => Err(FieldError::new(
            key,
            "bad_port",
            Words::new("Порт — число от 1 до 65535.", "A port is a number from 1 to 65535."),
        )),
    }
}

fn toggle(channel: &Channel, key: &str) -> Option<bool> {
    match channel.settings.get(key)? {
        Value::Bool(on) => Some(*on),
        Value::String(text) => Some(matches!(text.as_str(), "true" | "on" | "1")),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn auth(channel: &Channel) -> Result<Auth, FieldError> {
    use secrecy::ExposeSecret;
    let secret =
        |key: &str| channel.secret(key).filter(|s| !s.expose_secret().trim().is_empty()).cloned();
    match channel.setting("auth").unwrap_or("password") {
        "password" => {
            let password = secret("password").ok_or_else(|| FieldError::required("password"))?;
            if password.expose_secret().chars().any(char::is_control) {
                return Err(FieldError::new(
                    "password",
                    "bad_password",
                    Words::new(
                        "В пароле есть перевод строки: вставьте его ещё раз.",
                        "The password has a line break in it: paste it again.",
                    ),
                ));
            }
            Ok(Auth::Password(password))
        }
        "xoauth2" => oauth(channel, secret),
        _ => Err(FieldError::new(
            "auth",
            "bad_choice",
            Words::new("Выберите password или xoauth2.", "Choose password or xoauth2."),
        )),
    }
}

fn oauth(
    channel: &Channel,
    secret: impl Fn(&str) -> Option<SecretString>,
) -> Result<Auth, FieldError> {
    let Some(refresh_token) = secret("oauth_refresh_token") else {
        return secret("oauth_access_token").map(Auth::Token).ok_or_else(|| {
            FieldError::new(
                "oauth_refresh_token",
                "required",
                Words::new(
                    "Укажите refresh token (или access token на время пробы).",
                    "Enter a refresh token (or an access token to try it out).",
                ),
            )
        });
    };
    let token_url = channel
        .setting("oauth_token_url")
        .ok_or_else(|| FieldError::required("oauth_token_url"))?
        .parse::<Url>()
        .ok()
        .filter(|url| url.scheme() == "https" || url.host_str().is_some_and(is_loopback))
        .ok_or_else(|| {
            FieldError::new(
                "oauth_token_url",
                "bad_url",
                Words::new(
                    "Нужен адрес, который начинается с https://",
                    "It must be an address that begins with https://",
                ),
            )
        })?;
    let client_id = channel
        .setting("oauth_client_id")
        .ok_or_else(|| FieldError::required("oauth_client_id"))?
        .to_owned();
    Ok(Auth::Refresh(Refresh {
        token_url,
        client_id,
        client_secret: secret("oauth_client_secret"),
        refresh_token,
    }))
}

/// The form. A public mailbox needs its first two fields alone (CH-10).
pub fn form() -> SettingsForm {
    let option = |value, ru: &str, en: &str| FieldOption { value, label: Words::new(ru, en) };
    let security = || FieldKind::Select {
        options: vec![
            option("tls", "TLS", "TLS"),
            option("starttls", "STARTTLS", "STARTTLS"),
            option("none", "Без шифрования", "No encryption"),
        ],
        default: None,
    };
    let port = || FieldKind::Number { min: 1, max: 65535, default: None };
    let text = |placeholder: &str| FieldKind::Text { placeholder: Some(placeholder.to_owned()) };
    SettingsForm {
        intro: Words::new(
            "Для ящика на Mail.ru, Яндексе, Gmail, Рамблере или iCloud достаточно адреса и пароля. \
             Эти службы не принимают обычный пароль: создайте пароль для внешних приложений в \
             настройках безопасности почты. Для корпоративной почты укажите ещё серверы.",
            "For a mailbox at Mail.ru, Yandex, Gmail, Rambler or iCloud the address and a password \
             are enough. These services refuse the ordinary password: make a password for \
             applications in the mail's security settings. A corporate mailbox also needs servers.",
        ),
        fields: vec![
            Field {
                required: true,
                advanced: false,
                ..field("email", "Адрес почты", "E-mail address", text("sales@example.ru"))
            },
            Field {
                help: Some(Words::new(
                    "Пароль для внешних приложений, не пароль от сайта почты.",
                    "A password for applications, not the one of the mail's site.",
                )),
                advanced: false,
                ..field("password", "Пароль", "Password", FieldKind::Secret)
            },
            Field {
                help: Some(Words::new(
                    "Так письма подписаны у клиента.",
                    "Customers see it beside the address.",
                )),
                advanced: false,
                ..field("sender_name", "Имя отправителя", "Sender's name", text("Магазин"))
            },
            field(
                "auth",
                "Способ входа",
                "Way to log in",
                FieldKind::Select {
                    options: vec![
                        option("password", "Пароль", "Password"),
                        option("xoauth2", "OAuth (XOAUTH2)", "OAuth (XOAUTH2)"),
                    ],
                    default: Some("password"),
                },
            ),
            field("imap_host", "Сервер IMAP", "IMAP server", text("imap.example.ru")),
            field("imap_port", "Порт IMAP", "IMAP port", port()),
            field("imap_security", "Защита IMAP", "IMAP security", security()),
            field("smtp_host", "Сервер SMTP", "SMTP server", text("smtp.example.ru")),
            field("smtp_port", "Порт SMTP", "SMTP port", port()),
            field("smtp_security", "Защита SMTP", "SMTP security", security()),
            Field {
                help: Some(Words::new(
                    "Если он не равен адресу почты.",
                    "When it is not the e-mail address.",
                )),
                ..field("login", "Логин", "Login", FieldKind::Text { placeholder: None })
            },
            field(
                "allow_unencrypted",
                "Разрешить соединение без шифрования",
                "Allow a connection without encryption",
                FieldKind::Toggle { default: false },
            ),
            Field {
                help: Some(Words::new(
                    "Ответы, которые сотрудники пишут из почтовой программы, появятся в диалоге.",
                    "Answers that employees write in a mail program appear in the conversation.",
                )),
                ..field(
                    "watch_sent",
                    "Следить за папкой «Отправленные»",
                    "Watch the Sent folder",
                    FieldKind::Toggle { default: true },
                )
            },
            field(
                "oauth_token_url",
                "Адрес выдачи токенов OAuth",
                "OAuth token address",
                FieldKind::Url,
            ),
            field("oauth_client_id", "OAuth client id", "OAuth client id", text("")),
            field(
                "oauth_client_secret",
                "OAuth client secret",
                "OAuth client secret",
                FieldKind::Secret,
            ),
            field(
                "oauth_refresh_token",
                "OAuth refresh token",
                "OAuth refresh token",
                FieldKind::Secret,
            ),
            field(
                "oauth_access_token",
                "OAuth access token",
                "OAuth access token",
                FieldKind::Secret,
            ),
        ],
    }
}

fn field(key: &'static str, ru: &str, en: &str, kind: FieldKind) -> Field {
    Field { key, label: Words::new(ru, en), help: None, kind, required: false, advanced: true }
}
