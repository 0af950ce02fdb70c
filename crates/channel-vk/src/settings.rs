//! The form, and what a person filled into it.

use channel::{
    Channel, Connecting, Field, FieldError, FieldKind, FieldOption, SettingsForm, web_address,
};
use domain::text::Words;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::Options;

pub(crate) const TOKEN: &str = "token";
pub(crate) const RECEIVE: &str = "receive";
pub(crate) const BASE_URL: &str = "base_url";

/// Checked settings of one community.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) token: SecretString,
    pub(crate) base_url: Url,
    receive: Wish,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Auto,
    Callback,
    LongPoll,
}

/// How events come, once it is known whether there is a public address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    Callback(Url),
    LongPoll,
}

impl Settings {
    /// Reads and checks every field; each wrong one is named.
    pub(crate) fn read(channel: &Channel, options: &Options) -> Result<Self, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let token = channel.secret(TOKEN).map(|t| t.expose_secret().trim()).unwrap_or_default();
        if token.is_empty() {
            wrong.push(FieldError::required(TOKEN));
        } else if !is_key(token) {
            wrong.push(FieldError::new(
                TOKEN,
                "bad_token",
                Words::new(
                    "Это не похоже на ключ сообщества. Скопируйте его целиком: длинная строка из \
                     латинских букв, цифр, точек и дефисов, обычно начинается с vk1.",
                    "This does not look like a community key. Copy all of it: a long line of Latin \
                     letters, digits, dots and dashes that mostly begins with vk1.",
                ),
            ));
        }
        let base_url = match channel.setting(BASE_URL) {
            None => Some(options.base_url.clone()),
            Some(text) => web_address(BASE_URL, text).map_err(|error| wrong.push(error)).ok(),
        };
        let receive = match channel.setting(RECEIVE) {
            None | Some("auto") => Some(Wish::Auto),
            Some("callback") => Some(Wish::Callback),
            Some("long_poll") => Some(Wish::LongPoll),
            Some(_) => {
                wrong.push(FieldError::new(
                    RECEIVE,
                    "unknown_choice",
                    Words::new("Выберите значение из списка.", "Choose one of the list."),
                ));
                None
            }
        };
        match (base_url, receive) {
            (Some(base_url), Some(receive)) if wrong.is_empty() => {
                Ok(Self { token: token.to_owned().into(), base_url, receive })
            }
            _ => Err(wrong),
        }
    }

    /// Callback or long poll. By itself only an https address counts as public.
    pub(crate) fn way(&self, connecting: &Connecting) -> Result<Way, FieldError> {
        match (self.receive, &connecting.hook_url) {
            (Wish::LongPoll, _) | (Wish::Auto, None) => Ok(Way::LongPoll),
            (Wish::Auto, Some(url)) if url.scheme() != "https" => Ok(Way::LongPoll),
            (Wish::Auto | Wish::Callback, Some(url)) => Ok(Way::Callback(url.clone())),
            (Wish::Callback, None) => Err(FieldError::new(
                RECEIVE,
                "no_public_url",
                Words::new(
                    "У этой установки нет публичного адреса, ВКонтакте не сможет к ней обратиться. \
                     Выберите «Опрос» или задайте публичный адрес в настройках сервера.",
                    "This installation has no public address, so VK cannot call it. Choose polling, \
                     or set the public address in the server's settings.",
                ),
            )),
        }
    }
}

/// Old keys are 85 hexadecimal digits, new ones `vk1.a.` and some two hundred characters of base64
/// for addresses; neither length is documented.
fn is_key(text: &str) -> bool {
    (20..=1000).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

pub(crate) fn form() -> SettingsForm {
    SettingsForm {
        intro: Words::new(
            "1. Откройте сообщество ВКонтакте → «Управление» → «Сообщения» и включите сообщения \
             сообщества.\n2. «Управление» → «Дополнительно» → «Работа с API» → «Ключи доступа» → \
             «Создать ключ». Отметьте четыре права: управление сообществом, сообщения, фотографии, \
             файлы.\n3. Подтвердите и скопируйте ключ сюда. Сервер Callback API Беседа добавит сама.",
            "1. Open the community in VK → Manage → Messages and switch community messages on.\n\
             2. Manage → Advanced → API usage → Access tokens → Create token. Tick four rights: \
             community management, messages, photos, files.\n3. Confirm and copy the key here. \
             Beseda adds the Callback API server by itself.",
        ),
        fields: vec![
            Field {
                key: TOKEN,
                label: Words::new("Ключ сообщества", "Community key"),
                help: Some(Words::new(
                    "Именно ключ сообщества, не личный: «Управление» → «Работа с API» → «Ключи \
                     доступа».",
                    "The key of the community, not of a person: Manage → API usage → Access tokens.",
                )),
                kind: FieldKind::Secret,
                required: true,
                advanced: false,
            },
            Field {
                key: RECEIVE,
                label: Words::new("Как получать сообщения", "How messages come in"),
                help: Some(Words::new(
                    "Само: Callback API, если у установки есть публичный https-адрес, иначе опрос \
                     (Long Poll).",
                    "Automatic: Callback API where this installation has a public https address, \
                     polling (Long Poll) otherwise.",
                )),
                kind: FieldKind::Select {
                    options: vec![
                        FieldOption { value: "auto", label: Words::new("Само", "Automatic") },
                        FieldOption {
                            value: "callback",
                            label: Words::new("Callback API", "Callback API"),
                        },
                        FieldOption {
                            value: "long_poll", label: Words::new("Опрос", "Polling")
                        },
                    ],
                    default: Some("auto"),
                },
                required: false,
                advanced: true,
            },
            Field {
                key: BASE_URL,
                label: Words::new("Адрес API", "API address"),
                help: Some(Words::new(
                    "Заполните, если до ВКонтакте идёт через свой шлюз. Обычно пусто: \
                     https://api.vk.ru.",
                    "Fill in if VK is reached through a gateway of your own. Usually empty: \
                     https://api.vk.ru.",
                )),
                kind: FieldKind::Url,
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
    fn ch_7_a_key_is_one_long_word() {
        for (text, right) in [
            ("vk1.a.AbC-dEf_0123456789abcdefghijklmnop", true),
            ("0123456789abcdef0123456789abcdef", true),
            ("short", false),
            ("vk1.a.with space 0123456789", false),
            ("https://vk.com/club1?key=0123456789", false),
            ("ключ-ключ-ключ-ключ-ключ", false),
        ] {
            assert_eq!(is_key(text), right, "{text}");
        }
    }
}
