//! The form, and what a person filled into it.

use channel::{
    Channel, Connecting, Field, FieldError, FieldKind, FieldOption, SettingsForm, web_address,
};
use domain::text::Words;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::Options;

pub(crate) const TOKEN: &str = "token";
pub(crate) const BASE_URL: &str = "base_url";
pub(crate) const RECEIVE: &str = "receive";
pub(crate) const PROXY: &str = "proxy";

/// Checked settings of one bot.
pub(crate) struct Settings {
    pub(crate) token: SecretString,
    pub(crate) base_url: Url,
    pub(crate) proxy: Option<Url>,
    receive: Choice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Auto,
    Webhook,
    Polling,
}

/// How updates come, once it is known whether there is a public address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    Webhook(Url),
    Polling,
}

impl Settings {
    /// Reads and checks every field; each wrong one is named.
    pub(crate) fn read(channel: &Channel, options: &Options) -> Result<Self, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let token = channel.secret(TOKEN).map(|t| t.expose_secret().trim()).unwrap_or_default();
        if token.is_empty() {
            wrong.push(FieldError::required(TOKEN));
        } else if !is_token(token) {
            wrong.push(FieldError::new(
                TOKEN,
                "bad_token",
                Words::new(
                    "Это не похоже на токен бота. Скопируйте его целиком из сообщения @BotFather: \
                     цифры, двоеточие и длинный ключ.",
                    "This does not look like a bot token. Copy all of it from the message of \
                     @BotFather: digits, a colon and a long key.",
                ),
            ));
        }
        let base_url = match channel.setting(BASE_URL) {
            None => Some(options.base_url.clone()),
            Some(text) => web_address(BASE_URL, text).map_err(|error| wrong.push(error)).ok(),
        };
        let proxy_text = channel
            .secret(PROXY)
            .map(ExposeSecret::expose_secret)
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .or_else(|| channel.setting(PROXY));
        let proxy = match proxy_text {
            None => options.proxy.clone(),
            Some(text) => web_address(PROXY, text).map_err(|error| wrong.push(error)).ok(),
        };
        let receive = match channel.setting(RECEIVE) {
            None | Some("auto") => Choice::Auto,
            Some("webhook") => Choice::Webhook,
            Some("polling") => Choice::Polling,
            Some(_) => {
                wrong.push(FieldError::new(
                    RECEIVE,
                    "unknown_choice",
                    Words::new("Выберите значение из списка.", "Choose one of the list."),
                ));
                Choice::Auto
            }
        };
        match base_url {
            Some(base_url) if wrong.is_empty() => {
                Ok(Self { token: token.to_owned().into(), base_url, proxy, receive })
            }
            _ => Err(wrong),
        }
    }

    /// Webhook or polling. Telegram calls https alone
    /// (<https://core.telegram.org/bots/api#setwebhook>), so by itself only https counts.
    pub(crate) fn way(&self, connecting: &Connecting) -> Result<Way, FieldError> {
        match (self.receive, &connecting.hook_url) {
            (Choice::Polling, _) | (Choice::Auto, None) => Ok(Way::Polling),
            (Choice::Auto, Some(url)) if url.scheme() != "https" => Ok(Way::Polling),
            (Choice::Auto | Choice::Webhook, Some(url)) => Ok(Way::Webhook(url.clone())),
            (Choice::Webhook, None) => Err(FieldError::new(
                RECEIVE,
                "no_public_url",
                Words::new(
                    "У этой установки нет публичного адреса, Telegram не сможет к ней обратиться. \
                     Выберите «Опрос» или задайте публичный адрес в настройках сервера.",
                    "This installation has no public address, so Telegram cannot call it. Choose \
                     polling, or set the public address in the server's settings.",
                ),
            )),
        }
    }
}

/// `123456789:AAF…`. BotFather's tokens have 35 characters after the colon; the length is not
/// documented, so it is not held to.
fn is_token(text: &str) -> bool {
    text.split_once(':').is_some_and(|(id, key)| {
        (3..=20).contains(&id.len())
            && id.chars().all(|c| c.is_ascii_digit())
            && (20..=100).contains(&key.len())
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    })
}

pub(crate) fn form() -> SettingsForm {
    SettingsForm {
        intro: Words::new(
            "Откройте в Telegram @BotFather, отправьте /newbot (или /mybots для готового бота) и \
             скопируйте токен. Бот должен работать только с Беседой: второй сервис с тем же токеном \
             будет забирать сообщения.",
            "Open @BotFather in Telegram, send /newbot (or /mybots for an existing bot) and copy the \
             token. The bot must serve Beseda alone: another product with the same token would take \
             its messages away.",
        ),
        fields: vec![
            Field {
                key: TOKEN,
                label: Words::new("Токен бота", "Bot token"),
                help: Some(Words::new(
                    "Его присылает @BotFather: 123456789:AA…",
                    "@BotFather sends it: 123456789:AA…",
                )),
                kind: FieldKind::Secret,
                required: true,
                advanced: false,
            },
            Field {
                key: RECEIVE,
                label: Words::new("Как получать сообщения", "How messages come in"),
                help: Some(Words::new(
                    "Само: вебхук, если у установки есть публичный https-адрес, иначе опрос.",
                    "Automatic: webhook where this installation has a public https address, polling \
                     otherwise.",
                )),
                kind: FieldKind::Select {
                    options: vec![
                        FieldOption { value: "auto", label: Words::new("Само", "Automatic") },
                        FieldOption {
                            value: "webhook", label: Words::new("Вебхук", "Webhook")
                        },
                        FieldOption {
                            value: "polling", label: Words::new("Опрос", "Polling")
                        },
                    ],
                    default: Some("auto"),
                },
                required: false,
                advanced: true,
            },
            Field {
                key: BASE_URL,
                label: Words::new("Адрес Bot API", "Bot API address"),
                help: Some(Words::new(
                    "Заполните, если у вас свой сервер Bot API. Обычно пусто.",
                    "Fill in for a Bot API server of your own. Usually empty.",
                )),
                kind: FieldKind::Url,
                required: false,
                advanced: true,
            },
            Field {
                key: PROXY,
                label: Words::new("Прокси", "Proxy"),
                help: Some(Words::new(
                    "HTTP-прокси до Telegram: http://имя:пароль@хост:порт",
                    "HTTP proxy to Telegram: http://user:password@host:port",
                )),
                kind: FieldKind::Secret,
                required: false,
                advanced: true,
            },
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ch_5_a_token_is_digits_colon_key() {
        for (text, right) in [
            ("535362388:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao", true),
            ("535362388AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao", false),
            ("bot535362388:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao", false),
            ("535362388:short", false),
            ("535362388:AAF7-g0gYncWnm5Iyf/../getMe", false),
            ("@shop_bot", false),
        ] {
            assert_eq!(is_token(text), right, "{text}");
        }
    }
}
